"""The frame of every verb: what it is given, what it may raise, and its one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.permissions import may
from accounts.refusal import Refusal
from cases import attachments, transitions
from cases.attachments import StoredFile
from cases.enums import (
    CUSTOMER_SIDE,
    ActorRole,
    EventKind,
    Side,
    Verb,
)
from cases.facts import ends_hold
from cases.journal import Entry, record
from cases.models import Case, CaseEvent, Message
from cases.permissions import role_of
from cases.texts import required
from entitlements.rules import Verdict

# Facts that leave a waiting form as true as it was.
UNDISTURBING = frozenset(
    {
        EventKind.NOTED,
        EventKind.FIRST_RESPONSE_WARNED,
        EventKind.FIRST_RESPONSE_BREACHED,
        EventKind.MILESTONE_WARNED,
        EventKind.MILESTONE_BREACHED,
        EventKind.CLOSURE_REMINDED,
        EventKind.TERMS_CHANGED,
        EventKind.HANDOVER_NOTED,
        EventKind.HANDOVER_ACCEPTED,
        EventKind.HANDOVER_UNACCEPTED,
        EventKind.HANDOVER_KEPT,
    }
)
# What happens inside support leaves also what a customer is writing as true as it was.
UNDISTURBING_FOR_CUSTOMERS = UNDISTURBING | {
    EventKind.ENTITLEMENT_VERIFIED,
    EventKind.HELD,
    EventKind.RESUMED,
    EventKind.ASSIGNED,
    EventKind.REASSIGNED,
    EventKind.CALLED,
    EventKind.CONTACT_ATTEMPTED,
    EventKind.HANDED_OVER,
    EventKind.PUT_ON_SUN,
    EventKind.TAKEN_OFF_SUN,
}
# Who does one of these has taken a handover up, with or without a word.
TAKING_UP = frozenset({EventKind.REPLIED, EventKind.CALLED, EventKind.CONTACT_ATTEMPTED, EventKind.CLOSURE_PROPOSED})


@dataclass(frozen=True, slots=True)
class Form:
    """What the form behind a verb knew: the case's version when it was shown, and its own id, to take effect once."""

    seen: int | None = None
    submission: UUID | None = None


NO_FORM = Form()


class Stale(Refusal):
    """Something happened since the form was shown; `events` tells what."""

    def __init__(self, events: Sequence[CaseEvent]):
        super().__init__(
            "stale",
            "Something happened on this case while you were writing. Your text is kept: look, then send.",
        )
        self.events = events


class AlreadyDone(Refusal):
    """The same form was sent before and took effect then; a door answers as it did the first time."""

    def __init__(self, case: Case):
        super().__init__("already_done", "This was already sent.")
        self.case = case


@dataclass(slots=True)
class Act:
    """A verb under way on its locked case."""

    case: Case
    by: User | None
    at: datetime
    form: Form = NO_FORM

    def record(self, kind: EventKind, **data: Any) -> None:
        """Record a fact of this verb, and that a hold ends, or a handover is accepted, with it.

        The form's id goes with the first one only.
        """
        [event] = record([Entry(self.case, kind, self.at, self.by, data, self.form.submission)])
        self.form = NO_FORM
        if self.case.held_at and ends_hold(event.fact):
            record([Entry(self.case, EventKind.RESUMED, self.at, self.by)])
        if self.case.handed_over_at and kind in TAKING_UP and self.by and self.by.pk == self.case.owner_id:
            record([Entry(self.case, EventKind.HANDOVER_ACCEPTED, self.at, self.by, {"by_work": True})])

    def say(self, body: str, files: Sequence[StoredFile] = ()) -> int:
        """Write a public message and return its id."""
        assert self.by is not None, "only a person says something"
        role = self.role
        message = Message.objects.create(
            case=self.case,
            author=self.by,
            role=role,
            acting_for=self.case.organization if role is ActorRole.THIRD_PARTY else None,
            at=self.at,
            body=required(body, "body"),
        )
        attachments.attach(self.case, files, at=self.at, message=message)
        return message.pk

    def keep_evidence(self, verdict: Verdict) -> None:
        """Let the case hold the entitlement check that a decision rests on."""
        self.case.verdict, self.case.entitlement_id = verdict.as_data(), verdict.entitlement
        self.case.save(update_fields=["verdict", "entitlement"])

    @property
    def role(self) -> ActorRole:
        return role_of(self.by, self.case)

    @property
    def side(self) -> Side:
        return Side.CUSTOMER if self.role in CUSTOMER_SIDE else Side.SUPPORT


@contextmanager
def acting(case: Case, verb: Verb, *, by: User | None, at: datetime, form: Form = NO_FORM) -> Iterator[Act]:
    """The frame of every verb: one transaction, the row locked, permission, transition and freshness checked.

    What is no longer legal is said as such; `Stale` is for what still can be done.
    """
    if at.tzinfo is None:
        raise ValueError("a verb takes an aware instant")
    with transaction.atomic():
        locked = Case.objects.locked(case.pk)
        if by is not None and not (decision := may(by, verb, locked)):
            raise PermissionDenied(decision.reason)
        _require_first_time(locked, form)
        transitions.require(locked.state, verb)
        _require_fresh(locked, form, by)
        yield Act(locked, by, at, form)


def _require_first_time(case: Case, form: Form) -> None:
    if form.submission and case.events.filter(submission=form.submission).exists():
        raise AlreadyDone(case)


def _require_fresh(case: Case, form: Form, by: User | None) -> None:
    if form.seen is None or form.seen == case.version or by is None:
        return
    undisturbing = UNDISTURBING if by.staff_role else UNDISTURBING_FOR_CUSTOMERS
    since = CaseEvent.objects.visible_to(by).filter(case=case, seq__gt=form.seen).exclude(kind__in=undisturbing)
    if events := list(since.select_related("by").order_by("seq")):
        raise Stale(events)
