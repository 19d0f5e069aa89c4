"""What pages show of clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from accounts.calendars import freeze
from accounts.models import FrozenCalendar, Organization
from cases.enums import ActorRole, EventKind, Severity
from cases.facts import Fact
from cases.models import Case, CaseQuerySet
from entitlements.enums import Hours
from entitlements.models import PlanVersion
from sla import clock
from sla.bases import calendar_of, histories, milestones_of, promises_of
from sla.calendars import open_time_between
from sla.clock import ClockState, state_at
from sla.explain import Explanation, explain
from sla.projection import logs_of
from sla.promises import MilestoneKind, counted_in


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as a page shows it; instants are aware UTC, `share_used` is in percent of the target.

    `due_at` is None while the clock is held; `anchor` is the id of its "Why this time?".
    """

    kind: str
    state: ClockState
    due_at: datetime | None
    met_at: datetime | None
    share_used: int
    anchor: str
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class RowState:
    """A case's clock as a list shows it; `due_at` is None unless it runs.

    `share_used` is in percent of the target; None unless it runs and the case came with its hours (`with_hours`).
    """

    state: ClockState
    due_at: datetime | None
    share_used: int | None = None


def explanations(case: Case, now: datetime) -> list[Explanation]:
    """Why each milestone of the case falls when it does, as of `now` (aware), newest first."""
    logs = logs_of([case])
    history = histories([case], logs)[case.pk]
    told = [(one, history[one.basis]) for one in milestones_of(logs[case.pk], history)]
    return [_explanation(one, terms.plan_version, terms.calendar, now) for one, terms in reversed(told)]


def clocks(case: Case, now: datetime) -> list[ClockView]:
    """The clocks of the case as of `now` (aware), newest first."""
    return [view_of(explanation) for explanation in explanations(case, now)]


def previews(
    organization: Organization, severities: Iterable[Severity], plan_version: PlanVersion, at: datetime
) -> dict[Severity, Explanation]:
    """The response deadlines that cases received from `organization` at `at` (aware) would get, with their reasons.

    Freezes the organization's hours as opening a case would: what is shown is what is then promised. The same number of
    statements for any number of severities.
    """
    hours, promises = freeze(organization, at), promises_of(plan_version)
    calendar = calendar_of(hours)

    def explained(severity: Severity) -> Explanation:
        receipt = {"requested": int(severity), "received_at": at.isoformat(), "phone": ""}
        log = [Fact(1, EventKind.RECEIVED, at, ActorRole.CONTACT, receipt)]
        (milestone,) = clock.milestones(log, promises, calendar)
        return _explanation(milestone, plan_version, hours, at)

    return {severity: explained(severity) for severity in severities}


def with_hours(cases: CaseQuerySet) -> CaseQuerySet:
    """The cases with their clocks and the hours in which these count, so that `row_states` asks nothing more."""
    return cases.select_related("clock", "calendar")


def row_states(cases: Sequence[Case], now: datetime) -> dict[int, RowState]:
    """The clocks of many cases as of `now` (aware), by case id.

    One statement; none for cases that were fetched with `select_related("clock")`.
    """
    prefetch_related_objects(cases, "clock")
    return {case.pk: RowState(state_at(case.clock, now), case.clock.due_at, _share_used(case, now)) for case in cases}


def _share_used(case: Case, now: datetime) -> int | None:
    """What is left of an allowance is the open time until it is due, whatever was paused or raised before."""
    due_at = case.clock.due_at
    if due_at is None or not Case.calendar.is_cached(case):
        return None
    calendar = counted_in(Hours(case.clock.hours), calendar_of(case.calendar))
    left = open_time_between(calendar, min(now, due_at), due_at)
    return max(0, int(100 * (case.clock.target - left) / case.clock.target))


def view_of(explanation: Explanation) -> ClockView:
    """An explained clock as a page shows it."""
    milestone = explanation.milestone
    reopened = milestone.kind is MilestoneKind.FIRST_RESPONSE and milestone.cycle > 1
    return ClockView(
        kind="Response after reopening" if reopened else milestone.kind.label,
        state=explanation.state,
        due_at=milestone.due_at,
        met_at=milestone.met_at,
        share_used=int(100 * explanation.used / milestone.target),
        anchor=f"why-{milestone.kind.value.replace('_', '-')}-{milestone.cycle}",
        explanation=explanation,
    )


def _explanation(
    milestone: clock.Milestone, plan_version: PlanVersion, hours: FrozenCalendar, now: datetime
) -> Explanation:
    return explain(milestone, str(plan_version), hours.closure_names, now=now, place=hours.place)
