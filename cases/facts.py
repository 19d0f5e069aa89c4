"""A case's log as plain values, and the state it folds to. Standard library only.

`apply` is the only place where a fact changes a case: the row in the database is stored from its result and a replay
of the log folds the same function, so both always agree.

What each kind carries in `data`, all JSON: instants as ISO 8601 UTC strings, severities as numbers, people as user ids:

=======================  ==============================================================================================
RECEIVED                 requested: int, channel: str, received_at: str (the submission, or the start of the call)
ENTITLEMENT_VERIFIED     verdict: dict, override: str (reason, or "")
REFUSED                  verdict: dict, reason: str
HELD / RESUMED           reason: HoldReason / nothing
ASSIGNED / REASSIGNED    owner: int, before: int | None, reason: str, note: str
REPLIED                  message: int, waiting: bool (True when the next move is the customer's)
CUSTOMER_REPLIED         message: int, channel: str
NOTED                    note: int
CALLED                   reached: bool, summary: str
SEVERITY_PROPOSED        severity: int, side: "customer" | "support", reason: str
SEVERITY_AGREED          severity: int
SEVERITY_REDUCED         before: int, severity: int, reason: str, agreed: bool
CLOSURE_PROPOSED         problem: str, resolution: str, reason: ClosureReason
CLOSURE_REJECTED         message: int
CLOSURE_REMINDED         nothing
CONTACT_ATTEMPTED        channel: str, announces_closure: bool, reached: bool, summary: str
CLOSED                   reason: ClosureReason, problem: str, resolution: str
REOPENED                 why: str
FOLLOWED_ON              number: str of the new case
FIRST_RESPONSE_WARNED    cycle: int, share: 50 | 80, due_at: str
FIRST_RESPONSE_BREACHED  cycle: int, due_at: str
=======================  ==============================================================================================
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cases.enums import ActorRole, Channel, ClosureReason, EventKind, Severity, Status


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of a case's log: the `seq`-th thing that happened (from 1), at an aware UTC instant.

    Facts of one case never go back in time: `at` is not before that of the fact with the previous `seq`.
    """

    seq: int
    kind: EventKind
    at: datetime
    role: ActorRole
    data: Mapping[str, Any] = field(default_factory=dict)
