"""What follows from facts, while a long past is played.

Clocks and timers are derived from a case's log in a fixed number of statements for any number of cases, which is too
many for one fact at a time when there are thousands. So here cases wait for their rows until a sweep needs them. When
that is, is derived from the logs in memory, by the same pure functions that the sweep asks.

People are told of what happened lately only: before, this portal was not there to tell anybody.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from cases.facts import Fact
from cases.journal import case_event_recorded
from cases.models import Case, CaseEvent
from notifications.receivers import tell
from sla import projection, sun_moves
from sla.agenda import agenda
from sla.bases import calendar_of
from sla.milestones import every_milestone
from sla.models import NEVER, SunChange
from sla.operations import sweep_due
from sla.promises import Promises
from sla.receivers import follow_the_log
from sla.relay import Change


class Backstage:
    """Cases that wait for their clocks, when each of them needs a sweep, and which of them follow the sun.

    `promises` are those of every case's plan; people are told of facts since `news_from` (aware); `changes` are the
    moments, in order, from which others hold Severity 1.
    """

    def __init__(self, promises: Promises, news_from: datetime, changes: Iterable[Change]):
        self.changes = deque(changes)
        self.on_sun: set[int] = set()
        self.last_change: SunChange | None = None
        self.promises, self.news_from = promises, news_from
        self.waiting: dict[int, Case] = {}
        self.logs: dict[int, list[Fact]] = defaultdict(list)
        self.due: dict[int, datetime | None] = {}
        self.calls: list[tuple[datetime, int]] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Stand in for those who follow the log; when it ends well, all rows are true."""
        if not (
            case_event_recorded.disconnect(follow_the_log, dispatch_uid="sla") and case_event_recorded.disconnect(tell)
        ):
            raise RuntimeError("The log is followed by others than those whose part is taken here.")
        case_event_recorded.connect(self.receive)
        try:
            yield
            self.catch_up()
            if self.last_change:
                self.last_change.save()
        finally:
            case_event_recorded.disconnect(self.receive)
            case_event_recorded.connect(follow_the_log, dispatch_uid="sla")
            case_event_recorded.connect(tell)

    def receive(self, sender: type[CaseEvent], events: list[CaseEvent], **_: Any) -> None:
        """Take note of new facts."""
        for event in events:
            self.logs[event.case_id].append(event.fact)
        for case in {event.case_id: event.case for event in events}.values():
            self.waiting[case.pk] = case
            (self.on_sun.add if case.state.follows_sun else self.on_sun.discard)(case.pk)
            self._look_ahead(case)
        if news := [event for event in events if event.at >= self.news_from]:
            tell(sender, news)

    def _look_ahead(self, case: Case) -> None:
        log, calendar = self.logs[case.pk], calendar_of(case.calendar)
        milestones = every_milestone(log, self.promises, calendar)
        items = agenda(case.state, log, milestones, calendar, case.closable_for_no_response_at)
        self.due[case.pk] = items[0].fire_at if items else None
        if items:
            heapq.heappush(self.calls, (items[0].fire_at, case.pk))

    def catch_up(self) -> None:
        """Derive the rows of all cases that wait for them."""
        cases, self.waiting = list(self.waiting.values()), {}
        if cases:
            projection.project(cases)

    def sweep_until(self, at: datetime) -> None:
        """Let every timer take effect, and the sun move on, each at its own moment, up to `at` (aware)."""
        while (upcoming := min(self._next_call, self._next_change)) <= at:
            if self._next_change == upcoming:
                self._move_on(self.changes.popleft())
                continue
            fire_at, case = heapq.heappop(self.calls)
            if self.due[case] == fire_at:
                self.catch_up()
                sweep_due(fire_at)
                if self.due[case] == fire_at:
                    raise RuntimeError(f"What is due on case {case} at {fire_at} does not take effect.")

    @property
    def _next_call(self) -> datetime:
        return self.calls[0][0] if self.calls else NEVER

    @property
    def _next_change(self) -> datetime:
        return self.changes[0].at if self.changes else NEVER

    def _move_on(self, change: Change) -> None:
        """Carry out a change of the sun; without a case that follows it nothing moves, and only the last is kept."""
        if not self.on_sun:
            self.last_change = SunChange.of(change, done_at=change.at)
            return
        self.last_change = None
        self.catch_up()
        SunChange.of(change).save()
        sun_moves.move_due(change.at)
