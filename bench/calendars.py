"""How fast is open time? Beside the least that any answer needs, one bisection, and beside a library for the same."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from time import process_time
from timeit import Timer
from typing import Any

import pytz
from businesstimedelta import BusinessTimeDelta, WorkDayRule

from sla.calendars import Calendar, add_open_time, open_time_between, windows

ROUNDS, FEW = 100, 5
REPORT = 100_000
HOUR = timedelta(hours=1)
MICROSECONDS = 1_000_000

LONDON = Calendar("Europe/London", {weekday: [(time(8), time(18))] for weekday in range(5)})
THEIRS = WorkDayRule(time(8), time(18), [0, 1, 2, 3, 4], tz=pytz.timezone("Europe/London"))
START = datetime(2026, 3, 27, 15, 30, tzinfo=UTC)  # a Friday afternoon; summer time begins on the Sunday
SPANS = {"an hour": timedelta(hours=1), "ten days": timedelta(days=10), "ten years": timedelta(days=3653)}


def measure() -> None:
    """Print the cost of each calculation after checking its answer."""
    openings = [window.opens for window in windows(LONDON, START, START + SPANS["ten years"])]
    floor = microseconds(bisect_right, openings, START)
    print(
        f"{'µs of one call, at best':30}{'ours':>10}{'businesstimedelta':>20}{'ours / bisect':>16}{'theirs / ours':>16}"
    )
    print(f"{'bisect a prepared list':30}{floor:10.2f}")
    for name, span in SPANS.items():
        end, amount = START + span, open_time_between(LONDON, START, START + span)
        print_row(f"open_time_between, {name}", floor, (open_time_between, LONDON, START, end), (between, START, end))
        print_row(f"add_open_time, {name}", floor, (add_open_time, LONDON, START, amount), (add, START, amount))
    spans = [(START + number % 8760 * HOUR, START + (number % 8760 + number % 100) * HOUR) for number in range(REPORT)]
    begun = process_time()
    for start, end in spans:
        open_time_between(LONDON, start, end)
    print(f"A report of {REPORT:,} spans, one by one: {process_time() - begun:.2f} s of processor time")


Call = tuple[Callable[..., Any], *tuple[Any, ...]]


def print_row(name: str, floor: float, ours: Call, theirs: Call) -> None:
    """Time the same question put to both; raises AssertionError when they answer differently."""
    one, other = (call(*given) for call, *given in (ours, theirs))
    if one != other:
        raise AssertionError(f"{name}: {one} here, {other} there")
    cost, their_cost = microseconds(*ours), microseconds(*theirs)
    print(f"{name:30}{cost:10.2f}{their_cost:20,.1f}{cost / floor:16.1f}{their_cost / cost:16,.0f}")


def between(start: datetime, end: datetime) -> timedelta:
    """What businesstimedelta says to `open_time_between`."""
    return THEIRS.difference(start, end).timedelta


def add(start: datetime, amount: timedelta) -> datetime:
    """What businesstimedelta says to `add_open_time`."""
    return start + BusinessTimeDelta(THEIRS, timedelta=amount)


def microseconds(call: Callable[..., object], *given: object) -> float:
    """The cost of one call in the least disturbed of many short rounds, its tables already built."""
    names = [f"given_{number}" for number in range(len(given))]
    timer = Timer(f"call({', '.join(names)})", globals={"call": call, **dict(zip(names, given, strict=True))})
    calls = max(1, timer.autorange()[0] // 100)
    return min(timer.repeat(ROUNDS if calls > 1 else FEW, calls)) / calls * MICROSECONDS
