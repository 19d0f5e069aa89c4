"""One act on a case: its form on a page of its own, and the way from there to its verb. Both sides act so."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.permissions import may
from cases.enums import Verb
from cases.models import Case
from cases.transitions import is_legal
from web.case import doors
from web.case.access import person
from web.case.forms import CaseForm
from web.case.promised import Answer


@dataclass(frozen=True, slots=True)
class Page:
    """The words around a form: what it is for, its button, and what is said when it took effect.

    `noun` is the address below the case that the form is sent to, when it is another than the page's own. `vain` says
    why the form would be refused whatever is filled in; it is not shown then. `promised` is by when what is sent now
    would be answered, and `telephone` whom to call as well when it is urgent.
    """

    title: str
    lead: str
    button: str
    done: str
    danger: bool = False
    noun: str = ""
    vain: str = ""
    promised: Answer | None = None
    telephone: str = ""


def answer(request: HttpRequest, case: Case, form: CaseForm, page: Page, verb: Verb, act: doors.Verb) -> HttpResponse:
    """Let the act take effect, or show its form: empty, or with what stands in the way.

    Raises PermissionDenied for who may never do this.
    """
    if not (decision := may(person(request), verb, case)):
        raise PermissionDenied(decision.reason)
    if request.method == "POST":
        if changed := doors.carry_out(request, form, act):
            doors.tell_done(request, form, page.done)
            return redirect(changed)
        if form.refusal and not form.visible_fields() and not is_legal(_fresh(case).state, verb):
            # Sent from another tab, it came too late for good, and nothing was typed that a page would have to keep.
            messages.info(request, form.refusal.message)
            return redirect(case)
    elif page.vain or not is_legal(case.state, verb):
        messages.info(request, page.vain or "The case has moved on: this is not possible any more.")
        return redirect(case)
    return render(request, "cases/form.html", {"case": case, "form": form, "page": page}, status=doors.status_of(form))


def _fresh(case: Case) -> Case:
    """The case as it stands since a verb was refused."""
    return Case.objects.get(pk=case.pk)
