"""Who is who, and where."""

import hashlib
import json
import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.enums import AbsenceReason, CaseSight, ContactRole, OnCallDuty, StaffRole
from accounts.local_time import instant_of
from accounts.outbox import Outgoing, OutgoingQuerySet
from accounts.standing import Standing


def validate_zone(name: str) -> None:
    """Only named zones: a fixed offset forgets daylight saving."""
    if name not in zoneinfo.available_timezones() or name.startswith("Etc/GMT"):
        raise ValidationError(f"“{name}” is not the name of a time zone such as Europe/London.")


HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


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


class UserManager(BaseUserManager["User"]):
    def with_email(self, email: str) -> models.QuerySet["User"]:
        """The user of this address, however it is written: found by the index that keeps it unique."""
        return self.alias(lowered=Lower("email")).filter(lowered=Lower(models.Value(email)))

    def create_user(self, email: str, name: str, password: str | None = None, **fields: Any) -> "User":
        """A person who signs in by e-mail. Without a password the account waits for its invitation."""
        user = self.model(email=self.normalize_email(email).lower(), name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.with_email(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person: on the customers' side through contacts, on the vendor's side through a staff profile."""

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = models.CharField("full name", max_length=120)
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[validate_zone])
    phone = models.CharField("telephone", max_length=40, blank=True)
    is_active = models.BooleanField("may sign in", default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_email")]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @cached_property
    def profile(self) -> "StaffProfile | None":
        """The staff profile, or None for someone of the customers' side."""
        return StaffProfile.objects.select_related("center").filter(user=self).first()

    @property
    def staff_role(self) -> StaffRole | None:
        return StaffRole(self.profile.role) if self.is_active and self.profile else None

    @property
    def is_staff(self) -> bool:
        """Whether this person may use the back office, as Django calls it: administrators alone."""
        return self.staff_role is StaffRole.ADMIN

    @cached_property
    def standings(self) -> "dict[int, Contact]":
        """The contacts through which this person acts now, by organization id.

        Kept on the instance only: a request or a task reads a fresh user, so a right that ended is gone at the next.
        """
        held = list(Contact.objects.filter(user=self).in_force(timezone.now()).select_related("organization"))
        for contact in held:
            contact.user = self  # whom a rule would ask for again, contact by contact
        return {contact.organization_id: contact for contact in held}


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, actor: User) -> Self:
        """The organizations this person may see: staff all, contacts those they stand for now."""
        if actor.staff_role:
            return self
        return self.filter(pk__in=list(actor.standings))


class Organization(models.Model):
    """A customer: whose region, country and zone decide every clock (C-FTS-03, A-01)."""

    org_id = models.CharField("Org ID", max_length=20, unique=True)
    name = models.CharField(max_length=200)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="organizations")
    country = models.CharField(max_length=2, help_text="ISO 3166 code.")
    subdivision = models.CharField(max_length=8, blank=True, help_text="State or province, where its holidays differ.")
    city = models.CharField(max_length=80, blank=True)
    zone = models.CharField(max_length=64, blank=True, validators=[validate_zone])
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def own_zone(self) -> str:
        """The account's IANA zone; the region's anchor zone when unknown (A-01)."""
        return self.zone or self.region.anchor_zone

    @property
    def place(self) -> str:
        """How screens name the account's place."""
        return self.city or self.own_zone.rsplit("/", 1)[-1].replace("_", " ")


def _apart_from(table: str) -> pgtrigger.Trigger:
    """Refuse a row for somebody who has one in `table`: staff and customers stay apart.

    The user's row is locked first, so that two transactions cannot put one person on both sides.
    """
    return pgtrigger.Trigger(
        name="staff_and_customers_stay_apart",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("user_id"),
        func=f"""
            PERFORM 1 FROM accounts_user WHERE id = NEW.user_id FOR NO KEY UPDATE;
            IF EXISTS (SELECT 1 FROM {table} WHERE user_id = NEW.user_id) THEN
                RAISE EXCEPTION 'nobody is both staff and a contact of a customer' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,  # noqa: S608
    )


class ContactQuerySet(models.QuerySet["Contact"]):
    def in_force(self, at: datetime) -> Self:
        """The contacts that stand for their organization at `at` (aware); the same answer as `standing.in_force`."""
        return self.filter(
            Q(starts_at=None) | Q(starts_at__lte=at),
            Q(ends_at=None) | Q(ends_at__gt=at),
            Q(liability_accepted_at__isnull=False) | ~Q(roles__contains=[ContactRole.THIRD_PARTY]),
            user__is_active=True,
        )

    def visible_to(self, actor: User) -> Self:
        """Staff see all; an organization's own people each other; a third party only itself (C-PAR-04)."""
        if not actor.is_active:
            return self.none()
        if actor.staff_role:
            return self
        own = [pk for pk, contact in actor.standings.items() if not contact.is_third_party]
        return self.filter(Q(organization__in=own) | Q(user=actor))


class Contact(models.Model):
    """A person named by an organization, or a third party with a grant to act for it (C-CON-01, C-PAR-01).

    `ends_at` is the moment from which the right is gone; nothing else keeps a copy of it.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="contacts")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="contacts")
    roles = ArrayField(models.CharField(max_length=20, choices=ContactRole.choices()), default=list)
    sees = models.CharField(max_length=5, choices=CaseSight.choices(), default=CaseSight.ALL)
    partner = models.CharField("company of the third party", max_length=200, blank=True)
    granted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    liability_accepted_at = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="one_contact_per_person_and_organization"),
            models.CheckConstraint(
                condition=~Q(roles__contains=[ContactRole.THIRD_PARTY]) | Q(roles=[ContactRole.THIRD_PARTY]),
                name="third_party_has_no_other_role",
            ),
        ]
        triggers = [_apart_from("accounts_staffprofile")]

    def __str__(self) -> str:
        return f"{self.user} of {self.organization}"

    def clean(self) -> None:
        if StaffProfile.objects.filter(user=self.user_id).exists():
            raise ValidationError({"user": "This is a member of staff: staff and customers stay apart."})

    @property
    def is_third_party(self) -> bool:
        return ContactRole.THIRD_PARTY in self.roles

    @property
    def standing(self) -> Standing:
        return Standing(
            organization=self.organization.name,
            roles=tuple(self.roles),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            liability_accepted_at=self.liability_accepted_at,
            active=self.user.is_active,
        )

    @property
    def roles_text(self) -> str:
        return ", ".join(ContactRole(role).label for role in self.roles)


class SupportCenter(models.Model):
    """Where support staff work; its shifts are local hours (C-FTS-01)."""

    code = models.SlugField(unique=True, max_length=20)
    name = models.CharField(max_length=80)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="centers")
    zone = models.CharField(max_length=64, validators=[validate_zone])
    telephone = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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


class StaffProfile(models.Model):
    """What a member of staff does, for whom, and where (C-STF-02, C-STF-08)."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="staff")
    role = models.CharField(max_length=20, choices=StaffRole.choices())
    manager = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    center = models.ForeignKey(SupportCenter, null=True, blank=True, on_delete=models.PROTECT, related_name="staff")
    skills = ArrayField(models.CharField(max_length=60), default=list, blank=True)

    class Meta:
        triggers = [_apart_from("accounts_contact")]

    def __str__(self) -> str:
        return f"{self.user}, {StaffRole(self.role).label}"

    def clean(self) -> None:
        if Contact.objects.filter(user=self.user_id).exists():
            raise ValidationError({"user": "This is a contact of a customer: staff and customers stay apart."})


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


class Letter(Outgoing):
    """A mail about an account, promised by this row and sent from it (password resets, invitations, notices).

    `body` may hold a link that opens an account; it is erased when nothing is left to be tried.
    """

    FORGOTTEN = ("body",)

    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)

    objects = OutgoingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.subject}, to {self.to}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, actor: User) -> Self:
        """Administrators see all; an invited person proves itself by the link alone."""
        return self if actor.staff_role is StaffRole.ADMIN else self.none()

    def pending(self) -> Self:
        """The invitations that were neither accepted nor revoked, expired ones included."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(models.Model):
    """A promise of an account to whoever reads the mail sent to `email`: as a contact or as a member of staff.

    Of the token only its hash is kept; the token itself stands in the mailed link alone.
    """

    link = ""
    """The mailed link, on the object that was just made and nowhere else."""

    email = models.EmailField("e-mail address", max_length=254)
    name = models.CharField("full name", max_length=120)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT)
    contact_roles = ArrayField(models.CharField(max_length=20, choices=ContactRole.choices()), default=list, blank=True)
    sees = models.CharField(max_length=5, choices=CaseSight.choices(), default=CaseSight.ALL)
    staff_role = models.CharField(max_length=20, choices=StaffRole.choices(), blank=True)
    center = models.ForeignKey(SupportCenter, null=True, blank=True, on_delete=models.PROTECT)
    manager = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    invited_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(organization__isnull=False, staff_role="") | Q(organization=None) & ~Q(staff_role=""),
                name="invitation_to_one_side",
            ),
            models.UniqueConstraint(
                fields=["email", "organization"],
                condition=Q(accepted_at=None, revoked_at=None),
                nulls_distinct=False,
                name="one_pending_invitation_per_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def as_what(self) -> str:
        """What the invited person will be: "Technical contact of Granite Harbor Energy", "Support engineer"."""
        if self.staff_role:
            return StaffRole(self.staff_role).label
        roles = ", ".join(ContactRole(role).label for role in self.contact_roles)
        return f"{roles} of {self.organization}"

    @property
    def zone(self) -> str:
        """The time zone that the invited person most likely lives in."""
        if self.organization:
            return self.organization.own_zone
        return self.center.zone if self.center else "UTC"
