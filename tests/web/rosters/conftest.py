"""A roster entry and its keeper, for the pages of rosters."""

from datetime import date, time

import pytest

from accounts.models import RosterEntry, Shift
from entitlements.models import Product
from tests.web.rosters.asking import WEEKDAYS


@pytest.fixture
def entry(engineer, emea_center) -> RosterEntry:
    """Weekdays from nine to five in Cambridge, whose one shift that is."""
    Shift.objects.bulk_create(
        Shift(center=emea_center, weekday=weekday, opens=time(9), closes=time(17)) for weekday in WEEKDAYS
    )
    return RosterEntry.objects.create(
        user=engineer,
        center=emea_center,
        weekdays=WEEKDAYS,
        opens=time(9),
        closes=time(17),
        from_on=date(2025, 1, 1),
    )


@pytest.fixture
def knows_all(engineer, second_engineer):
    """Both engineers know every product, so that skills speak against nothing."""
    codes = list(Product.objects.values_list("code", flat=True))
    for one in (engineer, second_engineer):
        one.staff.skills = codes
        one.staff.save()


@pytest.fixture
def manager(browse, support_manager):
    return browse(support_manager)
