"""Hints for the worker. What has to be sent stands in rows, so a lost or doubled hint does no harm."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts import letters


@shared_task
def send_letters() -> int:
    """Send the letters about accounts that are due now; return how many went out."""
    return letters.send_due(timezone.now())


@shared_task
def tidy_up() -> None:
    """Delete sessions that have expired and letters that nobody asks for any more."""
    call_command("clearsessions")
    letters.forget_old(timezone.now())
