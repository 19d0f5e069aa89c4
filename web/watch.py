"""Who or what is open now, in the words of the bar: support centers for staff, business hours for customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.calendars import hours_of_a_day
from accounts.models import Organization, Shift
from accounts.rosters import Stretch, stretches
from sla.bases import calendar_of
from sla.calendars import next_opening, open_until
from web import words

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Watch:
    """One line of the bar: who (or what) is open, what follows, and the long form."""

    who: str
    what: str
    title: str


def shifts_around(now: datetime) -> list[Shift]:
    """The shifts of the day in UTC that `now` (aware) lies in and of both its neighbors, with their centers."""
    days = {(now.astimezone(UTC) + offset).weekday() for offset in (-DAY, timedelta(0), DAY)}
    return list(Shift.objects.filter(weekday__in=days).select_related("center"))


def centers_on_shift(shifts: Sequence[Shift], now: datetime, zone: str) -> Watch:
    """The support centers whose shift is open at `now` (aware), the one that closes last first.

    Each has its own end, told in the reader's `zone`.
    """
    present = [one for one in stretches(shifts, now, now + DAY) if one.opens == now]
    if not present:
        return Watch("No center", "is on shift; engineers are on call", "No support center is on shift now.")
    present.sort(key=lambda one: one.closes, reverse=True)
    names = " and ".join(one.center.name for one in present)
    each = ", ".join(f"{one.center.name} until {words.time_of_day(one.closes, zone)}" for one in present)
    return Watch(names, f"on shift until {_ends([one.closes for one in present], zone)}", f"On shift now: {each}.")


def _ends(closings: Sequence[datetime], zone: str) -> str:
    """The different ends in the order given, whose zone is named once: "18:00 and 15:00 GMT"."""
    *first, last = dict.fromkeys(closings)
    there = ZoneInfo(zone)
    return " and ".join([*(f"{one.astimezone(there):%H:%M}" for one in first), words.time_of_day(last, zone)])


@dataclass(frozen=True, slots=True)
class Part:
    """A shift as a part of the watch line, in percent of the day; `holds` while it is a present one."""

    x: str
    width: str
    holds: bool


@dataclass(frozen=True, slots=True)
class WatchLine:
    """The day in UTC: when a center is on shift, and how much of it has passed; `title` says it in words."""

    parts: tuple[Part, ...]
    now: str
    title: str


def watch_line(shifts: Sequence[Shift], now: datetime) -> WatchLine:
    """The watch line of the day that `now` (aware) lies in."""
    now = now.astimezone(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = stretches(shifts, midnight, midnight + DAY)
    parts = [
        Part(_percent(one.opens - midnight), _percent(one.closes - one.opens), one.opens <= now < one.closes)
        for one in today
    ]
    parts.sort(key=lambda part: part.holds)  # what is drawn last lies on top
    told = "; ".join(_in_words(one, midnight) for one in today) or "no center"
    return WatchLine(tuple(parts), _percent(now - midnight), f"The day in UTC, now {now:%H:%M}. On shift: {told}.")


def _percent(length: timedelta) -> str:
    return f"{100 * (length / DAY):.2f}"


def _in_words(one: Stretch, midnight: datetime) -> str:
    end = "24:00" if one.closes == midnight + DAY else f"{one.closes:%H:%M}"
    return f"{one.center.name} {one.opens:%H:%M} to {end}"


def business_hours(organization: Organization, now: datetime) -> Watch | None:
    """Whether business hours of the account run at `now` (aware), in its own time and place (C-COV-01, A-34).

    None if its holidays are unknown.
    """
    zone = organization.own_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    hours = hours_of_a_day(organization, today)
    if hours is None:
        return None
    calendar, title = calendar_of(hours), f"Business hours in {organization.place}. Severity 1 is always open."
    if closes := open_until(calendar, now):
        return Watch(f"{organization.place} open", f"until {words.time_of_day(closes, zone)}", title)
    opens = next_opening(calendar, now)
    later = opens.astimezone(ZoneInfo(zone)).date() > today  # whose holidays nobody has asked for
    until = "the next business day" if later else words.time_of_day(opens, zone)
    return Watch(f"{organization.place} closed", f"until {until}; Severity 1 always open", title)
