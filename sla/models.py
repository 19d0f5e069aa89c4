"""What a worker and a queue need to know of the clocks: rows derived from the cases' logs, never written by hand."""

from datetime import UTC, datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from cases.enums import Severity
from cases.models import Case
from entitlements.enums import Hours
from sla.clock import TimerKind
from sla.closing import ClosingTimerKind
from sla.gaps import Cause
from sla.handovers import HandoverTimerKind
from sla.promises import MilestoneKind
from sla.relay import Change

TIMER_KINDS = (*TimerKind, *ClosingTimerKind, *HandoverTimerKind)

# Sorts a case whose clock has no due moment behind all others.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


class PartOfCaseQuerySet(models.QuerySet):
    def visible_to(self, actor: User) -> Self:
        """Those of the cases this person may see."""
        return self.filter(case__in=Case.objects.visible_to(actor))


class ClockFields(models.Model):
    """What `sla.clock.state_at` reads of a clock, and what a list shows of it."""

    kind = models.CharField(max_length=30, choices=MilestoneKind.choices())
    started_at = models.DateTimeField()
    target = models.DurationField()
    due_at = models.DateTimeField(null=True)
    soon_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Milestone(ClockFields):
    """A promise on a case, as `sla.milestones` derives it; `due_at` is None while it is held (C-SLA-01 to C-SLA-04)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="milestones")
    cycle = models.PositiveSmallIntegerField(help_text="1, and one more for each of its kind (A-14).")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices())

    objects = PartOfCaseQuerySet.as_manager()

    class Meta:
        ordering = ["case", "cycle"]
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "cycle"], name="one_milestone_per_kind_and_cycle")
        ]

    def __str__(self) -> str:
        return f"{MilestoneKind(self.kind).label}, cycle {self.cycle}"


class CaseClock(ClockFields):
    """The clock by which a case is queued: the running one due first, else the last one that ran.

    `due_at` is set only while it runs. `sort_at` is never null, so that queues page by it.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="clock")
    hours = models.CharField(max_length=20, choices=Hours.choices(), help_text="In which it is counted.")
    held = models.BooleanField()
    sort_at = models.DateTimeField()

    objects = PartOfCaseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["sort_at", "case"], name="queue_by_deadline")]

    def __str__(self) -> str:
        return f"{MilestoneKind(self.kind).label} due {self.due_at}"


class TimerQuerySet(models.QuerySet["Timer"]):
    def visible_to(self, actor: User) -> Self:
        """Timers are internal to support."""
        return self if actor.staff_role else self.none()

    def live(self) -> Self:
        """Those that have still to take effect."""
        return self.filter(state__in=[Timer.State.PENDING, Timer.State.FAILED])

    def due(self, at: datetime) -> Self:
        """The live ones whose moment has come by `at` (aware), and after a failure that of the next attempt."""
        return self.waiting_until(at) | self.set_aside_until(at)

    def waiting_until(self, at: datetime) -> Self:
        """Those that never failed and whose moment has come by `at` (aware)."""
        return self.filter(state=Timer.State.PENDING, fire_at__lte=at)

    def set_aside_until(self, at: datetime) -> Self:
        """Those that failed and whose next attempt has come by `at` (aware)."""
        return self.filter(state=Timer.State.FAILED, next_try_at__lte=at)


class Timer(models.Model):
    """Something that will take effect at `fire_at` (aware UTC).

    A timer whose moment changes is replaced by one of the next generation; one that took effect stays for good.
    The sweep believes none of them: it asks the log.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        FIRED = "fired", "Took effect"
        FAILED = "failed", "Set aside after an error"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="timers")
    kind = models.CharField(max_length=30, choices=[(kind, kind) for kind in TIMER_KINDS])
    subject = models.CharField(max_length=20, help_text="Which of its kind on this case.")
    generation = models.PositiveIntegerField(default=1)
    fire_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    fired_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0, help_text="How often it failed.")
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    objects = TimerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "subject", "generation"], name="one_timer_per_generation"),
            models.CheckConstraint(
                condition=Q(state="failed", next_try_at__isnull=False) | ~Q(state="failed") & Q(next_try_at=None),
                name="failed_timer_is_tried_again",
            ),
            models.CheckConstraint(
                condition=Q(state="fired", fired_at__isnull=False) | ~Q(state="fired") & Q(fired_at=None),
                name="fired_timer_says_when",
            ),
        ]
        indexes = [
            # The sweep, every second: it must cost nothing while nothing is due.
            models.Index(fields=["fire_at", "id"], name="timers_due", condition=Q(state="pending")),
            models.Index(fields=["next_try_at", "id"], name="timers_to_try_again", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} at {self.fire_at}"


class Heartbeat(models.Model):
    """When something that must never stop was last seen to work: progress, not presence."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"


class CoverageGap(models.Model):
    """A stretch ahead in which nobody holds Severity 1, as it was found and told to the managers (C-COV-01)."""

    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cause = models.CharField(max_length=20, choices=Cause.choices())
    detail = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["begins_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("begins_at")), name="coverage_gap_has_length"),
            models.UniqueConstraint(fields=["begins_at", "ends_at"], name="one_row_per_coverage_gap"),
        ]

    def __str__(self) -> str:
        return f"{Cause(self.cause).label} {self.begins_at} to {self.ends_at}"


class SunChangeQuerySet(models.QuerySet["SunChange"]):
    def due(self, at: datetime) -> Self:
        """Those that have still to be carried out and whose moment, or after a failure the next try, has come."""
        return self.filter(done_at=None, try_at__lte=at)


class SunChange(models.Model):
    """From `at` (aware UTC) on others hold Severity 1, as the rosters said when it was planned.

    Planned for the days ahead (`sla.sun_moves`), each carried out once. Centers are codes, empty where nobody holds;
    `people` are user ids. Whoever carries it out believes none of that: it asks the rosters, and notes what they said.
    """

    at = models.DateTimeField(unique=True)
    from_center = models.CharField(max_length=20, blank=True)
    to_center = models.CharField(max_length=20, blank=True)
    people = ArrayField(models.BigIntegerField(), default=list)
    try_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it failed.")
    done_at = models.DateTimeField(null=True)

    objects = SunChangeQuerySet.as_manager()

    class Meta:
        ordering = ["at"]
        # Asked every second: it must cost nothing while nothing is due.
        indexes = [models.Index(fields=["try_at"], name="sun_changes_due", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.from_center or 'nobody'} to {self.to_center or 'nobody'} at {self.at}"

    @classmethod
    def of(cls, change: Change, done_at: datetime | None = None) -> Self:
        """A new row; not saved."""
        return cls(**change._asdict() | {"people": list(change.people)}, try_at=change.at, done_at=done_at)

    @property
    def change(self) -> Change:
        return Change(self.at, self.from_center, self.to_center, tuple(self.people))
