"""What of a fact's data a customer may read: on a page, in a mail, through the API. Standard library only.

A list of what is allowed: a key or a kind that nobody thought of stays inside.
"""

from collections.abc import Mapping
from typing import Any

from cases.enums import EventKind, ReassignmentReason

DISCLOSED: Mapping[EventKind, frozenset[str]] = {
    EventKind.RECEIVED: frozenset({"requested", "channel", "received_at", "message"}),
    EventKind.ENTITLEMENT_VERIFIED: frozenset(),
    EventKind.HELD: frozenset({"reason"}),
    EventKind.RESUMED: frozenset(),
    EventKind.ASSIGNED: frozenset({"owner", "before", "reason"}),
    EventKind.REASSIGNED: frozenset({"owner", "before", "reason"}),
    EventKind.REPLIED: frozenset({"message", "waiting", "next_update_at"}),
    EventKind.CUSTOMER_REPLIED: frozenset({"message", "channel"}),
    EventKind.CALLED: frozenset({"reached"}),
    EventKind.SEVERITY_PROPOSED: frozenset({"severity", "side", "reason"}),
    EventKind.SEVERITY_AGREED: frozenset({"severity"}),
    EventKind.SEVERITY_REDUCED: frozenset({"before", "severity", "reason", "agreed"}),
    EventKind.CLOSURE_PROPOSED: frozenset({"problem", "resolution", "reason"}),
    EventKind.CLOSURE_REJECTED: frozenset({"message"}),
    EventKind.CLOSURE_REMINDED: frozenset(),
    EventKind.CONTACT_ATTEMPTED: frozenset({"channel", "announces_closure", "message"}),
    EventKind.CLOSED: frozenset({"reason", "problem", "resolution", "verdict"}),
    EventKind.REOPENED: frozenset({"owner", "message"}),
    EventKind.FOLLOWED_ON: frozenset({"number"}),
    EventKind.TERMS_CHANGED: frozenset({"reason"}),
    EventKind.FIRST_RESPONSE_BREACHED: frozenset({"cycle", "due_at"}),
    EventKind.MILESTONE_BREACHED: frozenset({"milestone", "cycle", "due_at"}),
    EventKind.ESCALATED: frozenset({"channel"}),
    EventKind.ESCALATION_ACKNOWLEDGED: frozenset(),
    EventKind.CALL_BACK_REQUESTED: frozenset({"whom"}),
    EventKind.HANDED_OVER: frozenset({"owner", "before", "from_center", "to_center"}),
    EventKind.PUT_ON_SUN: frozenset(),
    EventKind.TAKEN_OFF_SUN: frozenset(),
}


def disclosed(kind: EventKind, data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a fact's data that a customer may read; nothing of an internal fact.

    That an engineer is ill is the engineer's own affair: such a reason reads as any other.
    """
    kept = {key: value for key, value in data.items() if key in DISCLOSED.get(kind, ())}
    if kept.get("reason") == ReassignmentReason.SICK_LEAVE:
        kept["reason"] = ReassignmentReason.OTHER.value
    return kept
