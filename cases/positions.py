"""Setting a severity together, and lowering it: what it comes to, as the fact to be recorded. Standard library only.

Before the agreement either side puts a severity forward either way, after it only a less severe one; to put the agreed
severity forward takes back one's own wish to lower it (C-SEV-01, C-SEV-03, C-SEV-04; A-10, A-11).
"""

from typing import Any, NamedTuple

from cases import rules
from cases.enums import EventKind, Severity, Side
from cases.facts import State
from cases.texts import required


class Outcome(NamedTuple):
    """A fact that the rules allow, and what it carries."""

    kind: EventKind
    data: dict[str, Any]


def proposed(state: State, side: Side, to: Severity, *, reason: str, phone: str) -> Outcome:
    """What it comes to that `side` puts `to` forward; where the other side already stands there, it is agreed.

    `phone` is a new number, or "". Raises Refusal when the rules forbid it, or a reason is missing.
    """
    own, other = position(state, side), position(state, other_side(side))
    rules.require_open_to_proposals(state, to, own)
    rules.require_phone(to, phone or state.phone)
    if to == other and not rules.takes_back(state, to, own):
        return _settled(state, to, reason=reason, phone=phone)
    reason = required(reason, "reason")
    return Outcome(EventKind.SEVERITY_PROPOSED, {"severity": int(to), "side": side, "reason": reason, "phone": phone})


def agreed(state: State, side: Side, severity: Severity) -> Outcome:
    """What it comes to that `side` agrees to what the other put forward last. Raises Refusal for any other severity."""
    rules.require_agreeable(state, severity, position(state, other_side(side)))
    return _settled(state, severity)


def reduced(state: State, to: Severity, *, reason: str) -> Outcome:
    """An agreed severity lowered without waiting for the customer. Raises Refusal when the rules forbid it."""
    rules.require_agreed(state)
    rules.require_lower_severity(state.severity, to)
    return _reduction(state, to, required(reason, "reason"), agreed=False)


def position(state: State, side: Side) -> Severity | None:
    """What a side put forward last."""
    return state.requested if side is Side.CUSTOMER else state.proposed


def other_side(side: Side) -> Side:
    return Side.SUPPORT if side is Side.CUSTOMER else Side.CUSTOMER


def _settled(state: State, severity: Severity, *, reason: str = "", phone: str = "") -> Outcome:
    """Both sides stand at `severity`: a first agreement, or an agreed reduction."""
    if state.severity_agreed_at:
        return _reduction(state, severity, reason, agreed=True)
    return Outcome(EventKind.SEVERITY_AGREED, {"severity": int(severity), "phone": phone})


def _reduction(state: State, to: Severity, reason: str, *, agreed: bool) -> Outcome:
    data = {"before": int(state.severity), "severity": int(to), "reason": reason, "agreed": agreed}
    return Outcome(EventKind.SEVERITY_REDUCED, data)
