"""The table of what is legal when, and that nothing is missing from it."""

import pytest

from accounts.refusal import Refusal
from cases import transitions
from cases.enums import Severity, Status, Verb
from cases.facts import State
from cases.permissions import CUSTOMER_VERBS, STAFF_VERBS
from tests.cast import NOON

ANYTIME = {Verb.OPEN, Verb.VIEW}


def test_every_verb_stands_in_the_table():
    assert transitions.LEGAL.keys() == set(Verb) - ANYTIME


def test_every_verb_is_somebodys_right():
    assert CUSTOMER_VERBS | STAFF_VERBS.keys() == set(Verb)


@pytest.mark.parametrize("verb", sorted(set(Verb) - ANYTIME))
@pytest.mark.parametrize("status", Status)
def test_a_verb_in_a_status_outside_its_table_is_refused_in_words(verb, status):
    state = State(requested=Severity.THREE, status=status, verified_at=NOON)
    if status in transitions.LEGAL[verb]:
        return
    assert not transitions.is_legal(state, verb)

    with pytest.raises(Refusal) as caught:
        transitions.require(state, verb)

    assert caught.value.code
    assert caught.value.message.endswith(".")


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
        (Verb.RESUME, State(Severity.TWO), "not_held"),
        (Verb.RECORD_CONTACT_ATTEMPT, State(Severity.TWO), "not_waiting"),
        (Verb.RECORD_CONTACT_ATTEMPT, State(Severity.TWO, held_at=NOON), None),
        (Verb.CLOSE_FOR_NO_RESPONSE, State(Severity.TWO, Status.CLOSURE_PROPOSED, verified_at=NOON), None),
    ],
)
def test_what_beside_the_status_decides(verb, state, code):
    assert transitions.is_legal(state, verb) == (code is None)
    if code:
        with pytest.raises(Refusal, match=code):
            transitions.require(state, verb)
