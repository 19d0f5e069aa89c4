"""Who is told of what."""

from datetime import time

import pytest
from django.db import transaction

from accounts.enums import AbsenceReason, ContactRole, Layer, StaffRole
from accounts.models import Absence, Contact, Region, Shift, StaffProfile, SupportCenter, User
from cases import journal, operations
from cases.enums import EventKind, ReassignmentReason, Severity, Status
from cases.journal import Entry
from cases.models import Case, CaseEvent
from notifications import operations as notifications
from notifications.audiences import notices
from notifications.enums import Channel, Template
from notifications.models import Notification
from tests.cast import DAY, HOUR, MINUTE, NOON, make_contact, make_staff
from tests.notifications.conftest import put_on_call

SUNDAY = NOON + 4 * DAY


def told(case: Case, template: Template | None = None) -> set[tuple[str, str]]:
    """(template, name) of everything told about the case by mail."""
    rows = Notification.objects.filter(event__case=case, channel=Channel.EMAIL)
    if template:
        rows = rows.filter(template=template)
    return set(rows.values_list("template", "recipient__name"))


def record(case: Case, kind: EventKind, at=NOON + HOUR, **data) -> CaseEvent:
    """A fact that the sweep records."""
    with transaction.atomic():
        return journal.record([Entry(Case.objects.locked(case.pk), kind, at, None, data)])[0]


def breach(case: Case, at=NOON + HOUR) -> CaseEvent:
    return record(case, EventKind.FIRST_RESPONSE_BREACHED, at, cycle=1, due_at=at.isoformat())


@pytest.mark.clause("C-LIF-01")
def test_the_contact_gets_a_receipt_for_its_own_case(open_case):
    case = open_case()

    assert told(case) == {("received", "Isla Reid")}


@pytest.mark.clause("C-RAS-02")
def test_a_first_owner_is_told_to_the_customer_and_not_to_who_took_the_case(case_in):
    case = case_in(Status.IN_PROGRESS)

    assert told(case, Template.OWNER_CHANGED) == {("owner_changed", "Isla Reid")}
    assert told(case, Template.GIVEN_TO_YOU) == set()


@pytest.mark.clause("C-RAS-02")
def test_a_new_owner_is_told_to_the_customer_and_to_the_new_owner(case_in, engineer, second_engineer):
    case = case_in(Status.IN_PROGRESS)
    Notification.objects.all().delete()

    operations.assign(
        case, second_engineer, by=engineer, at=NOON + HOUR, reason=ReassignmentReason.SHIFT, note="Look at the log."
    )

    assert told(case) == {("owner_changed", "Isla Reid"), ("given_to_you", "Owen Price")}


def test_a_reply_goes_to_the_contact_and_an_answer_to_the_owner(case_in, technical_contact):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    Notification.objects.exclude(template=Template.REPLY).delete()

    operations.reply_as_customer(case, "Here it is.", by=technical_contact, at=NOON + HOUR)

    assert told(case) == {("reply", "Isla Reid"), ("customer_replied", "Lena Vogt")}


def test_what_a_partner_writes_is_told_to_the_contact_too(case_in, third_party):
    case = case_in(Status.IN_PROGRESS)

    operations.reply_as_customer(case, "I rebooted the host for Isla.", by=third_party, at=NOON + HOUR)

    assert told(case, Template.REPLY) == {("reply", "Isla Reid")}


def test_a_note_and_a_call_tell_nobody(case_in, engineer):
    case = case_in(Status.IN_PROGRESS)
    before = told(case)

    operations.add_note(case, "The array's firmware is old.", by=engineer, at=NOON + HOUR)
    operations.log_call(case, by=engineer, at=NOON + HOUR, reached=True, summary="Talked about the array.")

    assert told(case) == before


@pytest.mark.clause("C-SEV-01")
def test_a_suggested_severity_is_told_to_the_other_side(open_case, engineer, technical_contact, emea_shift):
    case = open_case(severity=Severity.TWO)

    operations.propose_severity(case, Severity.THREE, by=engineer, at=NOON + MINUTE, reason="Only one host.")
    operations.propose_severity(case, Severity.ONE, by=technical_contact, at=NOON + HOUR, reason="All hosts now.")

    assert told(case, Template.SEVERITY_PROPOSED) == {("severity_proposed", "Isla Reid")}
    assert told(case, Template.CUSTOMER_PROPOSED_SEVERITY) == {("customer_proposed_severity", "Lena Vogt")}


@pytest.mark.clause("C-SEV-04")
def test_a_lowered_severity_is_told_to_the_customer_and_the_owner(
    case_in, engineer, support_manager, technical_contact
):
    case = case_in(Status.IN_PROGRESS)
    case = operations.propose_severity(case, Severity.TWO, by=engineer, at=NOON + 10 * MINUTE, reason="Worse.")
    case = operations.agree_severity(case, Severity.TWO, by=technical_contact, at=NOON + 11 * MINUTE)
    Notification.objects.all().delete()

    operations.reduce_severity(case, Severity.FOUR, by=support_manager, at=NOON + HOUR, reason="It runs again.")

    assert told(case) == {("severity_reduced", "Isla Reid"), ("severity_settled", "Lena Vogt")}


@pytest.mark.clause("C-CLS-01", "C-CLS-02")
def test_the_customer_is_asked_before_and_gets_the_summary_after_closing(case_in):
    case = case_in(Status.CLOSED)

    assert told(case, Template.CLOSURE_QUESTION) == {("closure_question", "Isla Reid")}
    assert told(case, Template.CLOSURE_SUMMARY) == {("closure_summary", "Isla Reid")}
    assert told(case, Template.CASE_CLOSED) == {("case_closed", "Lena Vogt")}


@pytest.mark.clause("C-CLS-04")
def test_a_refusal_is_told_in_words_of_its_own(open_case, customer_service):
    case = open_case()

    operations.refuse(case, by=customer_service, at=NOON + MINUTE, reason="The plan ended in May.")

    assert told(case) == {("received", "Isla Reid"), ("closed_not_entitled", "Isla Reid")}


@pytest.mark.clause("C-RPN-01")
def test_a_reopened_case_is_confirmed_to_the_customer_and_told_to_its_engineer(case_in, technical_contact):
    case = case_in(Status.CLOSED)

    operations.reopen(case, "It is back.", by=technical_contact, at=NOON + DAY)

    assert told(case, Template.REOPENED) == {("reopened", "Isla Reid")}
    assert told(case, Template.CASE_REOPENED) == {("case_reopened", "Lena Vogt")}


# A contact that left


def leave(user: User, at=NOON) -> None:
    Contact.objects.filter(user=user).update(ends_at=at)


@pytest.mark.clause("C-CLS-01")
def test_what_a_contact_that_left_should_know_is_told_to_the_technical_contacts_in_force(
    case_in, engineer, technical_contact, aberdeen, own_sight_contact, renewal_contact, third_party, tokyo_contact
):
    case = case_in(Status.IN_PROGRESS)
    make_contact(aberdeen, "Ailsa Bain", ContactRole.TECHNICAL)
    gone = make_contact(aberdeen, "Una Gunn", ContactRole.TECHNICAL)
    leave(technical_contact, NOON + 30 * MINUTE)
    leave(gone, NOON + 30 * MINUTE)

    operations.propose_closure(case, by=engineer, at=NOON + HOUR, problem="It froze.", resolution="Updated.")

    assert told(case, Template.CLOSURE_QUESTION) == {("closure_question", "Ailsa Bain")}


@pytest.mark.parametrize("count", [1, 30])
def test_finding_who_stands_in_takes_one_statement_more_for_any_number_of_cases(
    case_in, technical_contact, aberdeen, engineer, count, django_assert_num_queries
):
    make_contact(aberdeen, "Ailsa Bain", ContactRole.TECHNICAL)
    cases = [case_in(Status.IN_PROGRESS) for _ in range(count)]
    leave(technical_contact)
    events = list(CaseEvent.objects.filter(case__in=cases, kind=EventKind.RECEIVED).select_related("case"))

    with django_assert_num_queries(4):  # organizations, contacts, stand-ins, rows
        assert notifications.tell(events) == 2 * count


# The queue


def test_without_an_owner_everybody_on_shift_who_is_not_absent_is_told(case_in, technical_contact, emea_shift, cast):
    case = case_in(Status.QUEUED)
    Absence.objects.create(
        user=cast.staff["second_engineer"], reason=AbsenceReason.SICK, starts_at=NOON - DAY, ends_at=NOON + DAY
    )

    operations.reply_as_customer(case, "Any news?", by=technical_contact, at=NOON + HOUR)

    assert told(case, Template.CUSTOMER_REPLIED) == {
        ("customer_replied", "Lena Vogt"),
        ("customer_replied", "Sofia Lindgren"),
    }


@pytest.mark.clause("C-STF-03")
def test_before_the_check_customer_service_belongs_to_the_queue(open_case, technical_contact, emea_shift, cast):
    case = open_case()

    operations.reply_as_customer(case, "Any news?", by=technical_contact, at=NOON + HOUR)

    names = {name for _, name in told(case, Template.CUSTOMER_REPLIED)}
    assert names == {"Tom Okafor", "Lena Vogt", "Owen Price", "Sofia Lindgren"}


def test_an_absent_owner_is_stood_in_for_by_the_queue(
    case_in, technical_contact, engineer, second_engineer, emea_shift
):
    case = case_in(Status.IN_PROGRESS)
    Absence.objects.create(user=engineer, reason=AbsenceReason.HOLIDAY, starts_at=NOON, ends_at=NOON + DAY)

    operations.reply_as_customer(case, "Any news?", by=technical_contact, at=NOON + HOUR)

    assert told(case, Template.CUSTOMER_REPLIED) == {("customer_replied", "Owen Price")}


# Severity 1: somebody who is awake, at every minute


NIGHT = NOON - 9 * HOUR  # 03:00 in Aberdeen, noon in Tokyo


@pytest.fixture
def apj_engineer(db):
    """At work while Europe sleeps."""
    center = SupportCenter.objects.create(
        code="tokyo", name="Tokyo", region=Region.objects.get(code="apj"), zone="Asia/Tokyo", telephone="+81 3 555 0100"
    )
    for weekday in range(7):
        Shift.objects.create(center=center, weekday=weekday, opens=time(8), closes=time(18))
    return make_staff("Aiko Tanaka", StaffRole.SUPPORT_ENGINEER, center=center)


def paged(case: Case, template: Template = Template.SEVERITY_1_RECEIVED) -> set[str]:
    return {name for _, name in told(case, template)}


@pytest.mark.clause("C-COV-01")
def test_a_severity_1_in_the_regions_hours_is_told_to_the_regions_engineers_and_to_customer_service(
    open_case, emea_shift, apj_engineer, cast
):
    case = open_case(severity=Severity.ONE)

    assert paged(case) == {"Lena Vogt", "Owen Price", "Sofia Lindgren", "Tom Okafor"}


@pytest.mark.clause("C-COV-01")
def test_at_night_a_severity_1_is_told_to_the_engineers_who_have_the_sun(open_case, emea_shift, apj_engineer, cast):
    put_on_call(cast.staff["escalation_engineer"], Layer.ENGINEER, region="emea")

    assert paged(open_case(severity=Severity.ONE, at=NIGHT)) == {"Aiko Tanaka"}


@pytest.mark.clause("C-COV-01")
def test_where_only_customer_service_is_on_shift_an_engineer_is_told_too(
    open_case, customer_service, emea_shift, apj_engineer
):
    put_on_call(apj_engineer, Layer.ENGINEER)

    assert paged(open_case(severity=Severity.ONE)) == {"Tom Okafor", "Aiko Tanaka"}  # 21:00 in Tokyo


@pytest.mark.clause("C-COV-01")
def test_outside_every_shift_the_engineer_on_call_is_told_of_a_severity_1(open_case, emea_shift, cast):
    put_on_call(cast.staff["second_engineer"], Layer.ENGINEER)
    put_on_call(cast.staff["escalation_engineer"], Layer.ENGINEER, region="emea")

    assert paged(open_case(severity=Severity.ONE, at=NOON - 6 * HOUR)) == {"Sofia Lindgren"}


@pytest.mark.clause("C-COV-01")
def test_a_severity_1_that_no_engineer_can_be_found_for_wakes_the_manager_on_call(open_case, support_manager, engineer):
    put_on_call(make_staff("Nadia Haas", StaffRole.SUPPORT_MANAGER), Layer.MANAGER)

    assert paged(open_case(severity=Severity.ONE)) == {"Nadia Haas"}


@pytest.mark.clause("C-COV-01")
def test_a_roster_with_a_gap_alarms_every_manager_of_a_severity_1(open_case, support_manager, engineer):
    make_staff("Nadia Haas", StaffRole.SUPPORT_MANAGER)

    assert paged(open_case(severity=Severity.ONE)) == {"Priya Nair", "Nadia Haas"}


@pytest.mark.clause("C-COV-01")
def test_without_any_roster_or_manager_every_engineer_is_told_of_a_severity_1(open_case):
    make_staff("Aiko Tanaka", StaffRole.SUPPORT_ENGINEER)

    assert paged(open_case(severity=Severity.ONE)) == {"Aiko Tanaka"}


@pytest.mark.clause("C-COV-01")
@pytest.mark.parametrize("by", ["technical_contact", "engineer"])
def test_a_case_that_becomes_severity_1_is_told_as_one_that_comes_in(case_in, emea_shift, second_engineer, request, by):
    case = case_in(Status.IN_PROGRESS)
    person = request.getfixturevalue(by)

    operations.propose_severity(case, Severity.ONE, by=person, at=NOON + HOUR, reason="All hosts are down.")

    assert paged(case, Template.BECAME_SEVERITY_1) == {"Lena Vogt", "Owen Price"} - {person.name}


def test_another_severity_wakes_nobody(case_in, technical_contact, emea_shift, engineer):
    case = case_in(Status.IN_PROGRESS)

    operations.propose_severity(case, Severity.TWO, by=technical_contact, at=NOON + HOUR, reason="Slow.")

    assert paged(case, Template.BECAME_SEVERITY_1) == set()


@pytest.mark.clause("C-COV-01")
def test_an_owner_off_shift_does_not_keep_a_severity_1_from_who_is_at_work(
    case_in, technical_contact, emea_shift, apj_engineer
):
    case = case_in(Status.IN_PROGRESS, severity=Severity.ONE)

    operations.reply_as_customer(case, "It is worse now.", by=technical_contact, at=NOON + 15 * HOUR)

    assert told(case, Template.CUSTOMER_REPLIED) == {("customer_replied", "Aiko Tanaka")}


# Severities 2 to 4: nobody is called


@pytest.mark.clause("C-COV-04")
@pytest.mark.parametrize("severity", [Severity.TWO, Severity.THREE, Severity.FOUR])
def test_outside_hours_other_severities_are_left_to_the_regions_people_and_call_nobody(
    case_in, technical_contact, emea_shift, apj_engineer, cast, severity
):
    manager = put_on_call(make_staff("Nadia Haas", StaffRole.SUPPORT_MANAGER), Layer.MANAGER)
    case = case_in(Status.QUEUED, severity=severity)
    put_on_call(apj_engineer, Layer.ENGINEER)

    operations.reply_as_customer(case, "Any news?", by=technical_contact, at=NOON + 9 * HOUR)
    record(case, EventKind.FIRST_RESPONSE_WARNED, NOON + 9 * HOUR, cycle=1, share=50, due_at=NOON.isoformat())

    people = {"Lena Vogt", "Owen Price", "Sofia Lindgren"}
    assert paged(case, Template.CUSTOMER_REPLIED) == paged(case, Template.RESPONSE_WARNING) == people
    assert not Notification.objects.filter(recipient__in=[manager, apj_engineer]).exists()


def test_a_region_without_people_leaves_its_cases_to_the_others(case_in, apj_engineer, technical_contact):
    case = case_in(Status.QUEUED)
    StaffProfile.objects.exclude(user=apj_engineer).update(center=None, role=StaffRole.ADMIN)

    operations.reply_as_customer(case, "Any news?", by=technical_contact, at=NOON)

    assert paged(case, Template.CUSTOMER_REPLIED) == {"Aiko Tanaka"}


# Deadlines


def test_a_warning_goes_to_the_owner_alone(case_in, emea_shift, second_engineer):
    case = case_in(Status.IN_PROGRESS)

    record(case, EventKind.FIRST_RESPONSE_WARNED, cycle=1, share=80, due_at=NOON.isoformat())

    assert told(case, Template.RESPONSE_WARNING) == {("response_warning", "Lena Vogt")}


def test_a_breach_goes_to_the_owner_the_case_manager_and_the_manager_on_call(case_in):
    put_on_call(make_staff("Nadia Haas", StaffRole.SUPPORT_MANAGER), Layer.MANAGER)
    case = case_in(Status.IN_PROGRESS)

    breach(case)

    assert told(case, Template.RESPONSE_BREACH) == {
        ("response_breach", "Lena Vogt"),
        ("response_breach", "Priya Nair"),
        ("response_breach", "Nadia Haas"),
    }


def test_who_is_case_manager_and_manager_on_call_is_told_once(case_in, support_manager):
    put_on_call(support_manager, Layer.MANAGER)
    case = case_in(Status.IN_PROGRESS)

    breach(case)

    assert Notification.objects.filter(recipient=support_manager, channel=Channel.EMAIL).count() == 1


# The outbox


def test_telling_twice_of_one_fact_writes_it_once(case_in):
    event = breach(case_in(Status.IN_PROGRESS))
    before = Notification.objects.count()

    notifications.tell([event])

    assert Notification.objects.count() == before


def test_a_verb_that_fails_leaves_no_notification(case_in, engineer):
    case = case_in(Status.IN_PROGRESS)
    before = Notification.objects.count()

    with transaction.atomic():
        operations.reply(case, "Please wait.", by=engineer, at=NOON + HOUR)
        transaction.set_rollback(True)

    assert Notification.objects.count() == before


@pytest.mark.parametrize("count", [1, 200])
def test_two_hundred_facts_take_as_many_statements_as_one(
    case_in, count, emea_shift, support_manager, django_assert_num_queries
):
    case = case_in(Status.QUEUED)
    events = CaseEvent.objects.bulk_create(
        CaseEvent(
            case=case,
            seq=case.version + 1 + number,
            kind=EventKind.FIRST_RESPONSE_BREACHED,
            at=NOON + number * MINUTE,
            recorded_at=NOON,
            role="system",
            data={"cycle": 1, "due_at": NOON.isoformat()},
        )
        for number in range(count)
    )

    with django_assert_num_queries(7):  # rows, and for the roster: staff, centers, shifts, entries, turns, absences
        written = notifications.tell(events)

    assert written >= count


def test_every_kind_of_fact_has_been_thought_of():
    quiet = {
        EventKind.ENTITLEMENT_VERIFIED,
        EventKind.HELD,
        EventKind.RESUMED,
        EventKind.NOTED,
        EventKind.CALLED,
        EventKind.FOLLOWED_ON,
        EventKind.TERMS_CHANGED,
        EventKind.ESCALATED,
        EventKind.ESCALATION_ACKNOWLEDGED,
        EventKind.CALL_BACK_REQUESTED,
        EventKind.HANDOVER_NOTED,
        EventKind.HANDOVER_ACCEPTED,
    }
    data = {"requested": 3, "severity": 3, "side": "support", "message": 1, "reason": "resolved"}

    assert {kind for kind in EventKind if not notices(kind, data)} == quiet


def test_contacts_without_case_rights_are_never_told(case_in, renewal_contact, contract_administrator):
    case = case_in(Status.CLOSED)

    assert not {name for _, name in told(case)} & {"Fiona Baird", "Rory Lamb"}
