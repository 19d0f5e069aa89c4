"""When staff work: shifts, on-call duty, absences."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q

from accounts.enums import AbsenceReason, OnCallDuty
from accounts.models.people import User
from accounts.models.places import Region, SupportCenter


class Shift(models.Model):
    """Local hours in which a center is staffed on a weekday (0 is Monday); `closes` at 00:00 means 24:00."""

    center = models.ForeignKey(SupportCenter, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["center", "weekday", "opens"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="shift_weekday_is_a_weekday"),
            models.UniqueConstraint(fields=["center", "weekday", "opens"], name="one_shift_per_opening"),
        ]

    def __str__(self) -> str:
        return f"{self.center} {self.weekday} {self.opens:%H:%M}-{self.closes:%H:%M}"

    def hours_on(self, day: date) -> tuple[datetime, datetime]:
        """When the shift opens and closes on the local `day`, whatever its weekday, as aware UTC."""
        zone = ZoneInfo(self.center.zone)
        last = day if self.closes > time.min else day + timedelta(days=1)
        opens, closes = datetime.combine(day, self.opens, zone), datetime.combine(last, self.closes, zone)
        return opens.astimezone(UTC), closes.astimezone(UTC)

    def covers(self, at: datetime) -> bool:
        """Whether `at` (aware) lies in the shift, by the center's own clock."""
        day = at.astimezone(ZoneInfo(self.center.zone)).date()
        opens, closes = self.hours_on(day)
        return day.weekday() == self.weekday and opens <= at < closes


class OnCall(models.Model):
    """A roster entry: who is on call, for what, from `starts_at` until just before `ends_at` (aware)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="on_call")
    duty = models.CharField(max_length=10, choices=OnCallDuty.choices())
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, help_text="Empty: worldwide.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["duty", "ends_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="on_call_has_length")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {OnCallDuty(self.duty).label}"


class Absence(models.Model):
    """Time in which a member of staff gets no work, from `starts_at` until just before `ends_at` (aware)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    reason = models.CharField(max_length=10, choices=AbsenceReason.choices())
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="absence_has_length")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {AbsenceReason(self.reason).label}"
