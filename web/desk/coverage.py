"""The proof for the year ahead, week by week, with every gap and who could fill it (C-COV-01, C-FTS-04)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.enums import TAKER_ROLES, Layer
from accounts.models import RosterEntry, StaffProfile, SupportCenter, User
from accounts.permissions import may
from accounts.seats import DAY, House, Seat, Span, common
from sla import coverage, sun
from sla.coverage import Hold, Proof
from sla.gaps import Gap
from web import words
from web.case.times import Times
from web.desk.sun import ADVICE, Bar, midnight_of, proved_until

WEEK = 7 * DAY
GAPS_SHOWN = 60
FILLERS = 3
LANE, LANES_TOP = 7, 2  # pixels: the height of a center's lane in a week's strip, and the edge above the first
REST = timedelta(hours=11)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a week's strip: whose lane, and whether by shift, on call or by nobody."""

    x: str
    width: str
    y: int
    look: str


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A week with its strip and, in words, how much of it nobody or only somebody on call holds.

    `outside` are its hours before the proof begins or after it ends; `now` where the present moment lies, if in it;
    `told` the strip in words.
    """

    name: str
    iso: str
    pieces: list[Piece]
    outside: list[Bar]
    now: str
    told: str
    handovers: int
    on_call: str
    empty: str


@dataclass(frozen=True, slots=True)
class Filler:
    """Somebody who could fill a gap: the local time there when it begins, and the form that puts them on call."""

    name: str
    local: str
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap in words."""

    when: str
    length: str
    cause: str
    people: str
    advice: str
    fillers: list[Filler]


def coverage_page(reader: User, times: Times) -> dict[str, Any]:
    """Everything the page shows, in a number of statements that neither rosters nor gaps change."""
    today = midnight_of(times.now)
    first, last = today - today.weekday() * DAY, proved_until(times.now)
    house = sun.house_for(first, last)
    proof = coverage.prove(house, times.now.replace(second=0, microsecond=0), last)
    centers = list(SupportCenter.objects.all())
    staff = {one.user_id: one for one in StaffProfile.objects.select_related("user", "center")}
    names = {who: one.user.name for who, one in staff.items()}
    may_keep = bool(may(reader, "keep", RosterEntry))
    missing = sum((gap.length for gap in proof.gaps), timedelta(0))
    return {
        "proved": proof.is_proved,
        "first": times.moment(proof.first).reader,
        "last": times.moment(proof.last).reader,
        "gap_count": len(proof.gaps),
        "missing": words.length(missing),
        "centers": centers,
        "height": 2 * LANES_TOP + LANE * max(len(centers), 1),
        "weeks": list(_weeks(proof, first, centers)),
        "gaps": [_gap(gap, house, staff, names, may_keep, times) for gap in proof.gaps[:GAPS_SHOWN]],
        "may_keep": may_keep,
    }


# The strip


def _weeks(proof: Proof, first: datetime, centers: Sequence[SupportCenter]) -> Iterator[WeekRow]:
    lanes = {one.code: place for place, one in enumerate(centers)}
    names = {one.code: one.name for one in centers}
    monday, held = first, list(proof.holds)
    while monday < proof.last:
        week = Span(monday, monday + WEEK)
        here = [(hold, part) for hold in held if (part := common(Span(hold.begins, hold.ends), week))]
        empty = sum((part.ends - part.begins for hold, part in here if hold.is_gap), timedelta(0))
        called = [part for hold, part in here if hold.on_call and not hold.is_gap]
        on_call = sum((part.ends - part.begins for part in called), timedelta(0))
        yield WeekRow(
            name=f"{monday.day} {monday:%b}" + (f" {monday.year}" if monday.year != first.year else ""),
            iso=monday.date().isoformat(),
            pieces=list(_pieces(here, monday, lanes)),
            outside=list(_outside(proof, week)),
            now=_percent(proof.first - monday) if week.begins <= proof.first < week.ends else "",
            told=_told(here, names),
            handovers=sum(monday < one.at <= week.ends for one in coverage.changes(hold for hold, _ in here)),
            on_call=words.length(on_call) if on_call else "",
            empty=words.length(empty) if empty else "",
        )
        held = [hold for hold in held if hold.ends > week.ends]
        monday = week.ends


def _outside(proof: Proof, week: Span) -> Iterator[Bar]:
    """The hours of the week that the proof does not speak of: they are neither covered nor empty."""
    for begins, ends in ((week.begins, min(proof.first, week.ends)), (max(proof.last, week.begins), week.ends)):
        if begins < ends:
            yield Bar(_percent(begins - week.begins), _percent(ends - begins))


def _told(here: Sequence[tuple[Hold, Span]], names: Mapping[str, str]) -> str:
    """The strip for who does not see it: "Cambridge 40 h, on call 16 h, nobody 2 h"."""
    sums: dict[str, timedelta] = defaultdict(timedelta)
    for hold, part in here:
        who = "nobody" if hold.is_gap else "on call" if hold.on_call else names[hold.center]
        sums[who] += part.ends - part.begins
    return ", ".join(f"{who} {words.length(amount)}" for who, amount in sums.items())


def _pieces(here: Sequence[tuple[Hold, Span]], monday: datetime, lanes: Mapping[str, int]) -> Iterator[Piece]:
    """The strip, pieces of one center and kind that touch made one; a gap goes across all lanes."""
    run: list[tuple[tuple[str, str], Span]] = []
    for hold, part in here:
        kind = ("", "gap") if hold.is_gap else (hold.center, "call" if hold.on_call else "shift")
        if run and run[-1][0] == kind and run[-1][1].ends == part.begins:
            run[-1] = (kind, Span(run[-1][1].begins, part.ends))
        else:
            run.append((kind, part))
    for (center, look), span in run:
        y = LANES_TOP + LANE * lanes.get(center, 0)
        yield Piece(_percent(span.begins - monday), _percent(span.ends - span.begins), y, look)


def _percent(length: timedelta) -> str:
    return f"{100 * (length / WEEK):.2f}%"


# The gaps


def _gap(
    gap: Gap,
    house: House,
    staff: Mapping[int, StaffProfile],
    names: Mapping[int, str],
    may_keep: bool,
    times: Times,
) -> GapRow:
    until = times.clock(gap.ends) if gap.length < DAY else times.moment(gap.ends).reader
    return GapRow(
        when=f"{times.moment(gap.begins).reader} to {until}",
        length=words.length(gap.length),
        cause=gap.why,
        people=", ".join(names[who] for who in gap.people if who in names),
        advice=ADVICE[gap.cause],
        fillers=[_filler(one, gap, may_keep) for one in fillers(gap, house, staff.values())],
    )


def fillers(gap: Gap, house: House, staff: Iterable[StaffProfile]) -> list[StaffProfile]:
    """The engineers who could fill the gap, the best first: of those present, who is rested before and after it.

    Who does not work within eleven hours of it goes before who does, then whose local time is nearest to two in the
    afternoon at its middle.
    """
    around = Span(gap.begins - REST, gap.ends + REST)
    busy = {seat.person for seat in house.planned(*around) if _touches(seat, around)}
    absent = {away.person for away in house.absences if common(Span(gap.begins, gap.ends), away)}
    able = [one for one in staff if one.role in TAKER_ROLES and one.user.is_active and one.user_id not in absent]
    middle = gap.begins + gap.length / 2
    return sorted(able, key=lambda one: (one.user_id in busy, _from_afternoon(one, middle), one.user.name))[:FILLERS]


def _touches(seat: Seat, around: Span) -> bool:
    return seat.layer is not Layer.MANAGER and common(Span(seat.begins, seat.ends), around) is not None


def _zone(one: StaffProfile) -> str:
    return one.center.zone if one.center else one.user.zone


def _from_afternoon(one: StaffProfile, at: datetime) -> timedelta:
    local = at.astimezone(ZoneInfo(_zone(one))).replace(tzinfo=None)
    distance = abs(local - datetime.combine(local.date(), time(14)))
    return min(distance, DAY - distance)


def _filler(one: StaffProfile, gap: Gap, may_keep: bool) -> Filler:
    place = one.center.name if one.center else ""
    local = f"{gap.begins.astimezone(ZoneInfo(_zone(one))):%H:%M}"
    asked = {"who": one.user_id, "from": gap.begins.isoformat(), "to": gap.ends.isoformat()}
    url = f"{reverse('new_on_call')}?{urlencode(asked)}" if may_keep else ""
    return Filler(one.user.name, local, place, url)
