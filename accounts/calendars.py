"""The business hours of an organization, frozen when a case is received.

Holidays come from the `holidays` package once per country and year and are pinned as rows (A-02); administrators add
closures beside them. A later release of the package changes nothing that is stored.
"""

from datetime import date, datetime
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.db import transaction
from django.db.models import Exists, F, Q, QuerySet, Subquery

from accounts.models import FrozenCalendar, Holiday, HolidayImport, Organization, Region, RegionCalendar
from accounts.refusal import Refusal

YEARS_BEFORE, YEARS_AFTER = 1, 3


def freeze(organization: Organization, at: datetime) -> FrozenCalendar:
    """The organization's business hours as they stand at `at` (aware), good from the year before to three years after.

    Guide: C-COV-02, C-FTS-03; readings A-01, A-02, A-30.
    """
    year = at.astimezone(ZoneInfo(organization.own_zone)).year
    years = range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)
    pin_public_holidays(organization.country, organization.subdivision, years)
    holidays, half_days = _closures_of(organization, years)
    return FrozenCalendar.of(
        zone=organization.own_zone,
        place=organization.place,
        weekly=weekly_hours(organization),
        holidays=holidays,
        half_days=half_days,
    )


def as_of(organization: Organization, at: datetime) -> FrozenCalendar:
    """What `freeze` would give, with nothing stored: neither hours nor holidays; `organization` need not be either."""
    year = at.astimezone(ZoneInfo(organization.own_zone)).year
    years = range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)
    country, subdivision = organization.country, organization.subdivision
    whole, half = _closures_of(organization, years)
    pinned = HolidayImport.objects.filter(country=country, subdivision=subdivision).values_list("year", flat=True)
    closures = Holiday.objects.filter(country=country, subdivision=subdivision, source=Holiday.Source.ADMIN)
    by_hand = set(closures.values_list("on", "name"))  # a public holiday of that name would not be pinned beside it
    for unpinned in set(years) - set(pinned):
        public = _public_holidays(country, subdivision, unpinned)
        whole = {day.isoformat(): name for day, name in public.items() if (day, name[:200]) not in by_hand} | whole
    return FrozenCalendar(
        zone=organization.own_zone,
        place=organization.place,
        weekly=weekly_hours(organization),
        holidays=whole,
        half_days={day: early for day, early in half.items() if day not in whole},
    )


def knows_country(country: str) -> bool:
    """Whether public holidays of this country (ISO 3166, two letters) are known."""
    return country in holidays.list_supported_countries()


def require_place(country: str, subdivision: str) -> None:
    """Raise Refusal unless the holidays of this place are known or an organization is there; "" is the whole country.

    The code begins with the part that is wrong.
    """
    there = Organization.objects.filter(country=country)
    parts = holidays.list_supported_countries().get(country)
    if parts is None and not there.exists():
        raise Refusal("country_unknown", f"“{country}” is not a country whose holidays are known, such as GB or JP.")
    if subdivision and subdivision not in (parts or []) and not there.filter(subdivision=subdivision).exists():
        known = ", ".join(parts or []) or "none"
        raise Refusal("subdivision_unknown", f"“{subdivision}” is no part of {country} with own holidays ({known}).")


def region_of(country: str) -> Region | None:
    """The region whose organizations are there, or whose support centers, or that keeps hours of this country."""
    with_hours = Region.objects.filter(calendars__country="").distinct()
    return (
        with_hours.filter(organizations__country=country).first()
        or with_hours.filter(centers__country=country).first()
        or with_hours.filter(pk__in=RegionCalendar.objects.filter(country=country).values("region")).first()
    )


def renewed(frozen: FrozenCalendar, organization: Organization, received_at: datetime) -> FrozenCalendar:
    """What was frozen when a case was received, with the closures of the same years as they now stand; not stored."""
    year = received_at.astimezone(ZoneInfo(frozen.zone)).year
    holidays, half_days = _closures_of(organization, range(year - YEARS_BEFORE, year + YEARS_AFTER + 1))
    return _instead(frozen, holidays=holidays, half_days=half_days)


def with_week_of_now(frozen: FrozenCalendar, organization: Organization) -> FrozenCalendar:
    """What was frozen, closures included, with the weekly hours as they now stand; not stored."""
    return _instead(frozen, weekly=weekly_hours(organization))


def _instead(frozen: FrozenCalendar, **other: Any) -> FrozenCalendar:
    now = FrozenCalendar(**frozen.content | other)
    now.digest = now.content_digest
    return now


def weekly_hours(organization: Organization) -> dict[str, list[list[str]]]:
    """The country's weekly hours where it has its own, the region's otherwise."""
    calendar = _calendars(organization).first()
    if calendar is None:
        raise LookupError(f"Region {organization.region_id} has no calendar.")
    return calendar.weekly


def _calendars(organization: Organization) -> QuerySet[RegionCalendar]:
    """The country's own calendar, if it has one, before the region's."""
    kept = RegionCalendar.objects.filter(region=organization.region_id, country__in=["", organization.country])
    return kept.order_by("-country")


def _closures_of(organization: Organization, years: range) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The closures of the country and the subdivision, and the public holidays as the subdivision keeps them.

    First the whole days, ISO date to name; then the half days, ISO date to the time from which it is closed and the
    name. A day that is closed for a whole reason is no half day, and of two half days the earlier closing counts.
    """
    kept = Holiday.objects.filter(kept_by(organization.country, organization.subdivision))
    rows = kept.filter(on__year__gte=years.start, on__year__lt=years.stop).order_by(
        "on", F("closed_from").asc(nulls_first=True), "source", "name"
    )
    whole: dict[str, str] = {}
    half: dict[str, list[str]] = {}
    for row in rows:
        day = row.on.isoformat()
        if row.closed_from is None:
            whole.setdefault(day, row.name)
        elif day not in whole:
            half.setdefault(day, [f"{row.closed_from:%H:%M}", row.name])
    return whole, half


def kept_by(country: str, subdivision: str) -> Q:
    """The days that are kept there: its public holidays, and the closures of the whole country or that part of it."""
    closures = Q(source=Holiday.Source.ADMIN, subdivision__in=["", subdivision])
    public = Q(source=Holiday.Source.LIBRARY, subdivision=subdivision)
    return Q(country=country) & (closures | public)


def hours_of_a_day(organization: Organization, on: date) -> FrozenCalendar | None:
    """The organization's hours, true for the local day `on` alone and not stored, in one statement.

    None while the public holidays of that year are not pinned, or when the region has no calendar.
    """
    pinned = HolidayImport.objects.filter(
        country=organization.country, subdivision=organization.subdivision, year=on.year
    )
    kept = Holiday.objects.filter(kept_by(organization.country, organization.subdivision), on=on)
    closures = kept.order_by(F("closed_from").asc(nulls_first=True))
    found = (
        _calendars(organization)
        .annotate(closed=Exists(closures), closed_from=Subquery(closures.values("closed_from")[:1]))
        .filter(Exists(pinned))
        .values_list("weekly", "closed", "closed_from")
        .first()
    )
    if found is None:
        return None
    weekly, closed, closed_from = found
    holidays = {on.isoformat(): ""} if closed and closed_from is None else {}
    half_days = {on.isoformat(): [f"{closed_from:%H:%M}", ""]} if closed_from else {}
    return FrozenCalendar(
        zone=organization.own_zone,
        place=organization.place,
        weekly=weekly,
        holidays=holidays,
        half_days=half_days,
    )


@transaction.atomic
def pin_public_holidays(country: str, subdivision: str, years: range) -> None:
    """Copy a country's public holidays, as its subdivision ("" for none) keeps them, into rows: each year once."""
    pinned = HolidayImport.objects.filter(country=country, subdivision=subdivision).values_list("year", flat=True)
    for year in sorted(set(years) - set(pinned)):
        _, first = HolidayImport.objects.get_or_create(
            country=country, subdivision=subdivision, year=year, defaults={"release": version("holidays")}
        )
        if first:
            pin(country, subdivision, _public_holidays(country, subdivision, year))


def pin(country: str, subdivision: str, named: dict[date, str]) -> None:
    """Write the rows; a closure of the same name that an administrator kept already stays as it is."""
    Holiday.objects.bulk_create(
        (
            Holiday(country=country, subdivision=subdivision, on=day, name=name[:200], source=Holiday.Source.LIBRARY)
            for day, name in named.items()
        ),
        ignore_conflicts=True,
    )


def pin_again(country: str, subdivision: str, on: date, name: str) -> bool:
    """Pin the public holiday in whose place a closure of the same name stood; whether there was one."""
    day = Holiday.objects.filter(country=country, subdivision=subdivision, on=on, source=Holiday.Source.LIBRARY)
    year = HolidayImport.objects.filter(country=country, subdivision=subdivision, year=on.year)
    if day.exists() or not year.exists():
        return False
    told = _public_holidays(country, subdivision, on.year).get(on, "")[:200]
    if told == name:
        pin(country, subdivision, {on: name})
    return told == name


def _public_holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    """What the package knows: the whole country's days for an unknown subdivision, nothing for an unknown country."""
    supported = holidays.list_supported_countries()
    if country not in supported:
        return {}
    subdiv = subdivision if subdivision in supported[country] else None
    return dict(holidays.country_holidays(country, subdiv=subdiv, years=year, language="en_US"))
