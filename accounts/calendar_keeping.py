"""Keeping business hours and closures: changed by administrators alone, noted, and what cannot be is refused.

Nothing here moves a running clock: a case keeps the hours it was received under (A-09).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.calendars import kept_by, require_place
from accounts.days import EARLIEST, LATEST, require_near
from accounts.history import note
from accounts.holiday_imports import Difference, import_holidays
from accounts.models import Holiday, Region, RegionCalendar, User, validate_weekly, validate_zone
from accounts.permissions import may
from accounts.refusal import Refusal

MOST_YEARS = 10

Weekly = Mapping[str, Sequence[Sequence[str]]]
"""Weekly hours as `RegionCalendar` keeps them."""


def require_keeper(by: User) -> None:
    """Raise PermissionDenied unless `by` keeps calendars."""
    if not (decision := may(by, "keep", RegionCalendar)):
        raise PermissionDenied(decision.reason)


@transaction.atomic
def keep_week(region: Region, country: str, weekly: Weekly, *, by: User) -> RegionCalendar:
    """Give a region ("" as country), or one of its countries, these weekly hours.

    Raises Refusal for an unknown country and for hours that cannot be, PermissionDenied unless `by` keeps calendars.
    """
    require_keeper(by)
    if country:
        require_place(country, "")
    try:
        validate_weekly(weekly)
    except ValidationError as error:
        raise Refusal("weekly_impossible", " ".join(error.messages)) from error
    week, added = RegionCalendar.objects.update_or_create(region=region, country=country, defaults={"weekly": weekly})
    note(week, ADDITION if added else CHANGE, by=by)
    return week


@transaction.atomic
def remove_week(week: RegionCalendar, *, by: User) -> None:
    """Let a country keep the hours of its region again. Raises Refusal for the region's own hours."""
    require_keeper(by)
    if not week.country:
        raise Refusal("week_needed", "A region has hours of its own: change them instead.")
    note(week, DELETION, by=by)
    week.delete()


@transaction.atomic
def keep_anchor(region: Region, zone: str, *, by: User) -> None:
    """Let organizations of the region that have no zone of their own live by `zone`. Raises Refusal if unknown."""
    require_keeper(by)
    try:
        validate_zone(zone)
    except ValidationError as error:
        raise Refusal("zone_unknown", " ".join(error.messages)) from error
    kept = Region.objects.select_for_update().get(pk=region.pk)
    if zone != kept.anchor_zone:
        kept.anchor_zone = zone
        kept.save(update_fields=["anchor_zone"])
        note(kept, CHANGE, by=by)


@transaction.atomic
def close(country: str, subdivision: str, on: date, name: str, closed_from: time | None = None, *, by: User) -> Holiday:
    """Close a country, or one part of it, on a day: all day, or from a local time on.

    Raises Refusal for a place that is not known, a day that is closed there already, a half day that begins at
    midnight; PermissionDenied unless `by` keeps calendars.
    """
    require_keeper(by)
    require_place(country, subdivision)
    require_near("on", on)
    if closed_from == time():
        raise Refusal("closed_from_midnight", "Closed from midnight is closed all day: leave this empty.")
    if kept := Holiday.objects.filter(kept_by(country, subdivision), on=on).first():
        early = f" from {kept.closed_from:%H:%M}" if kept.closed_from else ""
        raise Refusal("on_taken", f"{on.day} {on:%B %Y} is closed already{early}: {kept.name}.")
    row = Holiday.objects.create(
        country=country, subdivision=subdivision, on=on, name=name, closed_from=closed_from, source=Holiday.Source.ADMIN
    )
    note(row, ADDITION, by=by)
    return row


@transaction.atomic
def reopen(closure: Holiday, *, by: User) -> None:
    """Take a closure back. Raises Refusal for a public holiday: those follow from an import."""
    require_keeper(by)
    if closure.source != Holiday.Source.ADMIN:
        raise Refusal("closure_public", "A public holiday is not removed by hand: import its year instead.")
    note(closure, DELETION, by=by)
    closure.delete()


@transaction.atomic
def import_years(country: str, subdivision: str, first: int, last: int, *, by: User, at: datetime) -> list[Difference]:
    """Pin the public holidays of some years anew, all of them or none, and return what that changed in each.

    Raises Refusal for a place or a year that is not known, PermissionDenied unless `by` keeps calendars.
    """
    require_keeper(by)
    if not EARLIEST.year <= first <= LATEST.year:
        raise Refusal("year_far", f"Choose a year from {EARLIEST.year} to {LATEST.year}.")
    if not first <= last < first + MOST_YEARS:
        raise Refusal("last_year_far", f"Choose up to {MOST_YEARS} years, the first one before the last.")
    return [import_holidays(country, subdivision, year, by=by, at=at) for year in range(first, last + 1)]
