"""What is legal when: status × verb. Standard library only.

`require` is asked by every verb with the case's state under its lock. Words are for the person who asked.
"""

from accounts.refusal import Refusal
from cases.enums import Severity, Status, Verb
from cases.facts import State

OPEN = frozenset(Status) - {Status.CLOSED}
WORKED = frozenset({Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER, Status.CLOSURE_PROPOSED})
ASKED = frozenset({Status.WAITING_FOR_CUSTOMER, Status.CLOSURE_PROPOSED})

LEGAL: dict[Verb, frozenset[Status]] = {
    Verb.VERIFY_ENTITLEMENT: OPEN,
    Verb.REFUSE: OPEN,
    Verb.HOLD: OPEN,
    Verb.RESUME: OPEN,
    Verb.ACCEPT: frozenset({Status.RECEIVED, Status.QUEUED}),
    Verb.ASSIGN: OPEN,
    Verb.REPLY: OPEN,
    Verb.NOTE: frozenset(Status),
    Verb.LOG_CALL: OPEN,
    Verb.REPLY_AS_CUSTOMER: OPEN,
    Verb.PROPOSE_SEVERITY: OPEN,
    Verb.AGREE_SEVERITY: OPEN,
    Verb.REDUCE_SEVERITY: OPEN,
    Verb.PROPOSE_CLOSURE: WORKED,
    Verb.CONFIRM_CLOSURE: frozenset({Status.CLOSURE_PROPOSED}),
    Verb.REJECT_CLOSURE: frozenset({Status.CLOSURE_PROPOSED}),
    Verb.WITHDRAW: OPEN,
    Verb.RECORD_CONTACT_ATTEMPT: OPEN,
    Verb.CLOSE_FOR_NO_RESPONSE: OPEN,
    Verb.REOPEN: frozenset({Status.CLOSED}),
    Verb.FOLLOW_ON: frozenset({Status.CLOSED}),
    Verb.CHANGE_TERMS: OPEN,
    Verb.HAND_OVER: OPEN,
    Verb.NOTE_HANDOVER: OPEN,
    Verb.ACCEPT_HANDOVER: OPEN,
    Verb.PUT_ON_SUN: OPEN,
    Verb.TAKE_OFF_SUN: OPEN,
}


def is_legal(state: State, verb: Verb) -> bool:
    """Whether `verb` is legal now; the pages offer only what is."""
    return _obstacle(state, verb) is None


def require(state: State, verb: Verb) -> None:
    """Raise Refusal when `verb` is not legal in this state."""
    obstacle = _obstacle(state, verb)
    if obstacle:
        raise obstacle


def require_open(state: State) -> None:
    """Raise Refusal when the case is closed."""
    require(state, Verb.REPLY)


def _obstacle(state: State, verb: Verb) -> Refusal | None:
    if state.status not in LEGAL[verb]:
        return _wrong_status(state, verb)
    if verb in (Verb.VERIFY_ENTITLEMENT, Verb.REFUSE) and state.verified_at:
        return Refusal("already_verified", "The entitlement of this case has already been verified.")
    if verb in (Verb.ACCEPT, Verb.ASSIGN, Verb.HAND_OVER, Verb.PUT_ON_SUN) and not _may_be_worked_on(state):
        return Refusal("not_verified", "Customer Service has not verified the entitlement yet.")
    if verb is Verb.PROPOSE_CLOSURE and not state.verified_at:
        return Refusal("not_verified", "The entitlement must be verified before the case is closed as solved.")
    if verb in (Verb.RECORD_CONTACT_ATTEMPT, Verb.CLOSE_FOR_NO_RESPONSE) and not _is_silence(state):
        return Refusal("not_waiting", "Attempts count only while we wait for the customer: it is our turn now.")
    if verb is Verb.HOLD and state.responded_at:
        return Refusal("already_responded", "The first response has been given: no clock runs that could be held.")
    if verb is Verb.HOLD and state.held_at:
        return Refusal("already_held", "The first-response clock is already on hold.")
    if verb is Verb.RESUME and not state.held_at:
        return Refusal("not_held", "The first-response clock is not on hold.")
    return _obstacle_to_the_sun(state, verb)


def _obstacle_to_the_sun(state: State, verb: Verb) -> Refusal | None:
    if verb in (Verb.HAND_OVER, Verb.NOTE_HANDOVER) and not state.follows_sun:
        return Refusal("not_on_sun", "This case does not follow the sun: it stays with its region.")
    if verb is Verb.ACCEPT_HANDOVER and not state.handed_over_at:
        return Refusal("nothing_to_accept", "No handover of this case waits to be accepted.")
    if verb is Verb.PUT_ON_SUN and state.follows_sun:
        return Refusal("already_on_sun", "This case follows the sun already.")
    if verb is Verb.TAKE_OFF_SUN and not state.on_sun:
        return Refusal("not_on_sun", "No manager put this case on the sun: there is nothing to take back.")
    return None


def _may_be_worked_on(state: State) -> bool:
    """Verified, or Severity 1 (A-26); work that has begun provisionally goes on."""
    return bool(state.verified_at) or state.severity is Severity.ONE or state.owner is not None


def _is_silence(state: State) -> bool:
    """We wait for the customer: for an answer, or on hold for a contact that cannot be reached (A-08)."""
    return state.status in ASKED or state.held_at is not None


def _wrong_status(state: State, verb: Verb) -> Refusal:
    if state.status is Status.CLOSED:
        return Refusal(
            "closed",
            "This case is closed. It can be reopened within its window; after that, open a new case.",
        )
    if verb in (Verb.CONFIRM_CLOSURE, Verb.REJECT_CLOSURE):
        return Refusal("no_closure_question", "The question whether this case may close is no longer open.")
    if verb in (Verb.REOPEN, Verb.FOLLOW_ON):
        return Refusal("not_closed", "This case is not closed.")
    if verb is Verb.ACCEPT:
        return Refusal("already_accepted", "An engineer already works on this case.")
    return Refusal("not_in_progress", "An engineer must work on the case first.")
