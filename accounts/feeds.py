"""The secret addresses under which calendar programs read rosters, and what stands in such a calendar."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from accounts.conflicts import only
from accounts.enums import Layer
from accounts.models import Absence, Region, RosterFeed, User
from accounts.refusal import Refusal
from accounts.rosters import house_of_staff
from accounts.seats import Seat

TOKEN_BYTES = 32
BACK, AHEAD = timedelta(weeks=4), timedelta(weeks=26)

Revisions = Mapping[str, tuple[str, int, str]]


# The secret


@transaction.atomic
def make(user: User, *, at: datetime) -> str:
    """Give this member of staff an address for the calendar and return its secret; the one before is worth nothing.

    Raises Refusal for who is not staff: customers are in no roster.
    """
    if user.staff_role is None:
        raise Refusal("not_staff", "Only members of staff are in a roster.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    RosterFeed.objects.update_or_create(user=user, defaults={"token_hash": _hash(token), "made_at": at})
    return token


def revoke(user: User) -> bool:
    """Make the person's address worthless; return whether there was one."""
    return bool(RosterFeed.objects.filter(user=user).delete()[0])


def find(token: str) -> RosterFeed | None:
    """Whose calendar this secret opens: of a member of staff who may sign in, or None.

    Found by the hash, so that the time it takes tells nothing about other secrets.
    """
    feeds = RosterFeed.objects.filter(token_hash=_hash(token), user__is_active=True, user__staff__isnull=False)
    return feeds.select_related("user").first()


def _hash(token: str) -> str:
    """The secrets are long and random, so a plain digest cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


# The calendar


class Event(NamedTuple):
    """A shift, a turn on call or an absence, from `begins` until just before `ends` (aware UTC).

    `uid` names it for good: an absence by its row, other work by what, where and when it begins. `busy` says whether
    the time is taken: on call one is free until the telephone rings.
    """

    uid: str
    kind: str
    title: str
    place: str
    note: str
    busy: bool
    begins: datetime
    ends: datetime

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def events_of(user: User, first: datetime, last: datetime) -> list[Event]:
    """When this member of staff works, is on call or is away at some time between two aware moments, in order.

    As it really is: without what an absence takes away or a swap gives to somebody else, with what it takes over. Why
    somebody is away is not told.
    """
    house = house_of_staff(first, last)
    stood_in_for = {one.person for one in house.absences if one.substitute == user.pk}
    seats = only(house, {user.pk, *stood_in_for}).seats(first, last)
    centers = {one.code: one.name for one in house.centers}
    regions = dict(Region.objects.values_list("code", "name"))
    work = [_work(one, centers, regions) for one in seats if one.person == user.pk and first < one.ends]
    work.sort(key=lambda one: one.ends)  # of two that begin together the longer one counts
    found = {one.uid: one for one in [*work, *_absences(user, first, last)]}
    return sorted(found.values(), key=lambda one: (one.begins, one.ends, one.uid))


def _work(seat: Seat, centers: Mapping[str, str], regions: Mapping[str, str]) -> Event:
    shift = seat.layer is Layer.SHIFT
    where = centers.get(seat.center, "") if shift else regions.get(seat.region or "", "everywhere")
    named = f"{seat.person} {seat.layer} {seat.center} {seat.region} {seat.begins.isoformat()}"
    return Event(
        uid=hashlib.sha256(named.encode()).hexdigest()[:32],
        kind=seat.layer.label,
        title=f"{'Shift' if shift else seat.layer.label}, {where}",
        place=where if shift else "",
        note="",
        busy=shift,
        begins=seat.begins,
        ends=seat.ends,
    )


def _absences(user: User, first: datetime, last: datetime) -> Iterator[Event]:
    mine = Absence.objects.filter(user=user, starts_at__lt=last, ends_at__gt=first).select_related("substitute")
    for one in mine:
        note = f"{one.substitute} stands in." if one.substitute else ""
        yield Event(one.key.hex, "Absence", "Away", "", note, True, one.starts_at, one.ends_at)


def revise(known: Revisions, events: Sequence[Event], at: datetime) -> Revisions:
    """The revisions of these events: an event whose content is another than was known has changed at `at` (aware)."""
    return {one.uid: _revision(known.get(one.uid), one.digest, at) for one in events}


def _revision(known: tuple[str, int, str] | None, digest: str, at: datetime) -> tuple[str, int, str]:
    if known is None:
        return (digest, 0, at.isoformat(timespec="seconds"))
    before, count, _ = known
    return known if before == digest else (digest, count + 1, at.isoformat(timespec="seconds"))
