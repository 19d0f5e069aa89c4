"""Telling people: writing the outbox, sending what is due, marking what was read."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.core.mail import EmailMessage

from accounts import outbox
from accounts.enums import Priority
from accounts.models import User
from accounts.outbox import NotToBeSent
from cases.models import Case, CaseEvent
from notifications import digests, mails
from notifications.enums import Template
from notifications.models import Digest, Notification
from notifications.recipients import Telling, instead_of_the_contact, tellings

# Writing


def tell(events: Sequence[CaseEvent]) -> int:
    """Write who is to be told of these facts; return how many rows it takes. Told twice of a fact, it writes it once.

    A fixed number of statements for any number of facts of any number of cases.
    """
    return _write(tellings(events))


def _write(found: Iterable[Telling]) -> int:
    rows = [
        Notification.about(one.event, one.recipient, one.template, channel, one.priority)
        for one in found
        for channel in one.template.channels
    ]
    if rows:
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


# Sending


def deliver_due(at: datetime, limit: int = outbox.BATCH) -> int:
    """Try up to `limit` of the mails that are due at `at` (aware); return how many the mail server took.

    What deadlines brought about goes in digests, one mail for a person; one that holds a single notice is its mail.
    Of both, the urgent ones go first.
    """
    digests.gather(at)
    turn, sent = outbox.Turn(), 0
    for priority in Priority:
        for send in (_send_single, _send_digests):
            if sent < limit:
                sent += send(priority, at, limit - sent, turn)
    return sent


def _send_digests(priority: Priority, at: datetime, limit: int, turn: outbox.Turn) -> int:
    def compose(digest: Digest) -> EmailMessage:
        recipient = User.objects.get(pk=digest.recipient_id)
        if reason := _reason_not_to_tell(recipient, for_staff=True):
            raise NotToBeSent(reason)
        few = digest.notices.with_matter().order_by("pk")[:2]
        if len(few) == 1:
            return mails.compose(few[0], recipient, at)
        return mails.compose_digest(digest, digests.letter(digest, recipient, at), recipient)

    return outbox.send_due(Digest.objects.filter(priority=priority), compose, at, limit, turn)


def _send_single(priority: Priority, at: datetime, limit: int, turn: outbox.Turn) -> int:
    def compose(notification: Notification) -> EmailMessage:
        recipient = User.objects.get(pk=notification.recipient_id)
        if reason := _reason_to_drop(notification, recipient):
            _tell_others(notification, at)
            raise NotToBeSent(reason)
        return mails.compose(notification, recipient, at)

    return outbox.send_due(Notification.objects.with_matter().filter(priority=priority), compose, at, limit, turn)


def _tell_others(notification: Notification, at: datetime) -> None:
    """What a customer was to know is told to colleagues of a contact that left since."""
    template = Template(notification.template)
    if not template.is_for_staff:
        _write(instead_of_the_contact(notification.event, template, at))


def _reason_to_drop(notification: Notification, recipient: User) -> str:
    """Rights are read again when sending: one that has ended meanwhile stops the mail (C-PAR-06)."""
    if reason := _reason_not_to_tell(recipient, for_staff=Template(notification.template).is_for_staff):
        return reason
    if not Case.objects.visible_to(recipient).filter(pk=notification.event.case_id).exists():
        return "The recipient no longer sees the case."
    return ""


def _reason_not_to_tell(recipient: User, *, for_staff: bool) -> str:
    if not recipient.is_active:
        return "The account is switched off."
    if for_staff and not recipient.staff_role:
        return "The recipient no longer works for support."
    return ""


# Reading


def mark_read(user: User, at: datetime, keys: Collection[UUID] | None = None) -> int:
    """Mark this person's notifications as read at `at` (aware), all or those named; return how many were unread."""
    unread = Notification.objects.filter(recipient=user).unread()
    if keys is not None:
        unread = unread.filter(key__in=keys)
    return unread.update(read_at=at)


def mark_case_read(user: User, case: Case, at: datetime) -> None:
    """Mark what this person was told of `case` as read at `at` (aware): who sees the case has seen its news."""
    Notification.objects.filter(recipient=user, event__case=case).unread().update(read_at=at)
