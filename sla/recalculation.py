"""Counting running clocks anew, when an administrator asks: first what would move, then case by case (A-09).

A change of closures or of a plan touches no running clock by itself. Here it is made, looked at and taken back; or
carried through to the cases, one fact each.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.calendars import renewed, with_week_of_now
from accounts.models import FrozenCalendar, Region, User
from accounts.refusal import Refusal
from cases import operations
from cases.enums import ActorRole, EventKind
from cases.facts import Fact
from cases.models import Case, CaseQuerySet
from entitlements.models import PlanVersion, SupportPlan
from sla import clock
from sla.bases import History, calendar_of, histories, promises_of
from sla.calendars import Calendar
from sla.clock import Basis
from sla.models import Milestone
from sla.projection import logs_of
from sla.promises import MilestoneKind, Promises

BATCH = 500
CLOSED = "closed"  # how a verb refuses a case that was closed meanwhile

Becoming = Callable[[Case, Basis], Basis]
"""What the clocks of a case would be counted by, given what they are counted by now."""


@dataclass(frozen=True, slots=True)
class Move:
    """A running clock that would be due at another moment; aware UTC, None while it is held.

    `missed` says that it would be late at once.
    """

    case: Case
    before: datetime | None
    after: datetime | None
    missed: bool


def running() -> CaseQuerySet:
    """The open cases whose first response is awaited: its clock runs or is held."""
    ends: dict[str, None] = {"met_at": None, "stopped_at": None, "breached_at": None}
    awaited = Milestone.objects.filter(case=OuterRef("pk"), kind=MilestoneKind.FIRST_RESPONSE, **ends)
    return Case.objects.open().filter(Exists(awaited))


def running_in(country: str, subdivision: str | None = None) -> CaseQuerySet:
    """Those whose account keeps the closures of a country, or of one of its subdivisions only ("" for none)."""
    place = Q(organization__country=country)
    if subdivision is not None:
        place &= Q(organization__subdivision=subdivision)
    return running().filter(place)


def running_by_week(region: Region, country: str = "") -> CaseQuerySet:
    """Those whose account lives by these weekly hours: of a country, or of the region where no country has its own."""
    there = running().filter(organization__region=region)
    if country:
        return there.filter(organization__country=country)
    return there.exclude(organization__country__in=region.calendars.exclude(country="").values("country"))


def running_under(plan: SupportPlan) -> CaseQuerySet:
    """Those that are judged by some version of the plan."""
    return running().filter(plan_version__plan=plan)


def moves(cases: CaseQuerySet, becoming: Becoming, at: datetime) -> Iterator[Move]:
    """Which clocks of these cases would move if they were counted by other terms from `at` (aware) on, oldest first."""
    rows = cases.select_related("organization", "calendar").order_by("received_at", "pk").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        logs = logs_of(batch)
        history = histories(batch, logs)
        for case in batch:
            if move := _move(case, logs[case.pk], history[case.pk], becoming, at):
                yield move


def _move(case: Case, log: list[Fact], history: History, becoming: Becoming, at: datetime) -> Move | None:
    """The present milestone beside the one that a change of terms `at` would give."""
    change = Fact(len(log) + 1, EventKind.TERMS_CHANGED, max(at, log[-1].at), ActorRole.ADMIN, {"reason": ""})
    changes = {seq: terms.basis for seq, terms in history.items()}
    present, receipt = changes[max(changes)], changes.pop(0)
    before = clock.milestones(log, *receipt, changes)[-1]
    after = clock.counted_anew(before, change, becoming(case, present))
    held_otherwise = before.held and before.terms != after.terms
    if before.due_at == after.due_at and not held_otherwise:
        return None
    return Move(case, before.due_at, after.due_at, missed=after.due_at is not None and after.due_at < at)


# The two things that can change


def closures_of_now() -> Becoming:
    """The case's own hours with the closures of its account's place as they now stand."""
    return _counted_in(_with_closures)


def week_of_now() -> Becoming:
    """The case's own closures with the weekly hours of its account as they now stand."""
    return _counted_in(_with_week)


Renewal = Callable[[Case], FrozenCalendar]


def _with_closures(case: Case) -> FrozenCalendar:
    return renewed(case.calendar, case.organization, case.received_at)


def _with_week(case: Case) -> FrozenCalendar:
    return with_week_of_now(case.calendar, case.organization)


def _counted_in(renewal: Renewal) -> Becoming:
    known: dict[tuple[int, int, int], Calendar] = {}

    def becoming(case: Case, present: Basis) -> Basis:
        key = (case.calendar_id, case.organization_id, case.received_at.year)
        if key not in known:
            known[key] = calendar_of(renewal(case))
        return Basis(present.promises, known[key])

    return becoming


def promises_instead(promises: Promises) -> Becoming:
    """Other promises in the same hours."""
    return lambda case, present: Basis(promises, present.calendar)


def previewed(change: Callable[[], object], cases: CaseQuerySet, becoming: Becoming, at: datetime) -> list[Move]:
    """What would move if `change` were made: it is made, looked at, and taken back."""
    with transaction.atomic():
        change()
        found = list(moves(cases, becoming, at))
        transaction.set_rollback(True)
    return found


def apply_closures(cases: CaseQuerySet, *, by: User, at: datetime, reason: str) -> int:
    """Count the running clocks that would move by the closures as they now stand; return how many cases.

    Each case is a transaction of its own; one that was closed meanwhile is left out. `reason` is read by customers.
    """
    return _apply_renewal(_with_closures, cases, by=by, at=at, reason=reason)


def apply_week(cases: CaseQuerySet, *, by: User, at: datetime, reason: str) -> int:
    """Count the running clocks that would move by the weekly hours as they now stand, as `apply_closures` does."""
    return _apply_renewal(_with_week, cases, by=by, at=at, reason=reason)


def _apply_renewal(renewal: Renewal, cases: CaseQuerySet, *, by: User, at: datetime, reason: str) -> int:
    def calendar(case: Case) -> FrozenCalendar:
        return FrozenCalendar.of(**renewal(case).content)

    def change(case: Case) -> None:
        operations.change_terms(case, by=by, at=at, reason=reason, calendar=calendar)

    return _apply(moves(cases, _counted_in(renewal), at), change)


def apply_plan(version: PlanVersion, *, by: User, at: datetime) -> int:
    """Count the running clocks that would move by this version of their plan; return how many cases.

    As `apply_closures`. Raises Refusal before the version is in force.
    """
    if version.effective_on > at.date():
        raise Refusal("not_in_force", "Running cases can be counted by a version from the day on that it takes effect.")

    def change(case: Case) -> None:
        operations.change_terms(case, by=by, at=at, reason=str(version), plan_version=version)

    others = running_under(version.plan).exclude(plan_version=version)
    return _apply(moves(others, promises_instead(promises_of(version)), at), change)


def _apply(found: Iterable[Move], change: Callable[[Case], None]) -> int:
    done = 0
    for move in list(found):
        try:
            change(move.case)
        except Refusal as refusal:
            if refusal.code != CLOSED:
                raise
        else:
            done += 1
    return done
