"""Hints for the worker. What has to be sent stands in rows, so a lost or doubled hint does no harm."""

from celery import shared_task
from django.utils import timezone

from accounts import letters


@shared_task
def send_letters() -> int:
    """Send the letters about accounts that are due now; return how many went out."""
    return letters.send_due(timezone.now())
