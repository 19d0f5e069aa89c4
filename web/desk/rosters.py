"""The rosters of a center, week by week: who is on which shift, who is on call, who is away (C-FTS-04, C-SCP-05)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, QuerySet

from accounts.enums import TAKER_ROLES, AbsenceReason, Layer, StaffRole
from accounts.local_time import instant_of
from accounts.models import Absence, OnCall, RosterEntry, StaffProfile, SupportCenter, User
from accounts.permissions import may
from accounts.rosters import holidays_at, house_of_staff
from accounts.seats import DAY, Center, House, Seat, Span, common, joined, staffed_hours, without
from cases.models import Case
from web import words
from web.case.times import Times
from web.desk.roster_forms import DAYS

WEEK = 7
LISTED = 30

Row = TypeVar("Row", Absence, OnCall)


class WeekForm(forms.Form):
    """Which center's week is looked at; lives in the address, and whatever makes no sense is left out.

    `whole` asks for every row of the lists below it.
    """

    center = forms.SlugField(required=False, max_length=20)
    week = forms.DateField(required=False)
    whole = forms.BooleanField(required=False)

    def asked(self, reader: User, centers: Sequence[SupportCenter], now: datetime) -> tuple[SupportCenter, date]:
        """The center, by itself the reader's own, and the Monday of the week by that center's clock."""
        self.is_valid()
        own = reader.profile.center_id if reader.profile else None
        code = self.cleaned_data.get("center")
        by_code = (one for one in centers if one.code == code)
        center = next(by_code, None) or next((one for one in centers if one.pk == own), centers[0])
        day = self.cleaned_data.get("week") or now.astimezone(ZoneInfo(center.zone)).date()
        day = min(max(day, now.date() - 366 * DAY), now.date() + 732 * DAY)
        return center, day - day.weekday() * DAY


@dataclass(frozen=True, slots=True)
class Chip:
    """A piece of work that begins on a day: its hours by the center's clock, and what is to be said of it.

    It follows from an entry, from a turn on call set by hand, or from neither.
    """

    hours: str
    layer: Layer
    notes: tuple[str, ...]
    tone: str
    entry: RosterEntry | None
    turn: OnCall | None
    on: date


@dataclass(frozen=True, slots=True)
class Line:
    """A person's week."""

    user: User
    role: str
    days: list[tuple[str, list[Chip]]]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week that is shown, with its public holiday if it is one."""

    on: date
    name: str
    holiday: str
    today: bool


@dataclass(frozen=True, slots=True)
class _Work:
    """Somebody should sit in `seat` on the local day `on`; `instead_of` is who swapped it away."""

    seat: Seat
    on: date
    entry: RosterEntry | None = None
    turn: OnCall | None = None
    instead_of: int | None = None

    @property
    def span(self) -> Span:
        return Span(self.seat.begins, self.seat.ends)


def roster_page(reader: User, asked: WeekForm, times: Times) -> dict[str, Any]:
    """Everything the page shows, in a number of statements that people and entries do not change."""
    centers = list(SupportCenter.objects.prefetch_related("shifts"))
    if not centers:
        return {"centers": [], "may_keep": bool(may(reader, "keep", RosterEntry))}
    center, monday = asked.asked(reader, centers, times.now)
    whole = asked.cleaned_data["whole"]
    zone = ZoneInfo(center.zone)
    span = Span(*(instant_of(datetime.combine(day, time()), zone) for day in (monday, monday + WEEK * DAY)))
    nights = Span(span.begins, span.ends + 2 * DAY)  # what begins in this week may end, and meet others, in the next
    house = house_of_staff(*nights)
    place = next(one for one in house.centers if one.code == center.code)
    staff = {one.user_id: one for one in StaffProfile.objects.select_related("user").order_by("user__name")}
    entries = list(RosterEntry.objects.filter(center=center).select_related("user").prefetch_related("swaps__user"))
    turns = OnCall.objects.filter(starts_at__lt=nights.ends, ends_at__gt=nights.begins, user__is_active=True)
    works = [one for one in _works(house, place, entries, turns, nights) if one.seat.person in staff]
    holidays = holidays_at(center, *span)
    shown = {one.seat.person for one in works if common(one.span, span)}
    shown |= {who for who, code in house.members.items() if code == center.code}
    open_hours = [list(_unfilled(place, house, staff, monday + offset * DAY)) for offset in range(WEEK)]
    days = [_day(monday + offset * DAY, holidays, times.now.astimezone(zone).date()) for offset in range(WEEK)]
    return {
        "centers": centers,
        "center": center,
        "zone": words.zone_name(span.begins, center.zone),
        "rests": center.closed_on_holidays,
        "week": f"{_written(monday)} to {_written(monday + 6 * DAY)} {(monday + 6 * DAY).year}",
        "monday": monday,
        "before": monday - WEEK * DAY,
        "after": monday + WEEK * DAY,
        "days": days,
        "lines": [
            Line(
                one.user,
                StaffRole(one.role).label,
                [(day.name, list(_chips(works, who, day.on, house, staff, zone))) for day in days],
            )
            for who, one in staff.items()
            if who in shown
        ],
        "unfilled": any(open_hours),
        "open": [(day.name, hours) for day, hours in zip(days, open_hours, strict=True)],
        "entries": [(one, _weekdays(one)) for one in _listed(entries, monday)],
        "absences": Listed.of(_absences(shown, span.begins), lambda rows: _spells(rows, times), whole),
        "turns": Listed.of(_turns(shown, span), lambda rows: (_turn(one, times) for one in rows), whole),
        "may_keep": bool(may(reader, "keep", RosterEntry)),
    }


def _day(on: date, holidays: Mapping[date, str], today: date) -> Day:
    return Day(on, f"{on:%a} {on.day}", holidays.get(on, ""), on == today)


def _written(on: date) -> str:
    return f"{on.day} {on:%B}"


def _listed(entries: Iterable[RosterEntry], monday: date) -> list[RosterEntry]:
    """Those that have not ended before the week: shifts by their hours, then who is on call, then what begins later."""
    going_on = [one for one in entries if one.until_on is None or one.until_on >= monday]
    sunday = monday + 6 * DAY

    def place(one: RosterEntry) -> tuple[Any, ...]:
        later = one.from_on if one.from_on > sunday else date.min
        return later > sunday, one.layer != Layer.SHIFT, one.opens, one.closes, later, one.user.name, one.pk

    return sorted(going_on, key=place)


def _weekdays(entry: RosterEntry) -> str:
    """ "Mon to Fri", "every day", "Mon, Wed"."""
    days = sorted(entry.weekdays)
    names = [name for number, name in DAYS if number in days]
    if len(days) == WEEK:
        return "every day"
    if len(days) > 2 and all(after - before == 1 for before, after in pairwise(days)):
        return f"{names[0]} to {names[-1]}"
    return ", ".join(names)


# The week's work


def _works(
    house: House, place: Center, entries: Sequence[RosterEntry], turns: Iterable[OnCall], span: Span
) -> Iterator[_Work]:
    """Everything that the center's people should do in that week, and what entries at this center say of others."""
    for entry in entries:
        swaps = {swap.on: swap.user_id for swap in entry.swaps.all()}
        for day, hours in entry.pattern.days(place.zone, *span):
            if entry.layer == Layer.SHIFT and day in place.closed_on:
                continue
            taker = swaps.get(day)
            seat = Seat(taker or entry.user_id, Layer(entry.layer), place.code, None, *hours)
            yield _Work(seat, day, entry, instead_of=entry.user_id if taker else None)
    rostered = {one.person for one in house.entries if one.layer is Layer.SHIFT}
    members = {who for who, code in house.members.items() if code == place.code}
    for hours in staffed_hours(place, *span):
        for who in members - rostered:
            seat = Seat(who, Layer.SHIFT, place.code, None, *hours)
            yield _Work(seat, hours.begins.astimezone(place.zone).date())
    for turn in turns:
        if turn.user_id in members:
            yield from _by_days(turn, place.zone, span)


def _by_days(turn: OnCall, zone: ZoneInfo, span: Span) -> Iterator[_Work]:
    """A turn set by hand, cut at local midnights."""
    seat = Seat(turn.user_id, Layer(turn.duty), "", turn.region_id, turn.starts_at, turn.ends_at)
    day = max(seat.begins, span.begins).astimezone(zone).date()
    while (begins := instant_of(datetime.combine(day, time()), zone)) < min(seat.ends, span.ends):
        ends = instant_of(datetime.combine(day + DAY, time()), zone)
        yield _Work(seat._replace(begins=max(seat.begins, begins), ends=min(seat.ends, ends)), day, turn=turn)
        day += DAY


def _chips(
    works: Sequence[_Work], who: int, day: date, house: House, staff: Mapping[int, StaffProfile], zone: ZoneInfo
) -> Iterator[Chip]:
    mine = sorted((one for one in works if who == one.seat.person and one.on == day), key=lambda one: one.seat.begins)
    for one in mine:
        away = [gone for gone in house.absences if gone.person == who and common(one.span, gone)]
        notes = [f"for {_name(staff, one.instead_of)}"] if one.instead_of else []
        for gone in away:
            instead = f", {_name(staff, gone.substitute)} stands in" if gone.substitute else ""
            notes.append(f"away: {gone.reason}{instead}")
        doubled = any(_meet(one, other) for other in works if other is not one and other.seat.person == who)
        if doubled:
            notes.append("double-booked")
        tone = "away" if away else "doubled" if doubled else ""
        yield Chip(_clock(one.span, zone), one.seat.layer, tuple(notes), tone, one.entry, one.turn, one.on)


def _meet(one: _Work, other: _Work) -> bool:
    """Whether both are shifts, or both are on call, at the same time."""
    alike = (one.seat.layer is Layer.SHIFT) == (other.seat.layer is Layer.SHIFT)
    return alike and one.seat.begins < other.seat.ends and other.seat.begins < one.seat.ends


def _unfilled(place: Center, house: House, staff: Mapping[int, StaffProfile], day: date) -> Iterator[str]:
    """The parts of the shifts that begin on this day in which no engineer is really at the center."""
    start = instant_of(datetime.combine(day, time()), place.zone)
    wanted = [one for one in staffed_hours(place, start, start + 2 * DAY) if _begins_on(one, day, place.zone)]
    engineers = {who for who, one in staff.items() if one.role in TAKER_ROLES}
    there = [
        Span(seat.begins, seat.ends)
        for seat in house.seats(start - DAY, start + 2 * DAY)
        if seat.layer is Layer.SHIFT and seat.center == place.code and seat.person in engineers
    ]
    for span in joined(wanted):
        rest = [span]
        for filled in there:
            rest = [part for one in rest for part in without(one, filled)]
        yield from (_clock(part, place.zone) for part in rest)


def _begins_on(span: Span, day: date, zone: ZoneInfo) -> bool:
    return span.begins.astimezone(zone).date() == day


def _clock(span: Span, zone: ZoneInfo) -> str:
    """ "07:00–15:30"; a night ends at 24:00."""
    begins, ends = (one.astimezone(zone) for one in span)
    midnight = ends.time() == time() and ends.date() > begins.date()
    return f"{begins:%H:%M}–{'24:00' if midnight else format(ends, '%H:%M')}"


def _name(staff: Mapping[int, StaffProfile], who: int | None) -> str:
    one = staff.get(who) if who else None
    return one.user.name if one else "somebody else"


# The lists below


@dataclass(frozen=True, slots=True)
class Spell:
    """An absence or a turn on call in words."""

    row: Absence | OnCall
    what: str
    when: str
    more: str
    left: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a list that are shown, and how many are not."""

    spells: list[Spell]
    more: int

    @classmethod
    def of(cls, rows: QuerySet[Row], write: Callable[[Sequence[Row]], Iterable[Spell]], whole: bool) -> Self:
        """All rows, or the first of them."""
        found = list(rows if whole else rows[: LISTED + 1])
        if whole or len(found) <= LISTED:
            return cls(list(write(found)), 0)
        return cls(list(write(found[:LISTED])), rows.count() - LISTED)


def _absences(shown: set[int], since: datetime) -> QuerySet[Absence]:
    found = Absence.objects.filter(user__in=shown, ends_at__gt=since)
    return found.select_related("user", "substitute").order_by("starts_at", "pk")


def _turns(shown: set[int], span: Span) -> QuerySet[OnCall]:
    found = OnCall.objects.filter(user__in=shown, starts_at__lt=span.ends, ends_at__gt=span.begins)
    return found.select_related("user", "region").order_by("starts_at", "pk")


def _spells(absences: Sequence[Absence], times: Times) -> Iterator[Spell]:
    """Absences, and how many open cases are left with who is away and has handed over."""
    handed_over = [one.user_id for one in absences if one.rehomed_at and one.starts_at <= times.now < one.ends_at]
    theirs = Case.objects.open().filter(owner__in=handed_over).values_list("owner").annotate(Count("pk"))
    left = dict(theirs) if handed_over else {}
    for one in absences:
        yield Spell(
            one,
            AbsenceReason(one.reason).label,
            _from_to(one, times),
            f"{one.substitute} stands in" if one.substitute else "nobody stands in",
            _left(one, left.get(one.user_id, 0)) if one.user_id in handed_over else _cases(one, times),
        )


def _left(row: Absence, count: int) -> str:
    if not count:
        return "All open cases are with others"
    return f"{count} open case{' is' if count == 1 else 's are'} still with {row.user}"


def _cases(row: Absence, times: Times) -> str:
    if row.is_to_rehome and times.now < row.ends_at:
        return "Hands open cases over"
    return ""


def _turn(row: OnCall, times: Times) -> Spell:
    return Spell(row, Layer(row.duty).label, _from_to(row, times), str(row.region) if row.region else "everywhere")


def _from_to(row: Absence | OnCall, times: Times) -> str:
    return f"{times.moment(row.starts_at).reader} to {times.moment(row.ends_at).reader}"
