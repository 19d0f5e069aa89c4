"""Importing a year of public holidays: what would change first, and all of it or nothing (A-02).

What is imported replaces the public holidays that were pinned for that country, subdivision and year; closures that
administrators keep stay, and decide: on a day that is closed by hand under the name of its public holiday, an import
changes nothing. Calendars that are frozen do not change.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from importlib.metadata import version

import holidays
from django.contrib.admin.models import CHANGE
from django.db import transaction
from django.db.models import QuerySet

from accounts.calendars import pin
from accounts.history import note
from accounts.models import Holiday, HolidayImport, User
from accounts.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does to a day: added if it had no name before, removed if it has none after, else renamed."""

    on: date
    before: str
    after: str


class Kind(StrEnum):
    """What becomes of a public holiday."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED = "moved"
    KEPT = "kept, closed by hand"


@dataclass(frozen=True, slots=True)
class Line:
    """A difference as people read it: `before` is the day that a holiday moved from, or the name it had, in words."""

    kind: Kind
    on: date
    name: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the installed `release` of the package says otherwise than the pinned rows of a year, day by day.

    `kept` are the days that are closed by hand under the name of their public holiday, each with that name in words.
    """

    country: str
    subdivision: str
    year: int
    release: str
    changes: tuple[Change, ...]
    kept: tuple[tuple[date, str], ...] = ()

    @property
    def token(self) -> str:
        """Tells whether a difference is the one that somebody looked at."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    @property
    def lines(self) -> list[Line]:
        """The changes by day, a name that leaves one day for another told once."""
        left = {change.before: change.on for change in self.changes if change.before and not change.after}
        moved = {
            change.after: left[change.after] for change in self.changes if change.after in left and not change.before
        }
        changed = [
            self._line(change, moved)
            for change in self.changes
            if change.after or moved.get(change.before) != change.on
        ]
        kept = [Line(Kind.KEPT, on, name) for on, name in self.kept]
        return sorted([*changed, *kept], key=lambda line: line.on)

    def _line(self, change: Change, moved: Mapping[str, date]) -> Line:
        if not change.after:
            return Line(Kind.REMOVED, change.on, change.before)
        if change.before:
            return Line(Kind.RENAMED, change.on, change.after, change.before)
        if was := moved.get(change.after):
            return Line(Kind.MOVED, change.on, change.after, f"{was:%a} {was.day} {was:%b %Y}")
        return Line(Kind.ADDED, change.on, change.after)


def difference(country: str, subdivision: str, year: int) -> Difference:
    """Compare a year of the package with what is pinned; changes nothing.

    Raises Refusal for a country or subdivision ("" for none) or a year that the package does not know.
    """
    told = _told(country, subdivision, year)
    rows = _pinned(country, subdivision, year).values_list("on", "name")
    pinned = dict(rows)
    kept = _closed_by_hand(country, subdivision, told)
    days = sorted({*told, *pinned} - set(kept))
    changes = (Change(on, pinned.get(on, ""), told.get(on, "")) for on in days)
    return Difference(
        country=country,
        subdivision=subdivision,
        year=year,
        release=version("holidays"),
        changes=tuple(change for change in changes if change.before != change.after),
        kept=tuple(sorted(kept.items())),
    )


@transaction.atomic
def import_holidays(
    country: str, subdivision: str, year: int, *, by: User | None, at: datetime, seen: str = ""
) -> Difference:
    """Pin a year anew, and return what that changed.

    `by` is None from a terminal. `seen` is the token of the difference that was looked at: Refusal when there is
    another by now. Raises Refusal as `difference` does; then nothing has changed.
    """
    record, _ = HolidayImport.objects.select_for_update().get_or_create(
        country=country, subdivision=subdivision, year=year, defaults={"release": version("holidays")}
    )
    found = difference(country, subdivision, year)
    if seen and seen != found.token:
        raise Refusal("import_changed", "The holidays have changed since you looked. Look again, then import.")
    gone = [change.on for change in found.changes if change.before]
    _pinned(country, subdivision, year).filter(on__in=gone).delete()
    pin(country, subdivision, {change.on: change.after for change in found.changes if change.after})
    record.release, record.imported_by, record.imported_at = found.release, by, at
    record.save()
    if by:
        note(record, CHANGE, by=by)
    return found


def _pinned(country: str, subdivision: str, year: int) -> QuerySet[Holiday]:
    return Holiday.objects.filter(
        country=country, subdivision=subdivision, on__year=year, source=Holiday.Source.LIBRARY
    )


def _closed_by_hand(country: str, subdivision: str, told: Mapping[date, str]) -> dict[date, str]:
    """Those of the days told that an administrator closed there under the same name: "Town fair, closed from 13:00"."""
    closures = Holiday.objects.filter(
        country=country, subdivision=subdivision, on__in=told, source=Holiday.Source.ADMIN
    )
    return {
        one.on: f"{one.name}, closed from {one.closed_from:%H:%M}" if one.closed_from else one.name
        for one in closures
        if one.name == told[one.on]
    }


def _told(country: str, subdivision: str, year: int) -> dict[date, str]:
    """What the package says of a year, names cut to what a row holds."""
    supported = holidays.list_supported_countries()
    if country not in supported:
        raise Refusal("country_unknown", f"“{country}” is not a country whose holidays are known, such as GB or JP.")
    if subdivision and subdivision not in supported[country]:
        known = ", ".join(supported[country]) or "none"
        raise Refusal("subdivision_unknown", f"“{subdivision}” is no part of {country} with own holidays ({known}).")
    told = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    if not told:
        raise Refusal("year_unknown", f"No holidays of {country} are known for {year}.")
    return {on: name[:200] for on, name in told.items()}
