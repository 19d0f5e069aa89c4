"""Who works on a case."""

from datetime import datetime

from accounts.enums import ENGINEER_ROLES
from accounts.models import User
from accounts.refusal import Refusal
from accounts.rosters import Roster
from cases.enums import (
    EventKind,
    ReassignmentReason,
    Verb,
)
from cases.models import Case
from cases.operations.frame import NO_FORM, Act, Form, acting
from cases.texts import cleaned


def accept(case: Case, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Take a waiting case into one's own hands (C-LIF-03, C-STF-06)."""
    with acting(case, Verb.ACCEPT, by=by, at=at, form=form) as act:
        _require_engineer(by)
        _give_to(act, by, reason="", note="")
    return act.case


def assign(
    case: Case,
    to: User,
    *,
    by: User,
    at: datetime,
    reason: ReassignmentReason | None = None,
    note: str = "",
    form: Form = NO_FORM,
) -> Case:
    """Give the case to an engineer who is not away; a case that has an owner needs the reason for the change.

    The engineer's manager becomes the case manager (A-20). The customer is told whom to contact from now on.
    Guide: C-RAS-01, C-RAS-02, C-STF-06.
    """
    with acting(case, Verb.ASSIGN, by=by, at=at, form=form) as act:
        if act.case.owner_id == to.pk:
            raise Refusal("same_owner", f"{to} already owns this case.")
        if act.case.owner_id and not reason:
            raise Refusal("reason_missing", "Say why the case changes hands.")
        _require_engineer(to)
        if not Roster.between(at, at).is_available(to.pk, at):
            raise Refusal("engineer_away", f"{to} is away. Choose somebody else.")
        _give_to(act, to, reason=reason or "", note=note)
    return act.case


def _require_engineer(person: User) -> None:
    if person.staff_role not in ENGINEER_ROLES:
        raise Refusal("not_an_engineer", f"{person} does not work on cases as an engineer.")


def _give_to(act: Act, owner: User, *, reason: str, note: str) -> None:
    before = act.case.owner_id
    if owner.profile and owner.profile.manager:
        act.case.case_manager = owner.profile.manager
        act.case.save(update_fields=["case_manager"])
    kind = EventKind.REASSIGNED if before else EventKind.ASSIGNED
    act.record(kind, owner=owner.pk, before=before, reason=reason, note=cleaned(note, "note"))
