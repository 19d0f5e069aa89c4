"""What still happens by itself on a case that waits for its customer. Standard library only.

- A closure question that nobody answers is repeated once (A-16): after 48 hours of business days, in business hours.
- A case whose contact did not answer several attempts closes when the last wait is over (C-CLS-05, A-15).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.enums import EventKind, Status, Verb
from cases.facts import Fact, State
from cases.transitions import is_legal
from sla.calendars import Calendar, add_open_time, every_hour_of_business_days, next_opening

REMINDED_AFTER = timedelta(days=2)


class ClosingTimerKind(StrEnum):
    """What the silence of a customer lets happen."""

    CLOSURE_REMINDER = "closure_reminder"
    NO_RESPONSE = "no_response"


@dataclass(frozen=True, slots=True)
class ClosingTimer:
    """Something still to happen at `fire_at` (aware UTC); `subject` is the place in the log of what it follows from."""

    kind: ClosingTimerKind
    subject: str
    fire_at: datetime


def timers(
    state: State, log: Sequence[Fact], calendar: Calendar, closable_at: datetime | None
) -> Iterator[ClosingTimer]:
    """What the customer's silence will bring about.

    `calendar` holds the account's business hours; `closable_at` is when the attempts made so far allow closing.
    """
    last = {fact.kind: fact for fact in log}
    if state.status is Status.CLOSURE_PROPOSED:
        question, reminder = last[EventKind.CLOSURE_PROPOSED], last.get(EventKind.CLOSURE_REMINDED)
        if reminder is None or reminder.seq < question.seq:
            yield ClosingTimer(ClosingTimerKind.CLOSURE_REMINDER, str(question.seq), reminder_at(question.at, calendar))
    if closable_at and is_legal(state, Verb.CLOSE_FOR_NO_RESPONSE):
        attempt = last[EventKind.CONTACT_ATTEMPTED]
        yield ClosingTimer(ClosingTimerKind.NO_RESPONSE, str(attempt.seq), closable_at)


def reminder_at(asked_at: datetime, calendar: Calendar) -> datetime:
    """When a closure question asked at `asked_at` (aware) is repeated, as aware UTC."""
    return next_opening(calendar, add_open_time(every_hour_of_business_days(calendar), asked_at, REMINDED_AFTER))
