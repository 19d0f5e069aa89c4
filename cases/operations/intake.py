"""Customer Service: the entitlement check, its refusal, and the one hold."""

from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.standing import may_open_cases
from cases.enums import (
    ClosureReason,
    EventKind,
    HoldReason,
    Verb,
)
from cases.models import Case
from cases.operations.frame import NO_FORM, Form, acting
from cases.texts import cleaned, required
from entitlements import operations as entitlements
from entitlements.rules import Verdict


def recheck(case: Case, at: datetime) -> Verdict:
    """The entitlement check as it comes out now, for the day on which support was asked for: receipt or reopening.

    A reading for whoever decides, at `at` (aware); it changes nothing. Guide: C-STF-05.
    """
    reopened = case.events.filter(kind=EventKind.REOPENED).order_by("seq").last()
    asked_at = reopened.at if reopened else case.received_at
    return entitlements.check(
        case.organization,
        case.product,
        case.product_version,
        on=asked_at.astimezone(ZoneInfo(case.zone)).date(),
        contact=may_open_cases(case.contact.standing, at),
    )


def verify_entitlement(case: Case, *, by: User, at: datetime, override: str = "", form: Form = NO_FORM) -> Case:
    """Confirm that the case may be worked on, keeping the evidence, and hand it to the engineers.

    The check is made again. Going against a verdict that is not "entitled" needs a reason (`override`); the promise of
    the plan under which the case was received stays (A-09). Guide: C-STF-05, C-STF-06, C-LIF-02.
    """
    with acting(case, Verb.VERIFY_ENTITLEMENT, by=by, at=at, form=form) as act:
        verdict = recheck(act.case, at)
        override = cleaned(override, "override")
        entitlements.require_reason_against(verdict, override)
        act.keep_evidence(verdict)
        act.record(EventKind.ENTITLEMENT_VERIFIED, verdict=act.case.verdict, override=override)
    return act.case


def refuse(case: Case, *, by: User, at: datetime, reason: str, form: Form = NO_FORM) -> Case:
    """Close a case that is not covered, with the evidence and a reason the customer is told (C-CLS-04)."""
    with acting(case, Verb.REFUSE, by=by, at=at, form=form) as act:
        act.keep_evidence(recheck(act.case, at))
        act.record(
            EventKind.CLOSED,
            reason=ClosureReason.NOT_ENTITLED,
            problem=act.case.subject,
            resolution=required(reason, "reason"),
            verdict=act.case.verdict,
        )
    return act.case


def hold(case: Case, reason: HoldReason, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Stop the first-response clock while the organization or contact cannot be reached: the one such hold (A-08)."""
    reason = HoldReason(reason)
    with acting(case, Verb.HOLD, by=by, at=at, form=form) as act:
        act.record(EventKind.HELD, reason=reason)
    return act.case


def resume(case: Case, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Let a held first-response clock run again (A-08)."""
    with acting(case, Verb.RESUME, by=by, at=at, form=form) as act:
        act.record(EventKind.RESUMED)
    return act.case
