"""What was bought."""

from datetime import date, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Q

from accounts.models import Organization, User
from entitlements.enums import Activity, ContactMode, Hours

# What a plan has a target for, each.
SEVERITIES = (1, 2, 3, 4)


class Product(models.Model):
    """Something that support is sold for."""

    code = models.SlugField(unique=True, max_length=40)
    name = models.CharField(max_length=120, unique=True)
    versions = ArrayField(models.CharField(max_length=40), default=list, help_text="Supported versions, newest first.")
    documentation_url = models.URLField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SupportPlan(models.Model):
    """A support package (C-PKG-01); what it promises stands in its versions."""

    STANDARD = "standard"

    code = models.SlugField(unique=True, max_length=40)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name

    def version_on(self, day: date) -> "PlanVersion":
        """The version in force on `day` (C-DOC-04). Raises PlanVersion.DoesNotExist before the first."""
        return self.versions.complete().filter(effective_on__lte=day).latest("effective_on")


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def complete(self) -> Self:
        """Those that promise something for every severity; another is not in force yet, whatever its day."""
        return self.annotate(promised=Count("targets")).filter(promised=len(SEVERITIES))


class PlanVersion(models.Model):
    """What a plan promises from a day on; a case keeps the version it was received under (C-DOC-01, A-09)."""

    plan = models.ForeignKey(SupportPlan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    effective_on = models.DateField()
    channels = ArrayField(models.CharField(max_length=20), help_text="“web”, “phone”.")
    included = ArrayField(models.CharField(max_length=40, choices=Activity.choices()))
    excluded = ArrayField(models.CharField(max_length=40, choices=Activity.choices()), default=list)
    language = models.CharField(max_length=40, default="English", help_text="The one language of support (C-LNG-01).")
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(null=True, blank=True)

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "-number"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(included__overlap=F("excluded")),
                name="what_is_included_is_not_excluded",
                violation_error_message="An activity is either included or excluded.",
            ),
            models.UniqueConstraint(fields=["plan", "number"], name="one_plan_version_per_number"),
            models.UniqueConstraint(fields=["plan", "effective_on"], name="one_plan_version_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.plan}, version {self.number}"


class PlanTarget(models.Model):
    """The first-response target of one severity (C-SLA-01 to C-SLA-04, C-PKG-03)."""

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="targets")
    severity = models.PositiveSmallIntegerField()
    minutes = models.PositiveIntegerField()
    hours = models.CharField(max_length=10, choices=Hours.choices())
    contact_mode = models.CharField(max_length=10, choices=ContactMode.choices())
    clause = models.CharField(max_length=20)

    class Meta:
        ordering = ["version", "severity"]
        constraints = [
            models.UniqueConstraint(fields=["version", "severity"], name="one_target_per_severity"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=4), name="target_severity_is_a_severity"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="target_is_positive"),
        ]

    def __str__(self) -> str:
        return f"Severity {self.severity}: {self.allowance}"

    @property
    def allowance(self) -> timedelta:
        return timedelta(minutes=self.minutes)


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def visible_to(self, actor: User) -> Self:
        """Staff see all; contacts those of the organizations they stand for now (C-CON-06)."""
        if actor.staff_role:
            return self
        return self.filter(organization__in=list(actor.standings))

    def present(self, on: date) -> Self:
        return self.filter(starts_on__lte=on, ends_on__gte=on)


class Entitlement(models.Model):
    """An organization's right to support for a product under a plan; the last day is included."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="entitlements")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="entitlements")
    plan = models.ForeignKey(SupportPlan, on_delete=models.PROTECT, related_name="entitlements")
    reference = models.CharField("contract number", max_length=40, unique=True)
    starts_on = models.DateField()
    ends_on = models.DateField()

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        ordering = ["organization", "product", "-ends_on"]
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="entitlement_has_length")]

    def __str__(self) -> str:
        return f"{self.product} for {self.organization} ({self.reference})"
