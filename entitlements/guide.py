"""The clauses of the service delivery guide as data: what was promised, in our words. Standard library only.

`guide.toml` holds every clause (`C-SLA-02`) and every reading we take of an unclear one (`A-07`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

SOURCE = Path(__file__).with_name("guide.toml")


class ClauseKind(StrEnum):
    PROMISE = "promise"
    DUTY = "duty"
    ROLE = "role"
    NUMBER = "number"
    LIMIT = "limit"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise, duty, role, number or limit of the guide.

    `readings` are the ids of the readings by which we settle what it leaves open. `nothing_to_show` marks a
    statement that no software can make true or false.
    """

    id: str
    section: str
    words: str
    kinds: frozenset[ClauseKind]
    readings: tuple[str, ...]
    nothing_to_show: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How we read what the guide leaves open."""

    id: str
    question: str
    words: str


@cache
def clauses() -> Mapping[str, Clause]:
    """Every clause by its id, in the order of the guide."""
    found = (
        Clause(
            id=entry["id"],
            section=entry["section"],
            words=entry["words"],
            kinds=frozenset(map(ClauseKind, entry["kinds"])),
            readings=tuple(entry.get("readings", ())),
            nothing_to_show=entry.get("nothing_to_show", False),
        )
        for entry in _source()["clause"]
    )
    return MappingProxyType({clause.id: clause for clause in found})


@cache
def readings() -> Mapping[str, Reading]:
    """Every reading by its id."""
    return MappingProxyType({entry["id"]: Reading(**entry) for entry in _source()["reading"]})


@cache
def _source() -> dict[str, Any]:
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))
