"""Waiting longer and longer."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.backoff import pause

SECOND = timedelta(seconds=1)


def test_each_failure_doubles_the_wait_up_to_the_longest():
    waits = [pause(failures, 60 * SECOND, 3600 * SECOND) // (60 * SECOND) for failures in range(1, 10)]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(
    failures=st.integers(1, 10**9),
    first=st.timedeltas(timedelta(microseconds=1), timedelta(hours=1)),
    longest=st.timedeltas(timedelta(hours=1), timedelta(days=30)),
)
def test_a_wait_never_leaves_its_bounds_and_never_gets_shorter(failures, first, longest):
    wait = pause(failures, first, longest)

    assert first <= wait <= pause(failures + 1, first, longest) <= longest


def test_before_the_first_failure_there_is_nothing_to_wait_for():
    with pytest.raises(ValueError, match="nothing has failed"):
        pause(0, SECOND, SECOND)
