"""The picture of an explanation: the local days that a clock runs across, drawn in percent. Standard library only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from sla import words
from sla.calendars import DAY, MIDNIGHT, Window, day_bounds, windows_on
from sla.clock import Milestone
from sla.spans import Span, SpanKind


class Bar(NamedTuple):
    """A part of a day, in percent of its local time from midnight to midnight."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Day:
    """A local day, or a run of days on which nothing counts for one and the same reason.

    The bars are the `open` hours, those `spent`, those `ahead` and those `paused`; `now_x` and `due_x` mark
    where now and the due moment lie, if on this day.
    """

    name: str
    open: tuple[Bar, ...]
    spent: tuple[Bar, ...]
    ahead: tuple[Bar, ...]
    paused: tuple[Bar, ...]
    now_x: float | None
    due_x: float | None


SpansOfDay = tuple[date, tuple[Span, ...]]


def ribbon(milestone: Milestone, days: Iterable[SpansOfDay], now: datetime) -> Iterator[Day]:
    """Draw `days` as of `now` (aware), days that are closed for one reason together."""
    for _, run in groupby(days, key=_sameness):
        yield _day(milestone, list(run), now)


def _sameness(day: SpansOfDay) -> tuple[SpanKind, str] | date:
    """What days must share to be drawn as one: nothing but one reason not to count. A date is never shared."""
    on, (first, *others) = day
    return on if others or first.counted else (first.kind, first.why)


def _day(milestone: Milestone, days: list[SpansOfDay], now: datetime) -> Day:
    first, last = days[0][0], days[-1][0]
    calendar, due_at = milestone.calendar, milestone.due_at
    bounds = Window(day_bounds(calendar, first).opens, day_bounds(calendar, last).closes)
    spans = [span for _, some in days for span in some]
    counted = [Window(span.begin, span.end) for span in spans if span.counted]
    until = min(now, milestone.ended_at or now)

    def x(at: datetime) -> float:
        wall = at.astimezone(calendar.tz).replace(tzinfo=None) - datetime.combine(first, MIDNIGHT)
        return round(min(max(wall / (last + DAY - first), 0), 1) * 100, 1)

    def bars(windows: Iterable[Window]) -> tuple[Bar, ...]:
        edges = [(x(window.opens), x(window.closes)) for window in windows if window.opens < window.closes]
        return tuple(Bar(begin, round(end - begin, 1)) for begin, end in edges)

    return Day(
        name=words.day(first) + (f" to {words.day(last)}" if last > first else ""),
        open=bars(windows_on(calendar, first) if first == last else ()),
        spent=bars(Window(opens, min(closes, until)) for opens, closes in counted),
        ahead=bars(Window(max(opens, until), closes) for opens, closes in counted),
        paused=bars(Window(span.begin, span.end) for span in spans if span.kind is SpanKind.PAUSED),
        now_x=x(now) if bounds.opens <= now < bounds.closes else None,
        due_x=x(due_at) if due_at and bounds.opens < due_at <= bounds.closes else None,
    )
