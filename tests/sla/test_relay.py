"""Which cases change hands when others hold the sun, on paper; and that none is ever without somebody."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from cases.enums import ActorRole, EventKind, Severity
from cases.facts import Fact, State
from sla import coverage, relay
from sla.coverage import Hold
from sla.handovers import ACCEPTED_WITHIN, timers
from sla.relay import Change
from tests.sla.test_coverage import houses

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hold(hours: int, center: str, *people: int, managers: tuple[int, ...] = ()) -> Hold:
    return Hold(NOON + hours * HOUR, NOON + (hours + 1) * HOUR, center, people, False, managers)


@pytest.mark.clause("C-FTS-01")
def test_a_change_is_planned_whenever_others_hold_the_sun():
    held = [
        hold(0, "osaka", 1, 2),
        hold(1, "osaka", 1, 2, managers=(9,)),
        hold(2, "osaka", 2),
        hold(3, "krakow", 3),
        hold(4, ""),
        hold(5, "krakow", 3),
    ]

    assert list(relay.changes(held)) == [
        Change(NOON + 2 * HOUR, "osaka", "osaka", (2,)),
        Change(NOON + 3 * HOUR, "osaka", "krakow", (3,)),
        Change(NOON + 4 * HOUR, "krakow", "", ()),
        Change(NOON + 5 * HOUR, "", "krakow", (3,)),
    ]


TO_KRAKOW = Change(NOON, "osaka", "krakow", (3, 4))
WITHIN = Change(NOON, "krakow", "krakow", (4,))
GAP = Change(NOON, "krakow", "", ())


@pytest.mark.clause("C-FTS-01")
@pytest.mark.parametrize(
    ("owner", "change", "at_work", "stays"),
    [
        pytest.param(3, TO_KRAKOW, {3, 4}, True, id="holds it now"),
        pytest.param(1, TO_KRAKOW, {3, 4}, False, id="went home"),
        pytest.param(1, TO_KRAKOW, {1, 3, 4}, False, id="is still there, but the sun is elsewhere"),
        pytest.param(3, WITHIN, {4}, False, id="the early shift ends"),
        pytest.param(7, WITHIN, {4, 7}, True, id="works elsewhere while a colleague of others leaves"),
        pytest.param(None, TO_KRAKOW, {3, 4}, False, id="nobody has it"),
        pytest.param(3, GAP, set(), False, id="nobody is there"),
    ],
)
def test_who_keeps_a_case(owner, change, at_work, stays):
    assert relay.stays(owner, change, at_work) is stays


@pytest.mark.parametrize(
    ("owner", "next_at"),
    [(3, 1), (4, 2), (7, 2), (None, 1), (5, None)],
    ids=["leaves first", "stays on", "works elsewhere", "nobody", "is always there"],
)
def test_the_next_handover_of_a_case_is_the_first_that_concerns_its_owner(owner, next_at):
    present = Change(NOON, "osaka", "krakow", (3, 4, 5))
    coming = [
        Change(NOON + HOUR, "krakow", "krakow", (4, 5)),
        Change(NOON + 2 * HOUR, "krakow", "toronto", (5, 6)),
    ]

    found = relay.next_for(owner, present, coming)

    assert (found and found.at) == (next_at and NOON + next_at * HOUR)


@pytest.mark.clause("C-FTS-01", "C-COV-01")
@given(houses())
@hypothesis_settings(max_examples=40)
def test_no_minute_is_without_an_owner_unless_the_alarm_sounds(example):
    """Whatever the rosters: by handing over at each change alone, a case is always with somebody who holds the sun."""
    house, first = example
    last = first + timedelta(days=3)
    held = list(coverage.holds(house, first, last))
    changes = {change.at: change for change in relay.changes(held)}
    owner = held[0].people[0] if held[0].people else None
    alarmed = owner is None
    for one in held:
        if change := changes.get(one.begins):
            alarmed = not change.people
            if change.people and not relay.stays(owner, change, at_work=()):
                owner = change.people[0]
        assert alarmed == one.is_gap
        assert alarmed or owner in one.people


# Accepting


def handed_over(at: datetime) -> tuple[State, list[Fact]]:
    log = [Fact(4, EventKind.HANDED_OVER, at, ActorRole.SYSTEM, {"owner": 3})]
    return State(Severity.ONE, owner=3, handed_over_at=at), log


@pytest.mark.clause("C-FTS-01")
def test_a_handover_that_waits_is_told_of_after_ten_minutes_once():
    state, log = handed_over(NOON)
    told = Fact(5, EventKind.HANDOVER_UNACCEPTED, NOON + ACCEPTED_WITHIN, ActorRole.SYSTEM, {})

    [timer] = timers(state, log)

    assert (timer.subject, timer.fire_at, timer.data) == (
        "4",
        NOON + timedelta(minutes=10),
        {"handover": 4, "owner": 3},
    )
    assert list(timers(state, [*log, told])) == []
    assert list(timers(State(Severity.ONE, owner=3), log)) == []
