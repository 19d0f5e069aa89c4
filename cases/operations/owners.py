"""Who works on a case."""

from datetime import datetime

from accounts.enums import ENGINEER_ROLES
from accounts.models import StaffProfile, User
from accounts.refusal import Refusal
from accounts.rosters import is_away
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
        _give_to(act, profile_of_engineer(by), reason="", note="")
    return act.case


def assign(
    case: Case,
    to: User,
    *,
    by: User | None,
    at: datetime,
    reason: ReassignmentReason | None = None,
    note: str = "",
    form: Form = NO_FORM,
) -> Case:
    """Give the case to an engineer who is not away; a case that has an owner needs the reason for the change.

    The engineer's manager becomes the case manager; who has none leaves the present one (A-20). The customer is told
    whom to contact from now on. Guide: C-RAS-01, C-RAS-02, C-STF-06.
    """
    reason = ReassignmentReason(reason) if reason else None
    with acting(case, Verb.ASSIGN, by=by, at=at, form=form) as act:
        if act.case.owner_id == to.pk:
            raise Refusal("same_owner", f"{to} already owns this case.")
        if act.case.owner_id and not reason:
            raise Refusal("reason_missing", "Say why the case changes hands.")
        engineer = profile_of_engineer(to)
        if is_away(engineer, at):
            raise Refusal("engineer_away", f"{to} is away. Choose somebody else.")
        _give_to(act, engineer, reason=reason or "", note=note)
    return act.case


def profile_of_engineer(person: User) -> StaffProfile:
    if person.profile is None or person.staff_role not in ENGINEER_ROLES:
        raise Refusal("not_an_engineer", f"{person} does not work on cases as an engineer.")
    return person.profile


def _give_to(act: Act, engineer: StaffProfile, *, reason: str, note: str) -> None:
    before = act.case.owner_id
    act.record(
        EventKind.REASSIGNED if before else EventKind.ASSIGNED,
        owner=engineer.user_id,
        before=before,
        case_manager=engineer.manager_id or act.case.case_manager_id,
        reason=reason,
        note=cleaned(note, "note"),
    )
