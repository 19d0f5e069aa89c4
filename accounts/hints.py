"""Hints to workers, to look for work before their next tick. The work stands in rows: a lost hint does no harm."""

import logging
from dataclasses import dataclass

from celery import Task, current_app
from celery.exceptions import OperationalError
from django.db import transaction

logger = logging.getLogger(__name__)

# A verb never waits for a broker that does not answer: the next tick comes anyway.
IMPATIENT = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 0.5}
LIVES = 5  # seconds


@dataclass(frozen=True, slots=True)
class Hint:
    """Calling it wakes a worker for `task`. Without a broker the work waits for the next tick that finds one."""

    task: Task

    def __call__(self) -> None:
        try:
            with current_app.connection_for_write(transport_options=IMPATIENT) as broker:
                self.task.apply_async(connection=broker, retry=False, expires=LIVES)  # type: ignore[call-arg]
        except OperationalError:
            logger.warning("The broker cannot be reached; the work waits for the next tick.", exc_info=True)


def after_commit(task: Task) -> None:
    """Wake a worker for `task` once when the present transaction commits, however often this is called."""
    hint = Hint(task)
    waiting = transaction.get_connection().run_on_commit
    if not any(hook == hint for _, hook, _ in waiting):
        transaction.on_commit(hint)
