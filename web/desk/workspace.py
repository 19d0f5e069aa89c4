"""What an engineer sees of a case: the queue beside it, what was said, what can be done, and its facts.

However long the log, the page costs the same statements: the case, its clocks (two), its log (four) and the queue; a
few more for a case that follows the sun.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.enums import ENGINEER_ROLES, LinuxFlavor
from accounts.models import User
from accounts.permissions import may
from accounts.refusal import Refusal
from cases import rules
from cases.enums import CaseType, Channel, ClosureReason, Severity, Status, Verb
from cases.facts import State
from cases.models import Case
from cases.transitions import is_legal
from entitlements.enums import Activity
from sla.bases import calendar_of
from sla.calendars import next_opening, open_until
from sla.promises import MilestoneKind
from sla.queries import ClockView, clocks
from web import words
from web.case.timeline import Line, Row, Sheet, timeline
from web.case.times import Times
from web.desk.forms import ReplyForm
from web.desk.handover_sheet import handover_banner
from web.desk.queue import STATUS_WORDS, View, by_deadline, rows_of, views_of

PEEK = 12
IN_WORK = (Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that this person may do to the case now: a link to its form. `key` is its key on the keyboard."""

    name: str
    url: str
    icon: str
    key: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Composer:
    """Where one writes: to the customer, to support, or the choice between both."""

    form: ReplyForm
    to_customer: bool
    to_support: bool
    public: bool
    waiting: bool
    audience: str
    promise_days: int = rules.NEXT_UPDATE_WITHIN.days


@dataclass(frozen=True, slots=True)
class Silence:
    """Whether the case may close because nobody answers: `url` when it may now, else what is missing for it."""

    attempts: Sequence[str]
    missing: str
    url: str


def workspace(case: Case, reader: User, times: Times, view: str = "") -> dict[str, Any]:
    """Everything the workspace of `case` shows to this member of staff, who comes from the list named `view`."""
    views_here = views_of(reader, times.now)
    beside = views_here.get(view) or next(iter(views_here.values()))
    log, views = timeline(case, reader, times), clocks(case, times.now)
    first, more = offers(case, reader, times.now)
    return {
        "case": case,
        "status": STATUS_WORDS[Status(case.status)],
        "handover": handover_banner(case, reader, times),
        "badges": list(_badges(case)),
        "first": first,
        "more": more,
        "peek_name": beside.name,
        "peek": peek(beside, reader, times),
        "clocks": views,
        "timeline": log,
        "composer": composer(case, reader, log, views),
        "local": local_time(case, times),
        "facts": list(_facts(case, times)),
        "excluded": ", ".join(Activity(one).label for one in case.plan_version.excluded),
        "positions": severity_words(case.state),
        "severity_log": [row for row in log if isinstance(row, Line) and row.icon.startswith("severity-")],
        "silence": silence(case, reader, times),
        "version": _version_words(case),
    }


def peek(view: View, reader: User, times: Times) -> Sequence[Any]:
    """The head of a list of the queue."""
    return rows_of(list(by_deadline(reader).filter(view.cases)[:PEEK]), reader, times)


# What can be done


def offers(case: Case, reader: User, now: datetime) -> tuple[list[Offer], list[Offer]]:
    """What this person may do now: what is done often, and the rest. Legal and permitted things only."""
    first = [offer for verb, offer in _first(case) if _can(case, reader, verb)]
    more = [offer for verb, offer in _more(case, now) if _can(case, reader, verb)]
    return first, more


def _can(case: Case, reader: User, verb: Verb) -> bool:
    return (verb is Verb.VIEW or is_legal(case.state, verb)) and bool(may(reader, verb, case))


def _first(case: Case) -> Iterator[tuple[Verb, Offer]]:
    state = case.state
    yield Verb.ACCEPT, Offer("Take the case", _to(case, "acceptance"), "headset", "a", primary=True)
    yield Verb.VERIFY_ENTITLEMENT, Offer("Verify the entitlement", _to(case, "entitlement"), "shield")
    if agrees_to(state):
        yield Verb.AGREE_SEVERITY, Offer(f"Agree {agrees_to(state).label}", _to(case, "severity_agreement"), "check")  # type: ignore[union-attr]
    yield Verb.LOG_CALL, Offer("Log a call", _to(case, "calls"), "phone", "c")
    yield Verb.ASSIGN, Offer("Reassign" if case.owner_id else "Assign", _to(case, "owner"), "handover")
    yield Verb.PROPOSE_CLOSURE, Offer("Propose closure", _to(case, "closure"), "check", "e")


def _more(case: Case, now: datetime) -> Iterator[tuple[Verb, Offer]]:
    state = case.state
    if proposes(state):
        yield (
            Verb.PROPOSE_SEVERITY,
            Offer("Propose another severity", _to(case, "severity"), f"severity-{case.severity}"),
        )
    if lowers(state):
        yield Verb.REDUCE_SEVERITY, Offer("Lower the severity", _to(case, "severity_reduction"), "down")
    if state.follows_sun:
        yield Verb.VIEW, Offer("Handover sheet", _to(case, "handover"), "handover")
    yield Verb.PUT_ON_SUN, Offer("Put it on the sun", _to(case, "sun"), "sun")
    yield Verb.TAKE_OFF_SUN, Offer("Take it off the sun", _to(case, "sun_end"), "moon")
    yield Verb.RECORD_CONTACT_ATTEMPT, Offer("Record an attempt to reach", _to(case, "contact_attempts"), "mail")
    yield Verb.HOLD, Offer("Put the clock on hold", _to(case, "hold"), "paused")
    yield Verb.RESUME, Offer("Let the clock run again", _to(case, "resumption"), "running")
    if case.reopenable_until and now < case.reopenable_until:
        yield Verb.REOPEN, Offer("Reopen", _to(case, "reopening"), "history")
    elif case.reopenable_until:
        yield Verb.FOLLOW_ON, Offer("Continue in a new case", _to(case, "follow_on"), "link")


def _to(case: Case, act: str) -> str:
    return reverse(f"case_{act}", args=[case.number])


def agrees_to(state: State) -> Severity | None:
    """The severity that the customer put forward and support has not agreed to yet (C-SEV-01)."""
    settled = state.severity_agreed_at is not None and state.requested == state.severity
    return None if settled else state.requested


def proposes(state: State) -> bool:
    """Whether support has another severity to put forward."""
    lowest = state.severity + 1 if state.severity_agreed_at else Severity.ONE
    return any(one >= lowest and one != state.proposed for one in Severity)


def lowers(state: State) -> bool:
    """Whether there is an agreed severity that a manager may lower (C-SEV-04)."""
    return state.severity_agreed_at is not None and state.severity < Severity.FOUR


def silence(case: Case, reader: User, times: Times) -> Silence | None:
    """How far the case is from closing for no response; None when that is not for now, or not for this reader."""
    if not _can(case, reader, Verb.CLOSE_FOR_NO_RESPONSE):
        return None
    attempts = [f"{one.channel.label}, {times.short(one.at)}" for one in case.state.attempts]
    closable_at = case.closable_for_no_response_at
    try:
        rules.require_closable_for_no_response(closable_at, times.now)
    except Refusal as refusal:
        until = f" It may close from {words.moment(closable_at, times.zone, times.now)}." if closable_at else ""
        return Silence(attempts, f"{_so_far(case)}{refusal.message}{until}", "")
    return Silence(attempts, "", _to(case, "no_response"))


def _so_far(case: Case) -> str:
    """How many of the attempts that closing needs are made, and which kind is missing; nothing when all are."""
    attempts, zone = case.state.attempts, ZoneInfo(case.zone)
    if case.closable_for_no_response_at or not attempts:
        return ""
    days = {day for one in attempts if case.calendar.is_business_day(day := one.at.astimezone(zone).date())}
    lacking = [
        "a telephone call" if case.phone and all(one.channel is not Channel.PHONE for one in attempts) else "",
        "a message" if all(one.channel is Channel.PHONE for one in attempts) else "",
        "the announcement in the last message" if not attempts[-1].announces_closure else "",
    ]
    missing = " and ".join(one for one in lacking if one)
    return f"{len(days)} of {rules.ATTEMPTS_NEEDED} business days{f'; missing: {missing}' if missing else ''}. "


# Writing


def composer(case: Case, reader: User, log: Sequence[Row], views: Sequence[ClockView]) -> Composer | None:
    """The composer of this reader, None for who may not write. Public by default only after the customer's words."""
    to_customer, to_support = _can(case, reader, Verb.REPLY), _can(case, reader, Verb.NOTE)
    if not (to_customer or to_support):
        return None
    said = [row for row in log if isinstance(row, Sheet) and not row.internal]
    return Composer(
        form=ReplyForm(
            case,
            auto_id="say_%s",
            may_promise=reader.staff_role in ENGINEER_ROLES,
            initial={"waiting": case.status == Status.WAITING_FOR_CUSTOMER},
        ),
        to_customer=to_customer,
        to_support=to_support,
        public=to_customer and bool(said) and said[-1].side == "customer",
        waiting=case.status in IN_WORK,
        audience=_audience(case, reader, views),
    )


def _audience(case: Case, reader: User, views: Sequence[ClockView]) -> str:
    """Who gets a message, and what it means for the clocks (A-06)."""
    running = {one.explanation.milestone.kind for one in views if not one.explanation.milestone.ended_at}
    answers = reader.staff_role in ENGINEER_ROLES
    met = [name for kind, name in _MEETS.items() if answers and kind in running]
    meets = f"; it is {' and '.join(met)}" if met else ""
    return f"Mailed to {case.contact.user}, seen by {case.organization}{meets}"


_MEETS = {MilestoneKind.FIRST_RESPONSE: "the first response", MilestoneKind.NEXT_UPDATE: "the update you promised"}


# Facts


def _badges(case: Case) -> Iterator[tuple[str, str, str]]:
    """What stands out, as words, tone and icon."""
    if case.status != Status.CLOSED:
        if not case.severity_agreed_at:
            yield "severity not agreed yet", "warn", ""
        if not case.verified_at:
            yield "entitlement not verified", "warn", "shield"
        if case.held_at:
            yield "clock on hold", "", "paused"
        if case.on_sun:
            yield "on the sun", "sun", "sun"
    if case.reopenings:
        yield "reopened" if case.reopenings == 1 else f"reopened {case.reopenings} times", "", "history"


def local_time(case: Case, times: Times) -> tuple[str, str]:
    """The time at the account's place, and whether its business hours run: "14:22 GMT", "open until 18:00 GMT"."""
    calendar, now, zone = calendar_of(case.calendar), times.now, case.zone
    if closes := open_until(calendar, now):
        return words.time_of_day(now, zone), f"open until {words.time_of_day(closes, zone)}"
    return words.time_of_day(now, zone), f"closed until {words.moment(next_opening(calendar, now), zone, now)}"


def severity_words(state: State) -> str:
    """How both sides stand (A-10)."""
    if state.severity_agreed_at:
        if state.status is Status.CLOSED:
            return f"{state.severity.label} was agreed."
        return f"{state.severity.label} is agreed. It can be lowered, not raised."
    if state.proposed and state.proposed != state.requested and state.status is not Status.CLOSED:
        return (
            f"The customer asks for {state.requested.label}, we propose {state.proposed.label}: the graver one counts."
        )
    if state.status is Status.CLOSED:
        return f"{state.severity.label}; it was never agreed."
    return f"The customer asks for {state.requested.label}. Nothing is agreed yet."


def _version_words(case: Case) -> str:
    if not case.product_version:
        return "not known yet"
    supported = case.product_version in case.product.versions
    return f"{case.product_version}, {'supported' if supported else 'not on the list of supported versions'}"


def _facts(case: Case, times: Times) -> Iterator[tuple[str, str]]:
    yield "Product", str(case.product)
    if case.linux_flavor:
        yield "Linux", LinuxFlavor(case.linux_flavor).label
    yield "About", CaseType(case.case_type).label
    yield "Received", f"{times.short(case.received_at)}, by {Channel(case.channel).label.lower()}"
    yield "Owner", str(case.owner or "nobody yet")
    if case.case_manager:
        yield "Manager", str(case.case_manager)
    if case.closed_at:
        yield "Closed", f"{times.short(case.closed_at)}: {ClosureReason(case.closure_reason).label}"
    if case.reopenable_until and times.now < case.reopenable_until:
        yield "Can be reopened until", words.moment(case.reopenable_until, times.zone, times.now)
