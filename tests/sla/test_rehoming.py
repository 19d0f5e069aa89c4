"""When an absence begins its cases move, each once, whatever happens meanwhile, and whoever should know is told."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import rostering
from accounts.enums import AbsenceReason, Layer, StaffRole
from accounts.models import Absence, Letter, OnCall, User
from cases import facts as folding
from cases import operations
from cases.enums import EventKind, Severity, Status
from cases.models import Case, CaseEvent
from notifications import mails
from notifications.enums import Channel, Template
from notifications.models import Notification
from sla import rehoming
from sla.rehoming import rehome_due
from sla.tasks import change_hands
from tests.cast import DAY, HOUR, MINUTE, NOON, facts, kinds, make_staff
from tests.drills.crash import CrashPoint, Order

LATER = NOON + 2 * HOUR
SECOND = MINUTE / 60
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def absent(engineer, second_engineer) -> Callable[..., Absence]:
    """The engineer is on holiday for a week from two o'clock on; the second engineer stands in."""

    def make(**given) -> Absence:
        usual = {
            "user": engineer,
            "substitute": second_engineer,
            "reason": AbsenceReason.HOLIDAY,
            "starts_at": LATER,
            "ends_at": LATER + 7 * DAY,
            "hands_over": True,
        }
        return Absence.objects.create(**(usual | given))

    return make


def owners(*cases: Case) -> list[User | None]:
    return [Case.objects.get(pk=case.pk).owner for case in cases]


# When


@pytest.mark.clause("C-RAS-01", "C-RAS-02")
def test_cases_move_when_the_absence_begins_and_not_before(absent, case_in, engineer, second_engineer):
    cases = [case_in(Status.IN_PROGRESS), case_in(Status.WAITING_FOR_CUSTOMER)]
    absence = absent()

    assert rehome_due(LATER - SECOND) == 0
    assert owners(*cases) == [engineer] * 2
    assert rehome_due(LATER) == 2
    assert owners(*cases) == [second_engineer] * 2
    absence.refresh_from_db()
    assert absence.rehomed_at == LATER
    assert facts(cases[0], "reassigned") == [
        {
            "owner": second_engineer.pk,
            "before": engineer.pk,
            "case_manager": second_engineer.staff.manager_id,
            "reason": "holiday",
            "note": "Stands in for Lena Vogt.",
        }
    ]
    assert CaseEvent.objects.filter(kind="reassigned").values_list("at", "by", "role").distinct().get() == (
        LATER,
        None,
        "system",
    )


def test_an_absence_that_has_begun_hands_over_at_once(absent, case_in, second_engineer):
    case = case_in(Status.IN_PROGRESS)
    absent(starts_at=NOON - DAY)

    assert rehome_due(LATER) == 1
    assert owners(case) == [second_engineer]


def test_the_tick_of_every_second_hands_over(absent, case_in, second_engineer):
    now = timezone.now()
    case = case_in(Status.IN_PROGRESS, at=now - HOUR)
    absent(starts_at=now - MINUTE, ends_at=now + DAY)

    change_hands()

    assert owners(case) == [second_engineer]


def test_when_nothing_is_due_one_statement_asks(absent, case_in):
    case_in(Status.IN_PROGRESS)
    absent(starts_at=LATER + DAY)
    absent(hands_over=False)
    absent(rehomed_at=LATER)

    with CaptureQueriesContext(connection) as queries:
        assert rehome_due(LATER) == 0

    assert len(queries) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"hands_over": False}, "the keeper wants the cases to stay"),
        ({"starts_at": NOON - DAY, "ends_at": NOON}, "it is over: the portal was down meanwhile"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_absence_that_moves_nothing(absent, case_in, engineer, given, why):
    case = case_in(Status.IN_PROGRESS)
    absence = absent(**given)

    assert rehome_due(LATER) == 0
    assert owners(case) == [engineer]
    assert not Absence.objects.to_rehome(LATER).filter(pk=absence.pk).exists()


REASONS = {"holiday": "holiday", "sick": "sick_leave", "training": "absence", "other": "absence"}


@pytest.mark.clause("C-RAS-01")
@pytest.mark.parametrize(("reason", "recorded"), REASONS.items())
def test_the_reason_of_the_absence_becomes_that_of_the_move(absent, case_in, reason, recorded):
    case = case_in(Status.IN_PROGRESS)
    absent(reason=reason)

    rehome_due(LATER)

    assert [fact["reason"] for fact in facts(case, "reassigned")] == [recorded]


# Who is told


@pytest.mark.clause("C-RAS-02")
def test_the_customer_is_told_once_whom_to_contact_and_how(absent, case_in, technical_contact, second_engineer):
    case_in(Status.IN_PROGRESS)
    absent()
    before = Notification.objects.filter(recipient=technical_contact, channel=Channel.EMAIL).count()

    for moment in (LATER, LATER + SECOND, LATER + DAY):
        rehome_due(moment)

    told = Notification.objects.filter(recipient=technical_contact, channel=Channel.EMAIL).order_by("pk")[before:]
    [mail] = [one for one in told if one.template == Template.OWNER_CHANGED]
    text = mails.compose(mail, technical_contact, LATER).body
    assert "From now on please contact Owen Price, support engineer in Cambridge." in text
    assert "Lena Vogt is away for a while." in text
    assert "Call +44 1223 555 000 and name the case number" in text


@pytest.mark.clause("C-RAS-02")
def test_the_new_engineer_is_told_and_the_absent_one_finds_it_in_the_portal(absent, case_in, engineer, second_engineer):
    case = case_in(Status.IN_PROGRESS)
    absent()

    rehome_due(LATER)

    of_the_move = Notification.objects.filter(event=CaseEvent.objects.get(case=case, kind="reassigned"))
    assert set(of_the_move.filter(recipient=second_engineer).values_list("template", "channel")) == {
        ("given_to_you", "email"),
        ("given_to_you", "in_app"),
    }
    mail = mails.compose(of_the_move.get(recipient=second_engineer, channel=Channel.EMAIL), second_engineer, LATER)
    assert "It comes to you because Lena Vogt is away." in mail.body
    assert "Stands in for Lena Vogt." in mail.body
    assert list(of_the_move.filter(recipient=engineer).values_list("template", "channel")) == [("taken_over", "in_app")]


# What nobody can take


@pytest.mark.clause("C-RAS-01")
def test_a_case_that_nobody_can_take_stays_and_the_manager_is_told_once(
    absent, case_in, engineer, second_engineer, support_manager
):
    case = case_in(Status.IN_PROGRESS)
    absence = absent(substitute=None)
    absent(user=second_engineer, substitute=None)

    for moment in (LATER, LATER + SECOND, LATER + HOUR):
        assert rehome_due(moment) == 0

    assert owners(case) == [engineer]
    absence.refresh_from_db()
    assert absence.rehomed_at == LATER
    [letter] = Letter.objects.all()
    assert (letter.to, letter.subject) == (
        support_manager.email,
        "An open case has nobody but Lena Vogt, who is away",
    )
    assert f"Severity 3, {case.number}: {case.subject}. No engineer of EMEA is there." in letter.body
    assert f"/cases/{case.number}/owner/" in letter.body


def test_a_severity_1_that_stays_is_told_to_the_manager_on_call_as_well(
    absent, case_in, second_engineer, support_manager
):
    on_call = make_staff("Nora Night", StaffRole.SUPPORT_MANAGER)
    OnCall.objects.create(user=on_call, duty=Layer.MANAGER, starts_at=NOON, ends_at=NOON + DAY)
    case_in(Status.IN_PROGRESS, severity=Severity.ONE)
    absent(substitute=None)

    rehome_due(LATER)

    assert set(Letter.objects.values_list("to", flat=True)) == {support_manager.email, on_call.email}


def test_a_case_that_fails_stays_is_told_and_stops_no_other(absent, case_in, engineer, second_engineer, monkeypatch):
    broken, sound = case_in(Status.IN_PROGRESS), case_in(Status.IN_PROGRESS)
    assign = operations.assign

    def fails(case: Case, *args, **kwargs) -> Case:
        if case.pk == broken.pk:
            raise RuntimeError("a defect")
        return assign(case, *args, **kwargs)

    monkeypatch.setattr(rehoming.cases, "assign", fails)
    absent()

    assert rehome_due(LATER) == 1
    assert owners(broken, sound) == [engineer, second_engineer]
    assert "An error kept it from moving." in Letter.objects.get().body


# Plans change


def test_an_absence_that_is_put_off_before_it_begins_moves_the_cases_at_its_new_beginning(
    absent, case_in, engineer, second_engineer, support_manager
):
    case = case_in(Status.IN_PROGRESS)
    absence = absent()
    absence.starts_at = LATER + 2 * DAY
    rostering.keep(absence, by=support_manager)

    assert rehome_due(LATER + DAY) == 0
    assert owners(case) == [engineer]
    assert rehome_due(LATER + 2 * DAY) == 1


def test_an_absence_that_is_put_off_after_it_began_hands_over_anew_what_came_meanwhile(
    absent, case_in, engineer, second_engineer, support_manager
):
    moved = case_in(Status.IN_PROGRESS)
    absence = absent()
    rehome_due(LATER)
    stale = Absence.objects.get(pk=absence.pk)
    stale.starts_at = LATER + 2 * DAY
    rostering.keep(stale, by=support_manager)
    taken = case_in(Status.IN_PROGRESS, at=LATER + DAY)

    assert rehome_due(LATER + DAY) == 0
    assert rehome_due(LATER + 2 * DAY) == 1
    assert owners(moved, taken) == [second_engineer] * 2
    assert kinds(moved).count("reassigned") == 1


def test_a_shorter_or_removed_absence_brings_nothing_back(absent, case_in, second_engineer, support_manager):
    case = case_in(Status.IN_PROGRESS)
    absence = absent()
    rehome_due(LATER)

    absence.ends_at = LATER + HOUR
    rostering.keep(absence, by=support_manager)
    assert rehome_due(LATER + MINUTE) == 0
    rostering.remove(absence, by=support_manager)
    assert rehome_due(LATER + 2 * MINUTE) == 0
    assert owners(case) == [second_engineer]
    assert kinds(case).count("reassigned") == 1


def test_an_absence_that_is_removed_before_it_begins_moves_nothing(absent, case_in, engineer, support_manager):
    case = case_in(Status.IN_PROGRESS)
    rostering.remove(absent(), by=support_manager)

    assert rehome_due(LATER + DAY) == 0
    assert owners(case) == [engineer]


def test_a_form_that_was_open_while_the_cases_moved_does_not_forget_that_they_did(
    absent, case_in, second_engineer, support_manager
):
    case_in(Status.IN_PROGRESS)
    form = absent()
    rehome_due(LATER)

    form.ends_at += DAY
    rostering.keep(form, by=support_manager)

    kept = Absence.objects.get(pk=form.pk)
    assert (kept.rehomed_at, kept.ends_at) == (LATER, LATER + 8 * DAY)


def test_an_absence_that_turns_out_to_be_somebody_elses_hands_over_that_persons_cases(
    absent, case_in, engineer, second_engineer, escalation_engineer, support_manager
):
    case_in(Status.IN_PROGRESS)
    absence = absent()
    rehome_due(LATER)

    absence.user, absence.substitute = second_engineer, escalation_engineer
    rostering.keep(absence, by=support_manager)

    assert rehome_due(LATER + MINUTE) == 1
    assert set(owners(*Case.objects.all())) == {escalation_engineer}


# At the same moment


@pytest.mark.usefixtures("transactional_db")
def test_two_sweeps_at_once_move_each_case_once(absent, case_in, second_engineer):
    cases = [case_in(Status.IN_PROGRESS) for _ in range(6)]
    absence = absent()
    start = Barrier(2)

    def run() -> int:
        start.wait()
        try:
            return rehome_due(LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        moved = [one.result() for one in [pool.submit(run) for _ in range(2)]]
    moved.append(rehome_due(LATER + SECOND))

    assert sum(moved) == 6
    assert owners(*cases) == [second_engineer] * 6
    assert {kinds(case).count("reassigned") for case in cases} == {1}
    assert not Absence.objects.to_rehome(LATER + SECOND).filter(pk=absence.pk).exists()


@pytest.mark.usefixtures("transactional_db")
def test_a_case_that_a_verb_holds_waits_for_the_next_sweep_and_keeps_what_the_verb_did(
    absent, case_in, engineer, second_engineer, escalation_engineer
):
    """The absent engineer gave one case away by hand, in a transaction that the sweep meets under way."""
    held, free = case_in(Status.IN_PROGRESS), case_in(Status.IN_PROGRESS)
    absence = absent()
    under_way, swept = Event(), Event()

    def give_away() -> None:
        try:
            with transaction.atomic():
                operations.assign(held, escalation_engineer, by=engineer, at=LATER, reason="skills")
                under_way.set()
                assert swept.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        verb = pool.submit(give_away)
        assert under_way.wait(30)
        moved = rehome_due(LATER)
        open_still = Absence.objects.to_rehome(LATER).filter(pk=absence.pk).exists()
        swept.set()
        verb.result()

    assert (moved, open_still) == (1, True)
    assert rehome_due(LATER + SECOND) == 0
    assert owners(held, free) == [escalation_engineer, second_engineer]
    assert kinds(held).count("reassigned") == 1
    assert not Absence.objects.to_rehome(LATER + SECOND).filter(pk=absence.pk).exists()


@pytest.mark.usefixtures("transactional_db")
def test_an_absence_that_is_being_changed_is_left_alone(absent, case_in, engineer, support_manager):
    """The keeper puts it off in the very second in which it begins."""
    case = case_in(Status.IN_PROGRESS)
    absence = absent()
    under_way, swept = Event(), Event()

    def put_off() -> None:
        try:
            with transaction.atomic():
                absence.starts_at = LATER + DAY
                rostering.keep(absence, by=support_manager)
                under_way.set()
                assert swept.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        form = pool.submit(put_off)
        assert under_way.wait(30)
        moved = rehome_due(LATER)
        swept.set()
        form.result()

    assert (moved, rehome_due(LATER + SECOND)) == (0, 0)
    assert owners(case) == [engineer]


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize(
    ("point", "done"), [(CrashPoint.CASE_REASSIGNED, 0), (CrashPoint.CASE_REHOMED, 1)], ids=lambda one: str(one)
)
def test_a_sweep_that_dies_between_two_cases_is_finished_by_the_next_one(
    absent, case_in, technical_contact, second_engineer, tmp_path, point, done
):
    now = timezone.now()
    cases = [case_in(Status.IN_PROGRESS, at=now - HOUR) for _ in range(3)]
    absence = absent(starts_at=now - MINUTE, ends_at=now + DAY)

    assert dies_at(point, tmp_path) == -signal.SIGKILL
    moved = CaseEvent.objects.filter(kind=EventKind.REASSIGNED)
    assert moved.count() == done
    assert dies_at(point, tmp_path) == -signal.SIGKILL
    assert moved.count() == 2 * done

    change_hands()
    change_hands()

    assert owners(*cases) == [second_engineer] * 3
    assert {kinds(case).count("reassigned") for case in cases} == {1}
    told = Notification.objects.filter(event__in=moved, recipient=technical_contact, channel=Channel.EMAIL)
    assert told.count() == 3
    absence.refresh_from_db()
    assert absence.rehomed_at is not None
    for case in Case.objects.all():
        assert folding.replay(case.events.all().log()) == case.state


def dies_at(point: CrashPoint, folder: Path) -> int:
    """How a process ends that sweeps this test's database and dies at this point."""
    order = Order(folder / "order")
    order.give(point)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PORTAL_TEST_DATABASE": connection.settings_dict["NAME"],
        "PORTAL_CRASH_ORDER": str(order.file),
    }
    program = "import django; django.setup(); from sla.tasks import change_hands; change_hands()"
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, timeout=60).returncode
