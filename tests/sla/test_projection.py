"""Milestones, clocks and timers as rows that follow the log of their case."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.permissions import may
from cases import operations
from cases.enums import Channel, HoldReason, Severity, Status, Verb
from cases.models import Case
from sla import projection
from sla.models import NEVER, CaseClock, Milestone, Timer
from sla.operations import rebuild, sweep_due
from tests.cast import DAY, HOUR, MINUTE, NOON

WARNING, BREACH, REMINDER, NO_RESPONSE = (
    "first_response_warning",
    "first_response_breach",
    "closure_reminder",
    "no_response",
)
A_MOMENT = timedelta.resolution
FRIDAY_EVENING = datetime(2026, 3, 6, 17, tzinfo=UTC)


def fire_at(case: Case) -> dict[tuple[str, str], datetime]:
    return {(timer.kind, timer.subject): timer.fire_at for timer in case.timers.live()}


# Targets


@pytest.mark.parametrize(
    ("severity", "due_at"),
    [
        pytest.param(
            Severity.ONE,
            datetime(2026, 3, 6, 17, 30, tzinfo=UTC),
            marks=pytest.mark.clause("C-SLA-01", "C-COV-01"),
            id="30 minutes at any hour",
        ),
        pytest.param(
            Severity.TWO,
            datetime(2026, 3, 9, 9, tzinfo=UTC),
            marks=pytest.mark.clause("C-SLA-02", "C-COV-02"),
            id="2 business hours",
        ),
        pytest.param(
            Severity.THREE,
            datetime(2026, 3, 9, 15, tzinfo=UTC),
            marks=pytest.mark.clause("C-SLA-03", "C-COV-02"),
            id="8 business hours",
        ),
        pytest.param(
            Severity.FOUR,
            datetime(2026, 3, 9, 15, tzinfo=UTC),
            marks=pytest.mark.clause("C-SLA-04", "C-COV-02"),
            id="8 business hours for a question",
        ),
    ],
)
def test_a_case_of_friday_evening_is_due_by_its_severity(open_case, severity, due_at):
    case = open_case(at=FRIDAY_EVENING, severity=severity)

    milestone = case.milestones.get()
    assert (milestone.started_at, milestone.due_at, milestone.severity) == (FRIDAY_EVENING, due_at, severity)
    assert (case.clock.due_at, case.clock.sort_at, case.clock.held) == (due_at, due_at, False)


@pytest.mark.clause("C-COV-01")
def test_severity_1_is_counted_through_the_weekend(open_case):
    saturday_night = datetime(2026, 3, 7, 23, 50, tzinfo=UTC)

    case = open_case(at=saturday_night, severity=Severity.ONE)

    assert case.clock.due_at == saturday_night + 30 * MINUTE


@pytest.mark.clause("C-COV-02", "C-FTS-03")
def test_business_hours_are_those_of_the_account(open_case, tokyo, tokyo_contact):
    case = open_case(tokyo, by=tokyo_contact, severity=Severity.TWO)  # at 21:00 in Tokyo

    assert case.clock.due_at == datetime(2026, 3, 5, 1, tzinfo=UTC)  # 10:00 in Tokyo


def test_the_clock_of_a_call_starts_when_the_call_did(open_case, aberdeen, customer_service, technical_contact):
    case = open_case(
        by=customer_service,
        contact=technical_contact.contacts.get(),
        channel=Channel.PHONE,
        severity=Severity.ONE,
        received_at=NOON - 10 * MINUTE,
    )

    assert case.clock.due_at == NOON + 20 * MINUTE


def test_a_new_case_waits_for_two_warnings_and_a_miss(open_case):
    case = open_case(severity=Severity.THREE)

    assert fire_at(case) == {
        (WARNING, "1:50"): NOON + 4 * HOUR,
        (WARNING, "1:80"): datetime(2026, 3, 5, 8, 24, tzinfo=UTC),
        (BREACH, "1"): datetime(2026, 3, 5, 10, tzinfo=UTC) + A_MOMENT,
    }


# What moves them


@pytest.fixture
def agreed_at_2(case_in, engineer):
    case = case_in(Status.IN_PROGRESS, severity=Severity.TWO)
    case = operations.propose_severity(case, Severity.TWO, by=engineer, at=NOON + 3 * MINUTE, reason="Degraded.")
    assert case.severity_agreed_at
    return case


@pytest.mark.clause("C-SEV-04")
def test_a_reduced_severity_moves_the_deadline_and_the_timers(agreed_at_2, support_manager, timers):
    case = operations.reduce_severity(
        agreed_at_2, Severity.THREE, by=support_manager, at=NOON + 30 * MINUTE, reason="A workaround exists."
    )

    assert case.milestones.get().due_at == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert fire_at(case)[BREACH, "1"] == datetime(2026, 3, 5, 10, tzinfo=UTC) + A_MOMENT
    assert timers(case) == [
        (WARNING, "1:50", 2, "pending"),
        (WARNING, "1:80", 2, "pending"),
        (BREACH, "1", 2, "pending"),
    ]


@pytest.mark.clause("C-SEV-04")
def test_nothing_fires_at_the_deadline_that_was_moved(agreed_at_2, support_manager):
    before = agreed_at_2.milestones.get().due_at
    case = operations.reduce_severity(
        agreed_at_2, Severity.THREE, by=support_manager, at=NOON + 30 * MINUTE, reason="A workaround exists."
    )

    assert sweep_due(before + A_MOMENT) == 0
    assert case.milestones.get().breached_at is None


def test_a_proposed_higher_severity_brings_the_deadline_forward(open_case, customer_service, engineer):
    case = open_case(severity=Severity.THREE)
    operations.verify_entitlement(case, by=customer_service, at=NOON)

    operations.propose_severity(case, Severity.TWO, by=engineer, at=NOON + MINUTE, reason="All hosts are slow.")

    assert CaseClock.objects.get(case=case).due_at == NOON + MINUTE + 2 * HOUR


def test_a_hold_pauses_the_clock_and_its_timers(open_case, customer_service):
    case = open_case(severity=Severity.TWO)

    operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + 30 * MINUTE)

    clock = CaseClock.objects.get(case=case)
    assert (clock.held, clock.due_at, clock.sort_at) == (True, None, NEVER)
    assert fire_at(case) == {}
    assert sweep_due(NOON + DAY) == 0


def test_held_time_is_not_counted(open_case, customer_service):
    case = open_case(severity=Severity.TWO)
    operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + 30 * MINUTE)

    operations.resume(case, by=customer_service, at=NOON + 90 * MINUTE)

    assert CaseClock.objects.get(case=case).due_at == NOON + 3 * HOUR
    assert fire_at(case)[BREACH, "1"] == NOON + 3 * HOUR + A_MOMENT


def test_an_engineers_reply_stops_the_clock_and_its_timers(case_in, engineer):
    case = case_in(Status.IN_PROGRESS)

    operations.reply(case, "We see it too.", by=engineer, at=NOON + HOUR)

    assert case.milestones.get().met_at == NOON + HOUR
    assert fire_at(case) == {}
    clock = CaseClock.objects.get(case=case)
    assert (clock.due_at, clock.met_at, clock.sort_at) == (None, NOON + HOUR, NEVER)


def test_customer_service_does_not_answer_for_the_engineers(case_in, customer_service):
    case = case_in(Status.IN_PROGRESS)

    operations.reply(case, "An engineer looks at it.", by=customer_service, at=NOON + HOUR)

    assert case.milestones.get().met_at is None
    assert len(fire_at(case)) == 3


def test_withdrawing_a_case_withdraws_its_clock(open_case, technical_contact):
    case = open_case()

    operations.withdraw(case, by=technical_contact, at=NOON + HOUR, resolution="A cable was loose.")

    assert case.milestones.get().stopped_at == NOON + HOUR
    assert fire_at(case) == {}


@pytest.mark.clause("C-RPN-01")
def test_a_reopened_case_has_a_fresh_clock_beside_the_old_one(case_in, technical_contact):
    case = case_in(Status.CLOSED, severity=Severity.TWO)
    before = Milestone.objects.filter(case=case).values().get()

    operations.reopen(case, "It came back.", by=technical_contact, at=NOON + DAY)

    first, second = case.milestones.order_by("cycle")
    assert Milestone.objects.filter(pk=first.pk).values().get() == before
    assert (second.cycle, second.started_at, second.due_at) == (2, NOON + DAY, NOON + DAY + 2 * HOUR)
    assert CaseClock.objects.get(case=case).due_at == second.due_at
    assert {subject for _, subject in fire_at(case)} == {"2:50", "2:80", "2"}


def test_a_closure_question_plans_its_reminder(case_in):
    case = case_in(Status.CLOSURE_PROPOSED)

    assert fire_at(case) == {(REMINDER, "4"): NOON + 3 * MINUTE + 2 * DAY}


def test_an_answered_closure_question_needs_no_reminder(case_in, technical_contact):
    case = case_in(Status.CLOSURE_PROPOSED)

    operations.reject_closure(case, "Not yet.", by=technical_contact, at=NOON + HOUR)

    assert fire_at(case) == {}


@pytest.mark.clause("C-CLS-05")
def test_several_attempts_plan_the_closing_and_an_answer_calls_it_off(case_in, engineer, technical_contact):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    for day, channel in enumerate([Channel.PHONE, Channel.EMAIL, Channel.EMAIL], start=1):
        case = operations.record_contact_attempt(
            case,
            channel,
            "Are you still there?",
            by=engineer,
            at=NOON + day * DAY if day < 3 else NOON + 5 * DAY,
            announces_closure=day == 3,
        )

    assert fire_at(case) == {(NO_RESPONSE, str(case.version)): datetime(2026, 3, 11, 18, tzinfo=UTC)}

    operations.reply_as_customer(case, "Back from leave.", by=technical_contact, at=NOON + 6 * DAY)

    assert fire_at(case) == {}


# Rows


def test_a_queue_is_sorted_by_the_next_deadline(open_case, case_in):
    answered = case_in(Status.WAITING_FOR_CUSTOMER)
    relaxed, urgent = open_case(severity=Severity.FOUR), open_case(severity=Severity.ONE)

    assert list(Case.objects.order_by("clock__sort_at", "id")) == [urgent, relaxed, answered]


def test_a_fact_that_changes_no_clock_writes_no_clock(case_in, engineer):
    case = case_in(Status.IN_PROGRESS)

    with CaptureQueriesContext(connection) as queries:
        operations.add_note(case, "Looked at the logs.", by=engineer, at=NOON + HOUR)

    assert [one["sql"] for one in queries if '"sla_' in one["sql"] and not one["sql"].startswith("SELECT")] == []


def test_deriving_costs_as_many_statements_for_one_case_as_for_many(many_cases):
    cases = many_cases(30)

    def statements(some: list[Case]) -> int:
        Timer.objects.all().delete()
        Milestone.objects.all().delete()
        CaseClock.objects.all().delete()
        fresh = list(Case.objects.filter(pk__in=[case.pk for case in some]))
        with CaptureQueriesContext(connection) as queries:
            projection.project(fresh)
        return len(queries)

    assert statements(cases) == statements(cases[:1]) == 10
    assert Milestone.objects.count() == 1


def test_rebuilding_mends_rows_that_somebody_changed(open_case, case_in):
    case, other = open_case(), case_in(Status.CLOSED)
    truth = snapshot()
    Milestone.objects.filter(case=case).update(due_at=NOON)
    Milestone.objects.create(case=case, kind="first_response", cycle=9, severity=1, started_at=NOON, target=HOUR)
    CaseClock.objects.filter(case=other).delete()
    Timer.objects.filter(case=case, kind=BREACH).update(fire_at=NOON)

    rebuild([case, other])

    assert snapshot() == truth


def snapshot() -> list:
    """All rows but for their ids and the generation of timers."""
    fields = ["case", "kind", "due_at", "soon_at", "met_at", "breached_at", "stopped_at"]
    return [
        list(Milestone.objects.order_by("case", "cycle").values_list(*fields, "cycle", "severity")),
        list(CaseClock.objects.order_by("case").values_list(*fields, "held", "sort_at")),
        list(Timer.objects.order_by("case", "fire_at").values_list("case", "kind", "subject", "fire_at", "state")),
    ]


def test_an_error_while_deriving_undoes_the_verb(open_case, engineer):
    case = open_case()
    case.plan_version.targets.all().delete()

    with pytest.raises(LookupError), transaction.atomic():
        operations.add_note(case, "Looked at the logs.", by=engineer, at=NOON + HOUR)

    assert case.events.count() == 1
    assert case.notes.count() == 0


# Who sees them


@pytest.mark.parametrize("model", [Milestone, CaseClock, Timer])
def test_what_may_be_seen_and_what_is_listed_are_the_same(cast, open_case, tokyo, tokyo_contact, model):
    open_case()
    open_case(tokyo, by=tokyo_contact)
    rows = list(model.objects.all())

    for name, person in cast.people.items():
        listed = set(model.objects.visible_to(person))
        assert listed == {row for row in rows if may(person, Verb.VIEW, row)}, name
    assert not any(may(person, Verb.REPLY, row) for person in cast.people.values() for row in rows)


def test_customers_see_their_clocks_and_no_timers(open_case, technical_contact, tokyo_contact, engineer):
    case = open_case()

    assert list(Milestone.objects.visible_to(technical_contact)) == [case.milestones.get()]
    assert list(Milestone.objects.visible_to(tokyo_contact)) == []
    assert list(Timer.objects.visible_to(technical_contact)) == []
    assert Timer.objects.visible_to(engineer).count() == 3
