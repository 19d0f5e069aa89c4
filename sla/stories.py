"""A story: what might happen to a case, told in JSON and read with care. Standard library only.

`docs/stories.md` has the schema. Whatever is wrong is refused with the line and the field it stands in. Reading asks no
clock and no database: regions, countries and plans are names here, which `sla.simulation` has looked up.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from accounts.enums import Worded
from cases.enums import ActorRole, Callback, Channel, ClosureReason, HoldReason, Severity
from entitlements.enums import Hours
from sla.calendars import Calendar
from sla.promises import MilestoneKind, Promise, Promises
from sla.story_fields import Fields, Spot, StoryError, read_fields
from sla.words import WEEKDAYS

LONGEST_STORY = 200_000  # characters
MOST_FACTS, MOST_REQUESTS = 200, 20

CUSTOMERS = (ActorRole.CONTACT, ActorRole.THIRD_PARTY)
ENGINEERS = (ActorRole.SUPPORT_ENGINEER, ActorRole.ESCALATION_ENGINEER, ActorRole.ENGINEERING)
STAFF = (*ENGINEERS, ActorRole.CUSTOMER_SERVICE, ActorRole.SUPPORT_MANAGER)
SERVICE = (ActorRole.CUSTOMER_SERVICE, ActorRole.SUPPORT_MANAGER)


class StoryKind(Worded):
    """What can happen in a story."""

    RECEIVED = "received", "Case received"
    VERIFIED = "verified", "Entitlement verified"
    HELD = "held", "Clock put on hold"
    RESUMED = "resumed", "Hold ended"
    ASSIGNED = "assigned", "Taken by an engineer"
    REPLIED = "replied", "Reply to the customer"
    ANSWERED = "answered", "Customer answered"
    NOTED = "noted", "Internal note"
    CALLED = "called", "Telephone call"
    SEVERITY_PROPOSED = "severity_proposed", "Severity proposed"
    SEVERITY_AGREED = "severity_agreed", "Severity agreed"
    SEVERITY_REDUCED = "severity_reduced", "Severity lowered"
    ATTEMPTED = "attempted", "Attempt to reach the contact"
    CLOSURE_PROPOSED = "closure_proposed", "Closure proposed"
    CLOSURE_REJECTED = "closure_rejected", "Closure rejected"
    CLOSED = "closed", "Case closed"
    REOPENED = "reopened", "Case reopened"
    ESCALATED = "escalated", "Escalated to management"
    ACKNOWLEDGED = "acknowledged", "Escalation acknowledged"
    CALL_BACK_REQUESTED = "call_back_requested", "Call-back requested"
    RECALCULATED = "recalculated", "Counted anew by other terms"


REQUESTS = (StoryKind.ESCALATED, StoryKind.CALL_BACK_REQUESTED)

# Who does it: the first unless the story says otherwise.
WHO: Mapping[StoryKind, tuple[ActorRole, ...]] = {
    StoryKind.RECEIVED: (*CUSTOMERS, ActorRole.CUSTOMER_SERVICE),
    StoryKind.VERIFIED: SERVICE,
    StoryKind.HELD: SERVICE,
    StoryKind.RESUMED: SERVICE,
    StoryKind.ASSIGNED: STAFF,
    StoryKind.REPLIED: STAFF,
    StoryKind.ANSWERED: CUSTOMERS,
    StoryKind.NOTED: STAFF,
    StoryKind.CALLED: STAFF,
    StoryKind.SEVERITY_PROPOSED: (*ENGINEERS, *CUSTOMERS, ActorRole.SUPPORT_MANAGER),
    StoryKind.SEVERITY_AGREED: (*CUSTOMERS, *ENGINEERS, ActorRole.SUPPORT_MANAGER),
    StoryKind.SEVERITY_REDUCED: (ActorRole.SUPPORT_MANAGER,),
    StoryKind.ATTEMPTED: STAFF,
    StoryKind.CLOSURE_PROPOSED: STAFF,
    StoryKind.CLOSURE_REJECTED: CUSTOMERS,
    StoryKind.CLOSED: CUSTOMERS,
    StoryKind.REOPENED: (*CUSTOMERS, *STAFF),
    StoryKind.ESCALATED: CUSTOMERS,
    StoryKind.ACKNOWLEDGED: (ActorRole.SUPPORT_MANAGER,),
    StoryKind.CALL_BACK_REQUESTED: CUSTOMERS,
    StoryKind.RECALCULATED: (ActorRole.ADMIN,),
}


@dataclass(frozen=True, slots=True)
class Account:
    """Where an organization is; `hours` are its own business hours, None for those of its region and country."""

    zone: str
    place: str
    region: str
    country: str
    subdivision: str
    hours: Calendar | None
    names: Mapping[date, str]
    at: Spot


@dataclass(frozen=True, slots=True)
class Plan:
    """What is promised: the version in force of the plan with this code on the day, or the `promises` of the story."""

    name: str
    promises: Promises | None
    at: Spot


@dataclass(frozen=True, slots=True)
class StoryFact:
    """One thing that happens, `when` an aware UTC instant."""

    kind: StoryKind
    when: datetime
    by: ActorRole
    data: Mapping[str, Any]
    at: Spot


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it was read; `until` (aware UTC) is the moment at which its clocks are looked at."""

    title: str
    account: Account
    plan: Plan
    facts: tuple[StoryFact, ...]
    until: datetime


def read_story(text: str) -> Story:
    """Read a story. Raises StoryError, with the line and the field, for one that is not as `docs/stories.md` says."""
    if len(text) > LONGEST_STORY:
        raise StoryError(1, "", f"A story has at most {LONGEST_STORY:,} characters.")
    return _story(read_fields(text))


# The story


def _story(fields: Fields) -> Story:
    title = fields.text("title")
    account = _account(fields.object("organization", needed=True))
    plan = _plan(fields, fields.at.under("plan"))
    zone = ZoneInfo(account.zone)
    facts = tuple(_fact(spot, value, zone) for spot, value in fields.items("facts"))
    _require_order(fields.at, facts)
    until = fields.moment("until", zone) if "until" in fields.value else facts[-1].when
    if until < facts[-1].when:
        fields.at.refuse("The story is looked at after its last fact.", "until")
    if until - facts[0].when > timedelta(days=3653):
        fields.at.refuse("A story lasts ten years at most.", "facts")
    fields.end()
    return Story(title, account, plan, facts, until)


def _require_order(at: Spot, facts: tuple[StoryFact, ...]) -> None:
    if not facts or facts[0].kind is not StoryKind.RECEIVED:
        at.refuse("A story begins with the receipt of the case: a fact “received”.", "facts")
    if len(facts) > MOST_FACTS:
        at.refuse(f"A story has at most {MOST_FACTS} facts.", "facts")
    if sum(fact.kind in REQUESTS for fact in facts) > MOST_REQUESTS:
        at.refuse(f"A story has at most {MOST_REQUESTS} escalations and call-backs.", "facts")
    for before, fact in pairwise(facts):
        if fact.kind is StoryKind.RECEIVED:
            fact.at.refuse("A case is received once.", "fact")
        if fact.when < before.when:
            fact.at.refuse("Facts are told in the order in which they happened; this lies before the one above.", "at")


def _account(fields: Fields) -> Account:
    zone = fields.text("zone", needed=True)
    try:
        always = Calendar(zone, {0: [(time(0), time(0))]})
    except ValueError:
        fields.at.refuse(f"“{zone}” is not the name of a time zone such as Europe/London.", "zone")
    own = "hours" in fields.value
    account = Account(
        zone=always.zone,
        place=fields.text("place"),
        region=fields.text("region", needed=not own),
        country=fields.text("country", needed=not own),
        subdivision=fields.text("subdivision"),
        hours=_hours(fields.object("hours"), zone) if own else None,
        names=_names(fields.object("hours")) if own else {},
        at=fields.at,
    )
    fields.end()
    return account


def _hours(fields: Fields, zone: str) -> Calendar:
    """Business hours of the story's own: a week, and the days that are closed or close early."""
    week = fields.object("weekly", needed=True)
    weekly = {number: list(_intervals(week, name.lower())) for number, name in enumerate(WEEKDAYS)}
    week.end()
    closed, early = fields.object("holidays"), fields.object("half_days")
    days = {_day(closed, name) for name in closed.value}
    half_days = {_day(early, name): _clock(early, early.text(name), name) for name in early.value}
    fields.end()
    try:
        return Calendar(zone, weekly, frozenset(days), half_days)
    except ValueError as error:
        fields.at.refuse(f"These hours are impossible: {error}.", "weekly")


def _names(fields: Fields) -> dict[date, str]:
    closed, early = fields.object("holidays"), fields.object("half_days")
    named = {_day(closed, name): closed.text(name) for name in closed.value}
    return named | {_day(early, name): f"closed from {early.text(name)}" for name in early.value}


def _intervals(week: Fields, name: str) -> Iterator[tuple[time, time]]:
    if name not in week.value:
        week.taken.add(name)
        return
    for spot, value in week.items(name):
        if not isinstance(value, list) or len(value) != 2 or not all(isinstance(one, str) for one in value):
            spot.refuse('An interval is two times of day, such as ["08:00", "18:00"].')
        opens, closes = value
        yield _clock(week, opens, name), time(0) if closes == "24:00" else _clock(week, closes, name)


def _clock(fields: Fields, text: str, name: str) -> time:
    if not re.fullmatch(r"\d\d:\d\d", text):
        fields.at.refuse("Write times of day as 08:00.", name)
    try:
        return time.fromisoformat(text)
    except ValueError:
        fields.at.refuse(f"There is no {text}.", name)


def _day(fields: Fields, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fields.at.refuse("Write days as 2026-12-25.", text)


def _plan(fields: Fields, at: Spot) -> Plan:
    """The name of a plan, or targets of the story's own for the four severities."""
    value = fields.take("plan", "standard")
    if isinstance(value, str):
        return Plan(value, None, at)
    own = at.object(value)
    name = own.text("name", "The plan of this story")
    targets = own.object("targets", needed=True)
    rows = [_target(targets.object(str(int(one)), needed=True), one) for one in Severity]
    targets.end()
    own.end()
    return Plan(name, Promises(tuple(rows)), at)


def _target(fields: Fields, severity: Severity) -> Promise:
    minutes = fields.number("minutes", 1, 60 * 24 * 60)
    hours = fields.choice("hours", Hours)
    fields.end()
    clause = f"C-SLA-0{int(severity)}"
    return Promise(MilestoneKind.FIRST_RESPONSE, severity, timedelta(minutes=minutes), hours, clause)


def _fact(at: Spot, value: Any, zone: ZoneInfo) -> StoryFact:
    fields = at.object(value)
    kind = fields.choice("fact", StoryKind)
    when = fields.moment("at", zone)
    who = WHO[kind]
    by = fields.choice("by", ActorRole, who[0], who)
    data = _data(fields, kind, zone)
    fields.end()
    return StoryFact(kind, when, by, data, at)


def _data(fields: Fields, kind: StoryKind, zone: ZoneInfo) -> dict[str, Any]:
    """What this kind of fact tells besides when and by whom."""
    match kind:
        case StoryKind.RECEIVED:
            channel = fields.choice("channel", Channel, Channel.WEB)
            return {"severity": fields.severity(), "channel": channel, "phone": fields.text("phone")}
        case StoryKind.HELD:
            return {"reason": fields.choice("reason", HoldReason, HoldReason.UNREACHABLE_CONTACT)}
        case StoryKind.REPLIED:
            promised = fields.moment("next_update", zone) if "next_update" in fields.value else None
            fields.taken.add("next_update")
            return {"waiting": fields.flag("waiting"), "next_update": promised}
        case StoryKind.CALLED:
            return {"reached": fields.flag("reached", True)}
        case StoryKind.SEVERITY_PROPOSED:
            return {"severity": fields.severity(), "phone": fields.text("phone")}
        case StoryKind.SEVERITY_AGREED | StoryKind.SEVERITY_REDUCED:
            return {"severity": fields.severity()}
        case StoryKind.ATTEMPTED:
            channel = fields.choice("channel", Channel, Channel.EMAIL)
            return {"channel": channel, "announces_closure": fields.flag("announces_closure")}
        case StoryKind.CLOSURE_PROPOSED:
            answers = (ClosureReason.RESOLVED, ClosureReason.ANSWERED)
            return {"reason": fields.choice("reason", ClosureReason, ClosureReason.RESOLVED, answers)}
        case StoryKind.ESCALATED:
            return {"channel": fields.choice("channel", Channel)}
        case StoryKind.CALL_BACK_REQUESTED:
            return {"whom": fields.choice("whom", Callback, Callback.ENGINEER)}
        case StoryKind.RECALCULATED:
            return _other_terms(fields)
        case _:
            return {}


def _other_terms(fields: Fields) -> dict[str, Any]:
    """Another plan, another organization's place, or both; and what customers would read."""
    if not {"plan", "organization"} & fields.value.keys():
        fields.at.refuse("Say what changes: “plan”, “organization” or both.")
    plan = _plan(fields, fields.at.under("plan")) if "plan" in fields.value else None
    account = _account(fields.object("organization")) if "organization" in fields.value else None
    fields.taken |= {"plan", "organization"}
    return {"reason": fields.text("reason", "Other terms"), "plan": plan, "account": account}
