"""The outbox: one row per fact, person, channel and template. The row is the promise to tell; mail only follows it."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.enums import MailState, Priority
from accounts.models import User
from accounts.outbox import Outgoing, OutgoingQuerySet, message_id
from cases.models import Case, CaseEvent
from notifications.enums import FOR_CUSTOMERS, Channel, Template


class NotificationQuerySet(OutgoingQuerySet["Notification"]):
    def visible_to(self, actor: User) -> Self:
        """Staff see every notification; customers their own about cases they still see, none that was for staff."""
        if actor.staff_role:
            return self
        own = self.filter(recipient=actor, template__in=FOR_CUSTOMERS)
        return own.filter(event__case__in=Case.objects.visible_to(actor))

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

    objects = NotificationQuerySet.as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            *Outgoing.Meta.constraints,
            models.UniqueConstraint(
                fields=["event", "recipient", "channel", "template"], name="one_notification_per_fact_and_person"
            ),
        ]
        indexes = [
            *Outgoing.Meta.indexes,
            models.Index(fields=["state", "-id"], condition=~Q(state=MailState.SENT), name="delivery_not_sent"),
            models.Index(fields=["recipient", "-id"], condition=Q(channel=Channel.IN_APP), name="inbox"),
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
        key = uuid.uuid4()
        return cls(
            key=key,
            event=event,
            recipient_id=recipient,
            channel=channel,
            template=template,
            priority=priority,
            state=MailState.PENDING if by_mail else MailState.SENT,
            next_try_at=event.at if by_mail else None,
            message_id=message_id(key) if by_mail else "",
            created_at=event.at,
            sent_at=None if by_mail else event.at,
        )
