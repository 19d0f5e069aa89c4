"""Finding for whom somebody calls: by Org ID, by name, or by the caller's e-mail address, in one box (C-STF-03)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Contact, Organization, User

MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """An organization, and the contact whose address was typed, if one was."""

    organization: Organization
    caller: User | None


def find(reader: User, text: str) -> list[Found]:
    """The organizations that `text` may mean, by name; nothing for an empty text. At most twenty."""
    if not text:
        return []
    if "@" in text:
        contacts = Contact.objects.visible_to(reader).filter(user__email__iexact=text)
        acting_for = contacts.select_related("organization__region", "user").order_by("organization__name")
        return [Found(contact.organization, contact.user) for contact in acting_for[:MOST]]
    named = Q(org_id__iexact=text) | Q(name__icontains=text)
    organizations = Organization.objects.visible_to(reader).filter(named).select_related("region").order_by("name")
    return [Found(organization, None) for organization in organizations[:MOST]]


def callers_of(reader: User, organization: Organization, now: datetime) -> Sequence[Contact]:
    """The contacts in force now (aware), by name: a case of theirs may still be unclear, which the check shows."""
    contacts = Contact.objects.visible_to(reader).filter(organization=organization).in_force(now)
    return list(contacts.select_related("user").order_by("user__name"))
