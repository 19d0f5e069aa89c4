"""The queue: open cases by their next deadline, in views that everybody of the desk shares.

A page costs three statements however many cases there are: its rows, all counts together, the regions of the filter.
Lists go on by key and counts stop at a thousand, so nothing on the page grows with the number of cases.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.urls import reverse

from accounts.enums import ENGINEER_ROLES
from accounts.models import User
from accounts.permissions import may
from cases.enums import Severity, Status, Turn, Verb
from cases.models import Case
from cases.transitions import is_legal
from sla.clock import ClockState
from sla.promises import MilestoneKind
from sla.queries import RowState, row_states, with_hours
from web import words
from web.case.paging import beyond, place_of
from web.case.times import Times

PAGE = 50
COUNT_CAP = 1000
BY_DEADLINE = ("clock__sort_at", "pk")

STATUS_WORDS = {
    Status.RECEIVED: "Entitlement check",
    Status.QUEUED: "Waiting for an engineer",
    Status.IN_PROGRESS: "In progress",
    Status.WAITING_FOR_CUSTOMER: "Waiting for the customer",
    Status.CLOSURE_PROPOSED: "Solution proposed",
    Status.CLOSED: "Closed",
}
STILL_WORDS = {
    ClockState.MET: "answered",
    ClockState.LATE: "answered late",
    ClockState.PAUSED: "on hold",
    ClockState.STOPPED: "not needed",
}
# Named one by one, because an index serves a list and not an exclusion.
OPEN = Q(status__in=[status for status in Status if status is not Status.CLOSED])


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: which cases it holds, for whom it is, and what an empty one says."""

    name: str
    group: str
    cases: Q
    empty: str


def views_of(reader: User, now: datetime) -> dict[str, View]:
    """The views of this reader, the first of which opens first. Regions are those of the reader's support center."""
    mine, region = Q(owner=reader.pk), reader.profile and reader.profile.center and reader.profile.center.region_id
    waiting, proposed = Q(status=Status.WAITING_FOR_CUSTOMER), Q(status=Status.CLOSURE_PROPOSED)
    views: dict[str, View] = {}
    if reader.staff_role in ENGINEER_ROLES:
        views["mine"] = View("Mine, by next deadline", "Mine", OPEN & mine, "You own no open case.")
        views["my-waiting"] = View("Waiting for the customer", "Mine", waiting & mine, "No case of yours waits.")
        views["my-proposed"] = View("Solution proposed", "Mine", proposed & mine, "You have asked no closure question.")
    if region:
        ours = Q(organization__region=region)
        unassigned = View("Nobody’s yet", "", OPEN & ours & Q(owner=None), "Every case of the region has an engineer.")
        views["unassigned"] = replace(unassigned, group=f"Team {region.upper()}")
        views["region"] = View(
            f"Open in {region.upper()}", f"Team {region.upper()}", OPEN & ours, "No case of the region is open."
        )
    views["all"] = View("Open in every region", "World", OPEN, "No case is open.")
    overdue = OPEN & Q(clock__sort_at__lt=now)
    views["breached"] = View("Past their deadline", "World", overdue, "No deadline has passed unmet.")
    views["waiting"] = View("Waiting for the customer", "World", waiting, "No case waits for its customer.")
    views["proposed"] = View("Solution proposed", "World", proposed, "No closure question is open.")
    return views


@dataclass(frozen=True, slots=True)
class Wish:
    """What the reader asked to see: a view, a region, a severity, words, and from after which place of the queue."""

    view: str
    region: str = ""
    severity: str = ""
    words: str = ""
    after: str = ""

    def query(self, **other: str) -> str:
        """The address of this list, or of one that differs in `other`, as a query string."""
        asked = {"view": self.view, "region": self.region, "severity": self.severity, "q": self.words} | other
        return f"?{urlencode({key: value for key, value in asked.items() if value})}"

    @property
    def narrowed(self) -> bool:
        return bool(self.region or self.severity or self.words)


@dataclass(frozen=True, slots=True)
class Row:
    """A case as a line of the queue; `due` is in words and empty unless a clock runs."""

    number: str
    url: str
    subject: str
    organization: str
    severity: Severity
    state: str
    text: str
    share_used: int | None
    due_at: datetime | None
    soon_at: datetime | None
    due_iso: str
    due: str
    turn: Turn
    status: str
    owner: User | None
    take: str
    heard: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the queue: rows under headings, and the address of the next page when there are more."""

    groups: Sequence[tuple[str, Sequence[Row]]]
    more: str


def listing(reader: User, view: View, wish: Wish, times: Times) -> Listing:
    """The page of the queue that `wish` asks for, in one statement."""
    chosen = _chosen(reader, view, wish)
    found = list(chosen.filter(beyond(wish.after, BY_DEADLINE))[: PAGE + 1])
    rows = rows_of(found[:PAGE], reader, times)
    groups = [(name, list(some)) for name, some in groupby(rows, key=lambda row: _heading(row, times))]
    more = wish.query(after=place_of(found[PAGE - 1], BY_DEADLINE)) if len(found) > PAGE else ""
    return Listing(groups, more)


def _chosen(reader: User, view: View, wish: Wish) -> QuerySet[Case]:
    """The cases of a view, narrowed; words are looked for among closed cases too."""
    cases = by_deadline(reader).filter(_matching(wish.words) if wish.words else view.cases)
    if wish.region:
        cases = cases.filter(organization__region=wish.region)
    return cases.filter(severity=wish.severity) if wish.severity else cases


def by_deadline(reader: User) -> QuerySet[Case]:
    """The cases this person sees with what a row shows, next deadline first."""
    seen = with_hours(Case.objects.visible_to(reader).filter(clock__isnull=False))
    return seen.select_related("organization", "owner").order_by(*BY_DEADLINE)


def _matching(text: str) -> Q:
    organization = Q(organization__name__icontains=text) | Q(organization__org_id__iexact=text)
    contact = Q(contact__user__name__icontains=text) | Q(contact__user__email__iexact=text)
    owner = Q(owner__name__icontains=text) | Q(owner__email__iexact=text)
    return Q(subject__icontains=text) | organization | contact | owner


def rows_of(cases: Sequence[Case], reader: User, times: Times) -> list[Row]:
    """The rows of cases that `by_deadline` fetched, without asking again."""
    states = row_states(cases, times.now)
    return [_row(case, states[case.pk], reader, times) for case in cases]


def _row(case: Case, clock: RowState, reader: User, times: Times) -> Row:
    due_at = clock.due_at
    takes = case.owner_id is None and is_legal(case.state, Verb.ACCEPT) and may(reader, Verb.ACCEPT, case)
    return Row(
        number=case.number,
        url=case.get_absolute_url(),
        subject=case.subject,
        organization=case.organization.name,
        severity=Severity(case.severity),
        state=clock.state,
        text=STILL_WORDS.get(clock.state, ""),
        share_used=clock.share_used,
        due_at=due_at,
        soon_at=case.clock.soon_at,
        due_iso=words.iso(due_at) if due_at else "",
        due=_due(due_at, times) if due_at else "",
        turn=case.turn,
        status=_what_next(case),
        owner=case.owner,
        take=reverse("case_acceptance", args=[case.number]) if takes else "",
        heard=times.short(case.updated_at) if case.updated_at else "",
    )


def _due(due_at: datetime, times: Times) -> str:
    """The moment, with its day unless that is today."""
    if times.local_day(due_at) == times.today:
        return times.clock(due_at)
    return words.moment(due_at, times.zone, times.now)


def _what_next(case: Case) -> str:
    """The status; while an engineer works on it, which promise still runs."""
    if case.status == Status.IN_PROGRESS and case.clock.due_at:
        return MilestoneKind(case.clock.kind).label
    return STATUS_WORDS[Status(case.status)]


def _heading(row: Row, times: Times) -> str:
    if row.due_at is None:
        return "Without a running clock"
    if row.due_at < times.now:
        return "Past their deadline"
    return "Due today" if times.local_day(row.due_at) == times.today else "Later"


class CappedCount(Subquery):
    """How many rows a sliced query has: the count stops where the slice does."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def counts(reader: User, views: Mapping[str, View]) -> dict[str, int]:
    """The number of cases in each view, counted up to the cap and one more: one statement for all."""
    visible = Case.objects.visible_to(reader)
    counted = [CappedCount(visible.filter(view.cases).values("pk")[: COUNT_CAP + 1]) for view in views.values()]
    found = User.objects.filter(pk=reader.pk).values_list(*counted).get()
    return dict(zip(views, found, strict=True))


def in_words(count: int) -> str:
    """A capped count: "14", "1,000+"."""
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


@dataclass(frozen=True, slots=True)
class Place:
    """A view in the list of views."""

    key: str
    name: str
    url: str
    count: str
    alarm: bool
    current: bool


def menu(views: Mapping[str, View], wish: Wish, numbers: Mapping[str, int]) -> list[tuple[str, list[Place]]]:
    """The views under their groups, each with its count."""

    def place(key: str, view: View) -> Place:
        alarm = key == "breached" and numbers[key] > 0
        current = key == wish.view and not wish.words
        return Place(key, view.name, Wish(key).query(), in_words(numbers[key]), alarm, current)

    groups: Iterable[tuple[str, Any]] = groupby(views.items(), key=lambda item: item[1].group)
    return [(group, [place(*item) for item in items]) for group, items in groups]
