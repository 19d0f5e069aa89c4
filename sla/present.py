"""By which clock things fall due: the database's, one for all workers, while it goes on as time does.

A worker whose own clock jumps fires nothing early, late or twice by it: it and the database's no longer agree. Where
both jump together, as on one machine, the time since this worker last looked tells (`Steadiness`). Either way nothing
takes effect, `/readyz` turns red, and an operator looks. What fell due meanwhile takes effect afterwards.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

logger = logging.getLogger(__name__)

AGREE_WITHIN = timedelta(seconds=30)
# A clock that stays where it jumped to for so long was set right, not wrong.
BELIEVED_AFTER = timedelta(minutes=15)
# Time that passes while the machine sleeps passes on this one too.
_PASSING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass
class Steadiness:
    """Compares a clock, look by look, with the time that passes; slow corrections are followed."""

    began_at: datetime | None = None  # what the clock said, or would have said, when `passed` was nothing
    jumped: timedelta | None = None  # how much had passed when the jump was seen that is not believed yet

    def allows(self, at: datetime, passed: timedelta) -> bool:
        """Whether the clock that says `at` (aware) now, when `passed` has passed, has not jumped lately."""
        began_at = at - passed
        if self.began_at is None or abs(began_at - self.began_at) <= AGREE_WITHIN:
            self.began_at, self.jumped = began_at, None
        elif self.jumped is None:
            self.jumped = passed
        elif passed - self.jumped >= BELIEVED_AFTER:
            self.began_at, self.jumped = began_at, None
        return self.jumped is None


steadiness = Steadiness()


def present_moment() -> datetime | None:
    """What time it is by the database's clock (aware UTC); None while no clock here is to be believed."""
    at = database_clock()
    apart = timezone.now() - at
    if abs(apart) > AGREE_WITHIN:
        logger.error("The clocks of this machine and of the database are %s apart: nothing takes effect.", abs(apart))
        return None
    if not steadiness.allows(at, passing()):
        logger.error("The clock has jumped to %s: nothing takes effect for now.", at)
        return None
    return at


def passing() -> timedelta:
    """How much time has passed since some moment, whatever clocks were set to meanwhile."""
    return timedelta(seconds=time.clock_gettime(_PASSING))


def database_clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
