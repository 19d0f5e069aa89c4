"""Customer Service: verifying the entitlement, refusing, holding the clock."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from cases import operations
from cases.enums import Channel, HoldReason, Severity, Status
from cases.models import Case
from entitlements.models import Entitlement, Product
from tests.cast import DAY, HOUR, MINUTE, NOON, contact_of, facts, kinds, refused


@pytest.fixture
def unclear_case(open_case, entitlement) -> Case:
    """A case received the day after the entitlement ended."""
    Entitlement.objects.filter(pk=entitlement.pk).update(ends_on=date(2026, 3, 3))
    return open_case()


@pytest.mark.clause("C-STF-05", "C-STF-06", "C-LIF-02")
def test_a_verified_case_waits_for_an_engineer_with_its_evidence_in_the_log(open_case, customer_service, entitlement):
    case = operations.verify_entitlement(open_case(), by=customer_service, at=NOON + MINUTE)

    assert (case.status, case.verified_at, case.entitlement) == (Status.QUEUED, NOON + MINUTE, entitlement)
    [fact] = facts(case, "entitlement_verified")
    assert fact == {"verdict": case.verdict, "override": ""}
    assert case.verdict["outcome"] == "entitled"
    assert [check["subject"] for check in case.verdict["checks"]] == ["product", "dates", "contact", "version"]


@pytest.mark.clause("C-STF-05")
def test_going_against_an_unclear_check_needs_a_reason(unclear_case, customer_service):
    with refused("override_missing"):
        operations.verify_entitlement(unclear_case, by=customer_service, at=NOON + MINUTE, override=" ")

    case = operations.verify_entitlement(
        unclear_case, by=customer_service, at=NOON + MINUTE, override="Renewal R-88 is signed, not yet recorded."
    )

    assert case.status == Status.QUEUED
    assert facts(case, "entitlement_verified")[0]["override"] == "Renewal R-88 is signed, not yet recorded."


@pytest.mark.clause("C-STF-05")
def test_the_check_is_made_again_when_customer_service_decides(unclear_case, customer_service, entitlement):
    Entitlement.objects.filter(pk=entitlement.pk).update(ends_on=date(2027, 3, 3))

    assert operations.recheck(unclear_case, NOON + MINUTE).entitlement == entitlement.pk
    case = operations.verify_entitlement(unclear_case, by=customer_service, at=NOON + MINUTE)

    assert (case.verdict["outcome"], case.entitlement) == ("entitled", entitlement)


def test_an_entitlement_that_ends_before_the_check_still_covers_the_day_of_receipt(
    open_case, customer_service, entitlement
):
    Entitlement.objects.filter(pk=entitlement.pk).update(ends_on=NOON.date())

    case = operations.verify_entitlement(open_case(), by=customer_service, at=NOON + 2 * DAY)

    assert case.verdict["outcome"] == "entitled"


def test_after_a_reopening_the_check_looks_at_the_day_of_the_reopening(
    open_case, customer_service, technical_contact, entitlement
):
    Entitlement.objects.filter(pk=entitlement.pk).update(starts_on=date(2026, 3, 9))
    case = operations.refuse(open_case(), by=customer_service, at=NOON, reason="The contract begins on Monday.")

    case = operations.reopen(case, "It has begun.", by=technical_contact, at=NOON + 5 * DAY)

    assert operations.recheck(case, NOON + 5 * DAY).outcome == "entitled"


def test_a_case_is_verified_once(case_in, customer_service):
    with refused("already_verified"):
        operations.verify_entitlement(case_in(Status.QUEUED), by=customer_service, at=NOON + HOUR)


@pytest.mark.clause("C-CLS-04", "C-CLS-02")
def test_a_case_without_entitlement_closes_with_the_evidence_and_a_reason(
    open_case, customer_service, technical_contact, aberdeen
):
    other = Product.objects.create(code="other", name="Other Product", versions=["1"])
    case = open_case(by=customer_service, contact=contact_of(technical_contact, aberdeen), product=other)

    case = operations.refuse(case, by=customer_service, at=NOON + MINUTE, reason="There is no contract for it.")

    assert (case.status, case.closure_reason, case.closed_at) == (Status.CLOSED, "not_entitled", NOON + MINUTE)
    assert facts(case, "closed") == [
        {
            "reason": "not_entitled",
            "problem": case.subject,
            "resolution": "There is no contract for it.",
            "verdict": case.verdict,
        }
    ]
    assert case.verdict["outcome"] == "not_entitled"


def test_a_refusal_needs_a_reason_that_the_customer_is_told(open_case, customer_service):
    with refused("reason_missing"):
        operations.refuse(open_case(), by=customer_service, at=NOON, reason="")


def test_a_verified_case_is_not_refused(case_in, customer_service):
    with refused("already_verified"):
        operations.refuse(case_in(Status.QUEUED), by=customer_service, at=NOON + HOUR, reason="No.")


@pytest.mark.clause("C-STF-05")
def test_work_on_severity_1_begins_before_the_check_and_the_check_runs_beside_it(open_case, engineer, customer_service):
    case = operations.accept(open_case(severity=Severity.ONE), by=engineer, at=NOON + MINUTE)
    assert (case.status, case.verified_at) == (Status.IN_PROGRESS, None)

    case = operations.verify_entitlement(case, by=customer_service, at=NOON + HOUR)

    assert (case.status, case.owner, case.verified_at) == (Status.IN_PROGRESS, engineer, NOON + HOUR)


def test_provisional_work_ends_when_the_entitlement_is_refused(open_case, engineer, customer_service):
    case = operations.accept(open_case(severity=Severity.ONE), by=engineer, at=NOON + MINUTE)

    case = operations.refuse(case, by=customer_service, at=NOON + HOUR, reason="There is no contract.")

    assert (case.status, case.closure_reason) == (Status.CLOSED, "not_entitled")


def test_other_severities_stay_with_customer_service_until_they_are_verified(open_case, engineer, support_manager):
    case = open_case(severity=Severity.TWO)

    with refused("not_verified"):
        operations.accept(case, by=engineer, at=NOON)
    with refused("not_verified"):
        operations.assign(case, engineer, by=support_manager, at=NOON)


def test_provisional_work_can_change_hands_though_the_severity_fell(
    open_case, engineer, second_engineer, technical_contact
):
    case = operations.accept(open_case(severity=Severity.ONE), by=engineer, at=NOON)
    case = operations.propose_severity(case, Severity.TWO, by=technical_contact, at=NOON, reason="One host is back.")
    assert case.severity == Severity.TWO

    case = operations.assign(case, second_engineer, by=engineer, at=NOON, reason="skills")

    assert case.owner == second_engineer


def test_an_unverified_case_is_not_put_to_the_customer_as_solved(open_case, engineer):
    case = operations.accept(open_case(severity=Severity.ONE), by=engineer, at=NOON)

    with refused("not_verified"):
        operations.propose_closure(case, by=engineer, at=NOON, problem="p", resolution="r")


def test_the_clock_is_held_and_resumed_with_its_reason_in_the_log(open_case, customer_service):
    case = operations.hold(open_case(), HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + MINUTE)
    assert case.held_at == NOON + MINUTE

    case = operations.resume(case, by=customer_service, at=NOON + HOUR)

    assert case.held_at is None
    assert kinds(case) == ["received", "held", "resumed"]
    assert facts(case, "held") == [{"reason": "unreachable_contact"}]


def test_a_clock_is_held_once_and_resumed_only_when_held(open_case, customer_service):
    case = open_case()
    with refused("not_held"):
        operations.resume(case, by=customer_service, at=NOON)
    case = operations.hold(case, HoldReason.UNKNOWN_ORGANIZATION, by=customer_service, at=NOON)
    with refused("already_held"):
        operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON)


def test_the_customers_answer_or_a_call_that_reached_it_ends_a_hold(open_case, customer_service, technical_contact):
    written = operations.hold(open_case(), HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON)
    called = operations.hold(open_case(), HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON)

    written = operations.reply_as_customer(written, "I am back.", by=technical_contact, at=NOON + MINUTE)
    missed = operations.log_call(called, by=customer_service, at=NOON + MINUTE, reached=False, summary="No answer.")
    assert missed.held_at == NOON
    called = operations.log_call(called, by=customer_service, at=NOON + HOUR, reached=True, summary="We spoke.")

    assert (written.held_at, called.held_at) == (None, None)
    assert kinds(written) == ["received", "held", "customer_replied", "resumed"]
    assert kinds(called) == ["received", "held", "called", "called", "resumed"]


@pytest.mark.parametrize(
    ("speak", "kind"),
    [
        (lambda case, by, at: operations.propose_severity(case, 4, by=by, at=at, reason="Less bad."), "proposed"),
        (lambda case, by, at: operations.agree_severity(case, 2, by=by, at=at), "agreed"),
    ],
    ids=["another severity", "the same severity"],
)
def test_a_hold_ends_with_whatever_the_customer_does(
    case_in, customer_service, engineer, technical_contact, speak, kind
):
    case = operations.propose_severity(case_in(Status.IN_PROGRESS), 2, by=engineer, at=NOON + HOUR, reason="It is bad.")
    case = operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + HOUR)

    case = speak(case, technical_contact, NOON + 2 * HOUR)

    assert case.held_at is None
    assert kinds(case)[-3:] == ["held", f"severity_{kind}", "resumed"]


def test_a_new_case_that_refers_to_it_ends_a_hold_too(open_case, customer_service):
    case = operations.hold(open_case(), HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON)

    open_case(follows=case, severity=Severity.ONE)

    case.refresh_from_db()
    assert case.held_at is None


def test_only_a_clock_that_waits_for_the_first_response_is_held(case_in, customer_service, technical_contact):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    with refused("already_responded"):
        operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + HOUR)
    case = operations.withdraw(case, by=technical_contact, at=NOON + HOUR, resolution="It went away.")
    case = operations.reopen(case, "It is back.", by=technical_contact, at=NOON + 2 * HOUR)

    case = operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + 3 * HOUR)

    assert (case.responded_at, case.held_at) == (None, NOON + 3 * HOUR)


@pytest.mark.clause("C-CLS-05")
def test_an_engineers_answer_ends_a_hold_and_the_silence_that_it_made(case_in, customer_service, engineer):
    case = operations.hold(
        case_in(Status.IN_PROGRESS), HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + HOUR
    )
    for day, channel in enumerate([Channel.PHONE, Channel.PHONE, Channel.EMAIL]):
        case = operations.record_contact_attempt(
            case, channel, "Are you there?", by=customer_service, at=NOON + HOUR + day * DAY, announces_closure=day == 2
        )
    closable_at = case.closable_for_no_response_at

    case = operations.reply(case, "Still working, nothing is needed.", by=engineer, at=NOON + 3 * DAY)

    assert (case.held_at, case.attempts, kinds(case)[-2:]) == (None, [], ["replied", "resumed"])
    with refused("not_waiting"):
        operations.close_for_no_response(case, by=None, at=closable_at)


def test_an_engineers_written_attempt_ends_no_silence(case_in, customer_service, engineer):
    case = operations.hold(
        case_in(Status.IN_PROGRESS), HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + HOUR
    )

    case = operations.record_contact_attempt(case, Channel.EMAIL, "Are you there?", by=engineer, at=NOON + 2 * HOUR)

    assert (case.held_at, case.responded_at, len(case.attempts)) == (NOON + HOUR, NOON + 2 * HOUR, 1)


@pytest.mark.clause("C-CLS-05")
def test_a_contact_who_cannot_be_reached_from_the_start_is_tried_and_then_closed(open_case, customer_service):
    case = open_case()
    with refused("not_waiting"):
        operations.record_contact_attempt(case, Channel.PHONE, "Rang twice.", by=customer_service, at=NOON)
    case = operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON)
    for day, channel in enumerate([Channel.PHONE, Channel.PHONE, Channel.EMAIL]):
        case = operations.record_contact_attempt(
            case, channel, "Are you there?", by=customer_service, at=NOON + day * DAY, announces_closure=day == 2
        )

    case = operations.close_for_no_response(case, by=None, at=case.closable_for_no_response_at)

    assert (case.status, case.closure_reason) == (Status.CLOSED, "no_response")


@pytest.mark.parametrize("who", ["engineer", "technical_contact", "administrator"])
def test_intake_is_the_work_of_customer_service(request, open_case, who):
    case, person = open_case(), request.getfixturevalue(who)

    with pytest.raises(PermissionDenied):
        operations.verify_entitlement(case, by=person, at=NOON)
    with pytest.raises(PermissionDenied):
        operations.refuse(case, by=person, at=NOON, reason="No.")
    with pytest.raises(PermissionDenied):
        operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=person, at=NOON)

    assert kinds(case) == ["received"]
