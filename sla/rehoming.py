"""When an absence begins, the open cases go to others and their customers are told (C-RAS-01, C-RAS-02).

A sweep like that of the timers: many may run at once, and each may die at any point. Every case moves in a transaction
of its own, which holds the absence and the case; whoever else holds one of them is never waited for. That a case has
moved is what its own log says, so that it moves once; that nothing is left to move is noted on the absence.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum, auto

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse

from accounts import letters
from accounts.enums import AbsenceReason, Layer
from accounts.models import Absence, User
from accounts.refusal import Refusal
from accounts.rosters import Roster
from cases import operations as cases
from cases.enums import Severity, Status
from cases.models import Case
from cases.rehoming import REASONS, Move, plan

logger = logging.getLogger(__name__)

UNFIT = ("engineer_away", "not_an_engineer")  # how a verb refuses whoever was to take a case and cannot any more


class Outcome(Enum):
    """What became of a move."""

    DONE = auto()
    GONE = auto()  # the case is closed, or somebody else's already
    STUCK = auto()  # nobody can take it, or an error keeps it where it is
    LATER = auto()  # somebody works on the case, or on the absence: the next sweep looks again


def rehome_due(at: datetime) -> int:
    """Hand over the cases of everybody whose absence has begun by `at` (aware); return how many changed hands.

    One statement when nothing is due. A case that nobody can take stays, and managers are told once. Raises
    OperationalError or InterfaceError when the database itself fails: what is committed stays, the next sweep goes on.
    """
    return sum(_rehome_apart(one, at) for one in Absence.objects.to_rehome(at).order_by("starts_at", "pk"))


def _rehome_apart(absence: Absence, at: datetime) -> int:
    """Like `_rehome`; an absence that fails stops no other, and is tried again by the next sweep."""
    try:
        return _rehome(absence, at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("The cases of absence %s cannot be handed over.", absence.key)
        return 0


def _rehome(absence: Absence, at: datetime) -> int:
    """Who is back already keeps everything."""
    moves = plan(absence, at) if absence.ends_at > at else []
    outcomes = [_carry_out_apart(move, absence, at) for move in moves]
    if Outcome.LATER not in outcomes:
        stuck = [move for move, outcome in zip(moves, outcomes, strict=True) if outcome is Outcome.STUCK]
        _finish(absence, stuck, at)
    return outcomes.count(Outcome.DONE)


def _carry_out_apart(move: Move, absence: Absence, at: datetime) -> Outcome:
    """Like `_carry_out`; a case that fails stays where it is, is reported, and stops no other."""
    try:
        return _carry_out(move, absence, at)
    except (OperationalError, InterfaceError):
        raise
    except Refusal as refusal:
        if refusal.code in UNFIT:
            return Outcome.LATER  # the next sweep plans anew
        logger.exception("Case %s cannot be handed over.", move.case.pk)
        return Outcome.STUCK
    except Exception:
        logger.exception("Case %s cannot be handed over.", move.case.pk)
        return Outcome.STUCK


@transaction.atomic
def _carry_out(move: Move, absence: Absence, at: datetime) -> Outcome:
    if not _claim(absence, at):
        return Outcome.LATER
    free = Case.objects.filter(pk=move.case.pk).select_for_update(of=("self",), skip_locked=True)
    case = free.first()
    if case is None:
        return Outcome.LATER
    if case.owner_id != absence.user_id or case.status == Status.CLOSED:
        return Outcome.GONE
    if move.taker is None:
        return Outcome.STUCK
    reason = REASONS[AbsenceReason(absence.reason)]
    cases.assign(case, move.taker, by=None, at=at, reason=reason, note=" ".join(move.why))
    return Outcome.DONE


def _claim(absence: Absence, at: datetime) -> bool:
    """Hold the absence, unless somebody else does, or it is no longer what the plan was made for."""
    same = Absence.objects.to_rehome(at).filter(
        pk=absence.pk, user=absence.user_id, substitute=absence.substitute_id, ends_at=absence.ends_at
    )
    return bool(same.select_for_update(skip_locked=True).values_list("pk"))


@transaction.atomic
def _finish(absence: Absence, stuck: Sequence[Move], at: datetime) -> None:
    """Note that nothing is left to move, and tell managers what stays; not while a new case has come to the person."""
    if not _claim(absence, at):
        return
    away = absence.ends_at > at
    theirs = set(Case.objects.open().filter(owner=absence.user_id).values_list("pk", flat=True)) if away else set()
    kept = [move for move in stuck if move.case.pk in theirs]
    if len(theirs) > len(kept):
        return
    Absence.objects.filter(pk=absence.pk).update(rehomed_at=at)
    for manager in _managers_of(absence.user, kept, at) if kept else []:
        _tell(manager, absence, kept, at)


def _managers_of(person: User, kept: Sequence[Move], at: datetime) -> list[User]:
    """The absent person's own manager, for a Severity 1 also who is on call; every manager when that is nobody."""
    roster = Roster.between(at, at)
    own = person.profile.manager_id if person.profile else None
    told = {own} if own and roster.is_available(own, at) else set()
    for move in kept:
        if move.case.severity == Severity.ONE:
            told.update(roster.on_call(Layer.MANAGER, move.case.organization.region_id, at))
    return list(User.objects.filter(pk__in=told or roster.managers(at), is_active=True).order_by("pk"))


def _tell(manager: User, absence: Absence, kept: Sequence[Move], at: datetime) -> None:
    count = "An open case has" if len(kept) == 1 else f"{len(kept)} open cases have"
    letters.write(
        manager.email,
        f"{count} nobody but {absence.user}, who is away",
        "\n".join([f"{absence.user} is away, and nobody could be found to take over:", "", *_lines(kept)]),
        at=at,
    )


def _lines(kept: Sequence[Move]) -> Iterator[str]:
    for move in kept:
        case = move.case
        why = "An error kept it from moving." if move.taker else " ".join(move.why)
        yield f"{Severity(case.severity).label}, {case.number}: {case.subject}. {why}"
        yield settings.PORTAL_URL + reverse("case_owner", args=[case.number])
