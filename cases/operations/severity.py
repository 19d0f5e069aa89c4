"""Setting a severity together, and lowering it."""

from datetime import datetime

from accounts.models import User
from cases import rules
from cases.enums import (
    EventKind,
    Severity,
    Side,
    Verb,
)
from cases.models import Case
from cases.operations.frame import NO_FORM, Act, Form, acting
from cases.texts import SHORT_LIMIT, cleaned, required


def propose_severity(
    case: Case, to: Severity, *, by: User, at: datetime, reason: str, phone: str = "", form: Form = NO_FORM
) -> Case:
    """Put a severity forward; when the other side already stands there, it is agreed.

    Before the agreement either way, after it only less severe; to put the agreed severity forward takes back one's own
    wish to lower it. Severity 1 needs a telephone number: `phone`, unless the
    case has one (A-04). Guide: C-SEV-01, C-SEV-03; readings A-10, A-11.
    """
    to = Severity(to)
    with acting(case, Verb.PROPOSE_SEVERITY, by=by, at=at, form=form) as act:
        state, own, other = act.case.state, _position(act.case, act.side), _position(act.case, _other(act.side))
        rules.require_open_to_proposals(state, to, own)
        phone = cleaned(phone, "phone", SHORT_LIMIT)
        rules.require_phone(to, phone or act.case.phone)
        if to == other and not rules.takes_back(state, to, own):
            _settle(act, to, reason, phone)
        else:
            reason = required(reason, "reason")
            act.record(EventKind.SEVERITY_PROPOSED, severity=int(to), side=act.side, reason=reason, phone=phone)
    return act.case


def agree_severity(case: Case, severity: Severity, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Agree to what the other side put forward last (C-SEV-01, A-10); from then on it only gets less severe."""
    severity = Severity(severity)
    with acting(case, Verb.AGREE_SEVERITY, by=by, at=at, form=form) as act:
        rules.require_agreeable(act.case.state, severity, _position(act.case, _other(act.side)))
        _settle(act, severity)
    return act.case


def reduce_severity(case: Case, to: Severity, *, by: User, at: datetime, reason: str, form: Form = NO_FORM) -> Case:
    """Lower an agreed severity without waiting for the customer, who is told the reason (C-SEV-04, A-11)."""
    to = Severity(to)
    with acting(case, Verb.REDUCE_SEVERITY, by=by, at=at, form=form) as act:
        rules.require_agreed(act.case.state)
        rules.require_lower_severity(Severity(act.case.severity), to)
        _reduce(act, to, required(reason, "reason"), agreed=False)
    return act.case


def _other(side: Side) -> Side:
    return Side.SUPPORT if side is Side.CUSTOMER else Side.CUSTOMER


def _position(case: Case, side: Side) -> Severity | None:
    state = case.state
    return state.requested if side is Side.CUSTOMER else state.proposed


def _settle(act: Act, severity: Severity, reason: str = "", phone: str = "") -> None:
    """Both sides stand at `severity`: a first agreement, or an agreed reduction."""
    if act.case.severity_agreed_at:
        _reduce(act, severity, reason, agreed=True)
    else:
        act.record(EventKind.SEVERITY_AGREED, severity=int(severity), phone=phone)


def _reduce(act: Act, to: Severity, reason: str, *, agreed: bool) -> None:
    act.record(
        EventKind.SEVERITY_REDUCED,
        before=act.case.severity,
        severity=int(to),
        reason=cleaned(reason, "reason"),
        agreed=agreed,
    )
