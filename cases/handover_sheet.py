"""The handover sheet of a case, as its log tells it. Standard library only.

It names facts rather than texts: what was written stands in other tables, and who shows the sheet looks it up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.enums import CUSTOMER_SIDE, EventKind, Turn
from cases.facts import Fact, State, is_response, replay

ACTIONS = frozenset(
    {
        EventKind.REPLIED,
        EventKind.NOTED,
        EventKind.CALLED,
        EventKind.CONTACT_ATTEMPTED,
        EventKind.CLOSURE_PROPOSED,
    }
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the next engineer needs to know of a case in this `state`.

    `note` is the last internal note, `action` what support did last, `asked` what the customer was asked while it is
    its turn, `heard` its last word. `next_update_at` (aware) is promised and not kept yet. `noted` is the last sheet
    that was completed, `handover` the last handover.
    """

    state: State
    note: Fact | None
    action: Fact | None
    asked: Fact | None
    heard: Fact | None
    next_update_at: datetime | None
    noted: Fact | None
    handover: Fact | None


def sheet(log: Sequence[Fact]) -> Sheet:
    """The sheet of the case with this log. Raises ValueError for a log that does not begin with its receipt."""
    state = replay(log)
    asks = (EventKind.REPLIED, EventKind.CONTACT_ATTEMPTED, EventKind.CLOSURE_PROPOSED)
    return Sheet(
        state=state,
        note=_last(log, EventKind.NOTED),
        action=next((fact for fact in reversed(log) if fact.kind in ACTIONS), None),
        asked=_last(log, *asks) if state.turn is Turn.CUSTOMER else None,
        heard=next((fact for fact in reversed(log) if fact.role in CUSTOMER_SIDE and "message" in fact.data), None),
        next_update_at=_promised(log),
        noted=_last(log, EventKind.HANDOVER_NOTED),
        handover=_last(log, EventKind.HANDED_OVER),
    )


def _last(log: Sequence[Fact], *kinds: EventKind) -> Fact | None:
    return next((fact for fact in reversed(log) if fact.kind in kinds), None)


def _promised(log: Sequence[Fact]) -> datetime | None:
    """By when the engineers promised to write again: their next word to the customer keeps it, or promises anew."""
    last = next((fact for fact in reversed(log) if is_response(fact)), None)
    until = last.data.get("next_update_at") if last else None
    return datetime.fromisoformat(until) if until else None
