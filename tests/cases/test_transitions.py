"""The table of what is legal when, and that nothing is missing from it."""

import pytest

from accounts.refusal import Refusal
from cases import transitions
from cases.enums import Severity, Status, Verb
from cases.facts import State
from cases.permissions import CUSTOMER_VERBS, STAFF_VERBS
from tests.cast import NOON, refused

ANYTIME = {Verb.OPEN, Verb.VIEW}


def test_every_verb_stands_in_the_table():
    assert transitions.LEGAL.keys() == set(Verb) - ANYTIME


def test_every_verb_is_somebodys_right():
    assert CUSTOMER_VERBS | STAFF_VERBS.keys() == set(Verb) - {Verb.HAND_OVER}  # the portal's own


# A case as it usually is in each status: verified before the queue, answered before the customer's turn.
USUAL = {
    Status.RECEIVED: State(Severity.THREE),
    Status.QUEUED: State(Severity.THREE, Status.QUEUED, verified_at=NOON),
    Status.IN_PROGRESS: State(Severity.THREE, Status.IN_PROGRESS, verified_at=NOON, owner=1),
    Status.WAITING_FOR_CUSTOMER: State(
        Severity.THREE, Status.WAITING_FOR_CUSTOMER, verified_at=NOON, owner=1, responded_at=NOON
    ),
    Status.CLOSURE_PROPOSED: State(
        Severity.THREE, Status.CLOSURE_PROPOSED, verified_at=NOON, owner=1, responded_at=NOON
    ),
    Status.CLOSED: State(Severity.THREE, Status.CLOSED, verified_at=NOON, owner=1, responded_at=NOON),
}

# What is legal ("yes") or why not, written a second time: received, queued, in progress, waiting for the customer,
# closure proposed, closed.
WHILE_OPEN = "yes yes yes yes yes closed"
EXPECTED = {
    Verb.VERIFY_ENTITLEMENT: "yes already_verified already_verified already_verified already_verified closed",
    Verb.REFUSE: "yes already_verified already_verified already_verified already_verified closed",
    Verb.HOLD: "yes yes yes already_responded already_responded closed",
    Verb.RESUME: "not_held not_held not_held not_held not_held closed",
    Verb.ACCEPT: "not_verified yes already_accepted already_accepted already_accepted closed",
    Verb.ASSIGN: "not_verified yes yes yes yes closed",
    Verb.REPLY: WHILE_OPEN,
    Verb.NOTE: "yes yes yes yes yes yes",
    Verb.LOG_CALL: WHILE_OPEN,
    Verb.REPLY_AS_CUSTOMER: WHILE_OPEN,
    Verb.PROPOSE_SEVERITY: WHILE_OPEN,
    Verb.AGREE_SEVERITY: WHILE_OPEN,
    Verb.REDUCE_SEVERITY: WHILE_OPEN,
    Verb.PROPOSE_CLOSURE: "not_in_progress not_in_progress yes yes yes closed",
    Verb.CONFIRM_CLOSURE: "no_closure_question no_closure_question no_closure_question no_closure_question yes closed",
    Verb.REJECT_CLOSURE: "no_closure_question no_closure_question no_closure_question no_closure_question yes closed",
    Verb.WITHDRAW: WHILE_OPEN,
    Verb.RECORD_CONTACT_ATTEMPT: "not_waiting not_waiting not_waiting yes yes closed",
    Verb.CLOSE_FOR_NO_RESPONSE: "not_waiting not_waiting not_waiting yes yes closed",
    Verb.REOPEN: "not_closed not_closed not_closed not_closed not_closed yes",
    Verb.CHANGE_TERMS: WHILE_OPEN,
    Verb.HAND_OVER: "not_verified not_on_sun not_on_sun not_on_sun not_on_sun closed",
    Verb.NOTE_HANDOVER: "not_on_sun not_on_sun not_on_sun not_on_sun not_on_sun closed",
    Verb.ACCEPT_HANDOVER: f"{'nothing_to_accept ' * 5}closed",
    Verb.PUT_ON_SUN: "not_verified yes yes yes yes closed",
    Verb.TAKE_OFF_SUN: "not_on_sun not_on_sun not_on_sun not_on_sun not_on_sun closed",
    Verb.FOLLOW_ON: "not_closed not_closed not_closed not_closed not_closed yes",
}


def test_the_second_table_knows_every_verb():
    assert EXPECTED.keys() == set(Verb) - ANYTIME


@pytest.mark.parametrize("verb", sorted(EXPECTED))
def test_what_is_legal_in_each_status_and_the_words_for_what_is_not(verb):
    for status, expected in zip(Status, EXPECTED[verb].split(), strict=True):
        assert transitions.is_legal(USUAL[status], verb) == (expected == "yes")
        if expected == "yes":
            transitions.require(USUAL[status], verb)
        else:
            with refused(expected):
                transitions.require(USUAL[status], verb)


@pytest.mark.parametrize(
    ("verb", "state", "code"),
    [
        (Verb.ACCEPT, State(Severity.TWO), "not_verified"),
        (Verb.ACCEPT, State(Severity.ONE), None),
        (Verb.ACCEPT, State(Severity.TWO, Status.QUEUED, verified_at=NOON), None),
        (Verb.ASSIGN, State(Severity.TWO, Status.IN_PROGRESS, owner=1), None),
        (Verb.VERIFY_ENTITLEMENT, State(Severity.TWO), None),
        (Verb.VERIFY_ENTITLEMENT, State(Severity.TWO, Status.QUEUED, verified_at=NOON), "already_verified"),
        (Verb.REFUSE, State(Severity.TWO, Status.QUEUED, verified_at=NOON), "already_verified"),
        (Verb.PROPOSE_CLOSURE, State(Severity.ONE, Status.IN_PROGRESS, owner=1), "not_verified"),
        (Verb.HOLD, State(Severity.TWO, held_at=NOON), "already_held"),
        (Verb.HOLD, State(Severity.TWO, Status.IN_PROGRESS, owner=1, responded_at=NOON), "already_responded"),
        (Verb.RESUME, State(Severity.TWO, held_at=NOON), None),
        (Verb.RESUME, State(Severity.TWO), "not_held"),
        (Verb.RECORD_CONTACT_ATTEMPT, State(Severity.TWO), "not_waiting"),
        (Verb.RECORD_CONTACT_ATTEMPT, State(Severity.TWO, held_at=NOON), None),
        (Verb.CLOSE_FOR_NO_RESPONSE, State(Severity.TWO, Status.CLOSURE_PROPOSED, verified_at=NOON), None),
        (Verb.HAND_OVER, State(Severity.ONE), None),
        (Verb.HAND_OVER, State(Severity.TWO, Status.QUEUED, verified_at=NOON, on_sun=True), None),
        (Verb.NOTE_HANDOVER, State(Severity.ONE), None),
        (Verb.ACCEPT_HANDOVER, State(Severity.ONE, Status.IN_PROGRESS, owner=1, handed_over_at=NOON), None),
        (Verb.PUT_ON_SUN, State(Severity.ONE), "already_on_sun"),
        (Verb.PUT_ON_SUN, State(Severity.TWO, Status.IN_PROGRESS, owner=1, on_sun=True), "already_on_sun"),
        (Verb.TAKE_OFF_SUN, State(Severity.TWO, Status.IN_PROGRESS, owner=1, on_sun=True), None),
        (Verb.TAKE_OFF_SUN, State(Severity.ONE), "not_on_sun"),
    ],
)
def test_what_beside_the_status_decides(verb, state, code):
    assert transitions.is_legal(state, verb) == (code is None)
    if code:
        with pytest.raises(Refusal, match=code):
            transitions.require(state, verb)
