"""How lengths, moments and opening hours read in English. Standard library only."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby

from entitlements.enums import Hours
from sla.calendars import MIDNIGHT, WHOLE_DAY, Calendar
from sla.promises import Promise

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def spell(length: timedelta) -> str:
    """A length to the second: "4 h 55 min", "30 min", "4 h 54 min 37 s"."""
    hours, rest = divmod(length, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = [(hours, "h"), (minutes, "min"), (rest.seconds, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"


def spell_short(length: timedelta) -> str:
    """A length to the minute, for narrow places: "4 h 55", "3 h 05", "30 min"."""
    hours, rest = divmod(length, HOUR)
    minutes = rest // MINUTE
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes:02}" if minutes else f"{hours} h"


def allowance(promise: Promise) -> str:
    """What a promise allows: "8 business hours", "30 minutes", "1 hour of business days"."""
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
