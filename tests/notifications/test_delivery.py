"""Mail leaves the outbox: through a real mail server, at least once, with rights read again."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.models import Contact, User
from cases import operations as cases
from cases.enums import Channel as CaseChannel
from cases.enums import ReassignmentReason, Severity, Status
from cases.models import Case
from notifications import folder, operations, tasks
from notifications.enums import Channel, State, Template
from notifications.models import Notification
from notifications.operations import LEASE, WAITS, deliver_due
from supportportal.celery import app as celery
from tests.cast import DAY, HOUR, MINUTE, NOON, fresh

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
    assert mail_to(technical_contact).state == State.SENT


def test_all_mails_of_a_case_are_one_conversation(case_in, technical_contact, engineer, mail_server):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    other = case_in(Status.RECEIVED)

    deliver_due(LATER)

    mails = mail_server.to(technical_contact)
    root = f"<case-{case.number}@portal.example>"
    threads = [(mail["In-Reply-To"], mail["References"]) for mail in mails]
    assert threads == [(root, root)] * 3 + [(f"<case-{other.number}@portal.example>",) * 2]
    assert len({mail["Message-ID"] for mail in mails}) == 4
    assert len({mail["Subject"] for mail in mails[:3]}) == 1


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


# The mail server is down


def test_a_dead_mail_server_delays_mail_and_loses_none(open_case, technical_contact, mail_server, settings):
    open_case()
    mail_server.stop()

    assert deliver_due(LATER) == 0

    waiting = mail_to(technical_contact)
    assert (waiting.state, waiting.attempts, waiting.next_try_at) == (State.PENDING, 1, LATER + MINUTE)
    assert waiting.last_error == "The mail server cannot be reached."

    settings.EMAIL_PORT = mail_server.start()
    assert deliver_due(LATER + MINUTE - timedelta(seconds=1)) == 0
    assert deliver_due(LATER + MINUTE) == 1
    assert deliver_due(LATER + DAY) == 0
    assert len(mail_server.taken) == 1


def test_a_mail_that_is_refused_for_a_day_is_given_up(open_case, technical_contact, mail_server):
    open_case()
    mail_server.refusal = "451 try later, secret-token-9"
    at, tries = LATER, 0

    while mail_to(technical_contact).state == State.PENDING:
        at = mail_to(technical_contact).next_try_at
        deliver_due(at)
        tries += 1

    given_up = mail_to(technical_contact)
    assert given_up.state == State.FAILED
    assert tries == len(WAITS) + 1
    assert 22 * HOUR < at - NOON < 25 * HOUR
    assert given_up.last_error == "The mail server answered with code 451."


def test_a_refused_mail_does_not_hold_up_the_next(case_in, technical_contact, third_party, mail_server, tokyo):
    refused = case_in(Status.RECEIVED)
    case_in(Status.RECEIVED, organization=tokyo, by=third_party)
    mail_server.unknown = {technical_contact.email}

    assert deliver_due(LATER) == 1

    mail = Notification.objects.get(event__case=refused, channel=Channel.EMAIL)
    assert (mail.state, mail.last_error) == (
        State.PENDING,
        "The mail server did not take the mail (SMTPRecipientsRefused).",
    )
    assert len(mail_server.to(third_party)) == 1


def test_a_letter_that_cannot_be_written_waits_and_does_not_hold_up_the_next(
    case_in, third_party, tokyo, mail_server, caplog
):
    broken = case_in(Status.RECEIVED)
    mail = Notification.objects.get(event__case=broken, channel=Channel.EMAIL)
    Notification.objects.filter(pk=mail.pk).update(template=Template.SEVERITY_REDUCED)
    case_in(Status.RECEIVED, organization=tokyo, by=third_party)

    assert deliver_due(LATER) == 1

    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (State.PENDING, "The mail could not be written.")
    assert "KeyError" in caplog.text


# Rights


@pytest.mark.clause("C-PAR-06")
def test_who_no_longer_acts_for_the_customer_gets_no_mail(open_case, third_party, mail_server):
    open_case(by=third_party)
    Contact.objects.filter(user=third_party).update(ends_at=NOON + MINUTE)

    assert deliver_due(LATER) == 0

    dropped = mail_to(third_party)
    assert (dropped.state, dropped.last_error) == (State.DROPPED, "The recipient no longer sees the case.")
    assert mail_server.taken == []


def test_a_switched_off_account_gets_no_mail(open_case, technical_contact, mail_server):
    open_case()
    User.objects.filter(pk=technical_contact.pk).update(is_active=False)

    deliver_due(LATER)

    assert mail_to(technical_contact).state == State.DROPPED
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
    assert (dropped.state, dropped.last_error) == (State.DROPPED, "The recipient no longer works for support.")


CANARY = "canary-4417"


@pytest.mark.clause("C-STF-05")
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


# Workers


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(case_in, technical_contact, mail_server):
    for _ in range(10):
        case_in(Status.WAITING_FOR_CUSTOMER)
    ready, sent = threading.Barrier(2), []

    def work() -> None:
        ready.wait()
        while done := deliver_due(LATER, limit=3):
            sent.append(done)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    ids = [mail["Message-ID"] for mail in mail_server.taken]
    assert sum(sent) == len(ids) == len(set(ids)) == 30


def test_a_mail_whose_worker_died_is_sent_again_under_the_same_id(open_case, technical_contact, mail_server):
    open_case()
    with transaction.atomic():
        (claimed,) = Notification.objects.claim(LATER, LATER + LEASE, 10)  # and then the power fails

    assert deliver_due(LATER + MINUTE) == 0
    assert deliver_due(LATER + LEASE) == 1

    assert [mail["Message-ID"] for mail in mail_server.taken] == [claimed.message_id]
    assert mail_to(technical_contact).attempts == 2


def test_a_worker_that_wakes_after_its_lease_changes_nothing(open_case, technical_contact, mail_server):
    open_case()
    with transaction.atomic():
        (slow,) = Notification.objects.claim(LATER, LATER + LEASE, 10)
    deliver_due(LATER + LEASE)

    operations._postpone(slow, "too late", LATER + LEASE)

    assert mail_to(technical_contact).state == State.SENT


# Hints


@pytest.mark.django_db(transaction=True)
def test_a_verb_wakes_a_worker_once(open_case):
    celery.control.purge()

    with transaction.atomic():
        open_case()
        open_case()

    assert celery.control.purge() == 1


@pytest.mark.django_db(transaction=True)
def test_without_redis_a_verb_works_and_the_tick_delivers(
    open_case, technical_contact, mail_server, settings, monkeypatch, caplog, tmp_path
):
    monkeypatch.setattr(celery.conf, "broker_write_url", f"redis+socket://{tmp_path}/gone.sock")

    open_case()

    assert "The broker cannot be reached" in caplog.text
    assert tasks.deliver() == 1
    assert len(mail_server.to(technical_contact)) == 1


def test_the_tick_goes_on_until_nothing_is_due(case_in, mail_server, monkeypatch):
    for _ in range(20):
        case_in(Status.WAITING_FOR_CUSTOMER)

    assert tasks.deliver() == 60


# History


def test_history_that_is_brought_in_tells_nobody(case_in, technical_contact, mail_server):
    case_in(Status.CLOSED)

    operations.settle_before(NOON + DAY)

    assert deliver_due(NOON + DAY) == 0
    assert mail_server.taken == []
    assert not Notification.objects.unread().exists()


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
