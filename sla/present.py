"""By which clock things fall due: the database's, one for all workers.

A worker whose own clock jumps fires nothing early, late or twice by it. Should the database's jump, it and the workers'
no longer agree: then nothing takes effect until they do, `/readyz` turns red, and an operator looks. What fell due
meanwhile takes effect afterwards, in order.
"""

import logging
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

logger = logging.getLogger(__name__)

AGREE_WITHIN = timedelta(seconds=30)


def present_moment() -> datetime | None:
    """What time it is by the database's clock (aware UTC); None while this machine's clock disagrees with it."""
    at = database_clock()
    apart = timezone.now() - at
    if abs(apart) > AGREE_WITHIN:
        logger.error("The clocks of this machine and of the database are %s apart: nothing takes effect.", abs(apart))
        return None
    return at


def database_clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
