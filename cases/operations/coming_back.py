"""Reopening a case that was closed."""

from collections.abc import Sequence
from datetime import datetime

from accounts.enums import ENGINEER_ROLES
from accounts.models import User
from accounts.rosters import is_away, is_on_shift
from cases import rules
from cases.attachments import StoredFile
from cases.enums import (
    EventKind,
    Severity,
    Verb,
)
from cases.models import Case
from cases.operations.frame import NO_FORM, Form, acting


def reopen(
    case: Case, body: str, *, by: User, at: datetime, files: Sequence[StoredFile] = (), form: Form = NO_FORM
) -> Case:
    """Reopen a closed case within its window: same severity, a fresh response clock, the same engineer where possible.

    Guide: C-RPN-01; readings A-13, A-14.
    """
    with acting(case, Verb.REOPEN, by=by, at=at, form=form) as act:
        assert act.case.closed_at is not None
        rules.require_in_reopen_window(act.case.closed_at, act.case.zone, at)
        act.record(EventKind.REOPENED, owner=_owner_on_return(act.case, at), message=act.say(body, files))
    return act.case


def _owner_on_return(case: Case, at: datetime) -> int | None:
    """The engineer who had the case; nobody when that engineer is gone, away or, for Severity 1, off shift (A-14).

    Somebody takes a Severity 1 up at this moment, so that its engineer must be at work. The others stay with the home
    region and count business hours only (A-12): between two shifts their engineer still is on shift for them, and a
    reopening at night takes no case away. A case whose entitlement was never verified goes back to Customer Service,
    unless Severity 1 (A-26).
    """
    owner = case.owner
    if owner is None or owner.profile is None or owner.staff_role not in ENGINEER_ROLES:
        return None
    if case.severity == Severity.ONE:
        returns = is_on_shift(owner.profile, at)
    else:
        returns = case.verified_at is not None and not is_away(owner.profile, at)
    return owner.pk if returns else None
