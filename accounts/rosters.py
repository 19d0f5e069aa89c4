"""Who of support is at work at a moment (C-SCP-05): shifts, absences and on-call duty.

`Roster` answers for everybody and many moments at once, `is_away` and `is_on_shift` for one person.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.enums import ENGINEER_ROLES, OnCallDuty, StaffRole
from accounts.models import Absence, OnCall, Shift, StaffProfile, SupportCenter


class Stretch(NamedTuple):
    """A time in which a center is staffed: aware UTC, `opens` included, `closes` not."""

    center: SupportCenter
    opens: datetime
    closes: datetime


def stretches(shifts: Iterable[Shift], first: datetime, last: datetime) -> list[Stretch]:
    """When each center of these shifts is staffed between two aware moments, cut to that span, in order of opening.

    Shifts of a center that touch or overlap make one stretch.
    """
    found: list[Stretch] = []
    latest: dict[int, int] = {}
    for one in sorted(_worked(shifts, first, last), key=lambda one: (one.opens, one.closes)):
        place = latest.get(one.center.pk)
        if place is not None and one.opens <= found[place].closes:
            found[place] = found[place]._replace(closes=max(found[place].closes, one.closes))
        else:
            latest[one.center.pk] = len(found)
            found.append(one)
    return found


def _worked(shifts: Iterable[Shift], first: datetime, last: datetime) -> Iterator[Stretch]:
    for shift in shifts:
        day = first.astimezone(ZoneInfo(shift.center.zone)).date() - timedelta(days=1)
        while (hours := shift.hours_on(day))[0] < last:
            if day.weekday() == shift.weekday and hours[1] > first:
                yield Stretch(shift.center, max(hours[0], first), min(hours[1], last))
            day += timedelta(days=1)


def is_away(person: StaffProfile, at: datetime) -> bool:
    """Whether this one member of staff is absent at `at` (aware)."""
    return Absence.objects.filter(user=person.user_id, starts_at__lte=at, ends_at__gt=at).exists()


def is_on_shift(person: StaffProfile, at: datetime) -> bool:
    """Whether this one member of staff is not absent and its center staffed at `at`; without a center nobody is."""
    shifts = Shift.objects.filter(center=person.center_id).select_related("center")
    return any(shift.covers(at) for shift in shifts) and not is_away(person, at)


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody's working times between two aware moments, as user ids; loaded in four statements however many people.

    A region's people are those of its centers. Somebody who is switched off or absent is never answered.
    """

    shifts: Sequence[Shift]
    absences: Sequence[Absence]
    duties: Sequence[OnCall]
    staff: Sequence[StaffProfile]

    @classmethod
    def between(cls, first: datetime, last: datetime) -> Self:
        return cls(
            shifts=list(Shift.objects.select_related("center")),
            absences=list(Absence.objects.filter(starts_at__lte=last, ends_at__gt=first)),
            duties=list(
                OnCall.objects.filter(starts_at__lte=last, ends_at__gt=first, user__is_active=True).order_by(
                    F("region").asc(nulls_last=True), "pk"
                )
            ),
            staff=list(StaffProfile.objects.filter(user__is_active=True).select_related("center").order_by("pk")),
        )

    def is_available(self, user: int, at: datetime) -> bool:
        """Whether this member of staff may sign in and is not absent at `at`, on shift or not."""
        return any(one.user_id == user for one in self.staff) and user not in self._away(at)

    def on_shift(self, region: str | None, at: datetime, roles: Collection[StaffRole] = ENGINEER_ROLES) -> list[int]:
        """The people in these roles whose center is staffed at `at`: the region's, or those of every region (None)."""
        staffed = {shift.center_id for shift in self._covering(at) if region in (None, shift.center.region_id)}
        return self._present([one.user_id for one in self._with_role(roles) if one.center_id in staffed], at)

    def based_in(self, region: str | None, at: datetime, roles: Collection[StaffRole]) -> list[int]:
        """The people in these roles, on shift or not: the region's, or everybody (None).

        Without those who are absent at `at`, unless all are.
        """
        people = [
            one.user_id
            for one in self._with_role(roles)
            if region is None or (one.center and one.center.region_id == region)
        ]
        return self._present(people, at) or people

    def is_on_shift(self, user: int, at: datetime) -> bool:
        """Whether this member of staff is available and the center staffed at `at`; without a center nobody is."""
        staffed = {shift.center_id for shift in self._covering(at)}
        return self.is_available(user, at) and any(
            one.user_id == user and one.center_id in staffed for one in self.staff
        )

    def on_call(self, duty: OnCallDuty, region: str | None, at: datetime) -> list[int]:
        """Who is on call for `duty`: by the region's own roster, else by the worldwide one."""
        entries = [one for one in self.duties if one.duty == duty and one.starts_at <= at < one.ends_at]
        regional = self._present([one.user_id for one in entries if one.region_id == region], at)
        return regional or self._present([one.user_id for one in entries if one.region_id is None], at)

    def managers(self, at: datetime) -> list[int]:
        """Every support manager who is not absent; all of them when all are."""
        return self.based_in(None, at, {StaffRole.SUPPORT_MANAGER})

    def _covering(self, at: datetime) -> list[Shift]:
        return [shift for shift in self.shifts if shift.covers(at)]

    def _with_role(self, roles: Collection[StaffRole]) -> list[StaffProfile]:
        return [one for one in self.staff if one.role in roles]

    def _present(self, users: Sequence[int], at: datetime) -> list[int]:
        away = self._away(at)
        return [user for user in users if user not in away]

    def _away(self, at: datetime) -> set[int]:
        return {one.user_id for one in self.absences if one.starts_at <= at < one.ends_at}
