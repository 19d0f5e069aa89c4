"""What speaks against a place in a roster: double-booked, lacking a role or a skill, away, a public holiday.

Standard library only. A conflict is a warning for whoever makes the roster; what cannot be at all is refused by
`accounts.rostering`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from accounts.enums import TAKER_ROLES, Layer, StaffRole, Worded
from accounts.seats import Entry, House, Seat, Span, common


class Kind(Worded):
    """What speaks against it, the worst first."""

    DOUBLE = "double", "Double-booked"
    ROLE = "role", "Lacks the role"
    SKILL = "skill", "Lacks a skill"
    KNOWN = "known", "Away already"
    AWAY = "away", "Away"
    LEFT = "left", "Nobody stands in"
    PAST = "past", "Wholly in the past"
    LONG = "long", "A day and a night"
    HOLIDAY = "holiday", "Public holiday"


class Conflict(NamedTuple):
    """`person` cannot well sit there: for the first time in `first`, and `times` times in all.

    `detail` is the absence's reason, the holiday's name, where the person sits at the same time, the role or the skill.
    """

    kind: Kind
    person: int
    detail: str
    first: Span
    times: int = 1

    def is_known_from(self, other: "Conflict") -> bool:
        """Whether the other says as much already: a change that moves some hours within the same days adds nothing."""
        same_day = self.first.begins.date() == other.first.begins.date()
        return self[:3] == other[:3] and same_day and self.times <= other.times


def seats_of(entry: Entry, first: datetime, last: datetime) -> list[Seat]:
    """The places that an entry means between two aware moments, whoever is absent or swaps."""
    return House([entry.center], {}, [entry]).planned(first, last)


def without_person(house: House, person: int) -> House:
    """The house as it is once this person has entries for shifts: no longer at every shift of the center."""
    return replace(house, members={who: code for who, code in house.members.items() if who != person})


def clashes(house: House, wanted: Sequence[Seat], names: Mapping[str, str]) -> Iterator[Conflict]:
    """Absences of those who would sit there, and their other seats of the same kind; `names` says centers' names."""
    if not wanted:
        return
    found: dict[tuple[Kind, int, str], list[Span]] = {}
    people = {seat.person for seat in wanted}
    others = only(house, people).planned(min(one.begins for one in wanted), max(one.ends for one in wanted))
    for seat in wanted:
        for away in house.absences:
            if away.person == seat.person and (part := common(Span(*seat[-2:]), away)):
                found.setdefault((Kind.AWAY, seat.person, away.reason), []).append(part)
        for other in others:
            if other.person == seat.person and _same_kind(seat, other) and (part := common(Span(*seat[-2:]), other)):
                found.setdefault((Kind.DOUBLE, seat.person, _place(other, names)), []).append(part)
    for (kind, person, detail), parts in found.items():
        yield Conflict(kind, person, detail, min(parts), len(parts))


def on_holidays(entry: Entry, holidays: Mapping[date, str], first: datetime, last: datetime) -> Iterator[Conflict]:
    """Each public holiday at the center on which a shift of this entry falls."""
    if entry.layer is Layer.SHIFT:
        for day, hours in entry.pattern.days(entry.center.zone, first, last):
            if name := holidays.get(day):
                yield Conflict(Kind.HOLIDAY, entry.person, name, hours)


def lacking(seats: Sequence[Seat], skills: Mapping[int, Collection[str]], needed: Mapping[str, str]) -> list[Conflict]:
    """What engineers who sit there do not know; who is on call as a manager need not.

    `skills` are those of each engineer, `needed` names what there is to know.
    """
    found = []
    for person in dict.fromkeys(seat.person for seat in seats if seat.layer is not Layer.MANAGER):
        missing = [name for code, name in needed.items() if code not in skills.get(person, ())]
        if person in skills and missing:
            first = next(seat for seat in seats if seat.person == person)
            found.append(Conflict(Kind.SKILL, person, ", ".join(missing), Span(first.begins, first.ends)))
    return found


def unfit(taker: int, role: StaffRole | None, of: StaffRole | None, left: Sequence[Seat], when: Span) -> list[Conflict]:
    """What the role of `taker` cannot take over from somebody in the role `of`, who leaves these seats and open cases.

    An engineer's cases and shifts are for engineers, a manager's turn on call is for managers. `when` is for a conflict
    that has no seat.
    """
    first = next((Span(seat.begins, seat.ends) for seat in left if seat.layer is not Layer.MANAGER), when)
    found = []
    if of in TAKER_ROLES and role not in TAKER_ROLES:
        found.append(Conflict(Kind.ROLE, taker, StaffRole.SUPPORT_ENGINEER, first))
    turns = [Span(seat.begins, seat.ends) for seat in left if seat.layer is Layer.MANAGER]
    if turns and role != StaffRole.SUPPORT_MANAGER:
        found.append(Conflict(Kind.ROLE, taker, StaffRole.SUPPORT_MANAGER, min(turns), len(turns)))
    return found


def only(house: House, people: Collection[int]) -> House:
    """As much of the house as says where these people should sit."""
    taken = {swap.entry for swap in house.swaps if swap.person in people}
    entries = [one for one in house.entries if one.person in people or one.id in taken]
    members = {who: code for who, code in house.members.items() if who in people}
    return replace(house, entries=entries, members=members)


def _same_kind(one: Seat, other: Seat) -> bool:
    """Whether nobody can sit in both: two shifts, or on call twice. On call during a shift is no burden."""
    return (one.layer is Layer.SHIFT) == (other.layer is Layer.SHIFT)


def _place(seat: Seat, names: Mapping[str, str]) -> str:
    where = names.get(seat.center, "")
    return f"{seat.layer.label}, {where}" if where else seat.layer.label
