"""What the clocks of stored cases are counted by, at receipt and since each change of it (C-DOC-04, A-09)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property, lru_cache

from django.db.models import prefetch_related_objects

from accounts.models import FrozenCalendar
from cases.enums import EventKind, Severity
from cases.facts import Fact
from cases.models import Case
from entitlements.enums import Hours
from entitlements.models import PlanTarget, PlanVersion
from sla.calendars import Calendar
from sla.clock import Basis, Milestone
from sla.milestones import every_milestone
from sla.promises import MilestoneKind, Promise, Promises


@dataclass(frozen=True)
class Terms:
    """The rows behind what a clock is counted by."""

    calendar: FrozenCalendar
    plan_version: PlanVersion

    @cached_property
    def basis(self) -> Basis:
        return Basis(promises_of(self.plan_version), calendar_of(self.calendar))


History = Mapping[int, Terms]
"""The terms of a case by the `seq` of the fact they hold from; under 0 those of its receipt."""


def histories(cases: Sequence[Case], logs: Mapping[int, Sequence[Fact]]) -> dict[int, History]:
    """What the clocks of these cases were counted by and since when, by case id."""
    prefetch_related_objects(cases, "calendar", "plan_version__targets")
    changes = {case.pk: [fact for fact in logs[case.pk] if fact.kind is EventKind.TERMS_CHANGED] for case in cases}
    facts = [fact for some in changes.values() for fact in some]
    digests = {fact.data[key] for fact in facts for key in ("calendar", "calendar_before")}
    versions = {fact.data[key] for fact in facts for key in ("plan_version", "plan_version_before")}
    calendars = {one.digest: one for one in FrozenCalendar.objects.filter(digest__in=digests)} if digests else {}
    plans = PlanVersion.objects.prefetch_related("targets").in_bulk(versions) if versions else {}

    shared: dict[tuple[int, int], Terms] = {}

    def terms(calendar: FrozenCalendar, plan: PlanVersion) -> Terms:
        return shared.setdefault((calendar.pk, plan.pk), Terms(calendar, plan))

    def history(case: Case) -> History:
        told = changes[case.pk]
        if not told:
            return {0: terms(case.calendar, case.plan_version)}
        first = told[0].data
        receipt = terms(calendars[first["calendar_before"]], plans[first["plan_version_before"]])
        return {0: receipt} | {
            fact.seq: terms(calendars[fact.data["calendar"]], plans[fact.data["plan_version"]]) for fact in told
        }

    return {case.pk: history(case) for case in cases}


def milestones_of(log: Sequence[Fact], history: History) -> list[Milestone]:
    """The milestones of a log, of every kind, counted by what held when."""
    changes = {seq: terms.basis for seq, terms in history.items()}
    return every_milestone(log, *changes.pop(0), changes)


def promises_of(version: PlanVersion) -> Promises:
    """The promises of a plan version."""
    return Promises(tuple(promise_of(target) for target in version.targets.all()))


def promise_of(target: PlanTarget) -> Promise:
    """The promise that a row of a plan makes."""
    return Promise(
        kind=MilestoneKind.FIRST_RESPONSE,
        severity=Severity(target.severity),
        target=target.allowance,
        hours=Hours(target.hours),
        clause=target.clause,
    )


def calendar_of(frozen: FrozenCalendar) -> Calendar:
    """The business hours that are frozen in a row."""
    weekly = tuple(
        (int(weekday), tuple((_local_time(opens), _local_time(closes)) for opens, closes in hours))
        for weekday, hours in frozen.weekly.items()
    )
    return _calendar(frozen.zone, weekly, frozen.closed_on, tuple(frozen.closing_times.items()))


Week = tuple[tuple[int, tuple[tuple[time, time], ...]], ...]


@lru_cache(maxsize=512)  # equal hours are one value, whose tables of open time are then found by identity
def _calendar(zone: str, weekly: Week, holidays: frozenset[date], half_days: tuple[tuple[date, time], ...]) -> Calendar:
    return Calendar(zone, dict(weekly), holidays, dict(half_days))


def _local_time(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)
