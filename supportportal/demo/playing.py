"""Playing the past: every life step by step in the order of time, and the sweep whenever a timer is due."""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Contact, Holiday, User
from cases import attachments, operations
from cases.attachments import StoredFile
from cases.models import Case
from sla import coverage, relay, sun, sun_moves
from sla.recalculation import apply_closures, running, running_in
from sla.relay import Change
from supportportal.demo.backstage import Backstage
from supportportal.demo.casting import hire
from supportportal.demo.lives import Life, Steps
from supportportal.demo.parts import Director
from supportportal.demo.plots import plots

CASES = 160
SEED = 29
STEPS_PER_LINE = 500
NEWS = timedelta(days=2)
CLOSURE_AFTER = timedelta(days=70)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PLAYED = 90 * DAY
SHEET_BEFORE, LATE_ACCEPTANCE, SHARE_OF_LATE = 12 * MINUTE, 14 * MINUTE, 0.05


def load(now: datetime, *, cases: int = CASES, seed: int = SEED, say: Callable[[str], None]) -> Counter[str]:
    """Fill an empty database with the demo as of `now` (aware); return how many cases are in which status.

    All or nothing: one transaction. The same `now`, `cases` and `seed` give the same people, cases and facts; case
    numbers and file names are drawn anew, because they must not be guessable. People are told of what happened in the
    last two days: the demo's mail folder shows what mails look like without being flooded.
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
            changes = changes_of_the_sun(now)
            ends = [end_of_right(*ended) for ended in cast.ended]
            backstage = Backstage(cast.promises, now - NEWS, changes)
            late = Random(f"{seed} sun")  # noqa: S311
            shifts = [sheets(lives, backstage, changes), acceptances(backstage, changes, late)]
            closure = closure_that_counts(cast.members["agnes"].user, backstage, now)
            play([*(life.play() for life in lives), *ends, *shifts, closure], backstage, now, say)
            sun_moves.plan(now)
    except BaseException:
        attachments.discard(stored)
        raise
    return Counter(Case.objects.values_list("status", flat=True))


def play(lives: Sequence[Steps], backstage: Backstage, now: datetime, say: Callable[[str], None]) -> None:
    """Let everything happen that happens until `now` (aware), in the order of time."""
    waiting = [(next(life), number) for number, life in enumerate(lives)]
    heapq.heapify(waiting)
    with backstage.at_work():
        done = 0
        while waiting and waiting[0][0] <= now:
            at, number = waiting[0]
            backstage.sweep_until(at)
            if upcoming := next(lives[number], None):
                heapq.heapreplace(waiting, (upcoming, number))
            else:
                heapq.heappop(waiting)
            done += 1
            if done % STEPS_PER_LINE == 0:
                say(f"{done} steps, up to {at:%d %B}.")
        backstage.sweep_until(now)


def end_of_right(contact: Contact, ends_at: datetime) -> Steps:
    """A right to act for a customer ends in the course of the play."""
    yield ends_at
    contact.ends_at = ends_at
    contact.save(update_fields=["ends_at"])


def changes_of_the_sun(now: datetime) -> list[Change]:
    """Each moment of the past ninety days from which others held Severity 1."""
    first = now - PLAYED
    return list(relay.changes(coverage.holds(sun.house_for(first, now), first, now)))


def sheets(lives: Sequence[Life], backstage: Backstage, changes: Sequence[Change]) -> Steps:
    """Shortly before each change, who goes off duty completes the handover sheets."""
    for change in changes:
        yield change.at - SHEET_BEFORE
        if backstage.on_sun:
            by_case = {life.opened.pk: life for life in lives if life.opened}
            for case in Case.objects.on_sun().exclude(owner=None).select_related("owner"):
                if case.owner_id not in change.people:
                    by_case[case.pk].complete_the_sheet(case, change.at - SHEET_BEFORE, change.at)


def acceptances(backstage: Backstage, changes: Sequence[Change], rng: Random) -> Steps:
    """Some minutes after each change, who came on duty accepts; now and then too late."""
    for change in changes:
        at = change.at + (LATE_ACCEPTANCE if rng.random() < SHARE_OF_LATE else rng.uniform(2, 7) * MINUTE)
        yield at
        if backstage.on_sun:
            for case in Case.objects.on_sun().filter(handed_over_at=change.at).select_related("owner"):
                assert case.owner
                operations.accept_handover(case, by=case.owner, at=at)


def closure_that_counts(administrator: User, backstage: Backstage, now: datetime) -> Steps:
    """An administrator keeps a closure that a customer told of late, and lets the clocks that run count it (A-09)."""
    at = now - CLOSURE_AFTER
    while at < now:
        yield at
        backstage.catch_up()
        waiting = running().filter(clock__due_at__gt=at + DAY, severity__gt=1)
        case = waiting.select_related("organization", "clock").order_by("received_at").first()
        if case and case.clock.due_at:
            place = {"country": case.organization.country, "subdivision": case.organization.subdivision}
            on = case.clock.due_at.astimezone(ZoneInfo(case.organization.own_zone)).date()
            Holiday.objects.create(**place, on=on, name="Founders' day")
            reason = f"Your organization is closed on {on:%-d %B}: business hours of that day do not count."
            apply_closures(running_in(**place), by=administrator, at=at, reason=reason)
            return
        at += 3 * HOUR
