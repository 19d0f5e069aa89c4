"""Who is told what when a fact is recorded. Standard library only.

An audience is a part somebody plays for a case; `notifications.recipients` finds the people.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from cases.enums import ABSENCES, ClosureReason, EventKind, Severity, Side
from notifications.enums import Template
from sla.promises import MilestoneKind


class Audience(StrEnum):
    """A part somebody plays for a case."""

    CONTACT = "contact"  # the customer's contact of the case
    OWNER = "owner"  # its engineer, if it has one
    FORMER_OWNER = "former_owner"  # whose case it was until this fact
    OWNER_OR_QUEUE = "owner_or_queue"  # its engineer; the queue while there is none or the engineer is not there
    # its engineer while at work, else who of the region is, else whoever is; with nobody there, as OWNER_OR_QUEUE
    ON_SHIFT = "on_shift"
    QUEUE = "queue"  # who takes it up next: at its severity 1 somebody who is awake, else the region's people
    CASE_MANAGER = "case_manager"
    MANAGER_ON_CALL = "manager_on_call"


class Notice(NamedTuple):
    template: Template
    audience: Audience


def notices(kind: EventKind, data: Mapping[str, Any]) -> list[Notice]:
    """Who is told about a fact, and in which words. Guide: C-RAS-02, C-SEV-04, C-CLS-01, C-CLS-02, C-RPN-01."""
    match kind:
        case EventKind.RECEIVED:
            urgent = [Notice(Template.SEVERITY_1_RECEIVED, Audience.QUEUE)]
            return [Notice(Template.RECEIVED, Audience.CONTACT)] + urgent * (data["requested"] == Severity.ONE)
        case EventKind.SEVERITY_PROPOSED:  # it counts at once, before any agreement
            urgent = [Notice(Template.BECAME_SEVERITY_1, Audience.QUEUE)]
            return [_PROPOSED[Side(data["side"])]] + urgent * (data["severity"] == Severity.ONE)
        case EventKind.REASSIGNED if data["reason"] in ABSENCES:
            return [*_OWNER_CHANGED, Notice(Template.TAKEN_OVER, Audience.FORMER_OWNER)]
        case EventKind.MILESTONE_WARNED | EventKind.MILESTONE_BREACHED if _of_managers(data):
            template = _ALWAYS[kind][0].template  # only managers acknowledge an escalation (C-ESC-16)
            return [Notice(template, Audience.CASE_MANAGER), Notice(template, Audience.MANAGER_ON_CALL)]
        case EventKind.CONTACT_ATTEMPTED if data["message"] is None:
            return []  # a call that nobody took tells nobody
        case EventKind.CLOSED:
            return [
                Notice(_CLOSED[ClosureReason(data["reason"])], Audience.CONTACT),
                Notice(Template.CASE_CLOSED, Audience.OWNER),
            ]
    return _ALWAYS.get(kind, [])


def _of_managers(data: Mapping[str, Any]) -> bool:
    return data.get("milestone") == MilestoneKind.ACKNOWLEDGEMENT


_PROPOSED = {
    Side.CUSTOMER: Notice(Template.CUSTOMER_PROPOSED_SEVERITY, Audience.OWNER_OR_QUEUE),
    Side.SUPPORT: Notice(Template.SEVERITY_PROPOSED, Audience.CONTACT),
}

_CLOSED = {
    ClosureReason.RESOLVED: Template.CLOSURE_SUMMARY,
    ClosureReason.ANSWERED: Template.CLOSURE_SUMMARY,
    ClosureReason.WITHDRAWN: Template.CLOSURE_SUMMARY,
    ClosureReason.NO_RESPONSE: Template.CLOSED_NO_RESPONSE,
    ClosureReason.NOT_ENTITLED: Template.CLOSED_NOT_ENTITLED,
}

_OWNER_CHANGED = [
    Notice(Template.OWNER_CHANGED, Audience.CONTACT),
    Notice(Template.GIVEN_TO_YOU, Audience.OWNER),
]

_ALWAYS: dict[EventKind, list[Notice]] = {
    EventKind.ASSIGNED: _OWNER_CHANGED,
    EventKind.REASSIGNED: _OWNER_CHANGED,
    EventKind.REPLIED: [Notice(Template.REPLY, Audience.CONTACT)],
    EventKind.CUSTOMER_REPLIED: [
        Notice(Template.CUSTOMER_REPLIED, Audience.OWNER_OR_QUEUE),
        Notice(Template.REPLY, Audience.CONTACT),
    ],
    EventKind.SEVERITY_AGREED: [
        Notice(Template.SEVERITY_AGREED, Audience.CONTACT),
        Notice(Template.SEVERITY_SETTLED, Audience.OWNER),
    ],
    EventKind.SEVERITY_REDUCED: [
        Notice(Template.SEVERITY_REDUCED, Audience.CONTACT),
        Notice(Template.SEVERITY_SETTLED, Audience.OWNER),
    ],
    EventKind.CLOSURE_PROPOSED: [Notice(Template.CLOSURE_QUESTION, Audience.CONTACT)],
    EventKind.CLOSURE_REMINDED: [Notice(Template.CLOSURE_REMINDER, Audience.CONTACT)],
    EventKind.CLOSURE_REJECTED: [
        Notice(Template.CLOSURE_REJECTED, Audience.OWNER_OR_QUEUE),
        Notice(Template.REPLY, Audience.CONTACT),
    ],
    EventKind.CONTACT_ATTEMPTED: [Notice(Template.CONTACT_ATTEMPT, Audience.CONTACT)],
    EventKind.REOPENED: [
        Notice(Template.REOPENED, Audience.CONTACT),
        Notice(Template.CASE_REOPENED, Audience.OWNER_OR_QUEUE),
    ],
    EventKind.HANDED_OVER: [
        Notice(Template.HANDED_OVER, Audience.CONTACT),
        Notice(Template.HANDED_TO_YOU, Audience.OWNER),
    ],
    EventKind.HANDOVER_UNACCEPTED: [Notice(Template.HANDOVER_UNACCEPTED, Audience.MANAGER_ON_CALL)],
    EventKind.HANDOVER_KEPT: [
        Notice(Template.HANDOVER_KEPT, Audience.QUEUE),
        Notice(Template.HANDOVER_KEPT, Audience.MANAGER_ON_CALL),
    ],
    EventKind.PUT_ON_SUN: [Notice(Template.PUT_ON_SUN, Audience.CONTACT)],
    EventKind.TAKEN_OFF_SUN: [Notice(Template.TAKEN_OFF_SUN, Audience.CONTACT)],
    EventKind.FIRST_RESPONSE_WARNED: [Notice(Template.RESPONSE_WARNING, Audience.ON_SHIFT)],
    EventKind.FIRST_RESPONSE_BREACHED: [
        Notice(Template.RESPONSE_BREACH, Audience.OWNER_OR_QUEUE),
        Notice(Template.RESPONSE_BREACH, Audience.CASE_MANAGER),
        Notice(Template.RESPONSE_BREACH, Audience.MANAGER_ON_CALL),
    ],
    EventKind.MILESTONE_WARNED: [Notice(Template.MILESTONE_WARNING, Audience.ON_SHIFT)],
    EventKind.MILESTONE_BREACHED: [
        Notice(Template.MILESTONE_BREACH, Audience.OWNER_OR_QUEUE),
        Notice(Template.MILESTONE_BREACH, Audience.CASE_MANAGER),
    ],
}
