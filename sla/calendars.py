"""Open hours, and exact arithmetic with open time. Standard library only.

A calendar is a week of local opening hours in a zone, without its holidays (C-COV-02). Local time only says
when a day opens and closes; in between, time is real elapsed time in UTC. When clocks are changed one rule
decides:

    A local time stands for the first instant at which the clocks there show that time or a later one.

So an hour that the clocks skip ends where they jump, an hour that they repeat counts from its first pass, a
skipped day does not exist, and hours that touch on the wall touch in real time.

Windows are half-open: a calendar is open at its opening and closed at its closing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.local_time import instant_of

Weekly = Mapping[int, Sequence[tuple[time, time]]]

MIDNIGHT = time(0)
WHOLE_DAY = (MIDNIGHT, MIDNIGHT)
DAY = timedelta(days=1)
NOTHING = timedelta(0)


@dataclass(frozen=True)
class Calendar:
    """When it is open: `weekly` local hours in `zone`, except on `holidays`. Equal calendars share their
    tables.

    `zone` is an IANA name of a place, or "UTC"; `weekly` maps weekdays (Monday = 0) to intervals of local
    time, of which a day may have several and which end at 24:00 when they end with `time(0)`; `holidays` are
    local dates.

    Raises ValueError for an unknown zone or a fixed offset, for empty, reversed or overlapping intervals, for
    a holiday that is not a plain date, and for a calendar that never opens.
    """

    zone: str
    weekly: Weekly
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        _require_place(self.zone)
        if any(isinstance(day, datetime) for day in self.holidays):
            raise ValueError("a holiday is a plain local date")
        object.__setattr__(self, "weekly", _tidy(self.weekly))
        object.__setattr__(self, "holidays", frozenset(self.holidays))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.zone, tuple(self.weekly.items()), self.holidays))

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Window(NamedTuple):
    """An open stretch of real time: aware UTC, `opens` included, `closes` not."""

    opens: datetime
    closes: datetime

    @property
    def length(self) -> timedelta:
        return self.closes - self.opens


@lru_cache(maxsize=256)
def always_open(zone: str) -> Calendar:
    """Every hour of every day (C-COV-01), with the days of `zone`."""
    return Calendar(zone, {weekday: [WHOLE_DAY] for weekday in range(7)})


@lru_cache(maxsize=256)
def every_hour_of_business_days(calendar: Calendar) -> Calendar:
    """The "24/5" calendar: all 24 hours of the business days of `calendar` (C-ESC-07, A-05)."""
    return Calendar(calendar.zone, {weekday: [WHOLE_DAY] for weekday in calendar.weekly}, calendar.holidays)


def add_open_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """Return the aware UTC moment by which `amount` of open time has passed since `start`.

    An amount used up exactly at closing ends at closing; zero gives the next open moment, or `start` itself
    when open. Raises ValueError for a naive `start` or a negative `amount`. Guide: C-COV-01, C-COV-02.
    """
    if amount <= NOTHING:
        if amount < NOTHING:
            raise ValueError("an amount of open time is not negative")
        return next_opening(calendar, start)
    at = _utc(start)
    number = at.year
    year = _year(calendar, number)
    amount += year.open_until(at)
    while amount > year.total:
        amount -= year.total
        number += 1
        year = _year(calendar, number)
    return year.moment_of(amount)


def open_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return how long `calendar` is open from `start` to `end`.

    Raises ValueError if either is naive or if `end` is earlier. Guide: C-COV-01, C-COV-02.
    """
    start, end = _utc_span(start, end)
    before = _year(calendar, start.year).open_until(start)
    whole = sum((_year(calendar, number).total for number in range(start.year, end.year)), NOTHING)
    return whole + _year(calendar, end.year).open_until(end) - before


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Say whether `calendar` is open at the aware moment `at`: yes at an opening, no at a closing."""
    return next_opening(calendar, at) == at


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """Return the first open moment from `at` on, in UTC: `at` itself when open.

    Raises ValueError for a naive `at`.
    """
    at = _utc(at)
    for number in range(at.year, at.max.year):
        year = _year(calendar, number)
        index = bisect_right(year.closes, at)
        if index < len(year.opens):
            return max(at, year.opens[index])
    raise ValueError("the calendar has no open time left")


def open_until(calendar: Calendar, at: datetime) -> datetime | None:
    """Return when the open window that `at` lies in closes, in UTC; None when it is closed at `at`.

    Looks a week ahead: what never closes is open until then. Raises ValueError for a naive `at`.
    """
    around = next(windows(calendar, at, at + 7 * DAY), None)
    return around.closes if around and around.opens == at else None


def windows(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Window]:
    """Iterate the open windows from `start` to `end`, cut to that span, as long as they run on (UTC, in
    order).

    Raises ValueError if naive or if `end` is earlier.
    """
    start, end = _utc_span(start, end)
    if start == end:
        return iter(())
    return _joined(
        Window(max(opens, start), min(closes, end))
        for number in range(start.year, end.year + 1)
        for opens, closes in _year(calendar, number).between(start, end)
    )


def business_day(calendar: Calendar, on: date) -> bool:
    """Say whether `on`, a local date, is a business day: it has hours and is no holiday (A-02)."""
    return on.weekday() in calendar.weekly and on not in calendar.holidays


def windows_on(calendar: Calendar, on: date) -> list[Window]:
    """Return the open windows of the local day `on`; none on a holiday or on a day that the zone skipped."""
    if not business_day(calendar, on):
        return []
    day = (
        Window(_instant(calendar, on, opens), _instant(calendar, on + DAY if closes == MIDNIGHT else on, closes))
        for opens, closes in calendar.weekly[on.weekday()]
    )
    return [window for window in day if window.length]


def day_bounds(calendar: Calendar, on: date) -> Window:
    """Return the whole local day `on` in real time, open or not; empty if the zone skipped that day."""
    return Window(_instant(calendar, on, MIDNIGHT), _instant(calendar, on + DAY, MIDNIGHT))


class _Year(NamedTuple):
    """The open windows of one UTC year, cut to it, with the year's open time before each of them."""

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    before: tuple[timedelta, ...]
    total: timedelta

    def open_until(self, at: datetime) -> timedelta:
        """The year's open time before `at`."""
        index = bisect_right(self.opens, at) - 1
        if index < 0:
            return NOTHING
        return self.before[index] + (min(at, self.closes[index]) - self.opens[index])

    def moment_of(self, amount: timedelta) -> datetime:
        """The moment at which `amount` of the year's open time is used up: more than none, at most all."""
        index = bisect_left(self.before, amount) - 1
        return self.opens[index] + (amount - self.before[index])

    def between(self, start: datetime, end: datetime) -> Iterable[tuple[datetime, datetime]]:
        """The windows of which some part lies between `start` and `end`."""
        some = slice(bisect_right(self.closes, start), bisect_left(self.opens, end))
        return zip(self.opens[some], self.closes[some], strict=True)


@lru_cache(maxsize=1024)  # about 40 kB each: ten years of a hundred calendars
def _year(calendar: Calendar, number: int) -> _Year:
    begin, end = datetime(number, 1, 1, tzinfo=UTC), datetime(number + 1, 1, 1, tzinfo=UTC)
    first = begin.date() - 2 * DAY  # local days that touch this UTC year lie within two days of it
    days = (first + offset * DAY for offset in range((end - begin).days + 4))
    table = list(
        _joined(
            Window(max(opens, begin), min(closes, end))
            for on in days
            for opens, closes in windows_on(calendar, on)
            if opens < end and begin < closes
        )
    )
    *before, total = accumulate((window.length for window in table), initial=NOTHING)
    return _Year(
        tuple(window.opens for window in table),
        tuple(window.closes for window in table),
        tuple(before),
        total,
    )


def _joined(parts: Iterable[Window]) -> Iterator[Window]:
    """Windows in order, those that touch made one."""
    whole: Window | None = None
    for part in parts:
        if whole and whole.closes == part.opens:
            whole = Window(whole.opens, part.closes)
            continue
        if whole:
            yield whole
        whole = part
    if whole:
        yield whole


def _instant(calendar: Calendar, on: date, at: time) -> datetime:
    return instant_of(datetime.combine(on, at), calendar.tz)


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC)


def _utc_span(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    start, end = _utc(start), _utc(end)
    if end < start:
        raise ValueError("a span does not end before it starts")
    return start, end


def _require_place(zone: str) -> None:
    """Refuse a fixed offset: its hours would be wrong for half of the year in most places."""
    area, slash, _ = zone.partition("/")
    if zone != "UTC" and (not slash or area in {"Etc", "posix", "right"}):
        raise ValueError(f"{zone!r} is not a zone of a place, such as 'Europe/London'")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{zone!r} is not a known zone") from error


def _tidy(weekly: Weekly) -> Weekly:
    """The week in order and unchangeable, days without hours left out."""
    tidy: dict[int, tuple[tuple[time, time], ...]] = {}
    for weekday in sorted(weekly):
        if weekday not in range(7):
            raise ValueError("weekdays run from Monday = 0 to Sunday = 6")
        if hours := tuple(sorted((opens, closes) for opens, closes in weekly[weekday])):
            _require_apart(hours)
            tidy[weekday] = hours
    if not tidy:
        raise ValueError("a calendar opens at some time of the week")
    return MappingProxyType(tidy)


def _require_apart(hours: Sequence[tuple[time, time]]) -> None:
    for opens, closes in hours:
        if opens.tzinfo or closes.tzinfo:
            raise ValueError("opening hours are local times without a zone of their own")
        if closes != MIDNIGHT and closes <= opens:
            raise ValueError("an interval closes after it opens")
    for (_, closes), (opens, _) in pairwise(hours):
        if closes == MIDNIGHT or opens < closes:
            raise ValueError("intervals of a day do not overlap")


ALWAYS_OPEN = always_open("UTC")
