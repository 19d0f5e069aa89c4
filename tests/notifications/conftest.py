"""People at work."""

from datetime import time

import pytest

from accounts.enums import Layer
from accounts.models import OnCall, Region, Shift, User
from tests.cast import DAY, NOON


@pytest.fixture
def emea_shift(emea_center) -> None:
    """Cambridge is staffed from Monday to Friday, 08:00 to 18:00."""
    for weekday in range(5):
        Shift.objects.create(center=emea_center, weekday=weekday, opens=time(8), closes=time(18))


def put_on_call(user: User, duty: Layer, *, region: str | None = None) -> User:
    """On call for the week around NOON; worldwide unless a region is named."""
    OnCall.objects.create(
        user=user,
        duty=duty,
        region=Region.objects.get(code=region) if region else None,
        starts_at=NOON - 3 * DAY,
        ends_at=NOON + 4 * DAY,
    )
    return user
