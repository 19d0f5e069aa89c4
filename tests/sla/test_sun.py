"""The sun as the rosters in the database have it: who holds it, the proof as a command, and the watch for new gaps."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from freezegun import freeze_time

from accounts.enums import AbsenceReason, Layer, StaffRole
from accounts.models import Absence, Holiday, Letter, OnCall, RosterEntry, Shift, Swap
from accounts.rosters import Roster
from sla import gap_watch, sun
from sla.gaps import Cause
from sla.models import CoverageGap
from tests.cast import DAY, HOUR, NOON, make_staff

WEEK = [0, 1, 2, 3, 4, 5, 6]


@pytest.fixture
def around_the_clock(engineer, second_engineer, emea_center):
    """Working hours in Cambridge, and one engineer on call day and night."""
    Shift.objects.bulk_create(
        Shift(center=emea_center, weekday=weekday, opens=time(9), closes=time(17)) for weekday in range(5)
    )
    return RosterEntry.objects.create(
        user=second_engineer,
        layer=Layer.ENGINEER,
        center=emea_center,
        weekdays=WEEK,
        opens=time(0),
        closes=time(0),
        from_on=date(2025, 1, 1),
    )


@pytest.mark.clause("C-FTS-04")
def test_an_engineer_without_a_roster_works_every_shift_of_the_center(
    around_the_clock, engineer, second_engineer, customer_service, emea_center
):
    hold = sun.hold_at(NOON)

    assert (hold.center, hold.people, hold.on_call) == (emea_center.code, (engineer.pk, second_engineer.pk), False)


@pytest.mark.clause("C-SCP-05")
def test_a_roster_of_shifts_is_all_that_its_person_works(around_the_clock, engineer, emea_center):
    RosterEntry.objects.create(
        user=engineer,
        center=emea_center,
        weekdays=[2],
        opens=time(9),
        closes=time(11),
        every_weeks=2,
        from_on=NOON.date(),
    )

    moments = [NOON - 2 * HOUR, NOON, NOON + 7 * DAY - 2 * HOUR, NOON + 14 * DAY - 2 * HOUR]

    assert [Roster.between(at, at).is_on_shift(engineer.pk, at) for at in moments] == [True, False, False, True]


def test_a_swap_and_a_substitute_take_the_place(around_the_clock, engineer, emea_center, support_manager):
    entry = RosterEntry.objects.create(
        user=engineer, center=emea_center, weekdays=WEEK, opens=time(9), closes=time(17), from_on=date(2026, 1, 1)
    )
    colleague = make_staff("Ines Colleague", StaffRole.SUPPORT_ENGINEER)
    stand_in = make_staff("Jan Substitute", StaffRole.SUPPORT_ENGINEER)
    Swap.objects.create(entry=entry, on=NOON.date(), user=colleague, reason="A wedding.")
    tomorrow = NOON + DAY
    Absence.objects.create(
        user=engineer,
        reason=AbsenceReason.SICK,
        starts_at=tomorrow - HOUR,
        ends_at=tomorrow + HOUR,
        substitute=stand_in,
    )

    def on_shift(at):
        roster = Roster.between(at, at)
        return {user.pk for user in (engineer, colleague, stand_in) if roster.is_on_shift(user.pk, at)}

    assert on_shift(NOON) == {colleague.pk}
    assert on_shift(tomorrow) == {stand_in.pk}
    assert on_shift(tomorrow + 2 * HOUR) == {engineer.pk}


def test_nobody_who_may_not_sign_in_takes_a_place(around_the_clock, engineer, second_engineer):
    gone = make_staff("Kai Former", StaffRole.SUPPORT_ENGINEER)
    gone.is_active = False
    gone.save()
    Absence.objects.create(
        user=second_engineer,
        reason=AbsenceReason.SICK,
        starts_at=NOON + 6 * HOUR,
        ends_at=NOON + 8 * HOUR,
        substitute=gone,
    )

    assert sun.hold_at(NOON + 7 * HOUR).is_gap


@pytest.mark.clause("C-ENG-05", "C-COV-01")
@pytest.mark.parametrize("role", [StaffRole.ENGINEERING, StaffRole.SUPPORT_MANAGER, StaffRole.CUSTOMER_SERVICE])
def test_only_who_takes_cases_over_holds_the_sun(around_the_clock, engineer, second_engineer, emea_center, role):
    other = make_staff("Olaf Elsewhere", role)
    RosterEntry.objects.create(
        user=other, center=emea_center, weekdays=WEEK, opens=time(9), closes=time(17), from_on=date(2026, 1, 1)
    )
    assert other.pk not in sun.hold_at(NOON).people

    for absent, substitute in ((engineer, other), (second_engineer, None)):
        Absence.objects.create(
            user=absent,
            reason=AbsenceReason.SICK,
            starts_at=NOON - HOUR,
            ends_at=NOON + HOUR,
            substitute=substitute,
        )
    gaps = sun.prove(NOON - DAY, 3 * DAY).gaps
    assert sun.hold_at(NOON).is_gap
    assert [(gap.begins, gap.ends) for gap in gaps] == [(NOON - HOUR, NOON + HOUR)]


@pytest.mark.clause("C-FTS-04")
def test_a_center_that_rests_on_public_holidays_hands_the_sun_to_the_engineer_on_call(
    around_the_clock, second_engineer, emea_center
):
    emea_center.country, emea_center.subdivision, emea_center.closed_on_holidays = "GB", "ENG", True
    emea_center.save()
    Holiday.objects.create(country="GB", on=NOON.date(), name="Stocktaking")

    hold = sun.hold_at(NOON)

    assert (hold.people, hold.on_call) == ((second_engineer.pk,), True)


@pytest.mark.clause("C-FTS-04")
def test_a_turn_on_call_set_by_hand_for_one_region_does_not_hold_the_sun(engineer, emea_center):
    OnCall.objects.create(
        user=engineer, duty=Layer.ENGINEER, region=emea_center.region, starts_at=NOON - DAY, ends_at=NOON + DAY
    )

    assert sun.hold_at(NOON).is_gap
    assert Roster.between(NOON, NOON).on_call(Layer.ENGINEER, "emea", NOON) == [engineer.pk]


@pytest.mark.clause("C-COV-01")
def test_the_command_proves_a_year(around_the_clock, capsys):
    with freeze_time(NOON):
        call_command("prove_coverage")

    assert capsys.readouterr().out.splitlines() == [
        "Severity 1 from 2026-03-04 12:00 to 2027-03-05 12:00 UTC",
        "PROVED: somebody holds Severity 1 at every minute.",
    ]


@pytest.mark.clause("C-COV-01")
def test_the_command_lists_gaps_and_its_status_tells(around_the_clock, second_engineer, capsys):
    absence = {"user": second_engineer, "reason": AbsenceReason.TRAINING}
    Absence.objects.create(**absence, starts_at=NOON + 6 * HOUR, ends_at=NOON + 8 * HOUR)

    with pytest.raises(SystemExit) as ended:
        call_command("prove_coverage", "--from", "2026-03-04", "--days", "2")

    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  Wed 2026-03-04 18:00 to Wed 2026-03-04 20:00  Away (training)",
        "NOT PROVED: 1 gap, 2 h in all.",
    ]


@pytest.mark.parametrize("given", [["--from", "tomorrow"], ["--days", "0"]])
def test_the_command_says_what_is_wrong_with_its_arguments(given, db):
    with pytest.raises(CommandError):
        call_command("prove_coverage", *given)


@pytest.mark.clause("C-COV-01")
def test_managers_are_told_of_a_new_gap_once(around_the_clock, second_engineer, support_manager):
    first = Absence.objects.create(
        user=second_engineer, reason=AbsenceReason.SICK, starts_at=NOON + 6 * HOUR, ends_at=NOON + 8 * HOUR
    )
    told = [len(gap_watch.watch(at)) for at in (NOON, NOON, NOON + DAY / 6, NOON + 7 * HOUR)]
    known_since = CoverageGap.objects.get().found_at
    first.delete()

    assert (told, known_since) == ([1, 0, 0, 0], NOON)
    assert [(letter.to, letter.subject) for letter in Letter.objects.all()] == [
        (support_manager.email, "Coverage of Severity 1 has a gap")
    ]
    assert "Wed 4 Mar 2026, 18:00 GMT to Wed 4 Mar 2026, 20:00 GMT: Away (sick leave)" in Letter.objects.get().body
    assert gap_watch.watch(NOON + 7 * HOUR) == []
    assert not CoverageGap.objects.exists()


def test_a_kept_gap_says_why(around_the_clock, emea_center):
    RosterEntry.objects.all().delete()

    gap_watch.watch(NOON)

    assert CoverageGap.objects.first().cause == Cause.BETWEEN
    assert CoverageGap.objects.first().begins_at == datetime(2026, 3, 4, 17, tzinfo=UTC)


def test_what_the_sun_costs_does_not_grow_with_the_house(around_the_clock, django_assert_num_queries):
    with django_assert_num_queries(7):  # staff, centers, shifts, entries, swaps, turns, absences
        sun.prove(NOON)
