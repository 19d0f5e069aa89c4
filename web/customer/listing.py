"""A customer's cases as rows: whose turn first, then the next deadline. Lists go on by key, never by counting."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import models
from django.db.models import F, Q, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from cases.enums import ClosureReason, Severity, Status, Turn
from cases.facts import turn_of
from cases.models import Case, CaseQuerySet
from cases.numbers import normalize
from sla.queries import RowState, row_states, with_hours
from sla.words import answered
from web.case.paging import beyond, place_of
from web.case.timeline import in_words
from web.case.times import Moment, Times
from web.customer.questions import question

PAGE = 25
CLOSED_LATELY = 3
COUNT_CAP = 1000

TURNS = {turn: [status for status in Status if turn_of(status) is turn] for turn in Turn}
RANK = models.Case(
    When(status__in=TURNS[Turn.CUSTOMER], then=Value(0)),
    When(status__in=TURNS[Turn.SUPPORT], then=Value(1)),
    default=Value(2),
    output_field=models.IntegerField(),
)
# What waits for the customer stands by how long it waits, all else by its next deadline.
NEXT_AT = models.Case(
    When(status__in=TURNS[Turn.CUSTOMER], then=Coalesce("turn_since_at", "updated_at")), default=F("clock__sort_at")
)
TURN_FIRST = ("rank", "next_at", "id")
LATEST_FIRST = ("-updated_at", "-id")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the reader asked to see: a state of `STATES`, words, an organization (Org ID), and after which place."""

    state: str = "open"
    words: str = ""
    organization: str = ""
    after: str = ""

    def query(self, **other: str) -> str:
        """The address of this list, or of one that differs in `other`, as a query string."""
        asked = {"state": self.state, "q": self.words, "organization": self.organization, "after": ""} | other
        return f"?{urlencode({key: value for key, value in asked.items() if value})}"

    @property
    def plain(self) -> bool:
        """Whether this is the page as it first opens."""
        return self == Wish()


STATES = {
    "open": ("Open", Q(status__in=[*TURNS[Turn.CUSTOMER], *TURNS[Turn.SUPPORT]])),
    "yours": ("Your turn", Q(status__in=TURNS[Turn.CUSTOMER])),
    "ours": ("With us", Q(status__in=TURNS[Turn.SUPPORT])),
    "closed": ("Closed", Q(status=Status.CLOSED)),
    "all": ("All", Q()),
}


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list. `notes` stand below its subject; on the right either `ask` or the deadline, and `aside`."""

    number: str
    url: str
    subject: str
    severity: Severity
    turn: Turn
    organization: str
    notes: tuple[str, ...]
    ask: str
    state: str
    share_used: int | None
    answered: str
    due_at: datetime | None
    soon_at: datetime | None
    due: Moment | None
    reopen_until: Moment | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of cases: rows by whose turn it is, and the address of the next page when there are more."""

    groups: tuple[tuple[Turn, tuple[CaseRow, ...]], ...]
    more: str


def listing(reader: User, wish: Wish, times: Times) -> Listing:
    """The page of cases that `wish` asks for, in one statement."""
    order = LATEST_FIRST if wish.state in ("closed", "all") else TURN_FIRST
    cases = _wished(_visible(reader), wish)
    if wish.after:
        cases = cases.filter(beyond(wish.after, order))
    found = list(cases.order_by(*order)[: PAGE + 1])
    rows = _rows(found[:PAGE], reader, times)
    groups = [(turn, tuple(row for row in rows if row.turn is turn)) for turn in Turn]
    return Listing(
        groups=tuple((turn, some) for turn, some in groups if some),
        more=wish.query(after=place_of(found[PAGE - 1], order)) if len(found) > PAGE else "",
    )


def of_number(reader: User, words: str) -> Case | None:
    """The case whose whole number was asked for, whatever its state."""
    number = normalize(words)
    return Case.objects.visible_to(reader).filter(number=number).first() if number else None


def elsewhere(reader: User, wish: Wish) -> list[tuple[str, str]]:
    """How many cases fit the words in the other states, and where they stand: "1 closed case fits"."""
    if not wish.words:
        return []
    found = []
    for state in {"open": ["closed"], "closed": ["open"], "all": []}.get(wish.state, ["open", "closed"]):
        cases = _wished(Case.objects.visible_to(reader), replace(wish, state=state))
        if count := cases.values("pk")[:COUNT_CAP].count():
            fit = "case fits" if count == 1 else "cases fit"
            found.append((f"{count:,} {state} {fit}", wish.query(state=state)))
    return found


def closed_lately(reader: User, times: Times) -> Sequence[CaseRow]:
    """The few cases closed last."""
    cases = _visible(reader).filter(status=Status.CLOSED).order_by("-closed_at", "-id")
    return _rows(list(cases[:CLOSED_LATELY]), reader, times)


def summary(reader: User) -> str:
    """How many open cases wait for whom, in a sentence; counted up to a thousand."""
    statuses = Case.objects.visible_to(reader).open().values_list("status", flat=True)[:COUNT_CAP]
    count = Counter(turn_of(Status(status)) for status in statuses)
    if not count:
        return "No case is open."
    if count.total() >= COUNT_CAP:
        return f"More than {COUNT_CAP:,} cases are open."
    yours, ours = count[Turn.CUSTOMER], count[Turn.SUPPORT]
    wait, are = "waits" if yours == 1 else "wait", "is" if ours == 1 else "are"
    return f"{_cases(yours)} {wait} for you, {_number(ours)} {are} with us."


def _cases(count: int) -> str:
    return f"{_number(count).capitalize()} case{'' if count == 1 else 's'}"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def _visible(reader: User) -> CaseQuerySet:
    seen = with_hours(Case.objects.visible_to(reader)).annotate(rank=RANK, next_at=NEXT_AT)
    return seen.select_related("organization", "owner", "opened_by", "contact__user")


def _wished(cases: CaseQuerySet, wish: Wish) -> CaseQuerySet:
    """Those of `cases` in the state, with the words and of the organization asked for."""
    cases = cases.filter(STATES[wish.state][1]).filter(_matching(wish.words))
    return cases.filter(organization__org_id=wish.organization) if wish.organization else cases


def _matching(words: str) -> Q:
    """A whole or begun case number, or every word somewhere in the subject."""
    digits = re.sub(r"[\s-]", "", words)
    if re.fullmatch(r"[0-9]{3,9}", digits):
        grouped = "-".join(digits[place : place + 3] for place in range(0, len(digits), 3))
        return Q(number__startswith=grouped) | Q(subject__icontains=words)
    return Q(*(Q(subject__icontains=word) for word in words.split()))


def _rows(cases: Sequence[Case], reader: User, times: Times) -> list[CaseRow]:
    states = row_states(cases, times.now)
    several = len(reader.standings) > 1
    return [_row(case, states[case.pk], reader, times, several) for case in cases]


def _row(case: Case, clock: RowState, reader: User, times: Times, several: bool) -> CaseRow:
    running = clock.due_at if case.turn is not Turn.NOBODY else None
    return CaseRow(
        number=case.number,
        url=case.get_absolute_url(),
        subject=case.subject,
        severity=Severity(case.severity),
        turn=case.turn,
        organization=case.organization.name if several else "",
        notes=tuple(_notes(case, reader, times)),
        ask=question(case.state),
        state=clock.state,
        share_used=clock.share_used,
        answered=answered(case.clock.started_at, case.clock.met_at, case.clock.breached_at),
        due_at=running,
        soon_at=case.clock.soon_at,
        due=times.moment(running, case.zone, case.calendar.place) if running else None,
        reopen_until=reopen_until(case, times),
    )


def _notes(case: Case, reader: User, times: Times) -> Iterator[str]:
    if case.closed_at:
        yield f"{ClosureReason(case.closure_reason).label}, {times.day(case.closed_at)}"
    else:
        yield case.owner.name if case.owner else Status(case.status).label
        if case.turn is Turn.CUSTOMER and case.turn_since_at:
            yield f"asked {times.short(case.turn_since_at)}"
    if case.opened_by_id != reader.pk:
        yield f"opened by {opener(case)}"


def opener(case: Case) -> str:
    """Who opened the case: a contact, a third party with its company, or support for a caller (C-PAR-03)."""
    if case.opened_by_id != case.contact.user_id:
        return f"Support for {case.contact.user.name}"
    role = "third_party" if case.contact.is_third_party else "contact"
    return in_words(case.opened_by, role, case.contact.partner, case)


def reopen_until(case: Case, times: Times) -> Moment | None:
    """The last minute in which a closed case can be reopened; None when open, or when that has passed (C-RPN-01)."""
    until = case.reopenable_until
    if until is None or until <= times.now:
        return None
    return times.moment(until - timedelta(minutes=1), case.zone, case.calendar.place)
