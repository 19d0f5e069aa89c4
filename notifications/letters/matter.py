"""What a letter is about: the fact, its case and its reader, and the questions that letters ask of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from cases.disclosure import disclosed
from cases.enums import CUSTOMER_SIDE, ActorRole, EventKind, Severity
from cases.facts import State, replay
from cases.models import Case, CaseEvent, Message
from notifications.enums import Template
from notifications.letters.form import Link, Part
from sla import words
from sla.explain import Explanation
from sla.promises import MilestoneKind
from sla.queries import explanations

MINUTE = timedelta(minutes=1)


class Matter:
    """One fact, told to one reader at `now` (aware).

    `data` is the fact's data as this reader may know it: for a customer only what is disclosed.
    """

    def __init__(self, event: CaseEvent, template: Template, reader: User, now: datetime):
        self.event, self.template, self.reader, self.now = event, template, reader, now
        self.case: Case = event.case
        kind = EventKind(event.kind)
        self.data: Mapping[str, Any] = event.data if template.is_for_staff else disclosed(kind, event.data)

    # People

    @property
    def author(self) -> str:
        """Who did it, by name; a third party with the company it comes from."""
        by = self.event.by
        if by is None:
            return settings.PROVIDER_NAME
        if self.event.role == ActorRole.THIRD_PARTY:
            contact = by.contacts.filter(organization=self.case.organization_id).first()
            return f"{by} of {contact.partner}" if contact and contact.partner else str(by)
        return str(by)

    @property
    def by_customer(self) -> bool:
        return self.event.role in CUSTOMER_SIDE

    @cached_property
    def owner(self) -> User | None:
        """The engineer this fact names as the owner."""
        return User.objects.filter(pk=self.data["owner"]).first()

    def person(self, pk: int | None) -> str:
        return str(User.objects.get(pk=pk)) if pk else ""

    @property
    def signature(self) -> tuple[str, ...]:
        """Name, role and manager of the member of staff who did it, from the reporting line as it is now (C-ESC-09)."""
        by = self.event.by
        if by is None or by.profile is None or by.staff_role is None:
            return ()
        center, manager = by.profile.center, by.profile.manager
        lines = [str(by), by.staff_role.label + (f", {center}" if center else "")]
        return (*lines, f"Manager: {manager}, {manager.email}") if manager else tuple(lines)

    @cached_property
    def state(self) -> State:
        """How the case stood once this had happened."""
        return replay(self.case.events.filter(seq__lte=self.event.seq).log())

    # What was written

    @cached_property
    def message(self) -> Message | None:
        """The public message of this fact; internal notes are another table, which no letter reads."""
        pk = self.data.get("message")
        return Message.objects.filter(case=self.case, pk=pk).first() if pk else None

    def written(self, heading: str) -> tuple[Part, ...]:
        """The message as a part, with the names of its files: files themselves are never mailed."""
        if self.message is None:
            return ()
        files = tuple(name for name in self.message.attachments.order_by("pk").values_list("name", flat=True))
        kept = (Part("Files, kept with the case", items=files),) if files else ()
        return (Part(heading, written=self.message.body), *kept)

    # Time

    def told(self, at: datetime) -> str:
        """An aware moment in the reader's zone, then in the account's where another clock hangs (A-34)."""
        mine, theirs = ZoneInfo(self.reader.zone), ZoneInfo(self.case.zone)
        here, there = words.moment(at, mine), words.moment(at, theirs)
        if here == there:
            return here
        if at.astimezone(mine).date() == at.astimezone(theirs).date():
            there = there.partition(", ")[2]
        return f"{here} ({there} in {self.case.calendar.place})"

    @cached_property
    def clocks(self) -> list[Explanation]:
        """The case's promises as they stand now, newest first."""
        return explanations(self.case, self.now)

    @property
    def running(self) -> Explanation | None:
        """The newest promise of a first response, if it still runs."""
        newest = next(one for one in self.clocks if one.milestone.kind is MilestoneKind.FIRST_RESPONSE)
        return newest if not newest.milestone.ended_at and newest.milestone.due_at else None

    # The case

    @cached_property
    def telephone(self) -> str:
        """The number to call: the same as on the case page and at the foot of the mail."""
        return self.case.organization.support_phone

    def severity(self, name: str = "severity") -> Severity:
        return Severity(self.data[name])

    @property
    def url(self) -> str:
        return settings.PORTAL_URL + self.case.get_absolute_url()

    def link(self, words: str = "See the case", noun: str = "") -> Link:
        """A link to the case, or to one of the pages under it."""
        return Link(words, self.url + noun)
