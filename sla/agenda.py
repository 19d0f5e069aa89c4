"""Everything that the passing of time still brings about on a case. Standard library only."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cases.enums import EventKind
from cases.facts import Fact, State
from sla import clock, closing, handovers
from sla.calendars import Calendar
from sla.clock import Milestone, TimerKind, TimerPlan
from sla.closing import ClosingTimer, ClosingTimerKind
from sla.handovers import HandoverTimer, HandoverTimerKind

FACTS = {ClosingTimerKind.CLOSURE_REMINDER: EventKind.CLOSURE_REMINDED}

# Of two things that are due on one matter, the later in this order says all that the earlier would.
WEIGHT = [*TimerKind, *ClosingTimerKind, *HandoverTimerKind]


class Item(NamedTuple):
    """One thing that takes effect at `fire_at` (aware UTC).

    `kind` and `subject` tell it from everything else on the case. Its effect is a fact with `data`, or a verb when
    `fact` is None. `matter` is what it is about: one milestone, closing, or one handover; `source` says more of it.
    """

    kind: TimerKind | ClosingTimerKind | HandoverTimerKind
    subject: str
    fire_at: datetime
    matter: str
    fact: EventKind | None
    source: TimerPlan | ClosingTimer | HandoverTimer

    @property
    def data(self) -> dict[str, Any]:
        """What its fact carries."""
        return {} if isinstance(self.source, ClosingTimer) else self.source.data

    @property
    def key(self) -> tuple[str, str]:
        return self.kind.value, self.subject


def agenda(
    state: State,
    log: Sequence[Fact],
    milestones: Iterable[Milestone],
    calendar: Calendar,
    closable_at: datetime | None,
) -> list[Item]:
    """What has still to take effect on the case with this log, in order of time."""
    items = [
        *map(_from_clock, _not_overtaken(clock.timers(milestones, log), log)),
        *map(_from_closing, closing.timers(state, log, calendar, closable_at)),
        *map(_from_handover, handovers.timers(state, log)),
    ]
    return sorted(items, key=lambda item: item.fire_at)


def worth_doing(items: Iterable[Item], at: datetime) -> list[Item]:
    """What takes effect at `at` (aware): of all that is due on one matter, only what says the most.

    After hours without a worker nobody wants the warnings of a promise that was missed meanwhile.
    """
    weightiest: dict[str, Item] = {}
    for item in sorted(items, key=lambda item: (WEIGHT.index(item.kind), item.fire_at)):
        if item.fire_at <= at:
            weightiest[item.matter] = item
    return sorted(weightiest.values(), key=lambda item: item.fire_at)


def _not_overtaken(plans: Iterable[TimerPlan], log: Sequence[Fact]) -> Iterator[TimerPlan]:
    """The plans without warnings that a warning of a larger share has made pointless."""
    warned: dict[tuple, int] = {}
    for fact in log:
        if "share" in fact.data and (kind := clock.told_of(fact)):
            key = (kind, fact.data["cycle"])
            warned[key] = max(warned.get(key, 0), fact.data["share"])
    return (plan for plan in plans if plan.share is None or plan.share > warned.get((plan.milestone, plan.cycle), 0))


def _from_clock(plan: TimerPlan) -> Item:
    matter = f"{plan.milestone.label.lower()} {plan.cycle}"
    return Item(plan.kind, plan.subject, plan.fire_at, matter, plan.fact, plan)


def _from_closing(timer: ClosingTimer) -> Item:
    return Item(timer.kind, timer.subject, timer.fire_at, "closing", FACTS.get(timer.kind), timer)


def _from_handover(timer: HandoverTimer) -> Item:
    matter = f"handover {timer.subject}"
    return Item(timer.kind, timer.subject, timer.fire_at, matter, EventKind.HANDOVER_UNACCEPTED, timer)
