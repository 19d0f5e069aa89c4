"""An account's business hours: which days, whose zone, and that they stay as they were."""

from datetime import UTC, date, datetime

import holidays
import pytest
from django.core.exceptions import ValidationError

from accounts.calendars import freeze, pin_public_holidays
from accounts.models import FrozenCalendar, Holiday, HolidayImport, Organization, RegionCalendar, validate_weekly
from tests.cast import NOON

MONDAY_TO_FRIDAY = {str(weekday): [["08:00", "18:00"]] for weekday in range(5)}


@pytest.mark.clause("C-COV-02", "C-FTS-03")
def test_business_hours_are_eight_to_six_on_weekdays_where_the_account_is(aberdeen, tokyo, new_york):
    frozen = [freeze(organization, NOON) for organization in (aberdeen, tokyo, new_york)]

    assert [(one.zone, one.place) for one in frozen] == [
        ("Europe/London", "Aberdeen"),
        ("Asia/Tokyo", "Tokyo"),
        ("America/New_York", "New York"),
    ]
    assert [one.weekly for one in frozen] == [MONDAY_TO_FRIDAY] * 3


@pytest.mark.clause("C-COV-02")
def test_the_holidays_are_those_of_the_accounts_country_and_subdivision(aberdeen, tokyo):
    scotland, japan = freeze(aberdeen, NOON).holidays, freeze(tokyo, NOON).holidays
    aberdeen.subdivision = "ENG"
    england = freeze(aberdeen, NOON).holidays

    assert scotland["2026-11-30"] == "Saint Andrew's Day"
    assert "2026-11-30" not in england
    assert england["2026-04-06"] == "Easter Monday"
    assert "2026-04-06" not in scotland
    assert japan["2026-04-29"] == "Showa Day"


def test_a_calendar_knows_the_year_before_and_three_after(aberdeen):
    named = freeze(aberdeen, NOON).holidays

    assert {day[:4] for day in named} == {"2025", "2026", "2027", "2028", "2029"}


def test_the_year_is_that_of_the_accounts_place(tokyo):
    freeze(tokyo, datetime(2025, 12, 31, 15, tzinfo=UTC))  # already New Year in Tokyo

    assert HolidayImport.objects.order_by("year").first().year == 2025


def test_an_unknown_subdivision_keeps_the_whole_countrys_holidays(aberdeen):
    aberdeen.subdivision = "XYZ"

    assert freeze(aberdeen, NOON).holidays["2026-12-25"] == "Christmas Day"


def test_an_unknown_country_has_no_holidays_but_its_closures(aberdeen):
    aberdeen.country, aberdeen.subdivision = "XX", ""
    Holiday.objects.create(country="XX", on=date(2026, 3, 6), name="Town fair")

    assert freeze(aberdeen, NOON).holidays == {"2026-03-06": "Town fair"}


def test_administrators_close_a_country_or_one_of_its_parts(aberdeen, new_york):
    Holiday.objects.create(country="GB", on=date(2026, 3, 6), name="All of it")
    Holiday.objects.create(country="GB", subdivision="SCT", on=date(2026, 3, 9), name="Scotland")
    Holiday.objects.create(country="GB", subdivision="ENG", on=date(2026, 3, 10), name="England")
    Holiday.objects.create(country="GB", on=date(2026, 12, 25), name="Closed, and it is Christmas")

    named = freeze(aberdeen, NOON).holidays

    assert (named["2026-03-06"], named["2026-03-09"]) == ("All of it", "Scotland")
    assert "2026-03-10" not in named
    assert named["2026-12-25"] == "Closed, and it is Christmas"
    assert "2026-03-06" not in freeze(new_york, NOON).holidays


def test_a_later_closure_does_not_move_what_is_frozen(aberdeen):
    before = freeze(aberdeen, NOON)
    Holiday.objects.create(country="GB", on=date(2026, 3, 6), name="Closed for a move")

    after = freeze(aberdeen, NOON)

    assert "2026-03-06" not in FrozenCalendar.objects.get(pk=before.pk).holidays
    assert after != before
    assert after.holidays["2026-03-06"] == "Closed for a move"


def test_equal_hours_are_one_row(aberdeen):
    assert freeze(aberdeen, NOON) == freeze(aberdeen, NOON)
    assert FrozenCalendar.objects.count() == 1


def test_each_year_is_copied_once_and_a_later_release_changes_nothing(aberdeen, monkeypatch):
    freeze(aberdeen, NOON)
    before = set(Holiday.objects.values_list("subdivision", "on", "name"))
    monkeypatch.setattr(holidays, "country_holidays", lambda *_, **__: {date(2026, 3, 6): "Of a later release"})

    pin_public_holidays("GB", "SCT", range(2025, 2030))

    assert set(Holiday.objects.values_list("subdivision", "on", "name")) == before


def test_a_public_holiday_that_an_administrator_deletes_stays_deleted(aberdeen):
    freeze(aberdeen, NOON)
    Holiday.objects.filter(on=date(2026, 11, 30)).delete()

    assert "2026-11-30" not in freeze(aberdeen, NOON).holidays


def test_a_country_may_have_a_working_week_of_its_own(aberdeen):
    sunday_to_thursday = {"6": [["08:00", "18:00"]], "0": [["08:00", "12:00"], ["13:00", "24:00"]]}
    RegionCalendar.objects.create(region=aberdeen.region, country="EG", weekly=sunday_to_thursday)
    cairo = Organization(region=aberdeen.region, country="EG", city="Cairo", zone="Africa/Cairo")

    assert freeze(cairo, NOON).weekly == sunday_to_thursday
    assert freeze(aberdeen, NOON).weekly == MONDAY_TO_FRIDAY


@pytest.mark.clause("C-FTS-03")
def test_an_unknown_zone_is_that_of_the_regions_anchor(tokyo):
    tokyo.zone = tokyo.city = ""

    calendar = freeze(tokyo, NOON)

    assert (calendar.zone, calendar.place) == ("Asia/Tokyo", "Tokyo")


@pytest.mark.parametrize(
    ("zone", "closes", "ends"),
    [
        ("Europe/London", "18:00", datetime(2026, 3, 27, 18, tzinfo=UTC)),
        ("Asia/Kolkata", "18:00", datetime(2026, 3, 27, 12, 30, tzinfo=UTC)),
        ("Europe/London", "24:00", datetime(2026, 3, 28, tzinfo=UTC)),
        ("America/New_York", "24:00", datetime(2026, 3, 28, 4, tzinfo=UTC)),
    ],
)
def test_a_business_day_ends_at_its_last_closing(zone, closes, ends):
    calendar = FrozenCalendar(zone=zone, weekly={"4": [["08:00", "12:00"], ["13:00", closes]]}, holidays={})

    assert calendar.close_of_business(date(2026, 3, 27)) == ends


def test_business_days_are_days_with_hours_that_are_no_holidays():
    calendar = FrozenCalendar(weekly=MONDAY_TO_FRIDAY, holidays={"2026-03-06": "Town fair"})

    open_days = [day for day in range(2, 9) if calendar.is_business_day(date(2026, 3, day))]

    assert open_days == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "weekly",
    [
        MONDAY_TO_FRIDAY,
        {"0": [["00:00", "24:00"]]},
        {"0": [["08:00", "12:00"], ["13:00", "18:00"]], "6": []},
    ],
)
def test_right_weekly_hours(weekly):
    validate_weekly(weekly)


@pytest.mark.parametrize(
    "weekly",
    [
        {},
        {"0": []},
        [],
        "always",
        {"7": [["08:00", "18:00"]]},
        {"0": [["18:00", "08:00"]]},
        {"0": [["8:00", "18:00"]]},
        {"0": [["08:00", "24:30"]]},
        {"0": [["08:00", 18]]},
        {"0": [["08:00"]]},
        {"0": "08:00-18:00"},
        {"0": [["08:00", "13:00"], ["12:00", "18:00"]]},
    ],
)
def test_wrong_weekly_hours_are_refused(weekly):
    with pytest.raises(ValidationError):
        validate_weekly(weekly)
