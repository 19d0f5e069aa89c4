"""How a case ends: by consent, by the customer, by silence."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.models import Holiday, User
from cases import operations
from cases.enums import Channel, ClosureReason, Status, Turn
from cases.models import Case
from tests.cast import DAY, HOUR, MINUTE, NOON, PHONE, facts, fresh, kinds, refused

LATER = NOON + HOUR


def attempt(case, by, day, channel=Channel.PHONE, *, last=False, at=LATER):
    """One more unanswered attempt, `day` days after Wednesday."""
    return operations.record_contact_attempt(
        case, channel, "We tried to reach you.", by=by, at=at + day * DAY, announces_closure=last
    )


@pytest.fixture
def tried(case_in, engineer):
    """A case that waits for its customer, tried by telephone and mail on Wednesday, Thursday and Friday."""
    case = attempt(case_in(Status.WAITING_FOR_CUSTOMER), engineer, 0)
    case = attempt(case, engineer, 1)
    return attempt(case, engineer, 2, Channel.EMAIL, last=True)


@pytest.mark.clause("C-CLS-01", "C-CLS-02")
def test_the_customer_is_asked_before_a_case_closes_as_solved(case_in, engineer, technical_contact):
    case = operations.propose_closure(
        case_in(Status.IN_PROGRESS),
        by=engineer,
        at=LATER,
        problem="The backup froze the storage path.",
        resolution="Update 8.4.2 removes the freeze.",
    )
    assert (case.status, case.turn, case.closure_proposed_at) == (Status.CLOSURE_PROPOSED, Turn.CUSTOMER, LATER)

    case = operations.confirm_closure(case, by=technical_contact, at=LATER + MINUTE)

    assert (case.status, case.turn, case.closed_at) == (Status.CLOSED, Turn.NOBODY, LATER + MINUTE)
    assert facts(case, "closed") == [
        {
            "reason": "resolved",
            "problem": "The backup froze the storage path.",
            "resolution": "Update 8.4.2 removes the freeze.",
        }
    ]


@pytest.mark.clause("C-CLS-02")
@pytest.mark.parametrize("missing", ["problem", "resolution"])
def test_a_closure_needs_both_texts_of_its_summary(case_in, engineer, missing):
    texts = {"problem": "p", "resolution": "r"} | {missing: " "}

    with refused(f"{missing}_missing"):
        operations.propose_closure(case_in(Status.IN_PROGRESS), by=engineer, at=LATER, **texts)


@pytest.mark.clause("C-CLS-02")
def test_the_database_keeps_no_closed_case_without_its_summary(case_in):
    case = case_in(Status.CLOSED)

    with pytest.raises(IntegrityError, match="closed_case_has_its_summary"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(resolution="")
    with pytest.raises(IntegrityError, match="closed_case_says_when"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(closed_at=None)


@pytest.mark.clause("C-CLS-01")
def test_the_customer_says_no_and_the_work_goes_on(case_in, technical_contact):
    case = operations.reject_closure(
        case_in(Status.CLOSURE_PROPOSED), "It still freezes.", by=technical_contact, at=LATER
    )

    assert (case.status, case.turn, case.problem, case.closure_reason) == ("in_progress", "support", "", "")
    assert facts(case, "closure_rejected") == [{"message": case.messages.latest("pk").pk}]


def test_a_proposal_is_corrected_by_proposing_again(case_in, engineer):
    case = operations.propose_closure(
        case_in(Status.CLOSURE_PROPOSED), by=engineer, at=LATER, problem="p", resolution="Update 8.4.3."
    )

    assert (case.resolution, case.closure_proposed_at) == ("Update 8.4.3.", LATER)


@pytest.mark.clause("C-LIF-03")
@pytest.mark.parametrize("status", [Status.RECEIVED, Status.QUEUED])
def test_nobody_proposes_a_closure_before_an_engineer_works_on_the_case(case_in, engineer, status):
    with refused("not_in_progress"):
        operations.propose_closure(case_in(status), by=engineer, at=LATER, problem="p", resolution="r")


@pytest.mark.parametrize("reason", set(ClosureReason) - {ClosureReason.RESOLVED, ClosureReason.ANSWERED})
def test_only_a_solution_or_an_answer_is_put_to_the_customer(case_in, engineer, reason):
    with refused("reason_not_proposable"):
        operations.propose_closure(
            case_in(Status.IN_PROGRESS), by=engineer, at=LATER, problem="p", resolution="r", reason=reason
        )


@pytest.mark.clause("C-CLS-01")
def test_an_answer_to_a_question_that_is_no_longer_open_is_refused(case_in, technical_contact):
    case = case_in(Status.IN_PROGRESS)

    with refused("no_closure_question"):
        operations.confirm_closure(case, by=technical_contact, at=LATER)
    with refused("no_closure_question"):
        operations.reject_closure(case, "No.", by=technical_contact, at=LATER)


@pytest.mark.clause("C-CLS-01")
@pytest.mark.parametrize("who", ["engineer", "support_manager", "customer_service", "renewal_contact"])
def test_only_the_customer_answers_the_closure_question(request, case_in, who):
    with pytest.raises(PermissionDenied):
        operations.confirm_closure(case_in(Status.CLOSURE_PROPOSED), by=request.getfixturevalue(who), at=LATER)


@pytest.mark.clause("C-CLS-02")
@pytest.mark.parametrize("status", set(Status) - {Status.CLOSED})
def test_the_customer_closes_its_own_case_whenever_it_likes(case_in, technical_contact, status):
    case = operations.withdraw(case_in(status), by=technical_contact, at=LATER, resolution="We replaced the host.")

    assert (case.status, case.closure_reason, case.problem) == (Status.CLOSED, "withdrawn", case.subject)
    assert case.resolution == "We replaced the host."


@pytest.mark.clause("C-CLS-05")
def test_silence_after_three_attempts_closes_the_case_two_business_days_later(tried):
    tuesday_evening = datetime(2026, 3, 10, 18, tzinfo=UTC)
    assert tried.closable_for_no_response_at == tuesday_evening
    with refused("attempts_too_recent"):
        operations.close_for_no_response(tried, by=None, at=tuesday_evening - MINUTE)

    case = operations.close_for_no_response(tried, by=None, at=tuesday_evening)

    assert (case.status, case.closure_reason) == (Status.CLOSED, "no_response")
    assert case.events.latest("seq").role == "system"
    assert case.resolution == (
        "We tried to reach you and received no answer: Phone on 04 Mar 2026 at 13:00 GMT; "
        "Phone on 05 Mar 2026 at 13:00 GMT; E-mail on 06 Mar 2026 at 13:00 GMT."
    )


@pytest.mark.clause("C-CLS-05")
def test_the_wait_skips_a_holiday_of_the_account(case_in, engineer, product):
    Holiday.objects.create(country="GB", on="2026-03-09", name="Closed for a move")
    case = attempt(case_in(Status.WAITING_FOR_CUSTOMER), engineer, 0)
    case = attempt(case, engineer, 1)

    case = attempt(case, engineer, 2, Channel.EMAIL, last=True)

    assert case.closable_for_no_response_at == datetime(2026, 3, 11, 18, tzinfo=UTC)


@pytest.mark.clause("C-CLS-05")
def test_a_closure_question_asked_again_is_waited_for_anew(case_in, engineer):
    case = case_in(Status.CLOSURE_PROPOSED)
    for day, channel in enumerate([Channel.PHONE, Channel.EMAIL, Channel.EMAIL]):
        case = attempt(case, engineer, day, channel, last=day == 2)

    case = operations.propose_closure(case, by=engineer, at=LATER + 3 * DAY, problem="p", resolution="Update 8.4.3.")

    assert (case.attempts, case.closable_for_no_response_at) == ([], None)


@pytest.mark.clause("C-CLS-05")
def test_no_answer_to_the_closure_question_takes_the_same_road(case_in, engineer):
    case = case_in(Status.CLOSURE_PROPOSED)
    for day, channel in enumerate([Channel.PHONE, Channel.EMAIL, Channel.EMAIL]):
        case = attempt(case, engineer, day, channel, last=day == 2)

    case = operations.close_for_no_response(case, by=engineer, at=case.closable_for_no_response_at)

    assert (case.closure_reason, case.problem) == ("no_response", "The backup froze the storage path.")


@pytest.mark.clause("C-CLS-05")
@pytest.mark.parametrize(
    "attempts",
    [
        [],
        [(0, "phone", False), (1, "email", True)],
        [(0, "phone", False), (0, "email", False), (1, "email", True)],
        [(1, "phone", False), (2, "email", False), (3, "email", True)],
        [(0, "web", False), (1, "email", False), (2, "email", True)],
        [(0, "web", False), (1, "web", False), (2, "email", True)],
        [(0, "phone", False), (1, "email", True), (2, "email", False)],
    ],
    ids=["none", "two", "two days", "one on a Saturday", "page and mail", "mail and page", "no announcement"],
)
def test_too_few_attempts_close_nothing(case_in, engineer, attempts):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    for day, channel, last in attempts:
        case = attempt(case, engineer, day, Channel(channel), last=last)

    with refused("attempts_missing"):
        operations.close_for_no_response(case, by=None, at=NOON + 60 * DAY)


@pytest.mark.clause("C-CLS-05")
@pytest.mark.parametrize("channel", [Channel.PHONE, "phone"])
def test_a_call_that_nobody_took_announces_no_closure(case_in, engineer, channel):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    before = kinds(case)

    with refused("announcement_not_written"):
        attempt(case, engineer, 0, channel, last=True)

    assert kinds(case) == before


@pytest.mark.clause("C-CLS-05")
def test_writing_is_enough_where_no_telephone_number_is_known(case_in, engineer):
    case = case_in(Status.WAITING_FOR_CUSTOMER, phone="")
    for day in range(3):
        case = attempt(case, engineer, day, Channel.EMAIL, last=day == 2)

    assert case.closable_for_no_response_at is not None


@pytest.mark.clause("C-CLS-05")
def test_a_contact_whose_own_number_is_known_is_called_too(case_in, engineer, technical_contact):
    User.objects.filter(pk=technical_contact.pk).update(phone=PHONE)
    case = case_in(Status.WAITING_FOR_CUSTOMER, by=fresh(technical_contact), phone="")

    for day in range(3):
        case = attempt(case, engineer, day, Channel.EMAIL, last=day == 2)

    assert (case.phone, case.closable_for_no_response_at) == (PHONE, None)


@pytest.mark.clause("C-CLS-05")
@pytest.mark.parametrize(
    "sign",
    [
        lambda case, cast, at: operations.reply_as_customer(
            case, "I am here.", by=cast.customers["technical_contact"], at=at
        ),
        lambda case, cast, at: operations.log_call(
            case, by=cast.staff["engineer"], at=at, reached=True, summary="We spoke."
        ),
        lambda case, cast, at: operations.propose_severity(
            case, 4, by=cast.customers["technical_contact"], at=at, reason="Less urgent."
        ),
        lambda case, cast, at: operations.reply(case, "We look again.", by=cast.staff["engineer"], at=at),
        lambda case, cast, at: operations.reply(case, "And now?", by=cast.staff["engineer"], at=at, waiting=True),
        lambda case, cast, at: operations.propose_closure(
            case, by=cast.staff["engineer"], at=at, problem="p", resolution="r"
        ),
    ],
    ids=["reply", "call", "severity", "support takes the turn", "another question", "closure question"],
)
def test_attempts_count_within_one_silence(tried, cast, sign):
    case = sign(tried, cast, NOON + 5 * DAY)

    assert case.attempts == []
    assert case.closable_for_no_response_at is None


def test_a_missed_call_does_not_end_the_silence(tried, engineer):
    case = operations.log_call(tried, by=engineer, at=NOON + 5 * DAY, reached=False, summary="No answer.")

    assert len(case.attempts) == 3


@pytest.mark.clause("C-CLS-05")
@pytest.mark.parametrize("status", [Status.RECEIVED, Status.QUEUED, Status.IN_PROGRESS])
def test_attempts_count_only_while_we_wait_for_the_customer(case_in, engineer, status):
    with refused("not_waiting"):
        attempt(case_in(status), engineer, 0)


def test_a_written_attempt_is_a_message_and_a_call_is_none(case_in, engineer):
    case = attempt(case_in(Status.WAITING_FOR_CUSTOMER), engineer, 0)
    case = attempt(case, engineer, 1, Channel.EMAIL)

    message = case.messages.latest("pk")
    assert message.body == "We tried to reach you."
    assert facts(case, "contact_attempted") == [
        {"channel": "phone", "announces_closure": False, "message": None, "summary": "We tried to reach you."},
        {"channel": "email", "announces_closure": False, "message": message.pk, "summary": ""},
    ]


@pytest.mark.clause("C-CLS-05")
@pytest.mark.parametrize("who", ["customer_service", "technical_contact"])
def test_who_may_not_close_for_silence(request, tried, who):
    with pytest.raises(PermissionDenied):
        operations.close_for_no_response(tried, by=request.getfixturevalue(who), at=tried.closable_for_no_response_at)


def test_a_closed_case_says_so_to_whoever_writes_late(case_in, engineer):
    case = case_in(Status.CLOSED)
    before = kinds(case)

    with refused("closed"):
        operations.propose_closure(case, by=engineer, at=LATER, problem="p", resolution="r")

    assert kinds(case) == before
