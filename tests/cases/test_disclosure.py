"""What a customer may read of a fact."""

import json

import pytest

from cases import operations
from cases.disclosure import DISCLOSED, disclosed
from cases.enums import INTERNAL_KINDS, Channel, EventKind, ReassignmentReason, Severity, Status
from cases.models import CaseEvent
from cases.texts import cleaned, required
from entitlements.models import Entitlement
from tests.cast import DAY, HOUR, NOON, refused

LATER = NOON + HOUR


def test_every_kind_of_fact_is_disclosed_by_list_or_internal():
    assert DISCLOSED.keys() | INTERNAL_KINDS == set(EventKind)
    assert not DISCLOSED.keys() & INTERNAL_KINDS


@pytest.mark.parametrize("kind", sorted(INTERNAL_KINDS))
def test_nothing_of_an_internal_fact_is_disclosed(kind):
    assert disclosed(kind, {"note": 1, "share": 50, "message": 2}) == {}


def test_what_support_writes_for_itself_reaches_no_customer(
    open_case, entitlement, technical_contact, customer_service, engineer, second_engineer
):
    Entitlement.objects.filter(pk=entitlement.pk).update(ends_on=NOON.date() - DAY)
    case = open_case()
    operations.verify_entitlement(case, by=customer_service, at=NOON, override="SECRET override")
    operations.assign(case, engineer, by=customer_service, at=NOON, note="SECRET hint")
    operations.add_note(case, "SECRET note", by=engineer, at=NOON)
    operations.log_call(case, by=engineer, at=NOON, reached=False, summary="SECRET summary")
    operations.assign(
        case, second_engineer, by=engineer, at=NOON, reason=ReassignmentReason.SICK_LEAVE, note="SECRET handover"
    )
    operations.reply(case, "Please answer.", by=second_engineer, at=NOON, waiting=True)
    operations.record_contact_attempt(case, Channel.PHONE, "SECRET attempt", by=second_engineer, at=NOON)

    told = [
        (event.kind, disclosed(EventKind(event.kind), event.data))
        for event in CaseEvent.objects.visible_to(technical_contact).filter(case=case)
    ]

    assert "SECRET" not in json.dumps(told)
    assert "sick" not in json.dumps(told)
    assert [kind for kind, _ in told] == [
        "received",
        "entitlement_verified",
        "assigned",
        "called",
        "reassigned",
        "replied",
        "contact_attempted",
    ]
    assert dict(told)["reassigned"] == {"owner": second_engineer.pk, "before": engineer.pk, "reason": "other"}


@pytest.mark.clause("C-SEV-04")
def test_the_customer_reads_why_a_severity_was_lowered(case_in, engineer, support_manager, technical_contact):
    case = operations.agree_severity(case_in(Status.IN_PROGRESS), Severity.THREE, by=engineer, at=LATER)
    operations.reduce_severity(case, Severity.FOUR, by=support_manager, at=LATER, reason="Production is back.")

    event = CaseEvent.objects.visible_to(technical_contact).filter(case=case).latest("seq")

    assert disclosed(EventKind(event.kind), event.data)["reason"] == "Production is back."


def test_texts_are_cleaned_and_bounded():
    assert cleaned("  a\x00b \n", "body") == "ab"
    assert cleaned("   ", "body") == ""
    assert required("x" * 40, "phone", 40) == "x" * 40
    with refused("phone_too_long"):
        cleaned("x" * 41, "phone", 40)
    with refused("body_missing"):
        required("\x00 ", "body")
