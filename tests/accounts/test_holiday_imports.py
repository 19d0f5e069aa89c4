"""Importing a year of public holidays: seen first, all or nothing."""

from datetime import date, time

import holidays
import pytest

from accounts import calendar_keeping
from accounts.calendars import as_of, freeze, renewed
from accounts.holiday_imports import Change, Difference, Kind, Line, difference, import_holidays
from accounts.models import Holiday, HolidayImport
from tests.cast import NOON, refused

YEAR = 2027
BOXING_DAY, FAIR, EASTER = date(2027, 12, 27), date(2027, 5, 21), date(2027, 3, 29)


def pinned() -> dict[date, str]:
    rows = Holiday.objects.filter(country="GB", subdivision="SCT", on__year=YEAR, source="library")
    return dict(rows.values_list("on", "name"))


@pytest.fixture
def later_release(aberdeen, monkeypatch) -> None:
    """What was pinned for Scotland, and a package that by now says something else: added, removed and renamed."""
    freeze(aberdeen, NOON)
    told = pinned()
    told[FAIR] = "Town fair"
    told[date(2027, 1, 1)] = "Hogmanay"
    del told[date(2027, 8, 2)]
    monkeypatch.setattr(holidays, "country_holidays", lambda *_, **__: told)


@pytest.mark.clause("C-COV-02")
def test_the_difference_says_what_an_import_would_add_remove_and_rename(later_release):
    before = pinned()

    found = difference("GB", "SCT", YEAR)

    assert found.changes == (
        Change(date(2027, 1, 1), "New Year's Day", "Hogmanay"),
        Change(FAIR, "", "Town fair"),
        Change(date(2027, 8, 2), "Summer Bank Holiday", ""),
    )
    assert pinned() == before


@pytest.mark.clause("C-COV-02")
def test_a_holiday_that_leaves_a_day_for_another_is_told_as_moved():
    changes = (
        Change(date(2027, 1, 1), "New Year's Day", "Hogmanay"),
        Change(date(2027, 3, 1), "", "Founders' Day"),
        Change(date(2027, 3, 8), "Founders' Day", ""),
        Change(FAIR, "", "Town fair"),
        Change(date(2027, 8, 2), "Summer Bank Holiday", ""),
    )

    assert Difference("GB", "SCT", YEAR, "1", changes).lines == [
        Line(Kind.RENAMED, date(2027, 1, 1), "Hogmanay", "New Year's Day"),
        Line(Kind.MOVED, date(2027, 3, 1), "Founders' Day", "Mon 8 Mar 2027"),
        Line(Kind.ADDED, FAIR, "Town fair"),
        Line(Kind.REMOVED, date(2027, 8, 2), "Summer Bank Holiday"),
    ]


def test_an_import_makes_the_difference_and_says_who_did(later_release, administrator):
    found = import_holidays("GB", "SCT", YEAR, by=administrator, at=NOON)

    assert len(found.changes) == 3
    assert (pinned()[FAIR], pinned()[date(2027, 1, 1)]) == ("Town fair", "Hogmanay")
    assert date(2027, 8, 2) not in pinned()
    assert difference("GB", "SCT", YEAR).changes == ()
    record = HolidayImport.objects.get(country="GB", subdivision="SCT", year=YEAR)
    assert (record.imported_by, record.imported_at) == (administrator, NOON)


def test_closures_of_administrators_stay(later_release, administrator):
    Holiday.objects.create(country="GB", subdivision="SCT", on=FAIR, name="Town fair", closed_from=time(13))

    import_holidays("GB", "SCT", YEAR, by=administrator, at=NOON)

    assert Holiday.objects.get(on=FAIR).source == Holiday.Source.ADMIN


CLOSED_BY_HAND = {"all day": (None, "Town fair"), "from one o'clock": (time(13), "Town fair, closed from 13:00")}


@pytest.mark.clause("C-COV-02")
@pytest.mark.parametrize(("closed_from", "told"), CLOSED_BY_HAND.values(), ids=CLOSED_BY_HAND)
def test_a_holiday_that_is_closed_by_hand_already_is_kept_and_not_told_as_added(
    later_release, aberdeen, administrator, closed_from, told
):
    Holiday.objects.create(country="GB", subdivision="SCT", on=FAIR, name="Town fair", closed_from=closed_from)
    before = freeze(aberdeen, NOON)

    found = import_holidays("GB", "SCT", YEAR, by=administrator, at=NOON)

    assert [line for line in found.lines if line.on == FAIR] == [Line(Kind.KEPT, FAIR, told)]
    assert FAIR not in {change.on for change in found.changes}
    assert (FAIR in freeze(aberdeen, NOON).closed_on) is (FAIR in before.closed_on)


@pytest.mark.clause("C-COV-02")
def test_a_renamed_holiday_still_closes_the_whole_day_beside_a_half_day_of_its_new_name(
    later_release, aberdeen, administrator
):
    new_year = date(2027, 1, 1)
    Holiday.objects.create(country="GB", subdivision="SCT", on=new_year, name="Hogmanay", closed_from=time(13))

    import_holidays("GB", "SCT", YEAR, by=administrator, at=NOON)

    assert pinned()[new_year] == "New Year's Day"
    assert new_year in freeze(aberdeen, NOON).closed_on


@pytest.mark.clause("C-COV-02")
@pytest.mark.parametrize(("closed_from", "told"), CLOSED_BY_HAND.values(), ids=CLOSED_BY_HAND)
def test_a_public_holiday_takes_the_place_of_the_closure_that_stood_for_it(
    later_release, aberdeen, administrator, closed_from, told
):
    fair = Holiday.objects.create(country="GB", subdivision="SCT", on=FAIR, name="Town fair", closed_from=closed_from)
    import_holidays("GB", "SCT", YEAR, by=administrator, at=NOON)

    assert calendar_keeping.reopen(fair, by=administrator)

    assert pinned()[FAIR] == "Town fair"
    assert FAIR in freeze(aberdeen, NOON).closed_on


def test_a_closure_that_stood_for_nothing_leaves_the_day_open(later_release, aberdeen, administrator):
    day = date(2027, 6, 4)
    stocktaking = Holiday.objects.create(country="GB", subdivision="SCT", on=day, name="Stocktaking")

    assert not calendar_keeping.reopen(stocktaking, by=administrator)

    assert day not in freeze(aberdeen, NOON).closed_on


def test_what_would_be_frozen_is_told_alike_before_a_year_is_pinned(aberdeen):
    christmas = date(2027, 12, 25)
    Holiday.objects.create(country="GB", subdivision="SCT", on=christmas, name="Christmas Day", closed_from=time(13))

    before = as_of(aberdeen, NOON)

    assert before.content == freeze(aberdeen, NOON).content
    assert christmas in before.closing_times


@pytest.mark.parametrize(
    ("country", "subdivision", "year", "code"),
    [
        pytest.param("XX", "", YEAR, "country_unknown", id="country"),
        pytest.param("", "", YEAR, "country_unknown", id="no country"),
        pytest.param("GB", "XYZ", YEAR, "subdivision_unknown", id="subdivision"),
        pytest.param("GB", "SCT", 1500, "year_unknown", id="year"),
    ],
)
def test_what_the_package_does_not_know_is_refused_and_changes_nothing(db, country, subdivision, year, code):
    with refused(code):
        import_holidays(country, subdivision, year, by=None, at=NOON)

    assert not HolidayImport.objects.exists()
    assert not Holiday.objects.exists()


def test_an_import_that_fails_half_way_changes_nothing(later_release, administrator, monkeypatch):
    before = pinned()
    monkeypatch.setattr("accounts.holiday_imports.pin", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        import_holidays("GB", "SCT", YEAR, by=administrator, at=NOON)

    assert pinned() == before


def test_what_was_not_looked_at_is_not_imported(later_release, administrator):
    seen = difference("GB", "SCT", YEAR).token
    Holiday.objects.filter(on=date(2027, 12, 27)).delete()

    with refused("import_changed"):
        import_holidays("GB", "SCT", YEAR, by=administrator, at=NOON, seen=seen)

    assert FAIR not in pinned()


# Half days


@pytest.mark.clause("C-COV-02")
def test_a_half_day_is_frozen_with_the_hour_from_which_it_is_closed(aberdeen):
    before = freeze(aberdeen, NOON)
    Holiday.objects.create(country="GB", on=date(2026, 12, 24), name="Christmas Eve", closed_from=time(13))
    Holiday.objects.create(country="GB", on=date(2026, 12, 31), name="Hogmanay", closed_from=time(15))
    Holiday.objects.create(
        country="GB", subdivision="SCT", on=date(2026, 12, 31), name="Early Hogmanay", closed_from=time(12)
    )
    Holiday.objects.create(country="GB", on=date(2026, 12, 25), name="Too late", closed_from=time(12))

    after = freeze(aberdeen, NOON)

    assert after.half_days == {"2026-12-24": ["13:00", "Christmas Eve"], "2026-12-31": ["12:00", "Early Hogmanay"]}
    assert after.closure_names[date(2026, 12, 24)] == "Christmas Eve, closed from 13:00"
    assert after.closure_names[date(2026, 12, 25)] == "Christmas Day"
    assert after.is_business_day(date(2026, 12, 24))
    assert f"{after.close_of_business(date(2026, 12, 24)):%H:%M}" == "13:00"
    assert renewed(before, aberdeen, NOON).content == after.content


def test_hours_without_a_half_day_keep_their_name(aberdeen):
    frozen = freeze(aberdeen, NOON)

    assert frozen.half_days == {}
    assert renewed(frozen, aberdeen, NOON).digest == frozen.digest
