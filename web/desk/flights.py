"""Cases in flight: those that follow the sun, with their way around the world and how their handover stands."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from cases.enums import EventKind, Verb
from cases.models import Case, CaseEvent
from cases.rules import SHEET_OPENS
from cases.transitions import is_legal
from sla import relay
from sla.handovers import ACCEPTED_WITHIN
from sla.queries import RowState, row_states, with_hours
from sla.relay import Change
from sla.sun_moves import Now, Outlook
from web import words
from web.case.times import Times

MOST = 50
LEGS_SHOWN = 5
OWNER_CHANGES = (EventKind.ASSIGNED, EventKind.REASSIGNED, EventKind.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class Leg:
    """Who has had the case from `when` on, and where."""

    person: User
    place: str
    when: str
    iso: str


@dataclass(frozen=True, slots=True)
class Flight:
    """A case that follows the sun. `next` says where it goes when; `note` how its handover stands, with its look."""

    case: Case
    clock: RowState
    legs: Sequence[Leg]
    left_out: int
    next: str
    note: str
    since: str
    tone: str
    icon: str


def in_flight(reader: User, times: Times, now: Now) -> list[Flight]:
    """The open cases on the sun, whose next deadline is first, in a number of statements that they do not change.

    `now` says who holds the sun, and who is at work.
    """
    on_sun = with_hours(Case.objects.visible_to(reader)).on_sun().select_related("organization", "owner")
    cases = list(on_sun.order_by("clock__sort_at", "pk")[:MOST])
    outlook = Outlook.at(times.now)
    facts = _facts(cases, reader)
    coming = {case.pk: _coming(case, facts[case.pk], outlook, now) for case in cases}
    people = _people(facts, coming.values())
    states = row_states(cases, times.now)
    return [_flight(case, states[case.pk], facts[case.pk], coming[case.pk], people, times) for case in cases]


def _facts(cases: Sequence[Case], reader: User) -> dict[int, list[CaseEvent]]:
    """Of each case, who had it and the sheets that were completed."""
    found: dict[int, list[CaseEvent]] = defaultdict(list)
    kinds = (*OWNER_CHANGES, EventKind.HANDOVER_NOTED)
    events = CaseEvent.objects.visible_to(reader).filter(case__in=cases, kind__in=kinds)
    for event in events.order_by("case", "seq"):
        found[event.case_id].append(event)
    return found


def _coming(case: Case, events: Sequence[CaseEvent], outlook: Outlook, now: Now) -> Change | None:
    """The change at which the case is handed over: of this very moment when its owner is not at work."""
    given = [one.at for one in events if one.kind in OWNER_CHANGES]
    present = outlook.present
    somebody_takes_it = now.hold.people and is_legal(case.state, Verb.HAND_OVER)
    if (
        somebody_takes_it
        and present
        and relay.is_stray(case.owner_id, given[-1] if given else None, present, now.at_work)
    ):
        return now.change(now.at, present.to_center)
    return outlook.next_for(case)


def _people(facts: dict[int, list[CaseEvent]], coming: Any) -> dict[int, User]:
    owners = {one.data["owner"] for events in facts.values() for one in events if "owner" in one.data}
    next_ones = {who for change in coming if change for who in change.people}
    return User.objects.select_related("staff__center").in_bulk(owners | next_ones)


def _flight(
    case: Case,
    clock: RowState,
    events: Sequence[CaseEvent],
    change: Change | None,
    people: dict[int, User],
    times: Times,
) -> Flight:
    legs = list(_legs(events, people, times))
    note, tone, icon = _note(case, events, change, times)
    return Flight(
        case=case,
        clock=clock,
        legs=legs[-LEGS_SHOWN:],
        left_out=max(0, len(legs) - LEGS_SHOWN),
        next=_next(change, people, times),
        note=note,
        since=f"since {times.clock(case.handed_over_at)}" if case.handed_over_at else "",
        tone=tone,
        icon=icon,
    )


def _legs(events: Sequence[CaseEvent], people: dict[int, User], times: Times) -> Iterator[Leg]:
    for event in events:
        if event.kind in OWNER_CHANGES:
            person = people[event.data["owner"]]
            yield Leg(person, _place(person), times.clock(event.at), words.iso(event.at))


def _place(person: User) -> str:
    center = person.staff.center
    return center.name if center else ""


def _next(change: Change | None, people: dict[int, User], times: Times) -> str:
    if change is None:
        return ""
    places = sorted({_place(people[who]) for who in change.people if who in people} - {""})
    when = "now" if change.at == times.now else f"at {times.clock(change.at)}"
    return f"{' or '.join(places) or 'nobody'} {when}"


def _note(case: Case, events: Sequence[CaseEvent], change: Change | None, times: Times) -> tuple[str, str, str]:
    if since := case.handed_over_at:
        late = times.now >= since + ACCEPTED_WITHIN
        return "not accepted yet", "bad" if late else "warn", "soon"
    if change is None:
        return "no handover planned", "", ""
    if change.at == times.now:
        return "to be handed over now", "warn", "soon"
    if _is_ready(events, change.at):
        return "sheet ready", "good", "check"
    if times.now >= change.at - SHEET_OPENS:
        return "sheet not started", "warn", ""
    return f"sheet opens at {times.clock(change.at - SHEET_OPENS)}", "", ""


def _is_ready(events: Sequence[CaseEvent], change_at: datetime) -> bool:
    noted = (one for one in events if one.kind == EventKind.HANDOVER_NOTED)
    return any(one.data["change"] == change_at.isoformat() for one in noted)
