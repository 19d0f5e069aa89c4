"""What every template may use."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from web.bar import Bar

THEMES = ("light", "dark")


def portal(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("" follows the system), `now` (one aware moment for the whole page) and, signed in, the `bar`."""
    theme = request.COOKIES.get("theme", "")
    now = timezone.now()
    return {
        "theme": theme if theme in THEMES else "",
        "now": now,
        "bar": Bar(request, now) if request.user.is_authenticated else None,
    }
