"""The clocks of a case, folded from its log. Standard library only.

The log is the truth: the same facts, promises and calendar always give the same milestones. The rules:

- The first-response clock starts at receipt, not at its recording (A-07), and anew at each reopening (A-14).
- An engineer's first public message meets it, the closure question included, or a call of theirs that reached the
  contact (A-06). A missed call counts only together with a public message, which meets the clock by itself.
- Starts, raises and holds lie on whole seconds, fractions cut off, so that what a clock counts adds up as told.
- At its due moment a clock can still be met; it is missed afterwards (A-03).
- Until a severity is agreed the more severe of the customer's and support's counts (A-10): `State.severity`.
- A promise counts from the moment since which the case has been at least as severe as the promise is for, in its own
  hours, over the same pauses. So a lowered severity means the original start plus the new target (A-09), while a raised
  one gets its target from the raise: a raise alone misses nothing.
- What was promised before a raise stays promised: of all these promises the one that is due first decides, so that a
  raise never makes a clock due later. Lowering takes back what the raise promised, and no more.
- A hold is truly excluded (A-08); a clock that is held has no due moment.
- A miss stays a miss (A-09): once the log has passed the due moment, nothing moves it. A passing fact, such as a note,
  tells nothing of that: an answer from before it may be recorded after it.
- What clocks are counted by changes only where an administrator says so: a clock that runs is then counted anew from
  its start, by the new hours and targets and over the same pauses (A-09). Clocks that ended or were missed stay.
- Closing the case, refusing it included, withdraws a clock that is not met: closed time belongs to no clock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from accounts.enums import Worded
from cases.enums import PASSING_KINDS, EventKind, HoldReason, Severity
from cases.facts import Fact, State, apply, is_response
from sla.allowance import Pause, Term, Wait, spent, used_up_at
from sla.calendars import Calendar
from sla.promises import SOON_SHARE, WARNING_SHARES, MilestoneKind, Promise, Promises


class ClockState(Worded):
    """How a clock stands, as the screens tell it."""

    RUNNING = "running", "Running"
    SOON = "soon", "Due soon"
    BREACHED = "breached", "Missed"
    MET = "met", "Met"
    LATE = "late", "Met late"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Withdrawn"


class TimerKind(StrEnum):
    """What a clock lets happen: of each kind of milestone a warning, then a breach."""

    FIRST_RESPONSE_WARNING = "first_response_warning"
    FIRST_RESPONSE_BREACH = "first_response_breach"
    NEXT_UPDATE_WARNING = "next_update_warning"
    NEXT_UPDATE_BREACH = "next_update_breach"
    ACKNOWLEDGEMENT_WARNING = "acknowledgement_warning"
    ACKNOWLEDGEMENT_BREACH = "acknowledgement_breach"
    CALL_BACK_WARNING = "call_back_warning"
    CALL_BACK_BREACH = "call_back_breach"


class Basis(NamedTuple):
    """What the clocks of a case are counted by: its plan's promises and its business hours."""

    promises: Promises
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Step:
    """A turn in a clock's life: from `at` on, because of a fact of kind `why`, the clock is due `due_at`.

    `promise` is that of the case's severity, `decisive` the one by which the clock is due then. `note` is what an
    administrator said of a change of what it is counted by.
    """

    at: datetime
    why: EventKind
    promise: Promise
    decisive: Promise
    due_at: datetime | None
    note: str = ""


class Clock(Protocol):
    """What `state_at` reads: a `Milestone`, or a row that caches one."""

    @property
    def due_at(self) -> datetime | None: ...
    @property
    def soon_at(self) -> datetime | None: ...
    @property
    def met_at(self) -> datetime | None: ...
    @property
    def breached_at(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...


class Milestone(NamedTuple):
    """A promise that runs, or ran: plain values, every moment aware UTC.

    `cycle` counts from 1 within its kind: the first responses by reopenings, the others one by one.
    `terms` are the promises that hold, the earlier the less severe;
    `term` is the decisive one, whose promise and hours the clock shows. `due_at` is None while the clock is held with
    time left; `soon_at` is when it begins to look short of time. `breached_at` is the due moment, once a fact of the
    log lies past it; `stopped_at` is when the case was closed or refused without a response. `trail` tells how
    `due_at` came about. `basis` is the `seq` of the fact that said what it is counted by, 0 for what held at receipt.
    """

    kind: MilestoneKind
    cycle: int
    started_at: datetime
    terms: tuple[Term, ...]
    term: Term
    due_at: datetime | None = None
    soon_at: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    stopped_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    trail: tuple[Step, ...] = ()
    basis: int = 0

    @property
    def promise(self) -> Promise:
        return self.term.promise

    @property
    def calendar(self) -> Calendar:
        """The hours in which the promise counts."""
        return self.term.calendar

    @property
    def counts_from(self) -> datetime:
        """When the promise began to count: at the start, or at a raise of the severity."""
        return self.term.since_at

    @property
    def severity(self) -> Severity:
        return self.promise.severity

    @property
    def target(self) -> timedelta:
        return self.promise.target

    @property
    def clause(self) -> str:
        return self.promise.clause

    @property
    def ended_at(self) -> datetime | None:
        """When it was met or withdrawn; None while it runs, is held, or is missed without an answer."""
        return self.met_at or self.stopped_at

    @property
    def held(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].ended_at is None

    @property
    def state(self) -> ClockState:
        """The state as far as the log knows; `state_at` adds what the passing of time alone brings about."""
        return _settled_state(self) or ClockState.RUNNING


UNCHANGED: Mapping[int, Basis] = MappingProxyType({})


def milestones(
    log: Iterable[Fact], promises: Promises, calendar: Calendar, changes: Mapping[int, Basis] = UNCHANGED
) -> list[Milestone]:
    """Fold a case's log to its first responses, oldest first; `sla.milestones` has all kinds.

    `promises` and `calendar`, the business hours, are those frozen on the case at receipt; `changes` has what holds
    from a fact of the log on, by its `seq` (A-09). Raises LookupError when the plan promises nothing for a severity of
    the log, and ValueError for a log with gaps. Guide: C-SLA-01 to C-SLA-04.
    """
    cycles: list[Milestone] = []
    state: State | None = None
    basis = 0
    for fact in log:
        state = apply(state, fact)
        if fact.seq in changes:
            basis, (promises, calendar) = fact.seq, changes[fact.seq]
        promise = promises.of(MilestoneKind.FIRST_RESPONSE, state.severity)
        if fact.kind in _STARTS:
            cycles.append(begun(len(cycles) + 1, _started_at(fact), fact.kind, promise, calendar, basis))
        elif cycles[-1].ended_at is None:
            cycles[-1] = _advance(cycles[-1], fact, promise, calendar)
            if fact.seq in changes:
                cycles[-1] = counted_anew(cycles[-1], fact, changes[fact.seq])
    return cycles


def counted_anew(milestone: Milestone, fact: Fact, basis: Basis) -> Milestone:
    """The milestone by other promises and hours since `fact`, each from the moment it counts from (A-09).

    One that has ended, or is missed by then, stays as it is.
    """
    missed = milestone.breached_at or (milestone.due_at and fact.at > milestone.due_at)
    if milestone.ended_at or missed:
        return milestone
    promises = [basis.promises.of(milestone.kind, term.promise.severity) for term in milestone.terms]
    terms = tuple(
        Term(promise, promise.calendar(basis.calendar), term.since_at)
        for promise, term in zip(promises, milestone.terms, strict=True)
    )
    anew = aimed(milestone, terms=terms)._replace(basis=fact.seq)
    return stepped(anew, fact.at, fact.kind, fact.data["reason"])


def state_at(clock: Clock, now: datetime) -> ClockState:
    """How `clock` stands at the aware moment `now`, which is not before the last fact it was folded from.

    At its due moment a clock can still be met: it is missed afterwards.
    """
    if state := _settled_state(clock):
        return state
    if clock.due_at and now > clock.due_at:
        return ClockState.BREACHED
    return ClockState.SOON if clock.soon_at and now >= clock.soon_at else ClockState.RUNNING


def used(milestone: Milestone, until: datetime) -> timedelta:
    """How much of the allowance is used up at the aware moment `until`: time in its hours, pauses excluded.

    Never more than the target, and no more after the clock has ended.
    """
    return spent(milestone.term, milestone.pauses, min(until, milestone.ended_at or until))


def left(milestone: Milestone, now: datetime) -> timedelta:
    """How much of the allowance is left at the aware moment `now`, in its hours."""
    return milestone.target - used(milestone, now)


def warnings(milestone: Milestone) -> list[tuple[int, datetime]]:
    """The shares (in percent) at which support is warned, with their moments; none behind a hold."""
    moments = ((share, used_up_at(milestone.term, milestone.pauses, share)) for share in WARNING_SHARES)
    return [(share, at) for share, at in moments if at]


@dataclass(frozen=True, slots=True)
class TimerPlan:
    """A fact still to be recorded: `data` is true from `fire_at` (aware UTC) on."""

    milestone: MilestoneKind
    fire_at: datetime
    cycle: int
    due_at: datetime
    share: int | None = None

    @property
    def kind(self) -> TimerKind:
        return TimerKind(f"{self.milestone}_{'breach' if self.share is None else 'warning'}")

    @property
    def fact(self) -> EventKind:
        """The fact that it brings about."""
        breach, warning = _FACTS.get(self.milestone, _FACTS_OF_OTHERS)
        return breach if self.share is None else warning

    @property
    def subject(self) -> str:
        """What tells it from others of its kind on the same case: "1:50", or "1" for a breach."""
        return f"{self.cycle}" if self.share is None else f"{self.cycle}:{self.share}"

    @property
    def data(self) -> dict[str, Any]:
        """What its fact carries (see `cases.facts`)."""
        milestone = {} if self.milestone in _FACTS else {"milestone": self.milestone.value}
        share = {} if self.share is None else {"share": self.share}
        return {**milestone, "cycle": self.cycle, **share, "due_at": self.due_at.isoformat()}


def timers(cycles: Iterable[Milestone], log: Iterable[Fact]) -> list[TimerPlan]:
    """What the clocks of a case have still to bring about, given its log.

    - A clock that runs warns at each share, once a cycle: a share that was warned of is not warned of again
      when a new severity moves it. A clock that is held, ended or known to be missed warns no more.
    - A miss is recorded once for its due moment, also when the answer or the closure came before the sweep.
      The due moment is the last at which the promise can be kept, so the breach fires one microsecond after
      it. A clock that has a new due moment before the miss simply has a new breach.
    """
    told = {_about(fact) for fact in log if fact.kind in _TELLING}
    return [plan for milestone in cycles for plan in _plans(milestone) if _matter(plan) not in told]


def told_of(fact: Fact) -> MilestoneKind | None:
    """The kind of milestone that a warning or a breach is about; None for other facts."""
    if fact.kind not in _TELLING:
        return None
    return MilestoneKind(fact.data.get("milestone", MilestoneKind.FIRST_RESPONSE))


# Breach and warning: the first response has its own, the other kinds share a pair that names the milestone.
_FACTS = {MilestoneKind.FIRST_RESPONSE: (EventKind.FIRST_RESPONSE_BREACHED, EventKind.FIRST_RESPONSE_WARNED)}
_FACTS_OF_OTHERS = (EventKind.MILESTONE_BREACHED, EventKind.MILESTONE_WARNED)
_TELLING = {*_FACTS[MilestoneKind.FIRST_RESPONSE], *_FACTS_OF_OTHERS}


def _about(fact: Fact) -> tuple:
    """What a warning or a breach has told already: a share once a cycle, a miss once for its due moment."""
    share = fact.data.get("share")
    return told_of(fact), fact.data["cycle"], share or datetime.fromisoformat(fact.data["due_at"])


def _matter(plan: TimerPlan) -> tuple:
    return plan.milestone, plan.cycle, plan.share or plan.due_at


_STARTS = {EventKind.RECEIVED, EventKind.REOPENED}


def _started_at(fact: Fact) -> datetime:
    received = fact.kind is EventKind.RECEIVED
    return whole_second(datetime.fromisoformat(fact.data["received_at"]) if received else fact.at)


def begun(
    cycle: int, started_at: datetime, why: EventKind, promise: Promise, business: Calendar, basis: int
) -> Milestone:
    """A milestone that begins, because of a fact of kind `why`, at `started_at` (aware UTC, whole seconds)."""
    term = Term(promise, promise.calendar(business), started_at)
    milestone = Milestone(promise.kind, cycle, started_at, (term,), term, basis=basis)
    return stepped(aimed(milestone), started_at, why)


def paused(milestone: Milestone, fact: Fact, reason: HoldReason | Wait) -> Milestone:
    """The milestone held from `fact` on."""
    pause = Pause(whole_second(fact.at), None, reason)
    return stepped(aimed(milestone, pauses=(*milestone.pauses, pause)), fact.at, fact.kind)


def _advance(milestone: Milestone, fact: Fact, promise: Promise, calendar: Calendar) -> Milestone:
    """The milestone after `fact`, which finds it neither met nor withdrawn."""
    if fact.kind in PASSING_KINDS:
        return milestone
    if milestone.due_at and fact.at > milestone.due_at:
        milestone = milestone._replace(breached_at=milestone.due_at)
    if is_response(fact):
        return resumed(milestone, fact.at)._replace(met_at=fact.at)
    if fact.kind is EventKind.CLOSED:
        return resumed(milestone, fact.at)._replace(stopped_at=fact.at)
    if milestone.breached_at or fact.kind is EventKind.TERMS_CHANGED:
        return milestone
    if fact.kind is EventKind.HELD and not milestone.held:
        return paused(milestone, fact, HoldReason(fact.data["reason"]))
    if fact.kind is EventKind.RESUMED and milestone.held:
        return stepped(resumed(milestone, fact.at), fact.at, fact.kind)
    if promise != milestone.terms[-1].promise:
        terms = _terms_after(milestone.terms, promise, calendar, whole_second(fact.at))
        return stepped(aimed(milestone, terms=terms), fact.at, fact.kind)
    return milestone


def _terms_after(terms: tuple[Term, ...], promise: Promise, calendar: Calendar, at: datetime) -> tuple[Term, ...]:
    """The promises that hold once the case's severity is that of `promise`, `at` being the moment of the change.

    Those for less severe cases stay. Those for cases as severe or more are replaced by it: since the first of them the
    case has been at least that severe.
    """
    replaced = [term for term in terms if term.promise.severity <= promise.severity]
    since_at = replaced[0].since_at if replaced else at
    return (*terms[: len(terms) - len(replaced)], Term(promise, promise.calendar(calendar), since_at))


def resumed(milestone: Milestone, at: datetime) -> Milestone:
    """The milestone with its hold, if it is held, ended `at`."""
    if not milestone.held:
        return milestone
    *earlier, hold = milestone.pauses
    return aimed(milestone, pauses=(*earlier, replace(hold, ended_at=whole_second(at))))


def whole_second(at: datetime) -> datetime:
    """The second in which `at` lies."""
    return at.replace(microsecond=0)


def aimed(milestone: Milestone, **changes: Any) -> Milestone:
    """The milestone with `changes` of its terms or pauses: the term that decides then, and the moments that follow."""
    terms, pauses = changes.get("terms", milestone.terms), changes.get("pauses", milestone.pauses)
    term = min(reversed(terms), key=partial(_urgency, pauses=pauses))
    due_at, soon_at = (used_up_at(term, pauses, share) for share in (100, SOON_SHARE))
    return milestone._replace(**changes, term=term, due_at=due_at, soon_at=soon_at)


def _urgency(term: Term, pauses: Sequence[Pause]) -> tuple[datetime, timedelta]:
    """What is due first comes first; on hold, what has the least left when the hold began."""
    if due_at := used_up_at(term, pauses, 100):
        return due_at, timedelta(0)
    return datetime.max.replace(tzinfo=UTC), term.promise.target - spent(term, pauses, pauses[-1].began_at)


def stepped(milestone: Milestone, at: datetime, why: EventKind, note: str = "") -> Milestone:
    """The milestone, its trail longer by a turn: `at` which moment, and because of what."""
    step = Step(at, why, milestone.terms[-1].promise, milestone.promise, milestone.due_at, note)
    return milestone._replace(trail=(*milestone.trail, step))


def _settled_state(clock: Clock) -> ClockState | None:
    """The state that no passing of time changes; None while the clock runs."""
    if clock.met_at:
        return ClockState.LATE if clock.breached_at else ClockState.MET
    if clock.breached_at:
        return ClockState.BREACHED
    if clock.stopped_at:
        return ClockState.STOPPED
    return None if clock.due_at else ClockState.PAUSED


def _plans(milestone: Milestone) -> Iterator[TimerPlan]:
    """Every timer of a clock as it stands, recorded or not."""
    due_at = milestone.due_at
    if due_at is None or (milestone.ended_at and not milestone.breached_at):
        return
    if not milestone.breached_at:
        for share, at in warnings(milestone):
            yield TimerPlan(milestone.kind, at, milestone.cycle, due_at, share)
    yield TimerPlan(milestone.kind, due_at + timedelta.resolution, milestone.cycle, due_at)
