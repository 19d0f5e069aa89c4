"""Mails about accounts. A page only writes the letter; the worker sends it, so no page waits for a mail server."""

import uuid
from datetime import datetime, timedelta

from django.core.mail import EmailMessage

from accounts import outbox
from accounts.enums import MailState
from accounts.models import Letter

KEPT_FOR = timedelta(days=30)


def write(to: str, subject: str, body: str, *, at: datetime) -> Letter:
    """Promise a plain-text mail to `to`; it leaves once the present transaction has committed."""
    key = uuid.uuid4()
    return Letter.objects.create(
        key=key,
        message_id=outbox.message_id(key),
        to=to,
        subject=subject[:200],
        body=body,
        created_at=at,
        next_try_at=at,
    )


def send_due(at: datetime, limit: int = outbox.BATCH) -> int:
    """Try up to `limit` of the letters that are due at `at` (aware); return how many the mail server took."""
    return outbox.send_due(Letter.objects.all(), _mail, at, limit)


def forget_old(at: datetime) -> int:
    """Delete the letters that left, or were given up, thirty days before `at` (aware); return how many."""
    return Letter.objects.exclude(state=MailState.PENDING).filter(created_at__lt=at - KEPT_FOR).delete()[0]


def _mail(letter: Letter) -> EmailMessage:
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    return EmailMessage(letter.subject, letter.body, to=[letter.to], headers=headers)
