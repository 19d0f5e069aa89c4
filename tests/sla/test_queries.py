"""What pages show of clocks."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import operations
from cases.enums import HoldReason, Severity, Status
from cases.models import Case
from entitlements.models import SupportPlan
from sla.clock import ClockState
from sla.operations import sweep_due
from sla.queries import RowState, clocks, explanations, previews, row_states, with_hours
from tests.cast import DAY, HOUR, MINUTE, NOON

FRIDAY_EVENING = datetime(2026, 3, 6, 17, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("moment", [NOON, FRIDAY_EVENING, datetime(2026, 3, 28, 23, 59, 59, tzinfo=UTC)])
@pytest.mark.parametrize("where", ["aberdeen", "tokyo"])
def test_the_deadline_shown_before_a_case_is_sent_is_the_one_it_gets(request, open_case, where, severity, moment):
    organization = request.getfixturevalue(where)
    contact = request.getfixturevalue({"aberdeen": "technical_contact", "tokyo": "tokyo_contact"}[where])
    plan_version = SupportPlan.objects.get(code=SupportPlan.STANDARD).version_on(moment.date())

    shown = previews(organization, Severity, plan_version, moment)[severity]
    case = open_case(organization, by=contact, severity=severity, at=moment)

    assert shown == explanations(case, moment)[0]
    assert shown.milestone.due_at == case.milestones.get().due_at


def test_each_clock_of_a_case_is_explained_newest_first(case_in, technical_contact):
    case = case_in(Status.CLOSED, severity=Severity.TWO)
    case = operations.reopen(case, "It came back.", by=technical_contact, at=NOON + DAY)

    second, first = explanations(case, NOON + DAY + HOUR)

    assert (first.state, second.state) == (ClockState.MET, ClockState.RUNNING)
    assert (second.used, second.left) == (HOUR, HOUR)
    assert second.plan == "Standard Support, version 1"
    assert second.place == "Aberdeen"


def test_a_named_holiday_is_named(open_case):
    thursday_evening = datetime(2026, 4, 2, 16, tzinfo=UTC)  # before Good Friday; 17:00 in Aberdeen

    (explanation,) = explanations(open_case(at=thursday_evening, severity=Severity.TWO), thursday_evening)

    skipped = [row.why for row in explanation.rows if not row.amount]
    assert skipped == ["night, Good Friday and weekend, 86 h not counted"]


@pytest.mark.parametrize(
    ("moment", "state", "share"),
    [
        (NOON, ClockState.RUNNING, 0),
        (NOON + HOUR, ClockState.RUNNING, 50),
        (NOON + 90 * MINUTE, ClockState.SOON, 75),
        (NOON + 2 * HOUR, ClockState.SOON, 100),
        (NOON + 3 * HOUR, ClockState.BREACHED, 100),
    ],
)
def test_a_running_clock_shows_how_it_stands(open_case, moment, state, share):
    case = open_case(severity=Severity.TWO)

    (view,) = clocks(case, moment)

    assert (view.kind, view.state, view.share_used, view.due_at) == ("First response", state, share, NOON + 2 * HOUR)
    assert view.anchor == "why-first-response-1"
    assert row_states([Case.objects.get()], moment)[case.pk] == RowState(state, NOON + 2 * HOUR)


def test_a_list_shows_how_each_clock_stands(open_case, case_in, customer_service):
    running, paused, answered = open_case(), open_case(), case_in(Status.WAITING_FOR_CUSTOMER)
    operations.hold(paused, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + MINUTE)
    missed = open_case(severity=Severity.ONE)
    sweep_due(NOON + HOUR)

    states = row_states(list(Case.objects.all()), NOON + HOUR)

    assert {pk: state.state for pk, state in states.items()} == {
        running.pk: ClockState.RUNNING,
        paused.pk: ClockState.PAUSED,
        answered.pk: ClockState.MET,
        missed.pk: ClockState.BREACHED,
    }
    assert (states[paused.pk].due_at, states[answered.pk].due_at) == (None, None)


@pytest.mark.clause("C-SLA-03")
@pytest.mark.parametrize("severity", Severity)
def test_a_row_shows_the_same_share_as_the_clock_itself(open_case, customer_service, engineer, severity):
    case = open_case(severity=severity)
    operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + 5 * MINUTE)
    case = operations.resume(case, by=customer_service, at=NOON + 15 * MINUTE)
    if severity > Severity.ONE:
        operations.propose_severity(case, Severity(severity - 1), by=engineer, at=NOON + 20 * MINUTE, reason="Worse.")
    moments = [NOON + minutes * MINUTE for minutes in (25, 35, 39, *range(50, 1600, 67))]

    told = [clocks(Case.objects.get(), now)[0].share_used for now in moments]
    shown = [row_states(with_hours(Case.objects.all()), now)[case.pk].share_used for now in moments]

    assert shown == pytest.approx(told, abs=1)
    assert shown[0] < shown[-1] == 100


def test_a_row_says_nothing_of_a_share_that_is_not_known(open_case, case_in, customer_service):
    paused, answered = open_case(), case_in(Status.WAITING_FOR_CUSTOMER)
    operations.hold(paused, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + MINUTE)

    states = row_states(with_hours(Case.objects.all()), NOON + HOUR)

    assert {pk: state.share_used for pk, state in states.items()} == {paused.pk: None, answered.pk: None}


def test_a_list_asks_once_and_not_at_all_if_the_clocks_came_along(many_cases):
    many_cases(10)

    for cases, statements in ((Case.objects.all(), 1), (Case.objects.select_related("clock"), 0)):
        rows = list(cases)
        with CaptureQueriesContext(connection) as queries:
            row_states(rows, NOON)
        assert len(queries) == statements


def test_the_clocks_of_a_case_page_cost_two_statements(open_case):
    open_case()
    case = Case.objects.select_related("calendar", "plan_version__plan").get()

    with CaptureQueriesContext(connection) as queries:
        clocks(case, NOON)

    assert len(queries) == 2
