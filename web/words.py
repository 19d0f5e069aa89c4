"""How moments and lengths are written on screens. Pure: the reader's zone and the present moment are handed in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sla import words

NO_BREAK = "\u00a0"
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
SIZES = ("bytes", "kB", "MB", "GB", "TB")


def length(amount: timedelta) -> str:
    """The two largest parts of a length, which no line breaks apart (`sla.words.length`)."""
    return words.length(amount, NO_BREAK)


def countdown(due_at: datetime, now: datetime) -> str:
    """How far a deadline is: "in 2 h 10 min" before it, "22 min late" after it, "just late" in the first minute.

    `static/js/countdown.js` moves these words on and must write the same.
    """
    if now <= due_at:
        return f"in {length(due_at - now)}"
    whole_minutes = timedelta(minutes=(now - due_at) // timedelta(minutes=1))
    return f"{length(whole_minutes)} late" if whole_minutes else "just late"


def zone_name(instant: datetime, zone: str) -> str:
    """The zone's short name at that moment, "CET"; "UTC+05:45" where there is no name but an offset."""
    return words.zone_name(instant.astimezone(ZoneInfo(zone)))


def day(instant: datetime, zone: str, now: datetime) -> str:
    """ "Tue 1 Dec", with the year when it is not the present one."""
    local, today = (moment.astimezone(ZoneInfo(zone)) for moment in (instant, now))
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}"


def time_of_day(instant: datetime, zone: str) -> str:
    """ "12:05 CET"."""
    return f"{instant.astimezone(ZoneInfo(zone)):%H:%M} {zone_name(instant, zone)}"


def moment(instant: datetime, zone: str, now: datetime) -> str:
    """ "Tue 1 Dec, 12:05 CET"."""
    return f"{day(instant, zone, now)}, {time_of_day(instant, zone)}"


def same_clock(instant: datetime, one: str, other: str) -> bool:
    """Whether both zones show the same time under the same name at that moment."""
    return time_of_day(instant, one) == time_of_day(instant, other)


def iso(instant: datetime) -> str:
    """For `<time datetime>`: UTC, to the second."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def size(count: int) -> str:
    """A file's size in decimal units: "999 bytes", "3.8 GB"."""
    amount, unit = float(count), 0
    while amount >= 999.5 and unit < len(SIZES) - 1:
        amount, unit = amount / 1000, unit + 1
    number = f"{amount:.1f}" if unit and amount < 9.95 else f"{amount:.0f}"
    return f"{number}{NO_BREAK}{SIZES[unit]}"


def initials(name: str) -> str:
    """First letters of the first and the last part of a name."""
    parts = name.split()
    return "".join(part[0] for part in parts[:1] + parts[1:][-1:]).upper() or "?"


def browser(user_agent: str) -> str:
    """What a person calls the browser of a User-Agent header: "Firefox on Windows"."""
    program, system = (next((name for mark, name in marks if mark in user_agent), "") for marks in (BROWSERS, SYSTEMS))
    return " on ".join(filter(None, (program, system))) or "Unknown browser"
