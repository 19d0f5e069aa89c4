"""The way into a case's pages: signed in, found through `visible_to`, kept by no browser.

A page of a case is one address for both sides; `sided` gives each its own view. What is foreign answers exactly like
what does not exist.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from cases.models import Case
from cases.numbers import normalize

View = Callable[..., HttpResponseBase]
CaseView = Callable[[HttpRequest, Case], HttpResponseBase]

FORM = ("GET", "HEAD", "POST")
PAGE = ("GET", "HEAD")
NO_SUCH_CASE = "There is no such case."


class Rule(StrEnum):
    """Who gets a page. Every view carries its rule, and a test finds the address that has none."""

    READER = "who is signed in, about the own account and the own cases"
    OBJECT = "who sees the object that the address names"
    STAFF = "staff whose role allows it"


def ruled(view: View, rule: Rule) -> View:
    """The view, marked with its rule."""
    view.rule = rule  # type: ignore[attr-defined]
    return view


def private(view: View) -> View:
    """A page of the reader's own: for who is signed in, and never stored."""
    return ruled(never_cache(login_required(view)), Rule.READER)


def about_one(view: View) -> View:
    """A private page about the object that its address names, which it finds through `visible_to` or not at all."""
    return ruled(private(view), Rule.OBJECT)


def takes_files(view: View) -> View:
    """A view whose form has files: for others a body as large as a file is refused unread."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def person(request: HttpRequest) -> User:
    """Who is signed in on a private page."""
    assert isinstance(request.user, User)
    return request.user


def visible_case(user: User, number: str) -> Case:
    """The case with this number, typed with or without hyphens. Raises Http404 when this person may not see it."""
    cases = Case.objects.visible_to(user).select_related(
        "organization__region",
        "contact__user",
        "opened_by",
        "owner__staff__center",
        "case_manager",
        "product",
        "calendar",
        "plan_version__plan",
        "entitlement",
        "follows",
    )
    case = cases.filter(number=normalize(number)).first()
    if case is None:
        raise Http404(NO_SUCH_CASE)
    return case


def sided(*, customer: CaseView | None = None, staff: CaseView | None = None, methods: Sequence[str] = FORM) -> View:
    """One address for both sides: the customer's view or support's; the side without a view is refused."""

    @about_one
    @require_http_methods(list(methods))
    def answer(request: HttpRequest, number: str, **names: Any) -> HttpResponseBase:
        user = person(request)
        case = visible_case(user, number)
        view = staff if user.staff_role else customer
        if view is None:
            raise PermissionDenied("This page is for the other side of the case.")
        return _foreign_as_absent(view, request, case, **names)

    return answer


def _foreign_as_absent(view: CaseView, request: HttpRequest, case: Case, **names: Any) -> HttpResponseBase:
    """The view's answer. A right that ended while it ran makes the case absent rather than forbidden."""
    try:
        return view(request, case, **names)
    except PermissionDenied:
        if not Case.objects.visible_to(User.objects.get(pk=person(request).pk)).filter(pk=case.pk).exists():
            raise Http404(NO_SUCH_CASE) from None
        raise
