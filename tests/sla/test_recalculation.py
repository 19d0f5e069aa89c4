"""What would move if running clocks were counted anew, and that nothing moves before somebody says so."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Holiday
from cases import operations
from cases.enums import HoldReason, Severity
from sla.bases import promises_of
from sla.operations import differences, sweep_due
from sla.recalculation import (
    Move,
    apply_closures,
    apply_plan,
    closures_of_now,
    moves,
    previewed,
    promises_instead,
    running,
    running_in,
    running_under,
)
from tests.cast import HOUR, NOON, kinds, refused
from tests.entitlements.test_plans import make_version

THURSDAY = datetime(2026, 3, 5, 16, tzinfo=UTC)  # eight business hours end on Friday at 14:00
FRIDAY_DUE, MONDAY_DUE = datetime(2026, 3, 6, 14, tzinfo=UTC), datetime(2026, 3, 9, 14, tzinfo=UTC)
LATER = THURSDAY + HOUR


def close_friday() -> Holiday:
    return Holiday.objects.create(country="GB", on=date(2026, 3, 6), name="Fair")


@pytest.mark.clause("C-DOC-04")
def test_a_closure_shows_which_clocks_it_would_move_and_moves_none(open_case, tokyo, tokyo_contact):
    case = open_case(at=THURSDAY)
    open_case(at=THURSDAY, severity=Severity.ONE, phone="+44 1224 555 010")
    open_case(tokyo, at=THURSDAY, by=tokyo_contact)

    found = previewed(close_friday, running_in("GB"), closures_of_now(), LATER)

    assert found == [Move(case, FRIDAY_DUE, MONDAY_DUE, missed=False)]
    assert not Holiday.objects.filter(name="Fair").exists()
    close_friday()
    assert case.milestones.get().due_at == FRIDAY_DUE


@pytest.mark.clause("C-DOC-04", "C-COV-02")
def test_the_running_clocks_move_when_an_administrator_says_so(open_case, administrator):
    case, urgent = open_case(at=THURSDAY), open_case(at=THURSDAY, severity=Severity.ONE, phone="+44 1224 555 010")
    close_friday()

    done = apply_closures(running_in("GB"), by=administrator, at=LATER, reason="Fair of 2026")

    assert done == 1
    assert case.milestones.get().due_at == MONDAY_DUE
    assert (kinds(case)[-1], kinds(urgent)) == ("terms_changed", ["received"])
    assert differences([case, urgent]) == []
    assert list(moves(running(), closures_of_now(), LATER)) == []


def test_only_an_administrator_moves_clocks(open_case, support_manager):
    case = open_case(at=THURSDAY)
    close_friday()

    with pytest.raises(PermissionDenied):
        apply_closures(running_in("GB"), by=support_manager, at=LATER, reason="Fair")

    assert kinds(case) == ["received"]


def test_what_is_met_missed_or_closed_is_not_counted_anew(open_case, engineer, customer_service, technical_contact):
    met, missed, closed = (open_case(at=THURSDAY) for _ in range(3))
    operations.verify_entitlement(met, by=customer_service, at=THURSDAY + HOUR / 6)
    operations.accept(met, by=engineer, at=THURSDAY + HOUR / 4)
    operations.reply(met, "We look into it.", by=engineer, at=THURSDAY + HOUR / 3)
    operations.withdraw(closed, by=technical_contact, at=THURSDAY + HOUR / 2, resolution="Solved.")
    friday_evening = datetime(2026, 3, 6, 19, tzinfo=UTC)

    before = previewed(close_friday, running(), closures_of_now(), friday_evening)
    sweep_due(friday_evening)
    after = previewed(close_friday, running(), closures_of_now(), friday_evening)

    assert (before, after) == ([], [])
    assert missed.milestones.get().breached_at == FRIDAY_DUE


def test_a_held_clock_is_told_though_it_has_no_due_moment(open_case, customer_service):
    case = open_case(at=THURSDAY)
    operations.hold(case, by=customer_service, at=THURSDAY + HOUR / 2, reason=HoldReason.UNREACHABLE_CONTACT)

    assert previewed(close_friday, running(), closures_of_now(), LATER) == [Move(case, None, None, missed=False)]


# Plans


@pytest.mark.clause("C-DOC-04")
def test_a_new_version_touches_no_running_case_unless_asked(open_case, administrator):
    case = open_case(at=THURSDAY)
    version = make_version(case.plan_version.plan, THURSDAY.date(), number=2)
    promises = promises_instead(promises_of(version))
    due_at = datetime(2026, 3, 5, 16, 15, tzinfo=UTC)

    assert list(moves(running_under(version.plan), promises, THURSDAY)) == [
        Move(case, FRIDAY_DUE, due_at, missed=False)
    ]
    assert list(moves(running_under(version.plan), promises, LATER)) == [Move(case, FRIDAY_DUE, due_at, missed=True)]
    assert case.milestones.get().due_at == FRIDAY_DUE

    assert apply_plan(version, by=administrator, at=THURSDAY + HOUR / 6) == 1

    case.refresh_from_db()
    assert (case.plan_version, case.milestones.get().due_at) == (version, due_at)
    assert differences([case]) == []


def test_a_version_that_is_not_in_force_yet_moves_nothing(open_case, administrator):
    case = open_case(at=THURSDAY)
    version = make_version(case.plan_version.plan, date(2026, 4, 1), number=2)

    with refused("not_in_force"):
        apply_plan(version, by=administrator, at=NOON)

    assert kinds(case) == ["received"]
