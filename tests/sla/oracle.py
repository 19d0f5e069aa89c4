"""Open time by brute force: walk every minute and look at a wall clock. Shares no code with `sla.calendars`.

It knows calendars only by their four fields, and clocks only by what they show. When clocks are turned back, the
hand of this wall clock waits until they have caught up: it shows the latest local time that was reached so far.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
LONGEST_REPEAT = timedelta(days=2)  # clocks are never turned back by more


def open_minutes(calendar, start: datetime) -> Iterator[tuple[datetime, bool]]:
    """Every minute from `start` on, a whole minute in UTC, and whether the calendar is open in it."""
    zone = ZoneInfo(calendar.zone)
    minute, hand = start - LONGEST_REPEAT, datetime.min  # noqa: DTZ901 - the hand shows local time
    while True:
        hand = max(hand, minute.astimezone(zone).replace(tzinfo=None))
        if minute >= start:
            yield minute, _open_on_the_wall(calendar, hand)
        minute += MINUTE


def _open_on_the_wall(calendar, local: datetime) -> bool:
    if local.date() in calendar.holidays:
        return False
    if local.date() in calendar.half_days and local.time() >= calendar.half_days[local.date()]:
        return False
    return any(
        opens <= local.time() and (closes == time(0) or local.time() < closes)
        for opens, closes in calendar.weekly.get(local.weekday(), ())
    )


def add(calendar, start: datetime, minutes: int) -> datetime:
    """The end of the minute that uses up `minutes`, or the first open minute if there are none to use."""
    for minute, is_open in open_minutes(calendar, start.astimezone(UTC)):
        if is_open and minutes == 0:
            return minute
        minutes -= is_open
        if is_open and minutes == 0:
            return minute + MINUTE
    raise AssertionError("time does not end")


def between(calendar, start: datetime, end: datetime) -> timedelta:
    walk = takewhile(lambda step: step[0] < end, open_minutes(calendar, start.astimezone(UTC)))
    return sum(is_open for _, is_open in walk) * MINUTE
