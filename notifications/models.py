"""The outbox: one row per fact, person, channel and template. The row is the promise to tell; mail only follows it.

What deadlines bring about comes in storms. Its mails wait a few seconds and then go out together: one digest for a
person, and none within a minute of the last.
"""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q

from accounts.enums import MailState, Priority
from accounts.models import User
from accounts.outbox import Outgoing, OutgoingQuerySet, message_id
from cases.models import Case, CaseEvent
from notifications.enums import FOR_CUSTOMERS, Channel, Template

# A mail about a deadline waits so long for others to the same person; one digest follows another after so long.
GATHERED_FOR = timedelta(seconds=3)
DIGESTS_APART = {Priority.URGENT: timedelta(seconds=10), Priority.NORMAL: timedelta(minutes=1)}


class Digest(Outgoing):
    """One mail to one person of what several deadlines brought about."""

    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = OutgoingQuerySet["Digest"].as_manager()

    class Meta(Outgoing.Meta):
        indexes = [*Outgoing.Meta.indexes, models.Index(fields=["created_at", "recipient"], name="digests_lately")]

    def __str__(self) -> str:
        return f"digest to {self.recipient}"

    @classmethod
    def to(cls, recipient: int, priority: Priority, at: datetime) -> Self:
        """A new row, to be sent at once; not saved."""
        key = uuid.uuid4()
        return cls(
            key=key,
            recipient_id=recipient,
            priority=priority,
            next_try_at=at,
            message_id=message_id(key),
            created_at=at,
        )

    def settle(self, state: MailState, **changes: object) -> bool:
        """What it holds has the same fate."""
        with transaction.atomic():
            is_ours = super().settle(state, **changes)
            if is_ours:
                self.notices.update(state=state, next_try_at=None, **changes)
        return is_ours


class NotificationQuerySet(OutgoingQuerySet["Notification"]):
    def visible_to(self, actor: User) -> Self:
        """Staff see every notification; customers their own about cases they still see, none that was for staff."""
        if actor.staff_role:
            return self
        own = self.filter(recipient=actor, template__in=FOR_CUSTOMERS)
        return own.filter(event__case__in=Case.objects.visible_to(actor))

    def due(self, at: datetime) -> Self:
        """Those that are mailed by themselves."""
        return super().due(at).filter(of_time=False)

    def to_gather(self, at: datetime) -> Self:
        """What deadlines brought about and no digest holds yet; at `at` (aware) it has waited for others."""
        return self.filter(of_time=True, state=MailState.PENDING, digest=None, next_try_at__lte=at)

    def unread(self) -> Self:
        return self.filter(channel=Channel.IN_APP, read_at=None)

    def with_matter(self) -> Self:
        """With what a letter is written from."""
        return self.select_related("event__by", "event__case__calendar", "event__case__organization")


class Notification(Outgoing):
    """That one person is told of one fact on one channel: by a mail, or in the portal, where it is there at once."""

    event = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="notifications")
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notifications")
    channel = models.CharField(max_length=10, choices=Channel.choices())
    template = models.CharField(max_length=40)
    read_at = models.DateTimeField(null=True)
    of_time = models.BooleanField(default=False, help_text="A deadline brought it about; mailed in a digest.")
    digest = models.ForeignKey(Digest, null=True, on_delete=models.PROTECT, related_name="notices")
    promise = models.CharField(max_length=80, blank=True, help_text="The promise whose miss it tells of.")

    objects = NotificationQuerySet.as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            *Outgoing.Meta.constraints,
            models.UniqueConstraint(
                fields=["event", "recipient", "channel", "template"], name="one_notification_per_fact_and_person"
            ),
            models.UniqueConstraint(
                fields=["promise", "recipient", "channel"],
                condition=~Q(promise=""),
                name="one_notification_per_miss_and_person",
            ),
        ]
        indexes = [
            *Outgoing.Meta.indexes,
            models.Index(fields=["state", "-id"], condition=~Q(state=MailState.SENT), name="delivery_not_sent"),
            models.Index(fields=["recipient", "-id"], condition=Q(channel=Channel.IN_APP), name="inbox"),
            models.Index(
                fields=["recipient", "next_try_at"],
                condition=Q(of_time=True, state=MailState.PENDING, digest=None),
                name="to_gather",
            ),
            models.Index(fields=["recipient"], condition=Q(channel=Channel.IN_APP, read_at=None), name="inbox_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.template} to {self.recipient} by {self.channel}"

    @property
    def headline(self) -> str:
        """What it tells, in one sentence."""
        return Template(self.template).label

    @classmethod
    def about(cls, event: CaseEvent, recipient: int, template: Template, channel: Channel, priority: Priority) -> Self:
        """A new row; not saved. A mail waits for its first try, what is shown in the portal is there."""
        by_mail = channel is Channel.EMAIL
        of_time = by_mail and template.is_of_time
        first_try_at = event.at + GATHERED_FOR if of_time else event.at
        key = uuid.uuid4()
        return cls(
            key=key,
            event=event,
            recipient_id=recipient,
            channel=channel,
            template=template,
            priority=priority,
            state=MailState.PENDING if by_mail else MailState.SENT,
            next_try_at=first_try_at if by_mail else None,
            message_id=message_id(key) if by_mail else "",
            created_at=event.at,
            sent_at=None if by_mail else event.at,
            of_time=of_time,
            promise=_promise(event) if template.is_breach else "",
        )


def _promise(event: CaseEvent) -> str:
    """Which promise of which case a miss is of: "81 first_response 1"."""
    return f"{event.case_id} {event.data.get('milestone', 'first_response')} {event.data['cycle']}"
