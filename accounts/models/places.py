"""Where people are: regions, their hours and holidays, support centers."""

import hashlib
import json
import re
import zoneinfo
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from accounts.local_time import instant_of


def validate_zone(name: str) -> None:
    """Only zones of places and UTC: a fixed offset such as EST forgets daylight saving, and no calendar takes it."""
    place = "/" in name and not name.startswith("Etc/")
    if name not in zoneinfo.available_timezones() or not (place or name == "UTC"):
        raise ValidationError(f"“{name}” is not the name of a time zone such as Europe/London.")


HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def validate_weekly(weekly: Any) -> None:
    """Weekly hours as `RegionCalendar` describes them, open at some time of the week."""
    if not isinstance(weekly, dict) or not set(weekly) <= set("0123456"):
        raise ValidationError("Weekly hours are kept by weekday, from “0” (Monday) to “6” (Sunday).")
    if not all(_are_hours(intervals) for intervals in weekly.values()):
        raise ValidationError("A day's hours are pairs such as [“08:00”, “18:00”], in order and without overlap.")
    if not any(weekly.values()):
        raise ValidationError("A calendar is open at some time of the week.")


def _are_hours(intervals: Any) -> bool:
    """Whether these are pairs of "HH:MM", each moment later than the one before."""
    if not isinstance(intervals, list) or not all(isinstance(one, list) and len(one) == 2 for one in intervals):
        return False
    moments = [moment for one in intervals for moment in one]
    written = all(isinstance(moment, str) and HOUR.fullmatch(moment) for moment in moments)
    return written and all(earlier < later for earlier, later in pairwise(moments))


class Region(models.Model):
    """A support region (C-FTS-02)."""

    code = models.SlugField(primary_key=True, max_length=20)
    name = models.CharField(max_length=80)
    countries_text = models.CharField(max_length=200, help_text="For the coverage page, for example “Europe, Africa”.")
    anchor_zone = models.CharField(
        max_length=64,
        validators=[validate_zone],
        help_text="Used for an organization whose own zone is unknown.",
    )

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class RegionCalendar(models.Model):
    """Weekly business hours of a region, or of one of its countries where the working week differs (A-02, A-30).

    `weekly` maps the weekday ("0" is Monday) to intervals: {"0": [["08:00", "18:00"]]}. An interval may end at "24:00".
    """

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="calendars")
    country = models.CharField(max_length=2, blank=True, help_text="Empty: every country of the region.")
    weekly = models.JSONField(validators=[validate_weekly])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "country"], name="one_calendar_per_region_and_country")
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.country or 'all countries'}"


class Holiday(models.Model):
    """A day without business hours, or one that closes early at `closed_from`, local time.

    Pinned as a row so that no later release of a package moves a clock (A-02).
    """

    class Source(models.TextChoices):
        LIBRARY = "library", "Public holiday"
        ADMIN = "admin", "Closure kept by an administrator"

    country = models.CharField(max_length=2)
    subdivision = models.CharField(max_length=8, blank=True)
    on = models.DateField()
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.ADMIN)
    closed_from = models.TimeField(null=True, blank=True, help_text="Empty: closed all day.")

    class Meta:
        ordering = ["country", "subdivision", "on"]
        constraints = [
            models.UniqueConstraint(fields=["country", "subdivision", "on", "name"], name="one_row_per_holiday"),
            models.CheckConstraint(condition=~Q(closed_from=time()), name="half_day_opens_at_some_time"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.name} ({self.country})"


class HolidayImport(models.Model):
    """That a country's (or subdivision's) public holidays of a year have been pinned, and from which release."""

    country = models.CharField(max_length=2)
    subdivision = models.CharField(max_length=8, blank=True)
    year = models.PositiveSmallIntegerField()
    release = models.CharField(max_length=20)
    imported_by = models.ForeignKey(
        "User", null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: pinned when first needed."
    )
    imported_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "subdivision", "year"], name="holidays_pinned_once_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.subdivision} {self.year}"


class FrozenCalendar(models.Model):
    """An account's business hours as they stood when a case was received; never changed, shared by equal cases (A-01).

    `digest` names the content, so that the same hours are stored once.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    zone = models.CharField(max_length=64)
    place = models.CharField(max_length=120, help_text="How screens name the account's place.")
    weekly = models.JSONField()
    holidays = models.JSONField(help_text="ISO date to name.")
    half_days = models.JSONField(default=dict, help_text="ISO date to the time from which it is closed, and the name.")

    class Meta:
        triggers = [pgtrigger.Protect(name="frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.place} ({self.zone})"

    @classmethod
    def of(
        cls,
        *,
        zone: str,
        place: str,
        weekly: dict[str, Any],
        holidays: dict[str, str],
        half_days: dict[str, list[str]] | None = None,
    ) -> Self:
        """The one row with this content."""
        one = cls(zone=zone, place=place, weekly=weekly, holidays=holidays, half_days=half_days or {})
        return cls.objects.get_or_create(digest=one.content_digest, defaults=one.content)[0]

    @property
    def content(self) -> dict[str, Any]:
        """All that these hours are; two rows with the same would be one."""
        return {name: getattr(self, name) for name in ("zone", "place", "weekly", "holidays", "half_days")}

    @property
    def content_digest(self) -> str:
        content = self.content
        if not self.half_days:  # hours without one keep the name that they had before there were half days
            del content["half_days"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @cached_property
    def closed_on(self) -> frozenset[date]:
        return frozenset(date.fromisoformat(day) for day in self.holidays)

    @cached_property
    def closing_times(self) -> dict[date, time]:
        """The half days, each with the local time from which it is closed."""
        return {date.fromisoformat(day): time.fromisoformat(shut) for day, (shut, _) in self.half_days.items()}

    @cached_property
    def closure_names(self) -> dict[date, str]:
        """What the days that are closed, or close early, are called: "Christmas Eve, closed from 13:00"."""
        whole = {date.fromisoformat(day): name for day, name in self.holidays.items()}
        half = {
            date.fromisoformat(day): f"{name}, closed from {shut}" if name else f"closed from {shut}"
            for day, (shut, name) in self.half_days.items()
        }
        return half | whole

    def hours_on(self, day: date) -> list[tuple[str, str]]:
        """The opening hours of the local `day` in order, "HH:MM" each; none on a holiday."""
        if day in self.closed_on:
            return []
        shut, _ = self.half_days.get(day.isoformat(), ("24:00", ""))
        return [(opens, min(closes, shut)) for opens, closes in self.weekly.get(str(day.weekday()), []) if opens < shut]

    def is_business_day(self, day: date) -> bool:
        """Whether the local `day` has business hours."""
        return bool(self.hours_on(day))

    def close_of_business(self, day: date) -> datetime:
        """When the local business day `day` ends, as aware UTC. Raises IndexError for a day without hours.

        The same as the last closing that `sla.calendars` knows of that day.
        """
        _, closes = self.hours_on(day)[-1]
        midnight = datetime.combine(day, time())
        end = midnight + timedelta(days=1) if closes == "24:00" else datetime.combine(day, time.fromisoformat(closes))
        return instant_of(end, ZoneInfo(self.zone))


class SupportCenter(models.Model):
    """Where support staff work; its shifts are local hours (C-FTS-01)."""

    code = models.SlugField(unique=True, max_length=20)
    name = models.CharField(max_length=80)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="centers")
    zone = models.CharField(max_length=64, validators=[validate_zone])
    telephone = models.CharField(max_length=40)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code, for its public holidays.")
    subdivision = models.CharField(max_length=8, blank=True, help_text="State or province, where its holidays differ.")
    closed_on_holidays = models.BooleanField(
        default=False, help_text="Its shifts rest on public holidays: somebody else has to hold Severity 1 then."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
