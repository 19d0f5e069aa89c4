"""Keeping business hours and closures: changed by administrators alone, noted, and what cannot be is refused.

Nothing here moves a running clock: a case keeps the hours it was received under (A-09).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.calendars import kept_by, pin_again, require_place
from accounts.days import EARLIEST, LATEST, require_near
from accounts.history import note
from accounts.holiday_imports import Difference, import_holidays
from accounts.models import Holiday, Region, RegionCalendar, User, validate_weekly, validate_zone
from accounts.permissions import may
from accounts.refusal import Refusal
from accounts.versions import Gone, digest, require_unchanged

MOST_YEARS = 10
CLOSING = 7_305_115  # the advisory locks of who closes a day, by country

Weekly = Mapping[str, Sequence[Sequence[str]]]
"""Weekly hours as `RegionCalendar` keeps them."""


def require_keeper(by: User) -> None:
    """Raise PermissionDenied unless `by` keeps calendars."""
    if not (decision := may(by, "keep", RegionCalendar)):
        raise PermissionDenied(decision.reason)


@transaction.atomic
def keep_week(region: Region, country: str, weekly: Weekly, *, by: User, seen: str | None = None) -> RegionCalendar:
    """Give a region ("" as country), or one of its countries, these weekly hours.

    `seen` is the `hours_version` that somebody looked at; None: nobody did. Raises Changed when others are kept by now,
    Refusal for an unknown country and for hours that cannot be, PermissionDenied unless `by` keeps calendars.
    """
    require_keeper(by)
    _require_hours_as_seen(region, country, seen)
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
def remove_week(region: Region, country: str, *, by: User, seen: str | None = None) -> None:
    """Let a country keep the hours of its region again.

    Raises Gone when it does already, Changed as `keep_week` does, Refusal for the region's own hours.
    """
    require_keeper(by)
    if not country:
        raise Refusal("week_needed", "A region has hours of its own: change them instead.")
    week = _require_hours_as_seen(region, country, seen)
    if week is None:
        raise Gone
    note(week, DELETION, by=by)
    week.delete()


def hours_version(region: Region, country: str) -> str:
    """A name for the weekly hours that are kept, and for the zone that goes with a region's; "" for none."""
    week = RegionCalendar.objects.filter(region=region, country=country).first()
    zone = "" if country else Region.objects.values_list("anchor_zone", flat=True).get(pk=region.pk)
    return digest(zone, sorted(week.weekly.items())) if week else ""


def _require_hours_as_seen(region: Region, country: str, seen: str | None) -> RegionCalendar | None:
    """The hours that are kept, and no others until this is done: whoever changes hours of the region waits."""
    Region.objects.select_for_update().get(pk=region.pk)
    week = RegionCalendar.objects.filter(region=region, country=country).first()
    require_unchanged(seen, week, hours_version(region, country))
    return week


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
    _one_at_a_time(country)
    _require_open(country, subdivision, on)
    try:
        with transaction.atomic():
            row = Holiday.objects.create(
                country=country, subdivision=subdivision, on=on, name=name, closed_from=closed_from
            )
    except IntegrityError:  # a case was received at this moment, which pinned the year
        _require_open(country, subdivision, on)
        raise
    note(row, ADDITION, by=by)
    return row


def _one_at_a_time(country: str) -> None:
    """Wait for whoever closes a day there: a closure of the whole country and one of a part are no two rows to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [CLOSING, country])


def _require_open(country: str, subdivision: str, on: date) -> None:
    if kept := Holiday.objects.filter(kept_by(country, subdivision), on=on).first():
        early = f" from {kept.closed_from:%H:%M}" if kept.closed_from else ""
        raise Refusal("on_taken", f"{on.day} {on:%B %Y} is closed already{early}: {kept.name}.")


@transaction.atomic
def reopen(closure: Holiday, *, by: User) -> bool:
    """Take a closure back; whether a public holiday of the same name, in whose place it stood, closes the day now.

    Raises Refusal for a public holiday: those follow from an import; Gone when it is not there any more.
    """
    require_keeper(by)
    if closure.source != Holiday.Source.ADMIN:
        raise Refusal("closure_public", "A public holiday is not removed by hand: import its year instead.")
    if not Holiday.objects.select_for_update().filter(pk=closure.pk).exists():
        raise Gone
    note(closure, DELETION, by=by)
    closure.delete()
    return pin_again(closure.country, closure.subdivision, closure.on, closure.name)


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
