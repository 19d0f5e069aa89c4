"""What staff do to a case: each act has its form on a page of its own; the workspace links to it or embeds it."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.enums import ENGINEER_ROLES
from accounts.models import User
from accounts.rosters import Roster
from cases import operations
from cases.attachments import StoredFile
from cases.candidates import suggest, why
from cases.enums import Channel, ClosureReason, HoldReason, Severity, Status, Verb
from cases.models import Case
from web.case.access import person
from web.case.acts import Page, answer
from web.case.forms import AgreementForm, CaseForm, MessageForm
from web.case.times import Times
from web.desk.forms import (
    AttemptForm,
    CallForm,
    ClosureForm,
    HoldForm,
    NoteForm,
    OwnerForm,
    ProposalForm,
    ReductionForm,
    RefusalForm,
    ReplyForm,
    SunForm,
)
from web.desk.intake import refusal_text
from web.desk.workspace import IN_WORK, agrees_to, lowers, proposes, silence

Files = Sequence[StoredFile]

LOWER_ONLY = "An agreed severity can only become less severe."
BOTH_AGREE = "It is settled when both sides agree. Until then the graver of both positions counts."


# Talking


def reply(request: HttpRequest, case: Case) -> HttpResponse:
    """Write to the customer (C-STF-07)."""
    may_promise = person(request).staff_role in ENGINEER_ROLES
    initial = {"waiting": case.status == Status.WAITING_FOR_CUSTOMER}
    form = ReplyForm.of(request, case, initial=initial, may_promise=may_promise)
    if case.status not in IN_WORK:
        del form.fields["waiting"]
    page = Page(
        f"Write to {case.contact.user}", "The customer reads it.", "Send to the customer", "Sent to the customer."
    )

    def act(files: Files) -> Case:
        given = form.cleaned_data
        return operations.reply(
            case,
            given["body"],
            by=person(request),
            at=timezone.now(),
            waiting=given.get("waiting", False),
            next_update_at=given.get("next_update_at"),
            files=files,
            form=form.knew,
        )

    return answer(request, case, form, page, Verb.REPLY, act)


def add_note(request: HttpRequest, case: Case) -> HttpResponse:
    """Write an internal note."""
    form = NoteForm.of(request, case)
    page = Page("Internal note", "", "Save internal note", "The internal note is saved.")

    def act(files: Files) -> Case:
        body = form.cleaned_data["body"]
        return operations.add_note(case, body, by=person(request), at=timezone.now(), files=files, form=form.knew)

    return answer(request, case, form, page, Verb.NOTE, act)


def log_call(request: HttpRequest, case: Case) -> HttpResponse:
    """Record a telephone call (C-STF-07)."""
    form = CallForm.of(request, case)
    lead = f"With {case.contact.user}, {case.phone or case.contact.user.phone or 'whose number is not known'}."
    page = Page("Log a call", lead, "Save the call", "The call is logged.")

    def act(files: Files) -> Case:
        reached, summary = form.cleaned_data["reached"], form.cleaned_data["summary"]
        by, at = person(request), timezone.now()
        if form.is_attempt:
            return operations.record_contact_attempt(case, Channel.PHONE, summary, by=by, at=at, form=form.knew)
        return operations.log_call(case, by=by, at=at, reached=reached, summary=summary, form=form.knew)

    return answer(request, case, form, page, Verb.LOG_CALL, act)


# Owners


def accept(request: HttpRequest, case: Case) -> HttpResponse:
    """Take a waiting case (C-LIF-03)."""
    reader = person(request)
    if case.owner and case.owner != reader and reader.staff_role in ENGINEER_ROLES:
        messages.info(request, f"{case.owner} has taken this case already.")
        return redirect(case)
    form = CaseForm.of(request, case)
    page = Page("Take the case?", "It becomes yours, and the customer is told.", "Take the case", "The case is yours.")

    def act(files: Files) -> Case:
        return operations.accept(case, by=person(request), at=timezone.now(), form=form.knew)

    return answer(request, case, form, page, Verb.ACCEPT, act)


def assign(request: HttpRequest, case: Case) -> HttpResponse:
    """Give the case to an engineer (C-RAS-01, C-RAS-02)."""
    form = OwnerForm.of(request, case, engineers=_engineers(case), suggestion=_suggestion(case))
    title = f"Reassign from {case.owner}" if case.owner else "Assign to an engineer"
    page = Page(title, "The customer is told whom to contact from now on.", "Assign", "The case has changed hands.")

    def act(files: Files) -> Case:
        given = form.cleaned_data
        return operations.assign(
            case,
            given["owner"],
            by=person(request),
            at=timezone.now(),
            reason=form.given_reason,
            note=given["note"],
            form=form.knew,
        )

    return answer(request, case, form, page, Verb.ASSIGN, act)


def _suggestion(case: Case) -> str:
    """Who would take the case by skill, load and shift, and why; empty when nobody is on duty (C-STF-06)."""
    choice = suggest(case, timezone.now())
    if choice is None:
        return ""
    return " ".join([f"Suggested: {User.objects.get(pk=choice.taker.person)}.", *why(case, choice)])


def _engineers(case: Case) -> list[tuple[str, list[User]]]:
    """The engineers who might take the case, by support center; those who are away stand apart."""
    staff = User.objects.filter(is_active=True, staff__role__in=ENGINEER_ROLES)
    now = timezone.now()
    roster = Roster.between(now, now)
    groups: dict[str, list[User]] = {}
    for user in staff.select_related("staff__center").order_by("staff__center__name", "name"):
        if user == case.owner:
            continue
        center = str(user.staff.center or "Without a center")
        groups.setdefault(center if roster.is_available(user.pk, now) else "Away now", []).append(user)
    absent = groups.pop("Away now", [])
    return [*groups.items(), *([("Away now", absent)] if absent else [])]


# The sun


def accept_handover(request: HttpRequest, case: Case) -> HttpResponse:
    """Say that a case which came with the sun is in good hands (C-FTS-01)."""
    form = CaseForm.of(request, case)
    owner = case.owner or "Nobody"
    page = Page("Accept the handover?", f"{owner} has the case from here on.", "Accept", "The handover is accepted.")

    def act(files: Files) -> Case:
        return operations.accept_handover(case, by=person(request), at=timezone.now(), form=form.knew)

    return answer(request, case, form, page, Verb.ACCEPT_HANDOVER, act)


def put_on_sun(request: HttpRequest, case: Case) -> HttpResponse:
    """Let work on a case that is not Severity 1 go on round the clock, by exception (A-12)."""
    form = SunForm.of(request, case)
    lead = (
        "From now on the case passes from center to center like a Severity 1. The customer is told, and asked to keep"
        " somebody reachable. If its engineer is off duty now, it is handed over within a minute."
    )
    page = Page("Put the case on the sun", lead, "Put it on the sun", "The case follows the sun.")

    def act(files: Files) -> Case:
        reason = form.cleaned_data["reason"]
        return operations.put_on_sun(case, by=person(request), at=timezone.now(), reason=reason, form=form.knew)

    return answer(request, case, form, page, Verb.PUT_ON_SUN, act)


def take_off_sun(request: HttpRequest, case: Case) -> HttpResponse:
    """Let the case stay with its region again (A-12)."""
    form = SunForm.of(request, case)
    stays = f"It stays with {case.owner}." if case.owner else "It has no owner."
    lead = f"The case is worked on in the hours of its severity again, and the customer is told. {stays}"
    page = Page("Take the case off the sun", lead, "Take it off the sun", "The case stays with its region.")

    def act(files: Files) -> Case:
        reason = form.cleaned_data["reason"]
        return operations.take_off_sun(case, by=person(request), at=timezone.now(), reason=reason, form=form.knew)

    return answer(request, case, form, page, Verb.TAKE_OFF_SUN, act)


# Severity


def propose_severity(request: HttpRequest, case: Case) -> HttpResponse:
    """Put another severity forward for support (C-SEV-01, C-SEV-03)."""
    form = ProposalForm.of(request, case)
    lead = LOWER_ONLY if case.severity_agreed_at else BOTH_AGREE
    vain = "" if proposes(case.state) else "There is no other severity to propose."
    page = Page("Propose another severity", lead, "Propose", "The customer is asked.", vain=vain)

    def act(files: Files) -> Case:
        given = form.cleaned_data
        return operations.propose_severity(
            case,
            given["severity"],
            by=person(request),
            at=timezone.now(),
            reason=given["reason"],
            phone=given.get("phone", ""),
            form=form.knew,
        )

    return answer(request, case, form, page, Verb.PROPOSE_SEVERITY, act)


def agree_severity(request: HttpRequest, case: Case) -> HttpResponse:
    """Agree to the customer's severity (C-SEV-01)."""
    asked = agrees_to(case.state) or Severity(case.severity)
    form = AgreementForm.of(request, case, initial={"severity": int(asked)})
    page = Page(
        f"Agree to {asked.label}?",
        f"{asked.description} Once agreed, it can be lowered but not raised.",
        f"Agree {asked.label}",
        "The severity is agreed.",
    )

    def act(files: Files) -> Case:
        severity = form.cleaned_data["severity"]
        return operations.agree_severity(case, severity, by=person(request), at=timezone.now(), form=form.knew)

    return answer(request, case, form, page, Verb.AGREE_SEVERITY, act)


def reduce_severity(request: HttpRequest, case: Case) -> HttpResponse:
    """Lower an agreed severity as a manager (C-SEV-04)."""
    form = ReductionForm.of(request, case)
    lead = f"{Severity(case.severity).label} was agreed. The customer is told the reason."
    vain = "" if lowers(case.state) else "Only a severity that is agreed can be lowered, and Severity 4 is the lowest."
    page = Page("Lower the severity", lead, "Lower the severity", "The severity is lowered.", danger=True, vain=vain)

    def act(files: Files) -> Case:
        given = form.cleaned_data
        return operations.reduce_severity(
            case, given["severity"], by=person(request), at=timezone.now(), reason=given["reason"], form=form.knew
        )

    return answer(request, case, form, page, Verb.REDUCE_SEVERITY, act)


# Closing and coming back


def propose_closure(request: HttpRequest, case: Case) -> HttpResponse:
    """Ask the customer whether the case may close (C-CLS-01, C-CLS-02)."""
    before = {"problem": case.problem, "resolution": case.resolution}
    form = ClosureForm.of(request, case, initial={name: text for name, text in before.items() if text})
    lead = "Both texts make the summary of the case. It closes when the customer agrees."
    page = Page("Propose closure", lead, "Ask the customer", "The customer is asked whether it is solved.")

    def act(files: Files) -> Case:
        given = form.cleaned_data
        return operations.propose_closure(
            case,
            by=person(request),
            at=timezone.now(),
            problem=given["problem"],
            resolution=given["resolution"],
            reason=ClosureReason(given["reason"]),
            form=form.knew,
        )

    return answer(request, case, form, page, Verb.PROPOSE_CLOSURE, act)


def record_contact_attempt(request: HttpRequest, case: Case) -> HttpResponse:
    """Record an attempt to reach a silent contact (C-CLS-05)."""
    form = AttemptForm.of(request, case)
    lead = (
        f"{len(case.attempts)} so far. Three of them, on three business days, by telephone and in writing, the last one"
        " announcing it, let the case close."
    )
    page = Page("Record an attempt to reach", lead, "Record the attempt", "The attempt is recorded.")

    def act(files: Files) -> Case:
        given = form.cleaned_data
        return operations.record_contact_attempt(
            case,
            Channel(given["channel"]),
            given["text"],
            by=person(request),
            at=timezone.now(),
            announces_closure=given["announces_closure"],
            form=form.knew,
        )

    return answer(request, case, form, page, Verb.RECORD_CONTACT_ATTEMPT, act)


def close_for_no_response(request: HttpRequest, case: Case) -> HttpResponse:
    """Close a case whose contact did not answer (C-CLS-05)."""
    reader = person(request)
    quiet = silence(case, reader, Times(reader, timezone.now()))
    form = CaseForm.of(request, case)
    lead = "The attempts are listed in its summary. The customer can reopen it for 30 days."
    vain = quiet.missing if quiet else ""
    page = Page("Close without an answer?", lead, "Close the case", "The case is closed.", danger=True, vain=vain)

    def act(files: Files) -> Case:
        return operations.close_for_no_response(case, by=person(request), at=timezone.now(), form=form.knew)

    return answer(request, case, form, page, Verb.CLOSE_FOR_NO_RESPONSE, act)


def reopen(request: HttpRequest, case: Case) -> HttpResponse:
    """Reopen a closed case for the customer (C-RPN-01)."""
    form = MessageForm.of(request, case)
    lead = "The customer reads it. A new first-response clock starts."
    over = case.reopenable_until is not None and timezone.now() >= case.reopenable_until
    vain = "The 30 days for reopening are over: a new case continues this one." if over else ""
    page = Page("Reopen the case", lead, "Reopen the case", "The case is open again.", vain=vain)

    def act(files: Files) -> Case:
        body = form.cleaned_data["body"]
        return operations.reopen(case, body, by=person(request), at=timezone.now(), files=files, form=form.knew)

    return answer(request, case, form, page, Verb.REOPEN, act)


def follow_on(request: HttpRequest, case: Case) -> HttpResponse:
    """Open the case that continues a closed one, for a caller (C-RPN-02)."""
    form = MessageForm.of(request, case)
    lead = "The time in which this case could be reopened is over. A new case refers to it."
    page = Page("Continue in a new case", lead, "Open the new case", "The new case is open.")

    def act(files: Files) -> Case:
        body = form.cleaned_data["body"]
        return operations.open_follow_on(
            case, body, by=person(request), at=timezone.now(), channel=Channel.PHONE, files=files, form=form.knew
        )

    return answer(request, case, form, page, Verb.FOLLOW_ON, act)


# Intake


def refuse(request: HttpRequest, case: Case) -> HttpResponse:
    """Refuse a case that is not covered, in words for the customer (C-CLS-04)."""
    form = RefusalForm.of(request, case, initial={"reason": refusal_text(case, timezone.now())})
    lead = "The case closes, and the customer gets this text. The check is kept as evidence."
    page = Page("Not entitled?", lead, "Refuse and close", "The case is closed as not entitled.", danger=True)

    def act(files: Files) -> Case:
        reason = form.cleaned_data["reason"]
        return operations.refuse(case, by=person(request), at=timezone.now(), reason=reason, form=form.knew)

    return answer(request, case, form, page, Verb.REFUSE, act)


def hold(request: HttpRequest, case: Case) -> HttpResponse:
    """Stop the first-response clock (A-08)."""
    form = HoldForm.of(request, case)
    lead = "Only while the organization or the contact cannot be reached. The customer sees the hold and its reason."
    page = Page("Put the clock on hold", lead, "Stop the clock", "The first-response clock is on hold.")

    def act(files: Files) -> Case:
        reason = HoldReason(form.cleaned_data["reason"])
        return operations.hold(case, reason, by=person(request), at=timezone.now(), form=form.knew)

    return answer(request, case, form, page, Verb.HOLD, act)


def resume(request: HttpRequest, case: Case) -> HttpResponse:
    """Let the first-response clock run again (A-08)."""
    form = CaseForm.of(request, case)
    lead = "The time of the hold does not count."
    page = Page("Let the clock run again?", lead, "Let it run", "The first-response clock runs again.")

    def act(files: Files) -> Case:
        return operations.resume(case, by=person(request), at=timezone.now(), form=form.knew)

    return answer(request, case, form, page, Verb.RESUME, act)
