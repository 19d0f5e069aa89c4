"""The back office at /admin/: for administrators alone, through the portal's own sign-in. Cases are not kept there."""

from typing import Any

from allauth.account.views import logout as sign_out
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.enums import StaffRole


class BackOffice(AdminSite):
    """Django's admin, open to the role of an administrator whatever flags a user carries."""

    site_header = site_title = "Back office"
    index_title = "What administrators keep"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.staff_role is StaffRole.ADMIN

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Never a second sign-in page: strangers sign in to the portal, others are told that this is not theirs."""
        if request.user.is_authenticated:
            raise PermissionDenied("Only administrators keep this.")
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return sign_out(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")


class KeptByAdministrators:
    """For a ModelAdmin or an inline: whoever is let into the back office may do all of it.

    Nothing is deleted unless `may_be_deleted`: what has ended is told by its dates, because cases point to it.
    """

    may_be_deleted = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_let_in(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_let_in(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_let_in(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_let_in(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_be_deleted and self._is_let_in(request)

    def _is_let_in(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)  # type: ignore[attr-defined]
