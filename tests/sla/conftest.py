"""Many cases, and the words for what time did to one."""

from collections.abc import Callable
from datetime import datetime

import pytest

from cases.enums import Severity
from cases.models import Case
from tests.cast import NOON
from tests.sla.crowds import received_with


@pytest.fixture
def many_cases(open_case) -> Callable[..., list[Case]]:
    """Aberdeen's cases, all received `at` the same moment."""

    def make(count: int, *, at: datetime = NOON, severity: Severity = Severity.THREE) -> list[Case]:
        first = open_case(at=at, severity=severity)
        return [first, *received_with(first, count - 1)]

    return make


@pytest.fixture
def timers() -> Callable[[Case], list[tuple]]:
    """The timers of a case as tuples: kind, subject, generation, state, in order of time."""

    def listed(case: Case) -> list[tuple]:
        rows = case.timers.order_by("fire_at", "pk")
        return [(row.kind, row.subject, row.generation, row.state) for row in rows]

    return listed
