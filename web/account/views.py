"""Pages about the reader: preferences, theme, the way into the account's security."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from web.account.forms import PreferencesForm
from web.context import THEMES

A_YEAR = 365 * 24 * 3600


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Name, time zone and telephone of the reader."""
    form = PreferencesForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("preferences")
    return render(request, "account/preferences.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember day, night or the system's choice in a cookie, and go back to where it was asked."""
    chosen = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if ours else "/")
    value = chosen if chosen in THEMES else "system"
    response.set_cookie("theme", value, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@login_required
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Where password, address, second factor and open sessions are kept."""
    return render(request, "account/security.html")
