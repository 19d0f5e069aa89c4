"""Whether somebody may act for an organization at a moment. Standard library only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.enums import ContactRole


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with its reason; true when allowed. The reason is a sentence for the person who asked."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


def allow(reason: str) -> Decision:
    return Decision(True, reason)


def deny(reason: str) -> Decision:
    return Decision(False, reason)


@dataclass(frozen=True, slots=True)
class Standing:
    """The facts about a contact that decide what it may do. Instants are aware; `ends_at` is excluded."""

    organization: str
    roles: Collection[str]
    starts_at: datetime | None
    ends_at: datetime | None
    liability_accepted_at: datetime | None
    active: bool


def in_force(standing: Standing, at: datetime) -> Decision:
    """Whether the contact stands for its organization at `at` (aware). Guide: C-PAR-02, C-PAR-05, C-PAR-06."""
    if not standing.active:
        return deny("This account is switched off.")
    if standing.starts_at and at < standing.starts_at:
        return deny(f"The right to act for {standing.organization} has not begun yet.")
    if standing.ends_at and at >= standing.ends_at:
        return deny(f"The right to act for {standing.organization} has ended.")
    if ContactRole.THIRD_PARTY in standing.roles and not standing.liability_accepted_at:
        return deny(f"{standing.organization} has not accepted liability for this third party yet.")
    return allow(f"A contact of {standing.organization}.")


def works_on_cases(standing: Standing) -> Decision:
    """Technical contacts and authorized third parties open and follow cases, other contacts do not.

    Says nothing about time: ask `in_force` too. Guide: C-CON-01, C-PAR-01.
    """
    if ContactRole.TECHNICAL in standing.roles:
        return allow(f"A technical contact of {standing.organization}.")
    if ContactRole.THIRD_PARTY in standing.roles:
        return allow(f"A third party that acts for {standing.organization}.")
    return deny(f"Only technical contacts of {standing.organization} open and follow cases.")


def may_open_cases(standing: Standing, at: datetime) -> Decision:
    """Whether this contact may open a case at `at` (aware): in force, and in a role that works on cases."""
    present = in_force(standing, at)
    return works_on_cases(standing) if present else present
