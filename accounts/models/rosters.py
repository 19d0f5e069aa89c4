"""When staff work: shifts, on-call duty, absences."""

import uuid
from datetime import date, datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from accounts.enums import ON_CALL, AbsenceReason, Layer
from accounts.models.people import User
from accounts.models.places import Region, SupportCenter
from accounts.seats import Pattern


class Named(models.Model):
    """A row with a page of its own, whose address tells nothing."""

    key = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)

    class Meta:
        abstract = True


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

    @property
    def pattern(self) -> Pattern:
        return Pattern(frozenset({self.weekday}), self.opens, self.closes)


class RosterEntry(Named):
    """A person's repeating work: shifts at a center, or on call everywhere by that center's clock (C-FTS-04).

    `closes` at or before `opens` lies on the next day; weeks are counted from the week of `from_on`.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="roster_entries")
    layer = models.CharField(max_length=10, choices=Layer.choices(), default=Layer.SHIFT)
    center = models.ForeignKey(SupportCenter, on_delete=models.PROTECT, related_name="roster_entries")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="0 is Monday.")
    opens = models.TimeField()
    closes = models.TimeField()
    every_weeks = models.PositiveSmallIntegerField("every so many weeks", default=1)
    from_on = models.DateField("from")
    until_on = models.DateField("until", null=True, blank=True, help_text="The last day; empty: until further notice.")

    class Meta:
        ordering = ["center", "layer", "opens", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=list(range(7))) & Q(weekdays__len__gte=1),
                name="roster_entry_falls_on_weekdays",
            ),
            models.CheckConstraint(condition=Q(every_weeks__gte=1, every_weeks__lte=52), name="roster_weeks_repeat"),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=models.F("from_on")), name="roster_entry_has_length"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {Layer(self.layer).label}, {self.center} {self.opens:%H:%M}-{self.closes:%H:%M}"

    @property
    def pattern(self) -> Pattern:
        until = self.until_on or date.max
        return Pattern(frozenset(self.weekdays), self.opens, self.closes, self.from_on, until, self.every_weeks)


class Swap(models.Model):
    """On one local day of an entry's center, somebody else takes what the entry says."""

    entry = models.ForeignKey(RosterEntry, on_delete=models.CASCADE, related_name="swaps")
    on = models.DateField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="swaps")
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["on"]
        constraints = [models.UniqueConstraint(fields=["entry", "on"], name="one_swap_per_entry_and_day")]

    def __str__(self) -> str:
        return f"{self.user} on {self.on}"


class OnCall(Named):
    """A turn set by hand: who is on call, for what, from `starts_at` until just before `ends_at` (aware)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="on_call")
    duty = models.CharField(max_length=10, choices=[(one.value, one.label) for one in ON_CALL])
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, help_text="Empty: worldwide.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["duty", "ends_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="on_call_has_length")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {Layer(self.duty).label}"


# Handed over for a beginning before the one that is planned now does not count: a postponed absence hands over again.
_TO_REHOME = Q(hands_over=True) & (Q(rehomed_at=None) | Q(rehomed_at__lt=models.F("starts_at")))


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def to_rehome(self, at: datetime) -> Self:
        """Those that have begun by `at` (aware) and whose open cases are still to be handed over."""
        return self.filter(_TO_REHOME, starts_at__lte=at)


class Absence(Named):
    """Time in which a member of staff gets no work, from `starts_at` until just before `ends_at` (aware).

    `rehomed_at` is when the open cases were last seen to be with others: a sweep writes it, nobody else.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    substitute = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Takes over meanwhile.",
    )
    reason = models.CharField(max_length=10, choices=AbsenceReason.choices())
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    hands_over = models.BooleanField(
        default=False, help_text="Open cases go to others when it begins, and customers are told."
    )
    rehomed_at = models.DateTimeField(null=True, editable=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["starts_at"], condition=_TO_REHOME, name="absence_to_rehome")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="absence_has_length"),
            models.CheckConstraint(
                condition=Q(substitute=None) | ~Q(substitute=models.F("user")), name="nobody_substitutes_oneself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {AbsenceReason(self.reason).label}"

    @property
    def is_to_rehome(self) -> bool:
        """Whether open cases are still to be handed over, when it begins or now."""
        return self.hands_over and (self.rehomed_at is None or self.rehomed_at < self.starts_at)
