"""What a form knew: a stale one is told what changed, one sent twice takes effect once."""

from uuid import uuid4

import pytest

from cases import operations
from cases.enums import HoldReason, Status
from cases.operations import AlreadyDone, Form, Stale
from tests.cast import HOUR, NOON, kinds

LATER = NOON + HOUR


def test_a_stale_form_is_told_what_happened_meanwhile_and_changes_nothing(case_in, engineer, second_engineer):
    shown = case_in(Status.IN_PROGRESS)
    operations.reply(shown, "Try 8.4.2, please.", by=second_engineer, at=LATER, waiting=True)

    with pytest.raises(Stale) as caught:
        operations.reply(shown, "Try 8.4.1, please.", by=engineer, at=LATER, form=Form(seen=shown.version))

    assert [(event.kind, event.by) for event in caught.value.events] == [("replied", second_engineer)]
    assert not shown.messages.filter(body__contains="8.4.1").exists()


def test_a_form_that_knows_the_latest_fact_takes_effect(case_in, engineer):
    case = case_in(Status.IN_PROGRESS)

    case = operations.reply(case, "Try 8.4.1.", by=engineer, at=LATER, form=Form(seen=case.version))

    assert kinds(case)[-1] == "replied"


def test_a_note_of_a_colleague_disturbs_nobody(case_in, engineer, second_engineer):
    shown = case_in(Status.IN_PROGRESS)
    operations.add_note(shown, "See the article.", by=second_engineer, at=LATER)

    case = operations.reply(shown, "Try 8.4.1.", by=engineer, at=LATER, form=Form(seen=shown.version))

    assert kinds(case)[-1] == "replied"


def test_what_support_arranges_does_not_disturb_a_writing_customer(
    open_case, technical_contact, customer_service, engineer
):
    shown = open_case()
    operations.hold(shown, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON)
    operations.resume(shown, by=customer_service, at=NOON)
    operations.verify_entitlement(shown, by=customer_service, at=NOON)
    operations.accept(shown, by=engineer, at=NOON)
    operations.log_call(shown, by=engineer, at=NOON, reached=False, summary="No answer.")

    case = operations.reply_as_customer(
        shown, "One more thing.", by=technical_contact, at=LATER, form=Form(seen=shown.version)
    )

    assert kinds(case)[-1] == "customer_replied"


def test_a_new_owner_disturbs_an_engineer_who_writes(case_in, engineer, second_engineer):
    shown = case_in(Status.IN_PROGRESS)
    operations.assign(shown, second_engineer, by=engineer, at=LATER, reason="skills")

    with pytest.raises(Stale):
        operations.reply(shown, "Try 8.4.1.", by=engineer, at=LATER, form=Form(seen=shown.version))


def test_a_customer_is_never_told_of_internal_facts(case_in, technical_contact, engineer):
    shown = case_in(Status.IN_PROGRESS)
    operations.add_note(shown, "Their disk is full.", by=engineer, at=LATER)
    operations.reply(shown, "Is the disk full?", by=engineer, at=LATER, waiting=True)

    with pytest.raises(Stale) as caught:
        operations.reply_as_customer(shown, "Any news?", by=technical_contact, at=LATER, form=Form(seen=shown.version))

    assert [event.kind for event in caught.value.events] == ["replied"]


def test_a_form_sent_twice_says_its_message_once(case_in, technical_contact):
    shown = case_in(Status.WAITING_FOR_CUSTOMER)
    form = Form(seen=shown.version, submission=uuid4())
    case = operations.reply_as_customer(shown, "Here is the log.", by=technical_contact, at=LATER, form=form)

    with pytest.raises(AlreadyDone) as caught:
        operations.reply_as_customer(shown, "Here is the log.", by=technical_contact, at=LATER, form=form)

    assert caught.value.case == case
    assert case.messages.filter(body="Here is the log.").count() == 1


def test_one_form_may_record_several_facts(open_case, customer_service, technical_contact):
    case = operations.hold(open_case(), HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON)

    case = operations.reply_as_customer(
        case, "I am back.", by=technical_contact, at=LATER, form=Form(submission=uuid4())
    )

    assert kinds(case)[-2:] == ["customer_replied", "resumed"]
