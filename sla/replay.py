"""A case's clocks told again from its log alone, fact by fact."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cases.facts import Fact
from cases.models import Case
from sla import words
from sla.bases import histories, milestones_of
from sla.clock import Milestone, state_at
from sla.projection import logs_of


@dataclass(frozen=True, slots=True)
class Replayed:
    """A fact of the log with the case's milestones as they stood right after it, oldest first."""

    fact: Fact
    milestones: list[Milestone]


def replay(case: Case) -> Iterator[Replayed]:
    """Every fact of the case in order, each with the clocks that the log up to it gives. Reads no derived row."""
    logs = logs_of([case])
    log, history = logs[case.pk], histories([case], logs)[case.pk]
    for length in range(1, len(log) + 1):
        yield Replayed(log[length - 1], milestones_of(log[:length], history))


def as_lines(case: Case) -> Iterator[str]:
    """The replay for a terminal: a line for each fact, and below it one for each clock, in the account's time."""
    zone, place = ZoneInfo(case.calendar.zone), case.calendar.place
    for one in replay(case):
        fact = one.fact
        yield f"{fact.seq:3}  {words.moment(fact.at, zone)} {place}  {fact.kind}, {fact.role.label}"
        yield from (f"     {_told(milestone, fact)}" for milestone in one.milestones)


def _told(milestone: Milestone, fact: Fact) -> str:
    """How a clock stands after a fact: "First response within 2 business hours: Running, due Wed 4 Mar 2026, ..."."""
    promise = milestone.promise
    state = state_at(milestone, max(fact.at, milestone.started_at))
    at = milestone.ended_at or milestone.due_at
    moment = ""
    if at:
        name = "" if milestone.ended_at else "due "
        moment = f", {name}{words.moment(at, milestone.calendar.tz)}"
    cycle = f", cycle {milestone.cycle}" if milestone.cycle > 1 else ""
    return f"{promise.kind.label} within {words.allowance(promise)}{cycle}: {state.label}{moment}"
