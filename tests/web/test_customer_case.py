"""The page of a case: what a customer reads there, what never, and what it costs."""

from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Contact, User
from cases import operations
from cases.attachments import store
from cases.enums import INTERNAL_KINDS, Channel, ClosureReason, EventKind, ReassignmentReason, Severity, Status
from cases.journal import Entry, record
from cases.models import Case
from tests.cast import DAY, HOUR, MINUTE, NOON, fresh, kinds
from tests.web.conftest import text_of
from tests.web.statements import own_statements
from web.case.timeline import timeline
from web.case.times import Times

pytestmark = pytest.mark.usefixtures("at_one")


@pytest.fixture
def read(browse, technical_contact):
    """The page of a case as the technical contact reads it."""

    def make(case: Case) -> str:
        response = browse(technical_contact).get(case.get_absolute_url())
        assert response.status_code == 200
        return " ".join(unescape(response.content.decode()).replace("\N{NO-BREAK SPACE}", " ").split())

    return make


@pytest.fixture
def long_story(case_in, technical_contact, engineer, second_engineer, customer_service, support_manager):
    """A case to which nearly everything happened, with secrets in everything internal."""
    case = case_in(Status.IN_PROGRESS)
    at = NOON + 10 * MINUTE
    verbs = [
        lambda: operations.add_note(case, "SECRET note", by=engineer, at=at),
        lambda: operations.log_call(case, by=engineer, at=at, reached=True, summary="SECRET summary"),
        lambda: operations.assign(
            case,
            second_engineer,
            by=support_manager,
            at=at,
            reason=ReassignmentReason.SICK_LEAVE,
            note="SECRET handover",
        ),
        lambda: operations.propose_severity(case, Severity.FOUR, by=engineer, at=at, reason="Only one host is hit."),
        lambda: operations.agree_severity(case, Severity.FOUR, by=technical_contact, at=at),
        lambda: operations.reply(case, "Please try 8.4.2.", by=second_engineer, at=at, waiting=True),
    ]
    for verb in verbs:
        case = verb()
        at += MINUTE
    return Case.objects.get(pk=case.pk)


@pytest.mark.clause("C-TRK-01")
@pytest.mark.parametrize(
    ("status", "turn", "title"),
    [
        (Status.RECEIVED, "With us", "We check your entitlement"),
        (Status.QUEUED, "With us", "The next engineer takes your case"),
        (Status.IN_PROGRESS, "With us", "Lena Vogt works on your case"),
        (Status.WAITING_FOR_CUSTOMER, "Your turn", "Lena Vogt waits for your answer"),
        (Status.CLOSURE_PROPOSED, "Your turn", "Is this solved, and may we close the case?"),
        (Status.CLOSED, "Closed", "Closed: solved"),
    ],
    ids=str,
)
def test_the_page_says_first_whose_turn_it_is(read, case_in, status, turn, title):
    page = read(case_in(status))

    assert f">{turn}</span>" in page
    assert f"<h2>{title}</h2>" in page


@pytest.mark.clause("C-SLA-03", "C-COV-02")
def test_a_running_deadline_stands_in_both_zones_with_its_reasons(browse, case_in, technical_contact):
    technical_contact.zone = "Europe/Oslo"
    technical_contact.save()
    case = case_in(Status.IN_PROGRESS)

    page = browse(technical_contact).get(case.get_absolute_url()).content.decode()

    # Wednesday noon in Aberdeen: six business hours today, two on Thursday.
    assert "Thu 5 Mar, 11:00 CET" in page
    assert "10:00 GMT Aberdeen" in page
    assert "Why this time?" in page
    assert "8 business hours from receipt end on Thursday at 10:00 in Aberdeen" in page
    assert 'data-countdown="2026-03-05T10:00:00Z"' in page


@pytest.mark.clause("C-STF-07", "C-RAS-02", "C-SEV-01", "C-LIF-03")
def test_the_log_is_told_in_a_customers_words(read, long_story):
    page = read(long_story)

    for sentence in (
        '<b>Isla Reid</b> <span class="said">opened the case by web,',
        "<b>Entitlement verified</b> by Customer Service",
        "<b>Lena Vogt</b> is your engineer now",
        "<b>Telephone call</b> with Lena Vogt",
        "<b>Owen Price</b> is your engineer from now on",
        "<b>Severity 4 proposed</b> by Lena Vogt",
        "Only one host is hit.",
        "<b>Severity 4 agreed</b> between you and us",
        "Please try 8.4.2.",
    ):
        assert sentence in page


def test_nothing_internal_reaches_a_customer(read, long_story, engineer):
    event = long_story.events.get(kind=EventKind.REASSIGNED)

    page = read(long_story)

    assert event.data["note"] == "SECRET handover"
    assert "SECRET" not in page
    assert "sick" not in page.lower()
    assert "Internal" not in page


def test_support_reads_the_same_log_with_what_is_internal(long_story, engineer):
    rows = timeline(long_story, fresh(engineer), Times(engineer, NOON + HOUR))

    told = " ".join(f"{getattr(row, 'quote', '')} {getattr(row, 'body', '')}" for row in rows)
    assert {"SECRET note", "SECRET summary", "SECRET handover"} <= {
        word for word in ("SECRET note", "SECRET summary", "SECRET handover") if word in told
    }
    assert [row.internal for row in rows if getattr(row, "body", "") == "SECRET note"] == [True]


@pytest.mark.parametrize("kind", sorted(INTERNAL_KINDS))
def test_internal_facts_have_no_row_for_a_customer(open_case, technical_contact, engineer, kind):
    case = open_case()
    record_internal(case, kind, engineer)

    rows = {
        who: timeline(case, fresh(who), Times(who, NOON + HOUR), after=case.version)
        for who in (technical_contact, engineer)
    }

    assert kinds(case) == ["received", kind]
    assert rows[technical_contact] == []
    assert [row.internal for row in rows[engineer] if row.kind != "day"] == [True]


def record_internal(case: Case, kind: EventKind, by: User) -> None:
    """Let a fact of this internal kind happen to the case."""
    at = NOON + 20 * MINUTE
    if kind == EventKind.NOTED:
        operations.add_note(case, "SECRET", by=by, at=at)
    else:
        data = {"milestone": "next_update", "cycle": 1, "share": 50, "next_action": "SECRET", "by_work": False}
        with transaction.atomic():
            record([Entry(Case.objects.select_for_update().get(pk=case.pk), kind, at, None, data)])


def test_the_days_of_the_log_are_the_readers_days(case_in, technical_contact):
    late = NOON.replace(day=2, hour=23, minute=30)
    case = case_in(Status.IN_PROGRESS, at=late)
    technical_contact.zone = "Asia/Tokyo"

    rows = timeline(case, technical_contact, Times(technical_contact, NOON))

    assert [row.text for row in rows if row.kind == "day"] == ["Yesterday"]


@pytest.mark.clause("C-PAR-03")
def test_what_a_third_party_does_says_of_whom_and_for_whom(read, open_case, third_party):
    case = open_case(by=third_party)
    operations.reply_as_customer(case, "One more thing.", by=third_party, at=NOON + MINUTE)

    page = read(case)

    assert page.count("<b>Marta Puig of Tramontana IT for Granite Harbor Energy</b>") == 2
    assert "Opened by Marta Puig of Tramontana IT for Granite Harbor Energy" in page


@pytest.mark.clause("C-RPN-01")
def test_a_closed_case_offers_its_reopening_until_the_last_day(read, case_in):
    page = read(case_in(Status.CLOSED))

    assert "Reopen the case" in page
    assert 'Possible until <time datetime="2026-04-03T22:59:00Z">Fri 3 Apr, 23:59 BST</time>' in page
    assert "Update 8.4.2 removes the freeze." in page
    assert "Continue in a new case" not in page


@pytest.mark.clause("C-RPN-02")
def test_after_the_window_the_case_continues_in_a_new_one(read, case_in):
    page = read(case_in(Status.CLOSED, at=NOON - 60 * DAY))

    assert "Continue in a new case" in page
    assert "Reopen the case" not in page


@pytest.mark.clause("C-SEV-01")
def test_a_severity_that_support_proposes_is_a_question(read, case_in, engineer, technical_contact):
    case = case_in(Status.IN_PROGRESS)
    case = operations.propose_severity(case, Severity.FOUR, by=engineer, at=NOON + HOUR, reason="Only one host.")
    asked = read(case)

    case = operations.agree_severity(case, Severity.FOUR, by=technical_contact, at=NOON + HOUR)

    assert "<h2>Do you agree to Severity 4?</h2>" in asked
    assert ">Your turn</span>" in asked
    assert "Only one host." in asked.partition('id="case-timeline"')[0]
    assert "Do you agree" not in read(case)


def test_a_late_first_response_is_admitted(read, case_in):
    case = case_in(Status.IN_PROGRESS, at=NOON - 3 * DAY)
    due = case.milestones.get().due_at
    with transaction.atomic():
        locked = Case.objects.locked(case.pk)
        record([Entry(locked, EventKind.FIRST_RESPONSE_BREACHED, due, None, {"cycle": 1, "due_at": due.isoformat()})])

    page = read(case)

    assert "<b>First response is late:</b> the promised time has passed" in page
    assert 'data-state="breached"' in page


@pytest.mark.clause("C-CHN-01", "C-COV-01")
def test_a_case_of_severity_1_says_that_an_engineer_was_called_and_asks_for_a_call(read, open_case, emea_center):
    page = read(open_case(severity=Severity.ONE))

    assert "The engineer on duty was called at once" in page
    assert "Please call as well:" in page
    assert f'<a class="number nowrap" href="tel:+441223555000">{emea_center.telephone}</a>' in page


@pytest.mark.clause("C-CLS-01")
def test_a_closure_question_stands_alone(read, case_in):
    page = read(case_in(Status.CLOSURE_PROPOSED))

    assert "Yes, it is solved" in page
    assert "Close the case</a>" not in page


@pytest.mark.clause("C-RPN-01")
def test_after_a_reopening_the_headline_shows_its_own_clock_alone(read, case_in, technical_contact):
    case = operations.reopen(case_in(Status.CLOSED), "It is back.", by=technical_contact, at=NOON + HOUR)

    page = read(case)

    assert page.count('class="clock-kind"') == 1
    assert "Response after reopening" in page


@pytest.mark.clause("C-RPN-02")
def test_a_case_that_was_continued_leads_to_the_new_one(read, case_in, technical_contact):
    old = case_in(Status.CLOSED, at=NOON - 60 * DAY)
    new = operations.open_follow_on(old, "It is back.", by=technical_contact, at=NOON)

    page = read(Case.objects.get(pk=old.pk))

    assert f'It continues in case <a href="{new.get_absolute_url()}">{new.number}</a>' in page
    assert "Continue in a new case" not in page


def test_many_files_fold(read, case_in, technical_contact):
    files = [store(SimpleUploadedFile(f"{place}.log", b"x")) for place in range(8)]
    case = operations.reply_as_customer(
        case_in(Status.IN_PROGRESS), "All logs.", by=technical_contact, at=NOON + HOUR, files=files
    )

    shown, folded = read(case).split("<summary>All 8 files</summary>")

    assert ("5.log" in shown, "6.log" in shown, "6.log" in folded) == (True, False, True)


@pytest.mark.clause("C-CHN-01")
def test_the_telephone_number_of_the_region_stands_on_the_page(read, open_case, emea_center):
    case = open_case()

    page = read(case)

    assert emea_center.telephone in page
    assert case.number in page


@pytest.mark.parametrize(
    "who", ["new_york_contact", "tokyo_contact", "renewal_contact", "own_sight_contact", "stranger"]
)
def test_a_foreign_case_answers_exactly_like_one_that_does_not_exist(request, browse, open_case, who):
    case = open_case()
    client = browse(request.getfixturevalue(who))
    nouns = ["", "messages/", "severity/", "severity/agreement/", "closure/answer/", "withdrawal/", "reopening/"]

    for noun in [*nouns, "follow-on/"]:
        foreign = client.get(f"/cases/{case.number}/{noun}")
        absent = client.get(f"/cases/000-000-000/{noun}")
        posted = client.post(f"/cases/{case.number}/{noun}", {"body": "Let me in."})

        assert foreign.status_code == absent.status_code == 404
        assert text_of(foreign) == text_of(absent)
        assert posted.status_code == (405 if noun == "" else 404)
    assert case.events.count() == 1


def test_a_number_may_be_typed_without_hyphens(browse, technical_contact, open_case):
    case = open_case()

    assert browse(technical_contact).get(f"/cases/{case.number.replace('-', '')}/").status_code == 200
    assert browse(technical_contact).get("/cases/nonsense/").status_code == 404


@pytest.mark.clause("C-PAR-06")
def test_a_third_party_whose_grant_ended_sees_the_case_no_more(browse, third_party, open_case):
    case = open_case(by=third_party)
    client = browse(third_party)
    assert client.get(case.get_absolute_url()).status_code == 200

    Contact.objects.filter(user=third_party).update(ends_at=NOON)

    assert client.get(case.get_absolute_url()).status_code == 404


def test_who_is_not_signed_in_learns_nothing(client, open_case):
    case = open_case()

    for number in (case.number, "000-000-000"):
        assert client.get(f"/cases/{number}/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("messages", [1, 100])
def test_the_page_costs_at_most_ten_statements_however_long_the_log(
    browse, technical_contact, engineer, case_in, messages
):
    case = case_in(Status.IN_PROGRESS)
    for place in range(messages):
        at = NOON + timedelta(seconds=place)
        case = operations.reply(case, "Working on it.", by=engineer, at=at)
        case = operations.reply_as_customer(case, "Thank you.", by=technical_contact, at=at)
    client = browse(technical_contact)

    with CaptureQueriesContext(connection) as queries:
        client.get(case.get_absolute_url())

    assert len(own_statements(queries)) <= 10, own_statements(queries)


@pytest.mark.clause("C-CLS-05")
def test_attempts_to_reach_a_silent_contact_are_told(read, case_in, engineer, support_manager):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    case = operations.record_contact_attempt(case, Channel.PHONE, "SECRET voicemail", by=engineer, at=NOON + HOUR)

    page = read(case)

    assert "<b>We tried to reach you</b> by phone" in page
    assert "SECRET" not in page


def test_a_withdrawn_case_tells_why(read, open_case, technical_contact):
    case = operations.withdraw(open_case(), by=technical_contact, at=NOON + MINUTE, resolution="A restart helped.")

    page = read(case)

    assert case.closure_reason == ClosureReason.WITHDRAWN
    assert "Closed: withdrawn by the customer" in page
    assert "A restart helped." in page
