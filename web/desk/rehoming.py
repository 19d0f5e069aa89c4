"""Which open cases an absence would move, to whom and why, shown before it is saved (C-RAS-01)."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import transaction

from accounts import rostering
from accounts.models import Absence, User
from cases.enums import Severity
from cases.rehoming import Move, plan
from web.case.times import Times

SHOWN = 50


def moves_of(row: Absence, by: User, times: Times) -> list[Move]:
    """What would become of the open cases, as things stand, when this absence begins. Writes nothing."""
    if not row.is_to_rehome or row.ends_at <= times.now:
        return []
    with transaction.atomic():
        tried = copy(row)
        rostering.keep(tried, by=by)
        moves = plan(tried, max(times.now, tried.starts_at))
        transaction.set_rollback(True)
    return moves


def in_short(moves: Sequence[Move]) -> Iterator[str]:
    """Which case goes to whom."""
    for move in moves:
        yield f"{move.case.number} {move.taker.pk if move.taker else ''}"


@dataclass(frozen=True)
class Line:
    """A case and where it goes; `taker` is empty when it stays."""

    number: str
    url: str
    subject: str
    severity: Severity
    organization: str
    taker: str
    why: str


@dataclass(frozen=True)
class Moves:
    """The moves in words, of which a long list shows the gravest cases."""

    moves: Sequence[Move]
    at: datetime
    times: Times

    @property
    def when(self) -> str:
        return "at once" if self.at <= self.times.now else f"on {self.times.moment(self.at).reader}"

    @cached_property
    def lines(self) -> list[Line]:
        return [_line(move) for move in self.moves[:SHOWN]]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, len(self.moves) - SHOWN)

    @property
    def count(self) -> str:
        return "1 open case" if len(self.moves) == 1 else f"{len(self.moves)} open cases"

    @property
    def staying(self) -> int:
        """How many nobody can take."""
        return sum(move.taker is None for move in self.moves)


def _line(move: Move) -> Line:
    case = move.case
    return Line(
        case.number,
        case.get_absolute_url(),
        case.subject,
        Severity(case.severity),
        str(case.organization),
        str(move.taker or ""),
        " ".join(move.why),
    )
