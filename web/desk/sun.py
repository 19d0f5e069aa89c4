"""The follow-the-sun page: who holds Severity 1 now, who takes it next, and the proof for the year ahead (C-FTS-04)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from accounts.enums import Layer
from accounts.models import SupportCenter, User
from accounts.seats import DAY, Seat, Span, joined
from sla import coverage, sun
from sla.coverage import Handover, Hold
from sla.gaps import Cause, Gap
from sla.sun_moves import Now
from web import words
from web.case.times import Times
from web.desk.flights import in_flight

HOUR = timedelta(hours=1)
DAYS = 7
GAPS_SHOWN = 12
ADVICE = {
    Cause.ABSENCE: "Name a substitute, or put somebody on call.",
    Cause.UNFILLED: "Roster somebody on this shift.",
    Cause.HOLIDAY: "Put somebody on call for the day.",
    Cause.CLOCK_CHANGE: "A longer shift or somebody on call closes it for the whole season.",
    Cause.BETWEEN: "No shift reaches here: put somebody on call.",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the day's picture, in percent of the day."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Place:
    """A center's day: when somebody is there, and when it holds the sun."""

    name: str
    time: str
    iso: str
    note: str
    holds: bool
    next: bool
    shifts: tuple[Bar, ...]
    held: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of UTC, from midnight to midnight: its name, its number in the month, and its hours."""

    name: str
    number: int
    hours: list["Hour"]


@dataclass(frozen=True, slots=True)
class Hour:
    """How many could take a Severity 1 up through a whole hour."""

    count: int
    now: bool


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap in words."""

    when: str
    length: str
    cause: str
    people: str
    advice: str


def sun_page(reader: User, times: Times) -> dict[str, Any]:
    """Everything the page shows, in a number of statements that neither rosters nor cases change."""
    now = times.now
    midnight = midnight_of(now)
    house = sun.house_for(midnight, proved_until(now))
    proof = coverage.prove(house, midnight, proved_until(now))
    seats = house.seats(midnight, midnight + DAYS * DAY)
    centers = {one.code: one for one in SupportCenter.objects.all()}
    hold = next(one for one in proof.holds if one.begins <= now < one.ends)
    handover = next((one for one in coverage.changes(proof.holds) if one.at > now), None)
    gaps = [gap for gap in proof.gaps if gap.ends > now]
    names = _names({*hold.people, *(who for gap in gaps[:GAPS_SHOWN] for who in gap.people)})
    return {
        "title": _title(hold, handover, centers, times),
        "handover": handover,
        "countdown": words.countdown(handover.at, now) if handover else "",
        "holders": [names[who] for who in hold.people if who in names],
        "on_call": hold.on_call,
        "places": [_place(one, seats, proof.holds, hold, handover, midnight, now) for one in centers.values()],
        "now_at": _percent(now - midnight),
        "hours": range(24),
        "days": [_day(seats, midnight + day * DAY, now) for day in range(DAYS)],
        "gaps": [_gap(gap, names, times) for gap in gaps[:GAPS_SHOWN]],
        "gap_count": len(gaps),
        "proved_until": times.moment(proof.last).reader,
        "flights": in_flight(reader, times, Now.of(house, now)),
    }


def midnight_of(now: datetime) -> datetime:
    """The midnight of UTC at which the day of `now` (aware) began."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def proved_until(now: datetime) -> datetime:
    """The end of the proof as every page tells it: a year of whole days of UTC, today's included."""
    return midnight_of(now) + sun.YEAR


def _title(hold: Hold, handover: Handover | None, centers: dict[str, SupportCenter], times: Times) -> str:
    if hold.is_gap:
        return "Nobody holds the sun."
    keeps = f"{centers[hold.center].name if hold.center else 'The engineer on call'} holds the sun"
    if handover is None:
        return f"{keeps}."
    same_day = times.local_day(handover.at) == times.today
    on_day = "" if same_day else f"on {times.day(handover.at)} "
    return f"{keeps}. {centers[handover.to_center].name} takes it {on_day}at {times.clock(handover.at)}."


def _place(
    center: SupportCenter,
    seats: Sequence[Seat],
    holds: Sequence[Hold],
    present: Hold,
    handover: Handover | None,
    midnight: datetime,
    now: datetime,
) -> Place:
    zone = ZoneInfo(center.zone)
    there = [seat for seat in seats if seat.layer is Layer.SHIFT and seat.center == center.code]
    stretches = joined(Span(seat.begins, seat.ends) for seat in there)
    held = joined(Span(one.begins, one.ends) for one in holds if one.center == center.code)
    here = {seat.person for seat in there if seat.covers(now)}
    return Place(
        name=center.name,
        time=f"{now.astimezone(zone):%H:%M}",
        iso=now.isoformat(),
        note=_note(stretches, len(here), zone, now),
        holds=present.center == center.code,
        next=handover is not None and handover.to_center == center.code,
        shifts=tuple(_bars(stretches, midnight)),
        held=tuple(_bars(held, midnight)),
    )


def _note(stretches: Sequence[Span], here: int, zone: ZoneInfo, now: datetime) -> str:
    name = words.zone_name(now, zone.key)
    for span in stretches:
        if span.begins <= now < span.ends:
            return f"{name}, {here} on shift until {span.ends.astimezone(zone):%H:%M}"
        if now < span.begins:
            return f"{name}, back {span.begins.astimezone(zone):%a %H:%M}"
    return f"{name}, nobody this week"


def _bars(spans: Sequence[Span], midnight: datetime) -> Iterator[Bar]:
    for span in spans:
        begins, ends = max(span.begins, midnight), min(span.ends, midnight + DAY)
        if begins < ends:
            yield Bar(_percent(begins - midnight), _percent(ends - begins))


def _percent(length: timedelta) -> str:
    return f"{100 * (length / DAY):.2f}%"


def _day(seats: Sequence[Seat], midnight: datetime, now: datetime) -> Day:
    return Day(f"{midnight:%a}", midnight.day, _hours(seats, midnight, now))


def _hours(seats: Sequence[Seat], midnight: datetime, now: datetime) -> list[Hour]:
    found = []
    for offset in range(24):
        begins = midnight + offset * HOUR
        found.append(Hour(_fewest(seats, begins, begins + HOUR), begins <= now < begins + HOUR))
    return found


def _fewest(seats: Sequence[Seat], begins: datetime, ends: datetime) -> int:
    """How many people sit there at the emptiest moment between."""
    touching = [seat for seat in seats if seat.can_hold and seat.begins < ends and begins < seat.ends]
    cuts = sorted({begins, *(cut for seat in touching for cut in seat[-2:] if begins < cut < ends), ends})
    return min(len({seat.person for seat in touching if seat.covers(cut)}) for cut, _ in pairwise(cuts))


def _names(people: set[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=people).values_list("pk", "name"))


def _gap(gap: Gap, names: dict[int, str], times: Times) -> GapRow:
    until = times.clock(gap.ends) if gap.length < DAY else times.moment(gap.ends).reader
    return GapRow(
        when=f"{times.moment(gap.begins).reader} to {until}",
        length=words.length(gap.length),
        cause=gap.why,
        people=", ".join(names[who] for who in gap.people if who in names),
        advice=ADVICE[gap.cause],
    )
