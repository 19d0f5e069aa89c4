"""Which parts of a fact a letter to a customer may hold. Standard library only.

An allow list: a field or a kind of fact that is added later is internal until it is listed here.
"""

from collections.abc import Mapping
from typing import Any

from cases.enums import EventKind

_DISCLOSED: dict[EventKind, frozenset[str]] = {
    EventKind.RECEIVED: frozenset({"requested", "message"}),
    EventKind.ASSIGNED: frozenset({"owner", "before", "reason"}),
    EventKind.REASSIGNED: frozenset({"owner", "before", "reason"}),
    EventKind.REPLIED: frozenset({"message", "waiting"}),
    EventKind.CUSTOMER_REPLIED: frozenset({"message"}),
    EventKind.SEVERITY_PROPOSED: frozenset({"severity", "reason"}),
    EventKind.SEVERITY_AGREED: frozenset({"severity"}),
    EventKind.SEVERITY_REDUCED: frozenset({"before", "severity", "reason", "agreed"}),
    EventKind.CLOSURE_PROPOSED: frozenset({"problem", "resolution", "reason"}),
    EventKind.CLOSURE_REJECTED: frozenset({"message"}),
    EventKind.CONTACT_ATTEMPTED: frozenset({"announces_closure", "message"}),
    EventKind.CLOSED: frozenset({"reason", "problem", "resolution"}),
    EventKind.REOPENED: frozenset({"owner", "message"}),
}


def disclosed(kind: EventKind, data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a fact's data that a customer may read; nothing of a kind that is not listed."""
    return {name: data[name] for name in _DISCLOSED.get(kind, frozenset()) & data.keys()}
