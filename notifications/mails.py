"""A notification as an e-mail: headers that thread and cannot be injected, plain text and HTML of one letter."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from accounts.models import User
from cases.models import Case
from notifications import letters
from notifications.enums import Template
from notifications.letters.form import Letter
from notifications.letters.matter import Matter
from notifications.models import Digest, Notification


def compose(notification: Notification, recipient: User, at: datetime) -> EmailMultiAlternatives:
    """The mail as it reads at `at` (aware). Its Message-ID is the same whenever it is composed."""
    template, event = Template(notification.template), notification.event
    matter = Matter(event, template, recipient, at)
    context = {
        "letter": letters.write(template, matter),
        "case": event.case,
        "reason": _reason(recipient, event.case),
        "answerable": not template.is_for_staff,
        "phone": matter.telephone,
    }
    thread = {"In-Reply-To": thread_of(event.case), "References": thread_of(event.case)}
    return _mail(recipient, subject_of(event.case), notification.message_id, context, thread)


def compose_digest(digest: Digest, letter: Letter, recipient: User) -> EmailMultiAlternatives:
    """A mail of its own about several cases."""
    return _mail(recipient, letter.title, digest.message_id, {"letter": letter, "reason": _as_staff()}, {})


def _mail(
    recipient: User, subject: str, message_id: str, context: dict[str, Any], thread: dict[str, str]
) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("notifications/letter.txt", context).strip() + "\n",
        to=[recipient.email],
        headers={
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            **thread,
        },
    )
    mail.attach_alternative(render_to_string("notifications/letter.html", context), "text/html")
    return mail


def subject_of(case: Case) -> str:
    """The same for every mail of a case, which keeps them one conversation; one line, whatever the customer typed."""
    printable = "".join(letter if letter.isprintable() else " " for letter in case.subject)
    return f"[{case.number}] {' '.join(printable.split())}"


def thread_of(case: Case) -> str:
    """The root that all mails of a case refer to; it was never sent, so it is the same for every reader."""
    return f"<case-{case.number}@{settings.MAIL_DOMAIN}>"


def _reason(recipient: User, case: Case) -> str:
    """Why this person gets the mail."""
    contact = recipient.standings.get(case.organization_id)
    if contact is None:
        return _as_staff()
    roles = contact.roles_text.lower()
    return f"You get this as {roles} of {case.organization}, Org ID {case.organization.org_id}."


def _as_staff() -> str:
    return f"You get this as a member of {settings.PROVIDER_NAME}."
