"""Who of support is at work at a moment (C-SCP-05): shifts, rosters, swaps, absences and on-call duty.

`Roster` answers for everybody and many moments at once, `is_away` and `is_on_shift` for one person.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.calendars import kept_by, pin_public_holidays
from accounts.conflicts import only
from accounts.enums import ENGINEER_ROLES, TAKER_ROLES, AbsenceReason, Layer, StaffRole
from accounts.models import Absence, Holiday, OnCall, RosterEntry, Shift, StaffProfile, SupportCenter
from accounts.seats import DAY, Away, Center, Entry, House, Seat, Span, Swap, joined, misses_a_day


class Stretch(NamedTuple):
    """A time in which a center has a shift: aware UTC, `opens` included, `closes` not."""

    center: SupportCenter
    opens: datetime
    closes: datetime


def stretches(shifts: Iterable[Shift], first: datetime, last: datetime) -> list[Stretch]:
    """When each center of these shifts has one between two aware moments, cut to that span, in order of opening.

    Shifts of a center that touch or overlap make one stretch.
    """
    worked: dict[SupportCenter, list[Span]] = {}
    for shift in shifts:
        for _, hours in shift.pattern.days(ZoneInfo(shift.center.zone), first, last):
            worked.setdefault(shift.center, []).append(Span(max(hours.begins, first), min(hours.ends, last)))
    found = [Stretch(center, *span) for center, spans in worked.items() for span in joined(spans)]
    return sorted(found, key=lambda one: (one.opens, one.closes))


def is_away(person: StaffProfile, at: datetime) -> bool:
    """Whether this one member of staff is absent at `at` (aware)."""
    return Absence.objects.filter(user=person.user_id, starts_at__lte=at, ends_at__gt=at).exists()


def is_on_shift(person: StaffProfile, at: datetime) -> bool:
    """Whether this one member of staff works a shift at `at`: by its own roster, or without one by its center's."""
    return Roster.between(at, at).is_on_shift(person.user_id, at)


def misses_a_working_day(user: int, first: datetime, last: datetime) -> bool:
    """Whether this person, away from `first` to `last` (aware), misses as much work as a day of it."""
    around = (first - 7 * DAY, last + 7 * DAY)
    planned = only(house_of_staff(*around), {user}).planned(*around)
    shifts = [Span(one.begins, one.ends) for one in planned if one.person == user and one.layer is Layer.SHIFT]
    return misses_a_day(shifts, Span(first, last))


def house_between(first: datetime, last: datetime) -> House:
    """Who takes a Severity 1 up from `first` to `last` (aware): engineers on shift or on call, and managers on call.

    Engineering and managers who are on shift take none up.

    Takes seven statements, and three more for each center that is closed on public holidays.
    """
    staff = _active_staff()
    takers = {one.user_id for one in staff if one.role in TAKER_ROLES}
    managers = {one.user_id for one in staff if one.role == StaffRole.SUPPORT_MANAGER}
    return replace(
        _house(staff, first, last),
        fit={Layer.SHIFT: takers, Layer.ENGINEER: takers, Layer.MANAGER: managers},
    )


def house_of_staff(first: datetime, last: datetime) -> House:
    """Where everybody of support works from `first` to `last` (aware), whatever the role; costs as `house_between`."""
    return _house(_active_staff(), first, last)


def _active_staff() -> list[StaffProfile]:
    return list(StaffProfile.objects.filter(user__is_active=True).select_related("center").order_by("pk"))


def _house(staff: Sequence[StaffProfile], first: datetime, last: datetime) -> House:
    """What is known of these people. A swap with, or a substitute of, somebody else is none."""
    present = [one.user_id for one in staff]
    centers = {one.pk: _center(one, first, last) for one in SupportCenter.objects.prefetch_related("shifts")}
    begun = {"starts_at__lte": last, "ends_at__gt": first}
    entries = RosterEntry.objects.filter(user__in=present).prefetch_related("swaps").order_by("pk")
    turns = OnCall.objects.filter(**begun, user__in=present).order_by(F("region").asc(nulls_last=True), "pk")
    return House(
        centers=list(centers.values()),
        members={one.user_id: centers[one.center_id].code for one in staff if one.center_id},
        entries=[Entry(one.pk, one.user_id, Layer(one.layer), centers[one.center_id], one.pattern) for one in entries],
        swaps=[
            Swap(entry.pk, one.on, one.user_id)
            for entry in entries
            for one in entry.swaps.all()
            if one.user_id in present
        ],
        absences=[
            Away(
                one.user_id,
                one.starts_at,
                one.ends_at,
                AbsenceReason(one.reason).label,
                one.substitute_id if one.substitute_id in present else None,
            )
            for one in Absence.objects.filter(**begun).order_by("starts_at", "pk")
        ],
        on_call=[Seat(one.user_id, Layer(one.duty), "", one.region_id, one.starts_at, one.ends_at) for one in turns],
    )


def _center(center: SupportCenter, first: datetime, last: datetime) -> Center:
    return Center(
        center.code,
        center.name,
        center.region_id,
        ZoneInfo(center.zone),
        tuple(shift.pattern for shift in center.shifts.all()),
        holidays_at(center, first, last) if center.closed_on_holidays else {},
    )


def holidays_at(center: SupportCenter, first: datetime, last: datetime) -> dict[date, str]:
    """The public holidays and whole-day closures where the center stands, day to name; none for an unknown country."""
    if not center.country:
        return {}
    years = range(first.year, last.year + 1)
    pin_public_holidays(center.country, center.subdivision, years)
    kept = Holiday.objects.filter(kept_by(center.country, center.subdivision), closed_from=None)
    return dict(kept.filter(on__gte=first.date() - 2 * DAY, on__lte=last.date() + DAY).values_list("on", "name"))


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody's working times between two aware moments, as user ids; as few statements as `house_between`.

    A region's people on shift are those who sit at its centers. Somebody who is switched off or absent is never
    answered; where a substitute stands in, the substitute is.
    """

    staff: Sequence[StaffProfile]
    absences: Sequence[Away]
    seats: Sequence[Seat]

    @classmethod
    def between(cls, first: datetime, last: datetime) -> Self:
        staff = _active_staff()
        house = _house(staff, first, last)
        return cls(staff, house.absences, house.seats(first, last + timedelta.resolution))

    def is_available(self, user: int, at: datetime) -> bool:
        """Whether this member of staff may sign in and is not absent at `at`, on shift or not."""
        return any(one.user_id == user for one in self.staff) and user not in self._away(at)

    def on_shift(self, region: str | None, at: datetime, roles: Collection[StaffRole] = ENGINEER_ROLES) -> list[int]:
        """The people in these roles who are on shift at `at`: at the region's centers, or at every one (None)."""
        sitting = {
            seat.person
            for seat in self.seats
            if seat.layer is Layer.SHIFT and seat.covers(at) and region in (None, seat.region)
        }
        return [one.user_id for one in self._with_role(roles) if one.user_id in sitting]

    def based_in(self, region: str | None, at: datetime, roles: Collection[StaffRole]) -> list[int]:
        """The people in these roles, on shift or not: the region's, or everybody (None).

        Without those who are absent at `at`, unless all are.
        """
        people = [
            one.user_id
            for one in self._with_role(roles)
            if region is None or (one.center and one.center.region_id == region)
        ]
        away = self._away(at)
        return [user for user in people if user not in away] or people

    def is_on_shift(self, user: int, at: datetime) -> bool:
        """Whether this member of staff works a shift at `at`, wherever."""
        return any(seat.person == user and seat.layer is Layer.SHIFT and seat.covers(at) for seat in self.seats)

    def on_call(self, layer: Layer, region: str | None, at: datetime) -> list[int]:
        """Who is on call in this layer: by the region's own roster, else by the worldwide one."""
        sitting = [seat for seat in self.seats if seat.layer is layer and seat.covers(at)]
        regional = [seat.person for seat in sitting if seat.region == region]
        return list(dict.fromkeys(regional or [seat.person for seat in sitting if seat.region is None]))

    def managers(self, at: datetime) -> list[int]:
        """Every support manager who is not absent; all of them when all are."""
        return self.based_in(None, at, {StaffRole.SUPPORT_MANAGER})

    def _with_role(self, roles: Collection[StaffRole]) -> list[StaffProfile]:
        return [one for one in self.staff if one.role in roles]

    def _away(self, at: datetime) -> set[int]:
        return {one.person for one in self.absences if one.begins <= at < one.ends}
