"""The tick: beat sends one every second; several beats, workers and ticks at once do no harm."""

from celery import shared_task
from django.utils import timezone

from sla import gap_watch, operations, sun_moves


@shared_task
def sweep() -> int:
    """Let everything that is due take effect, and say that it was looked for."""
    at = timezone.now()
    effects = operations.sweep_due(at) + sun_moves.move_due(at)
    operations.note_sweep(at)
    return effects


@shared_task
def watch_coverage() -> int:
    """Look for gaps in the year's coverage and tell the managers of new ones."""
    return len(gap_watch.watch(timezone.now()))


@shared_task
def follow_the_sun() -> int:
    """Plan when cases change hands in the days ahead, and hand over those whose owner is not there for them."""
    at = timezone.now()
    sun_moves.plan(at)
    return sun_moves.bring_strays(at)
