"""Keeping business hours and closures: by administrators alone, noted, all or nothing."""

from datetime import date, time

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.core.exceptions import PermissionDenied

from accounts import calendar_keeping, weekly_hours
from accounts.models import Holiday, HolidayImport, Region
from tests.cases.test_at_once import at_once, refusals
from tests.cast import NOON, refused

FAIR = date(2026, 3, 6)
WEEK = {"0": [["08:00", "12:30"], ["13:30", "24:00"]]}


@pytest.fixture
def emea(db) -> Region:
    return Region.objects.get(code="emea")


@pytest.mark.clause("C-STF-02")
def test_only_administrators_keep_calendars(emea, support_manager):
    closure = Holiday(country="GB", on=FAIR, name="Fair")
    acts = [
        lambda: calendar_keeping.keep_week(emea, "", WEEK, by=support_manager),
        lambda: calendar_keeping.remove_week(emea, "EG", by=support_manager),
        lambda: calendar_keeping.keep_anchor(emea, "Europe/Paris", by=support_manager),
        lambda: calendar_keeping.close("GB", "", FAIR, "Fair", by=support_manager),
        lambda: calendar_keeping.reopen(closure, by=support_manager),
        lambda: calendar_keeping.import_years("GB", "", 2026, 2026, by=support_manager, at=NOON),
    ]

    for act in acts:
        with pytest.raises(PermissionDenied):
            act()

    assert not LogEntry.objects.exists()


def test_each_change_is_noted_with_who_made_it(emea, administrator):
    calendar_keeping.keep_week(emea, "EG", WEEK, by=administrator)
    calendar_keeping.keep_week(emea, "", WEEK, by=administrator)
    calendar_keeping.remove_week(emea, "EG", by=administrator)
    calendar_keeping.keep_anchor(emea, "Europe/Paris", by=administrator)
    closure = calendar_keeping.close("GB", "SCT", FAIR, "Fair", time(13), by=administrator)
    calendar_keeping.reopen(closure, by=administrator)
    calendar_keeping.import_years("GB", "", 2027, 2028, by=administrator, at=NOON)

    noted = LogEntry.objects.order_by("pk").values_list("user", "content_type__model", "action_flag")
    assert list(noted) == [
        (administrator.pk, model, flag)
        for model, flag in [
            ("regioncalendar", ADDITION),
            ("regioncalendar", CHANGE),
            ("regioncalendar", DELETION),
            ("region", CHANGE),
            ("holiday", ADDITION),
            ("holiday", DELETION),
            ("holidayimport", CHANGE),
            ("holidayimport", CHANGE),
        ]
    ]


def test_a_year_that_is_not_known_leaves_the_years_before_it_untouched(administrator, monkeypatch):
    monkeypatch.setattr(
        "accounts.holiday_imports.holidays.country_holidays",
        lambda *_, years, **__: {FAIR: "Fair"} if years == 2026 else {},
    )

    with refused("year_unknown"):
        calendar_keeping.import_years("GB", "", 2026, 2027, by=administrator, at=NOON)

    assert not Holiday.objects.exists()
    assert not HolidayImport.objects.exists()
    assert not LogEntry.objects.exists()


def test_the_hours_of_a_region_and_public_holidays_are_not_removed(emea, administrator):
    public = Holiday.objects.create(country="GB", on=FAIR, name="Fair", source=Holiday.Source.LIBRARY)

    with refused("week_needed"):
        calendar_keeping.remove_week(emea, "", by=administrator)
    with refused("closure_public"):
        calendar_keeping.reopen(public, by=administrator)


def test_hours_that_cannot_be_are_refused_whoever_writes_them(emea, administrator):
    for weekly in ({}, {"0": [["18:00", "08:00"]]}, {"7": [["08:00", "18:00"]]}):
        with refused("weekly_impossible"):
            calendar_keeping.keep_week(emea, "", weekly, by=administrator)


def test_a_place_where_an_organization_is_may_be_closed_though_the_package_does_not_know_it(aberdeen, administrator):
    aberdeen.country, aberdeen.subdivision = "XX", "NORTH"
    aberdeen.save()

    calendar_keeping.close("XX", "NORTH", FAIR, "Fair", by=administrator)

    with refused("subdivision_unknown"):
        calendar_keeping.close("XX", "SOUTH", FAIR, "Fair", by=administrator)


# Two keepers


def test_hours_that_a_keeper_did_not_see_are_neither_changed_nor_removed(emea, administrator):
    calendar_keeping.keep_week(emea, "EG", WEEK, by=administrator)
    shown = calendar_keeping.hours_version(emea, "EG")
    other = {"6": [["08:00", "18:00"]]}
    calendar_keeping.keep_week(emea, "EG", other, by=administrator, seen=shown)

    with refused("changed_meanwhile"):
        calendar_keeping.keep_week(emea, "EG", WEEK, by=administrator, seen=shown)
    with refused("changed_meanwhile"):
        calendar_keeping.remove_week(emea, "EG", by=administrator, seen=shown)

    assert emea.calendars.get(country="EG").weekly == other


def test_the_zone_of_a_region_goes_with_its_hours(emea, administrator):
    shown = calendar_keeping.hours_version(emea, "")
    calendar_keeping.keep_anchor(emea, "Europe/Warsaw", by=administrator)

    with refused("changed_meanwhile"):
        calendar_keeping.keep_week(emea, "", WEEK, by=administrator, seen=shown)


def test_what_is_removed_already_is_not_removed_again(emea, administrator):
    closure = calendar_keeping.close("GB", "SCT", FAIR, "Fair", by=administrator)
    Holiday.objects.all().delete()

    with refused("gone_meanwhile"):
        calendar_keeping.reopen(closure, by=administrator)
    with refused("gone_meanwhile"):
        calendar_keeping.remove_week(emea, "EG", by=administrator)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [("Fair", "Fair"), ("Fair", "Stocktaking")])
def test_a_day_is_closed_once_however_many_close_it(administrator, names):
    outcomes = at_once(
        *(lambda name=name: calendar_keeping.close("GB", "", FAIR, name, by=administrator) for name in names)
    )

    assert refusals(outcomes) == ["on_taken"]


def test_a_year_that_is_pinned_while_a_day_is_closed_refuses_it_next_to_the_day(administrator, monkeypatch):
    """The row of the same name comes in between the look and the writing."""
    really = calendar_keeping._require_open

    def pinned_after(*place):
        monkeypatch.setattr(calendar_keeping, "_require_open", really)
        Holiday.objects.create(country="GB", on=FAIR, name="Fair", source=Holiday.Source.LIBRARY)

    monkeypatch.setattr(calendar_keeping, "_require_open", pinned_after)

    with refused("on_taken"):
        calendar_keeping.close("GB", "", FAIR, "Fair", by=administrator)


# How a day's hours are typed


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-12:30, 13:30-18:00", [["09:00", "12:30"], ["13:30", "18:00"]]),
        ("13:30–18:00; 9:00 to 12:30", [["09:00", "12:30"], ["13:30", "18:00"]]),
        (" 00:00 - 24:00 ", [["00:00", "24:00"]]),
        ("08:00-12:00, 12:00-18:00", [["08:00", "18:00"]]),
        ("", []),
        ("Closed", []),
        ("-", []),
    ],
)
def test_a_days_hours_are_read_as_people_type_them(text, hours):
    assert weekly_hours.read(text) == hours
    assert weekly_hours.read(weekly_hours.write(hours)) == hours


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("09:00", "hours_unreadable"),
        ("09:00-18:00,", "hours_unreadable"),
        ("09:00-25:00", "hours_unreadable"),
        ("09:00-17:75", "hours_unreadable"),
        ("0\u0669:00-18:00", "hours_unreadable"),
        ("24:00-24:00", "hours_reversed"),
        ("22:00-06:00", "hours_reversed"),
        ("09:00-13:00, 12:00-18:00", "hours_overlap"),
        ("09:00-18:00, 10:00-11:00", "hours_overlap"),
    ],
)
def test_hours_that_no_day_has_are_refused(text, code):
    with refused(code):
        weekly_hours.read(text)
