"""The handover of a case as a page shows it: the sheet, who can be reached now, and the banner above the workspace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from accounts.enums import CaseSight, ContactRole
from accounts.models import Contact, User
from accounts.permissions import may
from accounts.standing import may_open_cases
from cases.enums import ActorRole, EventKind, Severity, Status, Turn, Verb
from cases.facts import Fact
from cases.handover_sheet import Sheet, sheet
from cases.models import Case, CaseEvent, Message, Note
from cases.rules import SHEET_OPENS
from cases.transitions import is_legal
from sla.bases import calendar_of
from sla.calendars import is_open, next_opening
from sla.handovers import ACCEPTED_WITHIN
from sla.relay import Change
from sla.sun_moves import Outlook
from web import words
from web.case.forms import CaseForm
from web.case.times import Moment, Times
from web.desk.queue import STATUS_WORDS

PREFILLED = 600  # letters of what was written elsewhere
ASKED = 240  # of a whole message, which begins with what it asks for; the rest stands in the log beside the form
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Part:
    """A passage of the sheet: `text` is Markdown, `source` says who said so and when."""

    name: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Somebody of the customer: `time` is local, `awake` whether it lies in the hours of the account.

    `back` says for the reader when they begin again; empty for who is at work.
    """

    name: str
    roles: str
    phone: str
    time: str
    awake: bool
    back: str


@dataclass(frozen=True, slots=True)
class Banner:
    """What a handover asks of the reader, above the workspace; `form` accepts one that `is_here`."""

    tone: str
    icon: str
    title: str
    text: str
    at: datetime
    countdown: str
    sheet: str
    is_here: bool = False
    form: CaseForm | None = None
    button: str = ""


@dataclass(frozen=True, slots=True)
class Prospect:
    """The handover that a sheet is for: when, and to which places."""

    at: datetime
    to: str

    @property
    def opens_at(self) -> datetime:
        return self.at - SHEET_OPENS


def sheet_page(case: Case, reader: User, times: Times) -> dict[str, Any]:
    """Everything the page of the sheet shows, in a number of statements that the log does not change."""
    events = {one.seq: one for one in CaseEvent.objects.visible_to(reader).filter(case=case).select_related("by")}
    told = sheet([events[seq].fact for seq in sorted(events)])
    texts = _Texts(case, reader, events, told)
    prospect = _prospect(case, reader, told, times.now)
    return {
        "case": case,
        "prospect": prospect,
        "when": times.moment(prospect.at, case.zone, case.calendar.place) if prospect else None,
        "countdown": words.countdown(prospect.at, times.now) if prospect else "",
        "opens": times.clock(prospect.opens_at) if prospect else "",
        "is_open": prospect is not None and prospect.opens_at <= times.now,
        "banner": handover_banner(case, reader, times),
        "completed": list(_completed(told, texts, times)),
        "is_ready": _is_ready(told, prospect),
        "why": told.handover.data["why"] if told.handover and case.handed_over_at else [],
        "state": state_words(case, times),
        "from_log": list(_from_log(told, texts, times)),
        "promised": _promised(case, told, times),
        "reach": list(_reach(case, reader, times)),
        "initial": _prefilled(told, texts),
    }


def _prospect(case: Case, reader: User, told: Sheet, now: datetime) -> Prospect | None:
    """The handover that this reader prepares: the next, or for who went off duty a minute ago the one just past."""
    if reader.pk == case.outgoing_id and told.handover:
        return Prospect(datetime.fromisoformat(told.handover.data["change"]), str(case.owner))
    change = Outlook.at(now).next_for(case) if case.state.follows_sun else None
    return Prospect(change.at, _places(change)) if change else None


def _is_ready(told: Sheet, prospect: Prospect | None) -> bool:
    """Whether the last sheet that was completed is for this very handover."""
    return bool(told.noted and prospect and told.noted.data["change"] == prospect.at.astimezone(UTC).isoformat())


def _places(change: Change) -> str:
    """Where those work who hold the sun from then on: "Osaka", "Kraków or Toronto", "nobody"."""
    people = User.objects.filter(pk__in=change.people).select_related("staff__center")
    names = sorted({one.staff.center.name if one.staff.center else one.name for one in people})
    return " or ".join(names) or NOBODY


# The sheet


class _Texts:
    """What was written where the sheet's facts say so, fetched once."""

    def __init__(self, case: Case, reader: User, events: Mapping[int, CaseEvent], told: Sheet):
        self.events = events
        named = [fact for fact in (told.note, told.action, told.asked, told.heard) if fact]
        messages = {fact.data.get("message") for fact in named if fact.kind is not EventKind.NOTED}
        notes = {fact.data["note"] for fact in named if fact.kind is EventKind.NOTED}
        self.messages = Message.objects.visible_to(reader).filter(case=case).in_bulk(messages - {None})
        self.notes = Note.objects.visible_to(reader).filter(case=case).in_bulk(notes)

    def of(self, fact: Fact | None) -> str:
        if fact is None:
            return ""
        if fact.kind is EventKind.NOTED:
            return self.notes[fact.data["note"]].body
        if message := self.messages.get(fact.data.get("message") or 0):
            return message.body
        return fact.data.get("summary") or fact.data.get("resolution") or ""

    def source(self, fact: Fact, times: Times) -> str:
        by = self.events[fact.seq].by
        return f"{by.name if by else ActorRole(fact.role).label}, {times.short(fact.at)}"


COMPLETED = {
    "next_action": "Next action",
    "hypothesis": "Hypothesis",
    "last_action": "Last action",
    "waits_for": "The customer waits for",
    "contacts": "Whom to reach, and how",
}


def _completed(told: Sheet, texts: _Texts, times: Times) -> Iterator[Part]:
    """The last sheet as it was completed."""
    if told.noted:
        source = texts.source(told.noted, times)
        for key, name in COMPLETED.items():
            if text := told.noted.data[key]:
                yield Part(name, text, source)


def _from_log(told: Sheet, texts: _Texts, times: Times) -> Iterator[Part]:
    """What the log says by itself."""
    for name, fact in (
        ("What support did last", told.action),
        ("What we asked the customer", told.asked),
        ("The customer’s last word", told.heard),
        ("The last internal note", told.note if told.note is not told.action else None),
    ):
        if fact and (text := texts.of(fact)):
            yield Part(name, text, texts.source(fact, times))


def _promised(case: Case, told: Sheet, times: Times) -> Moment | None:
    return times.moment(told.next_update_at, case.zone, case.calendar.place) if told.next_update_at else None


def _prefilled(told: Sheet, texts: _Texts) -> dict[str, str]:
    """What the form begins with: the last sheet, and what the log says since."""
    last = told.noted.data if told.noted else dict.fromkeys(COMPLETED, "")
    acted_since = told.action and (not told.noted or told.action.seq > told.noted.seq)
    waits_for = texts.of(told.heard).strip() if told.state.turn is Turn.SUPPORT else ""
    return {
        "next_action": last["next_action"],
        "hypothesis": last["hypothesis"] or _short(texts.of(told.note)),
        "last_action": _short(texts.of(told.action)) if acted_since else last["last_action"],
        "waits_for": last["waits_for"] or _short(waits_for, ASKED),
        "contacts": last["contacts"],
    }


def _short(text: str, letters: int = PREFILLED) -> str:
    """The beginning of what was written elsewhere, whole words of it, with an ellipsis for the rest."""
    return text if len(text) <= letters else f"{text[:letters].rsplit(None, 1)[0]} …"


def _reach(case: Case, reader: User, times: Times) -> Iterator[Reach]:
    """The case's contact, then the others who follow its cases, with the time where each of them is."""
    others = Q(roles__contains=[ContactRole.TECHNICAL], sees=CaseSight.ALL) | Q(pk=case.contact_id)
    contacts = Contact.objects.visible_to(reader).filter(others, organization=case.organization_id)
    calendar = calendar_of(case.calendar)
    for one in sorted(contacts.select_related("user", "organization"), key=lambda one: one.pk != case.contact_id):
        if may_open_cases(one.standing, times.now):
            own = one.pk == case.contact_id
            hours = replace(calendar, zone=one.user.zone)
            awake = is_open(hours, times.now)
            yield Reach(
                name=one.user.name,
                roles="Contact of the case" if own else one.roles_text,
                phone=(case.phone if own else "") or one.user.phone,
                time=words.time_of_day(times.now, one.user.zone),
                awake=awake,
                back="" if awake else times.moment(next_opening(hours, times.now)).reader,
            )


# The banner


def handover_banner(case: Case, reader: User, times: Times) -> Banner | None:
    """What the handover of this case asks now; None when none is near."""
    if case.handed_over_at:
        return _to_accept(case, reader, times, case.handed_over_at)
    if not case.state.follows_sun:
        return None
    change = Outlook.at(times.now).next_for(case)
    if change is None or times.now < change.at - SHEET_OPENS:
        return None
    return _to_prepare(case, reader, times, change)


def _to_accept(case: Case, reader: User, times: Times, since: datetime) -> Banner:
    may_accept = is_legal(case.state, Verb.ACCEPT_HANDOVER) and bool(may(reader, Verb.ACCEPT_HANDOVER, case))
    until = since + ACCEPTED_WITHIN
    own = case.owner_id == reader.pk
    if times.now < until:
        then = f"At {times.clock(until)} the manager on call is told. Acceptance:"
    else:
        then = "The manager on call has been told. Acceptance:"
    return Banner(
        tone="warn" if times.now < until else "alarm",
        icon="sun",
        title=f"This case came to {'you' if own else case.owner} with the sun, {times.short(since)}.",
        text=f"{'Read the sheet, then accept.' if own else 'It is not accepted yet.'} {then}",
        at=until,
        countdown=words.countdown(until, times.now),
        sheet="Read the sheet",
        is_here=True,
        form=CaseForm(case, auto_id="accept_%s") if may_accept else None,
        button="Accept" if own else f"Accept for {case.owner}",
    )


def _to_prepare(case: Case, reader: User, times: Times, change: Change) -> Banner:
    to, at = _places(change), times.clock(change.at)
    noted = CaseEvent.objects.visible_to(reader).filter(case=case, kind=EventKind.HANDOVER_NOTED)
    ready = noted.filter(data__change=change.at.isoformat()).select_related("by").order_by("-seq").first()
    may_note = bool(may(reader, Verb.NOTE_HANDOVER, case))
    title = f"Handover to {to} at {at}" if change.people else f"Nobody takes this case over at {at}"
    if ready:
        text = f"The sheet is ready: {ready.by}, {times.clock(ready.at)}."
    elif may_note:
        text = "Complete the sheet: the next engineer goes by it."
    else:
        text = f"The sheet is not completed yet; {case.owner or 'nobody'} has the case."
    return Banner(
        tone="alarm" if not change.people else "" if ready else "warn",
        icon="handover" if change.people else "warning",
        title=title,
        text=text,
        at=change.at,
        countdown=words.countdown(change.at, times.now),
        sheet="Complete the sheet" if may_note and not ready else "Open the sheet",
    )


def state_words(case: Case, times: Times) -> Sequence[tuple[str, str]]:
    """Where the case stands, term by term."""
    since = f", since {times.short(case.turn_since_at)}" if case.turn_since_at else ""
    return [
        ("State", f"{STATUS_WORDS[Status(case.status)]}{since}"),
        ("Turn", "The customer’s" if case.turn is Turn.CUSTOMER else "Ours"),
        ("Severity", f"{Severity(case.severity).label}{'' if case.severity_agreed_at else ', not agreed yet'}"),
        ("Engineer", str(case.owner or "nobody yet")),
    ]
