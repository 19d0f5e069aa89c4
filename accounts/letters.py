"""Mails about accounts. A page only writes the letter; the worker sends it, so no page waits for a mail server."""

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts.models import Letter

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)
KEPT_FOR = timedelta(days=30)


def write(to: str, subject: str, body: str, *, at: datetime) -> Letter:
    """Promise a plain-text mail to `to`; it leaves once the present transaction has committed."""
    return Letter.objects.create(to=to, subject=subject[:200], body=body, created_at=at, next_try_at=at)


def send_due(at: datetime, limit: int = 50) -> int:
    """Send the letters due by `at` (aware); return how many went out. Several senders may run at once.

    A letter leaves at least once, always under the same Message-ID; after three days it is given up.
    """
    sent = 0
    connection = get_connection()
    while sent < limit and (outcome := _send_next(connection, at)) is not None:
        sent += outcome
    return sent


def forget_old(at: datetime) -> int:
    """Delete the letters that left, or were given up, thirty days before `at` (aware); return how many."""
    return Letter.objects.filter(next_try_at=None, created_at__lt=at - KEPT_FOR).delete()[0]


def _send_next(connection: BaseEmailBackend, at: datetime) -> bool | None:
    """Send the next letter; whether it went out, or None when no letter is due."""
    with transaction.atomic():
        letter = Letter.objects.due(at).select_for_update(skip_locked=True).order_by("next_try_at", "pk").first()
        if letter is None:
            return None
        letter.attempts += 1
        try:
            connection.send_messages([_mail(letter)])
        except OSError:  # of the network, or what the mail server answered
            logger.warning("Letter %s could not be sent (attempt %s).", letter.key, letter.attempts, exc_info=True)
            _postpone(letter, at)
        else:
            letter.sent_at, letter.next_try_at, letter.body = at, None, ""
        letter.save(update_fields=["attempts", "sent_at", "next_try_at", "body"])
        return letter.sent_at is not None


def _postpone(letter: Letter, at: datetime) -> None:
    if at - letter.created_at >= GIVEN_UP_AFTER:
        letter.next_try_at, letter.body = None, ""
    else:
        letter.next_try_at = at + min(FIRST_PAUSE * 2 ** (letter.attempts - 1), LONGEST_PAUSE)


def _mail(letter: Letter) -> EmailMessage:
    host = urlsplit(settings.PORTAL_URL).hostname
    headers = {"Message-ID": f"<{letter.key}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(letter.subject, letter.body, to=[letter.to], headers=headers)
