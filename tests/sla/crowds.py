"""Cases by the hundred, without calling a verb for each."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from cases import numbers
from cases.enums import EventKind
from cases.journal import Entry, record
from cases.models import Case


def _distinct_numbers() -> Iterator[str]:
    """Of some thousand numbers two may well be drawn alike; a verb draws again, a crowd has no time to."""
    drawn: set[str] = set()
    while True:
        if (number := numbers.draw()) not in drawn:
            drawn.add(number)
            yield number


NUMBERS = _distinct_numbers()


def received_with(case: Case, count: int) -> list[Case]:
    """So many more cases like `case`, which was just received: same moment, same wish, other numbers."""
    return received_at(case, [case.received_at] * count)


def received_at(case: Case, moments: Sequence[datetime]) -> list[Case]:
    """A case like `case`, which was just received, for each of these aware moments."""
    receipt = case.events.get(kind=EventKind.RECEIVED)
    copies = [_unwritten(case, at) for at in moments]
    with transaction.atomic():
        Case.objects.bulk_create(copies)
        record([_receipt(copy, receipt.data) for copy in copies])
    return copies


def _unwritten(case: Case, at: datetime) -> Case:
    """The case as it was before its log began, under another number and received `at`."""
    fields = {field.attname: getattr(case, field.attname) for field in Case._meta.concrete_fields}
    fresh = {"id": None, "number": next(NUMBERS), "submission": uuid4(), "version": 0, "updated_at": None}
    copy = Case(**(fields | fresh | {"received_at": at}))
    copy.organization = case.organization
    return copy


def _receipt(case: Case, said: dict[str, Any]) -> Entry:
    data = said | {"received_at": case.received_at.isoformat()}
    return Entry(case, EventKind.RECEIVED, case.received_at, case.opened_by, data)
