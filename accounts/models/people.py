"""Who is who: users, organizations and their contacts, staff."""

from datetime import datetime
from functools import cached_property
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.enums import CaseSight, ContactRole, StaffRole
from accounts.models.places import Region, SupportCenter, validate_zone
from accounts.standing import Standing


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

    @property
    def support_phone(self) -> str:
        """The one number that its people call, on every page and in every mail (C-CHN-01).

        That of a support center of its region; where the region has none, the provider's. Takes a statement.
        """
        centers = SupportCenter.objects.filter(region=self.region_id)
        return centers.values_list("telephone", flat=True).first() or settings.SUPPORT_PHONE


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
