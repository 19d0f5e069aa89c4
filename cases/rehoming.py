"""The open cases of somebody who goes away: who takes each, and why (C-RAS-01, A-20).

A plan is made anew whenever it is asked for; what a form showed is only what would happen as things stood.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.enums import TAKER_ROLES, AbsenceReason, Layer
from accounts.models import Absence, User
from accounts.rosters import Roster
from cases.candidates import candidates, needs
from cases.choice import Choice, choose, merits, reasons
from cases.enums import ReassignmentReason, Severity
from cases.models import Case

REASONS = {
    AbsenceReason.HOLIDAY: ReassignmentReason.HOLIDAY,
    AbsenceReason.SICK: ReassignmentReason.SICK_LEAVE,
    AbsenceReason.TRAINING: ReassignmentReason.ABSENCE,
    AbsenceReason.OTHER: ReassignmentReason.ABSENCE,
}


@dataclass(frozen=True, slots=True)
class Move:
    """Who takes a case of the absent person, None when nobody can; `why` in sentences."""

    case: Case
    taker: User | None
    why: tuple[str, ...]


def plan(absence: Absence, at: datetime) -> list[Move]:
    """Who takes each open case of the absent person at `at` (aware), the gravest first.

    The substitute does, when an engineer and not away. Without one skill and then load choose: for a Severity 1 among
    those on shift anywhere, else on call, and a substitute takes it on shift only; for the others in the account's
    region (A-12), among those on shift while the first answer is due, and who stays before who leaves as well. Each
    case counts into the load of who takes it.

    Takes the same few statements for any number of cases. The absence must be saved.
    """
    mine = Case.objects.open().filter(owner=absence.user_id)
    cases = list(mine.select_related("organization__region", "product").order_by("severity", "received_at", "pk"))
    return list(_Crew(absence, at).moves(cases)) if cases else []


class _Crew:
    """Those who could take cases at a moment, and how much each has by now."""

    def __init__(self, absence: Absence, at: datetime):
        self.absence, self.at = absence, at
        self.roster = Roster.between(at, at)
        self.present = [one for one in self.roster.staff if self.roster.is_available(one.user_id, at)]
        self.pool = {one.person: one for one in candidates([one.user_id for one in self.present], [])}
        self.pool.pop(absence.user_id, None)
        self.leaving = set(
            Absence.objects.filter(starts_at__lt=absence.ends_at, ends_at__gt=at).values_list("user", flat=True)
        )
        self.users = User.objects.in_bulk([one.user_id for one in self.present])

    def moves(self, cases: Iterable[Case]) -> Iterable[Move]:
        for case in cases:
            move = self._move(case)
            if move.taker and (taker := self.pool.get(move.taker.pk)):
                urgent = case.severity == Severity.ONE
                self.pool[taker.person] = replace(taker, open=taker.open + 1, severe=taker.severe + urgent)
            yield move

    def _move(self, case: Case) -> Move:
        substitute = self.absence.substitute
        if substitute is None:
            return self._suggested(case)
        if obstacle := self._obstacle(substitute, case):
            suggested = self._suggested(case)
            return replace(suggested, why=(f"{substitute} stands in, but {obstacle}.", *suggested.why))
        return Move(case, self.users[substitute.pk], (f"Stands in for {self.absence.user}.",))

    def _obstacle(self, substitute: User, case: Case) -> str:
        """Why the substitute cannot take this case; nothing when it can."""
        profile = next((one for one in self.present if one.user_id == substitute.pk), None)
        if profile is None:
            return "is away then"
        if profile.role not in TAKER_ROLES:
            return "takes no cases over"
        if case.severity == Severity.ONE and not self.roster.is_on_shift(substitute.pk, self.at):
            return "is not on shift then"
        return ""

    def _suggested(self, case: Case) -> Move:
        if case.severity == Severity.ONE:
            return self._for_severity_1(case)
        region = case.organization.region
        lead: tuple[str, ...] = ()
        if case.responded_at is None:  # its clock runs; what was answered is taken up when its engineer comes in
            on_shift = self.roster.on_shift(region.pk, self.at, TAKER_ROLES)
            if choice := self._choose(case, on_shift, on_shift=True):
                return self._chosen(case, choice, reasons(choice, needs(case)))
            lead = ("Nobody of the region is on shift then.",)
        at_home = [one.user_id for one in self.present if one.center and one.center.region_id == region.pk]
        if choice := self._choose(case, at_home):
            return self._chosen(case, choice, [*lead, *merits(choice, needs(case), f"at hand in {region}")])
        return Move(case, None, (f"No engineer of {region} is there.",))

    def _for_severity_1(self, case: Case) -> Move:
        on_shift = self.roster.on_shift(None, self.at, TAKER_ROLES)
        people = on_shift or self.roster.on_call(Layer.ENGINEER, case.organization.region_id, self.at)
        if choice := self._choose(case, people, on_shift=bool(on_shift), for_now=True):
            return self._chosen(case, choice, reasons(choice, needs(case)))
        return Move(case, None, ("Nobody is on shift or on call.",))

    def _choose(
        self, case: Case, people: Collection[int], *, on_shift: bool = False, for_now: bool = False
    ) -> Choice | None:
        """Among those who stay throughout the absence, unless all of them leave meanwhile or it is `for_now`."""
        able = [replace(self.pool[one], on_shift=on_shift) for one in people if one in self.pool]
        staying = [one for one in able if for_now or one.person not in self.leaving]
        return choose(staying or able, list(needs(case)))

    def _chosen(self, case: Case, choice: Choice, why: Iterable[str]) -> Move:
        return Move(case, self.users[choice.taker.person], tuple(why))
