"""Cases by the hundred, and the words for what time did to one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import uuid4

import pytest
from django.db import transaction

from cases import numbers
from cases.enums import EventKind, Severity
from cases.journal import Entry, record
from cases.models import Case
from tests.cast import NOON


@pytest.fixture
def many_cases(open_case) -> Callable[..., list[Case]]:
    """Aberdeen's cases, all received `at` the same moment; the first by the verb, the others as copies of its row."""

    def make(count: int, *, at: datetime = NOON, severity: Severity = Severity.THREE) -> list[Case]:
        first = open_case(at=at, severity=severity)
        receipt = first.events.get()
        copies = [copy_of(first) for _ in range(count - 1)]
        with transaction.atomic():
            Case.objects.bulk_create(copies)
            record([Entry(copy, EventKind.RECEIVED, at, first.opened_by, receipt.data) for copy in copies])
        return [first, *copies]

    return make


def copy_of(case: Case) -> Case:
    """The case as it was before its log began, under another number."""
    fields = {field.attname: getattr(case, field.attname) for field in Case._meta.concrete_fields}
    fresh = {"id": None, "number": numbers.draw(), "submission": uuid4(), "version": 0, "updated_at": None}
    copy = Case(**(fields | fresh))
    copy.organization = case.organization
    return copy


@pytest.fixture
def timers() -> Callable[[Case], list[tuple]]:
    """The timers of a case as tuples: kind, subject, generation, state, in order of time."""

    def listed(case: Case) -> list[tuple]:
        rows: Sequence = case.timers.order_by("fire_at", "pk")
        return [(row.kind, row.subject, row.generation, row.state) for row in rows]

    return listed
