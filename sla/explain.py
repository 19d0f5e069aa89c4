"""Why a deadline falls when it does, until the arithmetic closes. Standard library only.

An explanation is a sum: a row for each stretch of time that counts, one for each that does not, with the reason, and
the promised time as the total. The page shows the rows that the terminal prints, so customer and staff read the
same. Clocks count whole seconds and every length is told to the second, so what is told adds up exactly.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cases.enums import EventKind
from sla import words
from sla.calendars import DAY, add_open_time
from sla.clock import ClockState, Milestone, Step, state_at, used
from sla.promises import Measure, MilestoneKind
from sla.ribbon import Day, ribbon
from sla.spans import Span, SpanKind, spans_by_day
from sla.words import SECOND


class Row(NamedTuple):
    """A line of the sum: when, why, and what it adds, which is empty for time that does not count."""

    when: str
    why: str
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A deadline with its reasons; `used` and `left` of the target as of `now`, in whole seconds.

    The amounts of `rows` add up to that of `total`, the target. `days` is the picture, `changes` are sentences.
    """

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
    rows: tuple[Row, ...]
    total: Row
    days: tuple[Day, ...]
    changes: tuple[str, ...]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the sum rests on, term by term."""
        return list(_facts(self, []))

    @property
    def balance(self) -> list[tuple[str, str]]:
        """What is used of the target and what is left, each with its place in the key: "used, 1 h 17 min"."""
        milestone = self.milestone
        name = "left unused" if milestone.ended_at else "left" if milestone.held else "to come"
        left = [("ahead", f"{name}, {words.spell(self.left)}")] if self.left else []
        return [("spent", f"used, {words.spell(self.used)}"), *left]

    @property
    def key(self) -> list[tuple[str, str]]:
        """What the picture shows, each mark with its words."""
        seen = {
            "paused": any(day.paused for day in self.days),
            "closed": any(sum(bar.width for bar in day.open) < 100 for day in self.days),
            "now": any(day.now_x is not None for day in self.days),
            "due": self.milestone.due_at is not None,
        }
        now = f"now, {self.now.astimezone(self.milestone.calendar.tz):%H:%M}"
        told = {"paused": "paused", "closed": "not counted", "now": now, "due": "due"}
        return [*self.balance, *((mark, told[mark]) for mark, shown in seen.items() if shown)]


def explain(
    milestone: Milestone, plan: str, holiday_names: Mapping[date, str], *, now: datetime, place: str = ""
) -> Explanation:
    """Explain when `milestone` is due, or, while it is held, what was used until `now`.

    `plan` names the plan and version that promised it, `holiday_names` the holidays of its calendar by local
    date, `place` the account's place (the zone's, if not given). `now` is aware.
    """
    place = place or words.place_of(milestone.calendar)
    promise, state = milestone.promise, state_at(milestone, now)
    now = now.astimezone(UTC).replace(microsecond=0)
    spent = used(milestone, now) // SECOND * SECOND
    end = milestone.due_at or max(now, milestone.pauses[-1].began_at)
    days = list(spans_by_day(milestone, holiday_names, end))
    aim = ", our aim and not a promise" if promise.aim else ""
    return Explanation(
        milestone=milestone,
        now=now,
        state=state,
        headline=_headline(milestone, state, milestone.target - spent, now, place),
        promise=f"{promise.kind.label} for {promise.severity.label} {within(milestone)}{aim}",
        plan=plan,
        place=place,
        calendar=words.opening_hours(milestone.calendar),
        used=spent,
        left=milestone.target - spent,
        rows=tuple(_rows(milestone, [span for _, spans in days for span in spans])),
        total=Row("", words.allowance(promise), words.spell(milestone.target)),
        days=tuple(ribbon(milestone, days, now)),
        changes=tuple(_changes(milestone)),
    )


def as_text(explanation: Explanation, reader_zone: str | None = None) -> str:
    """The explanation for a terminal, with the rows of the page. `reader_zone` adds the reader's own time."""
    zone = explanation.milestone.calendar.zone
    facts = _facts(explanation, [ZoneInfo(reader_zone)] if reader_zone and reader_zone != zone else [])
    blocks = [
        [explanation.headline],
        [f"{name:9} {text}" for name, text in (*facts, ("State", _state(explanation)))],
        _table([*explanation.rows, explanation.total]),
        ["; ".join(told for _, told in explanation.balance)],
        [f"- {change}" for change in explanation.changes],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _state(explanation: Explanation) -> str:
    """What stands beside the clock on a page: "Met, answered in 46 min"."""
    milestone = explanation.milestone
    answered = words.answered(milestone.started_at, milestone.met_at, milestone.breached_at)
    return ", ".join(filter(None, (explanation.state.label, answered)))


def _table(rows: list[Row]) -> list[str]:
    """Lines in columns; what does not count has no amount and may run on."""
    when = max(len(row.when) for row in rows)
    why = max(len(row.why) for row in rows if row.amount)
    amount = max(len(row.amount) for row in rows)
    return [f"{row.when:{when}}  {row.why:{why}}  {row.amount:>{amount}}".rstrip() for row in rows]


def _facts(explanation: Explanation, more_zones: list[ZoneInfo]) -> Iterator[tuple[str, str]]:
    milestone, zone = explanation.milestone, explanation.milestone.calendar.tz

    def told(at: datetime) -> str:
        others = (words.moment(at, other) for other in more_zones)
        return " = ".join([f"{words.moment(at, zone)} {explanation.place}", *others])

    moments = {
        _beginning(milestone).capitalize(): milestone.started_at,
        "Raised": milestone.counts_from if milestone.counts_from > milestone.started_at else None,
        "Due": milestone.due_at,
        "Met": milestone.met_at,
        "Closed": milestone.stopped_at,
    }
    source = {
        MilestoneKind.FIRST_RESPONSE: explanation.plan,
        MilestoneKind.NEXT_UPDATE: "promised by the engineer",
    }.get(milestone.kind, "under every plan")
    yield "Promise", f"{explanation.promise} ({milestone.clause}), {source}"
    fixed = "changed by an administrator since receipt" if milestone.basis else "fixed at receipt"
    if milestone.kind is not MilestoneKind.FIRST_RESPONSE:
        fixed = "as it was when this was promised"
    yield "Calendar", f"{explanation.calendar}; {fixed}"
    yield from ((name, told(at)) for name, at in moments.items() if at)


def _headline(milestone: Milestone, state: ClockState, left: timedelta, now: datetime, place: str) -> str:
    allowed = words.allowance(milestone.promise)
    if milestone.due_at is None or state is ClockState.STOPPED:
        return f"{'Withdrawn' if milestone.stopped_at else 'Paused'} with {words.spell(left)} of {allowed} left"
    due = _moment(milestone, milestone.due_at)
    if milestone.promise.measure is Measure.MOMENT:
        named = _named(milestone)
        moved = "" if named == milestone.due_at else f"; with the pause it is due on {due}"
        return f"The engineer promised an update by {_moment(milestone, named)} in {place}{moved}"
    since = _beginning(milestone)
    if milestone.kind is not MilestoneKind.FIRST_RESPONSE:
        since = f"the {since}"
    if milestone.counts_from > milestone.started_at:
        since = "the raise of its severity"
    end = "ended" if now > milestone.due_at else "ends" if allowed.startswith(("1 ", "the ")) else "end"
    return f"{allowed[0].upper()}{allowed[1:]} from {since} {end} on {due} in {place}"


def _moment(milestone: Milestone, at: datetime) -> str:
    """A moment of the clock as its headline tells it: "Monday at 16:30", with the date when it is far."""
    local, start = (moment.astimezone(milestone.calendar.tz) for moment in (at, milestone.counts_from))
    far = local.date() - start.date() >= 6 * DAY
    return f"{local:%A}{f' {local.day} {local:%B}' if far else ''} at {local:%H:%M}"


def _named(milestone: Milestone) -> datetime:
    """The moment that an engineer named, whatever pauses came since."""
    return add_open_time(milestone.calendar, milestone.counts_from, milestone.target)


def within(milestone: Milestone) -> str:
    """What was promised in words: "within 8 business hours", "by Mon 12 Jan 2026, 15:00 GMT"."""
    if milestone.promise.measure is Measure.MOMENT:
        return f"by {words.moment(_named(milestone), milestone.calendar.tz)}"
    return f"within {words.allowance(milestone.promise)}"


def _beginning(milestone: Milestone) -> str:
    """What the clock counts from."""
    match milestone.kind:
        case MilestoneKind.FIRST_RESPONSE:
            return "receipt" if milestone.cycle == 1 else "reopening"
        case MilestoneKind.NEXT_UPDATE:
            return "reply"
        case MilestoneKind.ACKNOWLEDGEMENT:
            return "escalation"
        case MilestoneKind.CALL_BACK:
            return "request"


def _rows(milestone: Milestone, spans: Iterable[Span]) -> Iterator[Row]:
    """The sum: neighbours that count, that are on hold, and that are closed for whatever reason, are one row each."""
    for kind, neighbours in groupby(spans, key=_category):
        run = list(neighbours)
        begin, end = run[0].begin, run[-1].end
        when = words.stretch(begin, end, milestone.calendar.tz)
        length = words.spell(end - begin)
        shift = words.clock_change(begin, end, milestone.calendar.tz)
        if kind is SpanKind.COUNTED:
            yield Row(when, f"{kind.label}{shift}", length)
        else:
            why = words.listed(dict.fromkeys(span.why for span in run))
            yield Row(when, f"{why}, {length} not counted{shift}")
    if milestone.held:
        left = milestone.target - used(milestone, milestone.pauses[-1].began_at)
        yield Row("", "left for when the hold ends", words.spell(left))


def _category(span: Span) -> SpanKind | None:
    return span.kind if span.kind in (SpanKind.COUNTED, SpanKind.PAUSED) else None


def _changes(milestone: Milestone) -> Iterator[str]:
    """A sentence for each new severity, and each change of what the clock is counted by: what was due until then, and
    since; or that what was due before stays so."""
    zone = milestone.calendar.tz

    def due(step: Step) -> str:
        at = f"due {words.moment(step.due_at, zone)}" if step.due_at else "paused"
        return f"{words.allowance(step.decisive)}, {at}"

    for before, after in pairwise(milestone.trail):
        anew = after.why is EventKind.TERMS_CHANGED
        if before.promise == after.promise and not anew:
            continue
        change = _CHANGES[after.why].format(severity=after.promise.severity.label, note=after.note)
        what = f"{words.moment(after.at, zone)}: {change}"
        if anew or after.decisive == after.promise:
            yield f"{what}: {due(after)}; until then {due(before)}"
        else:
            yield f"{what}: {words.allowance(after.promise)} from then end later, so it stays {due(after)}"


_CHANGES = {
    EventKind.SEVERITY_PROPOSED: "{severity} proposed",
    EventKind.SEVERITY_AGREED: "{severity} agreed",
    EventKind.SEVERITY_REDUCED: "lowered to {severity}",
    EventKind.TERMS_CHANGED: "recalculated from its start ({note})",
}
