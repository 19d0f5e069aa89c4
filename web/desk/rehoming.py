"""Which open cases an absence would move, to whom and why, shown before it is saved (C-RAS-01)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import rostering
from accounts.models import Absence, User
from cases.enums import Severity
from cases.rehoming import Move, plan
from web.case.times import Times

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A case and where it goes; `taker` is empty when it stays."""

    number: str
    url: str
    subject: str
    severity: Severity
    organization: str
    taker: str
    why: str


@dataclass(frozen=True, slots=True)
class Moves:
    """What happens at the aware moment `at`, in words; of a long list the gravest cases are shown."""

    moves: Sequence[Move]
    at: datetime
    times: Times

    def in_short(self) -> Iterator[str]:
        """Which case goes to whom: what must have been seen before it is saved."""
        for move in self.moves:
            yield f"{move.case.number} {move.taker.pk if move.taker else ''}"

    @property
    def heading(self) -> str:
        """How many, and when: "2 open cases move on Thu 5 Mar, 00:00 GMT"."""
        when = "at once" if self.at <= self.times.now else f"on {self.times.moment(self.at).reader}"
        return f"1 open case moves {when}" if len(self.moves) == 1 else f"{len(self.moves)} open cases move {when}"

    @property
    def shares(self) -> str:
        """How many go to whom, those with most first: "12 to Lidia Brzezna, 5 to Jonas Wielopole"."""
        counted = Counter(str(move.taker or "nobody") for move in self.moves)
        return ", ".join(f"{count} to {taker}" for taker, count in counted.most_common())

    @property
    def lines(self) -> list[Line]:
        return [_line(move) for move in self.moves[:SHOWN]]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, len(self.moves) - SHOWN)

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


def moves_of(row: Absence, by: User, times: Times) -> Moves | None:
    """What would become of the open cases, as things stand, when this absence begins; None when nothing moves.

    Writes nothing.
    """
    if not row.is_to_rehome or row.ends_at <= times.now:
        return None
    at = max(times.now, row.starts_at)
    with transaction.atomic():
        tried = copy(row)
        rostering.keep(tried, by=by)
        moves = plan(tried, at)
        transaction.set_rollback(True)
    return Moves(moves, at, times) if moves else None
