"""Whatever dies, all that is due takes effect exactly once and not early, and what is stored follows from the log.

`bin/test` runs these in their short form, `bin/drills` many rounds of each.
"""

import random
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.enums import Layer
from accounts.models import OnCall
from cases.enums import Severity
from cases.models import Case
from sla.operations import BATCH, last_swept_at, sweep_due
from tests.cast import DAY, MINUTE, PHONE
from tests.drills import truth
from tests.drills.crash import CrashPoint
from tests.drills.customers import Customer, opening_cases, require_one_case_each
from tests.drills.house import PATIENCE, House
from tests.sla.crowds import received_at

SECOND = timedelta(seconds=1)
SEED = 20260324

Act = Callable[[House], None]

ACTS: dict[str, list[Act]] = {
    "worker": [partial(House.replace, name=name) for name in ("sweeper", "worker", "relay")],
    "beat": [lambda house: house.replace("beat")],
    "web": [lambda house: house.replace("web")],
    "Redis": [House.empty_redis, House.restart_redis],
    "PostgreSQL": [House.restart_postgres],
}
DRILLS: dict[str, list[Act]] = ACTS | {"all at once": [act for acts in ACTS.values() for act in acts]}
SPREAD, ACTED = 8, 6  # seconds over which timers fall due, and how many acts come meanwhile
TIMERS = 200
PROGRAMS = ("sweeper", "worker", "relay", "beat", "second beat", "web")


@pytest.fixture
def crowd(open_case, engineer) -> Callable[[list[datetime]], list[Case]]:
    """Cases of severity 1 received at these moments, with an engineer on call to be told."""
    now = timezone.now()
    OnCall.objects.create(user=engineer, duty=Layer.ENGINEER, starts_at=now - DAY, ends_at=now + DAY)

    def make(moments: list[datetime]) -> list[Case]:
        first = open_case(at=moments[0], severity=Severity.ONE)
        return [first, *received_at(first, moments[1:])]

    return make


@pytest.fixture
def customer(house, technical_contact, aberdeen, product) -> Customer:
    return Customer.at_the_door(
        house.address,
        technical_contact,
        organization=aberdeen.org_id,
        subject="Backup pauses virtual machines",
        severity="3",
        product=product.code,
        version="8.4",
        case_type="problem",
        phone=PHONE,
        description="Since Monday each backup pauses host gh-07.",
    )


# Where in a sweep the worker dies, and how many batches are committed afterwards.
DEATHS = [
    (CrashPoint.CASES_CLAIMED, 1, 0),
    (CrashPoint.TIMERS_MARKED, 1, 0),
    (CrashPoint.FACTS_RECORDED, 1, 0),
    (CrashPoint.BEFORE_COMMIT, 1, 0),
    (CrashPoint.AFTER_COMMIT, 1, 1),
    (CrashPoint.FACTS_RECORDED, 2, 2),
]


def test_whoever_dies_at_the_worst_moment_loses_nothing_and_does_nothing_twice(house, crowd, customer):
    now = timezone.now()
    due = truth.promised(crowd([now - 16 * MINUTE] * (3 * BATCH)), [50])
    for name in ("sweeper", "web"):
        house.start(name)

    for point, passing, done in DEATHS:
        house.tick()
        house.let_die(point, passing)
        assert truth.effects() == done * BATCH, point
        assert last_swept_at() is None
    beat = house.start("beat")
    with opening_cases(customer, house):
        house.let_die(CrashPoint.CASE_RECORDED)
        house.let_die(CrashPoint.CASE_COMMITTED)
    house.let_die(CrashPoint.TICK_SENT)
    assert beat.wait(timeout=PATIENCE) == -signal.SIGKILL
    house.wait_until(lambda: truth.settled(due))
    house.close()

    opened = require_one_case_each(customer)
    print(f"\nat {len(DEATHS) + 3} named points: {opened} cases opened once each; {truth.require(due)}")


def _acts(acts: list[Act], chance: random.Random) -> list[Act]:
    """At least as many as are due, each of these once or more, in any order."""
    rounds = -(-ACTED // len(acts))
    return chance.sample(acts * rounds, max(ACTED, len(acts)))


def test_timers_take_effect_once_each_whatever_is_killed_while_they_fall_due(house, crowd, customer, drill):
    chance = random.Random(f"{SEED} {drill}")
    for name in PROGRAMS:
        house.start(name)
    house.wait_until(lambda: last_swept_at() is not None)
    begins = timezone.now() + 4 * SECOND
    moments = [begins + SPREAD * SECOND * number / TIMERS for number in range(TIMERS)]
    half = truth.promised(crowd([moment - 15 * MINUTE for moment in moments]), [50])
    with transaction.atomic():  # warned before anybody sees them, so that no miss comes first on a busy machine
        missed = crowd([moment - 30 * MINUTE for moment in moments[::2]])
        sweep_due(begins - SECOND)

    due = half | truth.promised(missed, [80, 100])
    with opening_cases(customer, house):
        for act in _acts(DRILLS[drill], chance):
            time.sleep(chance.uniform(0, 2 * SPREAD / ACTED))
            act(house)
        house.wait_until(lambda: truth.settled(due))
    house.close()

    opened = require_one_case_each(customer)
    print(f"\n{drill}, {max(ACTED, len(DRILLS[drill]))} times: {opened} cases opened once each; {truth.require(due)}")
