"""Why a deadline falls when it does, until the arithmetic closes. Standard library only.

An explanation lays a clock over the local days of its account. Each day is cut into spans: time that counts,
and time that does not, with the reason. The page draws the same days that the terminal prints, so customer
and staff read the same. The counted spans add up to the target exactly, or, while a clock is held, to what
was used before.

Lengths are told so that the told ones add up too, although receipts come at fractions of a second: a total is
told rounded up, and a length is the difference of two told totals.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.enums import Worded
from cases.enums import EventKind
from sla import words
from sla.calendars import DAY, MIDNIGHT, NOTHING, SECOND, Window, business_day, day_bounds, windows_on
from sla.clock import ClockState, Milestone, Step, left, state_at, used
from sla.words import MINUTE


class SpanKind(Worded):
    """Whether time counts, and if not, why."""

    COUNTED = "counted", "counted"
    PAUSED = "paused", "paused"
    NIGHT = "night", "night"
    BREAK = "break", "break"
    WEEKEND = "weekend", "weekend"
    HOLIDAY = "holiday", "holiday"


class Span(NamedTuple):
    """A stretch of one kind within a local day, from `begin` to `end` (aware UTC); `hours` is both in local
    time.

    `used_before` is the allowance used up when it begins.
    """

    kind: SpanKind
    why: str
    begin: datetime
    end: datetime
    hours: str
    used_before: timedelta

    @property
    def length(self) -> timedelta:
        return self.end - self.begin

    @property
    def counted(self) -> timedelta:
        return self.length if self.kind is SpanKind.COUNTED else NOTHING

    @property
    def amount(self) -> str:
        """What it adds, to the second: "4 h 55 min"."""
        return words.spell(_told(self.used_before, self.counted, SECOND))

    @property
    def total(self) -> str:
        """The allowance used up when it ends."""
        return words.spell(_told(NOTHING, self.used_before + self.counted, SECOND))


class Bar(NamedTuple):
    """A part of a row, in percent of its local time from midnight to midnight."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Day:
    """A row: a local day, or a run of days on which nothing counts for one and the same reason.

    The bars are the `open` hours, those `spent`, those `ahead` and those `paused`; `now_x` and `due_x` mark
    where now and the due moment lie, if on this row. `note` tells of a day that is not 24 hours long.
    """

    first: date
    last: date
    spans: tuple[Span, ...]
    note: str
    open: tuple[Bar, ...]
    spent: tuple[Bar, ...]
    ahead: tuple[Bar, ...]
    paused: tuple[Bar, ...]
    now_x: float | None
    due_x: float | None

    @property
    def name(self) -> str:
        """The day or the run of days: "Tue 1", "Sat 28 to Sun 29"."""
        return words.day(self.first) + (f" to {words.day(self.last)}" if self.last > self.first else "")

    @property
    def counted(self) -> timedelta:
        return sum((span.counted for span in self.spans), NOTHING)

    @property
    def closed(self) -> bool:
        return not self.counted

    @property
    def amount(self) -> str:
        """What the row adds, to the minute: "4 h 55", or "none"."""
        if self.closed:
            return "none"
        return words.spell_short(_told(self.spans[0].used_before, self.counted, MINUTE))

    @property
    def why(self) -> str:
        """When it counts, or why it does not: "08:00 to 11:05", "weekend"."""
        counted = [span.hours for span in self.spans if span.counted]
        if counted:
            return " and ".join(counted)
        return next((span.why for span in self.spans if span.kind is SpanKind.PAUSED), self.spans[-1].why)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A deadline with its reasons; `used` and `left` of the target as of `now`, `changes` as sentences."""

    milestone: Milestone
    now: datetime
    state: ClockState
    headline: str
    promise: str
    plan: str
    place: str
    calendar: str
    used: timedelta
    left: timedelta
    days: tuple[Day, ...]
    changes: tuple[str, ...]


def explain(
    milestone: Milestone, plan: str, holiday_names: Mapping[date, str], *, now: datetime, place: str = ""
) -> Explanation:
    """Explain when `milestone` is due, or, while it is held, what was used until `now`.

    `plan` names the plan and version that promised it, `holiday_names` the holidays of its calendar by local
    date, `place` the account's place (the zone's, if not given). `now` is aware.
    """
    now = now.astimezone(UTC)
    place = place or words.place_of(milestone.calendar)
    promise = milestone.promise
    return Explanation(
        milestone=milestone,
        now=now,
        state=state_at(milestone, now),
        headline=_headline(milestone, now, place),
        promise=f"{promise.kind.label} for {promise.severity.label} within {words.allowance(promise)}",
        plan=plan,
        place=place,
        calendar=words.opening_hours(milestone.calendar),
        used=used(milestone, now),
        left=left(milestone, now),
        days=tuple(_days(milestone, holiday_names, now)),
        changes=tuple(_changes(milestone)),
    )


def as_text(explanation: Explanation, reader_zone: str | None = None) -> str:
    """The explanation for a terminal, with the rows of the page. `reader_zone` adds the reader's own time."""
    milestone, zone = explanation.milestone, explanation.milestone.calendar.tz
    zones = [ZoneInfo(reader_zone)] if reader_zone and reader_zone != zone.key else []

    def told(at: datetime) -> str:
        return " = ".join([f"{words.moment(at, zone)} {explanation.place}", *(words.moment(at, z) for z in zones)])

    raised_at = milestone.counts_from if milestone.counts_from > milestone.started_at else None
    moments = {"Started": milestone.started_at, "Raised": raised_at, "Due": milestone.due_at, "Met": milestone.met_at}
    facts = [
        ("Promise", f"{explanation.promise} ({milestone.clause}), {explanation.plan}"),
        ("Calendar", explanation.calendar),
        *((name, told(at)) for name, at in moments.items() if at),
        ("State", f"{explanation.state.label}, {words.spell(_told(NOTHING, explanation.used, SECOND))} used"),
    ]
    lines = [line for day in explanation.days for line in _lines(day)]
    changes = [f"- {change}" for change in explanation.changes]
    blocks = [[explanation.headline], [f"{name:9} {text}" for name, text in facts], lines, changes]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _lines(day: Day) -> Iterator[str]:
    """A row of the terminal for each span of a day, and one for a run of days."""
    name = f"{day.name}{f' ({day.note})' if day.note else ''}"
    if day.last > day.first:
        yield f"{name:18}  {day.why}"
        return
    for span in day.spans:
        amount = f"{span.amount:>18}  total {span.total}" if span.counted else ""
        yield f"{name:18}  {span.hours:22}  {span.why:10}{amount}".rstrip()
        name = ""


def _headline(milestone: Milestone, now: datetime, place: str) -> str:
    allowed = words.allowance(milestone.promise)
    if milestone.due_at is None or state_at(milestone, now) is ClockState.STOPPED:
        rest = words.spell(milestone.target - _told(NOTHING, used(milestone, now), SECOND))
        return f"{'Withdrawn' if milestone.stopped_at else 'Paused'} with {rest} of {allowed} left"
    local, start = (at.astimezone(milestone.calendar.tz) for at in (milestone.due_at, milestone.counts_from))
    far = local.date() - start.date() >= 6 * DAY
    on = f"{local:%A} {local.day} {local:%B}" if far else f"{local:%A}"
    since = "receipt" if milestone.cycle == 1 else "reopening"
    if milestone.counts_from > milestone.started_at:
        since = "the raise of its severity"
    end = "ended" if now > milestone.due_at else "ends" if allowed.startswith("1 ") else "end"
    return f"{allowed} from {since} {end} on {on} at {local:%H:%M} in {place}"


def _changes(milestone: Milestone) -> Iterator[str]:
    """A sentence for each new severity: what was due until then, and since; or that what was due before stays so."""
    zone = milestone.calendar.tz

    def due(step: Step) -> str:
        at = f"due {words.moment(step.due_at, zone)}" if step.due_at else "paused"
        return f"{words.allowance(step.decisive)}, {at}"

    for before, after in pairwise(milestone.trail):
        if before.promise == after.promise:
            continue
        what = f"{words.moment(after.at, zone)}: {_CHANGES[after.why].format(severity=after.promise.severity.label)}"
        if after.decisive == after.promise:
            yield f"{what}: {due(after)}; until then {due(before)}"
        else:
            yield f"{what}: {words.allowance(after.promise)} from then end later, so it stays {due(after)}"


_CHANGES = {
    EventKind.SEVERITY_PROPOSED: "{severity} proposed",
    EventKind.SEVERITY_AGREED: "{severity} agreed",
    EventKind.SEVERITY_REDUCED: "lowered to {severity}",
}


def _days(milestone: Milestone, holiday_names: Mapping[date, str], now: datetime) -> Iterator[Day]:
    """The rows, from the day on which the promise began to count to that of the due moment; while held, to today."""
    end = milestone.due_at or max(now, milestone.pauses[-1].began_at)
    for _, run in groupby(_spans_by_day(milestone, holiday_names, end), key=_sameness):
        yield _row(milestone, list(run), now)


def _sameness(day: tuple[date, tuple[Span, ...]]) -> tuple[SpanKind, str] | date:
    """What days must share to be told as one: nothing but one reason not to count. A date is never shared."""
    on, (first, *others) = day
    return on if others or first.counted else (first.kind, first.why)


def _spans_by_day(
    milestone: Milestone, holiday_names: Mapping[date, str], end: datetime
) -> Iterator[tuple[date, tuple[Span, ...]]]:
    """Each local day that has a part between the start and `end`, with its spans."""
    zone, used_before = milestone.calendar.tz, NOTHING
    on = milestone.counts_from.astimezone(zone).date()
    while (bounds := day_bounds(milestone.calendar, on)).opens < end:
        part = Window(max(bounds.opens, milestone.counts_from), min(bounds.closes, end))
        spans = []
        for (kind, why), begin, until in _pieces(milestone, holiday_names, on, part):
            hours = f"{_clock(begin, on, zone)} to {_clock(until, on, zone)}"
            spans.append(Span(kind, why, begin, until, hours, used_before))
            used_before += spans[-1].counted
        if spans:
            yield on, tuple(spans)
        on += DAY


def _clock(at: datetime, on: date, zone: ZoneInfo) -> str:
    """The local time of `at` on the day `on`, whose end is 24:00."""
    local = at.astimezone(zone)
    return "24:00" if local.date() > on else words.clock(local.time())


def _pieces(
    milestone: Milestone, holiday_names: Mapping[date, str], on: date, part: Window
) -> Iterator[tuple[tuple[SpanKind, str], datetime, datetime]]:
    """`part` of the local day `on` cut where its reason to count, or not, changes."""
    hours = windows_on(milestone.calendar, on)
    pauses = [(pause, Window(pause.began_at, pause.ended_at or part.closes)) for pause in milestone.pauses]
    for pause, held in pauses:
        if held.opens <= part.opens < part.closes <= held.closes:
            yield (SpanKind.PAUSED, pause.reason.label), *part
            return
    cuts = {*part, *(cut for window in (*hours, *(held for _, held in pauses)) for cut in window)}
    inner = [cut for cut in sorted(cuts) if part.opens <= cut <= part.closes]

    def reason(stretch: tuple[datetime, datetime]) -> tuple[SpanKind, str]:
        begin, _ = stretch
        if not any(window.opens <= begin < window.closes for window in hours):
            return _reason_closed(milestone, holiday_names, on, hours, begin)
        for pause, held in pauses:
            if held.opens <= begin < held.closes:
                return SpanKind.PAUSED, pause.reason.label
        return SpanKind.COUNTED, SpanKind.COUNTED.label

    for why, stretches in groupby(pairwise(inner), key=reason):
        run = list(stretches)
        yield why, run[0][0], run[-1][1]


def _reason_closed(
    milestone: Milestone, holiday_names: Mapping[date, str], on: date, hours: list[Window], at: datetime
) -> tuple[SpanKind, str]:
    if on in milestone.calendar.holidays:
        return SpanKind.HOLIDAY, holiday_names.get(on, SpanKind.HOLIDAY.label)
    if not business_day(milestone.calendar, on):
        return SpanKind.WEEKEND, SpanKind.WEEKEND.label
    if hours and hours[0].closes <= at < hours[-1].opens:
        return SpanKind.BREAK, SpanKind.BREAK.label
    return SpanKind.NIGHT, SpanKind.NIGHT.label


def _row(milestone: Milestone, days: list[tuple[date, tuple[Span, ...]]], now: datetime) -> Day:
    first, last = days[0][0], days[-1][0]
    spans = tuple(span for _, some in days for span in some)
    calendar = milestone.calendar
    bounds = Window(day_bounds(calendar, first).opens, day_bounds(calendar, last).closes)
    until = min(now, milestone.ended_at or now)
    counted = [Window(span.begin, span.end) for span in spans if span.counted]
    paused = [Window(span.begin, span.end) for span in spans if span.kind is SpanKind.PAUSED]
    due_at = milestone.due_at

    def x(at: datetime) -> float:
        wall = at.astimezone(calendar.tz).replace(tzinfo=None) - datetime.combine(first, MIDNIGHT)
        return round(min(max(wall / (last + DAY - first), 0), 1) * 100, 1)

    def bars(windows: Iterable[Window]) -> tuple[Bar, ...]:
        edges = [(x(window.opens), x(window.closes)) for window in windows if window.opens < window.closes]
        return tuple(Bar(begin, round(end - begin, 1)) for begin, end in edges)

    return Day(
        first=first,
        last=last,
        spans=spans,
        note=_note(bounds, first, last),
        open=bars(windows_on(calendar, first) if first == last else ()),
        spent=bars(Window(opens, min(closes, until)) for opens, closes in counted),
        ahead=bars(Window(max(opens, until), closes) for opens, closes in counted),
        paused=bars(paused),
        now_x=x(now) if bounds.opens <= now < bounds.closes else None,
        due_x=x(due_at) if due_at and bounds.opens < due_at <= bounds.closes else None,
    )


def _note(bounds: Window, first: date, last: date) -> str:
    """A word about a day that is shorter or longer than others, because its clocks are changed."""
    if first < last or bounds.length == DAY:
        return ""
    return f"clocks change, a day of {words.spell(bounds.length)}"


def _told(before: timedelta, added: timedelta, unit: timedelta) -> timedelta:
    """What `added` to `before` makes of the told total: both totals rounded up to `unit`."""
    return _rounded_up(before + added, unit) - _rounded_up(before, unit)


def _rounded_up(length: timedelta, unit: timedelta) -> timedelta:
    return -(-length // unit) * unit
