"""The way to the desk: for staff alone. For everybody else its pages do not exist."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from accounts.permissions import may
from cases.enums import Verb
from cases.models import Case
from web.case.access import PAGE, Rule, View, person, private, ruled


def desk(view: View, *, methods: Sequence[str] = PAGE, verb: Verb = Verb.VIEW) -> View:
    """A page of the desk for staff whose role may do `verb`; absent for who is not staff."""

    @private
    @require_http_methods(list(methods))
    def answer(request: HttpRequest, **names: Any) -> HttpResponseBase:
        reader = person(request)
        if reader.staff_role is None:
            raise Http404("There is no such page.")
        if not (decision := may(reader, verb, Case)):
            raise PermissionDenied(decision.reason)
        return view(request, **names)

    return ruled(answer, Rule.STAFF)
