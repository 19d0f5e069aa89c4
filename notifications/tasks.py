"""Hints to deliver. What has to be delivered stands in the outbox, so a lost or doubled hint does no harm."""

import logging

from celery import current_app, shared_task
from celery.exceptions import OperationalError
from django.db import transaction
from django.utils import timezone

from accounts.outbox import BATCH
from notifications import operations

logger = logging.getLogger(__name__)

# A verb never waits for a broker that does not answer: the next tick comes within a second anyway.
IMPATIENT = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 0.5}
HINT_LIVES = 5  # seconds


@shared_task
def deliver() -> int:
    """Send one batch of what is due now and return how many mails went out; after a full one, ask for the next."""
    sent = operations.deliver_due(timezone.now())
    if sent == BATCH:
        nudge()
    return sent


def nudge() -> None:
    """Wake a worker. Without a broker the rows wait for the next tick that finds one."""
    try:
        with current_app.connection_for_write(transport_options=IMPATIENT) as broker:
            deliver.apply_async(connection=broker, retry=False, expires=HINT_LIVES)  # type: ignore[call-arg]
    except OperationalError:
        logger.warning("The broker cannot be reached; the outbox waits for the next tick.", exc_info=True)


def nudge_after_commit() -> None:
    """Wake a worker once when the present transaction commits, however often this is called."""
    waiting = transaction.get_connection().run_on_commit
    if not any(hook is nudge for _, hook, _ in waiting):
        transaction.on_commit(nudge)
