"""The people behind the audiences: for many facts at once, in a fixed number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from accounts.enums import ENGINEER_ROLES, OnCallDuty, StaffRole
from accounts.rosters import Roster
from cases.enums import EventKind
from cases.models import Case, CaseEvent
from notifications.audiences import Audience, notices
from notifications.enums import Template


@dataclass(frozen=True, slots=True)
class Telling:
    """One person to be told of one fact in one way."""

    event: CaseEvent
    recipient: int
    template: Template


def tellings(events: Sequence[CaseEvent]) -> list[Telling]:
    """Everybody who is told of these facts, each person once per fact and template, the one who did it left out.

    Only receipts also go to the person who did it.
    """
    told = [(event, notice) for event in events for notice in notices(EventKind(event.kind), event.data)]
    if not told:
        return []
    people = People.of([event for event, _ in told])
    found = {
        (event.pk, recipient, notice.template): Telling(event, recipient, notice.template)
        for event, notice in told
        for recipient in people.behind(notice.audience, event)
        if recipient != event.by_id or notice.template.is_receipt
    }
    return list(found.values())


@dataclass
class People:
    """Who plays which part for some cases at some moments."""

    parts: dict[int, "Parts"]
    moments: Sequence[datetime]

    @classmethod
    def of(cls, events: Sequence[CaseEvent]) -> "People":
        rows = Case.objects.filter(pk__in={event.case_id for event in events}).values_list(
            "pk", "contact__user", "owner", "case_manager", "organization__region", "verified_at"
        )
        return cls({row[0]: Parts(*row[1:]) for row in rows}, [event.at for event in events])

    @cached_property
    def roster(self) -> Roster:
        return Roster.between(min(self.moments), max(self.moments))

    def behind(self, audience: Audience, event: CaseEvent) -> Iterable[int]:
        """The users who are `audience` for the event's case at its moment; nobody only where a part is not filled."""
        case = self.parts[event.case_id]
        match audience:
            case Audience.CONTACT:
                return [case.contact]
            case Audience.OWNER:
                return [case.owner] if case.owner else []
            case Audience.OWNER_OR_QUEUE:
                if case.owner and self.roster.is_available(case.owner, event.at):
                    return [case.owner]
                return self._queue(case, event.at)
            case Audience.QUEUE:
                return self._queue(case, event.at)
            case Audience.CASE_MANAGER:
                return [case.manager] if case.manager else []
            case Audience.MANAGER_ON_CALL:
                return self._manager_on_call(case, event.at)

    def _queue(self, case: "Parts", at: datetime) -> list[int]:
        """Never nobody, so that no case waits unseen: shift, engineer on call, manager on call (C-STF-03)."""
        roles = ENGINEER_ROLES if case.verified_at else ENGINEER_ROLES | {StaffRole.CUSTOMER_SERVICE}
        return (
            self.roster.on_shift(case.region, at, roles)
            or self.roster.on_call(OnCallDuty.ENGINEER, case.region, at)
            or self._manager_on_call(case, at)
        )

    def _manager_on_call(self, case: "Parts", at: datetime) -> list[int]:
        """A roster with a gap alarms every manager."""
        return self.roster.on_call(OnCallDuty.MANAGER, case.region, at) or self.roster.managers(at)


@dataclass(frozen=True, slots=True)
class Parts:
    """Who plays a part for one case, as user ids."""

    contact: int
    owner: int | None
    manager: int | None
    region: str
    verified_at: datetime | None
