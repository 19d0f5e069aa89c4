"""What an account is written about: letters and invitations."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.enums import CaseSight, ContactRole, StaffRole
from accounts.models.people import Organization, User
from accounts.models.places import SupportCenter
from accounts.outbox import Outgoing, OutgoingQuerySet


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
