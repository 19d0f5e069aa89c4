"""Cases follow the sun in the database: planned, carried out once, and mended when rosters or severities change."""

from datetime import UTC, date, datetime, time
from threading import Thread

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import rostering
from accounts.enums import AbsenceReason, Layer, LinuxFlavor, StaffRole
from accounts.models import Absence, RosterEntry, SupportCenter
from accounts.rosters import Roster
from cases import operations
from cases.enums import EventKind, Severity, Status
from cases.models import CaseEvent
from notifications.enums import Channel, Template
from notifications.models import Notification
from sla import sun, sun_moves, tasks
from sla.models import SunChange, Timer
from sla.operations import differences, sweep_due
from sla.replay import as_lines
from supportportal.celery import app as celery
from tests.cast import DAY, HOUR, MINUTE, NOON, facts, kinds, make_staff

FIVE = NOON + 5 * HOUR  # Cambridge closes, Denver has opened
ONE_AT_NIGHT = NOON + 13 * HOUR  # Denver closes, and nobody but the engineer on call is there until nine


def works(user, center, opens, closes, layer=Layer.SHIFT, weekdays=range(7)):
    return RosterEntry.objects.create(
        user=user,
        layer=layer,
        center=center,
        weekdays=list(weekdays),
        opens=time(opens),
        closes=time(closes),
        from_on=date(2025, 1, 1),
    )


@pytest.fixture
def denver(db):
    return SupportCenter.objects.create(
        code="denver", name="Denver", region_id="americas", zone="America/Denver", telephone="+1 303 555 010"
    )


@pytest.fixture
def rita(denver):
    return make_staff("Rita Alvarez", StaffRole.SUPPORT_ENGINEER, center=denver)


@pytest.fixture
def sam(denver):
    return make_staff("Sam Burke", StaffRole.SUPPORT_ENGINEER, center=denver)


@pytest.fixture
def world(engineer, second_engineer, emea_center, denver, rita, sam):
    """Cambridge from nine to five, Denver from five (10:00 there) to one, and an engineer on call day and night."""
    works(engineer, emea_center, 9, 17)
    works(rita, denver, 10, 18)
    works(sam, denver, 10, 18)
    works(second_engineer, emea_center, 0, 0, Layer.ENGINEER)
    sun_moves.plan(NOON)
    sun_moves.move_due(NOON)


@pytest.fixture
def urgent(case_in, world):
    """A Severity 1 that `engineer` of Cambridge works on."""
    return case_in(Status.IN_PROGRESS, severity=Severity.ONE)


def tick(at: datetime) -> int:
    """What beat lets happen every second; how many cases were moved."""
    sweep_due(at)
    return sun_moves.move_due(at)


def minute(at: datetime) -> None:
    """What beat lets happen every minute."""
    sun_moves.plan(at)
    sun_moves.bring_strays(at)


def owner_of(case):
    case.refresh_from_db()
    return case.owner


def take_hints() -> int:
    """Take every hint to plan out of the broker; return how many there were."""
    with celery.connection_for_write() as broker:
        return broker.default_channel.queue_purge("relay") or 0


@pytest.mark.django_db(transaction=True)
def test_whoever_changes_the_rosters_asks_for_a_new_plan_at_once(world, support_manager):
    """Not at the next minute: until then the pages would tell two stories."""
    entry = RosterEntry.objects.filter(layer=Layer.SHIFT).first()
    take_hints()

    with transaction.atomic():
        rostering.keep(entry, by=support_manager)
        rostering.keep(entry, by=support_manager)
    kept = take_hints()
    rostering.remove(entry, by=support_manager)

    assert (kept, take_hints()) == (1, 1)


@pytest.mark.clause("C-FTS-01")
def test_at_each_change_the_case_passes_on_around_the_world(urgent, engineer, second_engineer, rita):
    owners = []
    for hours in range(25):
        tick(NOON + hours * HOUR)
        owners.append(owner_of(urgent))

    assert owners == [engineer] * 5 + [rita] * 8 + [second_engineer] * 8 + [engineer] * 4
    assert [(one["from_center"], one["to_center"]) for one in facts(urgent, "handed_over")] == [
        ("cambridge", "denver"),
        ("denver", "cambridge"),
        ("cambridge", "cambridge"),
    ]


@pytest.mark.clause("C-FTS-01", "C-STF-06")
def test_the_engineer_is_chosen_by_skill_and_the_choice_says_why(urgent, sam, product):
    sam.staff.skills = [product.code]
    sam.staff.save()

    tick(FIVE)

    assert owner_of(urgent) == sam
    [handed] = facts(urgent, "handed_over")
    assert handed["why"] == [
        "On shift.",
        "Knows Hypervisor.",
        "Has no open case.",
        "First of 2 on duty by skill, then load.",
    ]


@pytest.mark.clause("C-FTS-01", "C-STF-08")
def test_the_linux_of_the_case_decides_among_equals_at_a_change(world, case_in, sam):
    urgent = case_in(Status.IN_PROGRESS, severity=Severity.ONE, linux_flavor=LinuxFlavor.SUSE)
    sam.staff.skills = [LinuxFlavor.SUSE]
    sam.staff.save()

    tick(FIVE)

    assert owner_of(urgent) == sam
    assert facts(urgent, "handed_over")[0]["why"][1] == "Knows SUSE."


@pytest.mark.clause("C-FTS-01", "C-STF-06")
def test_several_cases_are_spread_by_load(world, case_in, rita, sam):
    for _ in range(4):
        case_in(Status.IN_PROGRESS, severity=Severity.ONE)

    assert tick(FIVE) == 4

    assert [rita.owned_cases.count(), sam.owned_cases.count()] == [2, 2]


@pytest.mark.clause("C-FTS-01")
def test_a_case_whose_owner_is_there_already_stays(urgent, sam, support_manager):
    operations.assign(urgent, sam, by=support_manager, at=FIVE - HOUR, reason="skills")

    assert tick(FIVE) == 0
    assert owner_of(urgent) == sam


@pytest.mark.clause("C-FTS-01")
def test_a_case_nobody_has_taken_is_handed_over_too(open_case, world, rita):
    case = open_case(severity=Severity.ONE, at=FIVE - MINUTE)

    tick(FIVE)

    assert owner_of(case) == rita


@pytest.mark.clause("C-COV-04")
def test_other_severities_stay_at_home_unless_a_manager_says_otherwise(case_in, world, engineer, rita, support_manager):
    home, exception = (case_in(Status.IN_PROGRESS, severity=Severity.TWO) for _ in range(2))
    operations.put_on_sun(exception, by=support_manager, at=NOON + HOUR, reason="Their fair opens.")

    tick(FIVE)

    assert [owner_of(home), owner_of(exception)] == [engineer, rita]


# Once


@pytest.mark.clause("C-FTS-01")
@pytest.mark.parametrize("at", [FIVE - MINUTE, FIVE], ids=["early", "twice"])
def test_a_sweep_that_comes_early_or_twice_does_no_harm(urgent, at):
    for moment in (at, at, FIVE, FIVE, FIVE + MINUTE):
        sun_moves.plan(moment)
        tick(moment)

    assert kinds(urgent).count("handed_over") == 1
    assert SunChange.objects.get(at=FIVE).done_at == FIVE


@pytest.mark.clause("C-FTS-01")
def test_after_an_outage_only_the_last_change_is_carried_out(urgent, second_engineer):
    tick(ONE_AT_NIGHT + HOUR)

    assert owner_of(urgent) == second_engineer
    [handed] = facts(urgent, "handed_over")
    assert handed["change"] == ONE_AT_NIGHT.isoformat()
    assert not SunChange.objects.filter(at__lte=ONE_AT_NIGHT, done_at=None).exists()


@pytest.mark.clause("C-FTS-01")
def test_a_worker_that_dies_between_two_cases_loses_and_doubles_nothing(world, case_in, rita, sam, monkeypatch):
    several = [case_in(Status.IN_PROGRESS, severity=Severity.ONE) for _ in range(3)]
    bring = sun_moves._bring
    die_at = several[1].pk

    def dies(pk, *rest):
        if pk == die_at:
            raise KeyboardInterrupt
        return bring(pk, *rest)

    monkeypatch.setattr(sun_moves, "_bring", dies)
    with pytest.raises(KeyboardInterrupt):
        tick(FIVE)
    monkeypatch.setattr(sun_moves, "_bring", bring)

    assert [kinds(case).count("handed_over") for case in several] == [1, 0, 0]
    assert tick(FIVE + MINUTE) == 2
    assert [kinds(case).count("handed_over") for case in several] == [1, 1, 1]
    assert SunChange.objects.get(at=FIVE).done_at == FIVE + MINUTE


@pytest.mark.clause("C-FTS-01")
def test_a_case_that_fails_stops_no_other_and_is_tried_again(world, case_in, monkeypatch, caplog):
    broken, sound = (case_in(Status.IN_PROGRESS, severity=Severity.ONE) for _ in range(2))
    bring = sun_moves._bring
    monkeypatch.setattr(sun_moves, "_bring", lambda pk, *rest: 1 / 0 if pk == broken.pk else bring(pk, *rest))

    assert tick(FIVE) == 1
    assert "is not handed over" in caplog.text
    assert (SunChange.objects.get(at=FIVE).done_at, tick(FIVE)) == (None, 0)
    monkeypatch.setattr(sun_moves, "_bring", bring)

    assert tick(FIVE + MINUTE) == 1
    assert [kinds(case).count("handed_over") for case in (broken, sound)] == [1, 1]


@pytest.mark.usefixtures("transactional_db")
def test_of_two_workers_the_second_stands_back(urgent):
    moved = []

    def work():
        moved.append(tick(FIVE))
        connection.close()

    with transaction.atomic():
        SunChange.objects.select_for_update().get(at=FIVE)
        other = Thread(target=work)
        other.start()
        other.join()

    assert moved == [0]
    assert tick(FIVE) == 1


def test_an_idle_tick_asks_one_question(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert sun_moves.move_due(FIVE - MINUTE) == 0


# Nobody is there


@pytest.mark.clause("C-COV-01", "C-FTS-01")
def test_without_anybody_the_case_stays_and_the_alarm_sounds(urgent, rita, support_manager, second_engineer):
    RosterEntry.objects.filter(layer=Layer.ENGINEER).delete()
    sun_moves.plan(FIVE)
    tick(FIVE)
    tick(ONE_AT_NIGHT)
    tick(ONE_AT_NIGHT + MINUTE)

    assert owner_of(urgent) == rita
    assert facts(urgent, "handover_kept") == [
        {"change": ONE_AT_NIGHT.isoformat(), "owner": rita.pk, "center": "denver"}
    ]
    told = Notification.objects.filter(template=Template.HANDOVER_KEPT, channel=Channel.EMAIL)
    assert [one.recipient for one in told] == [support_manager]
    assert (
        Notification.objects.filter(event__kind=EventKind.HANDOVER_KEPT, recipient__contacts__isnull=False).count() == 0
    )


# Rosters and severities change


@pytest.mark.clause("C-FTS-01")
def test_a_change_of_the_rosters_moves_what_was_planned(world, denver, rita, sam):
    RosterEntry.objects.filter(user__in=[rita, sam]).update(closes=time(20))

    sun_moves.plan(NOON + MINUTE)

    ahead = SunChange.objects.filter(at__gt=NOON, at__lte=NOON + DAY)
    assert [(one.at, one.from_center, one.to_center) for one in ahead] == [
        (FIVE, "cambridge", "denver"),
        (datetime(2026, 3, 5, 3, tzinfo=UTC), "denver", "denver"),
        (datetime(2026, 3, 5, 9, tzinfo=UTC), "denver", "cambridge"),
    ]


@pytest.mark.clause("C-FTS-01", "C-RAS-01")
def test_who_falls_ill_at_work_hands_over_within_the_minute(urgent, engineer, second_engineer):
    ill_at = NOON + HOUR
    Absence.objects.create(user=engineer, reason=AbsenceReason.SICK, starts_at=ill_at, ends_at=ill_at + DAY)

    minute(ill_at + MINUTE)
    tick(ill_at + MINUTE)

    assert owner_of(urgent) == second_engineer


@pytest.mark.clause("C-FTS-01", "C-COV-02")
def test_who_is_on_call_hands_over_once_a_center_is_staffed(urgent, engineer, second_engineer, rita, emea_center):
    ill_at = NOON + HOUR
    Absence.objects.create(user=engineer, reason=AbsenceReason.SICK, starts_at=ill_at, ends_at=ill_at + 3 * HOUR)
    minute(ill_at + MINUTE)
    tick(ill_at + MINUTE)
    assert owner_of(urgent) == second_engineer
    works(rita, emea_center, 0, 0)

    minute(ill_at + 2 * MINUTE)
    tick(ill_at + 2 * MINUTE)

    assert owner_of(urgent) == rita


def test_planning_again_writes_nothing(world):
    rows = list(SunChange.objects.values_list("pk", "at"))

    assert sun_moves.plan(NOON + MINUTE) == 0
    assert list(SunChange.objects.values_list("pk", "at"))[: len(rows)] == rows


@pytest.mark.clause("C-FTS-01")
def test_a_case_that_becomes_severity_1_in_the_night_of_its_owner_is_brought_to_who_is_there(
    world, case_in, technical_contact, rita
):
    case = case_in(Status.IN_PROGRESS)
    tick(FIVE)
    minute(FIVE + HOUR)
    assert "handed_over" not in kinds(case)
    operations.propose_severity(
        case, Severity.ONE, by=technical_contact, at=FIVE + HOUR, reason="It stopped.", phone="+44 1224 555 010"
    )

    minute(FIVE + HOUR + MINUTE)
    minute(FIVE + HOUR + 2 * MINUTE)

    assert owner_of(case) == rita
    assert kinds(case).count("handed_over") == 1


def test_whom_a_person_gave_a_case_to_keeps_it_until_the_next_change(
    urgent, engineer, support_manager, second_engineer
):
    tick(FIVE)
    operations.assign(urgent, engineer, by=support_manager, at=FIVE + HOUR, reason="other", note="He insists.")

    minute(FIVE + 2 * HOUR)
    assert owner_of(urgent) == engineer
    tick(ONE_AT_NIGHT)
    assert owner_of(urgent) == second_engineer


EDITS = st.sampled_from(["falls ill", "leaves the rosters", "works day and night", "nothing"])


@pytest.mark.clause("C-FTS-01", "C-COV-01")
def test_whatever_becomes_of_the_rosters_the_case_is_with_somebody_there_or_the_alarm_has_sounded(
    urgent, engineer, second_engineer, rita, sam, emea_center
):
    people = (engineer, second_engineer, rita, sam)

    def live(steps):
        at = NOON + MINUTE
        for edit, person, minutes in steps:
            at += minutes * MINUTE
            match edit:
                case "falls ill":
                    span = {"starts_at": at - MINUTE, "ends_at": at + 6 * HOUR}
                    Absence.objects.create(user=person, reason=AbsenceReason.SICK, **span)
                case "leaves the rosters":
                    RosterEntry.objects.filter(user=person).delete()
                case "works day and night":
                    works(person, emea_center, 0, 0)
            minute(at)
            tick(at)

            hold, change = sun.hold_at(at), SunChange.objects.filter(at__lte=at).last()
            told = [one["change"] for one in facts(urgent, "handover_kept")]
            at_work = Roster.between(at, at).is_on_shift(owner_of(urgent).pk, at)
            assert urgent.owner_id in hold.people or at_work or (hold.is_gap and change.at.isoformat() in told)
            handed = [one["change"] for one in facts(urgent, "handed_over")]
            assert len(handed) == len(set(handed))

    @given(st.lists(st.tuples(EDITS, st.sampled_from(people), st.integers(1, 400)), max_size=8))
    @hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def play(steps):
        example = transaction.savepoint()
        try:
            live(steps)
        finally:
            transaction.savepoint_rollback(example)

    play()


# What follows


@pytest.mark.clause("C-RAS-02", "C-FTS-01")
def test_the_customer_is_told_once_whom_to_contact(urgent, rita, technical_contact):
    Notification.objects.all().delete()
    tick(FIVE)
    operations.accept_handover(urgent, by=rita, at=FIVE + MINUTE)
    tick(FIVE + HOUR)

    told = Notification.objects.filter(recipient=technical_contact, channel=Channel.EMAIL)
    assert [one.template for one in told] == [Template.HANDED_OVER]


@pytest.mark.clause("C-FTS-01")
def test_a_handover_not_accepted_in_ten_minutes_goes_to_the_manager_on_call_once(urgent, support_manager, rita):
    tick(FIVE)
    for minutes in (9, 10, 11, 30):
        tick(FIVE + minutes * MINUTE)

    [told] = facts(urgent, "handover_unaccepted")
    assert told["owner"] == rita.pk
    mails = Notification.objects.filter(template=Template.HANDOVER_UNACCEPTED, channel=Channel.EMAIL)
    assert [one.recipient for one in mails] == [support_manager]
    assert CaseEvent.objects.get(kind=EventKind.HANDOVER_UNACCEPTED).at == FIVE + 10 * MINUTE


@pytest.mark.clause("C-FTS-01")
def test_an_accepted_handover_wakes_nobody(urgent, rita):
    tick(FIVE)
    operations.reply(urgent, "I go on.", by=rita, at=FIVE + 5 * MINUTE)

    tick(FIVE + 10 * MINUTE)

    assert "handover_unaccepted" not in kinds(urgent)
    assert not Timer.objects.live().filter(kind="handover_unaccepted").exists()


def test_what_is_stored_is_what_the_log_says(urgent, rita):
    tick(FIVE)
    tick(FIVE + 10 * MINUTE)
    operations.accept_handover(urgent, by=rita, at=FIVE + 12 * MINUTE)

    assert differences([urgent]) == []
    assert any("handed_over" in line for line in as_lines(urgent))


@pytest.mark.clause("C-FTS-01")
def test_beat_plans_by_the_minute_and_moves_by_the_second(urgent, rita, monkeypatch):
    SunChange.objects.all().delete()
    for task, at in ((tasks.follow_the_sun, NOON + HOUR), (tasks.change_hands, FIVE)):
        monkeypatch.setattr(tasks, "present_moment", lambda at=at: at)
        task()

    assert owner_of(urgent) == rita
