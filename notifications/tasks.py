"""Hints to deliver. What has to be delivered stands in the outbox, so a lost or doubled hint does no harm."""

from celery import shared_task
from django.utils import timezone

from accounts.hints import Hint
from accounts.outbox import BATCH
from notifications import operations


@shared_task
def deliver() -> int:
    """Send one batch of what is due now and return how many mails went out; after a full one, ask for the next."""
    sent = operations.deliver_due(timezone.now())
    if sent == BATCH:
        Hint(deliver)()
    return sent
