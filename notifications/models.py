"""The outbox: one row per fact, person, channel and template. The row is the promise to tell; mail only follows it."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from cases.models import Case, CaseEvent
from notifications.enums import Channel, State, Template


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, actor: User) -> Self:
        """Staff see every notification; customers their own about cases they still see."""
        if actor.staff_role:
            return self
        return self.filter(recipient=actor, event__case__in=Case.objects.visible_to(actor))

    def due(self, at: datetime) -> Self:
        """Mails whose next try has come and which no worker holds."""
        return self.filter(state=State.PENDING, next_try_at__lte=at)

    def unread(self) -> Self:
        return self.filter(channel=Channel.IN_APP, read_at=None)

    def claim(self, at: datetime, until: datetime, limit: int) -> list["Notification"]:
        """Take up to `limit` due mails for this worker alone until `until`; call it inside a short transaction.

        A claim counts as an attempt, also when the worker dies before it tells how it went.
        """
        mine: Collection[int] = list(
            self.due(at)
            .order_by("next_try_at", "pk")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", flat=True)[:limit]
        )
        self.filter(pk__in=mine).update(attempts=models.F("attempts") + 1, next_try_at=until)
        return list(
            self.filter(pk__in=mine)
            .select_related("event__by", "event__case__calendar", "event__case__organization")
            .order_by("pk")
        )


class Notification(models.Model):
    """That one person is told of one fact on one channel.

    While a mail is pending, `next_try_at` is when it is tried next; a worker that tries now moves it to the end of its
    lease, so that a mail whose worker died is found again. In the portal a notification is there at once: `sent`.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="notifications")
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notifications")
    channel = models.CharField(max_length=10, choices=Channel.choices())
    template = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices())
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=255, blank=True, help_text="The same for every try.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "recipient", "channel", "template"], name="one_notification_per_fact_and_person"
            ),
            models.CheckConstraint(
                condition=Q(state=State.PENDING, next_try_at__isnull=False)
                | ~Q(state=State.PENDING) & Q(next_try_at=None),
                name="a_pending_mail_has_a_next_try",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state=State.PENDING), name="mail_to_send"),
            models.Index(fields=["state", "-id"], condition=~Q(state=State.SENT), name="delivery_not_sent"),
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
    def about(cls, event: CaseEvent, recipient: int, template: Template, channel: Channel) -> Self:
        """A new row; not saved. A mail waits for its first try, what is shown in the portal is there."""
        by_mail = channel is Channel.EMAIL
        key = uuid.uuid4()
        return cls(
            key=key,
            event=event,
            recipient_id=recipient,
            channel=channel,
            template=template,
            state=State.PENDING if by_mail else State.SENT,
            next_try_at=event.at if by_mail else None,
            message_id=f"<{key}@{settings.MAIL_DOMAIN}>" if by_mail else "",
            created_at=event.at,
            sent_at=None if by_mail else event.at,
        )
