"""What happened on a case, as plain rows for a page: day rules, one-line facts, and what was said.

Both sides read the same log; a customer gets it in a customer's words and without what is internal. Three things keep
that so: the rows come through `visible_to`, the data of a fact through `disclosed`, and internal notes from a table
of their own. The number of statements is the same for one fact and for a thousand: facts, messages, files, and for
staff the notes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from django.db.models import BigIntegerField, OuterRef, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from accounts.enums import CaseSight
from accounts.models import Contact, User
from cases.disclosure import disclosed
from cases.enums import CUSTOMER_SIDE, INTERNAL_KINDS, ActorRole, EventKind
from cases.models import Attachment, Case, CaseEvent, Message, Note
from web import words
from web.case.sentences import Told, how_said, sentence
from web.case.times import Times

CHANGES_OF_HANDS = (EventKind.REASSIGNED, EventKind.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class DayRule:
    """A line across the log where a day begins, in the reader's zone."""

    text: str
    kind: str = "day"


@dataclass(frozen=True, slots=True)
class Line:
    """A fact in one line; see `sentences.Words`. `state` colors its dot.

    `earlier` are the changes of hands before this one that nothing came between, folded for a customer.
    """

    seq: int
    changes_hands: bool
    icon: str
    lead: str
    text: str
    quote: str
    state: str
    link: str
    internal: bool
    day: str
    iso: str
    time: str
    kind: str = "line"
    earlier: tuple["Line", ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file to download."""

    url: str
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Something said: a message both sides see, or an internal note. `body` is Markdown, `who` the author in words."""

    seq: int
    author: User
    who: str
    badge: str
    side: str
    internal: bool
    said: str
    body: str
    files: tuple[File, ...]
    day: str
    iso: str
    time: str
    kind: str = "sheet"


Row = DayRule | Line | Sheet


def timeline(case: Case, reader: User, times: Times, *, after: int = 0) -> list[Row]:
    """The log of `case` for `reader`, oldest first; `after` leaves out the facts up to that place in the log."""
    log = _Log(case, reader, times, after)
    rows = log.rows() if log.staff else _folded(log.rows())
    return [row for day, group in groupby(rows, key=lambda row: row.day) for row in (DayRule(day), *group)]


def _folded(rows: Iterable[Line | Sheet]) -> Iterator[Line | Sheet]:
    """The rows with changes of hands in a row made one, the last: around the clock there are three a day."""
    for changes_hands, run in groupby(rows, key=lambda row: isinstance(row, Line) and row.changes_hands):
        if not changes_hands:
            yield from run
            continue
        *earlier, last = (row for row in run if isinstance(row, Line))
        yield replace(last, earlier=tuple(earlier))


class _Log:
    """One reading of a case's log: everything it needs, fetched once."""

    def __init__(self, case: Case, reader: User, times: Times, after: int):
        self.case, self.times = case, times
        self.staff = bool(reader.staff_role)
        self.sees_all = sees_all(reader, case)
        self.events = list(_events(case, reader, after))
        self.messages: dict[int, Message] = (
            Message.objects.visible_to(reader).select_related("author").in_bulk(self._ids("message", set(EventKind)))
        )
        self.notes: dict[int, Note] = (
            Note.objects.visible_to(reader).select_related("author").in_bulk(self._ids("note", {EventKind.NOTED}))
            if self.staff
            else {}
        )
        self.files: dict[tuple[int | None, int | None], list[File]] = {}
        for one in Attachment.objects.visible_to(reader).filter(case=case).order_by("pk"):
            file = File(one.get_absolute_url(), one.name, words.size(one.size))
            self.files.setdefault((one.message_id, one.note_id), []).append(file)

    def _ids(self, key: str, kinds: set[EventKind]) -> list[int]:
        """The ids under `key` in the facts of these kinds; in others the same word means something else."""
        return [event.data[key] for event in self.events if event.kind in kinds and event.data.get(key)]

    def rows(self) -> Iterator[Line | Sheet]:
        for event in self.events:
            told = self._told(event)
            if line := self._line(event, told):
                yield line
            if sheet := self._sheet(event, told):
                yield sheet

    def _told(self, event: CaseEvent) -> Told:
        kind = EventKind(event.kind)
        return Told(
            kind=kind,
            data=event.data if self.staff else disclosed(kind, event.data),
            by=in_words(event.by, event.role, event.partner, self.case),  # type: ignore[attr-defined]
            owner=event.owner_name or "",  # type: ignore[attr-defined]
            staff=self.staff,
            times=self.times,
        )

    def _line(self, event: CaseEvent, told: Told) -> Line | None:
        told_as = sentence(told)
        if told_as is None:
            return None
        return Line(
            seq=event.seq,
            changes_hands=event.kind in CHANGES_OF_HANDS,
            icon=told_as.icon,
            lead=told_as.lead,
            text=told_as.text,
            quote=told_as.quote,
            state=told_as.state,
            link=told_as.link if self.sees_all else "",
            internal=event.kind in INTERNAL_KINDS,
            day=self.times.heading(event.at),
            iso=words.iso(event.at),
            time=self.times.clock(event.at),
        )

    def _sheet(self, event: CaseEvent, told: Told) -> Sheet | None:
        note = self.notes.get(event.data["note"]) if event.kind == EventKind.NOTED else None
        said = note or self.messages.get(event.data.get("message") or 0)
        if said is None:
            return None
        from_customer = event.role in CUSTOMER_SIDE
        return Sheet(
            seq=event.seq,
            author=said.author,
            who=told.by,
            badge="" if from_customer else ActorRole(event.role).label,
            side="customer" if from_customer else "staff",
            internal=note is not None,
            said=how_said(told),
            body=said.body,
            files=tuple(self.files.get((None, note.pk) if note else (said.pk, None), ())),
            day=self.times.heading(event.at),
            iso=words.iso(event.at),
            time=self.times.clock(event.at),
        )


def _events(case: Case, reader: User, after: int):
    """The facts this reader may see, each with the name of an owner it speaks of and the company of a third party."""
    owners = User.objects.filter(pk=OuterRef("owner_key")).values("name")
    partners = Contact.objects.filter(user=OuterRef("by"), organization=OuterRef("acting_for")).values("partner")
    return (
        CaseEvent.objects.visible_to(reader)
        .filter(case=case, seq__gt=after)
        .select_related("by")
        .annotate(owner_key=Cast(KT("data__owner"), BigIntegerField()), partner=Subquery(partners))
        .annotate(owner_name=Subquery(owners))
        .order_by("seq")
    )


def sees_all(reader: User, case: Case) -> bool:
    """Whether a case that this one refers to is open to the reader too."""
    if reader.staff_role:
        return True
    contact = reader.standings.get(case.organization_id)
    return contact is not None and contact.sees == CaseSight.ALL


def in_words(user: User | None, role: str, partner: str | None, case: Case) -> str:
    """Who acted: a name, and for a third party of whom and for whom (C-PAR-03). Nothing for the portal itself."""
    if user is None:
        return ""
    if role != ActorRole.THIRD_PARTY:
        return user.name
    return f"{user.name}{f' of {partner}' if partner else ''} for {case.organization.name}"
