"""Which engineer takes a case, and why in words (C-STF-06, C-STF-08). Standard library only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engineer who could take a case now: on shift, or on call for what no shift covers.

    `severe` of its `open` cases are of Severity 1.
    """

    person: int
    skills: frozenset[str]
    open: int
    severe: int
    on_shift: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Who takes the case, out of how many, and how it stands with the skills the case needs."""

    taker: Candidate
    known: tuple[str, ...]
    missing: tuple[str, ...]
    among: int
    tied: int


def choose(candidates: Sequence[Candidate], needed: Sequence[str]) -> Choice | None:
    """The one who takes the case, for whatever order the candidates come in; None when there is nobody.

    In this order: on shift before on call, who knows more of the skills `needed` (the more important first), fewer
    cases of Severity 1, fewer open cases. Among equals, the oldest account takes it (the lowest user id).
    """
    if not candidates:
        return None
    taker = min(candidates, key=lambda one: (_rank(one, needed), one.person))
    return Choice(
        taker,
        known=tuple(skill for skill in needed if skill in taker.skills),
        missing=tuple(skill for skill in needed if skill not in taker.skills),
        among=len(candidates),
        tied=sum(_rank(one, needed) == _rank(taker, needed) for one in candidates),
    )


def _rank(one: Candidate, needed: Sequence[str]) -> tuple[bool, tuple[bool, ...], int, int]:
    # A missing skill weighs by its place: False sorts before True, so the first skill decides before the second.
    return (not one.on_shift, tuple(skill not in one.skills for skill in needed), one.severe, one.open)


def reasons(choice: Choice, names: Mapping[str, str]) -> list[str]:
    """Why this engineer, in short sentences, the weightiest first; `names` says what each skill is called."""
    lead = "On shift." if choice.taker.on_shift else "On call: nobody is on shift."
    return [lead, *merits(choice, names, "on duty")]


def merits(choice: Choice, names: Mapping[str, str], among: str) -> list[str]:
    """How the engineer stands by skill and load with the others, who are `among`: "on duty"."""
    sentences = []
    if choice.known:
        sentences.append(f"Knows {' and '.join(names[skill] for skill in choice.known)}.")
    if choice.missing:
        sentences.append(f"Does not list {' and '.join(names[skill] for skill in choice.missing)} as a skill.")
    return [*sentences, _load(choice.taker), _standing(choice, among)]


def _load(taker: Candidate) -> str:
    if not taker.open:
        return "Has no open case."
    cases = "1 open case" if taker.open == 1 else f"{taker.open} open cases"
    return f"Has {cases}, {taker.severe or 'none'} of Severity 1."


def _standing(choice: Choice, among: str) -> str:
    if choice.among == 1:
        return f"Nobody else is {among}."
    if choice.tied > 1:
        return f"Equal with {choice.tied - 1} of {choice.among} {among}; whose account is oldest goes first."
    return f"First of {choice.among} {among} by skill, then load."
