"""The tick: beat sends one every second; several beats, workers and ticks at once do no harm."""

from celery import shared_task
from django.utils import timezone

from sla import gap_watch, operations, rehoming


@shared_task
def sweep() -> int:
    """Let everything that is due take effect, and say that it was looked for; then hand over for who is away."""
    at = timezone.now()
    effects = operations.sweep_due(at)
    operations.note_sweep(at)
    return effects + rehoming.rehome_due(at)


@shared_task
def watch_coverage() -> int:
    """Look for gaps in the year's coverage and tell the managers of new ones."""
    return len(gap_watch.watch(timezone.now()))
