"""How do timers scale? What an empty tick costs beside many pending ones, how late effects are, how fast a storm ends.

Beat and workers run as in production. The floor of a storm is the least it could cost: as many timers drained by
set-based SQL that derives nothing. An effect counts from when another session sees it.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from bench.sweep import DRAIN, make_customer
from cases.enums import EventKind, Severity
from cases.models import Case, CaseEvent
from cases.operations import open_case
from sla.models import Timer
from sla.operations import BATCH, last_swept_at
from sla.tasks import sweep
from tests.drills.house import House
from tests.sla.crowds import received_at

HALF = timedelta(minutes=15)  # of the half hour in which a case of severity 1 is answered
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
PATIENCE = 600  # seconds


@dataclass(frozen=True)
class Size:
    pending: tuple[int, ...]
    ticks: int
    spread: int  # timers that fall due one after the other
    seconds: int  # in so many
    storm: int  # timers that fall due at one instant


FULL = Size(pending=(10_000, 100_000, 1_000_000), ticks=1_000, spread=2_000, seconds=60, storm=10_000)
QUICK = Size(pending=(10_000, 30_000, 100_000), ticks=300, spread=200, seconds=10, storm=1_000)


def measure() -> None:
    """Print one table. Leaves its cases and timers in the database."""
    size = QUICK if "--quick" in sys.argv else FULL
    desk = Desk(*make_customer())
    _empty_ticks(desk, size)
    house = House(settings.VAR_DIR, "127.0.0.1:0")
    try:
        _lateness(desk, house, size)
        _storm(desk, house, size)
    finally:
        house.close()


class Desk:
    """Where cases of severity 1 come from."""

    def __init__(self, reporter, product) -> None:
        self.reporter, self.product = reporter, product
        (contact,) = reporter.standings.values()
        self.organization = contact.organization

    def receive(self, moments: list[datetime], severity: Severity = Severity.ONE) -> list[Case]:
        """A case received at each of these moments; all are there at one instant, but for the first."""
        first = open_case(
            self.organization,
            by=self.reporter,
            at=moments[0],
            product=self.product,
            severity=severity,
            subject="Hosts restart",
            description="All hosts restart.",
            phone="+44 1224 555 010",
        )
        return [first, *received_at(first, moments[1:])]


# An empty tick


def _empty_ticks(desk: Desk, size: Size) -> None:
    cases = desk.receive([timezone.now()] * 1_000, Severity.FOUR)
    _heading("an empty tick", "median ms", "p99 ms", "x first")
    first = 0.0
    for pending in size.pending:
        _fill(pending, cases)
        times = [_timed(sweep) for _ in range(size.ticks)]
        first = first or median(times)
        _row(f"{pending:,} pending", 1000 * median(times), 1000 * quantiles(times, n=100)[98], median(times) / first)


def _fill(pending: int, cases: list[Case]) -> None:
    """So many timers that wait for next month, on these cases."""
    missing = pending - Timer.objects.filter(state=Timer.State.PENDING).count()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sla_timer (case_id, kind, subject, generation, fire_at, state, attempts, last_error)"
            " SELECT %(first)s + number %% %(cases)s, 'first_response_warning', 'later ' || %(pending)s + number, 1,"
            " now() + interval '30 days' + number * interval '1 second', 'pending', 0, ''"
            " FROM generate_series(1, %(missing)s) AS number",
            {"first": cases[0].pk, "cases": len(cases), "pending": pending, "missing": missing},
        )
        # Or they happen while ticks are timed.
        cursor.execute("VACUUM ANALYZE sla_timer")
        cursor.execute("CHECKPOINT")


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


# Lateness


def _lateness(desk: Desk, house: House, size: Size) -> None:
    with _at_work(house, "beat", "worker", "sweeper"):
        begins = timezone.now() + (5 + size.spread / 50) * SECOND
        moments = [begins + size.seconds * SECOND * number / size.spread for number in range(size.spread)]
        before = _last_fact()
        cases = desk.receive([moment - HALF for moment in moments])
        if timezone.now() > begins:
            raise RuntimeError("the first timers fell due before their cases were there")
        due = {case.pk: case.received_at.replace(microsecond=0) + HALF for case in cases}
        seen = _watched(len(due), after=before)
    late = sorted((seen[case] - due[case]).total_seconds() for case in due)
    _heading(f"lateness: {len(due):,} timers in {size.seconds} s", "p50 s", "p99 s", "max s")
    _row("beat, worker and sweeper", median(late), quantiles(late, n=100)[98], late[-1])


def _watched(count: int, after: int) -> dict[int, datetime]:
    """When each case's warning was first seen from outside, by case. Raises RuntimeError for a second one."""
    seen: dict[int, datetime] = {}
    end = time.monotonic() + PATIENCE
    while len(seen) < count:
        rows = list(_warnings(after).values_list("pk", "case"))
        at = timezone.now()
        for pk, case in rows:
            after = max(after, pk)
            if case in seen:
                raise RuntimeError(f"case {case} was warned of twice")
            seen[case] = at
        if time.monotonic() > end:
            raise RuntimeError(f"{len(seen)} of {count} timers took effect")
        time.sleep(0.02)
    return seen


def _warnings(after: int) -> QuerySet[CaseEvent]:
    return CaseEvent.objects.filter(pk__gt=after, kind=EventKind.FIRST_RESPONSE_WARNED)


def _last_fact() -> int:
    return CaseEvent.objects.aggregate(last=Max("pk"))["last"] or 0


# A storm


def _storm(desk: Desk, house: House, size: Size) -> None:
    floors, swept = [], {}
    for names in (("sweeper",), ("sweeper", "second sweeper")):
        swept[names] = _swept(desk, house, size.storm, names)
        floors.append(_drained(size.storm))
    floor = median(floors)
    _heading(f"a storm: {size.storm:,} due at one instant", "until last s", "per second", "of floor")
    _row("floor: set-based SQL, derives nothing", floor, size.storm / floor, 1.0)
    for names, seconds in swept.items():
        workers = f"{len(names)} worker{'s' * (len(names) > 1)}"
        _row(f"{workers}, each once", seconds, size.storm / seconds, floor / seconds)


def _drained(count: int) -> float:
    """As many timers once more, of the cases of the last storm."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sla_timer (case_id, kind, subject, generation, fire_at, state, attempts, last_error)"
            " SELECT case_id, kind, 'floor', 1, now(), 'pending', 0, ''"
            " FROM sla_timer WHERE state = 'fired' ORDER BY id DESC LIMIT %s",
            [count],
        )
    at = timezone.now()

    def drain() -> None:
        with connection.cursor() as cursor:
            cursor.execute(DRAIN, {"at": at, "batch": BATCH})
            while cursor.rowcount:
                cursor.execute(DRAIN, {"at": at, "batch": BATCH})

    seconds = _timed(drain)
    connection.close()
    return seconds


def _swept(desk: Desk, house: House, count: int, workers: Sequence[str]) -> float:
    """From the instant at which all are due to that at which the last effect is seen."""
    with _at_work(house, "beat", "worker", *workers):
        before = _last_fact()
        _all_due(desk, count)
        begun = time.perf_counter()
        end = time.monotonic() + PATIENCE
        while Timer.objects.waiting_until(timezone.now()).exists():
            if time.monotonic() > end:
                raise RuntimeError("the storm did not end")
            time.sleep(0.1)  # a look takes time from what it looks at
        seconds = time.perf_counter() - begun
    cases = list(_warnings(before).values_list("case", flat=True))
    if not len(cases) == len(set(cases)) == count:
        raise RuntimeError(f"{len(cases)} effects on {len(set(cases))} of {count} cases")
    return seconds


def _all_due(desk: Desk, count: int) -> None:
    """As many cases whose first warning is due; they are there at one instant, and nothing else falls due soon."""
    with transaction.atomic():
        Timer.objects.waiting_until(timezone.now() + HOUR).delete()
        desk.receive([timezone.now() - HALF] * count)


@contextmanager
def _at_work(house: House, *names: str) -> Iterator[None]:
    """Meanwhile these programs run, and have begun to sweep."""
    begun = timezone.now()
    for name in names:
        house.start(name)
    house.wait_until(lambda: (last_swept_at() or begun) > begun)
    time.sleep(5)  # until a second one is there too
    try:
        yield
    finally:
        house.close()


def _heading(*columns: str) -> None:
    print(f"\n{columns[0]:40}" + "".join(f"{column:>14}" for column in columns[1:]), flush=True)


def _row(name: str, *figures: float) -> None:
    print(f"{name:40}" + "".join(f"{figure:14,.{0 if figure >= 100 else 2}f}" for figure in figures), flush=True)
