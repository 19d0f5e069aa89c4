"""Two people act at the same moment, each on a connection of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from accounts.refusal import Refusal
from cases import facts, operations
from cases.enums import Severity, Status
from cases.models import Case
from cases.operations import AlreadyDone, Form, Stale
from tests.cast import DAY, HOUR, NOON, kinds

pytestmark = pytest.mark.usefixtures("transactional_db")

LATER = NOON + HOUR


def at_once(*acts: Callable[[], Case]) -> list[Case | Refusal]:
    """What each act returns or is refused with, when all begin together."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Case]) -> Case | Refusal:
        start.wait()
        try:
            return act()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refusals(outcomes: list[Case | Refusal]) -> list[str]:
    return [outcome.code for outcome in outcomes if isinstance(outcome, Refusal)]


def require_true_log(case: Case) -> None:
    stored = Case.objects.get(pk=case.pk)
    assert facts.replay(stored.events.all().log()) == stored.state


def test_two_engineers_accept_and_one_has_the_case(case_in, engineer, second_engineer):
    case = case_in(Status.QUEUED)

    outcomes = at_once(
        lambda: operations.accept(case, by=engineer, at=LATER),
        lambda: operations.accept(case, by=second_engineer, at=LATER),
    )

    assert refusals(outcomes) == ["already_accepted"]
    assert kinds(case).count("assigned") == 1
    require_true_log(case)


def test_a_form_sent_twice_at_once_opens_one_case(open_case):
    form = Form(submission=uuid4())

    outcomes = at_once(*[lambda: open_case(form=form)] * 4)

    assert refusals(outcomes) == ["already_done"] * 3
    [case] = Case.objects.all()
    assert {outcome.case for outcome in outcomes if isinstance(outcome, AlreadyDone)} == {case}
    assert case.messages.count() == 1


def test_a_form_sent_twice_at_once_says_its_message_once(case_in, technical_contact):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    form = Form(seen=case.version, submission=uuid4())

    outcomes = at_once(
        *[lambda: operations.reply_as_customer(case, "Here.", by=technical_contact, at=LATER, form=form)] * 3
    )

    assert refusals(outcomes) == ["already_done"] * 2
    assert case.messages.filter(body="Here.").count() == 1


@pytest.mark.clause("C-RPN-02")
def test_a_form_sent_twice_at_once_continues_a_case_once(case_in, technical_contact):
    old = case_in(Status.CLOSED, at=NOON - 60 * DAY)
    form = Form(seen=old.version, submission=uuid4())

    outcomes = at_once(
        *[lambda: operations.open_follow_on(old, "It is back.", by=technical_contact, at=LATER, form=form)] * 2
    )

    new = Case.objects.get(follows=old)
    assert [outcome.case if isinstance(outcome, AlreadyDone) else outcome for outcome in outcomes] == [new, new]


def test_of_two_replies_written_on_the_same_page_the_second_is_told_of_the_first(case_in, engineer, second_engineer):
    case = case_in(Status.IN_PROGRESS)
    form = Form(seen=case.version)

    outcomes = at_once(
        lambda: operations.reply(case, "Try 8.4.1.", by=engineer, at=LATER, form=form),
        lambda: operations.reply(case, "Try 8.4.2.", by=second_engineer, at=LATER, form=form),
    )

    [stale] = [outcome for outcome in outcomes if isinstance(outcome, Stale)]
    assert [event.kind for event in stale.events] == ["replied"]
    assert case.messages.filter(body__startswith="Try").count() == 1


def test_a_reply_that_races_a_closure_comes_before_it_or_is_refused(case_in, engineer, technical_contact):
    case = case_in(Status.CLOSURE_PROPOSED)

    outcomes = at_once(
        lambda: operations.confirm_closure(case, by=technical_contact, at=LATER),
        lambda: operations.reply(case, "One more hint.", by=engineer, at=LATER),
    )

    said = case.messages.filter(body="One more hint.").exists()
    assert refusals(outcomes) == ([] if said else ["closed"])
    assert kinds(case)[-1] == "closed"
    require_true_log(case)


def test_an_agreement_that_races_a_new_proposal_never_raises_what_was_agreed(case_in, engineer, technical_contact):
    case = case_in(Status.IN_PROGRESS, severity=Severity.THREE)

    outcomes = at_once(
        lambda: operations.agree_severity(case, Severity.THREE, by=engineer, at=LATER),
        lambda: operations.propose_severity(
            case, Severity.TWO, by=technical_contact, at=LATER, reason="It gets worse."
        ),
    )

    stored = Case.objects.get(pk=case.pk)
    assert refusals(outcomes) in (["severity_not_lower"], ["severity_not_proposed"])
    assert bool(stored.severity_agreed_at) == (stored.severity == Severity.THREE)
    require_true_log(case)
