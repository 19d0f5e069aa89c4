"""Letting the passing of time take effect.

Many sweeps may run at once. A batch locks its cases first, skipping those that somebody works on, then derives from
their logs what is truly due: so a sweep that comes early, late, or twice does no harm, and every effect takes place
exactly once. Facts, rows and outbox are committed together. A batch costs the same number of statements whatever its
size, but for the cases that it closes, each of which is a verb of its own.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Min

from accounts.backoff import pause
from cases import operations as cases
from cases.journal import Entry, record
from cases.models import Case
from sla import projection
from sla.agenda import Item, worth_doing
from sla.models import Heartbeat, Timer, TimerQuerySet

logger = logging.getLogger(__name__)

FIRST_RETRY_AFTER = timedelta(minutes=1)
LAST_RETRY_AFTER = timedelta(hours=1)
BATCH = 200  # cases are held for as long as one takes: well under a second
SWEEP = "sweep"

Effect = tuple[Case, Item]


def sweep_due(at: datetime, limit: int = BATCH) -> int:
    """Let everything due by `at` (aware UTC) take effect, `limit` timers a batch; return how much did.

    A case that a verb or another sweep holds is left for the next sweep. A case that fails is set aside, reported, and
    tried again later; it stops no other. Raises OperationalError or InterfaceError when the database itself fails: what
    is committed stays, and the next sweep goes on.
    """
    return sum(_take_effect_apart(batch, at) for batch in _batches(at, limit))


def _batches(at: datetime, limit: int) -> Iterator[list[int]]:
    """The ids of the cases with due timers, a page at a time: first what never failed, then what is tried again."""
    yield from _pages(Timer.objects.waiting_until(at), "fire_at", limit)
    yield from _pages(Timer.objects.set_aside_until(at), "next_try_at", limit)


def _pages(due: TimerQuerySet, moment: str, limit: int) -> Iterator[list[int]]:
    """Oldest `moment` first, in the order of its index: no page sorts the whole backlog.

    Pages go forward by key, so that a page whose cases are all held by others hides nothing and is not asked for again.
    """
    due = due.order_by(moment, "pk")
    page = due
    while rows := list(page.values_list(moment, "pk", "case")[:limit]):
        yield list(dict.fromkeys(case for _, _, case in rows))
        last, pk, _ = rows[-1]
        page = due.filter(**{f"{moment}__gte": last}).exclude(**{moment: last, "pk__lte": pk})


def _take_effect_apart(ids: Sequence[int], at: datetime) -> int:
    """Like `_take_effect`; after an error once for each half, until the case at fault stands alone."""
    try:
        return _take_effect(ids, at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(ids) == 1:
            _set_aside(ids[0], at, error)
            return 0
        middle = len(ids) // 2
        return _take_effect_apart(ids[:middle], at) + _take_effect_apart(ids[middle:], at)


def _take_effect(ids: Sequence[int], at: datetime) -> int:
    """Let what is due on these cases take effect, in one transaction; return how much did."""
    with transaction.atomic():
        locked = _claim(ids)
        derived = projection.derive(locked)
        effects = [(case, item) for case in locked for item in worth_doing(derived[case.pk].items, at)]
        effects.sort(key=lambda effect: effect[1].fire_at)
        _mark_fired(effects, at)
        _record_facts(effects, at)
        _close_unanswered(effects, at)
        _correct_idle(locked, effects)
    return len(effects)


def _claim(ids: Sequence[int]) -> list[Case]:
    """Those of the cases that nobody holds, now held by this transaction. Never waits, so it cannot deadlock."""
    free = Case.objects.filter(pk__in=ids).select_for_update(of=("self",), skip_locked=True)
    return list(free.select_related("organization").order_by("pk"))


def _mark_fired(effects: Iterable[Effect], at: datetime) -> None:
    """Before their facts are recorded: what then follows the log sees that these timers are spent."""
    spent = {(case.pk, *item.key) for case, item in effects}
    live = Timer.objects.live().filter(case__in={case for case, _, _ in spent})
    rows = live.values_list("pk", "case", "kind", "subject")
    fired = [pk for pk, *key in rows if tuple(key) in spent]
    Timer.objects.filter(pk__in=fired).update(state=Timer.State.FIRED, fired_at=at, next_try_at=None)


def _record_facts(effects: Iterable[Effect], at: datetime) -> None:
    """Facts are recorded when they take effect, late ones too; each is stamped with the moment it fell due."""
    record([Entry(case, item.fact, at, data=item.data | _stamp(item)) for case, item in effects if item.fact])


def _stamp(item: Item) -> dict[str, str]:
    return {"fell_due_at": item.fire_at.isoformat()}


def _close_unanswered(effects: Iterable[Effect], at: datetime) -> None:
    """Close the cases whose contact stayed silent (C-CLS-05). They are locked: what their logs allow is not refused."""
    for case, item in effects:
        if item.fact is None:
            cases.close_for_no_response(case, by=None, at=at)


def _correct_idle(locked: Iterable[Case], effects: Iterable[Effect]) -> None:
    """Timers that were due without anything truly due are out of date: derive them again."""
    busy = {case.pk for case, _ in effects}
    if idle := [case for case in locked if case.pk not in busy]:
        projection.project(idle)


def _set_aside(case: int, at: datetime, error: Exception) -> None:
    """Try the due timers of a failing case again later: after a minute, then twice as long each time, up to an hour.

    Not when somebody has taken the case since it failed: what they do to it may have mended it.
    """
    with transaction.atomic():
        if not _claim([case]):
            return
        logger.exception("The timers of case %s are set aside", case, exc_info=error)
        timers = list(Timer.objects.due(at).filter(case=case))
        for timer in timers:
            timer.state = Timer.State.FAILED
            timer.attempts += 1
            timer.next_try_at = at + pause(timer.attempts, FIRST_RETRY_AFTER, LAST_RETRY_AFTER)
            timer.last_error = f"{type(error).__name__}: {error}"[:500]
        Timer.objects.bulk_update(timers, ["state", "next_try_at", "attempts", "last_error"])


# Keeping the rows true


def rebuild(batch: Sequence[Case]) -> None:
    """Derive everything that hangs from the logs of these cases again, waiting for those that somebody works on."""
    with transaction.atomic():
        projection.project(_held(batch))


def differences(batch: Sequence[Case]) -> list[str]:
    """What the rows of these cases say otherwise than their logs, in sentences; their cases are held meanwhile."""
    with transaction.atomic():
        return list(projection.differences(_held(batch)))


def every_case(size: int = 500) -> Iterator[list[Case]]:
    """All cases, in batches."""
    after = 0
    while batch := list(Case.objects.filter(pk__gt=after).order_by("pk")[:size]):
        yield batch
        after = batch[-1].pk


def _held(batch: Sequence[Case]) -> list[Case]:
    ids = [case.pk for case in batch]
    return list(Case.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))


# Being seen to work


def note_sweep(at: datetime) -> None:
    """Say that a sweep ended well, having looked for what was due by `at` (aware UTC)."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=SWEEP, at=at)], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
    )


def last_swept_at() -> datetime | None:
    """Until when the last sweep looked for what was due (aware UTC); None if there never was one."""
    return Heartbeat.objects.filter(name=SWEEP).values_list("at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Backlog:
    """What should have taken effect and has not: `late_since` is the oldest moment of a timer that waits.

    `set_aside` timers failed and are tried again now and then; the oldest of them should have fired at
    `set_aside_since`. Moments are aware UTC, None when there is no such timer.
    """

    late_since: datetime | None
    set_aside: int
    set_aside_since: datetime | None


def backlog(at: datetime) -> Backlog:
    """How far the sweeps are behind at `at` (aware)."""
    late = Timer.objects.waiting_until(at).aggregate(since=Min("fire_at"))
    failing = Timer.objects.filter(state=Timer.State.FAILED).aggregate(count=Count("pk"), since=Min("fire_at"))
    return Backlog(late["since"], failing["count"], failing["since"])
