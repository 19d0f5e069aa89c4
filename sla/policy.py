"""How promises were kept, and how they would have been under others. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accounts.enums import Worded
from cases.enums import Severity


class Outcome(Worded):
    """What became of a promise."""

    KEPT = "kept", "Kept"
    MISSED = "missed", "Missed"
    RUNNING = "running", "Still running"
    WITHDRAWN = "withdrawn", "Withdrawn"


def outcome(due_at: datetime | None, met_at: datetime | None, stopped_at: datetime | None, now: datetime) -> Outcome:
    """What became of a promise that was due, met or withdrawn at these aware moments; `due_at` is None on hold.

    A promise met or withdrawn at its due moment exactly was kept in time (A-03).
    """
    ended_at = met_at or stopped_at
    if due_at is not None and (ended_at or now) > due_at:
        return Outcome.MISSED
    if ended_at is None:
        return Outcome.RUNNING
    return Outcome.KEPT if met_at else Outcome.WITHDRAWN


@dataclass(slots=True)
class Tally:
    """How many promises came to what."""

    kept: int = 0
    missed: int = 0
    running: int = 0
    withdrawn: int = 0

    def count(self, what: Outcome) -> None:
        setattr(self, what.value, getattr(self, what.value) + 1)

    def add(self, other: "Tally") -> None:
        self.kept += other.kept
        self.missed += other.missed
        self.running += other.running
        self.withdrawn += other.withdrawn

    @property
    def share_kept(self) -> int | None:
        """The percentage kept of those that were kept or missed, rounded down; None without any."""
        decided = self.kept + self.missed
        return 100 * self.kept // decided if decided else None


@dataclass(slots=True)
class Pair:
    """The same promises as they were counted, and as they would have been."""

    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    newly_missed: int = 0
    newly_kept: int = 0

    def count(self, before: Outcome, after: Outcome) -> None:
        self.before.count(before)
        self.after.count(after)
        self.newly_missed += after is Outcome.MISSED and before is not Outcome.MISSED
        self.newly_kept += before is Outcome.MISSED and after is not Outcome.MISSED

    def add(self, other: "Pair") -> None:
        self.before.add(other.before)
        self.after.add(other.after)
        self.newly_missed += other.newly_missed
        self.newly_kept += other.newly_kept


def total(pairs: Mapping[Severity, Pair]) -> Pair:
    """All severities together."""
    whole = Pair()
    for pair in pairs.values():
        whole.add(pair)
    return whole
