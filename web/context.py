"""What every template may use."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from web.bar import Bar

THEMES = ("light", "dark")


def portal(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("" follows the system), `now` (one aware moment for the whole page) and, signed in, the `bar`.

    A request that was refused before anybody looked at its session has no user.
    """
    user = getattr(request, "user", None)
    theme = request.COOKIES.get("theme", "")
    now = timezone.now()
    return {
        "theme": theme if theme in THEMES else "",
        "now": now,
        "bar": Bar(request, now) if user and user.is_authenticated else None,
    }
