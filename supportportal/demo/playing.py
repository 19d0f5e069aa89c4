"""Playing the past: every life step by step in the order of time, and the sweep whenever a timer is due."""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from accounts.models import Contact
from cases import attachments
from cases.attachments import StoredFile
from cases.models import Case
from notifications.operations import settle_before
from supportportal.demo.backstage import Backstage
from supportportal.demo.casting import hire
from supportportal.demo.lives import Life, Steps
from supportportal.demo.parts import Director
from supportportal.demo.plots import plots

CASES = 250
SEED = 29
STEPS_PER_LINE = 500
NEWS = timedelta(days=2)


@dataclass
class EndOfRight:
    """A right to act for a customer that ends in the course of the play."""

    contact: Contact
    ends_at: datetime
    opened: None = None

    def play(self) -> Steps:
        yield self.ends_at
        self.contact.ends_at = self.ends_at
        self.contact.save(update_fields=["ends_at"])


def load(now: datetime, *, cases: int = CASES, seed: int = SEED, say: Callable[[str], None]) -> Counter[str]:
    """Fill an empty database with the demo as of `now` (aware); return how many cases are in which status.

    All or nothing: one transaction. The same `now`, `cases` and `seed` give the same people, cases and facts; case
    numbers and file names are drawn anew, because they must not be guessable. Of the past only the last two days are
    mailed: the demo's mail folder shows what mails look like without being flooded.
    """
    stored: list[StoredFile] = []
    try:
        with transaction.atomic():
            cast = hire(now)
            say(f"{len(cast.members)} people of support, {len(cast.customers)} customers.")
            director = Director(cast, now, Random(seed))  # noqa: S311 (a play, not a secret)
            lives = [
                Life(cast, director.part(plot), Random(f"{seed} {number}"), stored)  # noqa: S311
                for number, plot in enumerate(plots(cases))
            ]
            ends = [EndOfRight(contact, ends_at) for contact, ends_at in cast.ended]
            play([*lives, *ends], now, say)
            settle_before(now - NEWS)
    except BaseException:
        attachments.discard(stored)
        raise
    return Counter(Case.objects.values_list("status", flat=True))


def play(actors: Sequence[Life | EndOfRight], now: datetime, say: Callable[[str], None]) -> None:
    """Let everything happen that happens until `now` (aware), in the order of time."""
    lives = [actor.play() for actor in actors]
    waiting = [(next(life), number) for number, life in enumerate(lives)]
    heapq.heapify(waiting)
    backstage = Backstage()
    with backstage.at_work():
        done = 0
        while waiting and waiting[0][0] <= now:
            at, number = waiting[0]
            backstage.sweep_until(at)
            backstage.make_ready(actors[number].opened)
            if upcoming := next(lives[number], None):
                heapq.heapreplace(waiting, (upcoming, number))
            else:
                heapq.heappop(waiting)
            done += 1
            if done % STEPS_PER_LINE == 0:
                say(f"{done} steps, up to {at:%d %B}.")
        backstage.sweep_until(now)
