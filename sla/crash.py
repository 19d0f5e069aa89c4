"""Named points at which a test lets this process die, as a machine dies that loses its power.

Only the tests' settings have `CRASH_AT`; everywhere else passing a point does nothing.
"""

import os
import signal
from enum import StrEnum

from django.conf import settings


class CrashPoint(StrEnum):
    """Where in a sweep: of timers, by the batch, and of the cases of who is away, case by case."""

    CASES_CLAIMED = "cases_claimed"
    FACTS_RECORDED = "facts_recorded"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_CASE_REHOMED = "before_case_rehomed"
    CASE_REHOMED = "case_rehomed"


def pass_point(point: CrashPoint) -> None:
    """Die here, without cleaning up, if this is the point that a test named."""
    if getattr(settings, "CRASH_AT", None) == point:
        os.kill(os.getpid(), signal.SIGKILL)
