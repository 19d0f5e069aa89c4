"""A case follows the sun: it is handed over, prepared for that, accepted, or kept where it is (C-FTS-01).

When others take Severity 1 over, and who they are, is known one floor up (`sla.sun_moves`). Here `change` names that
moment (aware): for each, a case is handed over, or kept, once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from accounts.models import StaffProfile, User
from accounts.refusal import Refusal
from cases import rules
from cases.enums import EventKind, Verb
from cases.models import Case
from cases.operations.frame import NO_FORM, Form, Stale, acting
from cases.operations.owners import profile_of_engineer
from cases.texts import SHEET_LIMIT, cleaned, required


@dataclass(frozen=True, slots=True)
class HandoverNotes:
    """What the outgoing engineer tells the next one: Markdown. The next action is never left open."""

    next_action: str
    hypothesis: str = ""
    last_action: str = ""
    waits_for: str = ""
    contacts: str = ""


def hand_over(case: Case, to: User, *, at: datetime, change: datetime, why: Sequence[str]) -> Case:
    """Pass a case that follows the sun to an engineer of those who hold it since `change`, and say `why` that one.

    Done by the portal itself. The engineer has to accept; the customer is told whom to contact from now on, once.
    Guide: C-FTS-01, C-RAS-02.
    """
    with acting(case, Verb.HAND_OVER, by=None, at=at) as act:
        _require_first_for(act.case, EventKind.HANDED_OVER, change)
        if act.case.owner_id == to.pk:
            raise Refusal("same_owner", f"{to} already owns this case.")
        engineer = profile_of_engineer(to)
        act.record(
            EventKind.HANDED_OVER,
            owner=to.pk,
            before=act.case.owner_id,
            case_manager=engineer.manager_id or act.case.case_manager_id,
            change=_written(change),
            from_center=_center_of(act.case.owner_id),
            to_center=engineer.center.code if engineer.center else "",
            why=list(why),
        )
    return act.case


def keep_handover(case: Case, *, at: datetime, change: datetime) -> Case:
    """Record that nobody is there since `change` to whom the case could be handed over: it stays, and people wake."""
    with acting(case, Verb.HAND_OVER, by=None, at=at) as act:
        _require_first_for(act.case, EventKind.HANDOVER_KEPT, change)
        owner = act.case.owner_id
        act.record(EventKind.HANDOVER_KEPT, change=_written(change), owner=owner, center=_center_of(owner))
    return act.case


def note_handover(
    case: Case, notes: HandoverNotes, *, by: User, at: datetime, change: datetime, form: Form = NO_FORM
) -> Case:
    """Complete the handover sheet for `change`, as the outgoing engineer or a manager; the last one written counts.

    Raises Stale when another one was completed since the form was shown: it is never overwritten unread. Raises
    Refusal while the sheet is not open yet, without a next action, and for a text longer than SHEET_LIMIT.
    """
    with acting(case, Verb.NOTE_HANDOVER, by=by, at=at, form=form) as act:
        rules.require_sheet_open(change, at)
        _require_same_sheet(act.case, form)
        texts = {name: cleaned(text, name, SHEET_LIMIT) for name, text in asdict(notes).items()}
        texts["next_action"] = required(notes.next_action, "next_action", SHEET_LIMIT)
        act.record(EventKind.HANDOVER_NOTED, change=_written(change), **texts)
    return act.case


def accept_handover(case: Case, *, by: User, at: datetime, form: Form = NO_FORM) -> Case:
    """Say, as the engineer whom the case came to or as a manager, that it is in good hands."""
    with acting(case, Verb.ACCEPT_HANDOVER, by=by, at=at, form=form) as act:
        act.record(EventKind.HANDOVER_ACCEPTED, by_work=False)
    return act.case


def _require_same_sheet(case: Case, form: Form) -> None:
    """A sheet leaves every other form as true as it was, but not the form of the sheet itself."""
    if form.seen is not None:
        newer = case.events.filter(kind=EventKind.HANDOVER_NOTED, seq__gt=form.seen).select_related("by")
        if events := list(newer.order_by("seq")):
            raise Stale(events)


def _require_first_for(case: Case, kind: EventKind, change: datetime) -> None:
    if case.events.filter(kind=kind, data__change=_written(change)).exists():
        raise Refusal("already_handed_over", "This was done for the same handover before.")


def _written(change: datetime) -> str:
    return change.astimezone(UTC).isoformat()


def _center_of(owner: int | None) -> str:
    profile = StaffProfile.objects.filter(user=owner).select_related("center").first() if owner else None
    return profile.center.code if profile and profile.center else ""
