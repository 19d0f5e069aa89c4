"""A clock's life cut into spans: time that counts, and time that does not, with the reason. Standard library only."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from accounts.enums import Worded
from sla.calendars import DAY, NOTHING, Window, business_day, day_bounds, windows_on
from sla.clock import Milestone


class SpanKind(Worded):
    """Whether time counts, and if not, why."""

    COUNTED = "counted", "counted"
    PAUSED = "paused", "paused"
    NIGHT = "night", "night"
    BREAK = "break", "break"
    WEEKEND = "weekend", "weekend"
    HOLIDAY = "holiday", "holiday"


class Span(NamedTuple):
    """A stretch of one kind within a local day, from `begin` to `end` (aware UTC); `why` is the kind in words."""

    kind: SpanKind
    why: str
    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.begin

    @property
    def counted(self) -> timedelta:
        return self.length if self.kind is SpanKind.COUNTED else NOTHING


def spans_by_day(
    milestone: Milestone, holiday_names: Mapping[date, str], end: datetime
) -> Iterator[tuple[date, tuple[Span, ...]]]:
    """Each local day with a part from when the promise began to count to `end` (aware), with its spans in order."""
    on = milestone.counts_from.astimezone(milestone.calendar.tz).date()
    while (bounds := day_bounds(milestone.calendar, on)).opens < end:
        part = Window(max(bounds.opens, milestone.counts_from), min(bounds.closes, end))
        if spans := tuple(_spans(milestone, holiday_names, on, part)):
            yield on, spans
        on += DAY


def _spans(milestone: Milestone, holiday_names: Mapping[date, str], on: date, part: Window) -> Iterator[Span]:
    """`part` of the local day `on` cut where its reason to count, or not, changes. A hold is the stronger reason."""
    hours = windows_on(milestone.calendar, on)
    holds = [(Window(pause.began_at, pause.ended_at or part.closes), pause.reason) for pause in milestone.pauses]
    cuts = {*part, *(cut for window in (*hours, *(held for held, _ in holds)) for cut in window)}

    def reason(stretch: tuple[datetime, datetime]) -> tuple[SpanKind, str]:
        begin, _ = stretch
        for held, why in holds:
            if held.opens <= begin < held.closes:
                return SpanKind.PAUSED, f"{SpanKind.PAUSED.label} ({why.label[0].lower()}{why.label[1:]})"
        if any(window.opens <= begin < window.closes for window in hours):
            return SpanKind.COUNTED, SpanKind.COUNTED.label
        return _closed(milestone, holiday_names, on, hours, begin)

    inner = [cut for cut in sorted(cuts) if part.opens <= cut <= part.closes]
    for (kind, why), stretches in groupby(pairwise(inner), key=reason):
        run = list(stretches)
        yield Span(kind, why, run[0][0], run[-1][1])


def _closed(
    milestone: Milestone, holiday_names: Mapping[date, str], on: date, hours: list[Window], at: datetime
) -> tuple[SpanKind, str]:
    """Why the day `on` is closed `at` a moment outside its hours."""
    calendar = milestone.calendar
    if on in calendar.holidays:
        return SpanKind.HOLIDAY, holiday_names.get(on, SpanKind.HOLIDAY.label)
    if not business_day(calendar, on):
        return SpanKind.WEEKEND, SpanKind.WEEKEND.label
    if on in calendar.half_days and at >= hours[-1].closes:
        return SpanKind.HOLIDAY, holiday_names.get(on, SpanKind.HOLIDAY.label)
    if hours and hours[0].closes <= at < hours[-1].opens:
        return SpanKind.BREAK, SpanKind.BREAK.label
    return SpanKind.NIGHT, SpanKind.NIGHT.label
