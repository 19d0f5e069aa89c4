"""The tick: beat sends one every second; several beats, workers and ticks at once do no harm."""

from celery import shared_task
from django.utils import timezone

from sla import operations


@shared_task
def sweep() -> int:
    """Let everything that is due take effect, and say that it was looked for."""
    at = timezone.now()
    effects = operations.sweep_due(at)
    operations.note_sweep(at)
    return effects
