"""What a customer does to a case: each act has its form on a page of its own; the case page shows it or links to it."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import User
from cases import operations
from cases.attachments import StoredFile
from cases.enums import Severity, Verb
from cases.models import Case
from web.case.access import person
from web.case.acts import Page, answer
from web.case.doors import UNPROCESSABLE
from web.case.forms import AgreementForm, MessageForm, SeverityForm
from web.case.times import Times
from web.customer.forms import ClosureAnswerForm, WithdrawalForm
from web.customer.offers import answer_to_follow_on
from web.customer.questions import proposed_severity

Files = Sequence[StoredFile]


def reply(request: HttpRequest, case: Case) -> HttpResponse:
    """Write to support."""
    form = MessageForm.of(request, case)
    page = Page("Write to support", "Everybody who works on this case for you or for us reads it.", "Send", "Sent.")

    def act(files: Files) -> Case:
        body = form.cleaned_data["body"]
        return operations.reply_as_customer(
            case, body, by=person(request), at=timezone.now(), files=files, form=form.knew
        )

    response = answer(request, case, form, page, Verb.REPLY_AS_CUSTOMER, act)
    return _to_a_closed_case(request, form) if form.refusal and form.refusal.code == "closed" else response


def _to_a_closed_case(request: HttpRequest, written: MessageForm) -> HttpResponse:
    """What was written to a case that was closed meanwhile, ready to reopen it or to continue it in a new one."""
    case, now = written.case, timezone.now()
    text = {name: written[name].value() for name in ("body", "submission")}
    form = MessageForm(case, initial=text)
    form.changed = written.changed
    reopening = case.reopenable_until is not None and now < case.reopenable_until
    noun, page = ("reopening", REOPENING) if reopening else ("follow-on", _following(person(request), case))
    page = replace(page, lead=f"This case was closed meanwhile; your text is kept. {page.lead}", noun=noun)
    return render(request, "cases/form.html", {"case": case, "form": form, "page": page}, status=UNPROCESSABLE)


REOPENING = Page(
    "Reopen the case", "Tell us what happened since it was closed.", "Reopen the case", "The case is open again."
)
FOLLOWING = Page(
    "Continue in a new case",
    "The time in which this case could be reopened is over. A new case refers to it, so nothing is lost.",
    "Open the new case",
    "The new case is open.",
)


def answer_closure(request: HttpRequest, case: Case) -> HttpResponse:
    """Say whether it is solved; a no says what is still open (C-CLS-01)."""
    form = ClosureAnswerForm.of(request, case, initial={"answer": request.GET.get("answer", "")})
    page = Page("Is this solved?", case.resolution, "Send the answer", "Thank you for your answer.")

    def act(files: Files) -> Case:
        by, now = person(request), timezone.now()
        if form.cleaned_data["answer"] == "yes":
            return operations.confirm_closure(case, by=by, at=now, form=form.knew)
        return operations.reject_closure(case, form.cleaned_data["body"], by=by, at=now, files=files, form=form.knew)

    return answer(request, case, form, page, Verb.CONFIRM_CLOSURE, act)


def withdraw(request: HttpRequest, case: Case) -> HttpResponse:
    """Close one's own case (C-CLS-02)."""
    form = WithdrawalForm.of(request, case)
    lead = "We stop working on it. You can reopen it for 30 days."
    page = Page("Close the case", lead, "Close the case", "The case is closed.", danger=True)

    def act(files: Files) -> Case:
        resolution = form.cleaned_data["resolution"]
        return operations.withdraw(case, by=person(request), at=timezone.now(), resolution=resolution, form=form.knew)

    return answer(request, case, form, page, Verb.WITHDRAW, act)


def propose_severity(request: HttpRequest, case: Case) -> HttpResponse:
    """Put another severity forward (C-SEV-01, C-SEV-03)."""
    form = SeverityForm.of(request, case)
    lead = (
        "An agreed severity can only become less severe."
        if case.severity_agreed_at
        else "We agree the severity together. Once agreed, it can be lowered but not raised."
    )
    page = Page("Propose another severity", lead, "Propose", "Your proposal is sent.")

    def act(files: Files) -> Case:
        given = form.cleaned_data
        return operations.propose_severity(
            case,
            given["severity"],
            by=person(request),
            at=timezone.now(),
            reason=given["reason"],
            phone=given["phone"],
            form=form.knew,
        )

    return answer(request, case, form, page, Verb.PROPOSE_SEVERITY, act)


def agree_severity(request: HttpRequest, case: Case) -> HttpResponse:
    """Agree to the severity that support proposes (C-SEV-01)."""
    proposed = proposed_severity(case.state)
    form = AgreementForm.of(request, case, initial={"severity": proposed})
    if proposed is None and request.method != "POST":
        return redirect(case)
    title = f"Agree to {proposed.label}?" if proposed else "Agree to the severity?"
    page = Page(title, proposed.description if proposed else "", "Agree", "The severity is agreed.")

    def act(files: Files) -> Case:
        severity = form.cleaned_data["severity"]
        return operations.agree_severity(case, severity, by=person(request), at=timezone.now(), form=form.knew)

    return answer(request, case, form, page, Verb.AGREE_SEVERITY, act)


def reopen(request: HttpRequest, case: Case) -> HttpResponse:
    """Reopen a closed case within its window (C-RPN-01)."""
    form = MessageForm.of(request, case)

    def act(files: Files) -> Case:
        body = form.cleaned_data["body"]
        return operations.reopen(case, body, by=person(request), at=timezone.now(), files=files, form=form.knew)

    return answer(request, case, form, REOPENING, Verb.REOPEN, act)


def follow_on(request: HttpRequest, case: Case) -> HttpResponse:
    """Open a new case that continues a closed one after its window (C-RPN-02)."""
    form = MessageForm.of(request, case)
    page = _following(person(request), case)

    def act(files: Files) -> Case:
        body = form.cleaned_data["body"]
        return operations.open_follow_on(case, body, by=person(request), at=timezone.now(), files=files, form=form.knew)

    return answer(request, case, form, page, Verb.FOLLOW_ON, act)


def _following(reader: User, case: Case) -> Page:
    """The page of a new case that continues this one, with what it would promise now."""
    return replace(
        FOLLOWING,
        promised=answer_to_follow_on(reader, case, Times(reader, timezone.now())),
        telephone=case.organization.support_phone if case.severity == Severity.ONE else "",
    )
