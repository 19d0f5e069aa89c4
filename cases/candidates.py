"""Which engineer the rosters, skills and open cases suggest for a case; the choice itself is `cases.choice`."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Q

from accounts.enums import TAKER_ROLES, Layer, LinuxFlavor
from accounts.models import StaffProfile
from accounts.rosters import Roster
from cases.choice import Candidate, Choice, choose, reasons
from cases.enums import Severity, Status
from cases.models import Case


def suggest(case: Case, at: datetime) -> Choice | None:
    """Who takes the case next at `at` (aware), other than its owner; None when nobody is on duty.

    Severity 1 goes to whoever is on shift anywhere, else to the engineer on call; the others stay in the region of the
    account and never call anybody out (A-12, C-COV-04).
    """
    roster = Roster.between(at, at)
    urgent = case.severity == Severity.ONE
    region = case.organization.region_id
    on_shift = roster.on_shift(None if urgent else region, at, TAKER_ROLES)
    on_call = roster.on_call(Layer.ENGINEER, region, at) if urgent and not on_shift else []
    people = {*on_shift, *on_call} - {case.owner_id}
    return suggest_among(case, people, on_shift)


def suggest_among(case: Case, people: Collection[int | None], on_shift: Collection[int]) -> Choice | None:
    """Who of these `people` takes the case, some of them `on_shift`; None when none of them works on cases."""
    return choose(candidates(people, on_shift), list(needs(case)))


def why(case: Case, choice: Choice) -> list[str]:
    """Why this engineer, in sentences."""
    return reasons(choice, needs(case))


def needs(case: Case) -> dict[str, str]:
    """The skills that a case needs, the more important first, each with its name (C-STF-08)."""
    skills = {case.product.code: case.product.name}
    if case.linux_flavor:
        skills[case.linux_flavor] = LinuxFlavor(case.linux_flavor).label
    return skills


def candidates(people: Collection[int | None], on_shift: Collection[int]) -> list[Candidate]:
    """Those of these people who take cases, with what they know and how much they have."""
    running = ~Q(user__owned_cases__status=Status.CLOSED)
    staff = StaffProfile.objects.filter(user__in=people, role__in=TAKER_ROLES).annotate(
        open=Count("user__owned_cases", filter=running),
        severe=Count("user__owned_cases", filter=running & Q(user__owned_cases__severity=Severity.ONE)),
    )
    return [
        Candidate(one.user_id, frozenset(one.skills), one.open, one.severe, one.user_id in on_shift) for one in staff
    ]
