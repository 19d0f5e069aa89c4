"""The tick: beat sends one every second; several beats, workers and ticks at once do no harm."""

from celery import shared_task
from django.utils import timezone

from sla import gap_watch, operations, rehoming
from sla.present import present_moment


@shared_task
def sweep() -> int:
    """Let everything that is due by the database's clock take effect, say that it was looked for,
    and hand over for who is away."""
    at = present_moment()
    if at is None:
        return 0
    effects = operations.sweep_due(at)
    operations.note_sweep(at)
    return effects + rehoming.rehome_due(at)


@shared_task
def watch_coverage() -> int:
    """Look for gaps in the year's coverage and tell the managers of new ones."""
    return len(gap_watch.watch(timezone.now()))
