"""What the portal shows of notifications."""

from collections.abc import Sequence
from uuid import UUID

from accounts.enums import MailState
from accounts.models import User
from notifications.enums import Channel
from notifications.models import Notification, NotificationQuerySet

UNREAD_SHOWN = 99
PAGE = 50


def unread_count(user: User) -> int:
    """How many notifications this person has not read, counted up to 100: more is shown as "99+". One statement."""
    unread = Notification.objects.visible_to(user).filter(recipient=user).unread()
    return unread.order_by()[: UNREAD_SHOWN + 1].count()


def inbox(user: User) -> NotificationQuerySet:
    """What this person was told in the portal about cases it still sees, newest first."""
    return (
        Notification.objects.visible_to(user)
        .filter(recipient=user, channel=Channel.IN_APP)
        .select_related("event__case__calendar", "event__by")
        .order_by("-pk")
    )


def deliveries(actor: User, state: MailState | None = None) -> NotificationQuerySet:
    """Every mail this member of staff may know of, newest first; only those in `state` when given."""
    mails = (
        Notification.objects.visible_to(actor)
        .filter(channel=Channel.EMAIL)
        .select_related("event__case", "recipient")
        .order_by("-pk")
    )
    return mails.filter(state=state) if state else mails


def page(rows: NotificationQuerySet, after: UUID | None) -> tuple[Sequence[Notification], UUID | None]:
    """The rows that follow the one named `after`, up to a page of them, and the key to ask for more with, if any."""
    if after:
        rows = rows.filter(pk__lt=Notification.objects.filter(key=after).values("pk")[:1])
    found = list(rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].key if len(found) > PAGE else None
