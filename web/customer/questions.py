"""What a case asks of its customer, whoever's turn it is."""

from cases.enums import Severity, Status
from cases.facts import State


def proposed_severity(state: State) -> Severity | None:
    """What support proposes and the customer has not agreed to yet; None when there is nothing to answer (C-SEV-01)."""
    answered = state.proposed is None or state.proposed is state.requested
    settled = state.severity_agreed_at is not None and state.proposed is state.severity
    return None if answered or settled or state.status is Status.CLOSED else state.proposed


def question(state: State) -> str:
    """What the customer can do next, in a few words; empty when nothing waits for it."""
    if state.status is Status.CLOSURE_PROPOSED:
        return "Tell us whether it is solved"
    if state.status is Status.WAITING_FOR_CUSTOMER:
        return "Answer our question"
    return "Agree the severity with us" if proposed_severity(state) else ""
