"""What a new version of a plan would have meant for the cases of the last quarter (C-DOC-03, C-DOC-04).

Nearly every clock ran under one promise without a pause: its new due moment is one addition of open time from where it
started. The others, which were held, raised, lowered or recalculated before they ended, are folded from their logs.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import DateTimeField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import FrozenCalendar
from cases.enums import EventKind, Severity
from cases.models import Case, CaseEvent
from entitlements.drafts import Draft
from entitlements.models import SupportPlan
from sla.bases import calendar_of, histories
from sla.calendars import Calendar, add_open_time
from sla.clock import Basis, milestones
from sla.models import Milestone
from sla.policy import Outcome, Pair, outcome
from sla.projection import logs_of
from sla.promises import MilestoneKind, Promise, Promises

QUARTER = timedelta(days=91)
BATCH = 1000

# What gives a clock a second promise, a pause or other hours.
_BENDING = (
    EventKind.HELD,
    EventKind.SEVERITY_PROPOSED,
    EventKind.SEVERITY_REDUCED,
    EventKind.TERMS_CHANGED,
)


def promises_of_draft(draft: Draft) -> Promises:
    """The promises that a draft would make."""
    return Promises(
        tuple(
            Promise(
                MilestoneKind.FIRST_RESPONSE,
                Severity(target.severity),
                timedelta(minutes=target.minutes),
                target.hours,
                target.clause,
            )
            for target in draft.targets
        )
    )


def preview(plan: SupportPlan, promises: Promises, now: datetime) -> dict[Severity, Pair]:
    """What the first responses of the quarter before `now` (aware) came to, and would have come to under `promises`.

    For every severity, by that which decided. Each case stands for what it was promised: its own version of `plan`. A
    clock that was reopened counts as one of its own.
    """
    pairs = {severity: Pair() for severity in Severity}
    started = Milestone.objects.filter(
        kind=MilestoneKind.FIRST_RESPONSE,
        case__plan_version__plan=plan,
        started_at__gt=now - QUARTER,
        started_at__lte=now,
    )
    _count_straight(started, promises, now, pairs)
    _count_bent(started, promises, now, pairs)
    return pairs


def _bent(now: datetime) -> Exists:
    """Whether something happened to the clock, before it ended, that its start and target alone do not tell."""
    ended_at = Coalesce(OuterRef("met_at"), OuterRef("stopped_at"), Value(now, DateTimeField()))
    return Exists(CaseEvent.objects.filter(case=OuterRef("case"), kind__in=_BENDING, at__lte=ended_at))


def _count_straight(
    started: QuerySet[Milestone], promises: Promises, now: datetime, pairs: dict[Severity, Pair]
) -> None:
    by_severity = {severity: promises.of(MilestoneKind.FIRST_RESPONSE, severity) for severity in Severity}
    calendars: dict[tuple[int, Severity], Calendar] = {}
    hours = {one.pk: calendar_of(one) for one in FrozenCalendar.objects.filter(pk__in=started.values("case__calendar"))}
    rows = started.filter(~_bent(now)).values_list(
        "severity", "case__calendar", "started_at", "due_at", "met_at", "stopped_at"
    )
    for number, calendar, started_at, due_at, met_at, stopped_at in rows.iterator(BATCH):
        severity = Severity(number)
        key = (calendar, severity)
        if key not in calendars:
            calendars[key] = by_severity[severity].calendar(hours[calendar])
        new_due_at = add_open_time(calendars[key], started_at, by_severity[severity].target)
        pairs[severity].count(outcome(due_at, met_at, stopped_at, now), outcome(new_due_at, met_at, stopped_at, now))


def _count_bent(started: QuerySet[Milestone], promises: Promises, now: datetime, pairs: dict[Severity, Pair]) -> None:
    stored: dict[int, list[Milestone]] = defaultdict(list)
    for row in started.filter(_bent(now)):
        stored[row.case_id].append(row)
    for batch in _in_batches(sorted(stored)):
        cases = list(Case.objects.filter(pk__in=batch).only("calendar", "plan_version"))
        logs = logs_of(cases)
        history = histories(cases, logs)
        for case in cases:
            changes = {seq: Basis(promises, terms.basis.calendar) for seq, terms in history[case.pk].items()}
            folded = milestones(logs[case.pk], *changes.pop(0), changes)
            by_cycle = {one.cycle: one for one in folded}
            for row in stored[case.pk]:
                anew = by_cycle[row.cycle]
                missed = Outcome.MISSED if anew.breached_at else outcome(anew.due_at, anew.met_at, anew.stopped_at, now)
                before = Outcome.MISSED if row.breached_at else outcome(row.due_at, row.met_at, row.stopped_at, now)
                pairs[Severity(row.severity)].count(before, missed)


def _in_batches(ids: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch
