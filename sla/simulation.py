"""A story told to its end: the milestones, timers and refusals that a real case would have. Standard library only.

Every fact goes through the rules that its verb asks and through the folds that a stored case goes through; in between,
whatever falls due takes effect at its moment, as if a sweep were always there. Nothing is stored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from accounts.refusal import Refusal
from cases import positions, rules, transitions
from cases.enums import (
    CUSTOMER_SIDE,
    ActorRole,
    Channel,
    ClosureReason,
    EventKind,
    Side,
    Status,
    Verb,
)
from cases.facts import Fact, State, apply, ends_hold
from sla.agenda import Item, agenda, worth_doing
from sla.calendars import business_day, windows_on
from sla.clock import Basis, Milestone
from sla.explain import Explanation, explain
from sla.milestones import every_milestone
from sla.promises import MilestoneKind
from sla.stories import Account, Plan, Story, StoryFact, StoryKind


@dataclass(frozen=True, slots=True)
class Terms:
    """What clocks are counted by, with the names that explanations give it."""

    basis: Basis
    plan: str
    place: str
    closures: Mapping[date, str]


LookUp = Callable[[Account, Plan, datetime], Terms]
"""The terms of an account and a plan at an aware moment. Raises StoryError for names that nobody knows."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A fact of the story that no case allows then; it did not happen."""

    fact: StoryFact
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Ending:
    """How a story came out.

    `log` is what happened, effects of time included; `took_effect` are the timers that fired, `waiting` those still to
    come at the story's end. `clocks` are explained as of then, in the order in which they began.
    """

    story: Story
    state: State
    log: tuple[Fact, ...]
    refusals: tuple[Refused, ...]
    clocks: tuple[Explanation, ...]
    took_effect: tuple[Item, ...]
    waiting: tuple[Item, ...]


def simulate(story: Story, look_up: LookUp) -> Ending:
    """Tell the story. Raises StoryError when it names a region, country or plan that nobody knows."""
    case = _Case(story, look_up)
    refusals = []
    for fact in story.facts:
        case.let_time_pass(fact.when)
        try:
            case.happen(fact)
        except Refusal as refusal:
            if case.state is None:
                fact.at.refuse(f"The case cannot be received so: {refusal.message}")
            refusals.append(Refused(fact, refusal))
    case.let_time_pass(story.until)
    assert case.state
    return Ending(
        story,
        case.state,
        tuple(case.log),
        tuple(refusals),
        tuple(case.explained(one, story.until) for one in case.milestones()),
        tuple(case.took_effect),
        tuple(case.items()),
    )


@dataclass
class _Case:
    """A case in memory."""

    story: Story
    look_up: LookUp
    state: State | None = None
    log: list[Fact] = field(default_factory=list)
    took_effect: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account, self.plan = self.story.account, self.story.plan
        self.terms = {0: self.look_up(self.account, self.plan, self.story.facts[0].when)}

    # Time

    @property
    def now(self) -> Terms:
        """The terms that hold now."""
        return self.terms[max(self.terms)]

    def milestones(self) -> list[Milestone]:
        changes = {seq: terms.basis for seq, terms in self.terms.items()}
        return every_milestone(self.log, *changes.pop(0), changes)

    def items(self) -> list[Item]:
        """What time has still to bring about."""
        assert self.state
        return agenda(self.state, self.log, self.milestones(), self.now.basis.calendar, self._closable_at())

    def let_time_pass(self, until: datetime) -> None:
        """Let everything that is due by `until` take effect, as a sweep at each moment does.

        What a change of terms has made due in the past takes effect after that change.
        """
        while self.log and (items := self.items()) and items[0].fire_at <= until:
            at = max(items[0].fire_at, self.log[-1].at)
            for item in sorted(worth_doing(items, at), key=lambda item: item.fact is None):
                self._take_effect(item, at)

    def _take_effect(self, item: Item, at: datetime) -> None:
        self.took_effect.append(item)
        if item.fact:
            self._record(item.fact, at, ActorRole.SYSTEM, **item.data, fell_due_at=item.fire_at.isoformat())
        else:
            closed = {"reason": ClosureReason.NO_RESPONSE, "problem": "-", "resolution": "-"}
            self._record(EventKind.CLOSED, at, ActorRole.SYSTEM, **closed)

    def _closable_at(self) -> datetime | None:
        assert self.state
        if not self.state.attempts:
            return None
        calendar = self.now.basis.calendar
        return rules.closable_for_no_response_at(
            self.state.attempts,
            zone=calendar.zone,
            has_phone=bool(self.state.phone),
            is_business_day=lambda day: business_day(calendar, day),
            close_of_business=lambda day: windows_on(calendar, day)[-1].closes,
        )

    def explained(self, milestone: Milestone, now: datetime) -> Explanation:
        terms = self.terms[milestone.basis]
        return explain(milestone, terms.plan, terms.closures, now=now, place=terms.place)

    # Facts

    def happen(self, fact: StoryFact) -> None:
        """Record what this fact of the story comes to. Raises Refusal when no case allows it now."""
        if fact.kind is StoryKind.RECEIVED:
            self._receive(fact)
            return
        assert self.state
        verb = _VERBS.get(fact.kind)
        if verb:
            transitions.require(self.state, verb)
        else:
            transitions.require_open(self.state)
        kind, data = self._meaning(fact, self.state)
        recorded = self._record(kind, fact.when, fact.by, **data)
        if self.state.held_at and ends_hold(recorded):
            self._record(EventKind.RESUMED, fact.when, fact.by)

    def _receive(self, fact: StoryFact) -> None:
        severity, phone = fact.data["severity"], fact.data["phone"]
        rules.require_phone(severity, phone)
        data = {"requested": int(severity), "channel": fact.data["channel"], "received_at": fact.when.isoformat()}
        self._record(EventKind.RECEIVED, fact.when, fact.by, **data, message=1, phone=phone)

    def _record(self, kind: EventKind, at: datetime, by: ActorRole, **data: Any) -> Fact:
        fact = Fact(len(self.log) + 1, kind, at, by, data)
        self.state = apply(self.state, fact)
        self.log.append(fact)
        return fact

    def _meaning(self, fact: StoryFact, state: State) -> tuple[EventKind, dict[str, Any]]:
        """The fact of the log that this one of the story is, once the rules of its verb allow it."""
        told = fact.data
        match fact.kind:
            case StoryKind.VERIFIED:
                return EventKind.ENTITLEMENT_VERIFIED, {"verdict": {}, "override": ""}
            case StoryKind.HELD:
                return EventKind.HELD, {"reason": told["reason"]}
            case StoryKind.ASSIGNED:
                hands = {"owner": (state.owner or 0) + 1, "before": state.owner, "case_manager": None}
                kind = EventKind.REASSIGNED if state.owner else EventKind.ASSIGNED
                return kind, {**hands, "reason": "", "note": ""}
            case StoryKind.REPLIED:
                return EventKind.REPLIED, self._reply(fact)
            case StoryKind.CALLED:
                return EventKind.CALLED, {"reached": told["reached"], "summary": ""}
            case StoryKind.SEVERITY_PROPOSED:
                return positions.proposed(state, _side(fact.by), told["severity"], reason="-", phone=told["phone"])
            case StoryKind.SEVERITY_AGREED:
                return positions.agreed(state, _side(fact.by), told["severity"])
            case StoryKind.SEVERITY_REDUCED:
                return positions.reduced(state, told["severity"], reason="-")
            case StoryKind.ATTEMPTED:
                channel, announces = told["channel"], told["announces_closure"]
                rules.require_written_announcement(channel, announces)
                message = None if channel is Channel.PHONE else 1
                attempt = {"channel": channel, "announces_closure": announces, "message": message}
                return EventKind.CONTACT_ATTEMPTED, {**attempt, "summary": ""}
            case StoryKind.CLOSURE_PROPOSED:
                return EventKind.CLOSURE_PROPOSED, {"reason": told["reason"], "problem": "-", "resolution": "-"}
            case StoryKind.CLOSED:
                asked = state.status is Status.CLOSURE_PROPOSED
                reason = state.closure_reason if asked else ClosureReason.WITHDRAWN
                return EventKind.CLOSED, {"reason": reason, "problem": "-", "resolution": "-"}
            case StoryKind.REOPENED:
                assert state.closed_at
                rules.require_in_reopen_window(state.closed_at, self.now.basis.calendar.zone, fact.when)
                return EventKind.REOPENED, {"owner": state.owner, "message": 1}
            case StoryKind.ESCALATED:
                return EventKind.ESCALATED, {"channel": told["channel"]}
            case StoryKind.ACKNOWLEDGED:
                self._require_escalation()
                return EventKind.ESCALATION_ACKNOWLEDGED, {}
            case StoryKind.CALL_BACK_REQUESTED:
                return EventKind.CALL_BACK_REQUESTED, {"whom": told["whom"]}
            case StoryKind.RECALCULATED:
                return EventKind.TERMS_CHANGED, self._other_terms(fact)
            case _:
                return _PLAIN[fact.kind], {}

    def _reply(self, fact: StoryFact) -> dict[str, Any]:
        data = {"message": 1, "waiting": fact.data["waiting"]}
        if until := fact.data["next_update"]:
            rules.require_next_update(until, fact.by, fact.when)
            data["next_update_at"] = until.isoformat()
        return data

    def _require_escalation(self) -> None:
        waiting = [one for one in self.milestones() if one.kind is MilestoneKind.ACKNOWLEDGEMENT and not one.ended_at]
        if not waiting:
            raise Refusal("nothing_to_acknowledge", "No escalation waits for an acknowledgement.")

    def _other_terms(self, fact: StoryFact) -> dict[str, Any]:
        """Hold other terms from the fact that is about to be recorded."""
        self.account = fact.data["account"] or self.account
        self.plan = fact.data["plan"] or self.plan
        self.terms[len(self.log) + 1] = self.look_up(self.account, self.plan, fact.when)
        return {"reason": fact.data["reason"]}


_VERBS: Mapping[StoryKind, Verb] = {
    StoryKind.VERIFIED: Verb.VERIFY_ENTITLEMENT,
    StoryKind.HELD: Verb.HOLD,
    StoryKind.RESUMED: Verb.RESUME,
    StoryKind.ASSIGNED: Verb.ASSIGN,
    StoryKind.REPLIED: Verb.REPLY,
    StoryKind.ANSWERED: Verb.REPLY_AS_CUSTOMER,
    StoryKind.NOTED: Verb.NOTE,
    StoryKind.CALLED: Verb.LOG_CALL,
    StoryKind.SEVERITY_PROPOSED: Verb.PROPOSE_SEVERITY,
    StoryKind.SEVERITY_AGREED: Verb.AGREE_SEVERITY,
    StoryKind.SEVERITY_REDUCED: Verb.REDUCE_SEVERITY,
    StoryKind.ATTEMPTED: Verb.RECORD_CONTACT_ATTEMPT,
    StoryKind.CLOSURE_PROPOSED: Verb.PROPOSE_CLOSURE,
    StoryKind.CLOSURE_REJECTED: Verb.REJECT_CLOSURE,
    StoryKind.CLOSED: Verb.WITHDRAW,
    StoryKind.REOPENED: Verb.REOPEN,
    StoryKind.RECALCULATED: Verb.CHANGE_TERMS,
}

# Facts of which nothing more needs to be known.
_PLAIN: Mapping[StoryKind, EventKind] = {
    StoryKind.RESUMED: EventKind.RESUMED,
    StoryKind.ANSWERED: EventKind.CUSTOMER_REPLIED,
    StoryKind.NOTED: EventKind.NOTED,
    StoryKind.CLOSURE_REJECTED: EventKind.CLOSURE_REJECTED,
}


def _side(by: ActorRole) -> Side:
    return Side.CUSTOMER if by in CUSTOMER_SIDE else Side.SUPPORT
