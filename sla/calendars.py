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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
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
REVERSED = "a span does not end before it starts"
NO_TIME_LEFT = "the calendar has no open time left"


@dataclass(frozen=True)
class Calendar:
    """When it is open: `weekly` local hours in `zone`, except on `holidays`, and on half days until they close.
    Equal calendars share their tables.

    `zone` is an IANA name of a place, or "UTC"; `weekly` maps weekdays (Monday = 0) to intervals of local
    time, of which a day may have several and which end at 24:00 when they end with `time(0)`; `holidays` are
    local dates; `half_days` maps local dates to the time from which they are closed. A half day that would not
    open at all is a holiday, and on a holiday or a day without hours there is nothing left to close.

    Raises ValueError for an unknown zone or a fixed offset, for empty, reversed or overlapping intervals, for
    a holiday that is not a plain date, for a closing time with a zone of its own, and for a calendar that never
    opens.
    """

    zone: str
    weekly: Weekly
    holidays: frozenset[date] = frozenset()
    half_days: Mapping[date, time] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_place(self.zone)
        if any(isinstance(day, datetime) for day in (*self.holidays, *self.half_days)):
            raise ValueError("a holiday is a plain local date")
        if any(closes.tzinfo for closes in self.half_days.values()):
            raise ValueError("opening hours are local times without a zone of their own")
        weekly = _tidy(self.weekly)
        opening = {on: weekly[on.weekday()][0][0] for on in self.half_days if on.weekday() in weekly}
        shut = {on for on, opens in opening.items() if self.half_days[on] <= opens}
        holidays = frozenset(self.holidays) | shut
        half_days = {on: self.half_days[on] for on in sorted(set(opening) - holidays)}
        object.__setattr__(self, "weekly", weekly)
        object.__setattr__(self, "holidays", holidays)
        object.__setattr__(self, "half_days", MappingProxyType(half_days))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.zone, tuple(self.weekly.items()), self.holidays, tuple(self.half_days.items())))

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def timeline(self) -> "_Timeline":
        """Its prepared open windows, shared with equal calendars."""
        return _timeline(self)


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
    """The "24/5" calendar: all 24 hours of the business days of `calendar` (C-ESC-07, A-05).

    A half day ends there too when it closes.
    """
    week = {weekday: [WHOLE_DAY] for weekday in calendar.weekly}
    return Calendar(calendar.zone, week, calendar.holidays, calendar.half_days)


# Both calculations are asked most often about a span inside one window, which one search within a day answers.


def add_open_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """Return the aware UTC moment by which `amount` of open time has passed since `start`.

    An amount used up exactly at closing ends at closing; zero gives the next open moment, or `start` itself
    when open. Raises ValueError for a naive `start`, a negative `amount`, or one that no time is left for.
    Guide: C-COV-01, C-COV-02.
    """
    if start.tzinfo is not UTC:
        start = _utc(start)
    table = calendar.timeline.table
    day = start.toordinal() - table.first_day
    if not 0 <= day < table.days:
        table = calendar.timeline.reaching(start, start)
        day = start.toordinal() - table.first_day
    index = bisect_right(table.opens, start, table.opened[day], table.opened[day + 1])
    try:
        due_at = start + amount
    except OverflowError as error:
        raise ValueError(NO_TIME_LEFT) from error
    if index and start < due_at <= table.closes[index - 1]:
        return due_at
    if amount <= NOTHING:
        if amount < NOTHING:
            raise ValueError("an amount of open time is not negative")
        return next_opening(calendar, start)
    amount += table.open_by(index, start)
    while amount > table.spent[-1]:
        table = calendar.timeline.longer(table)
    return table.moment_of(amount)


def open_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return how long `calendar` is open from `start` to `end`.

    Raises ValueError if either is naive or if `end` is earlier. Guide: C-COV-01, C-COV-02.
    """
    if not start.tzinfo is UTC is end.tzinfo:
        start, end = _utc(start), _utc(end)
    table = calendar.timeline.table
    day = start.toordinal() - table.first_day
    if not 0 <= day < table.days:
        table = calendar.timeline.reaching(start, start)
        day = start.toordinal() - table.first_day
    index = bisect_right(table.opens, start, table.opened[day], table.opened[day + 1])
    if index and start <= end <= table.closes[index - 1]:
        return end - start
    if end < start:
        raise ValueError(REVERSED)
    day = end.toordinal() - table.first_day
    if day >= table.days:
        calendar.timeline.reaching(start, end)
        return open_time_between(calendar, start, end)
    last = bisect_right(table.opens, end, table.opened[day], table.opened[day + 1])
    return table.open_by(last, end) - table.open_by(index, start)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Say whether `calendar` is open at the aware moment `at`: yes at an opening, no at a closing."""
    return next_opening(calendar, at) == at


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """Return the first open moment from `at` on, in UTC: `at` itself when open.

    Raises ValueError for a naive `at`.
    """
    at = _utc(at)
    timeline = calendar.timeline
    table = timeline.reaching(at, at)
    while (index := bisect_right(table.closes, at)) == len(table.opens):
        table = timeline.longer(table)
    return max(at, table.opens[index])


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
        for opens, closes in calendar.timeline.reaching(start, end).between(start, end)
    )


def business_day(calendar: Calendar, on: date) -> bool:
    """Say whether `on`, a local date, is a business day: it has hours and is no holiday (A-02)."""
    return on.weekday() in calendar.weekly and on not in calendar.holidays


def hours_on(calendar: Calendar, on: date) -> Sequence[tuple[time, time]]:
    """Return the local hours of the day `on` as `weekly` writes them; none on a holiday."""
    if not business_day(calendar, on):
        return ()
    hours = calendar.weekly[on.weekday()]
    if (shut := calendar.half_days.get(on)) is None:
        return hours
    return [(opens, shut if closes == MIDNIGHT else min(closes, shut)) for opens, closes in hours if opens < shut]


def windows_on(calendar: Calendar, on: date) -> list[Window]:
    """Return the open windows of the local day `on`; none on a holiday or on a day that the zone skipped."""
    day = (
        Window(_instant(calendar, on, opens), _instant(calendar, on + DAY if closes == MIDNIGHT else on, closes))
        for opens, closes in hours_on(calendar, on)
    )
    return [window for window in day if window.length]


def day_bounds(calendar: Calendar, on: date) -> Window:
    """Return the whole local day `on` in real time, open or not; empty if the zone skipped that day."""
    return Window(_instant(calendar, on, MIDNIGHT), _instant(calendar, on + DAY, MIDNIGHT))


@dataclass(frozen=True, slots=True)
class _Table:
    """The open windows of the UTC years `first` to `last`, in order, and how their time adds up.

    One list for all the years, so that an answer is found by bisection however long the span. `spent` is the open time
    by the end of each window, after a leading zero; `zeros` is for each window where a count that runs through it
    would have begun, had it never paused. A window that runs over a year's end is two that touch. `opened` counts the
    windows that opened before each day (UTC), of which there are `days` since the ordinal `first_day`.
    """

    first: int
    last: int
    first_day: int
    days: int
    opened: tuple[int, ...]
    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    zeros: tuple[datetime, ...]
    spent: tuple[timedelta, ...]

    def open_by(self, index: int, at: datetime) -> timedelta:
        """The open time of the table before `at`, where `index` windows have opened."""
        if index and at < self.closes[index - 1]:
            return at - self.zeros[index - 1]
        return self.spent[index]

    def moment_of(self, amount: timedelta) -> datetime:
        """The moment at which `amount` of the table's open time is used up: more than none, at most all."""
        return self.zeros[bisect_left(self.spent, amount) - 1] + amount

    def between(self, start: datetime, end: datetime) -> Iterable[tuple[datetime, datetime]]:
        """The windows of which some part lies between `start` and `end`."""
        some = slice(bisect_right(self.closes, start), bisect_left(self.opens, end))
        return zip(self.opens[some], self.closes[some], strict=True)


_NO_YEARS = _Table(
    first=MAXYEAR,
    last=MINYEAR,
    first_day=0,
    days=0,
    opened=(0,),
    opens=(),
    closes=(),
    zeros=(),
    spent=(NOTHING,),
)


class _Timeline:
    """The table of a calendar, made longer by whole years when a question lies outside it.

    A table is replaced, never changed: threads that ask meanwhile read a whole one, older or newer.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.table = _NO_YEARS

    def reaching(self, start: datetime, end: datetime) -> _Table:
        """A table that holds the years of `start` and `end` (UTC)."""
        table = self.table
        if table.first <= start.year and end.year <= table.last:
            return table
        return self._grown(table, min(table.first, start.year), max(table.last, end.year))

    def longer(self, table: _Table) -> _Table:
        """That table with one more year."""
        return self._grown(table, table.first, table.last + 1)

    def _grown(self, table: _Table, first: int, last: int) -> _Table:
        if last >= MAXYEAR:
            raise ValueError(NO_TIME_LEFT)
        earlier = range(first, min(table.first, last + 1))
        later = range(max(table.last + 1, earlier.stop), last + 1)
        known = zip(table.opens, table.closes, strict=True)
        spans = [*_of_years(self.calendar, earlier), *known, *_of_years(self.calendar, later)]
        opens, closes = tuple(one for one, _ in spans), tuple(one for _, one in spans)
        spent = tuple(accumulate((end - begin for begin, end in spans), initial=NOTHING))
        zeros = tuple(begin - before for begin, before in zip(opens, spent, strict=False))
        first_day, end_day = _new_year(first).toordinal(), _new_year(last + 1).toordinal()
        per_day = Counter(begin.toordinal() for begin in opens)
        opened = tuple(accumulate((per_day[day] for day in range(first_day, end_day)), initial=0))
        self.table = _Table(first, last, first_day, end_day - first_day, opened, opens, closes, zeros, spent)
        return self.table


@lru_cache(maxsize=256)  # about 40 kB for each year that was asked for: five years of a calendar as a rule
def _timeline(calendar: Calendar) -> _Timeline:
    return _Timeline(calendar)


def _of_years(calendar: Calendar, years: Iterable[int]) -> Iterator[Window]:
    return (window for year in years for window in _of_year(calendar, _new_year(year), _new_year(year + 1)))


def _of_year(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Window]:
    """The open windows of one UTC year, cut to it."""
    first = begin.date() - 2 * DAY  # local days that touch this UTC year lie within two days of it
    days = (first + offset * DAY for offset in range((end - begin).days + 4))
    return _joined(
        Window(max(opens, begin), min(closes, end))
        for on in days
        for opens, closes in windows_on(calendar, on)
        if opens < end and begin < closes
    )


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


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
        raise ValueError(REVERSED)
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
