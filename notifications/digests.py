"""One mail for a storm of deadlines: what waits to be mailed to one person is gathered and told together.

The first notice waits a few seconds, the next digest a minute after it, or ten seconds where a Severity 1 is among its
matters. So a thousand deadlines that pass at once, or that passed while the portal was not at work, are one mail or two
to a person.
"""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Min

from accounts.enums import Priority
from accounts.models import User
from notifications.enums import Template
from notifications.letters import digest as letters
from notifications.letters.form import Letter
from notifications.letters.matter import Matter
from notifications.models import DIGESTS_APART, GATHERED_FOR, Digest, Notification, NotificationQuerySet

GATHERING = 7_305_114  # the advisory lock of who gathers
LISTED = 50
BREACHES = [template for template in Template if template.is_breach]
HANDOVERS = [template for template in Template if template.is_handover]


def gather(at: datetime) -> int:
    """Put what has waited long enough by `at` (aware) into digests, one for a person; return how many were begun.

    A person who got one lately waits for the next. One worker gathers at a time.
    """
    if not Notification.objects.to_gather(at).exists():
        return 0
    with transaction.atomic():
        if not _gathers_alone():
            return 0
        people = Notification.objects.to_gather(at).order_by()
        for priority, apart in DIGESTS_APART.items():
            lately = Digest.objects.filter(created_at__gt=at - apart, created_at__lte=at).values("recipient")
            people = people.exclude(priority=priority, recipient__in=lately)
        begun = Digest.objects.bulk_create(
            Digest.to(recipient, Priority(priority), at)
            for recipient, priority in people.values_list("recipient").annotate(Min("priority"))
        )
        waiting = Notification.objects.to_gather(at + GATHERED_FOR)
        for digest in begun:
            waiting.filter(recipient=digest.recipient_id).update(digest=digest, message_id=digest.message_id)
    return len(begun)


def _gathers_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [GATHERING])
        return cursor.fetchone()[0]


def letter(digest: Digest, recipient: User, now: datetime) -> Letter:
    """What is late first, then what was handed over, then what is due soon, each in the order in which it fell due."""
    late = digest.notices.filter(template__in=BREACHES)
    handed = digest.notices.filter(template__in=HANDOVERS)
    soon = digest.notices.exclude(template__in=[*BREACHES, *HANDOVERS])
    return letters.write(*(_section(notices, recipient, now) for notices in (late, handed, soon)))


def _section(notices: NotificationQuerySet, reader: User, now: datetime) -> letters.Section:
    rows = notices.with_matter().order_by("event__data__fell_due_at", "pk")[:LISTED]
    return letters.Section(notices.count(), [Matter(row.event, Template(row.template), reader, now) for row in rows])
