"""Milestones, clocks and timers as rows: derived from the logs of many cases at once, written where they differ.

The number of statements is the same for one case and for hundreds. Whoever calls this holds the cases' locks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.enums import ActorRole, EventKind
from cases.facts import Fact
from cases.models import Case, CaseEvent
from sla import clock
from sla.agenda import Item, agenda
from sla.bases import History, histories, milestones_of
from sla.models import NEVER, CaseClock, Milestone, Timer


@dataclass(frozen=True, slots=True)
class Derived:
    """What a case's log says about time."""

    milestones: list[clock.Milestone]
    items: list[Item]


# Deriving


def derive(cases: Sequence[Case]) -> dict[int, Derived]:
    """What the logs of these cases say, by case id."""
    logs = logs_of(cases)
    counted = histories(cases, logs)
    return {case.pk: _derive(case, logs[case.pk], counted[case.pk]) for case in cases}


def _derive(case: Case, log: Sequence[Fact], history: History) -> Derived:
    milestones = milestones_of(log, history)
    closable_at = case.closable_for_no_response_at if case.attempts else None
    in_force = history[max(history)].basis.calendar
    return Derived(milestones, agenda(case.state, log, milestones, in_force, closable_at))


def logs_of(cases: Iterable[Case]) -> dict[int, list[Fact]]:
    """The whole logs of these cases, by case id, in one statement."""
    logs: dict[int, list[Fact]] = defaultdict(list)
    rows = CaseEvent.objects.filter(case__in=[case.pk for case in cases]).order_by("case", "seq")
    for case, seq, kind, at, role, data in rows.values_list("case", "seq", "kind", "at", "role", "data"):
        logs[case].append(Fact(seq, EventKind(kind), at, ActorRole(role), data))
    return logs


# Storing


def project(cases: Sequence[Case]) -> None:
    """Make the rows of these locked cases say what their logs say; rows that already do are not touched."""
    derived = derive(cases)
    ids = list(derived)
    MILESTONES.store(ids, _milestones(derived))
    CLOCKS.store(ids, _clocks(derived))
    _plan(ids, derived)


def differences(cases: Sequence[Case]) -> Iterator[str]:
    """Sentences about the rows of these cases that do not say what the logs say."""
    derived = derive(cases)
    ids = list(derived)
    number = {case.pk: case.number for case in cases}

    def told(rows: Iterable[Any], trouble: str) -> Iterator[str]:
        for row in rows:
            yield f"{number[row.case_id]}: {row._meta.verbose_name} “{row}” {trouble}"

    for table, wanted in ((MILESTONES, _milestones(derived)), (CLOCKS, _clocks(derived))):
        comparison = table.compare(ids, wanted)
        yield from told(comparison.differing, "is wrong or missing")
        yield from told(comparison.surplus, "should not be there")
    replanning = _replan(ids, derived)
    yield from told(replanning.missing, "is missing")
    yield from told(Timer.objects.filter(pk__in=replanning.void), "should not be there")


Rows = dict[tuple, tuple]
CLOCK_FIELDS = ("started_at", "target", "due_at", "soon_at", "met_at", "breached_at", "stopped_at")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Wanted rows that are not stored so, and stored rows that nobody wants."""

    differing: list[Any]
    surplus: list[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Where derived rows are kept: the fields that say what a row is about, and those that are derived."""

    model: type[Milestone] | type[CaseClock]
    key: tuple[str, ...]
    derived: tuple[str, ...]

    def compare(self, cases: list[int], wanted: Rows) -> Comparison:
        fields = (*self.key, *self.derived)
        width = len(self.key)
        rows = self.model._default_manager.filter(case__in=cases).values_list(*fields)
        stored = {row[:width]: row[width:] for row in rows}
        differing = {key: value for key, value in wanted.items() if stored.get(key) != value}
        surplus = {key: value for key, value in stored.items() if key not in wanted}
        return Comparison(self._models(differing), self._models(surplus))

    def store(self, cases: list[int], wanted: Rows) -> None:
        """Write what differs, in one statement, and delete what nobody wants."""
        comparison = self.compare(cases, wanted)
        self.model._default_manager.bulk_create(
            comparison.differing,
            update_conflicts=True,
            unique_fields=[name.removesuffix("_id") for name in self.key],
            update_fields=self.derived,
        )
        for row in comparison.surplus:
            self.model._default_manager.filter(**{name: getattr(row, name) for name in self.key}).delete()

    def _models(self, rows: Rows) -> list[Any]:
        fields = (*self.key, *self.derived)
        return [self.model(**dict(zip(fields, (*key, *value), strict=True))) for key, value in rows.items()]


MILESTONES = Table(Milestone, ("case_id", "kind", "cycle"), ("severity", *CLOCK_FIELDS))
CLOCKS = Table(CaseClock, ("case_id",), ("kind", "hours", "held", "sort_at", *CLOCK_FIELDS))


def _milestones(derived: dict[int, Derived]) -> Rows:
    return {
        (case, one.kind, one.cycle): (one.severity, *_clock_fields(one))
        for case, truth in derived.items()
        for one in truth.milestones
    }


def _clocks(derived: dict[int, Derived]) -> Rows:
    """For each case the running clock that is due first, else the last one that ran."""
    return {(case,): _clock(truth.milestones) for case, truth in derived.items()}


def _clock(milestones: Sequence[clock.Milestone]) -> tuple:
    running = [one for one in milestones if one.ended_at is None]
    shown = min(running, key=lambda one: one.due_at or NEVER) if running else milestones[-1]._replace(due_at=None)
    return (shown.kind, shown.promise.hours, shown.held, shown.due_at or NEVER, *_clock_fields(shown))


def _clock_fields(milestone: clock.Milestone) -> tuple:
    return tuple(getattr(milestone, name) for name in CLOCK_FIELDS)


# Timers


@dataclass(frozen=True, slots=True)
class Replanning:
    """Timers that are missing, and live ones that nothing wants any more."""

    missing: list[Timer]
    void: list[int]


def _plan(cases: list[int], derived: dict[int, Derived]) -> None:
    replanning = _replan(cases, derived)
    if replanning.void:
        Timer.objects.filter(pk__in=replanning.void).delete()
    Timer.objects.bulk_create(replanning.missing)


def _replan(cases: list[int], derived: dict[int, Derived]) -> Replanning:
    """Compare the stored timers with the agenda.

    A timer planned for the moment that the agenda names stands, also when it has fired: it does not fire twice.
    For another moment it is followed by its next generation, so that none is ever waiting at an old moment.
    """
    latest: dict[tuple[int, str, str], tuple[int, datetime]] = {}
    live: dict[tuple[int, str, str], int] = {}
    rows = Timer.objects.filter(case__in=cases).order_by("generation")
    fields = ("case", "kind", "subject", "generation", "fire_at", "state", "pk")
    for case, kind, subject, generation, fire_at, state, pk in rows.values_list(*fields):
        latest[case, kind, subject] = generation, fire_at
        if state != Timer.State.FIRED:
            live[case, kind, subject] = pk
    missing = []
    for case, truth in derived.items():
        for item in truth.items:
            key = (case, *item.key)
            generation, fire_at = latest.get(key, (0, None))
            if fire_at == item.fire_at:
                live.pop(key, None)
            else:
                missing.append(_timer(case, item, generation=generation + 1))
    return Replanning(missing, list(live.values()))


def _timer(case: int, item: Item, *, generation: int) -> Timer:
    return Timer(case_id=case, kind=item.kind, subject=item.subject, generation=generation, fire_at=item.fire_at)
