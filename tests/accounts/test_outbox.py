"""Promised mail: sent at least once, delayed by whatever ails the mail server, lost by nothing."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection

from accounts import letters, outbox
from accounts.enums import MailState, Priority
from accounts.models import Letter
from accounts.outbox import BATCH, LEASE, REFUSALS
from tests.cast import DAY, HOUR, MINUTE, NOON

SECOND = timedelta(seconds=1)


def write(name: str = "isla", at=NOON) -> Letter:
    return letters.write(f"{name}@example.com", "Hello", "A link that opens an account", at=at)


def fresh(letter: Letter) -> Letter:
    return Letter.objects.get(pk=letter.pk)


def test_a_letter_is_sent_once_and_then_forgets_its_text(db, settings):
    letter = write()

    assert [letters.send_due(NOON), letters.send_due(NOON + DAY)] == [1, 0]

    sent = fresh(letter)
    assert (sent.state, sent.sent_at, sent.next_try_at, sent.body) == (MailState.SENT, NOON, None, "")
    assert [(m.subject, m.body, m.to) for m in mail.outbox] == [
        ("Hello", "A link that opens an account", ["isla@example.com"])
    ]
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{letter.key}@{settings.MAIL_DOMAIN}>"


# The mail server cannot be reached


def test_a_mail_server_that_is_down_for_days_loses_nothing(db, mail_server, settings):
    letter, other = write(), write("rory")
    mail_server.stop()

    tries = [letters.send_due(NOON + hours * HOUR) for hours in range(0, 5 * 24, 3)]

    assert sum(tries) == 0
    assert len(tries) > REFUSALS
    waiting = fresh(letter)
    assert (waiting.state, waiting.attempts, waiting.refusals) == (MailState.PENDING, len(tries), 0)
    assert waiting.last_error == "The mail server cannot be reached."
    settings.EMAIL_PORT = mail_server.start()
    assert letters.send_due(waiting.next_try_at) == 2
    assert sorted(m["Message-ID"] for m in mail_server.taken) == sorted([letter.message_id, other.message_id])


def test_while_it_is_down_a_mail_is_tried_ever_more_rarely_and_soon_after_it_is_back(db, mail_server):
    letter, at, waits = write(), NOON, []
    mail_server.stop()

    for _ in range(8):
        letters.send_due(at)
        waits.append((fresh(letter).next_try_at - at) // SECOND)
        at = fresh(letter).next_try_at

    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


def test_one_try_tells_that_it_is_down_for_the_whole_batch(db, mail_server, caplog):
    for number in range(BATCH):
        write(f"reader{number}")
    mail_server.stop()

    letters.send_due(NOON)

    assert caplog.text.count("The mail server cannot be reached") == 1
    assert set(Letter.objects.values_list("next_try_at", flat=True)) == {NOON + 10 * SECOND}


# The mail server does not take a mail


def test_a_mail_that_is_refused_for_three_days_is_given_up_and_forgets_its_text(db, mail_server):
    letter, at, tries = write(), NOON, 0
    mail_server.refusal = "451 try later, secret-token-9"

    while fresh(letter).state == MailState.PENDING:
        at = fresh(letter).next_try_at
        letters.send_due(at)
        tries += 1

    given_up = fresh(letter)
    assert (given_up.state, given_up.next_try_at, given_up.body) == (MailState.FAILED, None, "")
    assert given_up.last_error == "The mail server answered with code 451."
    assert tries == REFUSALS
    assert 2 * DAY < at - NOON < 4 * DAY


def test_a_refused_mail_does_not_hold_up_the_next(db, mail_server):
    refused, taken = write("gone"), write()
    mail_server.unknown = {refused.to}

    assert letters.send_due(NOON) == 1

    assert fresh(taken).state == MailState.SENT
    waiting = fresh(refused)
    assert (waiting.state, waiting.refusals, waiting.next_try_at) == (MailState.PENDING, 1, NOON + MINUTE)
    assert waiting.last_error == "The mail server did not take the mail (SMTPRecipientsRefused)."


def test_a_mail_that_cannot_be_sent_at_all_does_not_block_the_queue(db, mail_server, caplog):
    broken, sound = write(), write("rory", at=NOON + SECOND)
    Letter.objects.filter(pk=broken.pk).update(to="isla@example.com\nBcc: victim@example.org")

    assert letters.send_due(NOON + MINUTE) == 1

    assert fresh(sound).state == MailState.SENT
    assert (fresh(broken).state, fresh(broken).refusals) == (MailState.PENDING, 1)
    assert "ValueError: Invalid address" in caplog.text


def test_a_limit_bounds_the_tries_and_not_only_the_successes(db, mail_server):
    for number in range(5):
        write(f"reader{number}")
    mail_server.refusal = "451 try later"

    letters.send_due(NOON, limit=2)

    assert Letter.objects.filter(refusals=1).count() == 2


@pytest.mark.parametrize("attempts", [41, 500, 40_000])
def test_however_often_a_mail_was_tried_it_waits_and_blocks_nothing(db, mail_server, settings, attempts):
    letter = write()
    Letter.objects.update(attempts=attempts)
    mail_server.stop()

    letters.send_due(NOON)

    assert fresh(letter).next_try_at == NOON + 5 * MINUTE


# The mail server is slow


def test_what_a_slow_server_has_no_time_for_is_left_to_whoever_comes_next(db, mail_server, monkeypatch):
    for number in range(4):
        write(f"reader{number}")
    monkeypatch.setattr(outbox, "TURN", timedelta(0))

    assert [letters.send_due(NOON) for _ in range(5)] == [1, 1, 1, 1, 0]


# Workers


def test_urgent_mail_goes_first(db, mail_server):
    write("normal")
    urgent = write("urgent", at=NOON + SECOND)
    Letter.objects.filter(pk=urgent.pk).update(priority=Priority.URGENT)

    letters.send_due(NOON + MINUTE, limit=1)

    assert [m["To"] for m in mail_server.taken] == [urgent.to]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(mail_server):
    for number in range(30):
        write(f"reader{number}")
    ready, sent = threading.Barrier(2), []

    def work() -> None:
        ready.wait()
        while done := letters.send_due(NOON, limit=3):
            sent.append(done)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    ids = [m["Message-ID"] for m in mail_server.taken]
    assert sum(sent) == len(ids) == len(set(ids)) == 30


@pytest.mark.django_db(transaction=True)
def test_no_row_is_locked_while_the_mail_server_is_talked_to(mail_server, monkeypatch):
    letter = write()
    send_messages, seen = EmailBackend.send_messages, []

    def look_first(self, messages):
        seen.append(connection.in_atomic_block)
        return send_messages(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", look_first)

    letters.send_due(NOON)

    assert (seen, fresh(letter).state) == ([False], MailState.SENT)


def test_a_mail_whose_worker_died_is_sent_again_under_the_same_id(db, mail_server):
    letter = write()
    Letter.objects.all().claim(NOON, 10)  # and then the power fails

    assert letters.send_due(NOON + LEASE - SECOND) == 0
    assert letters.send_due(NOON + LEASE) == 1

    assert [m["Message-ID"] for m in mail_server.taken] == [letter.message_id]


def test_a_killed_worker_holds_up_few_mails_and_for_two_minutes(db):
    for number in range(BATCH + 1):
        write(f"reader{number}")

    Letter.objects.all().claim(NOON, BATCH)

    assert Letter.objects.all().due(NOON).count() == 1
    assert BATCH <= 10
    assert Letter.objects.all().due(NOON + 2 * MINUTE).count() == BATCH + 1


def test_a_worker_that_wakes_after_its_lease_changes_nothing(db, mail_server):
    letter = write()
    (slow,) = Letter.objects.all().claim(NOON, 10)
    letters.send_due(NOON + LEASE)

    slow.note(next_try_at=NOON + HOUR, last_error="too late")

    assert (fresh(letter).state, fresh(letter).last_error) == (MailState.SENT, "")


def test_the_next_mail_is_found_by_index_however_many_wait(db):
    Letter.objects.bulk_create(
        Letter(to="isla@example.com", created_at=NOON, next_try_at=NOON + DAY) for _ in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_letter")

    due = Letter.objects.all().due(NOON).filter(priority=Priority.NORMAL).order_by("next_try_at", "pk")[:BATCH]

    assert "letter_to_send" in due.explain()
    assert "Sort" not in due.explain()
