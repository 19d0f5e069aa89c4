"""Who of support is really at work when: shifts, rosters, swaps and absences as spans. Standard library only.

A seat is filled by who works a shift or is on call. Local hours say when it begins and ends, by the clock of the center
(`accounts.local_time`); in between, time is real time. Spans are aware UTC, `begins` included, `ends` not.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.enums import Layer
from accounts.local_time import instant_of

DAY = timedelta(days=1)


class Span(NamedTuple):
    """A stretch of time."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Pattern:
    """Local hours that repeat on `weekdays` (Monday = 0), every `every_weeks` weeks counted from the week of `from_on`.

    `closes` at or before `opens` lies on the day that follows, so 00:00 closes at 24:00. `until_on` is the last day.
    """

    weekdays: frozenset[int]
    opens: time
    closes: time
    from_on: date = date.min
    until_on: date = date.max
    every_weeks: int = 1

    def falls_on(self, day: date) -> bool:
        """Whether the hours begin on this local day."""
        weeks = (_monday(day) - _monday(self.from_on)).days // 7
        return day.weekday() in self.weekdays and self.from_on <= day <= self.until_on and weeks % self.every_weeks == 0

    def hours_on(self, day: date, zone: ZoneInfo) -> Span:
        """The hours that begin on the local `day`, whether they fall on it or not."""
        last = day if self.closes > self.opens else day + DAY
        begins, ends = datetime.combine(day, self.opens), datetime.combine(last, self.closes)
        return Span(instant_of(begins, zone), instant_of(ends, zone))

    def days(self, zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[tuple[date, Span]]:
        """Each local day on which the hours fall and of which some part lies between two aware moments."""
        day, end = first.astimezone(zone).date() - DAY, last.astimezone(zone).date()
        while day <= end:
            if self.falls_on(day):
                hours = self.hours_on(day, zone)
                if hours.begins < last and first < hours.ends:
                    yield day, hours
            day += DAY


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


@dataclass(frozen=True, slots=True)
class Center:
    """A support center: its shifts are the hours in which somebody should be there. It is shut on `closed_on`."""

    code: str
    name: str
    region: str
    zone: ZoneInfo
    shifts: tuple[Pattern, ...]
    closed_on: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a roster: a person's repeating work at a center, or on call by its clock (then for every region)."""

    id: int
    person: int
    layer: Layer
    center: Center
    pattern: Pattern


class Swap(NamedTuple):
    """On one local day another person takes what an entry says."""

    entry: int
    on: date
    person: int


class Away(NamedTuple):
    """A person's absence; the substitute, if any, takes the seats meanwhile."""

    person: int
    begins: datetime
    ends: datetime
    reason: str
    substitute: int | None = None


class Seat(NamedTuple):
    """A person in a place: on shift at `center`, or on call for `region` (None: everywhere)."""

    person: int
    layer: Layer
    center: str
    region: str | None
    begins: datetime
    ends: datetime

    def covers(self, at: datetime) -> bool:
        """Whether the aware moment `at` lies in it."""
        return self.begins <= at < self.ends

    @property
    def can_hold(self) -> bool:
        """Whether who sits here can hold the sun: on shift, or as the engineer on call for everywhere."""
        return self.layer is Layer.SHIFT or (self.layer is Layer.ENGINEER and self.region is None)


@dataclass(frozen=True, slots=True)
class House:
    """All that is known of who works when. `members` names each person's center; `on_call` are spans set by hand.

    A member without an entry for shifts works every shift of the center: a small house needs no roster. `fit` names
    who can sit in a layer where not everybody can; whoever else is put there leaves the seat empty.
    """

    centers: Sequence[Center]
    members: Mapping[int, str]
    entries: Sequence[Entry] = ()
    swaps: Sequence[Swap] = ()
    absences: Sequence[Away] = ()
    on_call: Sequence[Seat] = ()
    fit: Mapping[Layer, Collection[int]] = field(default_factory=dict)

    def planned(self, first: datetime, last: datetime) -> list[Seat]:
        """Who should be where at some time between two aware moments, whoever is absent."""
        rostered = {entry.person for entry in self.entries if entry.layer is Layer.SHIFT}
        swapped = {(swap.entry, swap.on): swap.person for swap in self.swaps}
        seats = [seat for seat in self.on_call if seat.begins < last and first < seat.ends]
        for entry in self.entries:
            for day, hours in entry.pattern.days(entry.center.zone, first, last):
                if entry.layer is not Layer.SHIFT or day not in entry.center.closed_on:
                    seats.append(_seat(entry, swapped.get((entry.id, day), entry.person), hours))
        for center in self.centers:
            people = [who for who, code in self.members.items() if code == center.code and who not in rostered]
            for hours in staffed_hours(center, first, last):
                seats += (Seat(who, Layer.SHIFT, center.code, center.region, *hours) for who in people)
        return list(filter(self._fits, seats))

    def seats(self, first: datetime, last: datetime) -> list[Seat]:
        """Who is really where at some time between two aware moments: without the absent, with their substitutes."""
        away: dict[int, list[Away]] = {}
        for one in self.absences:
            away.setdefault(one.person, []).append(one)
        return [real for seat in self.planned(first, last) for real in _really(seat, away) if self._fits(real)]

    def _fits(self, seat: Seat) -> bool:
        return seat.layer not in self.fit or seat.person in self.fit[seat.layer]


def staffed_hours(center: Center, first: datetime, last: datetime) -> Iterator[Span]:
    """When somebody should be at this center between two aware moments, shift by shift, whole shifts."""
    for shift in center.shifts:
        for day, hours in shift.days(center.zone, first, last):
            if day not in center.closed_on:
                yield hours


def _seat(entry: Entry, person: int, hours: Span) -> Seat:
    region = entry.center.region if entry.layer is Layer.SHIFT else None
    return Seat(person, entry.layer, entry.center.code, region, *hours)


def _really(seat: Seat, away: Mapping[int, Sequence[Away]], passed_on: bool = False) -> Iterator[Seat]:
    """The parts of a seat that are filled; an absent person's pass to the substitute, and from there no further."""
    rest = [Span(seat.begins, seat.ends)]
    for one in away.get(seat.person, ()):
        absent = [part for span in rest if (part := common(span, one))]
        rest = [part for span in rest for part in without(span, one)]
        if one.substitute is not None and not passed_on:
            for part in absent:
                yield from _really(seat._replace(person=one.substitute, begins=part.begins, ends=part.ends), away, True)
    yield from (seat._replace(begins=span.begins, ends=span.ends) for span in rest)


def common(span: Span, other: Away | Seat | Span) -> Span | None:
    """What two spans have in common, if anything."""
    part = Span(max(span.begins, other.begins), min(span.ends, other.ends))
    return part if part.begins < part.ends else None


def without(span: Span, other: Away | Seat | Span) -> Iterator[Span]:
    """What is left of a span when the other is cut out."""
    for part in (Span(span.begins, min(span.ends, other.begins)), Span(max(span.begins, other.ends), span.ends)):
        if part.begins < part.ends:
            yield part


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap made one."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and span.begins <= whole[-1].ends:
            whole[-1] = Span(whole[-1].begins, max(whole[-1].ends, span.ends))
        else:
            whole.append(span)
    return whole


def misses_a_day(shifts: Sequence[Span], away: Span) -> bool:
    """Whether somebody with these `shifts` about that time misses a whole one, or as much as the longest, while `away`.

    Who has no shifts misses a day in 24 hours.
    """
    if not shifts:
        return away.ends - away.begins >= DAY
    missed = [part for shift in shifts if (part := common(shift, away))]
    longest = max(shift.ends - shift.begins for shift in shifts)
    return any(part in shifts for part in missed) or sum((one.ends - one.begins for one in missed), DAY * 0) >= longest
