"""Cases follow the sun: the changes ahead are planned, carried out once each, and mended by the minute (C-FTS-01).

The moments at which others hold Severity 1 stand in rows (`SunChange`), so that no restart forgets one. Carrying one
out asks the rosters again who holds it now: coming early, late or twice does no harm. After an outage only the last of
several missed changes is carried out: nobody is handed a case whose turn has passed meanwhile.

Each case moves in a transaction of its own, in which the row of the change is locked first. So a worker that dies
between two cases leaves the rest to the next tick, and of two at once the second stands back.
"""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max, Min, Q

from accounts.backoff import pause
from accounts.enums import Layer
from accounts.models import User
from accounts.refusal import Refusal
from accounts.seats import House
from cases import operations as cases
from cases.candidates import suggest_among, why
from cases.enums import EventKind
from cases.models import Case, CaseEvent
from sla import coverage, relay, sun
from sla.coverage import Hold
from sla.models import Heartbeat, SunChange
from sla.relay import Change

logger = logging.getLogger(__name__)

PLANNED_AHEAD = sun.SOON
PLANNER = "sun plan"
FIRST_RETRY_AFTER, LAST_RETRY_AFTER = timedelta(seconds=10), timedelta(minutes=5)
OWNER_CHANGES = (EventKind.ASSIGNED, EventKind.REASSIGNED, EventKind.HANDED_OVER)


# Planning


@transaction.atomic
def plan(at: datetime) -> int:
    """Make the rows ahead say what the rosters say at `at` (aware), and return how many were written.

    A change of the rosters that concerns this very moment becomes a change now. Two at once come one after the other.
    """
    clock, _ = Heartbeat.objects.select_for_update().get_or_create(name=PLANNER, defaults={"at": at})
    held = list(coverage.holds(sun.house_for(at, at + PLANNED_AHEAD), at, at + PLANNED_AHEAD))
    wanted = {one.at: one for one in (*_overlooked(held[0]), *relay.changes(held))}
    stored = {one.at: one for one in SunChange.objects.filter(done_at=None, at__gte=at)}
    void = [row.pk for row in stored.values() if row.at > at and row.change != wanted.get(row.at)]
    SunChange.objects.filter(pk__in=void).delete()
    kept = {row.at for row in stored.values() if row.pk not in void}
    missing = [SunChange.of(change) for change in wanted.values() if change.at not in kept]
    SunChange.objects.bulk_create(missing, ignore_conflicts=True)
    clock.at = at
    clock.save()
    return len(missing)


def _overlooked(hold: Hold) -> list[Change]:
    """A change that no row told of: who holds the sun is not whom the last one left it with."""
    last = SunChange.objects.filter(at__lte=hold.begins).order_by("at").last()
    if last is None:
        return [Change(hold.begins, hold.center, hold.center, hold.people)]
    if last.done_at is None or (last.to_center, tuple(last.people)) == (hold.center, hold.people):
        return []
    return [Change(hold.begins, last.to_center, hold.center, hold.people)]


# Carrying out


@dataclass(frozen=True, slots=True)
class Now:
    """What the rosters say at the moment `at` (aware): who holds the sun, and all who are at work.

    Who is on call is at work only while no center is staffed.
    """

    at: datetime
    hold: Hold
    at_work: Collection[int]

    @classmethod
    def read(cls, at: datetime) -> "Now":
        return cls.of(sun.house_for(at, at), at)

    @classmethod
    def of(cls, house: House, at: datetime) -> "Now":
        """The same of what was read already; `house` tells of the days around `at`."""
        hold = coverage.hold_at(house, at)
        layers = {Layer.SHIFT, Layer.ENGINEER} if hold.on_call else {Layer.SHIFT}
        seats = (seat for seat in house.seats(at, at + timedelta.resolution) if seat.covers(at))
        return cls(at, hold, {seat.person for seat in seats if seat.layer in layers})

    def change(self, at: datetime, from_center: str) -> Change:
        """The change of the moment `at`, as it is in truth."""
        return Change(at, from_center, self.hold.center, self.hold.people)


def move_due(at: datetime) -> int:
    """Carry out the change that is due at `at` (aware), if any; return how many cases it moved, or woke people for.

    A case that fails stops no other: the change is then tried again for it, later. Raises OperationalError or
    InterfaceError when the database itself fails: what is committed stays, and the next tick goes on.
    """
    due = SunChange.objects.due(at).last()
    if due is None:
        return 0
    now = Now.read(at)
    change = now.change(due.at, due.from_center)
    outcomes: Counter[Outcome] = Counter()
    for pk in Case.objects.on_sun().order_by("pk").values_list("pk", flat=True):
        outcomes[outcome := _bring_apart(pk, change, now, due)] += 1
        if outcome is Outcome.TAKEN:
            break
    else:
        _settle(due, change, at, finished=not outcomes[Outcome.FAILED])
    return outcomes[Outcome.MOVED]


class Outcome(Enum):
    """What became of the look at one case."""

    MOVED = auto()  # or people were woken for it
    STAYED = auto()
    FAILED = auto()
    TAKEN = auto()  # another worker carries the change out


def _bring_apart(pk: int, change: Change, now: Now, due: SunChange | None = None) -> Outcome:
    """Bring one case, in a transaction of its own, as part of carrying out the row `due`."""
    try:
        with transaction.atomic():
            if due and not _claimed(due):
                return Outcome.TAKEN
            return Outcome.MOVED if _bring(pk, change, now) else Outcome.STAYED
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Case %s is not handed over", pk)
        return Outcome.FAILED


def _claimed(due: SunChange) -> bool:
    """Whether the change is this transaction's: nobody else is at it, and it was not done meanwhile."""
    return SunChange.objects.select_for_update(skip_locked=True).filter(pk=due.pk, done_at=None).exists()


def _settle(due: SunChange, change: Change, at: datetime, finished: bool) -> None:
    """Note that the change was carried out, with those that it overtook, or when it is tried again."""
    with transaction.atomic():
        if not _claimed(due):
            return
        if not finished:
            retry_at = at + pause(due.attempts + 1, FIRST_RETRY_AFTER, LAST_RETRY_AFTER)
            SunChange.objects.filter(pk=due.pk).update(attempts=due.attempts + 1, try_at=retry_at)
            return
        SunChange.objects.filter(done_at=None, at__lt=due.at).update(done_at=at)
        told = {"to_center": change.to_center, "people": list(change.people)}
        SunChange.objects.filter(pk=due.pk).update(done_at=at, **told)


def _bring(pk: int, change: Change, now: Now) -> bool:
    """Hand this case over to somebody who holds the sun, unless it stays or was moved before; whether anything was."""
    case = Case.objects.locked(pk)
    if relay.stays(case.owner_id, change, now.at_work):
        return False
    hold = now.hold
    choice = suggest_among(case, hold.people, on_shift=() if hold.on_call else hold.people)
    try:
        if choice is None:
            cases.keep_handover(case, at=now.at, change=change.at)
        else:
            taker = User.objects.get(pk=choice.taker.person)
            cases.hand_over(case, taker, at=now.at, change=change.at, why=why(case, choice))
    except Refusal:  # moved for this change already, closed or taken off the sun meanwhile, or not verified yet
        return False
    return True


def bring_strays(at: datetime) -> int:
    """Hand over cases that came to follow the sun while their owner is not at work; return how many.

    A case becomes Severity 1, is reopened, or a manager puts it on the sun in the night of its owner's place. Whoever
    was given a case by a person since the last change keeps it until the next: that was meant so.
    """
    last = SunChange.objects.filter(at__lte=at).order_by("at").last()
    if last is None or last.done_at is None:
        return 0
    owned = Case.objects.on_sun().exclude(owner=None).values_list("pk", "owner")
    if not (owners := dict(owned)):
        return 0
    now = Now.read(at)
    given = CaseEvent.objects.filter(case__in=owners, kind__in=OWNER_CHANGES, at__gte=last.at)
    given_at = dict(given.values_list("case").annotate(Max("at")))
    change = now.change(last.at, last.to_center)
    strays = (pk for pk, owner in owners.items() if relay.is_stray(owner, given_at.get(pk), change, now.at_work))
    outcomes = Counter(_bring_apart(pk, change, now) for pk in strays)
    return outcomes[Outcome.MOVED]


# Being seen to work


@dataclass(frozen=True, slots=True)
class Lag:
    """Moments (aware UTC) of the oldest changes that should have been carried out: not tried yet, and failing."""

    late_since: datetime | None
    failing_since: datetime | None


def lag(at: datetime) -> Lag:
    """How far the changes of the sun are behind at `at` (aware); takes one statement."""
    waiting = SunChange.objects.filter(done_at=None, at__lte=at)
    since = waiting.aggregate(late=Min("at", filter=Q(attempts=0)), failing=Min("at", filter=Q(attempts__gt=0)))
    return Lag(since["late"], since["failing"])


# Looking ahead


@dataclass(frozen=True, slots=True)
class Outlook:
    """The changes that are planned: the last one that was, and those to come."""

    present: Change | None
    coming: Sequence[Change]

    @classmethod
    def at(cls, at: datetime) -> "Outlook":
        """As planned at `at` (aware); takes two statements."""
        last = SunChange.objects.filter(at__lte=at).order_by("at").last()
        coming = [row.change for row in SunChange.objects.filter(at__gt=at).order_by("at")]
        return cls(last.change if last else None, coming)

    def next_for(self, case: Case) -> Change | None:
        """The next change at which a case on the sun is handed over; None when none is planned."""
        return relay.next_for(case.owner_id, self.present, self.coming)
