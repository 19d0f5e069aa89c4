"""What the customer and support say to each other, and what support says to itself."""

from collections.abc import Sequence
from datetime import UTC, datetime

from accounts.models import User
from cases import attachments, rules
from cases.attachments import StoredFile
from cases.enums import (
    Channel,
    EventKind,
    Verb,
)
from cases.models import Case, Note
from cases.operations.frame import NO_FORM, Form, acting
from cases.texts import required


def reply(
    case: Case,
    body: str,
    *,
    by: User,
    at: datetime,
    waiting: bool = False,
    next_update_at: datetime | None = None,
    files: Sequence[StoredFile] = (),
    form: Form = NO_FORM,
) -> Case:
    """Write to the customer. `waiting` says that the next move is the customer's; by `next_update_at` (aware) the
    engineer promises to write again.

    That counts once an engineer has the case; before, its turn stays with support. By an engineer it is a response
    (A-06). Guide: C-STF-07, C-SLA-01 to C-SLA-04, C-TRK-01.
    """
    with acting(case, Verb.REPLY, by=by, at=at, form=form) as act:
        promised = {}
        if next_update_at:
            rules.require_next_update(next_update_at, act.role, at)
            promised["next_update_at"] = next_update_at.astimezone(UTC).isoformat()
        act.record(EventKind.REPLIED, message=act.say(body, files), waiting=waiting, **promised)
    return act.case


def reply_as_customer(
    case: Case,
    body: str,
    *,
    by: User,
    at: datetime,
    channel: Channel = Channel.WEB,
    files: Sequence[StoredFile] = (),
    form: Form = NO_FORM,
) -> Case:
    """Write to support, as any contact or third party of the organization (A-35); a held clock runs again."""
    channel = Channel(channel)
    with acting(case, Verb.REPLY_AS_CUSTOMER, by=by, at=at, form=form) as act:
        act.record(EventKind.CUSTOMER_REPLIED, message=act.say(body, files), channel=channel)
    return act.case


def add_note(
    case: Case, body: str, *, by: User, at: datetime, files: Sequence[StoredFile] = (), form: Form = NO_FORM
) -> Case:
    """Write an internal note: it never leaves the house."""
    with acting(case, Verb.NOTE, by=by, at=at, form=form) as act:
        note = Note.objects.create(case=act.case, author=by, at=at, body=required(body, "body"))
        attachments.attach(act.case, files, at=at, note=note)
        act.record(EventKind.NOTED, note=note.pk)
    return act.case


def log_call(case: Case, *, by: User, at: datetime, reached: bool, summary: str, form: Form = NO_FORM) -> Case:
    """Record a telephone call with the contact, reached or not.

    A call that reached the contact is a response and ends a hold; a missed one is a response only together with a
    public message (A-06). Guide: C-STF-07.
    """
    with acting(case, Verb.LOG_CALL, by=by, at=at, form=form) as act:
        act.record(EventKind.CALLED, reached=reached, summary=required(summary, "summary"))
    return act.case
