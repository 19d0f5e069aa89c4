"""Keeping the rosters: a line is added, changed or removed by who may, and what cannot be is refused.

What merely speaks against a line (`accounts.conflicts`) is for the one who makes it to weigh.
"""

from copy import copy
from datetime import date
from functools import singledispatch
from uuid import uuid4

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from accounts.days import require_near
from accounts.enums import TAKER_ROLES, Layer, StaffRole
from accounts.history import note
from accounts.models import Absence, OnCall, RosterEntry, Swap, User
from accounts.permissions import may
from accounts.refusal import Refusal
from accounts.seats import DAY
from accounts.versions import Gone, require_unchanged, version_of

Row = RosterEntry | Swap | OnCall | Absence

ROLES_ON_CALL = {Layer.ENGINEER: TAKER_ROLES, Layer.MANAGER: frozenset({StaffRole.SUPPORT_MANAGER})}

LONGEST = 2 * 366 * DAY


@transaction.atomic
def keep(row: Row, *, by: User, seen: str | None = None, since: date | None = None) -> Row:
    """Save a new or changed line of the rosters, note who did it, and return the line that holds from now on.

    `since` is the local day from which the change of an entry holds: days before it stay as they were, and so they do
    in an entry of their own that ends there. Swaps of later days go with the change; None: it holds from the first day.

    `seen` is the `version` that somebody looked at; None: nobody did. Raises PermissionDenied unless `by` keeps
    rosters, Changed when another version is kept by now, Gone when the line is, or the entry of a swap, Refusal for
    what cannot be; its code begins with the field.
    """
    _require_keeper(by)
    _require_as_seen(row, seen)
    require_possible(row)
    if isinstance(row, RosterEntry) and since and not row._state.adding:
        return _save_since(row, since, by=by)
    return _save(row, by=by)


def _save(row: Row, *, by: User) -> Row:
    added = row._state.adding
    if isinstance(row, Absence) and not added:
        _save_known(row)
    else:
        row.save()
    note(row, ADDITION if added else CHANGE, by=by)
    if isinstance(row, RosterEntry) and not added:
        _give_swaps(row.swaps.all(), row, by=by)
    return row


def _save_since(changed: RosterEntry, since: date, *, by: User) -> Row:
    """Save a changed entry so that nothing changes before `since`: as a new one, where the kept one has days before."""
    require_near("holds_from", since)
    kept = RosterEntry.objects.get(pk=changed.pk)
    if since <= kept.from_on:
        return _save(changed, by=by)
    if changed.until_on and changed.until_on != kept.until_on and changed.until_on < since - DAY:
        raise Refusal("until_on_before_change", "The last day lies before the day from which the change holds.")
    if not _changes_days(kept, changed):
        return _save(changed, by=by)
    if kept.until_on and since > kept.until_on:
        raise Refusal("holds_from_after_end", f"It ends before that, on {kept.until_on.day} {kept.until_on:%B %Y}.")
    if changed.from_on != kept.from_on and changed.from_on < since:
        raise Refusal("from_on_before_change", "The first day lies before the day from which the change holds.")
    begins = beginning(changed, since)
    if changed.until_on and changed.until_on < begins:
        raise Refusal("until_on_before_change", "The last day lies before the day from which the change holds.")
    later = copy(changed)
    later.from_on, kept.until_on = begins, since - DAY
    require_possible(later)
    if not _ever_falls(kept):
        return _save(later, by=by)
    later.pk, later.key, later._state.adding = None, uuid4(), True
    _save(later, by=by)
    _give_swaps(kept.swaps.filter(on__gte=since), later, by=by)
    _save(kept, by=by)
    return later


def _give_swaps(swaps: QuerySet[Swap], entry: RosterEntry, *, by: User) -> None:
    """Let these swaps be of the entry as it is now; what it cannot have any more is removed, and noted.

    Such as a day that is not worked any more, or that is the taker's own by now.
    """
    for swap in swaps.select_related("user"):
        swap.entry = entry
        try:
            require_possible(swap)
        except Refusal:
            note(swap, DELETION, by=by)
            swap.delete()
        else:
            swap.save(update_fields=["entry"])


def _changes_days(kept: RosterEntry, changed: RosterEntry) -> bool:
    """Whether more is changed than how long the entry goes on."""
    names = ("user_id", "layer", "center_id", "opens", "closes", "every_weeks", "from_on")
    alike = all(getattr(kept, name) == getattr(changed, name) for name in names)
    return not alike or sorted(kept.weekdays) != sorted(changed.weekdays)


def beginning(entry: RosterEntry, since: date) -> date:
    """The first local day from `since` on, and not before its own first, that lies in a week of the entry's rhythm."""
    day = max(since, entry.from_on)
    monday = day - day.weekday() * DAY
    weeks = (monday - (entry.from_on - entry.from_on.weekday() * DAY)).days // 7
    return day if weeks % entry.every_weeks == 0 else monday + 7 * (-weeks % entry.every_weeks) * DAY


def _save_known(absence: Absence) -> None:
    """Whether its cases were handed over is not the form's to say: a sweep may have done so since it was shown.

    Somebody else's cases never were.
    """
    Absence.objects.filter(pk=absence.pk).exclude(user=absence.user_id).update(rehomed_at=None)
    fields = {field.name for field in Absence._meta.concrete_fields if not field.primary_key}
    absence.save(update_fields=fields - {"rehomed_at"})


@transaction.atomic
def remove(row: Row, *, by: User, seen: str | None = None) -> None:
    """Take a line out of the rosters, and note who did it. Raises as `keep` does."""
    _require_keeper(by)
    _require_as_seen(row, seen)
    note(row, DELETION, by=by)
    row.delete()


def version(row: Row | None) -> str:
    """A name for the line as it stands; "" for one that is not kept. What a sweep writes into it is no change."""
    return version_of(row, without=frozenset({"rehomed_at"}))


def _require_as_seen(row: Row, seen: str | None) -> None:
    """Let nobody else change the line, or another swap of its entry, until this is done; then compare."""
    if isinstance(row, Swap):
        entry = RosterEntry.objects.select_for_update().filter(pk=row.entry_id).first()
        if entry is None:
            raise Gone
        row.entry = entry
    kept = type(row)._default_manager.select_for_update().filter(pk=row.pk).first() if row.pk else None
    if kept is None and not row._state.adding:
        raise Gone
    require_unchanged(seen, kept, version(kept))


@singledispatch
def require_possible(row: Row) -> None:
    """Raise Refusal when the line cannot be; the code begins with the name of the field that is wrong."""
    raise TypeError(f"{row!r} is no line of a roster")


@require_possible.register
def _entry(row: RosterEntry) -> None:
    _require_staff("user", row.user, Layer(row.layer))
    require_near("from_on", row.from_on)
    require_near("until_on", row.until_on)
    if not row.weekdays:
        raise Refusal("weekdays_missing", "Choose at least one day of the week.")
    if row.every_weeks not in range(1, 53):
        raise Refusal("every_weeks_impossible", "A roster repeats every 1 to 52 weeks.")
    if row.until_on and row.until_on < row.from_on:
        raise Refusal("until_on_before_from_on", "The last day lies before the first.")
    if row.until_on and not _ever_falls(row):
        raise Refusal("weekdays_never", "None of these days lies between the first and the last day.")


@require_possible.register
def _swap(row: Swap) -> None:
    _require_staff("user", row.user, Layer(row.entry.layer))
    require_near("on", row.on)
    if row.user_id == row.entry.user_id:
        raise Refusal("user_same", f"{row.user} has this day already.")
    if not row.entry.pattern.falls_on(row.on):
        raise Refusal("on_not_worked", f"{row.entry.user} does not work this on {row.on:%A} {row.on.day} {row.on:%B}.")
    if Swap.objects.filter(entry=row.entry, on=row.on).exclude(pk=row.pk).exists():
        raise Refusal("on_taken", "Somebody else takes this day already: undo that swap first.")
    if not row.reason.strip():
        raise Refusal("reason_missing", "Say why.")


@require_possible.register
def _on_call(row: OnCall) -> None:
    _require_staff("user", row.user, Layer(row.duty))
    _require_length(row)


@require_possible.register
def _absence(row: Absence) -> None:
    _require_staff("user", row.user)
    _require_length(row)
    if row.substitute:
        _require_staff("substitute", row.substitute)
    if row.substitute_id == row.user_id:
        raise Refusal("substitute_same", "Nobody stands in for oneself.")


def _require_staff(field: str, person: User, layer: Layer = Layer.SHIFT) -> None:
    role = person.staff_role
    if role is None:
        raise Refusal(f"{field}_not_staff", "Choose a member of staff: customers are in no roster.")
    if role not in ROLES_ON_CALL.get(layer, {role}):
        raise Refusal(f"{field}_other_role", f"{person} is {role.label}, and cannot be {layer.label.lower()}.")


def _require_length(row: OnCall | Absence) -> None:
    require_near("starts_at", row.starts_at.date())
    if row.ends_at == row.starts_at:
        raise Refusal("ends_at_same", "The end is the same as the beginning.")
    if row.ends_at < row.starts_at:
        raise Refusal("ends_at_before_starts_at", "The end lies before the beginning.")
    if row.ends_at - row.starts_at > LONGEST:
        raise Refusal("ends_at_far", "Two years at most: is the end right?")


def _ever_falls(row: RosterEntry) -> bool:
    """Whether it falls on any day before it ends; what repeats has come round after its weeks."""
    until = row.until_on or row.from_on
    days = min((until - row.from_on).days, 7 * row.every_weeks) + 1
    return any(row.pattern.falls_on(row.from_on + offset * DAY) for offset in range(days))


def _require_keeper(by: User) -> None:
    if not (decision := may(by, "keep", RosterEntry)):
        raise PermissionDenied(decision.reason)
