"""How a case ends: by consent, by the customer, by silence."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from accounts.refusal import Refusal
from cases import rules
from cases.attachments import StoredFile
from cases.enums import (
    Channel,
    ClosureReason,
    EventKind,
    Verb,
)
from cases.models import Case
from cases.operations.frame import NO_FORM, Form, acting
from cases.texts import required


def propose_closure(
    case: Case,
    *,
    by: User,
    at: datetime,
    problem: str,
    resolution: str,
    reason: ClosureReason = ClosureReason.RESOLVED,
    form: Form = NO_FORM,
) -> Case:
    """Ask the customer whether the case may close; both texts make the closure summary (C-CLS-01, C-CLS-02)."""
    reason = ClosureReason(reason)
    with acting(case, Verb.PROPOSE_CLOSURE, by=by, at=at, form=form) as act:
        if reason not in (ClosureReason.RESOLVED, ClosureReason.ANSWERED):
            raise Refusal("reason_not_proposable", "Only a solution or an answer is put to the customer as a closure.")
        texts = {"problem": required(problem, "problem"), "resolution": required(resolution, "resolution")}
        act.record(EventKind.CLOSURE_PROPOSED, reason=reason, **texts)
    return act.case


def confirm_closure(case: Case, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """The customer's yes: the case closes and the summary goes out (C-CLS-01, C-CLS-02)."""
    with acting(case, Verb.CONFIRM_CLOSURE, by=by, at=at, form=form) as act:
        now = act.case
        act.record(EventKind.CLOSED, reason=now.closure_reason, problem=now.problem, resolution=now.resolution)
    return act.case


def reject_closure(
    case: Case, body: str, *, by: User, at: datetime, files: Sequence[StoredFile] = (), form: Form = NO_FORM
) -> Case:
    """The customer's no, with what is still open: the case goes on (C-CLS-01)."""
    with acting(case, Verb.REJECT_CLOSURE, by=by, at=at, form=form) as act:
        act.record(EventKind.CLOSURE_REJECTED, message=act.say(body, files))
    return act.case


def withdraw(case: Case, *, by: User, at: datetime, resolution: str, form: Form = NO_FORM) -> Case:
    """The customer closes its own case, saying why (C-CLS-02)."""
    with acting(case, Verb.WITHDRAW, by=by, at=at, form=form) as act:
        act.record(
            EventKind.CLOSED,
            reason=ClosureReason.WITHDRAWN,
            problem=act.case.subject,
            resolution=required(resolution, "resolution"),
        )
    return act.case


def record_contact_attempt(
    case: Case,
    channel: Channel,
    text: str,
    *,
    by: User,
    at: datetime,
    announces_closure: bool = False,
    form: Form = NO_FORM,
) -> Case:
    """Record an attempt to reach a silent contact: a call that nobody took, or a message that is sent now.

    It counts while we wait for the customer: for an answer, or on hold for a contact that cannot be reached.
    `text` is the message to the customer, or for the telephone what was tried. Only a message announces the closure:
    nobody hears what is said to a telephone that is not answered. Guide: C-CLS-05; reading A-15.
    """
    channel = Channel(channel)
    by_phone = channel is Channel.PHONE
    with acting(case, Verb.RECORD_CONTACT_ATTEMPT, by=by, at=at, form=form) as act:
        rules.require_written_announcement(channel, announces_closure)
        act.record(
            EventKind.CONTACT_ATTEMPTED,
            channel=channel,
            announces_closure=announces_closure,
            message=None if by_phone else act.say(text),
            summary=required(text, "text") if by_phone else "",
        )
    return act.case


def close_for_no_response(case: Case, *, by: User | None, at: datetime, form: Form = NO_FORM) -> Case:
    """Close a case whose contact did not answer several attempts, listing them (C-CLS-05, A-15, A-16)."""
    with acting(case, Verb.CLOSE_FOR_NO_RESPONSE, by=by, at=at, form=form) as act:
        rules.require_closable_for_no_response(act.case.closable_for_no_response_at, at)
        act.record(
            EventKind.CLOSED,
            reason=ClosureReason.NO_RESPONSE,
            problem=act.case.problem or act.case.subject,
            resolution=rules.attempts_in_words(act.case.state.attempts, act.case.zone),
        )
    return act.case
