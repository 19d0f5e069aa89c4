"""Finding for whom somebody calls: by Org ID, a name, or the caller's e-mail address, in one box (C-STF-03)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Contact, Organization, User

MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """An organization, and the contact whose address or name was typed, if one was."""

    organization: Organization
    caller: User | None


def find(reader: User, text: str) -> list[Found]:
    """The organizations that `text` may mean, by name; nothing for an empty text. At most twenty."""
    if not text:
        return []
    if "@" in text:
        return _callers(reader, Q(user__in=User.objects.with_email(text)))
    named = Q(org_id__iexact=text) | Q(name__icontains=text)
    organizations = Organization.objects.visible_to(reader).filter(named).select_related("region").order_by("name")
    found = [Found(organization, None) for organization in organizations[:MOST]]
    return [*found, *_callers(reader, Q(user__name__icontains=text))][:MOST]


def _callers(reader: User, who: Q) -> list[Found]:
    contacts = Contact.objects.visible_to(reader).filter(who).select_related("organization__region", "user")
    return [Found(one.organization, one.user) for one in contacts.order_by("organization__name", "user__name")[:MOST]]


def callers_of(reader: User, organization: Organization, now: datetime) -> Sequence[Contact]:
    """The contacts in force now (aware), by name: a case of theirs may still be unclear, which the check shows."""
    contacts = Contact.objects.visible_to(reader).filter(organization=organization).in_force(now)
    return list(contacts.select_related("user").order_by("user__name"))
