"""Logs told in a few words: what happens to a case in London, in the two working weeks from Monday 12 January 2026.

Moments read "Mon 09:00", in the second week "next Mon 09:00"; London is on UTC then.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from cases.enums import ActorRole, ClosureReason, EventKind, HoldReason, Severity, Side
from cases.facts import Fact
from entitlements.enums import Hours
from sla.calendars import Calendar
from sla.promises import MilestoneKind, Promise, Promises

LONDON = Calendar("Europe/London", {weekday: [(time(8), time(18))] for weekday in range(5)})
ENGINEER, CONTACT, CUSTOMER_SERVICE = ActorRole.SUPPORT_ENGINEER, ActorRole.CONTACT, ActorRole.CUSTOMER_SERVICE
MANAGER, PORTAL = ActorRole.SUPPORT_MANAGER, ActorRole.SYSTEM

# An unnumbered fact: what it is, when and by whom.
Told = Callable[[int], Fact]


def promise(severity: int, minutes: int, hours: Hours) -> Promise:
    target, clause = timedelta(minutes=minutes), f"C-SLA-0{severity}"
    return Promise(MilestoneKind.FIRST_RESPONSE, Severity(severity), target, hours, clause)


STANDARD = Promises(
    (
        promise(1, 30, Hours.ALWAYS),
        promise(2, 120, Hours.BUSINESS),
        promise(3, 480, Hours.BUSINESS),
        promise(4, 480, Hours.BUSINESS),
    )
)


def at(words: str) -> datetime:
    *following, weekday, clock = words.split()
    day = 12 + ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(weekday) + 7 * len(following)
    return datetime.combine(datetime(2026, 1, day, tzinfo=UTC), time.fromisoformat(clock), UTC)


def story(*told: Told) -> list[Fact]:
    return [tell(seq) for seq, tell in enumerate(told, start=1)]


def happened(kind: EventKind, when: str | datetime, role: ActorRole, **data: Any) -> Told:
    moment = at(when) if isinstance(when, str) else when
    return lambda seq: Fact(seq, kind, moment, role, data)


def received(when, severity: int = 3, recorded: str | None = None) -> Told:
    moment = at(when) if isinstance(when, str) else when
    data = {"requested": severity, "channel": "web", "received_at": moment.isoformat(), "message": 1}
    data |= {"phone": ""}
    return happened(EventKind.RECEIVED, recorded or moment, CONTACT, **data)


def verified(when) -> Told:
    return happened(EventKind.ENTITLEMENT_VERIFIED, when, CUSTOMER_SERVICE, verdict={}, override="")


def assigned(when) -> Told:
    return happened(EventKind.ASSIGNED, when, ENGINEER, owner=1, before=None, case_manager=None, reason="", note="")


def replied(when, by: ActorRole = ENGINEER) -> Told:
    return happened(EventKind.REPLIED, when, by, message=2, waiting=False)


def noted(when, by: ActorRole = ENGINEER) -> Told:
    return happened(EventKind.NOTED, when, by, note=1)


def called(when, by: ActorRole = ENGINEER, *, reached: bool) -> Told:
    return happened(EventKind.CALLED, when, by, reached=reached, summary="Asked for the logs.")


def attempted(when, by: ActorRole = ENGINEER, *, message: int | None) -> Told:
    channel = "phone" if message is None else "email"
    data = {"channel": channel, "announces_closure": False, "message": message, "summary": ""}
    return happened(EventKind.CONTACT_ATTEMPTED, when, by, **data)


def held(when) -> Told:
    return happened(EventKind.HELD, when, CUSTOMER_SERVICE, reason=HoldReason.UNREACHABLE_CONTACT)


def resumed(when) -> Told:
    return happened(EventKind.RESUMED, when, CUSTOMER_SERVICE)


def proposed(when, severity: int, side: Side = Side.SUPPORT) -> Told:
    role = ENGINEER if side is Side.SUPPORT else CONTACT
    return happened(EventKind.SEVERITY_PROPOSED, when, role, severity=severity, side=side, reason="", phone="")


def agreed(when, severity: int) -> Told:
    return happened(EventKind.SEVERITY_AGREED, when, CONTACT, severity=severity, phone="")


def reduced(when, severity: int) -> Told:
    data = {"before": severity - 1, "severity": severity, "reason": "A workaround exists.", "agreed": False}
    return happened(EventKind.SEVERITY_REDUCED, when, MANAGER, **data)


def terms_changed(when, reason: str = "Holidays of 2026") -> Told:
    data = {"calendar": "new", "calendar_before": "old", "plan_version": 2, "plan_version_before": 1, "reason": reason}
    return happened(EventKind.TERMS_CHANGED, when, ActorRole.ADMIN, **data)


def closure_proposed(when) -> Told:
    return happened(EventKind.CLOSURE_PROPOSED, when, ENGINEER, **_closure(ClosureReason.RESOLVED))


def closed(when, reason: ClosureReason = ClosureReason.RESOLVED) -> Told:
    return happened(EventKind.CLOSED, when, CUSTOMER_SERVICE, **_closure(reason))


def _closure(reason: ClosureReason) -> dict[str, Any]:
    return {"problem": "Guests stop.", "resolution": "Fixed.", "reason": reason}


def reopened(when) -> Told:
    return happened(EventKind.REOPENED, when, CONTACT, owner=1, message=3)


def warned(when, share: int, due: str, cycle: int = 1) -> Told:
    data = {"cycle": cycle, "share": share, "due_at": at(due).isoformat()}
    return happened(EventKind.FIRST_RESPONSE_WARNED, when, PORTAL, **data)


def breached(when, due: str, cycle: int = 1) -> Told:
    return happened(EventKind.FIRST_RESPONSE_BREACHED, when, PORTAL, cycle=cycle, due_at=at(due).isoformat())
