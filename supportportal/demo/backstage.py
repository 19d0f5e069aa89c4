"""What follows from facts, while a long past is played: prepared in memory, written for many cases at once.

Clocks, timers and notifications take a fixed number of statements for any number of facts, which is too many for one
fact at a time when there are thousands of them. So facts wait here until a sweep needs the rows, or until the same case
moves again. When a sweep is needed is derived by the same pure functions that the sweep asks.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from cases.facts import Fact
from cases.journal import case_event_recorded
from cases.models import Case, CaseEvent
from entitlements.models import PlanVersion
from notifications.receivers import tell
from sla import clock
from sla.agenda import agenda
from sla.operations import sweep_due
from sla.projection import calendar_of, promises_of
from sla.promises import Promises
from sla.receivers import follow_the_log

# Who listens to the log, with the name under which it is connected.
FOLLOWERS = ((follow_the_log, "sla"), (tell, None))


class Backstage:
    """Facts that wait for what follows from them, and when each case needs a sweep next."""

    def __init__(self) -> None:
        self.waiting: list[CaseEvent] = []
        self.logs: dict[int, list[Fact]] = defaultdict(list)
        self.promises: dict[int, Promises] = {}
        self.due: dict[int, datetime | None] = {}
        self.calls: list[tuple[datetime, int]] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Take the followers' place for a while; nothing waits any more when it ends well."""
        for follower, uid in FOLLOWERS:
            if not case_event_recorded.disconnect(follower, dispatch_uid=uid):
                raise RuntimeError(f"{follower} does not follow the log.")
        case_event_recorded.connect(self.receive)
        try:
            yield
            self.let_follow()
        finally:
            case_event_recorded.disconnect(self.receive)
            for follower, uid in FOLLOWERS:
                case_event_recorded.connect(follower, dispatch_uid=uid)

    def receive(self, sender: type[CaseEvent], events: list[CaseEvent], **_: Any) -> None:
        self.waiting += events
        for event in events:
            self.logs[event.case_id].append(event.fact)
        for case in {event.case_id: event.case for event in events}.values():
            self._look_ahead(case)

    def _look_ahead(self, case: Case) -> None:
        log, calendar, promises = self.logs[case.pk], calendar_of(case.calendar), self._promises(case)
        milestones = clock.milestones(log, promises, calendar)
        items = agenda(case.state, log, milestones, promises, calendar, case.closable_for_no_response_at)
        self.due[case.pk] = items[0].fire_at if items else None
        if items:
            heapq.heappush(self.calls, (items[0].fire_at, case.pk))

    def _promises(self, case: Case) -> Promises:
        if case.plan_version_id not in self.promises:
            self.promises[case.plan_version_id] = promises_of(PlanVersion.objects.get(pk=case.plan_version_id))
        return self.promises[case.plan_version_id]

    def let_follow(self) -> None:
        """Write what follows from the facts that wait."""
        events, self.waiting = self.waiting, []
        if events:
            for follower, _ in FOLLOWERS:
                follower(sender=CaseEvent, events=events)

    def make_ready(self, case: Case | None) -> None:
        """Let nothing wait that knows of `case`, before it moves again."""
        if case and any(event.case_id == case.pk for event in self.waiting):
            self.let_follow()

    def sweep_until(self, at: datetime) -> None:
        """Let every timer take effect at its own moment, up to `at` (aware)."""
        while self.calls and self.calls[0][0] <= at:
            fire_at, case = heapq.heappop(self.calls)
            if self.due[case] == fire_at:
                self.let_follow()
                sweep_due(fire_at)
                if self.due[case] == fire_at:
                    raise RuntimeError(f"What is due on case {case} at {fire_at} does not take effect.")
