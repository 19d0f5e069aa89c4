"""The one way to write a case's log, and the one signal in the house.

`record` appends facts, folds them into the case rows and sends `case_event_recorded`, all inside the caller's
transaction and under the case's lock. A receiver derives and never decides, records no fact of its own, and its error
rolls the verb back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import User
from cases.enums import ActorRole, EventKind
from cases.facts import apply
from cases.models import Case, CaseEvent
from cases.permissions import role_of

STATE_ATTRIBUTES = {name: Case._meta.get_field(name).attname for name in Case.STATE_FIELDS}

# Arguments: `events`, a list of CaseEvent whose `case` is the locked, already changed row.
case_event_recorded = Signal()


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact to be recorded about a locked case. `by` is None for the portal itself; `at` is aware UTC."""

    case: Case
    kind: EventKind
    at: datetime
    by: User | None = None
    data: dict[str, Any] = field(default_factory=dict)
    submission: UUID | None = None


def record(entries: Sequence[Entry]) -> list[CaseEvent]:
    """Append these facts, in order, and let the cases and everything derived follow.

    The cases must be locked by the caller; several facts about one case share one `Case` instance. A fact never
    precedes the one before it: an `at` that does (clocks of two machines differ) is moved up to it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded inside the verb's transaction")
    if not entries:
        return []
    cases = list({entry.case.pk: entry.case for entry in entries}.values())
    before = [_state_fields(case) for case in cases]
    events = [_append(entry) for entry in entries]
    CaseEvent.objects.bulk_create(events)
    after = [_state_fields(case) for case in cases]
    _save(
        cases,
        [
            name
            for name in Case.STATE_FIELDS
            if any(old[name] != new[name] for old, new in zip(before, after, strict=True))
        ],
    )
    case_event_recorded.send(sender=CaseEvent, events=events)
    return events


def _state_fields(case: Case) -> dict[str, Any]:
    return {name: getattr(case, attribute) for name, attribute in STATE_ATTRIBUTES.items()}


def _save(cases: Sequence[Case], names: Sequence[str]) -> None:
    """Write these fields of all the cases in one statement; `bulk_update` takes ten times as long to build its own."""
    fields = [Case._meta.get_field(name) for name in ("id", *names)]
    columns = [connection.ops.quote_name(field.column) for field in fields]
    changes = ", ".join(f"{column} = fresh.{column}" for column in columns[1:])
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
    values = [[field.get_db_prep_save(getattr(case, field.attname), connection) for case in cases] for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE cases_case SET {changes} FROM unnest({arrays}) AS fresh ({', '.join(columns)})"  # noqa: S608
            " WHERE cases_case.id = fresh.id",
            values,
        )


def _append(entry: Entry) -> CaseEvent:
    """The next event of the case's log; the case in memory already holds what it folds to."""
    case = entry.case
    role = role_of(entry.by, case.organization)
    event = CaseEvent(
        case=case,
        seq=case.version + 1,
        kind=entry.kind,
        at=max(entry.at, case.updated_at) if case.updated_at else entry.at,
        recorded_at=timezone.now(),
        by=entry.by,
        role=role,
        acting_for=case.organization if role is ActorRole.THIRD_PARTY else None,
        submission=entry.submission,
        data=entry.data,
    )
    case.hold_state(apply(case.state if case.version else None, event.fact))
    return event
