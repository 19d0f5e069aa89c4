"""Setting a severity together, and lowering it."""

from datetime import datetime

from accounts.models import User
from cases import positions
from cases.enums import Severity, Verb
from cases.models import Case
from cases.operations.frame import NO_FORM, Form, acting
from cases.texts import SHORT_LIMIT, cleaned


def propose_severity(
    case: Case, to: Severity, *, by: User, at: datetime, reason: str, phone: str = "", form: Form = NO_FORM
) -> Case:
    """Put a severity forward; when the other side already stands there, it is agreed.

    Before the agreement either way, after it only less severe; to put the agreed severity forward takes back one's own
    wish to lower it. Severity 1 needs a telephone number: `phone`, unless the
    case has one (A-04). Guide: C-SEV-01, C-SEV-03; readings A-10, A-11.
    """
    with acting(case, Verb.PROPOSE_SEVERITY, by=by, at=at, form=form) as act:
        reason, phone = cleaned(reason, "reason"), cleaned(phone, "phone", SHORT_LIMIT)
        kind, data = positions.proposed(act.case.state, act.side, Severity(to), reason=reason, phone=phone)
        act.record(kind, **data)
    return act.case


def agree_severity(case: Case, severity: Severity, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Agree to what the other side put forward last (C-SEV-01, A-10); from then on it only gets less severe."""
    with acting(case, Verb.AGREE_SEVERITY, by=by, at=at, form=form) as act:
        kind, data = positions.agreed(act.case.state, act.side, Severity(severity))
        act.record(kind, **data)
    return act.case


def reduce_severity(case: Case, to: Severity, *, by: User, at: datetime, reason: str, form: Form = NO_FORM) -> Case:
    """Lower an agreed severity without waiting for the customer, who is told the reason (C-SEV-04, A-11)."""
    with acting(case, Verb.REDUCE_SEVERITY, by=by, at=at, form=form) as act:
        kind, data = positions.reduced(act.case.state, Severity(to), reason=reason)
        act.record(kind, **data)
    return act.case
