"""Counting the clocks of a case by other business hours, or by another version of its plan."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import FrozenCalendar, User
from cases.enums import EventKind, Verb
from cases.models import Case
from cases.operations.frame import acting
from cases.texts import required
from entitlements.models import PlanVersion


def change_terms(
    case: Case,
    *,
    by: User,
    at: datetime,
    reason: str,
    calendar: FrozenCalendar | Callable[[Case], FrozenCalendar] | None = None,
    plan_version: PlanVersion | None = None,
) -> Case:
    """Count the clocks that run on an open case by `calendar`, `plan_version` or both, from their start.

    A function as `calendar` makes it of the case as it is under its lock, so that what somebody else has changed
    meanwhile is kept. What is met, missed or withdrawn stays as it is. `reason` says what changed; the customer reads
    it. A case that is counted so already stays untouched. Guide: C-DOC-04; reading A-09.
    """
    with acting(case, Verb.CHANGE_TERMS, by=by, at=at) as act:
        changed = act.case
        if callable(calendar):
            calendar = calendar(changed)
        calendar, plan_version = calendar or changed.calendar, plan_version or changed.plan_version
        before = {"calendar_before": changed.calendar.digest, "plan_version_before": changed.plan_version_id}
        if (calendar.digest, plan_version.pk) == tuple(before.values()):
            return changed
        changed.calendar, changed.plan_version = calendar, plan_version
        changed.save(update_fields=["calendar", "plan_version"])
        after = {"calendar": calendar.digest, "plan_version": plan_version.pk}
        act.record(EventKind.TERMS_CHANGED, **after, **before, reason=required(reason, "reason"))
    return changed
