"""How an allowance of time is used up: in the hours of its promise, pauses excluded. Standard library only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.enums import Worded
from cases.enums import HoldReason
from sla.calendars import Calendar, add_open_time, open_time_between
from sla.promises import Promise


class Wait(Worded):
    """Why a promised update waits (A-08)."""

    FOR_CUSTOMER = "for_customer", "Waiting for the customer"


@dataclass(frozen=True, slots=True)
class Pause:
    """A hold or a wait: time from `began_at` to `ended_at` does not count; `ended_at` is None while it lasts."""

    began_at: datetime
    ended_at: datetime | None
    reason: HoldReason | Wait


@dataclass(frozen=True, slots=True)
class Term:
    """A promise that holds: it counts from `since_at` (aware UTC) in the hours of `calendar`."""

    promise: Promise
    calendar: Calendar
    since_at: datetime


def spent(term: Term, pauses: Sequence[Pause], until: datetime) -> timedelta:
    """How much of the allowance is used up at the aware moment `until`; never more than all of it."""
    counted = (
        open_time_between(term.calendar, begin, min(end or until, until))
        for begin, end in running_stretches(term, pauses)
        if begin < until
    )
    return min(sum(counted, timedelta(0)), term.promise.target)


def used_up_at(term: Term, pauses: Sequence[Pause], share: int) -> datetime | None:
    """When `share` percent of the allowance is used up (aware UTC); None if a pause without an end comes before."""
    amount = term.promise.target * share / 100
    for begin, end in running_stretches(term, pauses):
        counted = open_time_between(term.calendar, begin, end) if end else amount
        if amount <= counted:
            return add_open_time(term.calendar, begin, amount)
        amount -= counted
    return None


def running_stretches(term: Term, pauses: Sequence[Pause]) -> Iterator[tuple[datetime, datetime | None]]:
    """The stretches of time in which the promise counts; the last has no end, unless it ends in a pause."""
    begin = term.since_at
    for pause in pauses:
        if pause.ended_at and pause.ended_at <= begin:
            continue
        yield begin, max(begin, pause.began_at)
        if pause.ended_at is None:
            return
        begin = pause.ended_at
    yield begin, None
