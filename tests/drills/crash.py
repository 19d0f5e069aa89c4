"""Named points at which a test lets a program die, as a machine dies that loses its power.

Only the tests' settings load this module, and only into a process whose environment says in which file a death would be
ordered (`PORTAL_CRASH_ORDER`). The product knows of none of it: each point lies behind a function that it has anyway.
"""

import os
import pkgutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings


class CrashPoint(StrEnum):
    """Behind what a process dies."""

    # In a sweep's batch
    CASES_CLAIMED = "cases_claimed"
    TIMERS_MARKED = "timers_marked"
    FACTS_RECORDED = "facts_recorded"  # clocks, new timers and outbox with them
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    # In a sweep for who is away
    CASE_REASSIGNED = "case_reassigned"
    CASE_REHOMED = "case_rehomed"
    # In a tick of beat
    TICK_SENT = "tick_sent"
    # In a request that opens a case
    CASE_RECORDED = "case_recorded"
    CASE_COMMITTED = "case_committed"


BEHIND = {
    CrashPoint.CASES_CLAIMED: "sla.operations._claim",
    CrashPoint.TIMERS_MARKED: "sla.operations._mark_fired",
    CrashPoint.FACTS_RECORDED: "sla.operations._record_facts",
    CrashPoint.BEFORE_COMMIT: "sla.operations._correct_idle",
    CrashPoint.AFTER_COMMIT: "sla.operations._take_effect",
    CrashPoint.CASE_REASSIGNED: "cases.operations.assign",
    CrashPoint.CASE_REHOMED: "sla.rehoming._carry_out_apart",
    CrashPoint.TICK_SENT: "celery.beat.Scheduler.apply_async",
    CrashPoint.CASE_RECORDED: "notifications.operations.tell",
    CrashPoint.CASE_COMMITTED: "cases.operations.open_case",
}


class CrashPoints(AppConfig):
    """Makes every point one at which this process may die."""

    name = "tests.drills"
    label = "drills"

    def ready(self) -> None:
        for point, path in BEHIND.items():
            make_deadly(point, path)


def make_deadly(point: CrashPoint, path: str) -> None:
    """Let a process die when the function at `path` has returned, if its death at this point is ordered then."""
    holder, _, name = path.rpartition(".")
    owner = pkgutil.resolve_name(holder)
    plain: Callable[..., Any] = getattr(owner, name)

    @wraps(plain)
    def deadly(*args: Any, **given: Any) -> Any:
        result = plain(*args, **given)
        if Order(settings.CRASH_ORDER).comes(point):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


@dataclass(frozen=True)
class Order:
    """A death that is ordered in a file; the one who dies of it takes the order away."""

    file: Path

    def give(self, point: CrashPoint, passing: int = 1) -> None:
        """Whoever passes the point, for the nth time from now, dies."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"{point}:{passing}")
        draft.rename(self.file)

    @property
    def is_carried_out(self) -> bool:
        return not self.file.exists()

    def comes(self, point: CrashPoint) -> bool:
        """Count a passing of the point; whether it is the one to die at."""
        try:
            name, _, passing = self.file.read_text().partition(":")
        except FileNotFoundError:
            return False
        if name != point:
            return False
        if int(passing) > 1:
            self.give(point, int(passing) - 1)
            return False
        self.file.unlink(missing_ok=True)
        return True
