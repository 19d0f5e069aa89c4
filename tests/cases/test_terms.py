"""Other business hours, or another version of the plan, for the running clocks of a case."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied

from accounts.calendars import freeze
from accounts.models import FrozenCalendar
from cases import operations
from cases.enums import Status
from cases.facts import replay
from cases.models import Case, CaseEvent
from sla.operations import differences
from sla.queries import explanations
from tests.cast import HOUR, NOON, kinds, refused
from tests.entitlements.test_plans import make_version

FRIDAY_FAIR = date(2026, 3, 6)
THURSDAY_EVENING = datetime(2026, 3, 5, 16, tzinfo=UTC)


@pytest.fixture
def fair(aberdeen):
    """Aberdeen's hours with one closure more."""
    content = freeze(aberdeen, NOON).content
    return FrozenCalendar.of(**content | {"holidays": content["holidays"] | {FRIDAY_FAIR.isoformat(): "Fair"}})


@pytest.mark.clause("C-DOC-04", "C-COV-02")
def test_other_hours_move_the_clock_that_runs_and_say_so(open_case, administrator, fair):
    case = open_case(at=THURSDAY_EVENING)
    before = case.calendar
    assert case.milestones.get().due_at == datetime(2026, 3, 6, 14, tzinfo=UTC)

    case = operations.change_terms(
        case, by=administrator, at=THURSDAY_EVENING + HOUR, reason="Fair of 2026", calendar=fair
    )

    assert case.milestones.get().due_at == datetime(2026, 3, 9, 14, tzinfo=UTC)
    fact = case.events.get(kind="terms_changed")
    assert fact.data == {
        "calendar": fair.digest,
        "calendar_before": before.digest,
        "plan_version": case.plan_version_id,
        "plan_version_before": case.plan_version_id,
        "reason": "Fair of 2026",
    }
    assert (case.calendar, fact.by) == (fair, administrator)
    (explanation,) = explanations(case, THURSDAY_EVENING + HOUR)
    assert "Fair" in " ".join(row.why for row in explanation.rows)
    assert "(Fair of 2026)" in explanation.changes[0]


@pytest.mark.clause("C-DOC-04")
def test_what_a_colleague_changed_meanwhile_is_kept(open_case, administrator, fair):
    case = open_case(at=THURSDAY_EVENING)
    listed = Case.objects.get(pk=case.pk)
    operations.change_terms(case, by=administrator, at=THURSDAY_EVENING + HOUR, reason="Fair of 2026", calendar=fair)

    def half_a_day_more(locked):
        return FrozenCalendar.of(**locked.calendar.content | {"half_days": {"2026-03-05": ["12:00", "Half a day"]}})

    case = operations.change_terms(
        listed, by=administrator, at=THURSDAY_EVENING + HOUR, reason="Half a day", calendar=half_a_day_more
    )

    assert FRIDAY_FAIR.isoformat() in case.calendar.content["holidays"]
    assert case.calendar.content["half_days"] == {"2026-03-05": ["12:00", "Half a day"]}


@pytest.mark.clause("C-DOC-04")
def test_the_log_alone_gives_the_stored_clocks_again(open_case, administrator, fair):
    case = open_case(at=THURSDAY_EVENING)
    plan = make_version(case.plan_version.plan, date(2026, 3, 4), number=2)

    case = operations.change_terms(
        case, by=administrator, at=THURSDAY_EVENING + HOUR / 60, reason="Fair", calendar=fair
    )
    case = operations.change_terms(
        case, by=administrator, at=THURSDAY_EVENING + HOUR / 30, reason="Version 2", plan_version=plan
    )

    assert differences([case]) == []
    assert replay(CaseEvent.objects.filter(case=case).log()) == case.state
    assert case.milestones.get().due_at == datetime(2026, 3, 5, 16, 15, tzinfo=UTC)
    (explanation,) = explanations(case, THURSDAY_EVENING)
    assert explanation.plan == "Standard Support, version 2"


def test_terms_that_hold_already_leave_no_fact(open_case, administrator):
    case = open_case()

    operations.change_terms(case, by=administrator, at=NOON, reason="The same", calendar=case.calendar)

    assert kinds(case) == ["received"]


def test_other_terms_are_an_administrators_and_for_open_cases(open_case, case_in, support_manager, administrator, fair):
    case = open_case()
    with pytest.raises(PermissionDenied):
        operations.change_terms(case, by=support_manager, at=NOON, reason="Fair", calendar=fair)

    with refused("closed"):
        operations.change_terms(
            case_in(Status.CLOSED), by=administrator, at=NOON + 90 * HOUR, reason="Fair", calendar=fair
        )

    with refused("reason_missing"):
        operations.change_terms(case, by=administrator, at=NOON, reason=" ", calendar=fair)

    case.refresh_from_db()
    assert case.calendar != fair


def test_a_customer_reads_what_changed(open_case, administrator, fair, client, technical_contact):
    case = open_case()
    operations.change_terms(case, by=administrator, at=NOON, reason="Fair of 2026", calendar=fair)

    client.force_login(technical_contact)
    page = client.get(case.get_absolute_url()).content.decode()

    assert "Deadlines recalculated:" in page
    assert "fair of 2026" in page
