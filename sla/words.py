"""How lengths, moments and opening hours read in English. Standard library only."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby

from entitlements.enums import Hours
from sla.calendars import DAY, MIDNIGHT, NOTHING, WHOLE_DAY, Calendar
from sla.promises import Measure, Promise

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def spell(length: timedelta) -> str:
    """A length to the second: "4 h 55 min", "30 min", "4 h 54 min 37 s"."""
    hours, rest = divmod(length, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = [(hours, "h"), (minutes, "min"), (rest.seconds, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"


def length(amount: timedelta, gap: str = " ") -> str:
    """The two largest parts of a length, a started minute counted whole: "2 h 10 min", "3 d 20 h", "0 min".

    `gap` stands between a number and its unit. `static/js/countdown.js` moves these words on and must write the same.
    """
    rest = -(-amount // MINUTE) * MINUTE
    parts: list[str] = []
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        count, rest = divmod(rest, size)
        if count or (unit == "min" and not parts):
            parts.append(f"{count}{gap}{unit}")
    return " ".join(parts[:2])


def answered(started_at: datetime, met_at: datetime | None, breached_at: datetime | None) -> str:
    """How the answer to a promise came: "answered in 46 min", "answered 22 min late"; empty while there is none.

    Time is told as it passed for who waited, closed hours included; `breached_at` is the due moment that was missed.
    """
    if met_at is None:
        return ""
    if breached_at:
        return f"answered {length(met_at - breached_at)} late"
    return f"answered in {length(met_at - started_at)}"


def allowance(promise: Promise) -> str:
    """What a promise allows: "8 business hours", "30 minutes", "1 hour of business days".

    By close of business it is "the business day", and by a moment that was named its length: "4 h 30 min".
    """
    if promise.measure is Measure.CLOSE_OF_BUSINESS:
        return "the business day"
    if promise.measure is Measure.MOMENT:
        return f"{spell(promise.target)}{' of business hours' if promise.hours is Hours.BUSINESS else ''}"
    hours = not promise.target % HOUR
    count = promise.target // (HOUR if hours else MINUTE)
    unit = f"{'hour' if hours else 'minute'}{'' if count == 1 else 's'}"
    match promise.hours:
        case Hours.ALWAYS:
            return f"{count} {unit}"
        case Hours.BUSINESS:
            return f"{count} business {unit}"
        case Hours.EVERY_HOUR_OF_BUSINESS_DAYS:
            return f"{count} {unit} of business days"


def clock(at: time) -> str:
    """A time of day: "08:00", and "11:05:23" where seconds matter."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def moment(at: datetime, zone: tzinfo) -> str:
    """An aware moment in `zone`: "Tue 1 Dec 2026, 11:05 GMT"."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y}, {clock(local.time())} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """The short name of the offset in force: "GMT", and "UTC+05:45" where a place has no letters for it."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{local.isoformat()[-6:]}"


def day(on: date) -> str:
    """A local day: "Tue 1"."""
    return f"{on:%a} {on.day}"


def stretch(begin: datetime, end: datetime, zone: tzinfo) -> str:
    """A stretch of time in `zone`: "Fri 27 Nov, 13:05 to 18:00", "Fri 27 Nov, 18:00 to Tue 1 Dec, 08:00".

    It ends at 24:00 rather than at midnight of the day that follows.
    """
    first, last = begin.astimezone(zone), end.astimezone(zone)
    midnight = last.time() == MIDNIGHT
    last_day = last.date() - DAY if midnight else last.date()
    until = "24:00" if midnight else clock(last.time())
    day_of_end = "" if last_day == first.date() else f"{_day_of_month(last_day)}, "
    return f"{_day_of_month(first.date())}, {clock(first.time())} to {day_of_end}{until}"


def _day_of_month(on: date) -> str:
    return f"{day(on)} {on:%b}"


def clock_change(begin: datetime, end: datetime, zone: tzinfo) -> str:
    """A word, after a comma, on clocks in `zone` that are changed from `begin` to `end`; empty if they are not."""
    before, after = (at.astimezone(zone).utcoffset() or NOTHING for at in (begin, end))
    if before == after:
        return ""
    return f", clocks go {'forward' if after > before else 'back'} {spell(abs(after - before))}"


def listed(items: Iterable[str]) -> str:
    """Items as a sentence names them: "night, weekend and St Andrew's Day"."""
    *others, last = items
    return f"{', '.join(others)} and {last}" if others else last


def place_of(calendar: Calendar) -> str:
    """The place that a zone is named after: "New York"."""
    return calendar.zone.rpartition("/")[2].replace("_", " ")


def opening_hours(calendar: Calendar) -> str:
    """A calendar's week and zone: "Monday to Friday, 08:00 to 18:00, Europe/London"."""
    if set(calendar.weekly.values()) == {(WHOLE_DAY,)} and len(calendar.weekly) == 7:
        return f"Every hour of every day, {calendar.zone}"
    runs = groupby(enumerate(sorted(calendar.weekly.items())), key=lambda entry: (entry[1][0] - entry[0], entry[1][1]))
    week = "; ".join(f"{_weekdays([weekday for _, (weekday, _) in run])}, {_hours(hours)}" for (_, hours), run in runs)
    return f"{week}, {calendar.zone}"


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _weekdays(run: Sequence[int]) -> str:
    first, last = WEEKDAYS[run[0]], WEEKDAYS[run[-1]]
    if len(run) == 1:
        return first
    return f"{first} and {last}" if len(run) == 2 else f"{first} to {last}"


def _hours(hours: Sequence[tuple[time, time]]) -> str:
    if tuple(hours) == (WHOLE_DAY,):
        return "all day"
    return " and ".join(
        f"{clock(opens)} to {'24:00' if closes == MIDNIGHT else clock(closes)}" for opens, closes in hours
    )
