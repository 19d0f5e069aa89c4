"""The log: one way to write it, no way to change it, and the state it folds to."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases import facts, journal, operations
from cases.enums import ActorRole, EventKind, Severity, Status
from cases.facts import Fact
from cases.models import Case, CaseEvent
from tests.cast import HOUR, MINUTE, NOON, kinds


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases_caseevent SET data = '{}' WHERE case_id = %s",
        "UPDATE cases_caseevent SET at = at + interval '1 minute' WHERE case_id = %s",
        "DELETE FROM cases_caseevent WHERE case_id = %s",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_fact(case_in, statement):
    case = case_in(Status.QUEUED)

    with pytest.raises(DatabaseError, match="caseevent"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [case.pk])

    assert kinds(case) == ["received", "entitlement_verified"]


def test_the_database_refuses_to_change_a_frozen_calendar(open_case):
    calendar = open_case().calendar

    with pytest.raises(DatabaseError, match="frozencalendar"), transaction.atomic():
        type(calendar).objects.filter(pk=calendar.pk).update(holidays={})


def test_two_facts_cannot_have_one_place_in_the_log(case_in):
    event = case_in(Status.QUEUED).events.latest("seq")
    event.pk = None

    with pytest.raises(DatabaseError, match="one_fact_per_place_in_the_log"), transaction.atomic():
        event.save(force_insert=True)


@pytest.mark.parametrize("status", Status)
def test_the_log_replays_to_the_row(case_in, status):
    case = Case.objects.get(pk=case_in(status).pk)

    assert facts.replay(case.events.all().log()) == case.state


@pytest.fixture
def heard():
    """What the signal of the house told, one list of events each time."""
    batches = []

    def listen(sender, events, **_):
        batches.append(events)

    journal.case_event_recorded.connect(listen)
    yield batches
    journal.case_event_recorded.disconnect(listen)


def warn(pks: list[int]) -> int:
    """Record a warning about each of these cases at once; return how many statements that took."""
    with transaction.atomic():
        cases = list(Case.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
        data = {"cycle": 0, "share": 50, "due_at": (NOON + HOUR).isoformat()}
        with CaptureQueriesContext(connection) as statements:
            journal.record(
                [journal.Entry(case, EventKind.FIRST_RESPONSE_WARNED, NOON + MINUTE, data=data) for case in cases]
            )
    return len(statements)


def test_facts_about_many_cases_are_one_signal_and_take_no_more_statements_than_about_two(open_case, heard):
    made = [open_case(at=NOON).pk for _ in range(8)]
    del heard[:]

    assert warn(made[:2]) == warn(made[2:])

    assert [[event.case_id for event in events] for events in heard] == [made[:2], made[2:]]
    assert {event.case.version for events in heard for event in events} == {2}
    for case in Case.objects.filter(pk__in=made):
        assert facts.replay(case.events.all().log()) == case.state


def test_several_facts_about_one_case_are_recorded_in_order(open_case, engineer):
    with transaction.atomic():
        case = Case.objects.locked(open_case().pk)
        events = journal.record(
            [
                journal.Entry(case, EventKind.HELD, NOON + HOUR, engineer, {"reason": "unreachable_contact"}),
                journal.Entry(case, EventKind.RESUMED, NOON + HOUR, engineer),
            ]
        )

    assert [event.seq for event in events] == [2, 3]
    assert kinds(case) == ["received", "held", "resumed"]


def test_a_listener_that_fails_rolls_the_verb_back(case_in, engineer):
    case = case_in(Status.IN_PROGRESS)
    before = kinds(case), case.messages.count()

    def fail(sender, events, **_):
        raise RuntimeError("a derived row is wrong")

    journal.case_event_recorded.connect(fail)
    try:
        with pytest.raises(RuntimeError, match="derived row"):
            operations.reply(case, "Hello.", by=engineer, at=NOON + HOUR)
    finally:
        journal.case_event_recorded.disconnect(fail)

    assert (kinds(case), case.messages.count()) == before


@pytest.mark.usefixtures("transactional_db")
def test_a_fact_is_never_recorded_outside_a_verb(open_case):
    case = open_case()

    with pytest.raises(RuntimeError, match="transaction"):
        journal.record([journal.Entry(case, EventKind.CLOSURE_REMINDED, NOON)])

    assert CaseEvent.objects.count() == 1


# The fold, without a database


def fact(seq: int, kind: EventKind, role: ActorRole = ActorRole.SYSTEM, **data) -> Fact:
    return Fact(seq, kind, NOON + timedelta(minutes=seq), role, data)


RECEIPT = fact(1, EventKind.RECEIVED, ActorRole.CONTACT, requested=2, phone="")


def test_a_log_begins_with_its_receipt():
    with pytest.raises(ValueError, match="begins with its receipt"):
        facts.replay([fact(1, EventKind.HELD, reason="unreachable_contact")])
    with pytest.raises(ValueError, match="empty log"):
        facts.replay([])


def test_a_gap_in_the_log_is_an_error():
    with pytest.raises(ValueError, match="does not follow"):
        facts.replay([RECEIPT, fact(3, EventKind.ENTITLEMENT_VERIFIED)])


def test_a_receipt_alone_is_a_received_case():
    state = facts.replay([RECEIPT])

    assert state == facts.State(
        requested=Severity.TWO,
        status=Status.RECEIVED,
        version=1,
        updated_at=NOON + MINUTE,
        turn_since_at=NOON + MINUTE,
    )
    assert (state.severity, state.turn) == (Severity.TWO, "support")


@pytest.mark.parametrize("kind", [EventKind.NOTED, EventKind.FIRST_RESPONSE_WARNED, EventKind.FOLLOWED_ON])
def test_what_changes_nothing_still_counts_as_a_fact(kind):
    before, after = facts.replay([RECEIPT]), facts.replay([RECEIPT, fact(2, kind)])

    assert (after.version, after.updated_at) == (2, NOON + 2 * MINUTE)
    assert (after.status, after.turn_since_at) == (before.status, before.turn_since_at)
