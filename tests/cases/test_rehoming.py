"""Who takes the cases of somebody who goes away, as far as a plan can tell."""

from datetime import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import AbsenceReason, Layer, LinuxFlavor, StaffRole
from accounts.models import Absence, OnCall, Region, RosterEntry, Shift, SupportCenter, User
from cases import operations
from cases.candidates import suggest
from cases.enums import Severity, Status
from cases.rehoming import Move, plan
from tests.cast import DAY, HOUR, NOON, make_staff

LATER = NOON + 2 * HOUR
NIGHT = NOON + 12 * HOUR


@pytest.fixture
def absent(engineer):
    """The engineer is away for a week from two o'clock on; the arguments of the row can be given."""

    def make(**given) -> Absence:
        usual = {
            "user": engineer,
            "reason": AbsenceReason.HOLIDAY,
            "starts_at": LATER,
            "ends_at": LATER + 7 * DAY,
            "hands_over": True,
        }
        return Absence.objects.create(**(usual | given))

    return make


@pytest.fixture
def third_engineer(emea_center, support_manager) -> User:
    return make_staff("Ines Colleague", StaffRole.SUPPORT_ENGINEER, manager=support_manager, center=emea_center)


@pytest.fixture
def day_shift(emea_center):
    """Cambridge is staffed from nine to six, Monday to Friday."""
    Shift.objects.bulk_create(
        Shift(center=emea_center, weekday=weekday, opens=time(9), closes=time(18)) for weekday in range(5)
    )


@pytest.fixture
def tokyo_engineer(db) -> User:
    """At work from eight to six in Osaka."""
    center = SupportCenter.objects.create(
        code="osaka",
        name="Osaka",
        region=Region.objects.get(code="apj"),
        zone="Asia/Tokyo",
        telephone="+81 6 555 000",
    )
    Shift.objects.bulk_create(
        Shift(center=center, weekday=weekday, opens=time(8), closes=time(18)) for weekday in range(5)
    )
    return make_staff("Ren Sato", StaffRole.SUPPORT_ENGINEER, center=center)


def takers(moves: list[Move]) -> list[User | None]:
    return [move.taker for move in moves]


@pytest.mark.clause("C-RAS-01")
def test_every_open_case_goes_to_the_substitute(absent, case_in, second_engineer):
    cases = [case_in(one) for one in (Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER, Status.CLOSURE_PROPOSED)]
    case_in(Status.CLOSED)
    case_in(Status.QUEUED)

    moves = plan(absent(substitute=second_engineer), LATER)

    assert [move.case for move in moves] == cases
    assert takers(moves) == [second_engineer] * 3
    assert {move.why for move in moves} == {("Stands in for Lena Vogt.",)}


@pytest.mark.clause("C-RAS-01", "C-STF-06")
def test_without_a_substitute_skill_decides_and_then_the_load_that_the_move_itself_makes(
    absent, case_in, second_engineer, third_engineer, day_shift
):
    third_engineer.staff.skills = second_engineer.staff.skills = ["hypervisor"]
    third_engineer.staff.save()
    second_engineer.staff.save()
    unskilled = make_staff("Una Skilled", StaffRole.SUPPORT_ENGINEER, center=second_engineer.staff.center)
    for _ in range(4):
        case_in(Status.IN_PROGRESS)

    moves = plan(absent(), LATER)

    assert sorted(str(one) for one in takers(moves)) == [str(third_engineer)] * 2 + [str(second_engineer)] * 2
    assert unskilled not in takers(moves)
    assert moves[0].why[:2] == ("On shift.", "Knows Hypervisor.")


@pytest.mark.clause("C-RAS-01", "C-STF-08")
def test_each_case_goes_to_who_knows_its_linux(absent, case_in, second_engineer, third_engineer, day_shift):
    for one, flavor in [(second_engineer, LinuxFlavor.DEBIAN), (third_engineer, LinuxFlavor.SUSE)]:
        one.staff.skills = ["hypervisor", flavor]
        one.staff.save()
    for flavor in (LinuxFlavor.SUSE, LinuxFlavor.DEBIAN):
        case_in(Status.IN_PROGRESS, linux_flavor=flavor)

    moves = plan(absent(), LATER)

    assert {(move.case.linux_flavor, move.taker, move.why[1]) for move in moves} == {
        ("linux:suse", third_engineer, "Knows Hypervisor and SUSE."),
        ("linux:debian", second_engineer, "Knows Hypervisor and Debian."),
    }


@pytest.mark.clause("C-RAS-01", "C-STF-06")
def test_shift_decides_only_while_the_first_answer_is_due(absent, case_in, second_engineer, third_engineer, day_shift):
    """Who is on shift at that minute is not to get a week's work for it."""
    third_engineer.staff.skills = ["hypervisor"]
    third_engineer.staff.save()
    RosterEntry.objects.create(
        user=third_engineer,
        center=third_engineer.staff.center,
        weekdays=list(range(5)),
        opens=time(7),
        closes=time(13),
        from_on=NOON.date(),
    )
    waiting, answered = case_in(Status.IN_PROGRESS), case_in(Status.WAITING_FOR_CUSTOMER)

    moves = plan(absent(), LATER)

    assert [(move.case, move.taker) for move in moves] == [(waiting, second_engineer), (answered, third_engineer)]
    assert moves[0].why[0] == "On shift."
    assert moves[1].why == ("Knows Hypervisor.", "Has no open case.", "First of 2 at hand in EMEA by skill, then load.")


@pytest.mark.clause("C-RAS-01", "C-COV-04")
def test_an_absence_that_begins_at_night_finds_the_regions_people_all_the_same(
    absent, case_in, second_engineer, tokyo_engineer, day_shift
):
    """Osaka is at work at midnight, but a case of Aberdeen stays at home."""
    case_in(Status.IN_PROGRESS)

    [move] = plan(absent(starts_at=NIGHT), NIGHT)

    assert move.taker == second_engineer
    assert " ".join(move.why) == (
        "Nobody of the region is on shift then. Does not list Hypervisor as a skill. Has no open case."
        " Nobody else is at hand in EMEA."
    )


@pytest.mark.clause("C-RAS-01", "C-COV-01")
def test_a_severity_1_goes_with_whoever_is_on_shift(
    absent, case_in, second_engineer, third_engineer, tokyo_engineer, day_shift
):
    """By night a substitute in Cambridge sleeps."""
    case_in(Status.IN_PROGRESS, severity=Severity.ONE)

    [move] = plan(absent(starts_at=NIGHT, substitute=second_engineer), NIGHT)
    [by_day] = plan(absent(substitute=second_engineer), LATER)

    assert move.taker == tokyo_engineer
    assert move.why[:2] == (f"{second_engineer} stands in, but is not on shift then.", "On shift.")
    assert by_day.taker == second_engineer


def test_a_severity_1_wakes_the_engineer_on_call_when_nobody_is_on_shift(absent, case_in, second_engineer, day_shift):
    case_in(Status.IN_PROGRESS, severity=Severity.ONE)
    absence = absent(starts_at=NIGHT)

    [alone] = plan(absence, NIGHT)
    OnCall.objects.create(user=second_engineer, duty=Layer.ENGINEER, starts_at=NIGHT - HOUR, ends_at=NIGHT + HOUR)
    [move] = plan(absence, NIGHT)

    assert (alone.taker, alone.why) == (None, ("Nobody is on shift or on call.",))
    assert (move.taker, move.why[0]) == (second_engineer, "On call: nobody is on shift.")


@pytest.mark.parametrize("obstacle", ["away", "off", "manager"])
def test_a_substitute_who_cannot_is_passed_over_and_the_plan_says_so(
    absent, case_in, second_engineer, third_engineer, support_manager, obstacle
):
    case_in(Status.IN_PROGRESS)
    substitute = support_manager if obstacle == "manager" else second_engineer
    if obstacle == "away":
        absent(user=second_engineer)
    elif obstacle == "off":
        User.objects.filter(pk=second_engineer.pk).update(is_active=False)

    [move] = plan(absent(substitute=substitute), LATER)

    assert move.taker in {third_engineer, second_engineer} - {substitute}
    assert move.why[0].startswith(f"{substitute} stands in, but ")


def test_a_case_goes_to_somebody_who_stays_rather_than_to_who_leaves_next(
    absent, case_in, second_engineer, third_engineer
):
    """Or the customer would be told twice."""
    case_in(Status.IN_PROGRESS)
    absent(user=second_engineer, starts_at=LATER + DAY, ends_at=LATER + 3 * DAY)

    assert takers(plan(absent(), LATER)) == [third_engineer]

    absent(user=third_engineer, starts_at=LATER + 2 * DAY, ends_at=LATER + 4 * DAY)
    assert takers(plan(absent(), LATER)) == [second_engineer]


@pytest.mark.clause("C-RAS-01")
def test_a_case_that_nobody_of_the_region_can_take_has_no_taker(absent, case_in, second_engineer, tokyo_engineer):
    case_in(Status.IN_PROGRESS)
    absent(user=second_engineer)

    [move] = plan(absent(), LATER)

    assert (move.taker, move.why) == (None, ("No engineer of EMEA is there.",))


def test_a_plan_costs_the_same_for_one_case_and_for_ten(absent, case_in, second_engineer, day_shift):
    absence = absent()

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            plan(absence, LATER)
        return len(queries)

    assert statements() == 1
    case_in(Status.IN_PROGRESS)
    one = statements()
    for _ in range(9):
        case_in(Status.IN_PROGRESS)

    assert statements() == one


@pytest.mark.clause("C-RAS-01")
def test_no_new_case_is_suggested_to_who_is_away(absent, case_in, engineer, second_engineer, day_shift):
    """Nor to who is away and has a roster entry of its own, which the substitute fills meanwhile."""
    RosterEntry.objects.create(
        user=engineer,
        center=engineer.staff.center,
        weekdays=list(range(7)),
        opens=time(9),
        closes=time(17),
        from_on=NOON.date(),
    )
    engineer.staff.skills = ["hypervisor"]
    engineer.staff.save()
    case = case_in(Status.QUEUED)
    before = suggest(case, LATER)

    absent()
    urgent = case_in(Status.QUEUED, severity=Severity.ONE)

    assert before.taker.person == engineer.pk
    assert {suggest(one, LATER).taker.person for one in (case, urgent)} == {second_engineer.pk}


@pytest.mark.clause("C-RPN-01", "C-RAS-01")
def test_a_case_that_is_reopened_during_the_absence_waits_and_afterwards_returns(
    absent, case_in, engineer, technical_contact
):
    during, after = case_in(Status.CLOSED), case_in(Status.CLOSED)
    absent()

    during = operations.reopen(during, "Again.", by=technical_contact, at=LATER + DAY)
    after = operations.reopen(after, "Again.", by=technical_contact, at=LATER + 7 * DAY)

    assert (during.owner, after.owner) == (None, engineer)
