"""The verbs: everything that can happen to a case, each one transaction.

Every verb takes who acts (`by`; None is the portal itself), when (`at`, aware UTC) and, from a form, what that form
knew (`form`). It locks the case, asks the permission and the transition table, checks its rule, records one fact and
returns the fresh case. Errors: Refusal when a rule says no; `Stale` when the form did not know what happened meanwhile;
`AlreadyDone` when the same form was sent before; PermissionDenied when the person may not do this at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.calendars import freeze
from accounts.enums import ENGINEER_ROLES
from accounts.models import Contact, Organization, User
from accounts.permissions import may
from accounts.refusal import Refusal
from accounts.rosters import Roster
from accounts.standing import may_open_cases
from cases import attachments, numbers, rules, transitions
from cases.attachments import StoredFile
from cases.enums import (
    CUSTOMER_SIDE,
    ActorRole,
    CaseType,
    Channel,
    ClosureReason,
    EventKind,
    HoldReason,
    ReassignmentReason,
    Severity,
    Side,
    Verb,
)
from cases.journal import Entry, record
from cases.models import Case, CaseEvent, Message, Note
from cases.permissions import role_of
from cases.texts import SHORT_LIMIT, SUBJECT_LIMIT, cleaned, required
from entitlements import operations as entitlements
from entitlements.models import Product
from entitlements.rules import Verdict

# Facts that leave a waiting form as true as it was.
UNDISTURBING = frozenset(
    {
        EventKind.NOTED,
        EventKind.FIRST_RESPONSE_WARNED,
        EventKind.FIRST_RESPONSE_BREACHED,
        EventKind.CLOSURE_REMINDED,
    }
)
# What happens inside support leaves also what a customer is writing as true as it was.
UNDISTURBING_FOR_CUSTOMERS = UNDISTURBING | {
    EventKind.ENTITLEMENT_VERIFIED,
    EventKind.HELD,
    EventKind.RESUMED,
    EventKind.ASSIGNED,
    EventKind.REASSIGNED,
    EventKind.CALLED,
    EventKind.CONTACT_ATTEMPTED,
}


@dataclass(frozen=True, slots=True)
class Form:
    """What the form behind a verb knew: the case's version when it was shown, and its own id, to take effect once."""

    seen: int | None = None
    submission: UUID | None = None


NO_FORM = Form()


class Stale(Refusal):
    """Something happened since the form was shown; `events` tells what."""

    def __init__(self, events: Sequence[CaseEvent]):
        super().__init__(
            "stale",
            "Something happened on this case while you were writing. Your text is kept: look, then send.",
        )
        self.events = events


class AlreadyDone(Refusal):
    """The same form was sent before and took effect then; a door answers as it did the first time."""

    def __init__(self, case: Case):
        super().__init__("already_done", "This was already sent.")
        self.case = case


@dataclass(slots=True)
class Act:
    """A verb under way on its locked case."""

    case: Case
    by: User | None
    at: datetime
    form: Form = NO_FORM

    def record(self, kind: EventKind, **data: Any) -> None:
        """Record a fact of this verb. The form's id goes with the first one only."""
        record([Entry(self.case, kind, self.at, self.by, data, self.form.submission)])
        self.form = NO_FORM

    def say(self, body: str, files: Sequence[StoredFile] = ()) -> int:
        """Write a public message and return its id."""
        assert self.by is not None, "only a person says something"
        role = self.role
        message = Message.objects.create(
            case=self.case,
            author=self.by,
            role=role,
            acting_for=self.case.organization if role is ActorRole.THIRD_PARTY else None,
            at=self.at,
            body=required(body, "body"),
        )
        attachments.attach(self.case, files, at=self.at, message=message)
        return message.pk

    def keep_evidence(self, verdict: Verdict) -> None:
        """Let the case hold the entitlement check that a decision rests on."""
        self.case.verdict, self.case.entitlement_id = verdict.as_data(), verdict.entitlement
        self.case.save(update_fields=["verdict", "entitlement"])

    def resume_if_held(self) -> None:
        """The contact was heard: a first-response clock on hold runs again (A-08)."""
        if self.case.held_at:
            self.record(EventKind.RESUMED)

    @property
    def role(self) -> ActorRole:
        return role_of(self.by, self.case)

    @property
    def side(self) -> Side:
        return Side.CUSTOMER if self.role in CUSTOMER_SIDE else Side.SUPPORT


@contextmanager
def acting(case: Case, verb: Verb, *, by: User | None, at: datetime, form: Form = NO_FORM) -> Iterator[Act]:
    """The frame of every verb: one transaction, the row locked, permission, freshness and transition checked."""
    if at.tzinfo is None:
        raise ValueError("a verb takes an aware instant")
    with transaction.atomic():
        locked = Case.objects.locked(case.pk)
        if by is not None and not (decision := may(by, verb, locked)):
            raise PermissionDenied(decision.reason)
        _require_first_time(locked, form)
        _require_fresh(locked, form, by)
        transitions.require(locked.state, verb)
        yield Act(locked, by, at, form)


def _require_first_time(case: Case, form: Form) -> None:
    if form.submission and case.events.filter(submission=form.submission).exists():
        raise AlreadyDone(case)


def _require_fresh(case: Case, form: Form, by: User | None) -> None:
    if form.seen is None or form.seen == case.version or by is None:
        return
    undisturbing = UNDISTURBING if by.staff_role else UNDISTURBING_FOR_CUSTOMERS
    since = CaseEvent.objects.visible_to(by).filter(case=case, seq__gt=form.seen).exclude(kind__in=undisturbing)
    if events := list(since.select_related("by").order_by("seq")):
        raise Stale(events)


# Opening


@transaction.atomic
def open_case(
    organization: Organization,
    *,
    by: User,
    at: datetime,
    product: Product,
    severity: Severity,
    subject: str,
    description: str,
    contact: Contact | None = None,
    version: str = "",
    case_type: CaseType = CaseType.PROBLEM,
    channel: Channel = Channel.WEB,
    received_at: datetime | None = None,
    phone: str = "",
    files: Sequence[StoredFile] = (),
    follows: Case | None = None,
    form: Form = NO_FORM,
) -> Case:
    """Open a case for `organization` and return it; its number exists from this moment.

    `contact` is whom support talks to: the opener's own contact unless Customer Service opens it for a caller.
    `received_at` (aware) is the start of the call; `at` for the web. The first-response clock starts there (A-07).
    A customer opens cases for products that support was bought for; what is unclear goes to Customer Service (A-26).
    Severity 1 needs a telephone number (A-04). `follows` is an older case that this one refers to (A-10, C-RPN-02).
    Guide: C-LIF-01, C-CHN-01, C-CON-01, C-PAR-03, C-STF-03.
    """
    if not (decision := may(by, Verb.OPEN, organization)):
        raise PermissionDenied(decision.reason)
    _require_not_opened(form, by)
    contact = _contact_for(organization, by, contact)
    phone = cleaned(phone, "phone", SHORT_LIMIT)
    rules.require_phone(severity, phone)
    received_at = received_at or at
    rules.require_recent_receipt(received_at, at)
    local_day = received_at.astimezone(ZoneInfo(organization.own_zone)).date()
    version = cleaned(version, "version", SHORT_LIMIT)
    verdict = entitlements.check(
        organization, product, version, on=local_day, contact=may_open_cases(contact.standing, at)
    )
    if not by.staff_role:
        entitlements.require_ever_bought(verdict, product)
    case = Case(
        organization=organization,
        contact=contact,
        opened_by=by,
        channel=channel,
        case_type=case_type,
        product=product,
        product_version=version,
        subject=required(subject, "subject", SUBJECT_LIMIT),
        phone=phone,
        received_at=received_at,
        calendar=freeze(organization, received_at),
        plan_version=entitlements.plan_for(verdict, on=local_day),
        entitlement_id=verdict.entitlement,
        verdict=verdict.as_data(),
        follows=follows,
        severity=severity,
        requested_severity=severity,
    )
    _insert(case, form)
    act = Act(case, by, at)
    act.record(
        EventKind.RECEIVED,
        requested=int(severity),
        channel=channel,
        received_at=received_at.isoformat(),
        message=act.say(description, files),
    )
    if follows:
        _refer(follows, case, by=by, at=at)
    return case


def _contact_for(organization: Organization, by: User, chosen: Contact | None) -> Contact:
    contact = chosen or by.standings.get(organization.pk)
    if contact is None or contact.organization_id != organization.pk:
        raise Refusal("contact_missing", "Choose the contact whom support will talk to.")
    return contact


def _opened_before(form: Form, by: User) -> Case | None:
    return Case.objects.filter(submission=form.submission, opened_by=by).first() if form.submission else None


def _require_not_opened(form: Form, by: User) -> None:
    if before := _opened_before(form, by):
        raise AlreadyDone(before)


def _insert(case: Case, form: Form) -> None:
    """Insert the case under a free number. Raises AlreadyDone when the same form opens one at this very moment."""
    if form.submission:
        case.submission = form.submission
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        _require_not_opened(form, case.opened_by)
        if not Case.objects.filter(number=case.number).exists():
            raise
        case.number = numbers.draw()
        _insert(case, form)


def _refer(old: Case, new: Case, *, by: User, at: datetime) -> None:
    """Tell the log of `old` that `new` refers to it."""
    locked = Case.objects.locked(old.pk)
    if locked.organization_id != new.organization_id or not may(by, Verb.VIEW, locked):
        raise PermissionDenied("A case refers only to a case of the same organization.")
    record([Entry(locked, EventKind.FOLLOWED_ON, at, by, {"number": new.number})])


@transaction.atomic
def open_follow_on(
    case: Case,
    body: str,
    *,
    by: User,
    at: datetime,
    channel: Channel = Channel.WEB,
    files: Sequence[StoredFile] = (),
    form: Form = NO_FORM,
) -> Case:
    """Open the new case that continues `case` after its reopen window, and return the new one (C-RPN-02)."""
    _require_not_opened(form, by)
    with acting(case, Verb.FOLLOW_ON, by=by, at=at, form=form) as act:
        old = act.case
        assert old.closed_at is not None
        rules.require_after_reopen_window(old.closed_at, old.zone, at)
        return open_case(
            old.organization,
            by=by,
            at=at,
            product=old.product,
            severity=Severity(old.severity),
            subject=old.subject,
            description=body,
            contact=None if act.side is Side.CUSTOMER else old.contact,
            version=old.product_version,
            case_type=CaseType(old.case_type),
            channel=channel,
            phone=old.phone,
            files=files,
            follows=old,
            form=form,
        )


# Intake


def recheck(case: Case, at: datetime) -> Verdict:
    """The entitlement check as it comes out now, for the day on which support was asked for: receipt or reopening.

    A reading for whoever decides, at `at` (aware); it changes nothing. Guide: C-STF-05.
    """
    reopened = case.events.filter(kind=EventKind.REOPENED).order_by("seq").last()
    asked_at = reopened.at if reopened else case.received_at
    return entitlements.check(
        case.organization,
        case.product,
        case.product_version,
        on=asked_at.astimezone(ZoneInfo(case.zone)).date(),
        contact=may_open_cases(case.contact.standing, at),
    )


def verify_entitlement(case: Case, *, by: User, at: datetime, override: str = "", form: Form = NO_FORM) -> Case:
    """Confirm that the case may be worked on, keeping the evidence, and hand it to the engineers.

    The check is made again. Going against a verdict that is not "entitled" needs a reason (`override`); the promise of
    the plan under which the case was received stays (A-09). Guide: C-STF-05, C-STF-06, C-LIF-02.
    """
    with acting(case, Verb.VERIFY_ENTITLEMENT, by=by, at=at, form=form) as act:
        verdict = recheck(act.case, at)
        override = cleaned(override, "override")
        entitlements.require_reason_against(verdict, override)
        act.keep_evidence(verdict)
        act.record(EventKind.ENTITLEMENT_VERIFIED, verdict=act.case.verdict, override=override)
    return act.case


def refuse(case: Case, *, by: User, at: datetime, reason: str, form: Form = NO_FORM) -> Case:
    """Close a case that is not covered, with the evidence and a reason the customer is told (C-CLS-04)."""
    with acting(case, Verb.REFUSE, by=by, at=at, form=form) as act:
        act.keep_evidence(recheck(act.case, at))
        act.record(
            EventKind.CLOSED,
            reason=ClosureReason.NOT_ENTITLED,
            problem=act.case.subject,
            resolution=required(reason, "reason"),
            verdict=act.case.verdict,
        )
    return act.case


def hold(case: Case, reason: HoldReason, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Stop the first-response clock while the organization or contact cannot be reached: the one such hold (A-08)."""
    with acting(case, Verb.HOLD, by=by, at=at, form=form) as act:
        act.record(EventKind.HELD, reason=reason)
    return act.case


def resume(case: Case, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Let a held first-response clock run again (A-08)."""
    with acting(case, Verb.RESUME, by=by, at=at, form=form) as act:
        act.record(EventKind.RESUMED)
    return act.case


# Owners


def accept(case: Case, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Take a waiting case into one's own hands (C-LIF-03, C-STF-06)."""
    with acting(case, Verb.ACCEPT, by=by, at=at, form=form) as act:
        _require_engineer(by)
        _give_to(act, by, reason="", note="")
    return act.case


def assign(
    case: Case,
    to: User,
    *,
    by: User,
    at: datetime,
    reason: ReassignmentReason | None = None,
    note: str = "",
    form: Form = NO_FORM,
) -> Case:
    """Give the case to an engineer who is not away; a case that has an owner needs the reason for the change.

    The engineer's manager becomes the case manager (A-20). The customer is told whom to contact from now on.
    Guide: C-RAS-01, C-RAS-02, C-STF-06.
    """
    with acting(case, Verb.ASSIGN, by=by, at=at, form=form) as act:
        if act.case.owner_id == to.pk:
            raise Refusal("same_owner", f"{to} already owns this case.")
        if act.case.owner_id and not reason:
            raise Refusal("reason_missing", "Say why the case changes hands.")
        _require_engineer(to)
        if not Roster.between(at, at).is_available(to.pk, at):
            raise Refusal("engineer_away", f"{to} is away. Choose somebody else.")
        _give_to(act, to, reason=reason or "", note=note)
    return act.case


def _require_engineer(person: User) -> None:
    if person.staff_role not in ENGINEER_ROLES:
        raise Refusal("not_an_engineer", f"{person} does not work on cases as an engineer.")


def _give_to(act: Act, owner: User, *, reason: str, note: str) -> None:
    before = act.case.owner_id
    if owner.profile and owner.profile.manager:
        act.case.case_manager = owner.profile.manager
        act.case.save(update_fields=["case_manager"])
    kind = EventKind.REASSIGNED if before else EventKind.ASSIGNED
    act.record(kind, owner=owner.pk, before=before, reason=reason, note=cleaned(note, "note"))


# Talking


def reply(
    case: Case,
    body: str,
    *,
    by: User,
    at: datetime,
    waiting: bool = False,
    files: Sequence[StoredFile] = (),
    form: Form = NO_FORM,
) -> Case:
    """Write to the customer. `waiting` says that the next move is the customer's.

    That counts once an engineer has the case; before, its turn stays with support. By an engineer it is a response
    (A-06). Guide: C-STF-07, C-SLA-01 to C-SLA-04, C-TRK-01.
    """
    with acting(case, Verb.REPLY, by=by, at=at, form=form) as act:
        act.record(EventKind.REPLIED, message=act.say(body, files), waiting=waiting)
    return act.case


def reply_as_customer(
    case: Case,
    body: str,
    *,
    by: User,
    at: datetime,
    channel: Channel = Channel.WEB,
    files: Sequence[StoredFile] = (),
    form: Form = NO_FORM,
) -> Case:
    """Write to support, as any contact or third party of the organization (A-35); a held clock runs again."""
    with acting(case, Verb.REPLY_AS_CUSTOMER, by=by, at=at, form=form) as act:
        act.record(EventKind.CUSTOMER_REPLIED, message=act.say(body, files), channel=channel)
        act.resume_if_held()
    return act.case


def add_note(
    case: Case, body: str, *, by: User, at: datetime, files: Sequence[StoredFile] = (), form: Form = NO_FORM
) -> Case:
    """Write an internal note: it never leaves the house."""
    with acting(case, Verb.NOTE, by=by, at=at, form=form) as act:
        note = Note.objects.create(case=act.case, author=by, at=at, body=required(body, "body"))
        attachments.attach(act.case, files, at=at, note=note)
        act.record(EventKind.NOTED, note=note.pk)
    return act.case


def log_call(case: Case, *, by: User, at: datetime, reached: bool, summary: str, form: Form = NO_FORM) -> Case:
    """Record a telephone call with the contact, reached or not.

    A call that reached the contact is a response and ends a hold; a missed one is a response only together with a
    public message (A-06). Guide: C-STF-07.
    """
    with acting(case, Verb.LOG_CALL, by=by, at=at, form=form) as act:
        act.record(EventKind.CALLED, reached=reached, summary=required(summary, "summary"))
        if reached:
            act.resume_if_held()
    return act.case


# Severity


def propose_severity(
    case: Case, to: Severity, *, by: User, at: datetime, reason: str, phone: str = "", form: Form = NO_FORM
) -> Case:
    """Put a severity forward; when the other side already stands there, it is agreed.

    Before the agreement either way, after it only less severe. Severity 1 needs a telephone number: `phone`, unless the
    case has one (A-04). Guide: C-SEV-01, C-SEV-03; readings A-10, A-11.
    """
    with acting(case, Verb.PROPOSE_SEVERITY, by=by, at=at, form=form) as act:
        rules.require_open_to_proposals(act.case.state, to)
        _take_phone(act.case, cleaned(phone, "phone", SHORT_LIMIT))
        rules.require_phone(to, act.case.phone)
        if to == _position(act.case, _other(act.side)):
            _settle(act, to, reason)
        else:
            act.record(
                EventKind.SEVERITY_PROPOSED,
                severity=int(to),
                side=act.side,
                reason=required(reason, "reason"),
            )
    return act.case


def agree_severity(case: Case, severity: Severity, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Agree to what the other side put forward last (C-SEV-01, A-10); from then on it only gets less severe."""
    with acting(case, Verb.AGREE_SEVERITY, by=by, at=at, form=form) as act:
        rules.require_agreeable(act.case.state, severity, _position(act.case, _other(act.side)))
        _settle(act, severity, "")
    return act.case


def reduce_severity(case: Case, to: Severity, *, by: User, at: datetime, reason: str, form: Form = NO_FORM) -> Case:
    """Lower an agreed severity without waiting for the customer, who is told the reason (C-SEV-04, A-11)."""
    with acting(case, Verb.REDUCE_SEVERITY, by=by, at=at, form=form) as act:
        if not act.case.severity_agreed_at:
            raise Refusal("severity_not_agreed", "No severity is agreed yet: propose one instead.")
        rules.require_lower_severity(Severity(act.case.severity), to)
        _reduce(act, to, required(reason, "reason"), agreed=False)
    return act.case


def _take_phone(case: Case, phone: str) -> None:
    if phone:
        case.phone = phone
        case.save(update_fields=["phone"])


def _other(side: Side) -> Side:
    return Side.SUPPORT if side is Side.CUSTOMER else Side.CUSTOMER


def _position(case: Case, side: Side) -> Severity | None:
    state = case.state
    return state.requested if side is Side.CUSTOMER else state.proposed


def _settle(act: Act, severity: Severity, reason: str) -> None:
    """Both sides stand at `severity`: a first agreement, or an agreed reduction."""
    if act.case.severity_agreed_at:
        _reduce(act, severity, reason, agreed=True)
    else:
        act.record(EventKind.SEVERITY_AGREED, severity=int(severity))


def _reduce(act: Act, to: Severity, reason: str, *, agreed: bool) -> None:
    act.record(
        EventKind.SEVERITY_REDUCED,
        before=act.case.severity,
        severity=int(to),
        reason=cleaned(reason, "reason"),
        agreed=agreed,
    )


# Closing


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
        act.resume_if_held()
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
    `text` is the message to the customer, or for the telephone what was tried. Guide: C-CLS-05; reading A-15.
    """
    with acting(case, Verb.RECORD_CONTACT_ATTEMPT, by=by, at=at, form=form) as act:
        by_phone = channel is Channel.PHONE
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


# Coming back


def reopen(
    case: Case, body: str, *, by: User, at: datetime, files: Sequence[StoredFile] = (), form: Form = NO_FORM
) -> Case:
    """Reopen a closed case within its window: same severity, a fresh response clock, the same engineer where possible.

    Guide: C-RPN-01; readings A-13, A-14.
    """
    with acting(case, Verb.REOPEN, by=by, at=at, form=form) as act:
        assert act.case.closed_at is not None
        rules.require_in_reopen_window(act.case.closed_at, act.case.zone, at)
        act.record(EventKind.REOPENED, owner=_owner_on_return(act.case, at), message=act.say(body, files))
    return act.case


def _owner_on_return(case: Case, at: datetime) -> int | None:
    """The engineer who had the case; nobody when that engineer is gone, away or, for Severity 1, off shift (A-14).

    A case whose entitlement was never verified goes back to Customer Service, unless Severity 1 (A-26).
    """
    owner = case.owner
    if owner is None or owner.staff_role not in ENGINEER_ROLES:
        return None
    roster = Roster.between(at, at)
    if case.severity == Severity.ONE:
        returns = roster.is_on_shift(owner.pk, at)
    else:
        returns = roster.is_available(owner.pk, at) and case.verified_at is not None
    return owner.pk if returns else None
