"""A case's log as plain values, and the state it folds to. Standard library only.

`apply` is the only place where a fact changes a case: the row in the database is stored from its result and a replay
of the log folds the same function, so both always agree.

What each kind carries in `data`, all JSON; instants are ISO 8601 UTC strings, severities numbers, people user ids:

=======================  ==============================================================================================
RECEIVED                 requested: int, channel: str, received_at: str (the submission, or the start of the call),
                         message: int, phone: str
ENTITLEMENT_VERIFIED     verdict: dict, override: str (the reason to go against the verdict, or "")
HELD                     reason: HoldReason
RESUMED                  nothing
ASSIGNED / REASSIGNED    owner: int, before: int | None, case_manager: int | None, reason: str, note: str
REPLIED                  message: int, waiting: bool (True: the next move is the customer's; before an engineer has the
                         case its turn stays with support), and if the engineer promised it next_update_at: str
CUSTOMER_REPLIED         message: int, channel: str
NOTED                    note: int
CALLED                   reached: bool, summary: str
SEVERITY_PROPOSED        severity: int, side: Side, reason: str, phone: str (a new number, or "")
SEVERITY_AGREED          severity: int, phone: str (a new number, or "")
SEVERITY_REDUCED         before: int, severity: int, reason: str, agreed: bool
CLOSURE_PROPOSED         problem: str, resolution: str, reason: ClosureReason
CLOSURE_REJECTED         message: int
CLOSURE_REMINDED         nothing
CONTACT_ATTEMPTED        channel: str, announces_closure: bool, message: int | None, summary: str
CLOSED                   reason: ClosureReason, problem: str, resolution: str, verdict: dict (not entitled only)
REOPENED                 owner: int | None, message: int
FOLLOWED_ON              number: str (the new case)
TERMS_CHANGED            calendar: str, calendar_before: str (digests of frozen calendars), plan_version: int,
                         plan_version_before: int, reason: str (what changed; customers read it)
FIRST_RESPONSE_WARNED    cycle: int, share: 50 | 80, due_at: str
FIRST_RESPONSE_BREACHED  cycle: int, due_at: str
MILESTONE_WARNED         milestone: str (the kind of another promise), cycle: int, share: 50 | 80, due_at: str
MILESTONE_BREACHED       milestone: str, cycle: int, due_at: str
ESCALATED                channel: str
ESCALATION_ACKNOWLEDGED  nothing
CALL_BACK_REQUESTED      whom: Callback
HANDED_OVER              owner: int, before: int | None, case_manager: int | None, change: str (since when others hold
                         Severity 1), from_center: str, to_center: str (codes of centers, or ""), why: list[str]
HANDOVER_NOTED           change: str, next_action: str, hypothesis: str, last_action: str, waits_for: str,
                         contacts: str
HANDOVER_ACCEPTED        by_work: bool (True: by going on with the case, without a word)
HANDOVER_UNACCEPTED      handover: int (its place in the log), owner: int
HANDOVER_KEPT            change: str, owner: int | None, center: str (a code, or "")
PUT_ON_SUN               reason: str
TAKEN_OFF_SUN            reason: str
=======================  ==============================================================================================
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from cases.enums import (
    CUSTOMER_SIDE,
    ENGINEERS,
    ActorRole,
    Channel,
    ClosureReason,
    EventKind,
    Severity,
    Side,
    Status,
    Turn,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of a case's log: the `seq`-th thing that happened (from 1), at an aware UTC instant.

    Facts of one case never go back in time, except behind passing ones (`PASSING_KINDS`): `at` is not before that of
    the last fact that moved something.
    """

    seq: int
    kind: EventKind
    at: datetime
    role: ActorRole
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An unanswered attempt to reach the contact (A-15)."""

    at: datetime
    channel: Channel
    announces_closure: bool


class State(NamedTuple):
    """What a case's log says about it. Instants are aware UTC; `owner` and `case_manager` are user ids.

    `requested` is the customer's latest wish, `proposed` the latest position of support (None before it spoke). After
    the agreement a position below `severity` is a wish to lower it, which stands until the other side agrees or it is
    replaced. `attempts` are those of the present wait for the customer. `responded_at` is the first response since
    receipt or the last reopening (A-06). `on_sun` is a manager's exception (A-12); `handed_over_at` is when the case
    came to an owner who has not accepted it yet, and `outgoing` the user id of who had it until then.
    """

    requested: Severity
    status: Status = Status.RECEIVED
    proposed: Severity | None = None
    severity_agreed_at: datetime | None = None
    verified_at: datetime | None = None
    owner: int | None = None
    case_manager: int | None = None
    phone: str = ""
    held_at: datetime | None = None
    responded_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    problem: str = ""
    resolution: str = ""
    closure_reason: ClosureReason | None = None
    closure_proposed_at: datetime | None = None
    closed_at: datetime | None = None
    reopenings: int = 0
    turn_since_at: datetime | None = None
    on_sun: bool = False
    handed_over_at: datetime | None = None
    outgoing: int | None = None
    version: int = 0
    updated_at: datetime | None = None

    @property
    def severity(self) -> Severity:
        """The severity that counts: the more severe of both positions (A-10)."""
        return min(self.requested, self.proposed or self.requested)

    @property
    def turn(self) -> Turn:
        return turn_of(self.status)

    @property
    def follows_sun(self) -> bool:
        """Whether work on it goes round the clock from center to center (A-12): Severity 1, or by exception."""
        return self.status is not Status.CLOSED and (self.severity is Severity.ONE or self.on_sun)


def turn_of(status: Status) -> Turn:
    """Whose move it is in `status`."""
    if status is Status.CLOSED:
        return Turn.NOBODY
    return Turn.CUSTOMER if status in (Status.WAITING_FOR_CUSTOMER, Status.CLOSURE_PROPOSED) else Turn.SUPPORT


def replay(log: Iterable[Fact]) -> State:
    """The state after the whole log. Raises ValueError for a log that does not begin with its receipt."""
    state: State | None = None
    for fact in log:
        state = apply(state, fact)
    if state is None:
        raise ValueError("an empty log has no state")
    return state


def apply(state: State | None, fact: Fact) -> State:
    """The state after one more fact. Raises ValueError when the fact does not follow the one before."""
    if state is None:
        if fact.kind is not EventKind.RECEIVED:
            raise ValueError(f"a log begins with its receipt, not with {fact.kind}")
        state = State(requested=Severity(fact.data["requested"]), phone=fact.data["phone"])
    elif fact.seq != state.version + 1:
        raise ValueError(f"fact {fact.seq} does not follow fact {state.version}")
    changes = _changes(state, fact)
    if is_response(fact) and not state.responded_at:
        changes["responded_at"] = fact.at
    if _begins_anew(fact):
        changes["attempts"] = ()
    if state.version == 0 or turn_of(changes.get("status", state.status)) is not state.turn:
        changes["turn_since_at"] = fact.at
    updated_at = max(state.updated_at or fact.at, fact.at)
    return state._replace(**changes, version=fact.seq, updated_at=updated_at)


def is_response(fact: Fact) -> bool:
    """Whether `fact` is an engineer's contact with the customer: a public message, or a call that reached (A-06)."""
    if fact.role not in ENGINEERS:
        return False
    if fact.kind is EventKind.CONTACT_ATTEMPTED:
        return fact.data["message"] is not None
    return _was_heard(fact) or _was_said(fact)


def ends_hold(fact: Fact) -> bool:
    """Whether a hold has lost its reason: the contact was heard, or an engineer has answered and no clock waits (A-08).

    An attempt to reach the contact is a response too when it is written, but ends no silence.
    """
    return _was_heard(fact) or (is_response(fact) and _was_said(fact))


def _begins_anew(fact: Fact) -> bool:
    """Whether attempts to reach the contact are counted anew after this fact (A-15).

    The contact was heard, or support wrote something other than an attempt: a new question starts a new wait, and with
    what asks nothing it is support's turn.
    """
    return _was_heard(fact) or _was_said(fact) or fact.kind is EventKind.RESUMED


def _was_heard(fact: Fact) -> bool:
    """Whether the customer spoke to support, by itself or on the telephone."""
    reached = fact.kind is EventKind.CALLED and bool(fact.data["reached"])
    return reached or fact.role in CUSTOMER_SIDE


def _was_said(fact: Fact) -> bool:
    """Whether support told the customer something in writing that is no attempt to reach it."""
    return fact.kind in (EventKind.REPLIED, EventKind.CLOSURE_PROPOSED)


# No handover waits.
ACCEPTED: dict[str, Any] = {"handed_over_at": None, "outgoing": None}


def _changes(state: State, fact: Fact) -> dict[str, Any]:
    """The fields of the state that this fact changes."""
    data, at = fact.data, fact.at
    match fact.kind:
        case EventKind.ENTITLEMENT_VERIFIED:
            waiting = state.status is Status.RECEIVED
            return {"verified_at": at, "status": Status.QUEUED if waiting else state.status}
        case EventKind.HELD:
            return {"held_at": at}
        case EventKind.RESUMED:
            return {"held_at": None}
        case EventKind.ASSIGNED | EventKind.REASSIGNED | EventKind.HANDED_OVER:
            begins = state.status in (Status.RECEIVED, Status.QUEUED)
            hands = {"owner": data["owner"], "case_manager": data["case_manager"], **ACCEPTED}
            if fact.kind is EventKind.HANDED_OVER:
                hands |= {"handed_over_at": at, "outgoing": data["before"]}
            return {**hands, "status": Status.IN_PROGRESS if begins else state.status}
        case EventKind.HANDOVER_ACCEPTED:
            return ACCEPTED
        case EventKind.PUT_ON_SUN | EventKind.TAKEN_OFF_SUN:
            return {"on_sun": fact.kind is EventKind.PUT_ON_SUN}
        case EventKind.REPLIED if state.status in (Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER):
            return {"status": Status.WAITING_FOR_CUSTOMER if data["waiting"] else Status.IN_PROGRESS}
        case EventKind.CUSTOMER_REPLIED | EventKind.CLOSURE_REJECTED:
            return _back_to_support(state)
        case EventKind.SEVERITY_PROPOSED:
            side = "requested" if data["side"] == Side.CUSTOMER else "proposed"
            return {side: Severity(data["severity"]), "phone": data["phone"] or state.phone}
        case EventKind.SEVERITY_AGREED:
            agreed = Severity(data["severity"])
            settled = {"requested": agreed, "proposed": agreed, "severity_agreed_at": at}
            return {**settled, "phone": data["phone"] or state.phone}
        case EventKind.SEVERITY_REDUCED:
            return {"requested": Severity(data["severity"]), "proposed": Severity(data["severity"])}
        case EventKind.CLOSURE_PROPOSED:
            return {"status": Status.CLOSURE_PROPOSED, "closure_proposed_at": at, **_closure_texts(data)}
        case EventKind.CONTACT_ATTEMPTED:
            attempt = Attempt(at, Channel(data["channel"]), data["announces_closure"])
            return {"attempts": (*state.attempts, attempt)}
        case EventKind.CLOSED:
            closed = {"status": Status.CLOSED, "closed_at": at, "held_at": None, "attempts": ()}
            return {**closed, "on_sun": False, **ACCEPTED, "closure_proposed_at": None, **_closure_texts(data)}
        case EventKind.REOPENED:
            returned = {"closed_at": None, "owner": data["owner"], "reopenings": state.reopenings + 1}
            returned["responded_at"] = None
            return returned | _no_closure(_status_on_return(state, data["owner"]))
    return {}


def _closure_texts(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "problem": data["problem"],
        "resolution": data["resolution"],
        "closure_reason": ClosureReason(data["reason"]),
    }


def _no_closure(status: Status) -> dict[str, Any]:
    return {
        "status": status,
        "problem": "",
        "resolution": "",
        "closure_reason": None,
        "closure_proposed_at": None,
    }


def _back_to_support(state: State) -> dict[str, Any]:
    """The customer spoke: a question that waited for it waits no longer, the closure question included."""
    return _no_closure(Status.IN_PROGRESS) if state.turn is Turn.CUSTOMER else {}


def _status_on_return(state: State, owner: int | None) -> Status:
    if owner:
        return Status.IN_PROGRESS
    return Status.QUEUED if state.verified_at else Status.RECEIVED
