"""The business hours of an organization, frozen when a case is received.

Holidays come from the `holidays` package once per country and year and are pinned as rows (A-02); administrators add
closures beside them. A later release of the package changes nothing that is stored.
"""

from datetime import date, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

import holidays
from django.db import transaction
from django.db.models import Exists, Q, QuerySet

from accounts.models import FrozenCalendar, Holiday, HolidayImport, Organization, RegionCalendar

YEARS_BEFORE, YEARS_AFTER = 1, 3


def freeze(organization: Organization, at: datetime) -> FrozenCalendar:
    """The organization's business hours as they stand at `at` (aware), good from the year before to three years after.

    Guide: C-COV-02, C-FTS-03; readings A-01, A-02, A-30.
    """
    year = at.astimezone(ZoneInfo(organization.own_zone)).year
    years = range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)
    pin_public_holidays(organization.country, organization.subdivision, years)
    return FrozenCalendar.of(
        zone=organization.own_zone,
        place=organization.place,
        weekly=weekly_hours(organization),
        holidays=_holidays_of(organization, years),
    )


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


def _holidays_of(organization: Organization, years: range) -> dict[str, str]:
    """The closures of the country and the subdivision, and the public holidays as the subdivision keeps them."""
    rows = Holiday.objects.filter(
        kept_by(organization.country, organization.subdivision), on__year__gte=years.start, on__year__lt=years.stop
    ).order_by("on", "source", "name")
    named: dict[str, str] = {}
    for row in rows:
        named.setdefault(row.on.isoformat(), row.name)
    return named


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
    found = (
        _calendars(organization)
        .annotate(closed=Exists(Holiday.objects.filter(kept_by(organization.country, organization.subdivision), on=on)))
        .filter(Exists(pinned))
        .values_list("weekly", "closed")
        .first()
    )
    if found is None:
        return None
    weekly, closed = found
    holidays = {on.isoformat(): ""} if closed else {}
    return FrozenCalendar(zone=organization.own_zone, place=organization.place, weekly=weekly, holidays=holidays)


@transaction.atomic
def pin_public_holidays(country: str, subdivision: str, years: range) -> None:
    """Copy a country's public holidays, as its subdivision ("" for none) keeps them, into rows: each year once."""
    pinned = HolidayImport.objects.filter(country=country, subdivision=subdivision).values_list("year", flat=True)
    for year in sorted(set(years) - set(pinned)):
        _, first = HolidayImport.objects.get_or_create(
            country=country, subdivision=subdivision, year=year, defaults={"release": version("holidays")}
        )
        if first:
            _pin(country, subdivision, _public_holidays(country, subdivision, year))


def _pin(country: str, subdivision: str, named: dict[date, str]) -> None:
    """Write the rows; a closure of the same name that an administrator kept already stays as it is."""
    Holiday.objects.bulk_create(
        (
            Holiday(country=country, subdivision=subdivision, on=day, name=name[:200], source=Holiday.Source.LIBRARY)
            for day, name in named.items()
        ),
        ignore_conflicts=True,
    )


def _public_holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    """What the package knows: the whole country's days for an unknown subdivision, nothing for an unknown country."""
    supported = holidays.list_supported_countries()
    if country not in supported:
        return {}
    subdiv = subdivision if subdivision in supported[country] else None
    return dict(holidays.country_holidays(country, subdiv=subdiv, years=year, language="en_US"))
