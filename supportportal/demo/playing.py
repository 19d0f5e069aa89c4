"""Playing the past: every life step by step in the order of time, and the sweep whenever a timer is due."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from random import Random

from django.db import transaction

from accounts.models import Contact
from cases import attachments
from cases.attachments import StoredFile
from cases.models import Case
from sla.models import Timer
from sla.operations import sweep_due
from supportportal.demo.casting import hire
from supportportal.demo.lives import Life, Steps
from supportportal.demo.parts import Director
from supportportal.demo.plots import plots

CASES = 250
SEED = 29
STEPS_PER_LINE = 500


def load(now: datetime, *, cases: int = CASES, seed: int = SEED, say: Callable[[str], None]) -> Counter[str]:
    """Fill an empty database with the demo as of `now` (aware); return how many cases are in which status.

    All or nothing: one transaction. The same `now`, `cases` and `seed` give the same people, cases and facts; case numbers
    and file names are drawn anew, because they must not be guessable.
    """
    stored: list[StoredFile] = []
    try:
        with transaction.atomic():
            cast = hire(now)
            say(f"{len(cast.members)} people of support, {len(cast.customers)} customers.")
            director = Director(cast, now, Random(seed))
            lives = [
                Life(cast, director.part(plot), Random(f"{seed} {number}"), stored)
                for number, plot in enumerate(plots(cases))
            ]
            play([*(life.play() for life in lives), *(end_of_right(*ended) for ended in cast.ended)], now, say)
    except BaseException:
        attachments.discard(stored)
        raise
    return Counter(Case.objects.values_list("status", flat=True))


def play(lives: Iterable[Steps], now: datetime, say: Callable[[str], None]) -> None:
    """Let everything happen that happens until `now` (aware), in the order of time."""
    waiting = [(at, number, life) for number, life in enumerate(lives) if (at := next(life, None))]
    heapq.heapify(waiting)
    steps = 0
    while waiting and waiting[0][0] <= now:
        at, number, life = waiting[0]
        sweep_until(at)
        if upcoming := next(life, None):
            heapq.heapreplace(waiting, (upcoming, number, life))
        else:
            heapq.heappop(waiting)
        steps += 1
        if steps % STEPS_PER_LINE == 0:
            say(f"{steps} steps, up to {at:%d %B}.")
    sweep_until(now)


def sweep_until(at: datetime) -> None:
    """Let every timer take effect at its own moment, up to `at` (aware)."""
    while timer := Timer.objects.live().filter(fire_at__lte=at).order_by("fire_at").first():
        if not sweep_due(timer.fire_at):
            raise RuntimeError(f"{timer} of case {timer.case} does not take effect.")


def end_of_right(contact: Contact, ends_at: datetime) -> Iterator[datetime]:
    """A right to act for a customer ends."""
    yield ends_at
    contact.ends_at = ends_at
    contact.save(update_fields=["ends_at"])
