"""Why nobody holds the sun. Standard library only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.enums import Worded
from accounts.seats import DAY, House, Seat, Span, staffed_hours


class Cause(Worded):
    """Why nobody holds the sun; of several causes the first one here is told."""

    ABSENCE = "absence", "Absence"
    UNFILLED = "unfilled", "Unfilled shift"
    HOLIDAY = "holiday", "Public holiday"
    CLOCK_CHANGE = "clock_change", "Clocks changed"
    BETWEEN = "between", "Between shifts"


class Gap(NamedTuple):
    """Nobody holds Severity 1 from `begins` to `ends`: for which cause, and in words about which people or center."""

    begins: datetime
    ends: datetime
    cause: Cause
    detail: str
    people: tuple[int, ...] = ()

    @property
    def length(self) -> timedelta:
        return self.ends - self.begins

    @property
    def why(self) -> str:
        """The cause in words: "Away (sick leave)", "Unfilled shift, Osaka", "Between shifts"."""
        if self.cause is Cause.ABSENCE:  # "Absence, Holiday" would read like a public one
            return f"Away ({self.detail.lower()})" if self.detail else "Away"
        return ", ".join(filter(None, (self.cause.label, self.detail)))


def gaps_in(house: House, empty: Span) -> Iterator[Gap]:
    """The stretch `empty`, in which nobody holds the sun, cut where its cause changes."""
    reasons = list(_reasons(house, *empty))
    cuts = sorted({*empty, *(cut for one in reasons for cut in one[:2] if empty.begins < cut < empty.ends)})
    for told, pieces in groupby(pairwise(cuts), key=lambda piece: _told(reasons, piece[0])):
        run = list(pieces)
        yield Gap(run[0][0], run[-1][1], *told)


class _Reason(NamedTuple):
    """Something that would have been coverage from `begins` to `ends`, and why it was not."""

    begins: datetime
    ends: datetime
    cause: Cause
    detail: str
    person: int | None = None


def _told(reasons: Sequence[_Reason], at: datetime) -> tuple[Cause, str, tuple[int, ...]]:
    """The strongest cause at `at`, with all it speaks of."""
    here = [one for one in reasons if one.begins <= at < one.ends]
    cause = next((cause for cause in Cause if any(one.cause is cause for one in here)), Cause.BETWEEN)
    alike = [one for one in here if one.cause is cause]
    details = dict.fromkeys(one.detail for one in alike if one.detail)
    return cause, ", ".join(details), tuple(sorted({one.person for one in alike if one.person is not None}))


def _reasons(house: House, first: datetime, last: datetime) -> Iterator[_Reason]:
    for seat in house.planned(first, last):
        if seat.can_hold:
            for away in house.absences:
                if seat.person == away.person:
                    yield _Reason(
                        max(seat.begins, away.begins),
                        min(seat.ends, away.ends),
                        Cause.ABSENCE,
                        away.reason,
                        seat.person,
                    )
    for center in house.centers:
        for hours in staffed_hours(center, first, last):
            yield _Reason(*hours, Cause.UNFILLED, center.name)
        for hours in staffed_hours(replace(center, closed_on={}), first, last):
            if holiday := center.closed_on.get(hours.begins.astimezone(center.zone).date()):
                yield _Reason(*hours, Cause.HOLIDAY, f"{center.name}, {holiday}")
    zones = {center.code: center.zone for center in house.centers}
    names = {center.code: center.name for center in house.centers}
    for seat in house.planned(first - DAY, last + DAY):
        if seat.can_hold and seat.center:
            for hours in _unmoved(seat, zones[seat.center]):
                yield _Reason(*hours, Cause.CLOCK_CHANGE, names[seat.center])


def _unmoved(seat: Seat, zone: ZoneInfo) -> Iterator[Span]:
    """The seat as it would lie had the clocks in `zone` kept the time of the other half of the year."""
    year = seat.begins.astimezone(zone).year
    now = _offset(seat.begins, zone)
    for other in {_offset(datetime(year, month, 1, tzinfo=UTC), zone) for month in (1, 7)} - {now}:
        yield Span(seat.begins + now - other, seat.ends + now - other)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)
