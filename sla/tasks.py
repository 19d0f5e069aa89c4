"""The tick: beat sends one every second; several beats, workers and ticks at once do no harm."""

from celery import shared_task
from django.utils import timezone

from sla import gap_watch, operations, rehoming, sun_moves
from sla.present import present_moment


@shared_task
def sweep() -> int:
    """Let everything that is due by the database's clock take effect, and say that it was looked for."""
    at = present_moment()
    if at is None:
        return 0
    effects = operations.sweep_due(at)
    operations.note_sweep(at)
    return effects


@shared_task
def change_hands() -> int:
    """Let cases change hands whose turn it is: with the sun, and those of who is away.

    Apart from the sweep, since at one change of shift many cases may move, and no clock waits for that.
    """
    at = present_moment()
    return 0 if at is None else sun_moves.move_due(at) + rehoming.rehome_due(at)


@shared_task
def watch_coverage() -> int:
    """Look for gaps in the year's coverage and tell the managers of new ones."""
    return len(gap_watch.watch(timezone.now()))


@shared_task
def follow_the_sun() -> int:
    """Plan when cases change hands in the days ahead, and hand over those whose owner is not there for them."""
    at = present_moment()
    if at is None:
        return 0
    sun_moves.plan(at)
    return sun_moves.bring_strays(at)
