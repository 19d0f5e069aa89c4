"""The one way to write a case's log, and the one signal in the house.

`record` appends facts, folds them into the case rows and sends `case_event_recorded`, all inside the caller's
transaction and under the case's lock. A receiver derives and never decides, records no fact of its own, and its error
rolls the verb back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import User
from cases.enums import PASSING_KINDS, ActorRole, EventKind
from cases.facts import State, apply
from cases.models import Case, CaseEvent
from cases.permissions import role_of

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

    The cases must be locked by the caller; several facts about one case share one `Case` instance.

    A fact keeps the moment of its request, also when it had to wait for the lock and a note or a warning came between.
    It only never precedes the last fact that moved the case or a clock, because the clocks are folded in order: then
    it is moved up to that one. The two came together, or from machines whose clocks differ, so that this is a matter
    of milliseconds.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded inside the verb's transaction")
    if not entries:
        return []
    changed: set[str] = set()
    events = []
    for entry in entries:
        events.append(event := _next_event(entry))
        changed |= event.case.hold_state(_state_after(event))
    CaseEvent.objects.bulk_create(events)
    _save(list({event.case_id: event.case for event in events}.values()), changed)
    case_event_recorded.send(sender=CaseEvent, events=events)
    return events


def _save(cases: Sequence[Case], changed: Collection[str]) -> None:
    """Write these attributes of all the cases; `bulk_update` takes 17 times as long for two hundred."""
    fields = [field for field in Case._meta.concrete_fields if field.attname in changed]
    columns = ["id", *(f'"{field.column}"' for field in fields)]
    types = ["bigint", *(field.db_type(connection) for field in fields)]
    values = [[field.get_db_prep_save(getattr(case, field.attname), connection) for case in cases] for field in fields]
    changes = ", ".join(f"{column} = fresh.{column}" for column in columns[1:])
    arrays = ", ".join(f"%s::{type}[]" for type in types)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE cases_case SET {changes} FROM unnest({arrays}) AS fresh ({', '.join(columns)})"  # noqa: S608
            " WHERE cases_case.id = fresh.id",
            [[case.pk for case in cases], *values],
        )


def _next_event(entry: Entry) -> CaseEvent:
    case = entry.case
    role = role_of(entry.by, case)
    return CaseEvent(
        case=case,
        seq=case.version + 1,
        kind=entry.kind,
        at=_moment(entry),
        recorded_at=timezone.now(),
        by=entry.by,
        role=role,
        acting_for_id=case.organization_id if role is ActorRole.THIRD_PARTY else None,
        submission=entry.submission,
        data=entry.data,
    )


def _moment(entry: Entry) -> datetime:
    """When the fact took effect: its own moment, but not before what it follows from."""
    if not entry.case.updated_at or entry.at >= entry.case.updated_at:
        return entry.at
    before = entry.case.events.exclude(kind__in=PASSING_KINDS).order_by("seq").last()
    return max(entry.at, before.at) if before else entry.at


def _state_after(event: CaseEvent) -> State:
    return apply(event.case.state if event.case.version else None, event.fact)
