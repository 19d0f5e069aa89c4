"""The case's own rules of the guide. Standard library only; every instant is aware."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.refusal import Refusal
from accounts.telephones import require_number
from cases.enums import ENGINEERS, ActorRole, Channel, Severity
from cases.facts import Attempt, State

RECORDED_WITHIN = timedelta(days=1)
REOPEN_DAYS = 30
ATTEMPTS_NEEDED = 3
BUSINESS_DAYS_AFTER_LAST_ATTEMPT = 2
NEXT_UPDATE_WITHIN = timedelta(days=60)
SHEET_OPENS = timedelta(minutes=45)


def require_recent_receipt(received_at: datetime, at: datetime) -> None:
    """A call becomes a case while it lasts or soon after: its start is in the day before `at` (C-CHN-01, A-07)."""
    if not at - RECORDED_WITHIN <= received_at <= at:
        raise Refusal("receipt_out_of_range", "A call is recorded within 24 hours of its start, and not before it.")


def require_next_update(until: datetime, role: ActorRole, at: datetime) -> None:
    """Who works on the case may promise at `at` to write again: a moment to come, within bounds (A-08)."""
    if role not in ENGINEERS:
        raise Refusal("next_update_not_yours", "Only an engineer promises when the engineers write again.")
    if until <= at:
        raise Refusal("next_update_impossible", "This moment lies in the past: choose one to come.")
    if not timedelta(minutes=1) <= until - at <= NEXT_UPDATE_WITHIN:
        raise Refusal("next_update_impossible", f"Choose a moment within the next {NEXT_UPDATE_WITHIN.days} days.")


def require_sheet_open(change: datetime, at: datetime) -> None:
    """A handover sheet is completed shortly before others take the case over: earlier it would be stale (C-FTS-01)."""
    if at < change - SHEET_OPENS:
        minutes = SHEET_OPENS // timedelta(minutes=1)
        raise Refusal("sheet_not_open", f"The handover sheet opens {minutes} minutes before the handover.")


def require_phone(severity: Severity, phone: str) -> None:
    """Severity 1 needs a telephone number that reaches somebody now (A-04)."""
    if severity is not Severity.ONE:
        return
    if not phone:
        raise Refusal("phone_missing", "Severity 1 needs a telephone number under which we reach you now.")
    require_number(phone)


def require_agreed(state: State) -> None:
    """Only what both sides agreed to can be lowered without the customer (C-SEV-04)."""
    if not state.severity_agreed_at:
        raise Refusal("severity_not_agreed", "No severity is agreed yet: propose one instead.")


def require_lower_severity(present: Severity, to: Severity) -> None:
    """Once agreed, a severity only gets less severe (C-SEV-03, C-SEV-04)."""
    if to <= present:
        raise Refusal(
            "severity_not_lower",
            f"Severity {present} is agreed and can only become less severe. If things got worse, raise the case to"
            " management or open a new case of the higher severity that refers to this one.",
        )


def require_open_to_proposals(state: State, to: Severity, own: Severity | None) -> None:
    """Before the agreement both sides may move either way; after it only downwards, or back from a wish (A-10).

    `own` is the present position of the side that proposes.
    """
    if state.severity_agreed_at and not takes_back(state, to, own):
        require_lower_severity(state.severity, to)


def takes_back(state: State, to: Severity, own: Severity | None) -> bool:
    """Whether putting `to` forward only takes back one's own wish to lower the agreed severity."""
    return state.severity_agreed_at is not None and to == state.severity != own


def require_agreeable(state: State, severity: Severity, other: Severity | None) -> None:
    """One side can only agree to what the other put forward last (C-SEV-01)."""
    if other is None or severity != other:
        raise Refusal("severity_not_proposed", f"The other side has not proposed severity {severity}.")
    if state.severity_agreed_at and severity == state.severity:
        raise Refusal("severity_already_agreed", f"Severity {severity} is already agreed.")


def reopen_window_ends(closed_at: datetime, zone: str) -> datetime:
    """The first instant at which a case closed at `closed_at` can no longer be reopened, as aware UTC.

    The window is open until the end of the 30th calendar day after the closure in the account's zone (C-RPN-01, A-13).
    """
    local = closed_at.astimezone(ZoneInfo(zone)).date()
    midnight = datetime.combine(local + timedelta(days=REOPEN_DAYS + 1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC)


def require_in_reopen_window(closed_at: datetime, zone: str, at: datetime) -> None:
    """Raise Refusal when the window has passed (C-RPN-02)."""
    if at >= reopen_window_ends(closed_at, zone):
        raise Refusal(
            "reopen_window_over",
            f"The {REOPEN_DAYS} days in which this case could be reopened have passed."
            " Open a new case that refers to it.",
        )


def require_after_reopen_window(closed_at: datetime, zone: str, at: datetime) -> None:
    """Raise Refusal while the case can still be reopened: a follow-on case is for afterwards (C-RPN-02)."""
    if at < reopen_window_ends(closed_at, zone):
        raise Refusal("still_reopenable", "This case can still be reopened; that keeps its history together.")


def closable_for_no_response_at(
    attempts: Sequence[Attempt],
    *,
    zone: str,
    has_phone: bool,
    is_business_day: Callable[[date], bool],
    close_of_business: Callable[[date], datetime],
) -> datetime | None:
    """When the case may close for no response: the close of business two business days after the last attempt, or None.

    None while attempts are missing: three on three different business days, by telephone and in writing where a number
    is known, the last one announcing the closure (C-CLS-05, A-15). A message reaches its reader on the page and by mail
    at once, so that both are one channel.
    """
    days = {day for one in attempts if is_business_day(day := one.at.astimezone(ZoneInfo(zone)).date())}
    ways = {one.channel is Channel.PHONE for one in attempts}
    enough = len(attempts) >= ATTEMPTS_NEEDED and len(days) >= ATTEMPTS_NEEDED
    varied = len(ways) == 2 or not has_phone
    if not (enough and varied and attempts[-1].announces_closure):
        return None
    day = attempts[-1].at.astimezone(ZoneInfo(zone)).date()
    for _ in range(BUSINESS_DAYS_AFTER_LAST_ATTEMPT):
        day = _next_business_day(day, is_business_day)
    return close_of_business(day)


def require_written_announcement(channel: Channel, announces_closure: bool) -> None:
    """The customer is told in writing that the case will close: a call that nobody took tells nothing (A-15)."""
    if announces_closure and channel is Channel.PHONE:
        raise Refusal("announcement_not_written", "Announce the closure in a message: nobody took this call.")


def require_closable_for_no_response(closable_at: datetime | None, at: datetime) -> None:
    """Raise Refusal until the attempts are enough and the last wait is over (C-CLS-05)."""
    if closable_at is None:
        raise Refusal(
            "attempts_missing",
            f"Closing for no response needs {ATTEMPTS_NEEDED} attempts on {ATTEMPTS_NEEDED} business days, by telephone"
            " and in writing where a telephone number is known, the last one announcing the closure.",
        )
    if at < closable_at:
        raise Refusal("attempts_too_recent", "The customer still has time to answer the last attempt.")


def _next_business_day(day: date, is_business_day: Callable[[date], bool]) -> date:
    """The first business day after `day`. Raises ValueError when a year holds none."""
    for _ in range(366):
        day += timedelta(days=1)
        if is_business_day(day):
            return day
    raise ValueError("the calendar has no business day within a year")


def attempts_in_words(attempts: Sequence[Attempt], zone: str) -> str:
    """The attempts as one paragraph of the closure summary, in the account's zone."""
    lines = [f"{one.channel.label} on {one.at.astimezone(ZoneInfo(zone)):%d %b %Y at %H:%M %Z}" for one in attempts]
    return "We tried to reach you and received no answer: " + "; ".join(lines) + "."
