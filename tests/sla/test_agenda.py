"""What has still to happen by the passing of time, and what of it is worth doing when it is late."""

import pytest

from cases.enums import EventKind, Status
from cases.facts import replay
from sla.agenda import Item, agenda, worth_doing
from sla.clock import TimerKind, TimerPlan, milestones
from sla.closing import ClosingTimer, ClosingTimerKind, reminder_at
from sla.promises import MilestoneKind
from tests.sla.stories import (
    CUSTOMER_SERVICE,
    LONDON,
    PORTAL,
    STANDARD,
    assigned,
    at,
    attempted,
    breached,
    closed,
    closure_proposed,
    happened,
    received,
    replied,
    story,
    verified,
    warned,
)

WARNING, BREACH = TimerKind.FIRST_RESPONSE_WARNING, TimerKind.FIRST_RESPONSE_BREACH
REMINDER, NO_RESPONSE = ClosingTimerKind.CLOSURE_REMINDER, ClosingTimerKind.NO_RESPONSE

ANSWERED = (received("Mon 09:00"), verified("Mon 09:05"), assigned("Mon 09:10"), replied("Mon 09:30"))


def agenda_of(*told, closable_at=None) -> list[Item]:
    log = story(*told)
    return agenda(replay(log), log, milestones(log, STANDARD, LONDON), LONDON, closable_at)


def what(items: list[Item]) -> list[tuple]:
    return [(item.kind, item.subject, item.fire_at) for item in items]


def test_a_new_case_is_warned_of_twice_and_then_missed():
    items = agenda_of(received("Mon 09:00"))

    assert [item.key for item in items] == [
        ("first_response_warning", "1:50"),
        ("first_response_warning", "1:80"),
        ("first_response_breach", "1"),
    ]


def test_a_warning_of_a_larger_share_makes_the_smaller_one_pointless():
    items = agenda_of(received("Mon 09:00"), warned("Mon 16:00", 80, "Mon 17:00"))

    assert [item.key for item in items] == [("first_response_breach", "1")]


@pytest.mark.parametrize(
    ("moment", "done"),
    [
        ("Mon 12:59", []),
        ("Mon 13:00", [(WARNING, "1:50")]),
        ("Mon 15:24", [(WARNING, "1:80")]),
        ("Mon 17:00", [(WARNING, "1:80")]),
        ("Mon 17:01", [(BREACH, "1")]),
    ],
    ids=["before anything", "half", "four fifths", "the due moment itself", "after it"],
)
def test_of_all_that_is_due_on_a_promise_only_what_says_the_most_is_done(moment, done):
    items = agenda_of(received("Mon 09:00"))

    assert [(item.kind, item.subject) for item in worth_doing(items, at(moment))] == done


def test_an_answered_case_has_nothing_more_to_come():
    assert agenda_of(*ANSWERED) == []


def test_a_miss_found_late_is_still_recorded_after_the_answer():
    items = agenda_of(received("Mon 09:00"), verified("Mon 09:05"), assigned("Mon 09:10"), replied("Mon 17:30"))

    assert [(item.kind, item.data) for item in items] == [(BREACH, {"cycle": 1, "due_at": at("Mon 17:00").isoformat()})]


@pytest.mark.clause("C-CLS-01")
@pytest.mark.parametrize(
    ("asked", "repeated"),
    [
        ("Mon 15:00", "Wed 15:00"),
        ("Fri 15:00", "next Tue 15:00"),
        ("Mon 22:00", "Thu 08:00"),
        ("Sat 12:00", "next Wed 08:00"),
    ],
    ids=["in the week", "over the weekend", "asked at night", "asked at the weekend"],
)
def test_a_closure_question_is_repeated_after_two_business_days_in_business_hours(asked, repeated):
    assert reminder_at(at(asked), LONDON) == at(repeated)


def test_a_closure_question_is_repeated_once():
    asked = (*ANSWERED, closure_proposed("Mon 15:00"))
    repeated = (*asked, happened(EventKind.CLOSURE_REMINDED, "Wed 15:00", PORTAL))

    assert what(agenda_of(*asked)) == [(REMINDER, "5", at("Wed 15:00"))]
    assert agenda_of(*repeated) == []


def test_a_second_closure_question_has_a_reminder_of_its_own():
    items = agenda_of(
        *ANSWERED,
        closure_proposed("Mon 15:00"),
        happened(EventKind.CLOSURE_REMINDED, "Wed 15:00", PORTAL),
        happened(EventKind.CLOSURE_REJECTED, "Wed 16:00", CUSTOMER_SERVICE, message=4),
        closure_proposed("Thu 10:00"),
    )

    assert what(items) == [(REMINDER, "8", at("next Mon 10:00"))]


@pytest.mark.clause("C-CLS-05")
def test_a_silent_contact_lets_the_case_close_when_the_last_wait_is_over():
    items = agenda_of(
        *ANSWERED,
        closure_proposed("Mon 15:00"),
        attempted("Tue 10:00", message=5),
        closable_at=at("Fri 18:00"),
    )

    assert what(items) == [(REMINDER, "5", at("Wed 15:00")), (NO_RESPONSE, "6", at("Fri 18:00"))]


def test_a_case_that_closes_now_is_not_asked_again_first():
    items = agenda_of(
        *ANSWERED, closure_proposed("Mon 15:00"), attempted("Tue 10:00", message=5), closable_at=at("Tue 18:00")
    )

    assert [item.kind for item in worth_doing(items, at("Fri 18:00"))] == [NO_RESPONSE]


def test_attempts_close_nothing_while_it_is_our_turn():
    log = story(*ANSWERED, attempted("Tue 10:00", message=5))

    assert replay(log).status is Status.IN_PROGRESS
    assert agenda(replay(log), log, [], LONDON, at("Fri 18:00")) == []


def test_a_closed_case_has_nothing_more_to_come():
    assert agenda_of(*ANSWERED, closure_proposed("Mon 15:00"), closed("Mon 16:00")) == []


def test_a_recorded_miss_is_not_recorded_again():
    assert agenda_of(received("Mon 09:00"), breached("Mon 17:01", "Mon 17:00")) == []


def test_different_matters_do_not_hide_each_other():
    missed = TimerPlan(MilestoneKind.FIRST_RESPONSE, at("Mon 10:00"), 2, at("Mon 10:00"))
    reminder = ClosingTimer(REMINDER, "5", at("Mon 09:00"))
    items = [
        Item(BREACH, "2", missed.fire_at, "first response 2", EventKind.FIRST_RESPONSE_BREACHED, missed),
        Item(REMINDER, "5", reminder.fire_at, "closing", EventKind.CLOSURE_REMINDED, reminder),
    ]

    assert worth_doing(items, at("Mon 11:00")) == [items[1], items[0]]
