"""Follow the sun as it stands in the rosters: the pure `sla.coverage` with what the database knows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts.rosters import house_between
from accounts.seats import DAY, House
from sla import coverage
from sla.coverage import LOOK_BACK, Handover, Hold, Proof

YEAR = 366 * DAY
SOON = 7 * DAY


def house_for(first: datetime, last: datetime) -> House:
    """What it takes to answer about the sun from `first` to `last` (aware), in a constant number of statements."""
    return house_between(first - LOOK_BACK - 2 * DAY, last + 2 * DAY)


def hold_at(at: datetime) -> Hold:
    """Who holds Severity 1 at the aware moment `at` (C-FTS-04)."""
    return coverage.hold_at(house_for(at, at), at)


def handovers(first: datetime, last: datetime) -> Sequence[Handover]:
    """Each moment after `first` and until `last` (aware) at which another center takes the sun over."""
    return list(coverage.handovers(house_for(first, last), first, last))


def next_handover(at: datetime) -> Handover | None:
    """The first one after the aware moment `at`; None when the sun stays where it is for a week."""
    return next(iter(handovers(at, at + SOON)), None)


def prove(first: datetime, length: timedelta = YEAR) -> Proof:
    """Who holds Severity 1 at every moment of that time, and every gap (C-COV-01)."""
    return coverage.prove(house_for(first, first + length), first, first + length)
