"""The page of a case's handover sheet: read by support, completed by who goes off duty (C-FTS-01)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.permissions import may
from cases import operations
from cases.enums import Verb
from cases.models import Case
from web.case.access import person
from web.case.doors import carry_out, status_of, tell_done
from web.case.times import Times
from web.desk.forms import HandoverForm
from web.desk.handover_sheet import sheet_page


def sheet(request: HttpRequest, case: Case) -> HttpResponse:
    """The sheet from the log, with its form while it is open for this reader; of a completed one, when asked for."""
    reader, now = person(request), timezone.now()
    decision = may(reader, Verb.NOTE_HANDOVER, case)
    if request.method == "POST" and not decision:
        raise PermissionDenied(decision.reason)
    page = sheet_page(case, reader, Times(reader, now))
    prospect = page["prospect"]
    if request.method == "POST" and prospect is None:
        messages.info(request, "No handover of this case is planned.")
        return redirect(case)
    form = HandoverForm.of(request, case, initial=page["initial"])
    if request.method == "POST":
        done = carry_out(
            request,
            form,
            lambda files: operations.note_handover(
                case, form.notes, by=reader, at=now, change=prospect.at, form=form.knew
            ),
        )
        if done:
            tell_done(request, form, "The handover sheet is ready.")
            return redirect(done)
        page = sheet_page(case, reader, Times(reader, now))  # with what kept the sheet from being saved
    wants_form = not page["is_ready"] or "change" in request.GET
    shown = form if form.is_bound or (decision and page["is_open"] and wants_form) else None
    page["may_change"] = decision and page["is_open"] and not shown
    return render(request, "desk/handover.html", page | {"form": shown}, status=status_of(form))
