"""The sweep: everything that falls due takes effect once, whoever else is at work."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from freezegun import freeze_time

import sla.operations
import sla.present
from accounts.models import User
from cases import operations
from cases.enums import Channel, ClosureReason, EventKind, Severity, Status
from cases.models import Case, CaseEvent
from entitlements.models import PlanTarget, PlanVersion
from sla import projection
from sla.models import Milestone, Timer
from sla.operations import last_swept_at, sweep_due
from sla.present import Steadiness
from sla.tasks import sweep
from tests.cast import DAY, HOUR, MINUTE, NOON, kinds

WARNED, BREACHED = EventKind.FIRST_RESPONSE_WARNED, EventKind.FIRST_RESPONSE_BREACHED
A_MOMENT = timedelta.resolution
DUE_AT = NOON + 2 * HOUR  # of a case of severity 2 received at noon


@pytest.fixture
def case(open_case) -> Case:
    return open_case(severity=Severity.TWO)


def facts(case: Case, *kinds: EventKind) -> list[tuple]:
    return list(case.events.filter(kind__in=kinds).order_by("seq").values_list("kind", "at", "data"))


# When


@pytest.mark.parametrize("moment", [NOON, NOON + HOUR - A_MOMENT], ids=["at receipt", "just before half"])
def test_a_sweep_before_anything_is_due_does_nothing(case, moment):
    assert sweep_due(moment) == 0
    assert kinds(case) == ["received"]
    assert case.timers.filter(state="pending").count() == 3


def test_a_sweep_a_second_does_everything_in_its_turn(case, timers):
    for minute in range(0, 130, 2):
        sweep_due(NOON + minute * MINUTE)

    due = DUE_AT.isoformat()
    half, four_fifths, miss = (at.isoformat() for at in (NOON + HOUR, NOON + 96 * MINUTE, DUE_AT + A_MOMENT))
    assert facts(case, WARNED, BREACHED) == [
        (WARNED, NOON + 60 * MINUTE, {"cycle": 1, "share": 50, "due_at": due, "fell_due_at": half}),
        (WARNED, NOON + 96 * MINUTE, {"cycle": 1, "share": 80, "due_at": due, "fell_due_at": four_fifths}),
        (BREACHED, NOON + 122 * MINUTE, {"cycle": 1, "due_at": due, "fell_due_at": miss}),
    ]
    assert {state for *_, state in timers(case)} == {"fired"}


@pytest.mark.clause("C-SLA-02")
def test_at_the_due_moment_a_promise_can_still_be_kept(case):
    sweep_due(DUE_AT)
    assert facts(case, BREACHED) == []

    sweep_due(DUE_AT + A_MOMENT)
    assert [kind for kind, *_ in facts(case, BREACHED)] == [BREACHED]
    assert case.milestones.get().breached_at == DUE_AT


def test_the_portal_itself_records_what_falls_due(case):
    sweep_due(DUE_AT + MINUTE)

    event = case.events.get(kind=BREACHED)
    assert (event.by, event.role, event.at) == (None, "system", DUE_AT + MINUTE)


@pytest.mark.parametrize(
    ("late", "recorded"),
    [
        (NOON + 61 * MINUTE, [(WARNED, 50)]),
        (NOON + 97 * MINUTE, [(WARNED, 80)]),
        (NOON + DAY, [(BREACHED, None)]),
    ],
    ids=["after half", "after four fifths", "after the due moment"],
)
def test_after_hours_without_a_worker_only_what_says_the_most_is_recorded(case, late, recorded):
    sweep_due(late)
    sweep_due(late + A_MOMENT)

    assert [(kind, data.get("share")) for kind, _, data in facts(case, WARNED, BREACHED)] == recorded


def test_overtaken_warnings_wait_no_longer(case, timers):
    sweep_due(NOON + DAY)

    assert timers(case) == [("first_response_breach", "1", 1, "fired")]


def test_what_fell_due_first_is_recorded_first(open_case):
    later, earlier = open_case(severity=Severity.TWO), open_case(severity=Severity.ONE)

    sweep_due(NOON + DAY)

    assert list(CaseEvent.objects.filter(kind=BREACHED).order_by("pk").values_list("case", flat=True)) == [
        earlier.pk,
        later.pk,
    ]


def test_a_miss_is_recorded_though_the_answer_came_before_the_sweep(case, customer_service, engineer):
    operations.verify_entitlement(case, by=customer_service, at=NOON)
    operations.accept(case, by=engineer, at=NOON)
    operations.reply(case, "Sorry for the wait.", by=engineer, at=DUE_AT + MINUTE)

    sweep_due(DUE_AT + HOUR)
    sweep_due(DUE_AT + DAY)

    assert [data["due_at"] for _, _, data in facts(case, WARNED, BREACHED)] == [DUE_AT.isoformat()]


def test_a_timer_that_is_out_of_date_takes_no_effect_and_is_mended(case):
    Timer.objects.filter(case=case, kind="first_response_breach").update(fire_at=NOON)

    assert sweep_due(NOON + MINUTE) == 0

    assert kinds(case) == ["received"]
    breach = case.timers.get(kind="first_response_breach")
    assert (breach.state, breach.fire_at) == ("pending", DUE_AT + A_MOMENT)


def test_effects_do_not_need_their_rows(case):
    Timer.objects.filter(case=case).exclude(subject="1:50").delete()

    sweep_due(NOON + DAY)

    assert [kind for kind, *_ in facts(case, WARNED, BREACHED)] == [BREACHED]


# Closing


def test_an_unanswered_closure_question_is_repeated_once(case_in):
    case = case_in(Status.CLOSURE_PROPOSED)

    for day in range(1, 9):
        sweep_due(NOON + day * DAY)

    assert facts(case, EventKind.CLOSURE_REMINDED) == [
        (EventKind.CLOSURE_REMINDED, NOON + 3 * DAY, {"fell_due_at": (NOON + 2 * DAY + 3 * MINUTE).isoformat()})
    ]
    assert Case.objects.get(pk=case.pk).status == Status.CLOSURE_PROPOSED


@pytest.fixture
def silent(case_in, engineer) -> Case:
    """A case with enough attempts to close for no response on Wednesday 11 March at 18:00."""
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    for channel, days in ((Channel.PHONE, 1), (Channel.EMAIL, 2), (Channel.EMAIL, 5)):
        case = operations.record_contact_attempt(
            case, channel, "Are you still there?", by=engineer, at=NOON + days * DAY, announces_closure=days == 5
        )
    return case


CLOSABLE_AT = datetime(2026, 3, 11, 18, tzinfo=UTC)


@pytest.mark.clause("C-CLS-05")
def test_a_case_whose_contact_stays_silent_closes_when_the_last_wait_is_over(silent, timers):
    assert sweep_due(CLOSABLE_AT - A_MOMENT) == 0

    assert sweep_due(CLOSABLE_AT) == 1

    case = Case.objects.get(pk=silent.pk)
    assert (case.status, case.closure_reason, case.closed_at) == (
        Status.CLOSED,
        ClosureReason.NO_RESPONSE,
        CLOSABLE_AT,
    )
    assert case.events.get(kind=EventKind.CLOSED).by is None
    assert ("no_response", "7", 1, "fired") in timers(case)
    assert sweep_due(CLOSABLE_AT + DAY) == 0


@pytest.mark.clause("C-CLS-05")
def test_an_answer_at_the_last_minute_keeps_the_case_open(silent, technical_contact):
    operations.reply_as_customer(silent, "Back from leave.", by=technical_contact, at=CLOSABLE_AT - MINUTE)

    assert sweep_due(CLOSABLE_AT + HOUR) == 0
    assert Case.objects.get(pk=silent.pk).status == Status.IN_PROGRESS


# Batches


def test_a_sweep_goes_on_until_nothing_is_due(many_cases):
    many_cases(7)

    assert sweep_due(NOON + DAY, limit=2) == 7
    assert CaseEvent.objects.filter(kind=BREACHED).count() == 7
    assert not Timer.objects.due(NOON + DAY).exists()


@pytest.mark.parametrize("when", [NOON + 61 * MINUTE, NOON + DAY], ids=["warnings", "misses"])
def test_a_batch_costs_as_many_statements_for_one_timer_as_for_two_hundred(many_cases, when):
    def statements(count: int) -> int:
        many_cases(count, severity=Severity.TWO)
        with CaptureQueriesContext(connection) as queries:
            assert sweep_due(when, limit=1000) == count
        return len(queries)

    assert statements(1) == statements(200)


def test_a_sweep_with_nothing_to_do_asks_twice(case):
    with CaptureQueriesContext(connection) as queries:
        sweep_due(NOON)

    assert len(queries) == 2  # what is due, what is tried again


def test_a_page_of_a_long_backlog_is_read_in_the_order_of_its_index(many_cases):
    many_cases(700, severity=Severity.TWO)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sla_timer")

    for due, moment in (
        (Timer.objects.waiting_until(NOON + DAY), "fire_at"),
        (Timer.objects.set_aside_until(NOON + DAY), "next_try_at"),
    ):
        plan = due.order_by(moment, "pk")[:200].explain()
        assert "Index" in plan
        assert "Sort" not in plan


# Trouble


@pytest.fixture
def poisoned(open_case) -> Case:
    """A case under a plan version that promises nothing: its clock cannot be derived."""
    case = open_case(severity=Severity.TWO)
    empty = PlanVersion.objects.create(
        plan=case.plan_version.plan,
        number=9,
        effective_on=datetime(2026, 12, 1, tzinfo=UTC).date(),
        channels=["web"],
        included=[],
    )
    Case.objects.filter(pk=case.pk).update(plan_version=empty)
    return Case.objects.get(pk=case.pk)


def test_a_case_that_fails_stops_no_other_and_is_reported(many_cases, poisoned, caplog):
    others = many_cases(9, severity=Severity.TWO)

    assert sweep_due(NOON + DAY) == 9

    assert set(CaseEvent.objects.filter(kind=BREACHED).values_list("case", flat=True)) == {one.pk for one in others}
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        f"The timers of case {poisoned.pk} are set aside"
    ]
    assert "promises no first response" in caplog.text


def test_a_case_that_fails_is_tried_again_ever_more_rarely(poisoned):
    moment, waits = NOON + DAY, []
    for _ in range(8):
        sweep_due(moment)
        (next_try_at,) = set(poisoned.timers.values_list("next_try_at", flat=True))
        waits.append((next_try_at - moment) // MINUTE)
        moment = next_try_at

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    timer = poisoned.timers.first()
    assert (timer.state, timer.attempts) == ("failed", 8)
    assert timer.last_error.startswith("LookupError: ")


def test_a_case_that_fails_for_months_still_stops_no_other(many_cases, poisoned):
    poisoned.timers.update(attempts=500)
    many_cases(2, severity=Severity.TWO)

    assert sweep_due(NOON + DAY) == 2

    assert set(poisoned.timers.values_list("attempts", "next_try_at")) == {(501, NOON + DAY + HOUR)}


def test_a_case_that_failed_takes_effect_when_it_is_mended(poisoned):
    sweep_due(NOON + DAY)
    standard = PlanTarget.objects.get(version__number=1, severity=2)
    PlanTarget.objects.create(
        version=poisoned.plan_version,
        severity=2,
        minutes=120,
        hours=standard.hours,
        contact_mode=standard.contact_mode,
        clause=standard.clause,
    )

    assert sweep_due(NOON + DAY + 59 * timedelta(seconds=1)) == 0
    assert sweep_due(NOON + DAY + MINUTE) == 1

    assert list(poisoned.timers.values_list("kind", "state", "next_try_at")) == [
        ("first_response_breach", "fired", None)
    ]


def test_a_failing_database_is_nobodys_fault(case, monkeypatch):
    def fail(*_):
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(projection, "derive", fail)

    with pytest.raises(OperationalError):
        sweep_due(NOON + DAY)

    assert set(case.timers.values_list("state", flat=True)) == {"pending"}


# At once


@contextmanager
def elsewhere(act):
    """Inside the block, somebody on another connection has done `act` and not committed yet."""
    begun, done, errors = threading.Event(), threading.Event(), []

    def run() -> None:
        try:
            with transaction.atomic():
                act()
                begun.set()
                done.wait(timeout=20)
        except Exception as error:
            errors.append(error)
        finally:
            begun.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait(timeout=20)
    yield
    done.set()
    thread.join(timeout=20)
    assert errors == []


@pytest.mark.usefixtures("transactional_db")
def test_a_case_that_a_verb_holds_is_left_for_the_next_sweep(open_case):
    busy, free = open_case(severity=Severity.TWO), open_case(severity=Severity.TWO)

    with elsewhere(lambda: Case.objects.locked(busy.pk)):
        assert sweep_due(NOON + DAY) == 1
        assert (len(facts(busy, BREACHED)), len(facts(free, BREACHED))) == (0, 1)

    assert sweep_due(NOON + DAY) == 1
    assert (len(facts(busy, BREACHED)), len(facts(free, BREACHED))) == (1, 1)


@pytest.mark.usefixtures("transactional_db")
def test_a_case_that_failed_here_and_is_swept_elsewhere_is_not_set_aside(case):
    with elsewhere(lambda: sweep_due(NOON + DAY)):
        sla.operations._set_aside(case.pk, NOON + DAY, LookupError("the plan promised nothing"))

    assert list(case.timers.values_list("state", "attempts")) == [("fired", 0)]


@pytest.mark.usefixtures("transactional_db")
def test_a_page_of_held_cases_does_not_hide_the_cases_behind_it(many_cases):
    cases = many_cases(6, severity=Severity.TWO)
    held = [case.pk for case in cases[:4]]

    with elsewhere(lambda: list(Case.objects.filter(pk__in=held).select_for_update())):
        assert sweep_due(NOON + DAY, limit=2) == 2

    assert sweep_due(NOON + DAY, limit=2) == 4


@pytest.mark.usefixtures("transactional_db")
def test_sweeps_at_once_let_each_timer_fire_once(many_cases):
    many_cases(60, severity=Severity.TWO)
    counts, errors, start = [], [], threading.Barrier(4)

    def run() -> None:
        try:
            start.wait()
            counts.append(sweep_due(NOON + DAY, limit=12))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (errors, sum(counts)) == ([], 60)
    assert CaseEvent.objects.filter(kind=BREACHED).count() == 60
    assert Timer.objects.filter(state="fired").count() == 60
    assert not Timer.objects.live().exists()
    assert Milestone.objects.filter(breached_at=DUE_AT).count() == 60


@pytest.mark.usefixtures("transactional_db")
def test_verbs_and_sweeps_at_once_do_each_thing_once_and_never_wait_for_each_other_in_a_ring(
    many_cases, customer_service, engineer
):
    """Every case is answered while sweeps fall due on all of them: whoever comes first, each effect is there once."""
    cases = many_cases(12, severity=Severity.TWO)
    for case in cases:
        operations.verify_entitlement(case, by=customer_service, at=NOON)
        operations.accept(case, by=engineer, at=NOON)
    errors, start, swept = [], threading.Barrier(4), []

    def run(act) -> None:
        try:
            start.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def answer(order) -> None:
        for case in order:
            operations.reply(case, "It is the array.", by=User.objects.get(pk=engineer.pk), at=DUE_AT + HOUR)

    def keep_sweeping() -> None:
        for _ in range(8):
            swept.append(sweep_due(DUE_AT + HOUR, limit=5))

    acts = [partial(answer, cases), partial(answer, cases[::-1]), keep_sweeping, keep_sweeping]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    swept.append(sweep_due(DUE_AT + HOUR))

    assert errors == []
    assert sum(swept) == len(cases)
    for case in cases:
        assert len(facts(case, BREACHED)) == 1
        assert len(facts(case, EventKind.REPLIED)) == 2
        milestone = case.milestones.get()
        assert (milestone.breached_at, milestone.met_at) == (DUE_AT, DUE_AT + HOUR)
        assert list(case.events.order_by("seq").values_list("seq", flat=True)) == list(range(1, 7))
    assert not Timer.objects.live().exists()


# The tick


@pytest.fixture
def at_clock(monkeypatch):
    """A tick at this moment by the clock of the database, and of the worker unless another is given.

    Without `steadiness` the worker has just started, and has not looked before.
    """

    def tick(database: datetime, worker: datetime | None = None, steadiness: Steadiness | None = None) -> int:
        monkeypatch.setattr(sla.present, "database_clock", lambda: database)
        monkeypatch.setattr(sla.present, "steadiness", steadiness or Steadiness())
        with freeze_time(worker or database):
            return sweep()

    return tick


def test_a_tick_sweeps_by_the_clock_and_says_that_it_did(case, at_clock):
    assert last_swept_at() is None

    assert at_clock(NOON + HOUR) == 1
    assert at_clock(NOON + HOUR + MINUTE) == 0

    assert last_swept_at() == NOON + HOUR + MINUTE
    assert [kind for kind, *_ in facts(case, WARNED)] == [WARNED]


# Clocks that jump


def test_the_moment_is_the_databases(case):
    before = now()

    with freeze_time(before + MINUTE / 3):
        at = sla.present.present_moment()

    assert abs(at - before) < MINUTE / 6


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
@pytest.mark.parametrize("whose", ["worker", "database"])
def test_while_a_clock_is_an_hour_wrong_nothing_takes_effect_and_nobody_says_that_all_is_well(
    case, at_clock, whose, jump, caplog
):
    """At the wrong time a warning would be due, or, being late, it would be due by the right one alone."""
    at_clock(NOON)
    right = {"database": NOON + 59 * MINUTE, "worker": NOON + 59 * MINUTE}

    assert at_clock(**right | {whose: right[whose] + jump}) == 0

    assert kinds(case) == ["received"]
    assert last_swept_at() == NOON
    assert "1:00:00 apart: nothing takes effect" in caplog.text
    assert [at_clock(NOON + 59 * MINUTE), at_clock(NOON + HOUR)] == [0, 1]


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
def test_while_all_clocks_are_an_hour_wrong_nothing_takes_effect(case, at_clock, monkeypatch, jump, caplog):
    steadiness, passed = Steadiness(), timedelta(days=3)
    monkeypatch.setattr(sla.present, "passing", lambda: passed)
    at_clock(NOON, steadiness=steadiness)
    for minutes in (59, 73):
        passed = timedelta(days=3, minutes=minutes)
        assert at_clock(NOON + minutes * MINUTE + jump, steadiness=steadiness) == 0

    assert kinds(case) == ["received"]
    assert last_swept_at() == NOON
    assert "The clock has jumped" in caplog.text
    passed += MINUTE
    assert at_clock(NOON + 74 * MINUTE, steadiness=steadiness) == 1


def test_a_clock_that_stays_where_it_jumped_to_was_set_right(case, at_clock, monkeypatch):
    steadiness, passed = Steadiness(), timedelta(days=3)
    monkeypatch.setattr(sla.present, "passing", lambda: passed)
    at_clock(NOON - HOUR, steadiness=steadiness)
    effects = []
    for minutes in (1, 10, 15, 16):
        passed = timedelta(days=3, minutes=minutes)
        effects.append(at_clock(NOON + HOUR + minutes * MINUTE, steadiness=steadiness))

    assert effects == [0, 0, 0, 1]


def test_a_clock_that_is_corrected_little_by_little_is_followed():
    steadiness = Steadiness()

    looks = [
        steadiness.allows(NOON + minutes * (MINUTE + timedelta(seconds=20)), minutes * MINUTE) for minutes in range(30)
    ]

    assert all(looks)


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
def test_after_all_clocks_jumped_together_nothing_takes_effect_twice(case, at_clock, timers, jump):
    """What a worker that starts meanwhile believes; put right again, all goes on from there."""
    moments = [NOON + 30 * MINUTE, NOON + 61 * MINUTE, NOON + 61 * MINUTE + jump, NOON + 62 * MINUTE]

    effects = [at_clock(moment) for moment in [*moments, DUE_AT + MINUTE, DUE_AT + MINUTE + jump, DUE_AT + 2 * MINUTE]]

    due = DUE_AT.isoformat()
    told = [(kind, data.get("share"), data["due_at"]) for kind, _, data in facts(case, WARNED, BREACHED)]
    assert len(told) == len(set(told)) == sum(effects)
    assert told[0] == (WARNED, 50, due)
    assert told[-1] == (BREACHED, None, due)
    assert {state for *_, state in timers(case)} == {"fired"}
    assert sla.operations.differences([case]) == []
