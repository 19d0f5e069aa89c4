"""How fast is open time? Beside the least that any answer needs: one bisection over a prepared list."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from statistics import median
from timeit import repeat

from sla.calendars import Calendar, add_open_time, open_time_between, windows

CALLS, ROUNDS = 5_000, 15
MICROSECONDS = 1_000_000

LONDON = Calendar("Europe/London", {weekday: [(time(8), time(18))] for weekday in range(5)})
START = datetime(2026, 3, 27, 15, 30, tzinfo=UTC)  # a Friday afternoon; summer time begins on the Sunday
EIGHT_HOURS, TEN_DAYS, TEN_YEARS = timedelta(hours=8), timedelta(hours=100), timedelta(hours=26_090)  # all open
YEAR, DECADE = timedelta(days=365), timedelta(days=3653)


def measure() -> None:
    """Print the median cost of each calculation, over rounds of many calls each."""
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    openings = [window.opens for window in windows(LONDON, new_year, new_year + YEAR)]
    floor = microseconds(lambda: bisect_right(openings, START))
    rows = {
        "floor: bisect a prepared list": floor,
        "add_open_time, 8 hours, London": microseconds(lambda: add_open_time(LONDON, START, EIGHT_HOURS)),
        "add_open_time, ten days": microseconds(lambda: add_open_time(LONDON, START, TEN_DAYS)),
        "add_open_time, ten years": microseconds(lambda: add_open_time(LONDON, START, TEN_YEARS)),
        "open_time_between, a year": microseconds(lambda: open_time_between(LONDON, START, START + YEAR)),
        "open_time_between, ten years": microseconds(lambda: open_time_between(LONDON, START, START + DECADE)),
    }
    print(f"{'':32}{'median µs':>10}{'x floor':>10}")
    for name, cost in rows.items():
        print(f"{name:32}{cost:10.2f}{cost / floor:10.1f}")


def microseconds(call: Callable[[], object]) -> float:
    """The median cost of one call, its tables already built."""
    call()
    return median(repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * MICROSECONDS
