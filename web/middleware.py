"""What happens around every page."""

from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.adapter import has_second_factor, needs_second_factor

Handler = Callable[[HttpRequest], HttpResponse]

# What somebody who still has to set up a second factor needs for it.
OPEN_WITHOUT_SECOND_FACTOR = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "account_reauthenticate",
        "account_logout",
        "theme",
    }
)


class ReaderZone:
    """Make the reader's own time zone the current one, for what is shown and for moments typed into forms."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = request.user.zone if request.user.is_authenticated else None
        with timezone.override(zone):
            return self.get_response(request)


class StaffSecondFactor:
    """Send staff without a second factor to where it is set up, from every page, while the deployment demands one.

    Whoever has one cannot sign in without it, so a session that was opened with it needs no look at the database.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if not request.user.is_authenticated or (match and match.view_name in OPEN_WITHOUT_SECOND_FACTOR):
            return None
        if not needs_second_factor(request.user) or _signed_in_with_it(request) or has_second_factor(request.user):
            return None
        return redirect("mfa_index")


def _signed_in_with_it(request: HttpRequest) -> bool:
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))
