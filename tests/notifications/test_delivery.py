"""Mail leaves the outbox: through a real mail server, at least once, with rights read again."""

import pytest
from django.db import transaction

from accounts.enums import ContactRole, MailState
from accounts.models import Contact, User
from accounts.outbox import BATCH
from cases import operations as cases
from cases.enums import Channel as CaseChannel
from cases.enums import ReassignmentReason, Severity, Status
from cases.models import Case
from notifications import folder, tasks
from notifications.enums import Channel, Template
from notifications.models import Notification
from notifications.operations import deliver_due
from supportportal.celery import app as celery
from tests.cast import DAY, HOUR, MINUTE, NOON, fresh, make_contact

LATER = NOON + HOUR


def mail_to(user: User) -> Notification:
    return Notification.objects.get(recipient=user, channel=Channel.EMAIL)


# What is sent


def test_a_mail_has_both_parts_and_says_that_a_machine_sent_it(open_case, technical_contact, mail_server):
    case = open_case()

    assert deliver_due(LATER) == 1

    (mail,) = mail_server.taken
    assert mail["To"] == technical_contact.email
    assert mail["Subject"] == f"[{case.number}] Virtual machines pause during backup"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail_to(technical_contact).state == MailState.SENT


def test_all_mails_of_a_case_are_one_conversation(case_in, technical_contact, engineer, mail_server):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    other = case_in(Status.RECEIVED)

    deliver_due(LATER)

    mails = mail_server.to(technical_contact)
    root = f"<case-{case.number}@portal.example>"
    threads = [(mail["In-Reply-To"], mail["References"]) for mail in mails]
    assert sorted(threads) == sorted([(root, root)] * 3 + [(f"<case-{other.number}@portal.example>",) * 2])
    assert len({mail["Message-ID"] for mail in mails}) == 4
    assert len({mail["Subject"] for mail in mails}) == 2


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x00"])
def test_no_subject_can_add_a_header(open_case, technical_contact, mail_server, breaker):
    # A form strips control characters; a number of other doors may not. PostgreSQL itself refuses NUL.
    case = open_case()
    case.subject = f"Help{breaker}Bcc: victim@example.org{breaker}{breaker}<script>"
    if breaker != "\x00":
        case.save(update_fields=["subject"])

    deliver_due(LATER)

    (mail,) = mail_server.taken
    assert mail["Bcc"] is None
    assert mail.get_all("Subject") == [mail["Subject"]]
    assert "\n" not in mail["Subject"]


def test_what_people_write_is_never_markup(open_case, mail_server):
    open_case(subject="<b>Help</b> & more", description="<img src=x onerror=alert(1)> [here](javascript:alert(1))")

    deliver_due(LATER)

    (mail,) = mail_server.taken
    page = mail.get_body(("html",)).get_content()
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "&lt;b&gt;Help&lt;/b&gt; &amp; more" in page
    assert "<b>Help</b> & more" in mail.get_body(("plain",)).get_content()


def test_a_letter_that_cannot_be_written_waits_and_does_not_hold_up_the_next(
    case_in, third_party, tokyo, mail_server, caplog
):
    broken = case_in(Status.RECEIVED)
    mail = Notification.objects.get(event__case=broken, channel=Channel.EMAIL)
    Notification.objects.filter(pk=mail.pk).update(template=Template.SEVERITY_REDUCED)
    case_in(Status.RECEIVED, organization=tokyo, by=third_party)

    assert deliver_due(LATER) == 1

    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (MailState.PENDING, "The mail could not be written.")
    assert "KeyError" in caplog.text


def test_mail_about_a_severity_1_goes_first(case_in, open_case, mail_server):
    for _ in range(3):
        case_in(Status.WAITING_FOR_CUSTOMER)
    urgent = open_case(severity=Severity.ONE, at=NOON + MINUTE)

    deliver_due(LATER, limit=1)

    assert [mail["Subject"] for mail in mail_server.taken] == [f"[{urgent.number}] {urgent.subject}"]


# Rights


@pytest.mark.clause("C-PAR-06")
def test_who_no_longer_acts_for_the_customer_gets_no_mail(open_case, third_party, mail_server):
    open_case(by=third_party)
    Contact.objects.filter(user=third_party).update(ends_at=NOON + MINUTE)

    assert deliver_due(LATER) == 0

    dropped = mail_to(third_party)
    assert (dropped.state, dropped.last_error) == (MailState.DROPPED, "The recipient no longer sees the case.")
    assert mail_server.taken == []


@pytest.mark.clause("C-CLS-01")
def test_what_a_contact_misses_by_leaving_is_told_to_colleagues_once(case_in, technical_contact, aberdeen, mail_server):
    case = case_in(Status.CLOSURE_PROPOSED)
    colleague = make_contact(aberdeen, "Ailsa Bain", ContactRole.TECHNICAL)
    Contact.objects.filter(user=technical_contact).update(ends_at=NOON + 30 * MINUTE)

    assert [deliver_due(LATER), deliver_due(LATER), deliver_due(LATER)] == [0, 3, 0]

    assert mail_server.to(technical_contact) == []
    told = Notification.objects.filter(event__case=case, recipient=colleague, template=Template.CLOSURE_QUESTION)
    assert sorted(told.values_list("channel", "state")) == [("email", "sent"), ("in_app", "sent")]
    assert len(mail_server.to(colleague)) == 3


def test_a_switched_off_account_gets_no_mail(open_case, technical_contact, mail_server):
    open_case()
    User.objects.filter(pk=technical_contact.pk).update(is_active=False)

    deliver_due(LATER)

    assert mail_to(technical_contact).state == MailState.DROPPED
    assert mail_server.taken == []


def test_a_letter_to_staff_never_reaches_somebody_who_left_support(
    case_in, engineer, second_engineer, aberdeen, mail_server
):
    case = case_in(Status.IN_PROGRESS)
    cases.assign(
        case, second_engineer, by=engineer, at=LATER, reason=ReassignmentReason.LOAD, note="The customer is difficult."
    )
    second_engineer.profile.delete()
    Contact.objects.create(user=second_engineer, organization=aberdeen, roles=["technical"])

    deliver_due(LATER)

    dropped = Notification.objects.get(recipient=second_engineer, channel=Channel.EMAIL)
    assert (dropped.state, dropped.last_error) == (MailState.DROPPED, "The recipient no longer works for support.")


CANARY = "canary-4417"


def test_nothing_internal_ever_reaches_a_customer(
    open_case, customer_service, engineer, second_engineer, support_manager, technical_contact, entitlement, mail_server
):
    entitlement.ends_on = NOON.date() - DAY
    entitlement.save()
    case = open_case(severity=Severity.TWO)
    case = cases.verify_entitlement(case, by=customer_service, at=NOON + MINUTE, override=f"{CANARY} override")
    case = cases.accept(case, by=engineer, at=NOON + 2 * MINUTE)
    case = cases.add_note(case, f"{CANARY} note", by=engineer, at=NOON + 3 * MINUTE)
    case = cases.log_call(case, by=engineer, at=NOON + 4 * MINUTE, reached=True, summary=f"{CANARY} call")
    case = cases.assign(
        case,
        second_engineer,
        by=engineer,
        at=NOON + 5 * MINUTE,
        reason=ReassignmentReason.SICK_LEAVE,
        note=f"{CANARY} handing over",
    )
    case = cases.reply(case, "Please send the log.", by=second_engineer, at=NOON + 6 * MINUTE, waiting=True)
    case = cases.record_contact_attempt(
        case, CaseChannel.PHONE, f"{CANARY} rude voicemail", by=second_engineer, at=NOON + 7 * MINUTE
    )
    case = cases.propose_severity(case, Severity.THREE, by=second_engineer, at=NOON + 8 * MINUTE, reason="One host.")
    case = cases.propose_closure(
        case, by=second_engineer, at=NOON + 9 * MINUTE, problem="The backup froze.", resolution="Updated."
    )
    cases.confirm_closure(case, by=technical_contact, at=NOON + 10 * MINUTE)

    deliver_due(LATER)

    sent = [part.get_content() for mail in mail_server.to(technical_contact) for part in mail.iter_parts()]
    assert len(sent) == 2 * 7
    assert not [text for text in sent if CANARY in text or "sick" in text]
    handed_over = mail_server.to(second_engineer)[0].get_body(("plain",)).get_content()
    assert f"{CANARY} handing over" in handed_over


# Hints


def take_hints() -> int:
    """Take every hint to send mail out of the broker; return how many there were."""
    with celery.connection_for_write() as broker:
        return broker.default_channel.queue_purge("mail") or 0


@pytest.mark.django_db(transaction=True)
def test_a_verb_wakes_a_worker_once(open_case):
    take_hints()

    with transaction.atomic():
        open_case()
        open_case()

    assert take_hints() == 1


@pytest.mark.django_db(transaction=True)
def test_without_redis_a_verb_works_and_the_tick_delivers(
    open_case, technical_contact, mail_server, settings, monkeypatch, caplog, tmp_path
):
    monkeypatch.setattr(celery.conf, "broker_write_url", f"redis+socket://{tmp_path}/gone.sock")

    open_case()

    assert "The broker cannot be reached" in caplog.text
    assert tasks.deliver() == 1
    assert len(mail_server.to(technical_contact)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_tick_sends_one_batch_and_asks_for_the_next(case_in, mail_server):
    for _ in range(4):
        case_in(Status.WAITING_FOR_CUSTOMER)
    take_hints()

    assert [tasks.deliver(), tasks.deliver()] == [BATCH, 12 - BATCH]

    assert take_hints() == 1


# The folder of a machine without a mail server


def test_a_mail_in_the_folder_can_be_read_again(open_case, technical_contact, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "notifications.folder.EmailBackend", str(tmp_path)
    case = open_case()

    deliver_due(LATER)

    kept = folder.read(mail_to(technical_contact).message_id)
    assert dict(kept.headers)["Subject"] == f"[{case.number}] Virtual machines pause during backup"
    assert kept.text.startswith("We have received your case\n")
    assert "<h1>We have received your case</h1>" in kept.html
    assert [path.suffix for path in tmp_path.iterdir()] == [".eml"]
    assert folder.read("<../../etc/passwd@portal.example>") is None


def test_a_case_read_again_for_its_letter_is_the_case_as_it_is(open_case, technical_contact, mail_server):
    case = open_case()
    Case.objects.filter(pk=case.pk).update(subject="Hosts pause")

    deliver_due(LATER)

    assert mail_server.taken[0]["Subject"] == f"[{case.number}] Hosts pause"
    assert fresh(technical_contact).is_active
