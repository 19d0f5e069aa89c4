"""What pages show of clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import prefetch_related_objects

from accounts.calendars import freeze
from accounts.models import FrozenCalendar, Organization
from cases.enums import ActorRole, EventKind, Severity
from cases.facts import Fact
from cases.models import Case
from entitlements.models import PlanVersion
from sla import clock
from sla.clock import ClockState, state_at
from sla.explain import Explanation, explain
from sla.projection import calendar_of, logs_of, promises_of


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
    """A case's clock as a list shows it; `due_at` is None unless it runs."""

    state: ClockState
    due_at: datetime | None


def explanations(case: Case, now: datetime) -> list[Explanation]:
    """Why each milestone of the case falls when it does, as of `now` (aware), newest first."""
    log = logs_of([case])[case.pk]
    milestones = clock.milestones(log, promises_of(case.plan_version), calendar_of(case.calendar))
    return [_explanation(one, case.plan_version, case.calendar, now) for one in reversed(milestones)]


def clocks(case: Case, now: datetime) -> list[ClockView]:
    """The clocks of the case as of `now` (aware), newest first."""
    return [_view(explanation) for explanation in explanations(case, now)]


def preview(organization: Organization, severity: Severity, plan_version: PlanVersion, at: datetime) -> Explanation:
    """The response deadline that a case received from `organization` at `at` (aware) would get, with its reasons.

    Freezes the organization's hours as opening the case would: what is shown is what is then promised.
    """
    return previews(organization, [severity], plan_version, at)[severity]


def previews(
    organization: Organization, severities: Iterable[Severity], plan_version: PlanVersion, at: datetime
) -> dict[Severity, Explanation]:
    """The same for several severities, in the statements of one."""
    hours, promises = freeze(organization, at), promises_of(plan_version)
    calendar = calendar_of(hours)

    def explained(severity: Severity) -> Explanation:
        receipt = {"requested": int(severity), "received_at": at.isoformat()}
        log = [Fact(1, EventKind.RECEIVED, at, ActorRole.CONTACT, receipt)]
        (milestone,) = clock.milestones(log, promises, calendar)
        return _explanation(milestone, plan_version, hours, at)

    return {severity: explained(severity) for severity in severities}


def row_states(cases: Sequence[Case], now: datetime) -> dict[int, RowState]:
    """The clocks of many cases as of `now` (aware), by case id.

    One statement; none for cases that were fetched with `select_related("clock")`.
    """
    prefetch_related_objects(cases, "clock")
    return {case.pk: RowState(state_at(case.clock, now), case.clock.due_at) for case in cases}


def _view(explanation: Explanation) -> ClockView:
    milestone = explanation.milestone
    return ClockView(
        kind=milestone.kind.label if milestone.cycle == 1 else "Response after reopening",
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
    holidays = {date.fromisoformat(day): name for day, name in hours.holidays.items()}
    return explain(milestone, str(plan_version), holidays, now=now, place=hours.place)
