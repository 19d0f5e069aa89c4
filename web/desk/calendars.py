"""Business hours and holidays as pages show them: regions with their weeks, places with their closures (A-02)."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max

from accounts.calendars import as_of, kept_by, region_of, require_place
from accounts.models import FrozenCalendar, Holiday, HolidayImport, Organization, Region, RegionCalendar, User
from accounts.permissions import may
from accounts.place_names import country_name, place_name
from accounts.refusal import Refusal
from cases.models import Case
from sla import words
from sla.bases import calendar_of
from web.case.times import Moment, Times
from web.desk.calendar_forms import Look
from web.desk.simulator import may_tell

YEAR = timedelta(days=365)
MONTHS, DAYS_ACROSS = 12, 31
MOVES_SHOWN = 20


def calendars_page(reader: User, times: Times) -> dict[str, Any]:
    """Every region with its weeks, every place whose holidays count, in a fixed number of statements."""
    regions = Region.objects.prefetch_related("calendars")
    return {
        "regions": [(region, [_week(region, one) for one in _weeks(region)]) for region in regions],
        "places": list(_places(times.today)),
        "may_simulate": may_tell(reader),
        "may_keep": bool(may(reader, "keep", RegionCalendar)),
    }


def _weeks(region: Region) -> list[RegionCalendar]:
    return sorted(region.calendars.all(), key=lambda one: one.country)


def _week(region: Region, kept: RegionCalendar) -> tuple[RegionCalendar, str, str]:
    """Weekly hours, for which country, in words."""
    return (
        kept,
        country_name(kept.country),
        _in_words(FrozenCalendar(zone=region.anchor_zone, weekly=kept.weekly, holidays={})),
    )


def _in_words(frozen: FrozenCalendar) -> str:
    """The week: "Monday to Friday, 08:00 to 18:00"."""
    return words.opening_hours(calendar_of(frozen)).rpartition(", ")[0]


@dataclass(frozen=True, slots=True)
class Place:
    """A country, or a part of it, with its closures of the coming year; `pinned_until` is None before any is pinned."""

    country: str
    subdivision: str
    organizations: int
    closures: int
    coming: str
    pinned_until: int | None

    @property
    def name(self) -> str:
        return place_name(self.country, self.subdivision)


def _places(today: date) -> Iterator[Place]:
    place = ("country", "subdivision")
    lived_in = {one[:2]: one[2] for one in Organization.objects.values_list(*place).annotate(Count("pk")).order_by()}
    pinned = {one[:2]: one[2] for one in HolidayImport.objects.values_list(*place).annotate(Max("year")).order_by()}
    ahead = list(Holiday.objects.filter(on__gte=today, on__lt=today + YEAR).order_by("on"))
    known = {*lived_in, *pinned, *((one.country, one.subdivision) for one in ahead)}
    for country, subdivision in sorted(known, key=lambda one: place_name(*one)):
        days = {one.on: one.name for one in reversed(ahead) if _is_kept(one, country, subdivision)}
        coming = min(days, default=None)
        yield Place(
            country,
            subdivision,
            lived_in.get((country, subdivision), 0),
            len(days),
            f"{words.day(coming)} {coming:%b}, {days[coming]}" if coming else "",
            pinned.get((country, subdivision)),
        )


def _is_kept(row: Holiday, country: str, subdivision: str) -> bool:
    """`accounts.calendars.kept_by`, for rows that are at hand."""
    whole = row.source == Holiday.Source.ADMIN and not row.subdivision
    return row.country == country and (whole or row.subdivision == subdivision)


# One place


@dataclass(frozen=True, slots=True)
class Cell:
    """A day in a month's strip that is not plainly open; places are percentages of its width."""

    look: str
    x: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month as a strip of its days."""

    name: str
    business_days: int
    closed: str
    width: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Closed:
    """A day without business hours, or one that closes early; `row` is the closure when it can be removed."""

    day: str
    name: str
    public: bool
    row: Holiday | None


def place_page(country: str, subdivision: str, reader: User, times: Times) -> dict[str, Any] | None:
    """A place's coming year as a case that was received now would be counted; None for a place that is not known.

    Where no region has anybody, the hours of any region stand for an example, and `example` says so.
    """
    theirs = region_of(country)
    region = theirs or Region.objects.filter(calendars__country="").first()
    if region is None or not _is_known(country, subdivision):
        return None
    there = Organization(region=region, country=country, subdivision=subdivision)
    frozen = as_of(there, times.now)
    until = times.today + YEAR
    kept = Holiday.objects.filter(kept_by(country, subdivision), source=Holiday.Source.ADMIN)
    closures = {one.on: one for one in kept.filter(on__gte=times.today, on__lt=until)}
    ahead = sorted(on for on in frozen.closure_names if times.today <= on < until)
    return {
        "country": country,
        "subdivision": subdivision,
        "name": place_name(country, subdivision),
        "region": region,
        "example": theirs is None,
        "nobody": not Organization.objects.filter(country=country).exists(),
        "country_name": country_name(country),
        "hours": _in_words(frozen),
        "months": [_month(frozen, *one) for one in _months(times.today)],
        "days": [_closed(frozen, on, closures.get(on)) for on in ahead],
        "imports": HolidayImport.objects.filter(country=country, subdivision=subdivision).order_by("year"),
        "year": times.today.year,
        "may_keep": bool(may(reader, "keep", RegionCalendar)),
    }


def _is_known(country: str, subdivision: str) -> bool:
    try:
        require_place(country, subdivision)
    except Refusal:
        return Holiday.objects.filter(country=country, subdivision=subdivision).exists()
    return True


def _months(today: date) -> Iterator[tuple[int, int]]:
    for offset in range(MONTHS):
        years, month = divmod(today.month - 1 + offset, 12)
        yield today.year + years, month + 1


def _month(frozen: FrozenCalendar, year: int, month: int) -> Month:
    days = [date(year, month, day + 1) for day in range(monthrange(year, month)[1])]
    looks = [_look(frozen, on) for on in days]
    closed = [f"{on.day} {frozen.closure_names[on]}" for on in days if on in frozen.closure_names]
    return Month(
        name=f"{days[0]:%b %Y}",
        business_days=sum(look in {"open", "half"} for look in looks),
        closed="; ".join(closed),
        width=_across(0.86),
        cells=[Cell(look, _across(offset)) for offset, look in enumerate(looks)],
    )


def _look(frozen: FrozenCalendar, on: date) -> str:
    if on in frozen.closed_on:
        return "holiday"
    if not frozen.hours_on(on):
        return "rest"
    return "half" if on in frozen.closing_times else "open"


def _across(days: float) -> str:
    return f"{days / DAYS_ACROSS:.3%}"


def _closed(frozen: FrozenCalendar, on: date, row: Holiday | None) -> Closed:
    day = f"{on:%A} {on.day} {on:%B %Y}"
    return Closed(day, frozen.closure_names[on], row is None, row)


# What a change would do


def look_page(look: Look, times: Times) -> dict[str, Any]:
    """The public holidays and the running clocks that a change would move."""
    return {
        "look": look,
        "touched": len(look.moves),
        "moves": [
            (one.case, _due(one.before, one.case, times), _due(one.after, one.case, times), one.missed)
            for one in look.moves[:MOVES_SHOWN]
        ],
    }


def _due(at: datetime | None, case: Case, times: Times) -> Moment | None:
    return times.moment(at, case.calendar.zone, case.calendar.place) if at else None
