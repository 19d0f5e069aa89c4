"""The only way to an account: somebody who may invite names an address, and its owner answers the mail.

An accepted link proves the address, so the account can sign in at once.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import addresses, letters
from accounts.enums import CaseSight, ContactRole, StaffRole
from accounts.models import Contact, Invitation, Organization, StaffProfile, SupportCenter, User
from accounts.permissions import may
from accounts.refusal import Refusal

VALID_FOR = timedelta(days=7)
TOKEN_BYTES = 32


@transaction.atomic
def invite(
    email: str,
    name: str,
    *,
    by: User | None,
    at: datetime,
    organization: Organization | None = None,
    contact_roles: Collection[ContactRole] = (),
    sees: CaseSight = CaseSight.ALL,
    staff_role: StaffRole | None = None,
    center: SupportCenter | None = None,
    manager: User | None = None,
) -> Invitation:
    """Invite somebody as a contact of `organization` or as staff, by mail, for seven days from `at` (aware).

    An earlier invitation of the same address to the same side is revoked. `by` None is the operator of this machine.
    Raises Refusal when the invitation is to neither or to both sides, or to someone who is there already, and
    PermissionDenied. Guide: C-CON-01, C-PAR-01, C-STF-02.
    """
    if by is not None and not (decision := may(by, "invite", Invitation)):
        raise PermissionDenied(decision.reason)
    email = email.strip().lower()
    require_sensible(email=email, organization=organization, contact_roles=contact_roles, staff_role=staff_role)
    Invitation.objects.pending().filter(email=email, organization=organization).update(revoked_at=at)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        email=email,
        name=name.strip(),
        organization=organization,
        contact_roles=list(contact_roles),
        sees=sees,
        staff_role=staff_role or "",
        center=center,
        manager=manager,
        invited_by=by,
        token_hash=_hash(token),
        created_at=at,
        expires_at=at + VALID_FOR,
    )
    invitation.link = settings.PORTAL_URL + reverse("invitation", args=[token])
    _announce(invitation, at)
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, by: User | None, at: datetime) -> Invitation:
    """Replace an invitation that was not accepted by a new one of the same content, with a new link."""
    old = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if old.accepted_at:
        raise Refusal("invitation_accepted", f"{old.name} has accepted this invitation already.")
    return invite(
        old.email,
        old.name,
        by=by,
        at=at,
        organization=old.organization,
        contact_roles=[ContactRole(role) for role in old.contact_roles],
        sees=CaseSight(old.sees),
        staff_role=StaffRole(old.staff_role) if old.staff_role else None,
        center=old.center,
        manager=old.manager,
    )


@transaction.atomic
def revoke(invitation: Invitation, *, by: User, at: datetime) -> Invitation:
    """Make the link worthless. Raises Refusal when it was accepted already, and PermissionDenied."""
    if not (decision := may(by, "invite", Invitation)):
        raise PermissionDenied(decision.reason)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at:
        raise Refusal("invitation_accepted", f"{invitation.name} has accepted this invitation already.")
    invitation.revoked_at = invitation.revoked_at or at
    invitation.save(update_fields=["revoked_at"])
    return invitation


def find(token: str, *, at: datetime) -> Invitation:
    """The open invitation of this link at `at` (aware). Raises Refusal with words for its reader otherwise."""
    found = (
        Invitation.objects.select_related("organization__region", "center", "invited_by")
        .filter(token_hash=_hash(token))
        .first()
    )
    if found is None:
        raise Refusal("invitation_unknown", "This link does not belong to an invitation.")
    if found.accepted_at:
        raise Refusal("invitation_accepted", "This invitation has been accepted already. You can sign in.")
    if found.revoked_at:
        raise Refusal("invitation_revoked", "This invitation has been withdrawn or replaced by a newer one.")
    if found.expires_at <= at:
        raise Refusal("invitation_expired", "This invitation was good for seven days and has expired.")
    return found


@transaction.atomic
def accept(token: str, *, at: datetime, by: User | None = None, password: str = "", zone: str = "UTC") -> User:
    """Use the link once: make the account (or, `by` its owner, widen it) and return its user.

    A newcomer brings a validated `password` and a `zone`; the owner of an account with this address comes signed in as
    `by`. Raises Refusal when the link is not good any more, or is somebody else's than who is signed in.
    """
    invitation = find(token, at=at)
    Invitation.objects.select_for_update().get(pk=invitation.pk)
    invitation = find(token, at=at)
    user = User.objects.with_email(invitation.email).first()
    if user != by:
        raise Refusal("not_yours", "This invitation is for somebody else than who is signed in.")
    _require_newcomer(invitation.email, invitation.organization)
    if user is None:
        user = User.objects.create_user(invitation.email, invitation.name, password, zone=zone)
    addresses.mark_verified(user)
    _admit(user, invitation)
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    return user


def _admit(user: User, invitation: Invitation) -> None:
    if invitation.organization is None:
        StaffProfile.objects.create(
            user=user, role=invitation.staff_role, center=invitation.center, manager=invitation.manager
        )
    else:
        Contact.objects.create(
            user=user,
            organization=invitation.organization,
            roles=invitation.contact_roles,
            sees=invitation.sees,
            granted_by=invitation.invited_by,
        )


def require_sensible(
    *,
    email: str,
    organization: Organization | None,
    contact_roles: Collection[ContactRole],
    staff_role: StaffRole | None,
) -> None:
    """Raise Refusal when these arguments of `invite` do not belong together, or the person is there already."""
    if bool(organization) == bool(staff_role):
        raise Refusal("one_side", "Invite somebody either as a contact of an organization or as staff.")
    if organization and not contact_roles:
        raise Refusal("role_missing", "Name at least one role of the contact.")
    if ContactRole.THIRD_PARTY in contact_roles and len(contact_roles) > 1:
        raise Refusal("third_party_alone", "A third party has no other role in the same organization.")
    _require_newcomer(email, organization)


def _require_newcomer(email: str, organization: Organization | None) -> None:
    """Nobody is invited to where they are, and staff and customers stay apart."""
    user = User.objects.with_email(email).first()
    if user is None:
        return
    if user.profile:
        raise Refusal("is_staff", f"{user.name} is a member of staff.")
    if organization is None and user.contacts.exists():
        raise Refusal("is_contact", f"{user.name} is a contact of a customer.")
    if organization and user.contacts.filter(organization=organization).exists():
        raise Refusal("is_contact", f"{user.name} is a contact of {organization} already.")


def _announce(invitation: Invitation, at: datetime) -> None:
    context = {"invitation": invitation, "portal_url": settings.PORTAL_URL, "link": invitation.link}
    body = render_to_string("account/email/invitation.txt", context)
    letters.write(invitation.email, "Your account for Support", body, at=at)


def _hash(token: str) -> str:
    """The tokens are long and random, so a plain digest cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()
