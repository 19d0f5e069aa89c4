"""What Customer Service works on: cases whose entitlement nobody has verified yet, and the evidence about one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.permissions import may
from cases import operations
from cases.enums import Channel, EventKind, Status, Verb
from cases.models import Attachment, Case, CaseEvent, Message
from cases.transitions import is_legal
from entitlements.enums import Outcome
from sla.queries import clocks
from web import words
from web.case.timeline import File
from web.case.times import Times
from web.desk.queue import OPEN, PAGE, STATUS_WORDS, Row, by_deadline, rows_of

NEXT = 4
OTHERS = 8


def to_verify(reader: User) -> QuerySet[Case]:
    """The open cases that are not verified, next deadline first: received ones, and urgent ones already worked on."""
    return by_deadline(reader).filter(OPEN, verified_at=None)


@dataclass(frozen=True, slots=True)
class Intake:
    """The head of Customer Service's queue; `more` says that it goes on."""

    rows: Sequence[Row]
    more: bool


def intake(reader: User, times: Times) -> Intake:
    """The cases to verify that are due first, in one statement."""
    found = list(to_verify(reader)[: PAGE + 1])
    return Intake(rows_of(found[:PAGE], reader, times), len(found) > PAGE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of evidence: what was said, what the records say; `mark` is "agrees", "look" or "differs"."""

    what: str
    said: str
    recorded: str
    mark: str


MARK_WORDS = {"agrees": "agrees", "look": "worth a look", "differs": "differs"}
MARK_ICONS = {"agrees": "check", "look": "info", "differs": "warning"}
OUTCOME_WORDS = {
    Outcome.ENTITLED: "is entitled to support",
    Outcome.UNCLEAR: "may be entitled: you decide",
    Outcome.NOT_ENTITLED: "is not entitled to support",
}
OUTCOME_TONES = {
    Outcome.ENTITLED: ("", "good"),
    Outcome.UNCLEAR: ("warning", "warn"),
    Outcome.NOT_ENTITLED: ("refused", "bad"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the check found, and, once somebody decided, who and when."""

    outcome: Outcome
    title: str
    look: str
    tone: str
    checks: Sequence[dict[str, Any]]
    decided: str


def verification(case: Case, reader: User, times: Times) -> dict[str, Any]:
    """Everything the verification page shows beside its form."""
    judgement = _judgement(case, times)
    lines = list(_evidence(case, judgement, times))
    views = clocks(case, times.now)
    return {
        "case": case,
        "judgement": judgement,
        "evidence": [(line, MARK_WORDS[line.mark], MARK_ICONS[line.mark]) for line in lines],
        "tally": _tally(lines),
        "clock": views[0] if views else None,
        "status": STATUS_WORDS[Status(case.status)],
        "channel": Channel(case.channel).label.lower(),
        "received": times.moment(case.received_at, case.zone, case.calendar.place),
        "words": _words(case, reader),
        "others": _others(case, reader, times),
        "next": rows_of(list(to_verify(reader).exclude(pk=case.pk)[:NEXT]), reader, times),
        "may_verify": _offers(case, reader, Verb.VERIFY_ENTITLEMENT),
        "may_hold": _offers(case, reader, Verb.HOLD),
        "may_resume": _offers(case, reader, Verb.RESUME),
    }


def _offers(case: Case, reader: User, verb: Verb) -> bool:
    return is_legal(case.state, verb) and bool(may(reader, verb, case))


def _judgement(case: Case, times: Times) -> Judgement:
    """The check as it comes out now; once decided, as it was stored with the decision (C-STF-05)."""
    decided = _decision(case, times)
    verdict = case.verdict if decided else operations.recheck(case, times.now).as_data()
    outcome = Outcome(verdict["outcome"])
    look, tone = OUTCOME_TONES[outcome]
    title = f"{case.organization} {OUTCOME_WORDS[outcome]}"
    return Judgement(outcome, title, look, tone, verdict["checks"], decided)


def _decision(case: Case, times: Times) -> str:
    """Who verified or refused the case, and when; empty while nobody did."""
    if case.verified_at is None and case.status != Status.CLOSED:
        return ""
    kinds = [EventKind.ENTITLEMENT_VERIFIED, EventKind.CLOSED]
    event = CaseEvent.objects.filter(case=case, kind__in=kinds).select_related("by").order_by("seq").first()
    if event is None:
        return ""
    what = "Verified" if event.kind == EventKind.ENTITLEMENT_VERIFIED else "Closed without verification"
    against = f": {event.data['override']}" if event.data.get("override") else "."
    return f"{what} by {event.by or 'Support Portal'}, {times.short(event.at)}{against}"


def _evidence(case: Case, judgement: Judgement, times: Times) -> Iterator[Evidence]:
    organization, user = case.organization, case.contact.user
    place = f"{organization.place}, {organization.region}"
    yield Evidence("Organization", f"{organization}, Org ID {organization.org_id}", place, "agrees")
    said = {
        "product": str(case.product),
        "dates": f"Asked {times.short(case.received_at)}",
        "contact": f"{user}, by {Channel(case.channel).label.lower()}",
        "version": case.product_version or "not said",
    }
    for check in judgement.checks:
        subject = check["subject"]
        failing = "look" if subject == "version" else "differs"
        name = "Support" if subject == "dates" else subject.capitalize()
        yield Evidence(name, said[subject], check["text"], "agrees" if check["passed"] else failing)
    yield _telephone(case.phone, user.phone)


def _telephone(said: str, recorded: str) -> Evidence:
    known = f"{recorded} on the contact" if recorded else "No telephone on the contact."
    if _digits(said) == _digits(recorded):
        return Evidence("Telephone", said or "not said", known, "agrees" if said else "look")
    return Evidence("Telephone", said or "not said", known, "differs" if said and recorded else "look")


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _tally(lines: Sequence[Evidence]) -> str:
    """How many lines agree, in words: "5 agree, 1 to look at, 1 differs"."""
    count = {mark: sum(line.mark == mark for line in lines) for mark in MARK_WORDS}
    parts = [
        f"{count['agrees']} {'agrees' if count['agrees'] == 1 else 'agree'}",
        f"{count['look']} to look at" if count["look"] else "",
        f"{count['differs']} {'differs' if count['differs'] == 1 else 'differ'}" if count["differs"] else "",
    ]
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class FirstWords:
    """The case as it was sent."""

    body: str
    files: Sequence[File]


def _words(case: Case, reader: User) -> FirstWords | None:
    message = Message.objects.visible_to(reader).filter(case=case).order_by("pk").first()
    if message is None:
        return None
    files = Attachment.objects.visible_to(reader).filter(message=message).order_by("pk")
    return FirstWords(message.body, [File(one.get_absolute_url(), one.name, words.size(one.size)) for one in files])


def _others(case: Case, reader: User, times: Times) -> Sequence[Row]:
    """Other open cases of the organization."""
    cases = by_deadline(reader).filter(OPEN, organization=case.organization_id)
    return rows_of(list(cases.exclude(pk=case.pk)[:OTHERS]), reader, times)


def refusal_text(case: Case, now: datetime) -> str:
    """Words to begin a refusal with, for the customer: whoever refuses goes over them (C-CLS-04).

    They give the reasons of the check as it comes out `now` (aware); a version is never one (A-27).
    """
    checks = operations.recheck(case, now).checks
    reasons = " ".join(one.text for one in checks if not one.passed and one.subject != "version")
    return (
        f"Thank you for writing to us about “{case.subject}”.\n\n"
        f"We cannot work on this case{f'. {reasons}' if reasons else '.'}\n\n"
        "If you think this is a mistake, or once it is put right, open a new case or call Customer Service: we gladly"
        " look again."
    )
