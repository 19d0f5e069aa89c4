"""Pages about the reader: preferences, theme, the way into the account's security."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations
from accounts.models import Invitation, User
from accounts.refusal import Refusal
from web.account.forms import AcceptanceForm, PreferencesForm
from web.account.sessions import own_session
from web.bar import Bar
from web.case.access import FORM, about_one, person, private
from web.context import THEMES

A_YEAR = 365 * 24 * 3600
OPENED = "opened_invitation"  # under which a session keeps the token of the link that its reader opened


@private
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The reader's first place: the queue for staff, the own cases for customers."""
    return redirect(Bar(request, timezone.now()).links[0].path)


@private
@require_http_methods(FORM)
def preferences(request: HttpRequest) -> HttpResponse:
    """Name, time zone and telephone of the reader."""
    # A form writes what was typed into its instance even when it refuses it: the bar must not show that.
    own = User.objects.get(pk=person(request).pk)
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=own)
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("preferences")
    return render(request, "account/preferences.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember day, night or the system's choice in a cookie, and go back to where it was asked."""
    chosen = request.POST.get("theme", "")
    response = HttpResponseRedirect(_own_path(request, request.POST.get("next", "")))
    value = chosen if chosen in THEMES else "system"
    response.set_cookie("theme", value, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


def _own_path(request: HttpRequest, path: str) -> str:
    """The path when it is one of this site, "/" otherwise."""
    ours = url_has_allowed_host_and_scheme(path, {request.get_host()}, require_https=request.is_secure())
    return path if ours and path.startswith("/") else "/"


@private
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Where password, address, second factor and open sessions are kept."""
    return render(request, "account/security.html")


@about_one
@require_POST
def end_session(request: HttpRequest, key: str) -> HttpResponse:
    """Sign the reader out elsewhere."""
    session = own_session(person(request), key)
    if session is None:
        raise Http404("There is no such session.")
    session.end()
    messages.success(request, "That session is ended.")
    return redirect("usersessions_list")


@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token of a mailed link out of the address at once: browsers, proxies and logs keep addresses."""
    try:
        invitations.find(token, at=timezone.now())
    except Refusal as refusal:
        return _refused(request, refusal)
    request.session[OPENED] = token
    return redirect("accept_invitation")


@require_http_methods(FORM)
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Turn the opened link into an account, or into one more right of the account that the reader is signed in to."""
    now = timezone.now()
    token = request.session.get(OPENED, "")
    try:
        invited = invitations.find(token, at=now)
        if request.method != "POST":
            return _offer(request, invited)
        if request.user.is_authenticated:
            invitations.accept(token, at=now, by=request.user)
            del request.session[OPENED]
            return redirect("/")
        return _make_account(request, token, invited, now)
    except Refusal as refusal:
        return _refused(request, refusal)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return render(request, "account/invitation_refused.html", {"refusal": refusal}, status=410)


def _offer(request: HttpRequest, invited: Invitation, form: AcceptanceForm | None = None) -> HttpResponse:
    context = {
        "invitation": invited,
        "form": form or AcceptanceForm(invitation=invited),
        "owner": User.objects.with_email(invited.email).first(),
    }
    return render(request, "account/invitation.html", context, status=422 if form else 200)


def _make_account(request: HttpRequest, token: str, invited: Invitation, now: datetime) -> HttpResponse:
    """A newcomer signs in next, which leads staff to their second factor."""
    form = AcceptanceForm(request.POST, invitation=invited)
    if not form.is_valid():
        return _offer(request, invited, form)
    invitations.accept(token, at=now, **form.cleaned_data)
    del request.session[OPENED]
    messages.success(request, "Your account is made. Sign in with your new password.")
    return redirect("account_login")
