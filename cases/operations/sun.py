"""A manager's exception: a case that follows the sun although it is not Severity 1 (A-12)."""

from datetime import datetime

from accounts.models import User
from cases.enums import EventKind, Verb
from cases.models import Case
from cases.operations.frame import NO_FORM, Form, acting
from cases.texts import required


def put_on_sun(case: Case, *, by: User, at: datetime, reason: str, form: Form = NO_FORM) -> Case:
    """Let work on the case go on round the clock, from center to center; the customer is told. Guide: C-FTS-01."""
    with acting(case, Verb.PUT_ON_SUN, by=by, at=at, form=form) as act:
        act.record(EventKind.PUT_ON_SUN, reason=required(reason, "reason"))
    return act.case


def take_off_sun(case: Case, *, by: User, at: datetime, reason: str, form: Form = NO_FORM) -> Case:
    """Let the case stay with its region again, in the hours of its severity; the customer is told."""
    with acting(case, Verb.TAKE_OFF_SUN, by=by, at=at, form=form) as act:
        act.record(EventKind.TAKEN_OFF_SUN, reason=required(reason, "reason"))
    return act.case
