"""What speaks against a line of a roster, in words, before it is saved: the maker weighs it."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import singledispatch
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts import rostering
from accounts.conflicts import Conflict, Kind, clashes, lacking, on_holidays, seats_of, without_person
from accounts.enums import ENGINEER_ROLES, Layer
from accounts.models import Absence, OnCall, RosterEntry, StaffProfile, Swap, User
from accounts.rostering import Row
from accounts.rosters import holidays_at, house_of_staff
from accounts.seats import DAY, Center, Entry, House, Seat, Span, common, joined, without
from entitlements.models import Product
from sla import sun
from web import words
from web.case.times import Times

SHOWN = 12


def conflicts_of(row: Row, by: User, times: Times, *, seen: str, removing: bool = False) -> list[str]:
    """Sentences for the reader about saving the line, or removing it; none when nothing speaks against it.

    Looks a year ahead from the present. Writes nothing, and raises what `rostering` would; `seen` as there.
    """
    opened = list(_gaps_opened(row, by, times, seen=seen, removing=removing))
    told = list(dict.fromkeys([*opened, *([] if removing else _told(row, times))]))
    more = [f"And {len(told) - SHOWN} more."] if len(told) > SHOWN else []
    return told[:SHOWN] + more


@singledispatch
def _told(row: Row, times: Times) -> Iterator[str]:
    raise TypeError(f"{row!r} is no line of a roster")


@_told.register
def _entry(row: RosterEntry, times: Times) -> Iterator[str]:
    first, last = _ahead(row.from_on, row.until_on, ZoneInfo(row.center.zone), times)
    house = house_of_staff(first, last)
    house = replace(house, entries=[one for one in house.entries if one.id != row.pk])
    if row.layer == Layer.SHIFT:
        house = without_person(house, row.user_id)
    entry = _plain(row, house)
    wanted = seats_of(entry, first, last)
    found = [*clashes(house, wanted, _names(house))]
    found += on_holidays(entry, holidays_at(row.center, first, last), first, last)
    yield from _sentences(found, wanted, entry.center, times)


@_told.register
def _swap(row: Swap, times: Times) -> Iterator[str]:
    day = datetime.combine(row.on, time(), UTC)
    house = house_of_staff(day - DAY, day + 3 * DAY)
    house = replace(house, swaps=[one for one in house.swaps if (one.entry, one.on) != (row.entry_id, row.on)])
    entry = replace(_plain(row.entry, house), person=row.user_id)
    only_day = replace(entry.pattern, from_on=row.on, until_on=row.on, weekdays=frozenset(range(7)), every_weeks=1)
    entry = replace(entry, pattern=only_day)
    wanted = seats_of(entry, day - DAY, day + 3 * DAY)
    found = [*clashes(house, wanted, _names(house))]
    found += on_holidays(entry, holidays_at(row.entry.center, day - DAY, day + 3 * DAY), day - DAY, day + 3 * DAY)
    yield from _sentences(found, wanted, entry.center, times)


@_told.register
def _on_call(row: OnCall, times: Times) -> Iterator[str]:
    house = house_of_staff(row.starts_at, row.ends_at)
    wanted = [_seat(row)]
    kept = [_seat(one) for one in OnCall.objects.filter(pk=row.pk)]
    house = replace(house, on_call=[seat for seat in house.on_call if seat not in kept])
    yield from _sentences([*clashes(house, wanted, _names(house))], wanted, None, times)


@_told.register
def _absence(row: Absence, times: Times) -> Iterator[str]:
    """What the absent person leaves, and whether the substitute can take it."""
    first, last = row.starts_at, row.ends_at
    house = house_of_staff(first, last)
    left = [
        seat._replace(begins=part.begins, ends=part.ends)
        for seat in house.planned(first, last)
        if seat.person == row.user_id and (part := common(Span(seat.begins, seat.ends), Span(first, last)))
    ]
    if row.substitute_id:
        taken = [seat._replace(person=row.substitute_id) for seat in left]
        yield from _sentences([*clashes(house, taken, _names(house))], taken, None, times)
    elif left:
        begins = min(seat.begins for seat in left)
        yield f"{_count(len(left), 'shift or turn on call')} without a substitute, first {times.moment(begins).reader}."


def _gaps_opened(row: Row, by: User, times: Times, *, seen: str, removing: bool) -> Iterator[str]:
    """When nobody would hold Severity 1 in the year ahead who does now: the change is tried out and taken back."""
    before = [Span(gap.begins, gap.ends) for gap in sun.prove(times.now).gaps]
    with transaction.atomic():
        tried = copy(row)
        if removing:
            rostering.remove(tried, by=by, seen=seen)
        else:
            rostering.keep(tried, by=by, seen=seen)
        after = joined(Span(gap.begins, gap.ends) for gap in sun.prove(times.now).gaps)
        transaction.set_rollback(True)
    for gap in after:
        rest = [gap]
        for known in before:
            rest = [part for one in rest for part in without(one, known)]
        for part in rest:
            until = times.clock(part.ends) if part.ends - part.begins < DAY else times.moment(part.ends).reader
            yield f"Nobody would hold Severity 1: {times.moment(part.begins).reader} to {until}."


def _sentences(found: Sequence[Conflict], wanted: Sequence[Seat], center: Center | None, times: Times) -> Iterator[str]:
    people = {seat.person for seat in wanted}
    skills = dict(StaffProfile.objects.filter(user__in=people, role__in=ENGINEER_ROLES).values_list("user", "skills"))
    needed = dict(Product.objects.values_list("code", "name"))
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    for one in [*found, *lacking(wanted, skills, needed)]:
        yield _sentence(one, names[one.person], center, times)


def _sentence(one: Conflict, name: str, center: Center | None, times: Times) -> str:
    when = times.moment(one.first.begins).reader
    often = f"{when}, and {one.times - 1} more times" if one.times > 2 else when
    often = f"{when}, and once more" if one.times == 2 else often
    match one.kind:
        case Kind.AWAY:
            return f"{name} is away ({one.detail}): {often}."
        case Kind.DOUBLE:
            return f"{name} is double-booked ({one.detail}): {often}."
        case Kind.HOLIDAY:
            assert center is not None  # only a shift, which has its center, falls on a holiday
            day = words.day(one.first.begins, center.zone.key, times.now)
            return f"{one.detail} is a public holiday in {center.name}: {day}."
        case Kind.SKILL:
            return f"{name} has no skill in {one.detail}."


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
