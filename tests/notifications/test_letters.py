"""What the letters say. Each is read as its reader gets it."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.models import SupportCenter
from cases import attachments, journal, operations
from cases.enums import Channel, EventKind, HoldReason, ReassignmentReason, Severity, Status, Turn
from cases.journal import Entry
from cases.models import Case
from notifications import mails
from notifications.enums import Template
from notifications.models import Notification
from sla.operations import sweep_due
from tests.cast import DAY, HOUR, MINUTE, NOON, fresh


@pytest.fixture
def letter(db) -> Callable[..., str]:
    """The text of the newest mail of a template about a case, as it is written at a moment."""

    def read(case: Case, template: Template, at: datetime = NOON + HOUR) -> str:
        mail = (
            Notification.objects.filter(event__case=case, template=template, channel="email")
            .select_related("event__by", "event__case__calendar", "event__case__organization")
            .latest("pk")
        )
        return mails.compose(mail, fresh(mail.recipient), at).body

    return read


@pytest.mark.clause("C-LIF-01", "C-SLA-03")
def test_a_receipt_promises_the_first_answer_and_explains_it(open_case, letter):
    case = open_case(severity=Severity.THREE)

    text = letter(case, Template.RECEIVED)

    assert f"Its number is {case.number}. An engineer answers you by Thu 5 Mar 2026, 10:00 GMT." in text
    assert "First response for Severity 3 within 8 business hours" in text
    assert (
        "- Wed 4 Mar, 12:00 to 18:00: counted, 6 h\n"
        "- Wed 4 Mar, 18:00 to Thu 5 Mar, 08:00: night, 14 h not counted\n"
        "- Thu 5 Mar, 08:00 to 10:00: counted, 2 h\n"
        "- 8 business hours: 8 h\n"
    ) in text
    assert "Since Monday each backup pauses" in text


@pytest.mark.clause("C-LIF-01")
def test_a_receipt_tells_each_time_for_reader_and_account(open_case, technical_contact, letter):
    technical_contact.zone = "Europe/Paris"
    technical_contact.save()
    case = open_case()

    assert "by Thu 5 Mar 2026, 11:00 CET (10:00 GMT in Aberdeen)." in letter(case, Template.RECEIVED)


def test_a_receipt_of_a_case_on_hold_promises_no_time(open_case, customer_service, letter):
    case = open_case()
    operations.hold(case, HoldReason.UNREACHABLE_CONTACT, by=customer_service, at=NOON + MINUTE)

    assert "An engineer answers you by" not in letter(case, Template.RECEIVED)


@pytest.mark.clause("C-PKG-03")
def test_a_receipt_of_severity_1_asks_for_a_call(open_case, letter, emea_shift, engineer):
    case = open_case(severity=Severity.ONE)

    assert "For severity 1 please call us as well, at +44 1223 555 000" in letter(case, Template.RECEIVED)
    assert "Granite Harbor Energy needs an engineer now." in letter(case, Template.SEVERITY_1_RECEIVED)


@pytest.mark.clause("C-RAS-02", "C-RAS-01")
def test_a_change_of_owner_names_the_person_and_how_to_reach_it(case_in, engineer, second_engineer, letter):
    case = case_in(Status.IN_PROGRESS)
    operations.assign(case, second_engineer, by=engineer, at=NOON + HOUR, reason=ReassignmentReason.SICK_LEAVE)

    text = letter(case, Template.OWNER_CHANGED)

    assert "From now on please contact Owen Price, support engineer in Cambridge." in text
    assert f"Call +44 1223 555 000 and name the case number {case.number}." in text
    assert "Until now it was Lena Vogt." in text
    assert "sick" not in text.lower()


@pytest.mark.clause("C-ESC-09")
def test_the_signature_names_the_engineers_manager(case_in, letter):
    case = case_in(Status.WAITING_FOR_CUSTOMER)

    text = letter(case, Template.REPLY)

    assert "Lena Vogt wrote to you" in text
    assert "Please send the log of host gh-07." in text
    assert "Support engineer, Cambridge\nManager: Priya Nair, priya.nair@example.com" in text


def test_files_are_named_and_never_mailed(case_in, engineer, letter, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    case = case_in(Status.IN_PROGRESS)
    file = attachments.store(SimpleUploadedFile("fix-8.4.2.bin", b"binary"))
    operations.reply(case, "Please install this.", by=engineer, at=NOON + HOUR, files=[file])

    text = letter(case, Template.REPLY)

    assert "Files, kept with the case\n-------------------------\n- fix-8.4.2.bin" in text


@pytest.mark.clause("C-CLS-02", "C-RPN-01")
def test_a_summary_tells_problem_resolution_promises_and_until_when_to_reopen(case_in, letter):
    case = case_in(Status.CLOSED)

    text = letter(case, Template.CLOSURE_SUMMARY)

    assert "Your case is closed\n" in text
    assert "You confirmed that it can be closed on Wed 4 Mar 2026, 12:04 GMT." in text
    assert "you can reopen the case until Fri 3 Apr 2026, 23:59 BST" in text
    assert "What the problem was\n--------------------\nThe backup froze the storage path.\n" in text
    assert "How it was solved\n-----------------\nUpdate 8.4.2 removes the freeze.\n" in text


@pytest.mark.clause("C-CLS-02")
def test_a_summary_tells_how_a_promise_was_kept(case_in, engineer, letter):
    case = case_in(Status.IN_PROGRESS)
    case = operations.reply(case, "It is the array.", by=engineer, at=NOON + 170 * MINUTE)
    case = operations.propose_closure(case, by=engineer, at=NOON + 5 * HOUR, problem="Array.", resolution="Restarted.")
    operations.confirm_closure(case, by=case.opened_by, at=NOON + 5 * HOUR)

    text = letter(case, Template.CLOSURE_SUMMARY, NOON + 6 * HOUR)

    assert "- First answer: promised within 8 business hours, answered in 2 h 50 min.\n" in text


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        pytest.param(
            21, "promised within 8 business hours, answered in 21 h, of which 7 h counted.", id="over a night"
        ),
        pytest.param(24, "promised within 8 business hours, answered 2 h late: we are sorry.", id="late"),
    ],
)
@pytest.mark.clause("C-CLS-02")
def test_a_summary_tells_an_answer_as_the_page_does(case_in, engineer, letter, hours, told):
    case = case_in(Status.IN_PROGRESS)
    answered_at = NOON + hours * HOUR
    case = operations.propose_closure(case, by=engineer, at=answered_at, problem="Array.", resolution="Restarted.")
    operations.confirm_closure(case, by=case.opened_by, at=answered_at)

    assert told in letter(case, Template.CLOSURE_SUMMARY, answered_at + HOUR)


@pytest.mark.clause("C-CLS-01")
def test_the_closure_question_shows_what_is_to_be_confirmed(case_in, letter):
    case = case_in(Status.CLOSURE_PROPOSED)

    text = letter(case, Template.CLOSURE_QUESTION)

    assert "Is this solved?" in text
    assert "Update 8.4.2 removes the freeze." in text
    assert "If we hear nothing, we try to reach you several times" in text


TURNS = [
    (Status.RECEIVED, True, "Please answer when you can. It is our turn all the same"),
    (Status.QUEUED, False, "It is our turn: there is nothing you need to do."),
    (Status.IN_PROGRESS, True, "It is your turn: please answer, so that we can go on."),
    (Status.IN_PROGRESS, False, "It is our turn: there is nothing you need to do."),
    (Status.CLOSURE_PROPOSED, False, "Our question whether this case can be closed still waits for your answer."),
    (Status.CLOSURE_PROPOSED, True, "Our question whether this case can be closed still waits for your answer."),
]


@pytest.mark.parametrize(("status", "waiting", "words"), TURNS)
def test_a_reply_says_whose_turn_it_is_by_the_case_as_it_left_it(
    case_in, customer_service, engineer, technical_contact, letter, status, waiting, words
):
    case = case_in(status)
    by = customer_service if status in (Status.RECEIVED, Status.QUEUED) else engineer
    case = operations.reply(case, "Which version is it?", by=by, at=NOON + HOUR, waiting=waiting)
    left = case.turn
    operations.reply_as_customer(case, "8.4.", by=technical_contact, at=NOON + 2 * HOUR)

    reply = Notification.objects.filter(event__case=case, event__kind=EventKind.REPLIED, channel="email").latest("pk")
    text = mails.compose(reply, fresh(technical_contact), NOON + 3 * HOUR).body

    assert words in text
    assert (" our turn" in text) == (left is Turn.SUPPORT)


@pytest.mark.clause("C-SEV-04")
def test_a_lowered_severity_comes_with_its_reason_and_its_effect_on_the_clock(
    case_in, engineer, support_manager, letter
):
    case = case_in(Status.IN_PROGRESS, severity=Severity.TWO)
    case = operations.propose_severity(case, Severity.TWO, by=engineer, at=NOON + 3 * MINUTE, reason="As you say.")
    operations.reduce_severity(case, Severity.THREE, by=support_manager, at=NOON + HOUR, reason="The hosts run again.")

    text = letter(case, Template.SEVERITY_REDUCED)

    assert "Your case has severity 3 now" in text
    assert "The hosts run again." in text
    assert "Our first answer is due by Thu 5 Mar 2026, 10:00 GMT." in text


@pytest.mark.clause("C-CLS-05")
def test_the_last_attempt_says_when_the_case_closes(case_in, engineer, letter):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    case = operations.record_contact_attempt(case, Channel.PHONE, "Voicemail.", by=engineer, at=NOON + DAY)
    case = operations.record_contact_attempt(case, Channel.EMAIL, "Are you there?", by=engineer, at=NOON + 2 * DAY)
    case = operations.record_contact_attempt(
        case, Channel.EMAIL, "Shall we close?", by=engineer, at=NOON + 5 * DAY, announces_closure=True
    )

    text = letter(case, Template.CONTACT_ATTEMPT, NOON + 5 * DAY)

    assert "If we do not hear from you by Wed 11 Mar 2026, 18:00 GMT, we close the case." in text
    assert "Shall we close?" in text
    assert "Voicemail" not in text


def test_a_breach_blames_nobody(case_in, letter):
    case = case_in(Status.IN_PROGRESS)
    with transaction.atomic():
        journal.record(
            [
                Entry(
                    Case.objects.locked(case.pk),
                    EventKind.FIRST_RESPONSE_BREACHED,
                    NOON + DAY,
                    None,
                    {"cycle": 1, "due_at": (NOON + 22 * HOUR).isoformat()},
                )
            ]
        )

    text = letter(case, Template.RESPONSE_BREACH, NOON + DAY)

    assert "It was due by Thu 5 Mar 2026, 10:00 GMT, and the customer still waits." in text
    assert "you" not in text.split("--")[0]


@pytest.mark.clause("C-DOC-07")
def test_the_provider_its_phone_and_its_address_are_settings(open_case, emea_shift, engineer, letter, settings):
    """The provider's number is for customers whose region has no support center."""
    settings.PROVIDER_NAME, settings.SUPPORT_PHONE = "Lighthouse Support", "+00 1"
    SupportCenter.objects.update(region="apj")
    settings.PORTAL_URL = "https://help.lighthouse.example"

    case = open_case(severity=Severity.ONE)
    to_customer, to_staff = letter(case, Template.RECEIVED), letter(case, Template.SEVERITY_1_RECEIVED)

    assert "call +00 1 and name the case number" in to_customer
    assert f"https://help.lighthouse.example/cases/{case.number}/" in to_customer
    assert "You get this as a member of Lighthouse Support." in to_staff


def test_a_reply_tells_by_when_the_engineer_writes_again(case_in, engineer, letter):
    case = case_in(Status.IN_PROGRESS)
    operations.reply(case, "I look into it.", by=engineer, at=NOON + HOUR, next_update_at=NOON + 5 * HOUR)

    assert "We write again by Wed 4 Mar 2026, 17:00 GMT." in letter(case, Template.REPLY, NOON + 2 * HOUR)


def test_a_summary_tells_a_promised_update_by_its_moment(case_in, engineer, technical_contact, letter):
    case = case_in(Status.IN_PROGRESS)
    operations.reply(case, "I look into it.", by=engineer, at=NOON + HOUR, next_update_at=NOON + 5 * HOUR)
    operations.propose_closure(case, problem="A cable.", resolution="Plugged in.", by=engineer, at=NOON + 2 * HOUR)
    operations.confirm_closure(case, by=technical_contact, at=NOON + 3 * HOUR)

    text = letter(case, Template.CLOSURE_SUMMARY, NOON + 3 * HOUR)

    assert "Next update: promised by Wed 4 Mar 2026, 17:00 GMT, answered in 1 h." in text


def test_a_late_update_is_told_to_its_engineer(case_in, engineer, letter):
    case = case_in(Status.IN_PROGRESS)
    operations.reply(case, "I look into it.", by=engineer, at=NOON + HOUR, next_update_at=NOON + 5 * HOUR)
    sweep_due(NOON + 6 * HOUR)

    text = letter(case, Template.MILESTONE_BREACH, NOON + 6 * HOUR)

    assert "The next update is late" in text
    assert "It was due by Wed 4 Mar 2026, 17:00 GMT" in text


# With the sun


@pytest.fixture
def handed_over(case_in, second_engineer) -> Case:
    """A Severity 1 that passed from `engineer` to `second_engineer` at one o'clock."""
    case = case_in(Status.IN_PROGRESS, severity=Severity.ONE)
    return operations.hand_over(case, second_engineer, at=NOON + HOUR, change=NOON + HOUR, why=["On shift."])


@pytest.mark.clause("C-RAS-02")
def test_a_handover_names_the_next_person_and_how_to_reach_it(handed_over, letter):
    text = letter(handed_over, Template.HANDED_OVER, NOON + 2 * HOUR)

    assert "From now on please contact Owen Price, support engineer in Cambridge." in text
    assert "Lena Vogt goes off duty, and the work goes on." in text
    assert "On shift." not in text


@pytest.mark.clause("C-RAS-02", "C-CHN-01")
def test_one_mail_names_one_number_wherever_the_next_engineer_works(handed_over, second_engineer, letter):
    """That of the customer's region, which the case page shows too: the next engineer is in Denver."""
    second_engineer.staff.center = SupportCenter.objects.create(
        code="denver", name="Denver", region_id="americas", zone="America/Denver", telephone="+1 303 555 010"
    )
    second_engineer.staff.save()

    text = letter(handed_over, Template.HANDED_OVER, NOON + 2 * HOUR)

    assert "support engineer in Denver" in text
    assert re.findall(r"[Cc]all (\+[\d ]+\d)", text) == ["+44 1223 555 000"] * 2


@pytest.mark.clause("C-FTS-01")
def test_who_gets_a_case_with_the_sun_reads_why_and_by_when_to_accept(handed_over, letter):
    text = letter(handed_over, Template.HANDED_TO_YOU, NOON + 2 * HOUR)

    assert "On shift." in text
    assert "After 10 minutes the manager on call is told." in text
    assert f"{handed_over.get_absolute_url()}handover/" in text


@pytest.mark.clause("C-FTS-01")
def test_the_manager_on_call_reads_who_does_not_accept(handed_over, emea_shift, support_manager, letter):
    sweep_due(NOON + HOUR + 10 * MINUTE)

    text = letter(handed_over, Template.HANDOVER_UNACCEPTED, NOON + 2 * HOUR)

    assert "Owen Price got this case with the sun and has not accepted it in 10 minutes." in text


@pytest.mark.clause("C-COV-01")
def test_the_alarm_says_with_whom_the_case_stays(case_in, support_manager, letter):
    case = case_in(Status.IN_PROGRESS, severity=Severity.ONE)
    operations.keep_handover(case, at=NOON + HOUR, change=NOON + HOUR)

    assert "It stays with Lena Vogt, who is off duty." in letter(case, Template.HANDOVER_KEPT, NOON + 2 * HOUR)


@pytest.mark.clause("C-FTS-01")
def test_an_exception_tells_the_customer_what_it_asks_of_it_and_when_it_is_over(case_in, support_manager, letter):
    case = case_in(Status.IN_PROGRESS, severity=Severity.TWO)
    operations.put_on_sun(case, by=support_manager, at=NOON + HOUR, reason="Their fair opens.")
    operations.take_off_sun(case, by=support_manager, at=NOON + 2 * HOUR, reason="The fair is over.")

    begun, over = (letter(case, one, NOON + 3 * HOUR) for one in (Template.PUT_ON_SUN, Template.TAKEN_OFF_SUN))

    assert "Please keep somebody reachable for us, at night too" in begun
    assert "We work on it in the hours of severity 2." in over
    assert "fair" not in begun + over
