"""The people behind the audiences: for many facts at once, in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import prefetch_related_objects

from accounts.enums import ENGINEER_ROLES, CaseSight, ContactRole, Layer, Priority, StaffRole
from accounts.models import Contact
from accounts.rosters import Roster
from accounts.standing import may_open_cases
from cases.enums import EventKind, Severity
from cases.models import Case, CaseEvent
from notifications.audiences import Audience, notices
from notifications.enums import Template


@dataclass(frozen=True, slots=True)
class Telling:
    """One person to be told of one fact in one way."""

    event: CaseEvent
    recipient: int
    template: Template
    priority: Priority


def instead_of_the_contact(event: CaseEvent, template: Template, at: datetime) -> list[Telling]:
    """Who is told of this fact at `at` (aware) now that the contact it was meant for may no longer know."""
    people = People.of([event])
    return [Telling(event, person, template, people.priority(event)) for person in people.colleagues(event, at)]


def tellings(events: Sequence[CaseEvent]) -> list[Telling]:
    """Everybody who is told of these facts, each person once per fact and template, the one who did it left out.

    Only receipts also go to the person who did it.
    """
    told = [(event, notice) for event in events for notice in notices(EventKind(event.kind), event.data)]
    if not told:
        return []
    people = People.of([event for event, _ in told])
    found = {
        (event.pk, recipient, notice.template): Telling(event, recipient, notice.template, people.priority(event))
        for event, notice in told
        for recipient in people.behind(notice.audience, event)
        if recipient != event.by_id or notice.template.is_receipt
    }
    return list(found.values())


@dataclass
class People:
    """Who plays which part for some cases at some moments."""

    cases: dict[int, Case]
    moments: Sequence[datetime]

    @classmethod
    def of(cls, events: Sequence[CaseEvent]) -> "People":
        cases = {event.case_id: event.case for event in events}
        prefetch_related_objects(list(cases.values()), "organization")
        return cls(cases, [event.at for event in events])

    @cached_property
    def roster(self) -> Roster:
        return Roster.between(min(self.moments), max(self.moments))

    def priority(self, event: CaseEvent) -> Priority:
        """Mail about a severity 1 goes before all other."""
        return Priority.URGENT if self.cases[event.case_id].severity == Severity.ONE else Priority.NORMAL

    def behind(self, audience: Audience, event: CaseEvent) -> Sequence[int]:
        """The users who are `audience` for the event's case at its moment; nobody only where a part is not filled."""
        case, at = self.cases[event.case_id], event.at
        match audience:
            case Audience.CONTACT:
                contact = self._contacts[case.contact_id]
                return [contact.user_id] if may_open_cases(contact.standing, at) else self.colleagues(event, at)
            case Audience.OWNER:
                return [case.owner_id] if case.owner_id else []
            case Audience.FORMER_OWNER:
                return [event.data["before"]] if event.data["before"] else []
            case Audience.OWNER_OR_QUEUE:
                return self._owner_at_work(case, at) or self._queue(case, at)
            case Audience.ON_SHIFT:
                return self._on_shift(case, at) or self._owner_at_work(case, at) or self._queue(case, at)
            case Audience.QUEUE:
                return self._queue(case, at)
            case Audience.CASE_MANAGER:
                return [case.case_manager_id] if case.case_manager_id else []
            case Audience.MANAGER_ON_CALL:
                return self._manager_on_call(case, at)

    @cached_property
    def _contacts(self) -> dict[int, Contact]:
        contacts = Contact.objects.select_related("user", "organization")
        return contacts.in_bulk({case.contact_id for case in self.cases.values()})

    @cached_property
    def _technical_contacts(self) -> list[Contact]:
        """Of the cases' organizations, those who see every case."""
        organizations = {case.organization_id for case in self.cases.values()}
        return list(
            Contact.objects.filter(
                organization__in=organizations, roles__contains=[ContactRole.TECHNICAL], sees=CaseSight.ALL
            )
            .select_related("user", "organization")
            .order_by("pk")
        )

    def colleagues(self, event: CaseEvent, at: datetime) -> list[int]:
        """Who is told at `at` (aware) in place of a contact that left, so that no customer is left in silence."""
        organization = self.cases[event.case_id].organization_id
        return [
            one.user_id
            for one in self._technical_contacts
            if one.organization_id == organization and may_open_cases(one.standing, at)
        ]

    def _owner_at_work(self, case: Case, at: datetime) -> list[int]:
        """The case's engineer, unless absent or, at severity 1, off shift."""
        is_at_work = self.roster.is_on_shift if case.severity == Severity.ONE else self.roster.is_available
        return [case.owner_id] if case.owner_id and is_at_work(case.owner_id, at) else []

    def _on_shift(self, case: Case, at: datetime) -> list[int]:
        """Who can still do something about a deadline, because they are at work now; nobody is called for it."""
        if case.owner_id and self.roster.is_on_shift(case.owner_id, at):
            return [case.owner_id]
        return self.roster.on_shift(case.organization.region_id, at) or self.roster.on_shift(None, at)

    def _queue(self, case: Case, at: datetime) -> list[int]:
        """Who takes up what nobody has, so that no case waits unseen; before the check Customer Service too (C-STF-03).

        Only severity 1 reaches beyond the region and its hours: outside them what is told of other cases is read when
        its people are back, and nobody is called for it (C-COV-04).
        """
        if case.severity == Severity.ONE:
            return self._alarmed(case, at)
        region = case.organization.region_id
        roles = ENGINEER_ROLES if case.verified_at else ENGINEER_ROLES | {StaffRole.CUSTOMER_SERVICE}
        return (
            self.roster.on_shift(region, at, roles)
            or self.roster.based_in(region, at, roles)
            or self.roster.based_in(None, at, roles)
        )

    def _alarmed(self, case: Case, at: datetime) -> list[int]:
        """Engineers at work at any minute of the year: the region's, else wherever the sun is up, else on call.

        Where the roster has a gap, managers find one (C-COV-01, A-04). Customer Service checks beside it (A-26).
        """
        region = case.organization.region_id
        engineers = (
            self.roster.on_shift(region, at)
            or self.roster.on_shift(None, at)
            or self.roster.on_call(Layer.ENGINEER, region, at)
            or self._manager_on_call(case, at)
            or self.roster.based_in(None, at, ENGINEER_ROLES)
        )
        if case.verified_at:
            return engineers
        check = {StaffRole.CUSTOMER_SERVICE}
        return engineers + (self.roster.on_shift(region, at, check) or self.roster.on_shift(None, at, check))

    def _manager_on_call(self, case: Case, at: datetime) -> list[int]:
        """A roster with a gap alarms every manager."""
        on_call = self.roster.on_call(Layer.MANAGER, case.organization.region_id, at)
        return on_call or self.roster.managers(at)
