"""What the clock still brings about on a case that was handed over. Standard library only.

Who gets a case with the sun accepts it within ten minutes; otherwise the manager on call is told, once (C-FTS-01).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cases.enums import EventKind
from cases.facts import Fact, State

ACCEPTED_WITHIN = timedelta(minutes=10)


class HandoverTimerKind(StrEnum):
    """What an owner who does not accept lets happen."""

    UNACCEPTED = "handover_unaccepted"


@dataclass(frozen=True, slots=True)
class HandoverTimer:
    """Something still to happen at `fire_at` (aware UTC); `subject` is the handover's place in the log."""

    kind: HandoverTimerKind
    subject: str
    fire_at: datetime
    data: dict[str, Any]


def timers(state: State, log: Sequence[Fact]) -> Iterator[HandoverTimer]:
    """That a handover which waits to be accepted is told of, unless that was done."""
    if state.handed_over_at is None:
        return
    handover = next(fact for fact in reversed(log) if fact.kind is EventKind.HANDED_OVER)
    if any(fact.kind is EventKind.HANDOVER_UNACCEPTED and fact.seq > handover.seq for fact in log):
        return
    yield HandoverTimer(
        HandoverTimerKind.UNACCEPTED,
        str(handover.seq),
        handover.at + ACCEPTED_WITHIN,
        {"handover": handover.seq, "owner": handover.data["owner"]},
    )
