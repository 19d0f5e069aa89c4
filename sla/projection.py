"""Milestones, clocks and timers as rows: derived from the logs of many cases at once, written where they differ.

The number of statements is the same for one case and for hundreds. Whoever calls this holds the cases' locks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import prefetch_related_objects

from accounts.models import FrozenCalendar
from cases.enums import ActorRole, EventKind, Severity
from cases.facts import Fact
from cases.models import Case, CaseEvent
from entitlements.enums import ContactMode, Hours
from entitlements.models import PlanVersion
from sla import clock
from sla.agenda import Item, agenda
from sla.calendars import Calendar
from sla.models import NEVER, CaseClock, Milestone, Timer
from sla.promises import MilestoneKind, Promise, Promises


@dataclass(frozen=True, slots=True)
class Derived:
    """What a case's log says about time."""

    milestones: list[clock.Milestone]
    items: list[Item]


# Deriving


def derive(cases: Collection[Case]) -> dict[int, Derived]:
    """What the logs of these cases say, by case id."""
    prefetch_related_objects(cases, "calendar", "plan_version__targets")
    logs = logs_of(cases)
    return {case.pk: _derive(case, logs[case.pk]) for case in cases}


def _derive(case: Case, log: Sequence[Fact]) -> Derived:
    promises, calendar = promises_of(case.plan_version), calendar_of(case.calendar)
    milestones = clock.milestones(log, promises, calendar)
    items = agenda(case.state, log, milestones, promises, calendar, case.closable_for_no_response_at)
    return Derived(milestones, items)


def logs_of(cases: Iterable[Case]) -> dict[int, list[Fact]]:
    """The whole logs of these cases, by case id, in one statement."""
    logs: dict[int, list[Fact]] = defaultdict(list)
    rows = CaseEvent.objects.filter(case__in=[case.pk for case in cases]).order_by("case", "seq")
    for case, seq, kind, at, role, data in rows.values_list("case", "seq", "kind", "at", "role", "data"):
        logs[case].append(Fact(seq, EventKind(kind), at, ActorRole(role), data))
    return logs


def promises_of(version: PlanVersion) -> Promises:
    """The promises of a plan version."""
    return Promises(
        tuple(
            Promise(
                kind=MilestoneKind.FIRST_RESPONSE,
                severity=Severity(target.severity),
                target=target.allowance,
                hours=Hours(target.hours),
                clause=target.clause,
                contact_mode=ContactMode(target.contact_mode),
            )
            for target in version.targets.all()
        )
    )


def calendar_of(frozen: FrozenCalendar) -> Calendar:
    """The business hours that are frozen in a row."""
    weekly = tuple(
        (int(weekday), tuple((_local_time(opens), _local_time(closes)) for opens, closes in hours))
        for weekday, hours in frozen.weekly.items()
    )
    return _calendar(frozen.zone, weekly, frozen.closed_on)


Week = tuple[tuple[int, tuple[tuple[time, time], ...]], ...]


@lru_cache(maxsize=512)  # equal hours are one value, whose tables of open time are then found by identity
def _calendar(zone: str, weekly: Week, holidays: frozenset[date]) -> Calendar:
    return Calendar(zone, dict(weekly), holidays)


def _local_time(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)


# Storing


def project(cases: Collection[Case]) -> None:
    """Make the rows of these locked cases say what their logs say; rows that already do are not touched."""
    derived = derive(cases)
    ids = list(derived)
    _store(Milestone, ids, _milestones(derived))
    _store(CaseClock, ids, _clocks(derived))
    _plan(ids, derived)


def differences(cases: Collection[Case]) -> Iterator[str]:
    """Sentences about the rows of these cases that do not say what the logs say."""
    derived = derive(cases)
    ids = list(derived)
    number = {case.pk: case.number for case in cases}

    def told(rows: Iterable[models.Model], trouble: str) -> Iterator[str]:
        for row in rows:
            yield f"{number[row.case_id]}: {row._meta.verbose_name} “{row}” {trouble}"

    for model, wanted in ((Milestone, _milestones(derived)), (CaseClock, _clocks(derived))):
        comparison = _compare(model, ids, wanted)
        yield from told(comparison.differing, "is wrong or missing")
        yield from told(comparison.surplus, "should not be there")
    replanning = _replan(ids, derived)
    yield from told(replanning.missing, "is missing")
    yield from told(replanning.void, "should not be there")


def _milestones(derived: dict[int, Derived]) -> list[Milestone]:
    return [
        Milestone(case_id=case, cycle=one.cycle, severity=one.severity, **_clock_fields(one))
        for case, truth in derived.items()
        for one in truth.milestones
    ]


def _clocks(derived: dict[int, Derived]) -> list[CaseClock]:
    return [_clock(case, truth.milestones) for case, truth in derived.items()]


def _clock(case: int, milestones: Sequence[clock.Milestone]) -> CaseClock:
    """The running clock that is due first, else the last one that ran."""
    running = [one for one in milestones if one.ended_at is None]
    shown = min(running, key=lambda one: one.due_at or NEVER, default=milestones[-1])
    due_at = shown.due_at if shown in running else None
    fields = _clock_fields(shown) | {"due_at": due_at}
    return CaseClock(case_id=case, held=shown.held, sort_at=due_at or NEVER, **fields)


CLOCK_FIELDS = ("kind", "started_at", "target", "due_at", "soon_at", "met_at", "breached_at", "stopped_at")


def _clock_fields(milestone: clock.Milestone) -> dict[str, Any]:
    return {name: getattr(milestone, name) for name in CLOCK_FIELDS}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which fields say what a derived row is about, and which are derived."""

    key: tuple[str, ...]
    derived: tuple[str, ...]


LAYOUTS: dict[type[models.Model], Layout] = {
    Milestone: Layout(("case_id", "kind", "cycle"), ("severity", *CLOCK_FIELDS[1:])),
    CaseClock: Layout(("case_id",), ("held", "sort_at", *CLOCK_FIELDS)),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Wanted rows that are not stored so, and stored rows that nobody wants."""

    differing: list[Any]
    surplus: list[Any]


def _compare(model: type[models.Model], cases: list[int], wanted: Iterable[Any]) -> Comparison:
    layout = LAYOUTS[model]

    def key(row: Any) -> tuple:
        return tuple(getattr(row, name) for name in layout.key)

    def value(row: Any) -> tuple:
        return tuple(getattr(row, name) for name in layout.derived)

    stored = {key(row): row for row in model._default_manager.filter(case__in=cases)}
    differing = []
    for row in wanted:
        present = stored.pop(key(row), None)
        if present is None or value(present) != value(row):
            differing.append(row)
    return Comparison(differing, list(stored.values()))


def _store(model: type[models.Model], cases: list[int], wanted: Iterable[Any]) -> None:
    comparison, layout = _compare(model, cases, wanted), LAYOUTS[model]
    rows = model._default_manager
    rows.bulk_create(
        comparison.differing,
        update_conflicts=True,
        unique_fields=[name.removesuffix("_id") for name in layout.key],
        update_fields=layout.derived,
    )
    if comparison.surplus:
        rows.filter(pk__in=[row.pk for row in comparison.surplus]).delete()


# Timers


@dataclass(frozen=True, slots=True)
class Replanning:
    """Timers that are missing, and live ones that nothing wants any more."""

    missing: list[Timer]
    void: list[Timer]


def _plan(cases: list[int], derived: dict[int, Derived]) -> None:
    replanning = _replan(cases, derived)
    if replanning.void:
        Timer.objects.filter(pk__in=[timer.pk for timer in replanning.void]).delete()
    Timer.objects.bulk_create(replanning.missing)


def _replan(cases: list[int], derived: dict[int, Derived]) -> Replanning:
    """Compare the stored timers with the agenda.

    A timer planned for the moment that the agenda names stands, also when it has fired: it does not fire twice.
    For another moment it is followed by its next generation, so that none is ever waiting at an old moment.
    """
    latest: dict[tuple[int, str, str], Timer] = {}
    live: dict[tuple[int, str, str], Timer] = {}
    for timer in Timer.objects.filter(case__in=cases).order_by("generation"):
        key = (timer.case_id, timer.kind, timer.subject)
        latest[key] = timer
        if timer.state != Timer.State.FIRED:
            live[key] = timer
    missing = []
    for case, truth in derived.items():
        for item in truth.items:
            key = (case, *item.key)
            last = latest.get(key)
            if last and last.fire_at == item.fire_at:
                live.pop(key, None)
            else:
                missing.append(_timer(case, item, generation=last.generation + 1 if last else 1))
    return Replanning(missing, list(live.values()))


def _timer(case: int, item: Item, *, generation: int) -> Timer:
    return Timer(case_id=case, kind=item.kind, subject=item.subject, generation=generation, fire_at=item.fire_at)
