"""What the worker does for cases by the hour."""

from celery import shared_task
from django.utils import timezone

from cases import attachments


@shared_task
def clean_attachments() -> int:
    """Take away stored bytes that no message or note ever came to name."""
    return attachments.clean_orphans(timezone.now())
