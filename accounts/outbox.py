"""Mail that must not be lost: rows that promise it, and the one loop that sends them.

A row is written in the transaction of what it tells about, and sent after it. Any number of workers may send at once:
each claims a few rows of its own in a short transaction, and nothing is locked while the mail server is talked to.
Delivery is at least once: a worker that dies after the server took a mail and before the row says so leaves it to be
sent again when its lease ends, under the same Message-ID.

A mail server that cannot be reached delays mail for as long as that lasts and loses none. Only refusals of one mail
itself are counted, and end it.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPResponseException
from time import monotonic
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, InterfaceError, models, transaction
from django.db.models import F, Q

from accounts.backoff import pause
from accounts.enums import MailState, Priority

logger = logging.getLogger(__name__)

# Few at a time, so that a killed worker holds up little, and not for long.
BATCH = 8
LEASE = timedelta(minutes=2)
# Of its lease a worker uses half: one last mail may take the time limits of a whole conversation.
TURN = LEASE / 2

# While the server cannot be reached, each mail is tried again after ten seconds, then ever later, up to five minutes.
FIRST_OUTAGE_PAUSE, LONGEST_OUTAGE_PAUSE = timedelta(seconds=10), timedelta(minutes=5)
# A refused mail is tried again after a minute, then ever later, up to six hours; after about three days it is given up.
FIRST_REFUSAL_PAUSE, LONGEST_REFUSAL_PAUSE = timedelta(minutes=1), timedelta(hours=6)
REFUSALS = 20


class NotToBeSent(Exception):
    """Says why a mail is dropped instead of being sent."""


Mail = TypeVar("Mail", bound="Outgoing")


class OutgoingQuerySet(models.QuerySet[Mail]):
    def due(self, at: datetime) -> Self:
        """Mails whose next try has come by `at` (aware) and which no worker holds."""
        return self.filter(state=MailState.PENDING, next_try_at__lte=at)

    def claim(self, at: datetime, limit: int) -> list[Mail]:
        """Take up to `limit` due mails for this worker alone until the lease ends, the urgent ones first."""
        with transaction.atomic():
            mine: list[int] = []
            for priority in Priority:  # one at a time: each is then read in the order of the index, however many wait
                waiting = self.due(at).filter(priority=priority).order_by("next_try_at", "pk")
                free = waiting.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
                mine += free[: limit - len(mine)]
            self.filter(pk__in=mine).update(attempts=F("attempts") + 1, next_try_at=at + LEASE)
            claimed = self.in_bulk(mine)
        return [claimed[pk] for pk in mine]


class Outgoing(models.Model):
    """A promised mail.

    While it is pending, `next_try_at` is when it is tried next; a worker that tries now moves it to the end of its
    lease. `attempts` counts the claims, so that a worker that wakes after its lease knows that the row is no longer its
    own. What `FORGOTTEN` names is emptied when nothing is left to be tried.
    """

    FORGOTTEN: ClassVar[tuple[str, ...]] = ()

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    priority = models.PositiveSmallIntegerField(default=Priority.NORMAL.value)
    state = models.CharField(max_length=10, choices=MailState.choices(), default=MailState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0, help_text="How often this mail itself was not taken.")
    next_try_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=255, blank=True, help_text="The same for every try.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(state=MailState.PENDING, next_try_at__isnull=False)
                | ~Q(state=MailState.PENDING) & Q(next_try_at=None),
                name="%(class)s_pending_has_a_next_try",
            )
        ]
        indexes = [
            models.Index(
                fields=["priority", "next_try_at", "id"], condition=Q(state=MailState.PENDING), name="%(class)s_to_send"
            )
        ]

    def settle(self, state: MailState, **changes: object) -> bool:
        """Nothing is left to be tried; whether the row was still this worker's."""
        return self.note(state=state, next_try_at=None, **changes, **dict.fromkeys(self.FORGOTTEN, ""))

    def note(self, **changes: object) -> bool:
        """Write how a try went, unless the lease ended and another worker has claimed the row since; whether it did."""
        rows = type(self)._default_manager.filter(pk=self.pk, state=MailState.PENDING, attempts=self.attempts)
        return bool(rows.update(**changes))


def message_id(key: uuid.UUID) -> str:
    """The Message-ID of the mail with this key."""
    return f"<{key}@{settings.MAIL_DOMAIN}>"


class Turn:
    """The time that a worker has for mails it claims from now on; several kinds of mail share one."""

    def __init__(self) -> None:
        self.began = monotonic()

    @property
    def is_over(self) -> bool:
        return monotonic() - self.began > TURN.total_seconds()


def send_due(
    mails: OutgoingQuerySet[Mail],
    compose: Callable[[Mail], EmailMessage],
    at: datetime,
    limit: int = BATCH,
    turn: Turn | None = None,
) -> int:
    """Try up to `limit` of the mails that are due at `at` (aware); return how many the mail server took.

    `compose` writes a mail with the rights and words of this moment, or raises NotToBeSent. A `turn` began at `at`.
    """
    if turn is None:
        turn = Turn()
    elif turn.is_over:
        return 0
    connection = get_connection()
    batch, sent = mails.claim(at, limit), 0
    try:
        for position, mail in enumerate(batch):
            if position and turn.is_over:
                _give_back(batch[position:], at)
                break
            message = _write(mail, compose, at)
            if message is None:
                continue
            if not _is_open(connection):
                _wait_for_the_server(batch[position:], at)
                break
            sent += _send(mail, message, connection, at)
    finally:
        connection.close()
    return sent


def _write(mail: Mail, compose: Callable[[Mail], EmailMessage], at: datetime) -> EmailMessage | None:
    """The mail; None when it must not, or cannot, be sent now."""
    try:
        return compose(mail)
    except NotToBeSent as reason:
        mail.settle(MailState.DROPPED, last_error=str(reason))
    except (DatabaseError, InterfaceError):
        raise
    except Exception:  # one mail that cannot be written must not hold up the others
        logger.exception("Mail %s cannot be written.", mail.key)
        _refused(mail, "The mail could not be written.", at)
    return None


def _is_open(connection: BaseEmailBackend) -> bool:
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        logger.warning("The mail server cannot be reached: %s.", type(error).__name__)
        return False
    return True


def _send(mail: Outgoing, message: EmailMessage, connection: BaseEmailBackend, at: datetime) -> bool:
    try:
        connection.send_messages([message])
    except Exception as error:  # also what no mail server answers: one mail must not hold up the others
        if not isinstance(error, (OSError, SMTPException)):
            logger.exception("Mail %s cannot be sent.", mail.key)
        connection.close()  # whatever state the conversation is in, the next mail begins a new one
        _refused(mail, _in_words(error), at)
        return False
    mail.settle(MailState.SENT, sent_at=at, last_error="")
    return True


def _in_words(error: Exception) -> str:
    """What went wrong, without the server's own words: they may hold addresses or secrets."""
    if isinstance(error, SMTPResponseException):
        return f"The mail server answered with code {error.smtp_code}."
    return f"The mail server did not take the mail ({type(error).__name__})."


def _refused(mail: Outgoing, reason: str, at: datetime) -> None:
    """Try this mail again later; after the last refusal, give it up."""
    refusals = mail.refusals + 1
    logger.warning("Mail %s, refusal %s of %s: %s", mail.key, refusals, REFUSALS, reason)
    if refusals >= REFUSALS:
        mail.settle(MailState.FAILED, refusals=refusals, last_error=reason)
    else:
        wait = pause(refusals, FIRST_REFUSAL_PAUSE, LONGEST_REFUSAL_PAUSE)
        mail.note(next_try_at=at + wait, refusals=refusals, last_error=reason)


def _wait_for_the_server(mails: Sequence[Outgoing], at: datetime) -> None:
    """It is no mail's fault, so none is counted as refused."""
    for mail in mails:
        wait = pause(mail.attempts, FIRST_OUTAGE_PAUSE, LONGEST_OUTAGE_PAUSE)
        mail.note(next_try_at=at + wait, last_error="The mail server cannot be reached.")


def _give_back(mails: Sequence[Outgoing], at: datetime) -> None:
    """Leave what a slow server did not get to take in this turn to whoever comes next."""
    for mail in mails:
        mail.note(next_try_at=at)
