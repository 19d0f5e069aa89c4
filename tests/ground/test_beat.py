"""Beat: a tick every second, whatever becomes of the machine's clock."""

from datetime import timedelta

import pytest
from freezegun import freeze_time

from supportportal.beat import SteadyScheduler
from supportportal.celery import app
from tests.cast import HOUR, NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def beat(tmp_path, monkeypatch):
    """What a beat asks of workers in a few seconds from a moment on, task by task."""
    scheduler = SteadyScheduler(app=app, schedule_filename=str(tmp_path / "schedule"), max_interval=1, lazy=True)
    sent: list[str] = []
    monkeypatch.setattr(scheduler, "apply_entry", lambda entry, producer=None: sent.append(entry.task))

    def run(start, seconds: int) -> dict[str, int]:
        sent.clear()
        for second in range(seconds):
            with freeze_time(start + second * SECOND):
                while scheduler.tick() == 0:
                    pass
        return {task: sent.count(task) for task in sent}

    with freeze_time(NOON):
        scheduler.setup_schedule()
    yield run
    scheduler.close()


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["an hour forward", "an hour back"])
def test_beat_goes_on_ticking_when_the_clock_is_set(beat, jump):
    before = beat(NOON + SECOND, 10)

    after = beat(NOON + 11 * SECOND + jump, 10)

    for task in ("sla.tasks.sweep", "notifications.tasks.deliver", "accounts.tasks.send_letters"):
        assert before[task] >= 9
        assert after[task] >= 9
