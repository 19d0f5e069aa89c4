"""Who works on a case, and how it changes hands."""

from datetime import time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import AbsenceReason, StaffRole
from accounts.models import Absence, Shift, StaffProfile, User
from cases import operations
from cases.enums import ReassignmentReason, Status
from tests.cast import DAY, HOUR, NOON, facts, fresh, kinds, make_staff, refused

LATER = NOON + HOUR


@pytest.mark.clause("C-LIF-03", "C-STF-06")
def test_an_engineer_accepts_a_waiting_case(case_in, engineer, support_manager):
    case = operations.accept(case_in(Status.QUEUED), by=engineer, at=LATER)

    assert (case.status, case.owner, case.case_manager) == (Status.IN_PROGRESS, engineer, support_manager)
    assert facts(case, "assigned") == [
        {"owner": engineer.pk, "before": None, "case_manager": support_manager.pk, "reason": "", "note": ""}
    ]


@pytest.mark.parametrize("who", ["engineer", "escalation_engineer", "engineering"])
def test_every_kind_of_engineer_accepts_cases(request, case_in, who):
    person = request.getfixturevalue(who)

    assert operations.accept(case_in(Status.QUEUED), by=person, at=LATER).owner == person


@pytest.mark.parametrize("who", ["customer_service", "support_manager", "administrator", "technical_contact"])
def test_nobody_else_accepts_cases(request, case_in, who):
    with pytest.raises(PermissionDenied):
        operations.accept(case_in(Status.QUEUED), by=request.getfixturevalue(who), at=LATER)


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER, Status.CLOSURE_PROPOSED])
def test_a_case_is_accepted_once(case_in, second_engineer, status):
    with refused("already_accepted"):
        operations.accept(case_in(status), by=second_engineer, at=LATER)


@pytest.mark.clause("C-STF-06")
def test_customer_service_gives_a_verified_case_to_an_engineer(case_in, customer_service, engineer):
    case = operations.assign(case_in(Status.QUEUED), engineer, by=customer_service, at=LATER)

    assert (case.status, case.owner) == (Status.IN_PROGRESS, engineer)
    assert kinds(case)[-1] == "assigned"


@pytest.mark.clause("C-RAS-01", "C-RAS-02")
def test_a_case_changes_hands_with_a_reason_and_names_the_new_engineer(
    case_in, engineer, second_engineer, support_manager
):
    case = operations.assign(
        case_in(Status.WAITING_FOR_CUSTOMER),
        second_engineer,
        by=engineer,
        at=LATER,
        reason=ReassignmentReason.HOLIDAY,
        note=" The log is analyzed up to 14:00. ",
    )

    assert (case.owner, case.status) == (second_engineer, Status.WAITING_FOR_CUSTOMER)
    assert facts(case, "reassigned") == [
        {
            "owner": second_engineer.pk,
            "before": engineer.pk,
            "case_manager": support_manager.pk,
            "reason": "holiday",
            "note": "The log is analyzed up to 14:00.",
        }
    ]


def test_a_change_of_hands_needs_its_reason(case_in, engineer, second_engineer):
    with refused("reason_missing"):
        operations.assign(case_in(Status.IN_PROGRESS), second_engineer, by=engineer, at=LATER)


def test_a_case_is_not_given_to_who_has_it(case_in, engineer, support_manager):
    with refused("same_owner"):
        operations.assign(case_in(Status.IN_PROGRESS), engineer, by=support_manager, at=LATER, reason="load")


@pytest.mark.parametrize("who", ["customer_service", "support_manager", "technical_contact"])
def test_a_case_is_given_to_engineers_only(request, case_in, support_manager, who):
    with refused("not_an_engineer"):
        operations.assign(case_in(Status.QUEUED), request.getfixturevalue(who), by=support_manager, at=LATER)


def test_a_case_is_not_given_to_an_engineer_whose_account_is_off(case_in, engineer, support_manager):
    case = case_in(Status.QUEUED)
    User.objects.filter(pk=engineer.pk).update(is_active=False)

    with refused("not_an_engineer"):
        operations.assign(case, fresh(engineer), by=support_manager, at=LATER)


@pytest.mark.clause("C-RAS-01")
def test_a_case_is_not_given_to_an_absent_engineer(case_in, engineer, second_engineer):
    case = case_in(Status.IN_PROGRESS)
    Absence.objects.create(user=second_engineer, reason=AbsenceReason.SICK, starts_at=NOON, ends_at=NOON + DAY)

    with refused("engineer_away"):
        operations.assign(case, second_engineer, by=engineer, at=NOON + DAY - HOUR, reason="load")

    assert operations.assign(case, second_engineer, by=engineer, at=NOON + DAY, reason="load").owner == second_engineer


def test_a_case_keeps_its_manager_when_the_new_engineer_has_none(case_in, engineer, support_manager):
    alone = make_staff("Kim Solo", StaffRole.SUPPORT_ENGINEER)

    case = operations.assign(case_in(Status.IN_PROGRESS), alone, by=engineer, at=LATER, reason="skills")

    assert case.case_manager == support_manager


@pytest.mark.clause("C-RPN-01")
def test_a_reopened_case_returns_to_its_engineer(case_in, technical_contact, engineer):
    case = operations.reopen(case_in(Status.CLOSED), "It is back.", by=technical_contact, at=NOON + DAY)

    assert (case.status, case.owner) == (Status.IN_PROGRESS, engineer)
    assert facts(case, "reopened")[0]["owner"] == engineer.pk


@pytest.mark.clause("C-RPN-01")
def test_a_case_that_is_reopened_at_night_keeps_its_engineer(case_in, technical_contact, engineer, emea_center):
    Shift.objects.create(center=emea_center, weekday=3, opens=time(9), closes=time(18))
    case = case_in(Status.CLOSED)

    case = operations.reopen(case, "It is back.", by=technical_contact, at=NOON + DAY + 10 * HOUR)

    assert case.owner == engineer


def test_who_is_away_is_asked_of_one_person(case_in, engineer, second_engineer):
    with CaptureQueriesContext(connection) as queries:
        operations.assign(case_in(Status.IN_PROGRESS), second_engineer, by=engineer, at=LATER, reason="load")

    assert not [query for query in queries if "accounts_shift" in query["sql"] or "accounts_oncall" in query["sql"]]


@pytest.mark.clause("C-RPN-01")
@pytest.mark.parametrize("gone", ["away", "off", "moved"])
def test_a_reopened_case_whose_engineer_is_gone_waits_for_another(case_in, technical_contact, engineer, gone):
    case = case_in(Status.CLOSED)
    if gone == "away":
        Absence.objects.create(
            user=engineer, reason=AbsenceReason.HOLIDAY, starts_at=NOON + HOUR, ends_at=NOON + 7 * DAY
        )
    elif gone == "off":
        User.objects.filter(pk=engineer.pk).update(is_active=False)
    else:
        StaffProfile.objects.filter(user=engineer).update(role=StaffRole.SUPPORT_MANAGER)

    case = operations.reopen(case, "It is back.", by=technical_contact, at=NOON + DAY)

    assert (case.status, case.owner) == (Status.QUEUED, None)


@pytest.mark.clause("C-RPN-01")
@pytest.mark.parametrize(("hours", "returns"), [(4, True), (5, True), (6, False), (-4, False)])
def test_a_reopened_severity_1_returns_only_to_an_engineer_on_shift(
    case_in, technical_contact, engineer, emea_center, hours, returns
):
    Shift.objects.create(center=emea_center, weekday=3, opens=time(9), closes=time(18))
    case = case_in(Status.CLOSED, severity=1)

    case = operations.reopen(case, "Down again.", by=technical_contact, at=NOON + DAY + timedelta(hours=hours))

    assert case.owner == (engineer if returns else None)


def test_a_case_that_was_refused_returns_to_customer_service(open_case, customer_service, technical_contact):
    case = operations.refuse(open_case(), by=customer_service, at=NOON, reason="There is no contract.")

    case = operations.reopen(case, "We have renewed.", by=technical_contact, at=NOON + DAY)

    assert (case.status, case.owner) == (Status.RECEIVED, None)
