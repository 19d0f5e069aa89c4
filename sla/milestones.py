"""Every milestone of a case: its first responses, and what somebody was promised since. Standard library only.

Besides the rules of `sla.clock`:

- An engineer's reply may promise the next update by a moment. The engineers' next contact with the customer meets it
  (A-06), and may promise anew. While the case waits for the customer it waits too, that time truly excluded (A-08).
- An escalation is to be acknowledged by management (C-ESC-16); what is promised hangs on its channel (C-ESC-07,
  C-ESC-10, A-18). One acknowledgement answers every escalation that waits.
- Who asks on the telephone to be called back is called by whom it asked for, an engineer or a manager (C-ESC-04,
  C-ESC-05).
- These promises keep the hours in which they were made, also when a recalculation changes those of the first response.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.enums import ENGINEERS, PASSING_KINDS, ActorRole, Callback, Channel, EventKind, Turn
from cases.facts import Fact, State, apply, is_response
from sla.allowance import Wait
from sla.calendars import Calendar
from sla.clock import UNCHANGED, Basis, Milestone, begun, milestones, paused, resumed, stepped, whole_second
from sla.promises import MilestoneKind, Promise, Promises, promised_on_request, promised_until


def every_milestone(
    log: Sequence[Fact], promises: Promises, calendar: Calendar, changes: Mapping[int, Basis] = UNCHANGED
) -> list[Milestone]:
    """Fold a case's log to its milestones of every kind, in the order in which they began.

    Arguments and errors as of `sla.clock.milestones`.
    """
    found = milestones(log, promises, calendar, changes)
    if any(map(_asks, log)):
        found += _on_request(log, promises, calendar, changes)
    return sorted(found, key=lambda one: one.started_at)


@dataclass(slots=True)
class _Asked:
    """A milestone with the fact that made it."""

    milestone: Milestone
    fact: Fact


def _on_request(
    log: Sequence[Fact], promises: Promises, calendar: Calendar, changes: Mapping[int, Basis]
) -> Iterator[Milestone]:
    state: State | None = None
    asked: list[_Asked] = []
    cycles: Counter[MilestoneKind] = Counter()
    basis = 0
    for fact in log:
        state = apply(state, fact)
        if fact.seq in changes:
            basis, (promises, calendar) = fact.seq, changes[fact.seq]
        for one in asked:
            one.milestone = _after(one, fact)
        if promise := _promise(fact, state, promises, calendar):
            cycles[promise.kind] += 1
            fresh = begun(cycles[promise.kind], whole_second(fact.at), fact.kind, promise, calendar, basis)
            asked.append(_Asked(fresh, fact))
        for one in asked:
            one.milestone = _waiting(one.milestone, fact, state)
    return (one.milestone for one in asked)


def _asks(fact: Fact) -> bool:
    """Whether somebody is promised something by this fact."""
    return fact.kind in (EventKind.ESCALATED, EventKind.CALL_BACK_REQUESTED) or "next_update_at" in fact.data


def _promise(fact: Fact, state: State, promises: Promises, calendar: Calendar) -> Promise | None:
    """What this fact promises."""
    if not _asks(fact):
        return None
    at = whole_second(fact.at)
    if fact.kind is EventKind.ESCALATED:
        channel = Channel(fact.data["channel"])
        return promised_on_request(MilestoneKind.ACKNOWLEDGEMENT, channel, state.severity, calendar, at)
    if fact.kind is EventKind.CALL_BACK_REQUESTED:
        return promised_on_request(MilestoneKind.CALL_BACK, Channel.PHONE, state.severity, calendar, at)
    until = whole_second(datetime.fromisoformat(fact.data["next_update_at"]))
    hours = promises.of(MilestoneKind.FIRST_RESPONSE, state.severity).hours
    return promised_until(until, state.severity, hours, calendar, at)


def _after(asked: _Asked, fact: Fact) -> Milestone:
    """The milestone after one more fact: missed, met or withdrawn by it, or as it was."""
    milestone = asked.milestone
    if milestone.ended_at or fact.kind in PASSING_KINDS:
        return milestone
    if milestone.due_at and fact.at > milestone.due_at:
        milestone = milestone._replace(breached_at=milestone.due_at)
    if _meets(asked, fact):
        return resumed(milestone, fact.at)._replace(met_at=fact.at)
    if fact.kind is EventKind.CLOSED:
        return resumed(milestone, fact.at)._replace(stopped_at=fact.at)
    return milestone


def _waiting(milestone: Milestone, fact: Fact, state: State) -> Milestone:
    """The milestone paused or resumed as the turn has gone to the customer or come back; a miss stays as it is."""
    if milestone.kind is not MilestoneKind.NEXT_UPDATE or milestone.ended_at or milestone.breached_at:
        return milestone
    waits = state.turn is Turn.CUSTOMER
    if waits and not milestone.held:
        return paused(milestone, fact, Wait.FOR_CUSTOMER)
    if milestone.held and not waits:
        return stepped(resumed(milestone, fact.at), fact.at, fact.kind)
    return milestone


def _meets(asked: _Asked, fact: Fact) -> bool:
    """Whether `fact` keeps the promise."""
    match asked.milestone.kind:
        case MilestoneKind.ACKNOWLEDGEMENT:
            return fact.kind is EventKind.ESCALATION_ACKNOWLEDGED
        case MilestoneKind.CALL_BACK:
            callers = {ActorRole.SUPPORT_MANAGER} if asked.fact.data["whom"] == Callback.MANAGER else ENGINEERS
            return fact.kind is EventKind.CALLED and fact.data["reached"] and fact.role in callers
        case _:
            return is_response(fact)
