"""What speaks against a line of a roster, in words, before it is saved: the maker weighs it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import singledispatch
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts import rostering
from accounts.conflicts import Conflict, Kind, clashes, lacking, on_holidays, seats_of, unfit, without_person
from accounts.enums import ENGINEER_ROLES, AbsenceReason, Layer, StaffRole
from accounts.models import Absence, OnCall, RosterEntry, StaffProfile, Swap, User
from accounts.rostering import Row
from accounts.rosters import holidays_at, house_of_staff
from accounts.seats import DAY, Entry, House, Seat, Span, common, joined, without
from entitlements.models import Product
from sla import sun
from web import words
from web.case.times import Times

SHOWN = 12


def conflicts_of(
    row: Row, by: User, times: Times, *, seen: str, since: date | None = None, removing: bool = False
) -> list[str]:
    """Sentences for the reader about saving the line, or removing it, the worst first; none when there is nothing.

    Of a line that is kept already, only what the change adds. Looks a year ahead from the present. Writes nothing, and
    raises what `rostering` would; `seen` and `since` as there.
    """
    opened = list(_brought_about(row, by, times, seen=seen, since=since, removing=removing))
    if since and isinstance(row, RosterEntry):
        row = copy(row)
        row.from_on = rostering.beginning(row, since)
    told = list(dict.fromkeys([*opened, *([] if removing else _sentences(_added(row, times), row, times))]))
    more = [f"And {len(told) - SHOWN} more."] if len(told) > SHOWN else []
    return told[:SHOWN] + more


def _added(row: Row, times: Times) -> list[Conflict]:
    """What speaks against the line, the worst first, without what speaks against it as it is kept.

    Other work is weighed anew: what nobody misses on a shift may be missed on call.
    """
    kept = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    same_work = all(getattr(kept, name, None) == getattr(row, name, None) for name in ("layer", "duty"))
    known = list(_found(kept, times)) if kept and same_work else []
    added = [one for one in _found(row, times) if not any(one.is_known_from(other) for other in known)]
    return sorted(added, key=lambda one: list(Kind).index(one.kind))


@singledispatch
def _found(row: Row, times: Times) -> Iterator[Conflict]:
    raise TypeError(f"{row!r} is no line of a roster")


@_found.register
def _entry(row: RosterEntry, times: Times) -> Iterator[Conflict]:
    zone = ZoneInfo(row.center.zone)
    first, last = _ahead(row.from_on, row.until_on, zone, times)
    house = house_of_staff(first, last)
    house = replace(house, entries=[one for one in house.entries if one.id != row.pk])
    if row.layer == Layer.SHIFT:
        house = without_person(house, row.user_id)
    entry = _plain(row, house)
    wanted = seats_of(entry, first, last)
    yield from clashes(house, wanted, _names(house))
    yield from on_holidays(entry, holidays_at(row.center, first, last), first, last)
    yield from _lacking(wanted)
    if row.opens == row.closes:
        yield Conflict(Kind.LONG, row.user_id, f"{row.opens:%H:%M}", _day(row.from_on))
    if row.until_on and row.until_on < times.now.astimezone(zone).date():
        yield Conflict(Kind.PAST, row.user_id, "", _day(row.from_on))


@_found.register
def _swap(row: Swap, times: Times) -> Iterator[Conflict]:
    day = _day(row.on)
    first, last = day.begins - DAY, day.begins + 3 * DAY
    house = house_of_staff(first, last)
    house = replace(house, swaps=[one for one in house.swaps if (one.entry, one.on) != (row.entry_id, row.on)])
    entry = replace(_plain(row.entry, house), person=row.user_id)
    only_day = replace(entry.pattern, from_on=row.on, until_on=row.on, weekdays=frozenset(range(7)), every_weeks=1)
    entry = replace(entry, pattern=only_day)
    wanted = seats_of(entry, first, last)
    yield from clashes(house, wanted, _names(house))
    yield from on_holidays(entry, holidays_at(row.entry.center, first, last), first, last)
    yield from unfit(row.user_id, row.user.staff_role, row.entry.user.staff_role, wanted, day)
    yield from _lacking(wanted)
    if row.on < times.now.astimezone(ZoneInfo(row.entry.center.zone)).date():
        yield Conflict(Kind.PAST, row.user_id, "", day)


@_found.register
def _on_call(row: OnCall, times: Times) -> Iterator[Conflict]:
    house = house_of_staff(row.starts_at, row.ends_at)
    wanted = [_seat(row)]
    kept = [_seat(one) for one in OnCall.objects.filter(pk=row.pk)]
    house = replace(house, on_call=[seat for seat in house.on_call if seat not in kept])
    yield from clashes(house, wanted, _names(house))
    yield from _lacking(wanted)
    yield from _past(row, times)


@_found.register
def _absence(row: Absence, times: Times) -> Iterator[Conflict]:
    """What the absent person leaves that nobody else has already, and whether the substitute can take it."""
    away = Span(row.starts_at, row.ends_at)
    others = Absence.objects.filter(user=row.user_id, starts_at__lt=row.ends_at, ends_at__gt=row.starts_at)
    known = []
    for one in others.exclude(pk=row.pk).order_by("starts_at", "pk"):
        known.append(span := Span(one.starts_at, one.ends_at))
        yield Conflict(Kind.KNOWN, row.user_id, AbsenceReason(one.reason).label, span)
    house = house_of_staff(*away)
    left = [
        seat._replace(begins=part.begins, ends=part.ends)
        for seat in house.planned(*away)
        if seat.person == row.user_id
        for part in _outside(common(Span(seat.begins, seat.ends), away), known)
    ]
    if row.substitute:
        taken = [seat._replace(person=row.substitute.pk) for seat in left]
        yield from clashes(house, taken, _names(house))
        yield from unfit(row.substitute.pk, row.substitute.staff_role, row.user.staff_role, left, away)
        yield from _lacking(taken)
    elif left:
        yield Conflict(Kind.LEFT, row.user_id, "", min(Span(seat.begins, seat.ends) for seat in left), len(left))
    yield from _past(row, times)


def _outside(span: Span | None, known: Iterable[Span]) -> list[Span]:
    """What is left of a span, if there is one, beside those that are known."""
    rest = [span] if span else []
    for one in known:
        rest = [part for some in rest for part in without(some, one)]
    return rest


def _past(row: OnCall | Absence, times: Times) -> Iterator[Conflict]:
    if row.ends_at <= times.now:
        yield Conflict(Kind.PAST, row.user_id, "", Span(row.starts_at, row.ends_at))


def _lacking(wanted: Sequence[Seat]) -> list[Conflict]:
    people = {seat.person for seat in wanted}
    skills = dict(StaffProfile.objects.filter(user__in=people, role__in=ENGINEER_ROLES).values_list("user", "skills"))
    return lacking(wanted, skills, dict(Product.objects.values_list("code", "name")))


def _brought_about(row: Row, by: User, times: Times, *, seen: str, since: date | None, removing: bool) -> Iterator[str]:
    """Swaps undone, and when nobody would hold Severity 1 in the year ahead: the change is tried and taken back."""
    before = [Span(gap.begins, gap.ends) for gap in sun.prove(times.now).gaps]
    swaps = list(row.swaps.select_related("user").order_by("on")) if isinstance(row, RosterEntry) and row.pk else []
    with transaction.atomic():
        tried = copy(row)
        if removing:
            rostering.remove(tried, by=by, seen=seen)
        else:
            rostering.keep(tried, by=by, seen=seen, since=since)
        after = joined(Span(gap.begins, gap.ends) for gap in sun.prove(times.now).gaps)
        kept = set(Swap.objects.filter(pk__in=[swap.pk for swap in swaps]).values_list("pk", flat=True))
        transaction.set_rollback(True)
    for swap in swaps:
        if swap.pk not in kept:
            yield f"The swap of {swap.on:%A} {swap.on.day} {swap.on:%B}, which {swap.user} takes, would be undone."
    for gap in after:
        for part in _outside(gap, before):
            until = times.clock(part.ends) if part.ends - part.begins < DAY else times.moment(part.ends).reader
            yield f"Nobody would hold Severity 1: {times.moment(part.begins).reader} to {until}."


def _sentences(found: Sequence[Conflict], row: Row, times: Times) -> Iterator[str]:
    names = dict(User.objects.filter(pk__in={one.person for one in found}).values_list("pk", "name"))
    holidays = [one for one in found if one.kind is Kind.HOLIDAY]
    for one in found:
        if one.kind is not Kind.HOLIDAY:
            yield _sentence(one, names[one.person], row, times)
    if holidays:
        yield _holidays(holidays, row, times)


def _sentence(one: Conflict, name: str, row: Row, times: Times) -> str:
    when = times.moment(one.first.begins).reader
    often = f"{when}, and {one.times - 1} more times" if one.times > 2 else when
    often = f"{when}, and once more" if one.times == 2 else often
    match one.kind:
        case Kind.AWAY:
            return f"{name} is away ({one.detail}): {often}."
        case Kind.KNOWN:
            return f"{name} is already away: {one.detail}, {when} to {times.moment(one.first.ends).reader}."
        case Kind.DOUBLE:
            return f"{name} is double-booked ({one.detail}): {often}."
        case Kind.ROLE if one.detail == StaffRole.SUPPORT_MANAGER:
            return f"{name} is no support manager and takes no turn on call of one: {often}."
        case Kind.ROLE:
            return f"{name} is no engineer and takes no cases over."
        case Kind.SKILL:
            return f"{name} has no skill in {one.detail}."
        case Kind.LEFT:
            return f"{_count(one.times, 'shift or turn on call')} without a substitute, first {when}."
        case Kind.PAST:
            return f"This {_noun(row)} lies wholly in the past."
        case Kind.LONG:
            return f"It lasts 24 hours: it begins and ends at {one.detail}."
        case _:
            raise ValueError(f"{one!r} is told together with others")


def _holidays(found: Sequence[Conflict], row: Row, times: Times) -> str:
    """The public holidays of a center on one line: only shifts, which have their center, fall on any."""
    assert isinstance(row, RosterEntry | Swap)
    center = row.center if isinstance(row, RosterEntry) else row.entry.center
    zone = ZoneInfo(center.zone)
    days = [one.first.begins.astimezone(zone) for one in found]
    if len(days) == 1:
        day = words.day(found[0].first.begins, center.zone, times.now)
        return f"{found[0].detail} is a public holiday in {center}: {day}."
    listed = ", ".join(f"{day.day} {day:%b}" for day in days[:SHOWN])
    more = f" and {len(days) - SHOWN} more" if len(days) > SHOWN else ""
    return f"{len(days)} public holidays in {center}: {listed}{more}."


def _noun(row: Row) -> str:
    return {RosterEntry: "entry", Swap: "swap", OnCall: "turn on call", Absence: "absence"}[type(row)]


def _day(on: date) -> Span:
    """Roughly the local day: good for comparing."""
    begins = datetime.combine(on, time(), UTC)
    return Span(begins, begins + DAY)


def _count(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun.replace('shift', 'shifts').replace('turn', 'turns')}"


def _ahead(first: date, last: date | None, zone: ZoneInfo, times: Times) -> tuple[datetime, datetime]:
    """The part of these local days that lies in the year ahead; one day of it at least."""
    begins = max(times.now, datetime.combine(first, time(), zone).astimezone(UTC))
    ends = begins + sun.YEAR
    if last:
        ends = min(ends, datetime.combine(last, time(), zone).astimezone(UTC) + 2 * DAY)
    return begins, max(ends, begins)


def _plain(row: RosterEntry, house: House) -> Entry:
    center = next(one for one in house.centers if one.code == row.center.code)
    return Entry(row.pk or 0, row.user_id, Layer(row.layer), center, row.pattern)


def _seat(row: OnCall) -> Seat:
    return Seat(row.user_id, Layer(row.duty), "", row.region_id, row.starts_at, row.ends_at)


def _names(house: House) -> Mapping[str, str]:
    return {center.code: center.name for center in house.centers}
