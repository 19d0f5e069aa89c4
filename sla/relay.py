"""When cases that follow the sun change hands, and which of them (C-FTS-01). Standard library only.

Every case on the sun is to be with somebody of those who hold it (`sla.coverage`). So whenever others hold it, be it
another center or other people of the same, each case is looked at:

- It stays with an owner who is among those who hold the sun now.
- While the center is the same, it also stays with an owner who is at work elsewhere: whoever took a case up before the
  sun came keeps it.
- Every other case is handed over; one without an owner too.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from sla.coverage import Hold


class Change(NamedTuple):
    """From `at` (aware UTC) on `people` hold Severity 1 for the center with code `to_center`; nobody, without any."""

    at: datetime
    from_center: str
    to_center: str
    people: tuple[int, ...]

    @property
    def moves_center(self) -> bool:
        return self.from_center != self.to_center


def changes(held: Iterable[Hold]) -> Iterator[Change]:
    """Each moment of these stretches, in order, from which others hold the sun."""
    for before, after in pairwise(held):
        if (before.center, before.people) != (after.center, after.people):
            yield Change(after.begins, before.center, after.center, after.people)


def stays(owner: int | None, change: Change, at_work: Collection[int]) -> bool:
    """Whether a case keeps its owner at a change, of all who are `at_work` then."""
    return owner in change.people or (owner in at_work and not change.moves_center)


def is_stray(owner: int | None, given_at: datetime | None, present: Change, at_work: Collection[int]) -> bool:
    """Whether a case came to follow the sun while its owner is not at work: it is handed over now, without a change.

    Whom a person gave it to (`given_at`, aware) since the last change, `present`, keeps it until the next.
    """
    kept = given_at is not None and given_at >= present.at
    return owner is not None and owner not in at_work and not kept


def next_for(owner: int | None, present: Change | None, coming: Iterable[Change]) -> Change | None:
    """The first of the changes to come at which a case of this owner is handed over; `present` is the last that was."""
    holds = present is not None and owner in present.people
    for change in coming:
        if owner in change.people:
            holds = True
        elif owner is None or holds or change.moves_center:
            return change
    return None
