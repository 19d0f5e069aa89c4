"""A worker that dies like a machine without power, again and again, while five hundred timers are due."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import Layer
from accounts.models import OnCall
from cases.enums import EventKind, Severity
from cases.models import CaseEvent
from notifications.enums import Channel
from notifications.models import Notification
from sla.crash import CrashPoint
from sla.models import Milestone, Timer
from sla.operations import last_swept_at
from sla.tasks import sweep
from tests.cast import DAY, MINUTE

DUE = 500
BATCH = 200
QUEUE = "sweep"  # read by this test's workers only; hints to deliver mail go elsewhere
ROOT = Path(__file__).resolve().parents[2]

# Each worker dies at the first point of this name that it passes. Two batches are committed on the way, so that every
# point is also passed in the middle of the work.
DEATHS = [
    (CrashPoint.CASES_CLAIMED, 0),
    (CrashPoint.FACTS_RECORDED, 0),
    (CrashPoint.BEFORE_COMMIT, 0),
    (CrashPoint.AFTER_COMMIT, BATCH),
    (CrashPoint.FACTS_RECORDED, BATCH),
    (CrashPoint.AFTER_COMMIT, 2 * BATCH),
]


@pytest.mark.usefixtures("transactional_db")
def test_five_hundred_timers_fire_once_each_however_often_the_worker_dies(many_cases, engineer):
    now = timezone.now()
    OnCall.objects.create(user=engineer, duty=Layer.ENGINEER, starts_at=now - DAY, ends_at=now + DAY)
    many_cases(DUE, at=now - 16 * MINUTE, severity=Severity.ONE)  # half of 30 minutes is over

    for point, done in DEATHS:
        with worker(dies_at=point) as process:
            sweep.apply_async(queue=QUEUE)
            assert process.wait(timeout=30) == -signal.SIGKILL
        assert effects() == done, point
        assert last_swept_at() is None

    with worker():
        sweep.apply_async(queue=QUEUE)
        wait_until(lambda: last_swept_at() is not None)

    warned = CaseEvent.objects.filter(kind=EventKind.FIRST_RESPONSE_WARNED)
    assert warned.count() == warned.values("case").distinct().count() == DUE
    assert {data["share"] for data in warned.values_list("data", flat=True)} == {50}
    assert Timer.objects.filter(state=Timer.State.FIRED, subject="1:50", generation=1).count() == DUE
    assert Timer.objects.filter(state=Timer.State.PENDING).exclude(subject="1:50").count() == 2 * DUE
    told = Notification.objects.filter(event__in=warned, recipient=engineer)
    assert told.count() == told.values("event", "channel").distinct().count() == DUE * len(Channel)
    assert (Timer.objects.count(), Milestone.objects.count()) == (3 * DUE, DUE)


def effects() -> int:
    """How many facts of the sweep are committed; each with its timer."""
    facts = CaseEvent.objects.filter(kind=EventKind.FIRST_RESPONSE_WARNED).count()
    assert facts == Timer.objects.filter(state=Timer.State.FIRED).count()
    return facts


@contextmanager
def worker(dies_at: CrashPoint | None = None) -> Iterator[subprocess.Popen]:
    """A Celery worker on this test's database and broker, in one process, so that all of it dies."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PORTAL_TEST_DATABASE": connection.settings_dict["NAME"],
        "PORTAL_CRASH_AT": dies_at or "",
    }
    celery = [sys.executable, "-m", "celery", "-A", "supportportal"]
    options = ["--pool", "solo", "--queues", QUEUE, "--without-mingle", "--without-gossip"]
    process = subprocess.Popen([*celery, "worker", *options], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.05)
