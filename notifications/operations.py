"""Telling people: writing the outbox, sending what is due, marking what was read."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPResponseException
from uuid import UUID

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts.models import User
from cases.models import Case, CaseEvent
from notifications import mails
from notifications.enums import Channel, State, Template
from notifications.models import Notification
from notifications.recipients import tellings

logger = logging.getLogger(__name__)

# A batch must be through within its lease even when the mail server uses up its time limit for every mail.
BATCH = 50
LEASE = timedelta(minutes=15)
# How long to wait after each failed try; after the last, about a day in all, the mail is given up.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))


# Writing


def tell(events: Sequence[CaseEvent]) -> int:
    """Write who is to be told of these facts; return how many rows it takes. Told twice of a fact, it writes it once.

    A fixed number of statements for any number of facts of any number of cases.
    """
    rows = [
        Notification.about(one.event, one.recipient, one.template, channel)
        for one in tellings(events)
        for channel in Channel
    ]
    if rows:
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


# Sending


def deliver_due(at: datetime, limit: int = BATCH) -> int:
    """Send up to `limit` mails that are due at `at` (aware); return how many the mail server took.

    Any number of workers may call it at once: each claims rows of its own in a short transaction, and no row stays
    locked while the mail server is talked to. Delivery is at least once: a worker that dies after the server took a
    mail and before the row says so leaves it to be sent again when its lease ends, with the same Message-ID.
    """
    with transaction.atomic():
        batch = Notification.objects.claim(at, at + LEASE, limit)
    connection, sent = mail.get_connection(), 0
    try:
        for position, notification in enumerate(batch):
            message = _prepare(notification, at)
            if message is None:
                continue
            if not _is_open(connection):
                for unsent in batch[position:]:
                    _postpone(unsent, "The mail server cannot be reached.", at)
                break
            sent += _send(notification, message, connection, at)
    finally:
        connection.close()
    return sent


def _prepare(notification: Notification, at: datetime) -> EmailMultiAlternatives | None:
    """The mail, written with the rights and words of this moment; None when it must not, or cannot, be sent now."""
    recipient = User.objects.get(pk=notification.recipient_id)
    if reason := _reason_to_drop(notification, recipient):
        _settle(notification, state=State.DROPPED, last_error=reason)
        return None
    try:
        return mails.compose(notification, recipient, at)
    except Exception:  # one letter that cannot be written must not hold up the others
        logger.exception("Notification %s cannot be written.", notification.key)
        _postpone(notification, "The mail could not be written.", at)
        return None


def _reason_to_drop(notification: Notification, recipient: User) -> str:
    """Rights are read again when sending: one that has ended meanwhile stops the mail (C-PAR-06)."""
    if not recipient.is_active:
        return "The account is switched off."
    if Template(notification.template).is_for_staff and not recipient.staff_role:
        return "The recipient no longer works for support."
    if not Case.objects.visible_to(recipient).filter(pk=notification.event.case_id).exists():
        return "The recipient no longer sees the case."
    return ""


def _is_open(connection: BaseEmailBackend) -> bool:
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        logger.warning("The mail server cannot be reached: %s.", type(error).__name__)
        return False
    return True


def _send(
    notification: Notification, message: EmailMultiAlternatives, connection: BaseEmailBackend, at: datetime
) -> bool:
    try:
        connection.send_messages([message])
    except (OSError, SMTPException) as error:
        connection.close()  # whatever state the conversation is in, the next mail begins a new one
        _postpone(notification, _in_words(error), at)
        return False
    _settle(notification, state=State.SENT, sent_at=at, last_error="")
    return True


def _in_words(error: Exception) -> str:
    """What went wrong, without the server's own words: they may hold addresses or secrets."""
    if isinstance(error, SMTPResponseException):
        return f"The mail server answered with code {error.smtp_code}."
    return f"The mail server did not take the mail ({type(error).__name__})."


def _postpone(notification: Notification, reason: str, at: datetime) -> None:
    """Try again later; after the last wait, give up."""
    logger.warning("Notification %s, try %s: %s", notification.key, notification.attempts, reason)
    if notification.attempts > len(WAITS):
        _settle(notification, state=State.FAILED, last_error=reason)
    else:
        _change(notification, next_try_at=at + WAITS[notification.attempts - 1], last_error=reason)


def _settle(notification: Notification, **changes: object) -> None:
    _change(notification, next_try_at=None, **changes)


def _change(notification: Notification, **changes: object) -> None:
    """Write how a try went, unless the lease ended and another worker has claimed the row since."""
    held = Notification.objects.filter(pk=notification.pk, state=State.PENDING, attempts=notification.attempts)
    held.update(**changes)


def settle_before(at: datetime) -> int:
    """Let what happened before `at` (aware) count as sent and read; return how many mails are not sent for it.

    For history that is brought in from elsewhere: it must not reach anybody as news.
    """
    past = Notification.objects.filter(created_at__lt=at)
    past.unread().update(read_at=at)
    return past.filter(state=State.PENDING).update(
        state=State.DROPPED, next_try_at=None, last_error="It happened before this portal sent mail."
    )


# Reading


def mark_read(user: User, at: datetime, keys: Collection[UUID] | None = None) -> int:
    """Mark this person's notifications as read at `at` (aware), all or those named; return how many were unread."""
    unread = Notification.objects.filter(recipient=user).unread()
    if keys is not None:
        unread = unread.filter(key__in=keys)
    return unread.update(read_at=at)
