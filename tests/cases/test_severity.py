"""Severity is set by both sides; once agreed it only gets less severe."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from cases import operations
from cases.disclosure import disclosed
from cases.enums import Severity, Status
from cases.facts import replay
from cases.models import Case, CaseEvent
from tests.cast import HOUR, NOON, PHONE, facts, kinds, refused

LATER = NOON + HOUR


@pytest.fixture
def case(case_in) -> Case:
    """In progress; the customer asked for severity 3, nothing is agreed."""
    return case_in(Status.IN_PROGRESS, severity=Severity.THREE)


@pytest.fixture
def agreed_case(case, engineer) -> Case:
    """Agreed at severity 3."""
    return operations.agree_severity(case, Severity.THREE, by=engineer, at=NOON + HOUR)


@pytest.mark.clause("C-SEV-01")
def test_support_agrees_to_the_severity_that_the_customer_asked_for(case, engineer):
    assert case.severity_agreed_at is None

    case = operations.agree_severity(case, Severity.THREE, by=engineer, at=LATER)

    assert (case.severity, case.severity_agreed_at) == (Severity.THREE, LATER)
    assert facts(case, "severity_agreed") == [{"severity": 3, "phone": ""}]


@pytest.mark.clause("C-SEV-01")
def test_the_customer_agrees_to_what_support_proposes(case, engineer, technical_contact):
    case = operations.propose_severity(case, Severity.FOUR, by=engineer, at=LATER, reason="It is a question.")
    assert (case.severity, case.proposed_severity, case.severity_agreed_at) == (3, 4, None)

    case = operations.agree_severity(case, Severity.FOUR, by=technical_contact, at=LATER)

    assert (case.severity, case.severity_agreed_at) == (Severity.FOUR, LATER)
    assert facts(case, "severity_proposed") == [
        {"severity": 4, "side": "support", "reason": "It is a question.", "phone": ""}
    ]


@pytest.mark.clause("C-SEV-01")
def test_until_the_agreement_the_more_severe_position_counts(case, engineer, technical_contact):
    case = operations.propose_severity(case, Severity.TWO, by=engineer, at=LATER, reason="Production suffers.")
    assert case.severity == Severity.TWO

    case = operations.propose_severity(case, Severity.ONE, by=technical_contact, at=LATER, reason="It has stopped.")
    assert case.severity == Severity.ONE

    case = operations.propose_severity(case, Severity.FOUR, by=technical_contact, at=LATER, reason="False alarm.")
    assert case.severity == Severity.TWO


@pytest.mark.clause("C-SEV-01")
def test_proposing_what_the_other_side_proposed_is_agreeing(case, engineer, technical_contact):
    case = operations.propose_severity(case, Severity.TWO, by=engineer, at=LATER, reason="Production suffers.")

    case = operations.propose_severity(case, Severity.TWO, by=technical_contact, at=LATER, reason="Yes.")

    assert (case.severity, case.severity_agreed_at) == (Severity.TWO, LATER)
    assert kinds(case)[-2:] == ["severity_proposed", "severity_agreed"]


@pytest.mark.clause("C-SEV-01")
def test_one_side_cannot_agree_with_itself_or_to_what_nobody_proposed(case, engineer, technical_contact):
    with refused("severity_not_proposed"):
        operations.agree_severity(case, Severity.THREE, by=technical_contact, at=LATER)
    with refused("severity_not_proposed"):
        operations.agree_severity(case, Severity.TWO, by=engineer, at=LATER)


@pytest.mark.clause("C-SEV-03")
@pytest.mark.parametrize("who", ["engineer", "technical_contact", "support_manager"])
@pytest.mark.parametrize("to", [Severity.ONE, Severity.TWO, Severity.THREE])
def test_an_agreed_severity_cannot_be_raised(request, agreed_case, who, to):
    before = kinds(agreed_case)

    with refused("severity_not_lower"):
        operations.propose_severity(agreed_case, to, by=request.getfixturevalue(who), at=LATER, reason="Busy.")

    assert kinds(agreed_case) == before


@pytest.mark.clause("C-SEV-03")
@pytest.mark.parametrize("change", ["severity = 2", "severity_agreed_at = NULL"])
def test_the_database_refuses_to_raise_an_agreed_severity(agreed_case, change):
    with pytest.raises(DatabaseError, match="never rises"), transaction.atomic():
        Case.objects.raw(f"UPDATE cases_case SET {change} WHERE id = {agreed_case.pk} RETURNING id")[0]


@pytest.mark.clause("C-SEV-04")
def test_both_sides_lower_an_agreed_severity_together(agreed_case, engineer, technical_contact):
    case = operations.propose_severity(
        agreed_case, Severity.FOUR, by=technical_contact, at=LATER, reason="The workaround holds."
    )
    assert case.severity == Severity.THREE

    case = operations.agree_severity(case, Severity.FOUR, by=engineer, at=LATER)

    assert (case.severity, case.severity_agreed_at) == (Severity.FOUR, agreed_case.severity_agreed_at)
    assert facts(case, "severity_reduced") == [{"before": 3, "severity": 4, "reason": "", "agreed": True}]


@pytest.mark.clause("C-SEV-04")
@pytest.mark.parametrize("who", ["engineer", "technical_contact"])
def test_a_wish_to_lower_an_agreed_severity_is_taken_back(request, agreed_case, who, support_manager):
    person = request.getfixturevalue(who)
    wished = operations.propose_severity(agreed_case, 4, by=person, at=LATER, reason="The workaround holds.")

    case = operations.propose_severity(wished, 3, by=person, at=LATER, reason="It does not hold.")

    assert (case.requested_severity, case.proposed_severity, case.severity) == (3, 3, 3)
    assert kinds(case)[-2:] == ["severity_proposed", "severity_proposed"]
    with refused("severity_not_lower"):
        operations.propose_severity(case, 3, by=person, at=LATER, reason="Again.")


@pytest.mark.clause("C-SEV-04")
def test_a_wish_is_taken_back_by_the_side_that_had_it(agreed_case, engineer, technical_contact):
    wished = operations.propose_severity(agreed_case, 4, by=technical_contact, at=LATER, reason="Less urgent.")

    with refused("severity_not_lower"):
        operations.propose_severity(wished, 3, by=engineer, at=LATER, reason="We think not.")


@pytest.mark.clause("C-SEV-04")
def test_a_manager_lowers_an_agreed_severity_with_a_reason(agreed_case, support_manager):
    case = operations.reduce_severity(
        agreed_case, Severity.FOUR, by=support_manager, at=LATER, reason="Production is back."
    )

    assert case.severity == Severity.FOUR
    assert facts(case, "severity_reduced") == [
        {"before": 3, "severity": 4, "reason": "Production is back.", "agreed": False}
    ]


@pytest.mark.clause("C-SEV-04")
def test_a_reduction_needs_a_reason_and_an_agreement_before_it(agreed_case, case_in, support_manager):
    with refused("reason_missing"):
        operations.reduce_severity(agreed_case, Severity.FOUR, by=support_manager, at=LATER, reason=" ")
    with refused("severity_not_agreed"):
        operations.reduce_severity(
            case_in(Status.IN_PROGRESS), Severity.FOUR, by=support_manager, at=LATER, reason="Back."
        )
    with refused("severity_not_lower"):
        operations.reduce_severity(agreed_case, Severity.TWO, by=support_manager, at=LATER, reason="Worse.")


@pytest.mark.clause("C-SEV-04")
@pytest.mark.parametrize("who", ["engineer", "customer_service", "technical_contact"])
def test_only_a_manager_lowers_it_alone(request, agreed_case, who):
    with pytest.raises(PermissionDenied):
        operations.reduce_severity(
            agreed_case, Severity.FOUR, by=request.getfixturevalue(who), at=LATER, reason="Back."
        )


def test_what_is_agreed_is_not_agreed_again(agreed_case, engineer):
    with refused("severity_already_agreed"):
        operations.agree_severity(agreed_case, Severity.THREE, by=engineer, at=LATER)


def test_a_proposal_needs_a_reason(case, engineer):
    with refused("reason_missing"):
        operations.propose_severity(case, Severity.TWO, by=engineer, at=LATER, reason="")


@pytest.mark.clause("C-SLA-01")
def test_severity_1_is_proposed_with_a_telephone_number(case_in, technical_contact):
    case = case_in(Status.IN_PROGRESS, phone="")
    with refused("phone_missing"):
        operations.propose_severity(case, Severity.ONE, by=technical_contact, at=LATER, reason="It has stopped.")

    case = operations.propose_severity(
        case, Severity.ONE, by=technical_contact, at=LATER, reason="It has stopped.", phone=PHONE
    )

    assert (case.severity, case.phone) == (Severity.ONE, PHONE)
    assert facts(case, "severity_proposed")[0]["phone"] == PHONE
    assert replay(case.events.all().log()) == case.state


def test_a_new_number_comes_with_the_agreement_too(case_in, engineer, technical_contact):
    case = operations.propose_severity(case_in(Status.IN_PROGRESS), 1, by=engineer, at=LATER, reason="It has stopped.")

    case = operations.propose_severity(case, 1, by=technical_contact, at=LATER, reason="", phone="+44 1224 555 011")

    assert (case.phone, facts(case, "severity_agreed")) == (
        "+44 1224 555 011",
        [{"severity": 1, "phone": "+44 1224 555 011"}],
    )


@pytest.mark.clause("C-PAR-04")
def test_a_telephone_number_stays_out_of_what_others_read_of_the_log(case_in, technical_contact, third_party):
    case = operations.propose_severity(
        case_in(Status.IN_PROGRESS), 2, by=technical_contact, at=LATER, reason="Worse.", phone="+44 1224 555 011"
    )

    told = [disclosed(event.fact.kind, event.data) for event in CaseEvent.objects.visible_to(third_party)]
    assert case.phone == "+44 1224 555 011"
    assert "555" not in str(told)


@pytest.mark.clause("C-RPN-01", "C-SEV-03")
def test_a_reopened_case_keeps_its_agreed_severity_as_the_ceiling(case_in, engineer, technical_contact):
    case = operations.agree_severity(case_in(Status.IN_PROGRESS), Severity.THREE, by=engineer, at=LATER)
    case = operations.withdraw(case, by=technical_contact, at=LATER, resolution="Solved by ourselves.")
    case = operations.reopen(case, "It is back.", by=technical_contact, at=LATER)

    with refused("severity_not_lower"):
        operations.propose_severity(case, Severity.ONE, by=technical_contact, at=LATER, reason="Worse than before.")
