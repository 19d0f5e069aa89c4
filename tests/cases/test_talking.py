"""What is said on a case, and to whom."""

import pytest
from django.core.exceptions import PermissionDenied

from cases import operations
from cases.enums import Channel, Status, Turn
from cases.facts import replay
from cases.models import CaseEvent, Message, Note
from tests.cast import HOUR, MINUTE, NOON, facts, kinds, refused

LATER = NOON + HOUR


@pytest.mark.clause("C-STF-07", "C-TRK-01")
def test_an_engineers_reply_is_seen_by_the_customer_and_passes_the_turn(case_in, engineer, technical_contact):
    case = operations.reply(case_in(Status.IN_PROGRESS), "Send the log, please.", by=engineer, at=LATER, waiting=True)

    assert (case.status, case.turn, case.turn_since_at) == (Status.WAITING_FOR_CUSTOMER, Turn.CUSTOMER, LATER)
    said = Message.objects.visible_to(technical_contact).latest("at")
    assert (said.body, said.author, said.role) == ("Send the log, please.", engineer, "support_engineer")
    assert facts(case, "replied") == [{"message": said.pk, "waiting": True}]


def test_a_reply_that_asks_nothing_keeps_or_takes_the_turn(case_in, engineer):
    case = operations.reply(case_in(Status.WAITING_FOR_CUSTOMER), "We found it.", by=engineer, at=LATER)

    assert (case.status, case.turn) == (Status.IN_PROGRESS, Turn.SUPPORT)


@pytest.mark.parametrize("status", [Status.RECEIVED, Status.QUEUED, Status.CLOSURE_PROPOSED])
def test_a_question_outside_an_engineers_work_leaves_the_status(case_in, customer_service, status):
    case = operations.reply(case_in(status), "Which version is it?", by=customer_service, at=LATER, waiting=True)

    assert case.status == status
    assert kinds(case)[-1] == "replied"


@pytest.mark.parametrize("status", [Status.WAITING_FOR_CUSTOMER, Status.CLOSURE_PROPOSED])
def test_the_customers_answer_brings_the_case_back_to_support(case_in, technical_contact, status):
    case = operations.reply_as_customer(case_in(status), "Here it is.", by=technical_contact, at=LATER)

    assert (case.status, case.turn, case.turn_since_at) == (Status.IN_PROGRESS, Turn.SUPPORT, LATER)
    assert (case.problem, case.resolution, case.closure_proposed_at) == ("", "", None)
    assert facts(case, "customer_replied") == [{"message": case.messages.latest("pk").pk, "channel": "web"}]


@pytest.mark.parametrize("status", [Status.RECEIVED, Status.QUEUED, Status.IN_PROGRESS])
def test_the_customer_may_add_something_while_support_has_the_turn(case_in, technical_contact, status):
    before = case_in(status)

    case = operations.reply_as_customer(before, "One more thing.", by=technical_contact, at=LATER)

    assert (case.status, case.turn_since_at) == (status, before.turn_since_at)


@pytest.mark.clause("C-PAR-03")
def test_any_contact_or_third_party_answers_for_the_organization(case_in, third_party, aberdeen):
    case = operations.reply_as_customer(
        case_in(Status.WAITING_FOR_CUSTOMER), "We did it.", by=third_party, at=LATER, channel=Channel.EMAIL
    )

    event = case.events.latest("seq")
    assert (event.role, event.acting_for, event.data["channel"]) == ("third_party", aberdeen, "email")


def test_a_note_is_for_support_alone(case_in, engineer, second_engineer, technical_contact, third_party):
    case = operations.add_note(case_in(Status.IN_PROGRESS), "They run 8.1.", by=engineer, at=LATER)

    assert Note.objects.visible_to(second_engineer).get().body == "They run 8.1."
    for customer in (technical_contact, third_party):
        assert not Note.objects.visible_to(customer).exists()
        assert "noted" not in CaseEvent.objects.visible_to(customer).values_list("kind", flat=True)
    assert not case.messages.filter(body__contains="8.1").exists()


def test_a_note_may_be_written_on_a_closed_case(case_in, engineer):
    case = operations.add_note(case_in(Status.CLOSED), "See the article.", by=engineer, at=LATER)

    assert (case.status, kinds(case)[-1]) == (Status.CLOSED, "noted")


@pytest.mark.clause("C-STF-07")
@pytest.mark.parametrize("reached", [True, False])
def test_a_call_is_recorded_reached_or_not(case_in, engineer, reached):
    case = operations.log_call(
        case_in(Status.IN_PROGRESS), by=engineer, at=LATER, reached=reached, summary=" Rang the desk. "
    )

    assert facts(case, "called") == [{"reached": reached, "summary": "Rang the desk."}]
    assert case.status == Status.IN_PROGRESS


@pytest.mark.parametrize(
    "talk",
    [
        lambda case, cast: operations.reply(case, "Hello.", by=cast.staff["engineer"], at=LATER),
        lambda case, cast: operations.reply_as_customer(
            case, "Hello.", by=cast.customers["technical_contact"], at=LATER
        ),
        lambda case, cast: operations.log_call(
            case, by=cast.staff["engineer"], at=LATER, reached=True, summary="Hello."
        ),
    ],
    ids=["reply", "reply as customer", "call"],
)
def test_nothing_is_said_on_a_closed_case(case_in, cast, talk):
    with refused("closed"):
        talk(case_in(Status.CLOSED), cast)


@pytest.mark.parametrize(
    "talk",
    [
        lambda case, cast, text: operations.reply(case, text, by=cast.staff["engineer"], at=LATER),
        lambda case, cast, text: operations.add_note(case, text, by=cast.staff["engineer"], at=LATER),
        lambda case, cast, text: operations.reply_as_customer(
            case, text, by=cast.customers["technical_contact"], at=LATER
        ),
    ],
    ids=["reply", "note", "reply as customer"],
)
@pytest.mark.parametrize(("text", "code"), [(" \x00\n", "body_missing"), ("x" * 100_001, "body_too_long")])
def test_an_empty_or_endless_text_is_refused_and_leaves_no_trace(case_in, cast, talk, text, code):
    case = case_in(Status.IN_PROGRESS)
    before = (kinds(case), case.messages.count(), case.notes.count())

    with refused(code):
        talk(case, cast, text)

    assert (kinds(case), case.messages.count(), case.notes.count()) == before


@pytest.mark.clause("C-CON-01", "C-PAR-04")
@pytest.mark.parametrize(
    "who", ["own_sight_contact", "renewal_contact", "contract_administrator", "tokyo_contact", "stranger", "engineer"]
)
def test_only_who_follows_the_case_answers_as_the_customer(request, case_in, who):
    with pytest.raises(PermissionDenied):
        operations.reply_as_customer(case_in(Status.IN_PROGRESS), "Hello.", by=request.getfixturevalue(who), at=LATER)


def test_facts_never_go_back_in_time(case_in, engineer):
    case = case_in(Status.IN_PROGRESS)

    case = operations.reply(case, "By a slow clock.", by=engineer, at=NOON - MINUTE)

    moments = list(case.events.order_by("seq").values_list("at", flat=True))
    assert moments == sorted(moments)


def test_a_reply_keeps_its_moment_though_a_note_was_recorded_first(case_in, engineer, second_engineer):
    case = operations.add_note(case_in(Status.IN_PROGRESS), "Quick.", by=second_engineer, at=LATER + MINUTE)

    case = operations.reply(case, "Waited for the lock.", by=engineer, at=LATER)

    assert case.events.get(kind="replied").at == case.responded_at == LATER
    assert case.updated_at == LATER + MINUTE
    assert replay(case.events.all().log()) == case.state
