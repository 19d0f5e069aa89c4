"""Changes of business hours and closures as forms: what each would do is shown before it is saved (A-02, A-09).

A form changes rows and never a running case. The cases are counted anew afterwards, and only if that was asked for.
"""

import calendar
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.choices import CallableChoiceIterator

from accounts import calendar_keeping, weekly_hours
from accounts.calendar_keeping import hours_version
from accounts.calendars import region_of
from accounts.calendars import weekly_hours as week_there
from accounts.holiday_imports import Kind, Line
from accounts.models import Holiday, Organization, Region, RegionCalendar, User
from accounts.place_names import countries, country_name, place_name
from accounts.refusal import Refusal
from cases.models import CaseQuerySet
from sla import words
from sla.recalculation import (
    Becoming,
    Move,
    apply_closures,
    apply_week,
    closures_of_now,
    previewed,
    running_by_week,
    running_in,
    week_of_now,
)
from web.desk.kept_forms import LookedForm, SeenForm
from web.desk.roster_forms import DayField, HoursField

DAYS = [f"day_{weekday}" for weekday in range(7)]


@dataclass(frozen=True, slots=True)
class Look:
    """What a change would do: to public holidays, and to the clocks that run if they were counted by it.

    `changes` are what it changes itself, in words, and `notes` what to weigh.
    """

    lines: list[Line]
    moves: list[Move]
    changes: list[str]
    notes: list[str]


class Counting(NamedTuple):
    """How running cases would be counted by what changes, and what counts them so."""

    becoming: Callable[[], Becoming]
    apply: Callable[..., int]


class ChangeForm(LookedForm):
    """A change of calendars; one that makes none counts running cases by what stands.

    `cases` are those that live by what changes, `reason` is what customers read in one that is counted anew.
    """

    heading: ClassVar[str]
    counting: ClassVar[Counting]
    cases: Callable[[], CaseQuerySet]
    reason: Callable[[], str]
    told: str = ""
    beside: ClassVar[Sequence[Sequence[str]]] = ()
    button: ClassVar[str] = "Save"
    done: ClassVar[str] = "Saved."
    changes_rows: ClassVar[bool] = True

    def __init__(self, data: QueryDict | None, **kwargs: Any):
        super().__init__(data if self.beside or data else QueryDict(), **kwargs)

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        """The fields as they stand beside each other."""
        return [[self[name] for name in names if name in self.fields] for names in self.beside]

    def make(self, by: User, at: datetime) -> list[Line]:
        """Change the rows; say what becomes of public holidays. Raises Refusal, its code beginning with the field."""
        calendar_keeping.require_keeper(by)
        return []

    def changes(self) -> Iterable[str]:
        """What this valid form changes, line by line."""
        return ()

    def notes(self, at: datetime) -> Iterable[str]:
        """What is to be weighed about this valid form; `at` is aware."""
        return ()

    def count(self, by: User, at: datetime) -> int:
        """Count the running cases anew by the rows as they now stand (A-09)."""
        return self.counting.apply(self.cases(), by=by, at=at, reason=self.reason())

    def look(self, by: User, at: datetime) -> Look | None:
        """What this valid form would do; None when something stands against it, which the form then says."""
        lines: list[Line] = []
        changes, notes = list(self.changes()), list(self.notes(at))
        try:
            moves = previewed(lambda: lines.extend(self.make(by, at)), self.cases(), self.counting.becoming(), at)
            return Look(lines, moves, changes, notes)
        except Refusal as refusal:
            self.refuse(refusal)
            return None

    def show(self, look: Look) -> None:
        """Let what is shown now, and nothing else, be saved."""
        self.remember(*self._shown(look))

    def save(self, look: Look, by: User, at: datetime) -> bool:
        """Make the change if it is what was looked at; otherwise the form says what stands against it."""
        if not self.was_looked_at(*self._shown(look)):
            return False
        try:
            with transaction.atomic():
                self.make(by, at)
        except Refusal as refusal:
            self.refuse(refusal)
            return False
        return True

    def _shown(self, look: Look) -> tuple[object, ...]:
        asked = {name: value for name, value in self.cleaned_data.items() if name != "looked"}
        return (
            asked,
            look.lines,
            look.changes,
            look.notes,
            [(move.case.pk, move.before, move.after) for move in look.moves],
        )


def _countries() -> Iterator[tuple[str, str]]:
    """Every country that can be chosen, by its name: those that are known, and those with organizations."""
    lived_in = Organization.objects.values_list("country", flat=True).distinct().order_by("country")
    yield "", "Choose a country"
    yield from ((code, country_name(code)) for code in dict.fromkeys([*countries(), *filter(None, lived_in)]))


class CountryField(forms.CharField):
    def __init__(self) -> None:
        widget = forms.Select(choices=cast(Any, CallableChoiceIterator(_countries)))
        super().__init__(label="Country", max_length=2, widget=widget)
        self.error_messages |= {"required": "Choose a country.", "max_length": "Choose a country of the list."}

    def clean(self, value: Any) -> str:
        return cast(str, super().clean(value)).upper()


class SubdivisionField(forms.CharField):
    def __init__(self) -> None:
        hint = "State or province, such as SCT. Empty: the whole country."
        super().__init__(label="Subdivision", max_length=8, required=False, help_text=hint)
        self.error_messages["max_length"] = "Keep it to %(limit_value)d characters."

    def clean(self, value: Any) -> str:
        return cast(str, super().clean(value)).upper()


# Weekly hours


class DayHoursField(forms.CharField):
    """A day's hours as text; cleans to intervals. That a day may be empty is told once, above all of them."""

    unmarked = True

    def __init__(self, weekday: int):
        super().__init__(label=calendar.day_name[weekday], required=False, max_length=200)
        self.widget.attrs |= {"placeholder": "closed", "spellcheck": "false"}

    def clean(self, value: Any) -> Any:
        try:
            return weekly_hours.read(super().clean(value))
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class OfWeek(ChangeForm):
    """Something about the weekly hours of a region, or of one of its countries."""

    counting = Counting(week_of_now, apply_week)

    def __init__(self, region: Region, country: str, data: QueryDict | None, **kwargs: Any):
        self.region, self.of_country = region, country
        super().__init__(data, **kwargs)

    @property
    def whose(self) -> str:
        """Whose hours these are."""
        return f"{country_name(self.of_country)} in {self.region}" if self.of_country else str(self.region)

    def reason(self) -> str:
        return f"Business hours of {self.whose} were changed."

    def kept_hours(self) -> dict[str, list[list[str]]]:
        """The weekly hours that hold as things stand: the country's own, the region's otherwise, or none."""
        kept = self.region.calendars.filter(country__in=["", self.of_country]).order_by("-country").first()
        return kept.weekly if kept else {}

    def cases(self) -> CaseQuerySet:
        return running_by_week(self.region, self.of_country)


class WeekForm(SeenForm, OfWeek):
    """A week of opening hours."""

    heading = "Weekly hours"
    told = "Local hours, such as 09:00-12:30, 13:30-18:00. A day left empty is closed; midnight at the end is 24:00."
    beside = (("zone", "country"), DAYS[:2], DAYS[2:4], DAYS[4:6], DAYS[6:])
    done = "The hours are saved."

    zone = forms.CharField(
        label="Time zone of the region",
        max_length=64,
        help_text="Such as Europe/London: for organizations whose own zone is unknown. Cases keep the zone they have.",
        error_messages={"required": "Name a time zone."},
    )
    country = CountryField()

    def __init__(self, region: Region, country: str, data: QueryDict | None, *, new: bool = False):
        self.region, self.of_country = region, country
        weekly = self.kept_hours()
        initial = {day: weekly_hours.write(weekly.get(day[-1], [])) for day in DAYS}
        initial |= {"zone": region.anchor_zone, "seen": "" if new else hours_version(region, country)}
        super().__init__(region, country, data, initial=initial)
        if new or country:
            del self.fields["zone"]
        if not new:
            del self.fields["country"]
        for weekday, name in enumerate(DAYS):
            self.fields[name] = DayHoursField(weekday)

    def clean_country(self) -> str:
        self.of_country = self.cleaned_data["country"]
        if self.region.calendars.filter(country=self.of_country).exists():
            raise forms.ValidationError(f"{country_name(self.of_country)} has hours of its own already: change those.")
        return self.of_country

    def clean(self) -> dict[str, Any]:
        """A country that another region serves has no hours here, and what is as it was is no change."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        new = not self.region.calendars.filter(country=self.of_country).exists()
        if new and self.of_country and (elsewhere := self._served_elsewhere()):
            told = f"{country_name(self.of_country)} is served by {elsewhere}: no case there would be counted by this."
            self.add_error("country" if "country" in self.fields else None, told)
        elif not self.errors and not new and not any(self.changes()):
            self.add_error(None, "Nothing is changed.")
        return given

    def _served_elsewhere(self) -> str:
        """The regions of all the organizations in the country, when none is of this one."""
        served = Region.objects.filter(organizations__country=self.of_country).distinct()
        return "" if not served or self.region in served else words.listed(str(one) for one in served)

    def changes(self) -> Iterator[str]:
        """ "Saturday: closed → 09:00–12:00"."""
        kept = self.kept_hours()
        for weekday, name in enumerate(DAYS):
            yield from _change(calendar.day_name[weekday], *map(_hours, (kept.get(name[-1]), self.cleaned_data[name])))
        if "zone" in self.fields:
            yield from _change("Time zone of the region", self.region.anchor_zone, self.cleaned_data["zone"])

    def notes(self, at: datetime) -> Iterator[str]:
        there = Organization.objects.filter(region=self.region, country=self.of_country)
        if self.of_country and not there.exists():
            yield f"No organization of {self.region} is in {country_name(self.of_country)} yet."
        if "country" in self.fields and not any(self.changes()):
            yield f"These are the hours of {self.region}: the country keeps them when the region's change."

    def make(self, by: User, at: datetime) -> list[Line]:
        weekly = {name[-1]: self.cleaned_data[name] for name in DAYS if self.cleaned_data[name]}
        calendar_keeping.keep_week(self.region, self.of_country, weekly, by=by, seen=self.cleaned_data["seen"])
        if "zone" in self.fields:
            calendar_keeping.keep_anchor(self.region, self.cleaned_data["zone"], by=by)
        return []

    def refuse(self, refusal: Refusal) -> None:
        if refusal.code == "weekly_impossible":
            self.add_error(None, refusal.message)
        else:
            super().refuse(refusal)

    def otherwise(self, kept: RegionCalendar) -> Iterator[str]:
        for field in WeekForm(kept.region, kept.country, None).visible_fields():
            if field.name in self.fields and field.field.clean(field.value()) != self.cleaned_data.get(field.name):
                yield f"{field.label}: {field.value() or 'closed'}"


def _hours(hours: Iterable[Sequence[str]] | None) -> str:
    """A day's hours as people read them: "09:00–12:00", or "closed"."""
    return weekly_hours.write(hours or []).replace("-", "–") or "closed"


def _change(what: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{what}: {before} → {after}"


class WeekRemovalForm(SeenForm, OfWeek):
    """A country goes back to the hours of its region."""

    heading = "Remove the country's own hours"
    told = "The hours of the region hold for it again."
    button = "Remove"
    done = "The country's own hours are removed."

    def __init__(self, region: Region, country: str, data: QueryDict | None):
        super().__init__(region, country, data or QueryDict(f"seen={hours_version(region, country)}"))

    def changes(self) -> Iterator[str]:
        own = self.kept_hours()
        regions = self.region.calendars.filter(country="").values_list("weekly", flat=True).first() or {}
        for weekday, name in enumerate(calendar.day_name):
            yield from _change(name, _hours(own.get(str(weekday))), _hours(regions.get(str(weekday))))

    def make(self, by: User, at: datetime) -> list[Line]:
        calendar_keeping.remove_week(self.region, self.of_country, by=by, seen=self.cleaned_data["seen"])
        return []


class WeekCountForm(OfWeek):
    """Running cases are counted by the weekly hours as they stand."""

    heading = "Count running cases by these weekly hours"
    changes_rows = False


# Closures


class OfPlace(ChangeForm):
    """Something about the closures of a country, or of one of its parts."""

    counting = Counting(closures_of_now, apply_closures)

    def __init__(self, country: str, subdivision: str, data: QueryDict | None, **kwargs: Any):
        self.place = country, subdivision
        super().__init__(data, **kwargs)

    @property
    def whose(self) -> str:
        """Whose closures these are."""
        return place_name(*self.place)

    def clean(self) -> None:
        """Go by what was typed from here on."""
        country, subdivision = self.place
        self.place = self.cleaned_data.get("country", country), self.cleaned_data.get("subdivision", subdivision)

    def cases(self) -> CaseQuerySet:
        return running_in(*self.place)

    def reason(self) -> str:
        return f"Holidays and closures of {self.whose} were changed."


def _usual_hours(country: str, subdivision: str, on: date) -> list[list[str]] | None:
    """The hours of that weekday there; None where no region has anybody."""
    if (region := region_of(country)) is None:
        return None
    there = Organization(region=region, country=country, subdivision=subdivision)
    return week_there(there).get(str(on.weekday()), [])


def _written(on: date) -> str:
    return f"{on:%A} {on.day} {on:%B %Y}"


def _running_throughout(country: str, subdivision: str) -> CaseQuerySet:
    """What a closure concerns: one of the whole country holds in each of its parts."""
    return running_in(country, subdivision or None)


class ClosureForm(OfPlace):
    """A day that is closed, or closes early, beside the public holidays."""

    heading = "Close a day"
    beside = (("country", "subdivision"), ("on", "closed_from"), ("name",))
    done = "The closure is saved."

    country, subdivision = CountryField(), SubdivisionField()
    on = DayField(label="Day")
    closed_from = HoursField(label="Closed from", required=False, help_text="Local time. Empty: closed all day.")
    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="Customers read it in the explanation of a deadline.",
        error_messages={"required": "Name it.", "max_length": "Keep it to %(limit_value)d characters."},
    )

    def cases(self) -> CaseQuerySet:
        return _running_throughout(*self.place)

    def changes(self) -> Iterator[str]:
        on, early = self.cleaned_data["on"], self.cleaned_data["closed_from"]
        hours = _usual_hours(*self.place, on)
        if hours != []:
            usual = f"open {_hours(hours)}" if hours else "open"
            yield f"{_written(on)}: {usual} → {f'closed from {early:%H:%M}' if early else 'closed'}"

    def notes(self, at: datetime) -> Iterator[str]:
        on, early = self.cleaned_data["on"], self.cleaned_data["closed_from"]
        if on < at.astimezone(ZoneInfo(timezone.get_current_timezone_name())).date():
            yield "The day lies in the past."
        hours = _usual_hours(*self.place, on)
        if hours == []:
            yield f"Nothing is open there on a {on:%A} anyway."
        elif hours and early and all(closes <= f"{early:%H:%M}" for _, closes in hours):
            yield f"Nothing is open there after {hours[-1][1]} anyway."

    def make(self, by: User, at: datetime) -> list[Line]:
        given = self.cleaned_data
        calendar_keeping.close(*self.place, given["on"], given["name"], given["closed_from"], by=by)
        return []


class ClosureRemovalForm(OfPlace):
    """A closure is taken back."""

    heading = "Remove a closure"
    button = "Remove"
    done = "The closure is removed."

    def __init__(self, closure: Holiday, data: QueryDict | None):
        self.closure = closure
        super().__init__(closure.country, closure.subdivision, data)
        early = f", from {closure.closed_from:%H:%M}" if closure.closed_from else ""
        self.told = f"{closure.name}, {_written(closure.on)}{early}."

    def cases(self) -> CaseQuerySet:
        return _running_throughout(*self.place)

    def make(self, by: User, at: datetime) -> list[Line]:
        public = calendar_keeping.reopen(copy(self.closure), by=by)  # the preview, too, takes it away
        return [Line(Kind.ADDED, self.closure.on, self.closure.name)] if public else []


class ImportForm(OfPlace):
    """Public holidays of some years, as the installed release of the package knows them."""

    heading = "Import public holidays"
    told = "Replaces the public holidays of these years; closures that administrators keep stay."
    beside = (("country", "subdivision"), ("year", "last_year"))
    button = "Import"
    done = "The public holidays are imported."

    country, subdivision = CountryField(), SubdivisionField()
    year = forms.IntegerField(
        label="From year", error_messages={"required": "Give a year.", "invalid": "Give a year, such as 2027."}
    )
    last_year = forms.IntegerField(
        label="To year", error_messages={"required": "Give a year.", "invalid": "Give a year, such as 2027."}
    )

    def make(self, by: User, at: datetime) -> list[Line]:
        years = self.cleaned_data["year"], self.cleaned_data["last_year"]
        found = calendar_keeping.import_years(*self.place, *years, by=by, at=at)
        return [line for one in found for line in one.lines]

    def reason(self) -> str:
        first, last = self.cleaned_data["year"], self.cleaned_data["last_year"]
        return f"Public holidays of {self.whose} {first}{f' to {last}' if last > first else ''} were corrected."


class ClosureCountForm(OfPlace):
    """Running cases are counted by the closures as they stand."""

    heading = "Count running cases by these holidays"
    changes_rows = False

    def cases(self) -> CaseQuerySet:
        return _running_throughout(*self.place)
