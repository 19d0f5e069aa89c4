"""When it is some time of day somewhere. Standard library only."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant (aware UTC) at which clocks in `zone` show the naive `local`, or later.

    So an hour that the clocks skip ends where they jump, and an hour that they repeat counts from its first pass.
    """
    instant = local.replace(tzinfo=zone).astimezone(UTC)  # of a repeated hour, this is the first pass
    if _shown(instant, zone) == local:
        return instant
    earlier = local.replace(tzinfo=zone, fold=1).astimezone(UTC)  # of a skipped hour, this lies before the jump
    seconds = range((instant - earlier) // SECOND)
    jump = bisect_left(seconds, True, key=lambda second: _shown(earlier + second * SECOND, zone) >= local)
    return earlier + jump * SECOND


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks in `zone` show at `instant`."""
    return instant.astimezone(zone).replace(tzinfo=None)
