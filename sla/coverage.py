"""Follow the sun, and the proof that it never sets: who holds Severity 1 at every moment (C-FTS-04, C-COV-01).

Standard library only. Spans are aware UTC, half-open. One rule decides who holds the sun:

    Of the centers that are staffed, the one whose present stretch opened first holds the sun, until it closes; of those
    that opened together, the first by its code. While no center is staffed, the center that held last keeps it through
    the engineers on call everywhere. Without one, nobody holds it: a gap.

A center is staffed while somebody is really there (`accounts.seats`); stretches that touch are one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from accounts.enums import Layer
from accounts.seats import DAY, House, Seat, Span, joined
from sla.gaps import Gap, gaps_in

# How far back one looks for the opening of a stretch that is under way; a longer one counts as opened then.
LOOK_BACK = 8 * DAY


class Hold(NamedTuple):
    """From `begins` to `ends` the center with code `center` holds the sun with `people`, or nobody does.

    `on_call` says that no center is staffed: `people` are then the engineers on call, and `center` held last.
    """

    begins: datetime
    ends: datetime
    center: str
    people: tuple[int, ...]
    on_call: bool
    managers: tuple[int, ...]

    @property
    def is_gap(self) -> bool:
        return not self.people


class Handover(NamedTuple):
    """The sun passes from one center to the next at `at`; either code is empty where no center held it before."""

    at: datetime
    from_center: str
    to_center: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Who holds Severity 1 at each moment from `first` to `last`, and every gap."""

    first: datetime
    last: datetime
    holds: Sequence[Hold]
    gaps: Sequence[Gap]

    @property
    def is_proved(self) -> bool:
        return not self.gaps


def prove(house: House, first: datetime, last: datetime) -> Proof:
    """Answer for every moment between two aware moments who holds Severity 1, and list each gap with its cause."""
    held = list(holds(house, first, last))
    empty = [Span(hold.begins, hold.ends) for hold in held if hold.is_gap]
    return Proof(first, last, held, [gap for span in empty for gap in gaps_in(house, span)])


def hold_at(house: House, at: datetime) -> Hold:
    """Who holds the sun at the aware moment `at`, and since and until when within a day around it."""
    return next(hold for hold in holds(house, at - DAY, at + DAY) if hold.begins <= at < hold.ends)


def handovers(house: House, first: datetime, last: datetime) -> Iterator[Handover]:
    """Each moment after `first` and until `last` (aware) at which another center takes the sun over, in order."""
    yield from changes(holds(house, first, last + timedelta.resolution))


def changes(held: Iterable[Hold]) -> Iterator[Handover]:
    """Each moment at which another center takes the sun over, of stretches in order."""
    for before, after in pairwise(hold for hold in held if hold.center):
        if before.center != after.center:
            yield Handover(after.begins, before.center, after.center)


def holds(house: House, first: datetime, last: datetime) -> Iterator[Hold]:
    """Who holds the sun from `first` to `last` (aware), in order and without a break; alike neighbors are one."""
    found: list[Hold] = []
    for hold in _pieces(house, first, last):
        if found and found[-1][2:] == hold[2:]:
            found[-1] = found[-1]._replace(ends=hold.ends)
        else:
            found.append(hold)
    return iter(found)


def _pieces(house: House, first: datetime, last: datetime) -> Iterator[Hold]:
    """The time cut wherever a seat begins or ends, each piece with who holds the sun in it."""
    seats = house.seats(first - LOOK_BACK, last)
    opened = {code: joined(Span(seat.begins, seat.ends) for seat in some) for code, some in _by_center(seats)}
    center = ""
    for begins, ends, sitting in _cut(seats, first - LOOK_BACK, last):
        present = {code: list(some) for code, some in _by_center(sitting)}
        center = min(present, key=lambda code: (_opening(opened[code], begins), code), default=center)
        people = present.get(center) or [seat for seat in sitting if seat.can_hold]
        managers = [seat for seat in sitting if seat.layer is Layer.MANAGER]
        if ends > first:
            yield Hold(
                max(begins, first), ends, center if people else "", _persons(people), not present, _persons(managers)
            )


def _by_center(seats: Iterable[Seat]) -> Iterator[tuple[str, Iterator[Seat]]]:
    """The seats on shift, center by center."""
    on_shift = sorted((seat for seat in seats if seat.layer is Layer.SHIFT), key=lambda seat: seat.center)
    return groupby(on_shift, key=lambda seat: seat.center)


def _persons(seats: Iterable[Seat]) -> tuple[int, ...]:
    return tuple(sorted({seat.person for seat in seats}))


def _opening(stretches: Sequence[Span], at: datetime) -> datetime:
    return next(stretch.begins for stretch in stretches if stretch.begins <= at < stretch.ends)


def _cut(seats: Sequence[Seat], first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime, list[Seat]]]:
    """The time from `first` to `last` in pieces, each with the seats that cover it."""
    cuts = sorted({first, last, *(cut for seat in seats for cut in seat[-2:] if first < cut < last)})
    coming, sitting = sorted(seats, key=lambda seat: seat.begins, reverse=True), list[Seat]()
    for begins, ends in pairwise(cuts):
        sitting = [seat for seat in sitting if seat.ends > begins]
        while coming and coming[-1].begins <= begins:
            seat = coming.pop()
            if seat.ends > begins:
                sitting.append(seat)
        yield begins, ends, sitting
