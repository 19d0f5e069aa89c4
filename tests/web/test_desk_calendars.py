"""Business hours and holidays: read by staff, changed by administrators who see first what that would do."""

import re
from datetime import date, time

import holidays
import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import Holiday, HolidayImport, Region, RegionCalendar
from cases.enums import Severity
from tests.cast import DAY, HOUR, NOON, kinds
from tests.web.conftest import hidden_fields
from tests.web.statements import statements

pytestmark = pytest.mark.usefixtures("at_one")

CALENDARS = "/desk/calendars/"
PLACE = f"{CALENDARS}place/?country=GB&subdivision=SCT"
WEEK, NEW_WEEK = f"{CALENDARS}week/?region=emea", f"{CALENDARS}week/new/?region=emea"
CLOSURE, IMPORT = f"{CALENDARS}closures/new/?country=GB", f"{CALENDARS}import/?country=GB&subdivision=SCT"
TOMORROW = (NOON + DAY).date()


@pytest.fixture
def admin_page(browse, administrator):
    return browse(administrator)


@pytest.fixture
def running(open_case):
    """A case in Aberdeen, of eight business hours, that is due tomorrow at ten."""
    case = open_case(severity=Severity.THREE, at=NOON)
    assert due(case) == NOON + DAY - 2 * HOUR
    return case


def due(case):
    case.clock.refresh_from_db()
    return case.clock.due_at


def text_of(response) -> str:
    """What a page says, its words parted by single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()).replace("&#x27;", "'")


def week(**other) -> dict[str, str]:
    """The form of a week filled in: weekdays from eight to six."""
    days = {f"day_{weekday}": "08:00-18:00" if weekday < 5 else "" for weekday in range(7)}
    return days | {"zone": "Europe/London"} | other


def closure(**other) -> dict[str, str]:
    """The form of a closure filled in: Scotland is closed tomorrow."""
    filled = {"country": "gb", "subdivision": "sct", "on": f"{TOMORROW}", "closed_from": "", "name": "Town fair"}
    return filled | other


def years(**other) -> dict[str, str]:
    """The form of an import filled in: Scotland in 2026."""
    return {"country": "GB", "subdivision": "SCT", "year": "2026", "last_year": "2026"} | other


def change(client, address, form, how="save"):
    """Look at a change, then make it."""
    form = form | shown(client, address)
    looked = shown(client.post(address, form | {"look": "1"}))
    return client.post(address, form | looked | {how: "1"})


def shown(page, address="") -> dict[str, str]:
    """What the form of a page carries unseen; of the page at `address` when `page` is a browser."""
    return hidden_fields(page.get(address) if address else page)


# Reading


@pytest.mark.clause("C-COV-02", "C-STF-02")
def test_staff_read_and_only_administrators_change(browse, engineer, support_manager, technical_contact, running):
    forms = [WEEK, NEW_WEEK, CLOSURE, IMPORT, f"{CALENDARS}week/running-cases/?region=emea"]

    for reader in (browse(engineer), browse(support_manager)):
        assert "Monday to Friday, 08:00 to 18:00" in text_of(reader.get(CALENDARS))
        assert "Import public holidays" not in text_of(reader.get(CALENDARS))
        assert "Good Friday" in text_of(reader.get(PLACE))
        assert {reader.get(form).status_code for form in forms} == {403}
        assert {reader.post(form, {"save": "1"}).status_code for form in forms} == {403}
    assert {browse(technical_contact).get(one).status_code for one in [CALENDARS, PLACE, *forms]} == {404}


@pytest.mark.clause("C-COV-02")
def test_a_place_shows_its_coming_year_with_closures_and_half_days(browse, engineer, running):
    Holiday.objects.create(country="GB", on=date(2026, 12, 24), name="Christmas Eve", closed_from=time(13))
    Holiday.objects.create(country="GB", subdivision="ENG", on=date(2026, 3, 9), name="Not in Scotland")

    page = browse(engineer).get(PLACE)

    text = text_of(page)
    assert "Thursday 24 December 2026 Christmas Eve, closed from 13:00 Closure of all United Kingdom (GB)" in text
    assert "Friday 25 December 2026 Christmas Day Public holiday" in text
    assert "Not in Scotland" not in text
    assert "Pinned: 2025 (release" in text
    assert 'aria-label="21 business days. Closed: 24 Christmas Eve, closed from 13:00; 25' in page.content.decode()


def test_a_place_where_nobody_is_yet_shows_what_would_hold(browse, engineer):
    text = text_of(browse(engineer).get(f"{CALENDARS}place/?country=JP"))

    assert "Holidays of Japan (JP)" in text
    assert "No organization is there. By the hours of Americas, for example: Monday to Friday" in text
    assert "No year is pinned yet" in text
    assert not HolidayImport.objects.exists()


def test_the_list_costs_the_same_for_one_place_and_for_many(browse, engineer, running):
    one = len(statements(browse(engineer), CALENDARS))
    Holiday.objects.bulk_create(
        Holiday(country=country, on=TOMORROW, name="Fair") for country in ("DE", "FR", "IT", "JP", "US")
    )

    assert len(statements(browse(engineer), CALENDARS)) == one
    assert "Germany (DE) 0 1 day Thu 5 Mar, Fair not pinned yet" in text_of(browse(engineer).get(CALENDARS))


# Weekly hours


@pytest.mark.clause("C-COV-02", "C-DOC-04")
def test_a_change_of_hours_shows_which_clocks_would_move_and_moves_none(admin_page, administrator, running):
    before, form = due(running), week(day_2="9:00-12:30, 13:30-18:00") | shown(admin_page, WEEK)

    look = admin_page.post(WEEK, form | {"look": "1"})

    assert running.number in text_of(look)
    assert "1 running clock would move, if counted anew. The change alone moves none." in text_of(look)
    assert RegionCalendar.objects.get(region="emea").weekly["2"] == [["08:00", "18:00"]]

    assert change(admin_page, WEEK, form).status_code == 302
    assert RegionCalendar.objects.get(region="emea").weekly["2"] == [["09:00", "12:30"], ["13:30", "18:00"]]
    assert due(running) == before
    assert LogEntry.objects.get().user == administrator


@pytest.mark.clause("C-DOC-04")
def test_running_cases_are_counted_by_new_hours_only_when_asked_to(admin_page, running):
    change(admin_page, WEEK, week(day_2="08:00-12:30, 14:30-24:00"), "count")

    assert due(running) == NOON + 10 * HOUR
    assert kinds(running) == ["received", "terms_changed"]


@pytest.mark.clause("C-DOC-04")
def test_saved_hours_can_be_taken_to_running_cases_later(admin_page, running):
    later = f"{CALENDARS}week/running-cases/?region=emea"
    change(admin_page, WEEK, week(day_2="08:00-12:30, 14:30-24:00"))

    look = admin_page.get(later)
    counted = admin_page.post(later, {"count": "1", "looked": look.context["form"]["looked"].value()}, follow=True)

    assert running.number in text_of(look)
    assert "Running cases counted anew: 1." in text_of(counted)
    assert due(running) == NOON + 10 * HOUR
    assert "No running clock would move." in text_of(admin_page.get(later))


@pytest.mark.clause("C-COV-02")
def test_a_country_gets_hours_of_its_own_and_goes_back_to_the_regions(admin_page, running):
    own, removal = f"{WEEK}&country=GB", f"{CALENDARS}week/removal/?region=emea&country=GB"
    sunday_to_thursday = week(country="gb", day_4="", day_6="08:00-18:00", day_2="")

    look = admin_page.post(NEW_WEEK, sunday_to_thursday | {"look": "1"})
    change(admin_page, NEW_WEEK, sunday_to_thursday)

    kept = RegionCalendar.objects.get(region="emea", country="GB")
    assert running.number in text_of(look)
    assert sorted(kept.weekly) == ["0", "1", "3", "6"]
    assert "08:00-18:00" in admin_page.get(own).content.decode()
    look = admin_page.post(WEEK, week(day_2="") | shown(admin_page, WEEK) | {"look": "1"})
    assert "No running clock would move" in text_of(look)

    change(admin_page, removal, {})
    assert not RegionCalendar.objects.filter(country="GB").exists()
    assert admin_page.get(removal).status_code == 404


def test_the_zone_of_a_region_is_for_organizations_without_one(admin_page, aberdeen):
    change(admin_page, WEEK, week(zone="Europe/Warsaw"))

    assert Region.objects.get(code="emea").anchor_zone == "Europe/Warsaw"


@pytest.mark.parametrize(
    ("address", "wrong", "field", "said"),
    [
        (WEEK, {f"day_{day}": "" for day in range(7)}, "__all__", "A calendar is open at some time of the week."),
        (WEEK, {"day_1": "08:00-12:00, 11:00-18:00"}, "day_1", "11:00-18:00 overlaps 08:00-12:00."),
        (WEEK, {"day_1": "18:00-08:00"}, "day_1", "18:00-08:00 ends before it begins."),
        (WEEK, {"day_1": "08:00-08:00"}, "day_1", "ends before it begins"),
        (WEEK, {"day_1": "early till late"}, "day_1", "“early till late” is not like 09:00-18:00."),
        (WEEK, {"day_1": "08:00-24:30"}, "day_1", "There is no 24:30"),
        (WEEK, {"day_1": "08:60-18:00"}, "day_1", "There is no 08:60"),
        (WEEK, {"zone": "Europe/Atlantis"}, "zone", "is not the name of a time zone"),
        (WEEK, {"zone": "EST"}, "zone", "is not the name of a time zone"),
        (WEEK, {"zone": ""}, "zone", "Name a time zone."),
        (NEW_WEEK, {"country": "XX"}, "country", "“XX” is not a country"),
        (NEW_WEEK, {"country": ""}, "country", "Choose a country."),
        (NEW_WEEK, {"country": "GBR"}, "country", "Choose a country of the list."),
        (CLOSURE, {"country": "XX"}, "country", "“XX” is not a country"),
        (CLOSURE, {"subdivision": "XYZ"}, "subdivision", "“XYZ” is no part of GB"),
        (CLOSURE, {"on": "soon"}, "on", "Choose a day."),
        (CLOSURE, {"on": "1926-03-05"}, "on", "Choose a day from 2000 to 2099."),
        (CLOSURE, {"on": "2026-12-25"}, "on", "25 December 2026 is closed already: Christmas Day."),
        (CLOSURE, {"closed_from": "00:00"}, "closed_from", "Closed from midnight is closed all day"),
        (CLOSURE, {"closed_from": "25:00"}, "closed_from", "Give a time"),
        (CLOSURE, {"name": ""}, "name", "Name it."),
        (IMPORT, {"country": "XX"}, "country", "“XX” is not a country"),
        (IMPORT, {"subdivision": "XYZ"}, "subdivision", "“XYZ” is no part of GB"),
        (IMPORT, {"year": "MMXXVI"}, "year", "Give a year, such as 2027."),
        (IMPORT, {"year": "1500"}, "year", "Choose a year from 2000 to 2099."),
        (IMPORT, {"year": "2028"}, "last_year", "the first one before the last."),
        (IMPORT, {"last_year": "2099"}, "last_year", "Choose up to 10 years"),
    ],
    ids=lambda value: str(value)[:60],
)
@pytest.mark.parametrize("how", ["look", "save"])
def test_what_cannot_be_is_said_next_to_its_field_and_changes_nothing(
    admin_page, running, address, wrong, field, said, how
):
    usual = {WEEK: week, NEW_WEEK: lambda **other: week(country="EG") | other, CLOSURE: closure, IMPORT: years}
    form = shown(admin_page, address) | usual[address](**wrong)
    before = everything()

    page = admin_page.post(address, form | {how: "1"})

    assert page.status_code == 422
    assert said in " ".join(page.context["form"].errors[field])
    assert {page.context["form"][name].value() for name in wrong} == set(wrong.values())
    assert everything() == before


def everything():
    """All rows that the pages keep."""
    kept = (Region, RegionCalendar, Holiday, HolidayImport, LogEntry)
    return [list(model.objects.order_by("pk").values()) for model in kept]


def test_a_closure_is_told_once_for_the_whole_country_and_a_part_of_it(admin_page, running):
    change(admin_page, CLOSURE, closure(subdivision=""))

    again = admin_page.post(CLOSURE, closure(name="Another") | {"look": "1"})

    assert "5 March 2026 is closed already: Town fair." in again.context["form"].errors["on"]


def test_a_country_has_hours_of_its_own_once(admin_page, running):
    change(admin_page, NEW_WEEK, week(country="EG"))

    again = admin_page.post(NEW_WEEK, week(country="EG") | {"look": "1"})

    assert "Egypt (EG) has hours of its own already: change those." in again.context["form"].errors["country"]


def changed(page) -> list[str]:
    """What a change would change itself, as the page says it."""
    return page.context["look"].changes


def noted(page) -> list[str]:
    """What is to be weighed about a change."""
    return page.context["look"].notes


@pytest.mark.clause("C-COV-02")
def test_a_change_of_hours_is_written_out_day_by_day(admin_page, aberdeen):
    form = week(day_5="9:00-12:00", day_0="", zone="Europe/Warsaw") | shown(admin_page, WEEK)

    page = admin_page.post(WEEK, form | {"look": "1"})

    assert changed(page) == [
        "Monday: 08:00–18:00 → closed",
        "Saturday: closed → 09:00–12:00",
        "Time zone of the region: Europe/London → Europe/Warsaw",
    ]
    assert "Saturday: closed → 09:00–12:00" in text_of(page)


def test_hours_that_nobody_touched_cannot_be_saved(admin_page, aberdeen):
    page = admin_page.post(WEEK, week() | shown(admin_page, WEEK) | {"look": "1"})

    assert page.status_code == 422
    assert "Nothing is changed." in text_of(page)
    assert 'name="save"' not in page.content.decode()


def test_hours_of_a_country_come_with_what_speaks_against_them(admin_page, aberdeen, new_york):
    own = f"{WEEK}&country=US"

    egypt = admin_page.post(NEW_WEEK, week(country="EG") | {"look": "1"})
    states = admin_page.post(NEW_WEEK, week(country="US") | {"look": "1"})
    by_address = admin_page.post(own, week(day_4="") | shown(admin_page, own) | {"save": "1"})

    served = "United States (US) is served by Americas: no case there would be counted by this."
    assert noted(egypt) == [
        "No organization of EMEA is in Egypt (EG) yet.",
        "These are the hours of EMEA: the country keeps them when the region's change.",
    ]
    assert states.context["form"].errors["country"] == [served]
    assert by_address.context["form"].errors["__all__"] == [served]
    assert not RegionCalendar.objects.filter(country="US").exists()


CLOSED = {
    "a day": ({}, "Thursday 5 March 2026: open 08:00–18:00 → closed", []),
    "an afternoon": ({"closed_from": "12:00"}, "Thursday 5 March 2026: open 08:00–18:00 → closed from 12:00", []),
    "a Saturday": (
        {"on": "2026-03-07"},
        "",
        ["Nothing is open there on a Saturday anyway."],
    ),
    "an evening": (
        {"closed_from": "19:00"},
        "Thursday 5 March 2026: open 08:00–18:00 → closed from 19:00",
        ["Nothing is open there after 18:00 anyway."],
    ),
    "yesterday": (
        {"on": "2026-03-03"},
        "Tuesday 3 March 2026: open 08:00–18:00 → closed",
        ["The day lies in the past."],
    ),
}


@pytest.mark.clause("C-COV-02")
@pytest.mark.parametrize(("given", "change", "notes"), CLOSED.values(), ids=CLOSED)
def test_a_closure_says_what_it_closes_and_what_is_closed_anyway(admin_page, aberdeen, given, change, notes):
    page = admin_page.post(CLOSURE, closure(**given) | {"look": "1"})

    assert changed(page) == [change] * bool(change)
    assert noted(page) == notes


@pytest.mark.clause("C-FTS-03")
def test_a_place_goes_by_the_region_of_who_is_there(browse, engineer, emea_center, aberdeen):
    reader = browse(engineer)

    def told(country: str) -> str:
        return text_of(reader.get(f"{CALENDARS}place/?country={country}"))

    assert "No organization" not in told("GB")
    assert "By the hours of Americas, for example" in told("PL")
    emea_center.country = "PL"
    emea_center.save()
    assert "would be counted. EMEA. No organization is there yet." in told("PL")


def test_a_place_without_pinned_holidays_is_one_step_from_its_import(admin_page, aberdeen):
    page = admin_page.get(CALENDARS)

    (address,) = re.findall(r'href="([^"]+)">Import<', page.content.decode())
    form = admin_page.get(address.replace("&amp;", "&"))

    assert (form.context["form"]["country"].value(), form.context["form"]["subdivision"].value()) == ("GB", "SCT")
    assert "United Kingdom, Scotland (GB, SCT)" in text_of(page)
    assert '<option value="EG">Egypt (EG)</option>' in form.content.decode()


def test_a_day_of_the_week_is_not_called_optional(admin_page):
    assert "optional" not in text_of(admin_page.get(WEEK))


@pytest.mark.parametrize("odd", ["\0", "9" * 40, "0001-01-01", "9999-12-31"], ids=ascii)
def test_no_address_and_no_field_is_too_odd_to_be_answered(admin_page, running, odd):
    asked = dict.fromkeys(("region", "country", "subdivision", "on", "name"), odd)
    pages = [f"{CALENDARS}{one}/" for one in ("place", "week", "week/new", "week/removal", "closures/removal")]
    usual = {WEEK: week(), NEW_WEEK: week(country="EG"), CLOSURE: closure(), IMPORT: years()}

    answers = [admin_page.get(page, asked).status_code for page in [CALENDARS, *pages, CLOSURE, IMPORT]]
    for address, form in usual.items():
        for name in [*form, "seen", "looked"]:
            answers.append(admin_page.post(address, form | {name: odd, "save": "1"}).status_code)

    assert set(answers) <= {200, 404, 422}


def test_what_does_not_exist_is_not_found(admin_page, aberdeen):
    missing = [
        f"{CALENDARS}place/?country=XX",
        f"{CALENDARS}place/?country=GB&subdivision=XYZ",
        f"{CALENDARS}place/",
        f"{CALENDARS}week/?region=atlantis",
        f"{CALENDARS}week/?region=%00",
        f"{CALENDARS}week/removal/?region=emea",
        f"{CALENDARS}week/removal/?region=emea&country=FR",
        f"{CALENDARS}closures/removal/?country=GB&on=soon&name=Fair",
        f"{CALENDARS}closures/removal/?country=GB&on=2026-03-05&name=Fair",
    ]

    assert [admin_page.get(one).status_code for one in missing] == [404] * len(missing)


# Closures


@pytest.mark.clause("C-COV-02", "C-DOC-04")
def test_a_closure_shows_which_clocks_it_would_move_and_moves_them_only_when_asked_to(admin_page, open_case):
    case = open_case(severity=Severity.FOUR, at=NOON)
    before = due(case)

    look = admin_page.post(CLOSURE, closure() | {"look": "1"})
    change(admin_page, CLOSURE, closure())

    assert case.number in text_of(look)
    assert Holiday.objects.get(on=TOMORROW, subdivision="SCT", source="admin").name == "Town fair"
    assert due(case) == before

    later = f"{CALENDARS}closures/running-cases/?country=GB&subdivision=SCT"
    change(admin_page, later, {}, "count")
    assert due(case) == before + DAY


@pytest.mark.clause("C-COV-02", "C-DOC-04")
def test_a_half_day_and_its_removal_move_running_cases_when_asked_to(admin_page, open_case):
    case = open_case(severity=Severity.FOUR, at=NOON)
    before = due(case)
    assert before == NOON + DAY - 2 * HOUR

    change(admin_page, CLOSURE, closure(closed_from="09:00", subdivision=""), "count")
    moved = due(case)
    removal = f"{CALENDARS}closures/removal/?country=GB&subdivision=&on={TOMORROW}&name=Town%20fair"
    look = admin_page.get(removal)
    change(admin_page, removal, {}, "count")

    assert moved == NOON + 2 * DAY - 3 * HOUR
    assert "Town fair, Thursday 5 March 2026, from 09:00." in text_of(look)
    assert not Holiday.objects.filter(source="admin").exists()
    assert due(case) == before


@pytest.mark.clause("C-COV-02")
def test_hours_that_somebody_changed_meanwhile_are_not_written_over_unseen(admin_page, running):
    mine = week(day_2="09:00-12:00") | shown(admin_page, WEEK)
    kept = RegionCalendar.objects.get(region="emea", country="")
    kept.weekly["4"] = [["08:00", "14:00"]]
    kept.save()

    page = admin_page.post(WEEK, mine | {"look": "1"})

    told = "Somebody changed this meanwhile: Wednesday: 08:00-18:00; Friday: 08:00-14:00. Look at it again."
    assert page.status_code == 422
    assert told in text_of(page)
    assert page.context["form"]["day_2"].value() == "09:00-12:00"

    look = admin_page.post(WEEK, mine | shown(page) | {"look": "1"})
    assert admin_page.post(WEEK, mine | shown(look) | {"save": "1"}).status_code == 302


def test_hours_that_somebody_changed_after_the_look_are_not_written_over_unseen(admin_page, running):
    mine = week(day_2="09:00-12:00") | shown(admin_page, WEEK)
    looked = shown(admin_page.post(WEEK, mine | {"look": "1"}))
    Region.objects.filter(code="emea").update(anchor_zone="Europe/Warsaw")

    page = admin_page.post(WEEK, mine | looked | {"save": "1"})

    assert page.status_code == 422
    assert "Somebody changed this meanwhile: Time zone of the region: Europe/Warsaw" in text_of(page)
    assert RegionCalendar.objects.get(region="emea").weekly["2"] == [["08:00", "18:00"]]


def test_hours_of_a_country_are_not_removed_after_somebody_changed_them(admin_page, running):
    removal = f"{CALENDARS}week/removal/?region=emea&country=GB"
    change(admin_page, NEW_WEEK, week(country="gb"))
    looked = shown(admin_page, removal)
    RegionCalendar.objects.filter(country="GB").update(weekly={"0": [["08:00", "09:00"]]})

    page = admin_page.post(removal, looked | {"save": "1"})

    assert page.status_code == 422
    assert "Somebody changed this meanwhile" in text_of(page)
    assert RegionCalendar.objects.filter(country="GB").exists()


def test_clocks_that_nobody_looked_at_are_not_counted_anew(admin_page, running, open_case):
    looked = shown(admin_page.post(CLOSURE, closure() | {"look": "1"}))
    late = open_case(severity=Severity.FOUR, at=NOON)

    page = admin_page.post(CLOSURE, closure() | looked | {"count": "1"})

    assert page.status_code == 422
    assert "This is not what you looked at." in text_of(page)
    assert kinds(late) == ["received"]


def test_a_closure_that_is_removed_meanwhile_is_said_to_be(admin_page, running, monkeypatch):
    row = Holiday.objects.create(country="GB", on=TOMORROW, name="Fair")
    removal = f"{CALENDARS}closures/removal/?country=GB&on={TOMORROW}&name=Fair"
    looked = shown(admin_page, removal)
    monkeypatch.setattr("web.desk.calendar_views.get_object_or_404", lambda *_, **__: row)
    Holiday.objects.filter(name="Fair").delete()

    page = admin_page.post(removal, looked | {"save": "1"})

    assert page.status_code == 422
    assert "Somebody removed this meanwhile." in text_of(page)


def test_only_what_was_looked_at_is_saved(admin_page, running):
    looked = admin_page.post(CLOSURE, closure() | {"look": "1"}).context["form"]["looked"].value()

    other = admin_page.post(CLOSURE, closure(closed_from="13:00") | {"save": "1", "looked": looked})
    unseen = admin_page.post(CLOSURE, closure() | {"count": "1"})

    assert (other.status_code, unseen.status_code) == (422, 422)
    assert "This is not what you looked at." in text_of(other)
    assert not Holiday.objects.filter(source="admin").exists()
    assert kinds(running) == ["received"]


# Imports


@pytest.fixture
def later_release(open_case, monkeypatch):
    """A case that is due tomorrow, and a package that by now tells another 2026 for Scotland, and no 2027."""
    case = open_case(severity=Severity.FOUR, at=NOON)
    pinned = Holiday.objects.filter(country="GB", subdivision="SCT", on__year=2026, source="library")
    told = dict(pinned.values_list("on", "name"))
    told[TOMORROW] = "Day of Rest"
    told[date(2026, 1, 1)] = "Hogmanay"
    told[date(2026, 8, 10)] = told.pop(date(2026, 8, 3))
    del told[date(2026, 11, 30)]
    known = {2026: told}
    monkeypatch.setattr(holidays, "country_holidays", lambda *_, years, **__: known.get(years, {}))
    return case


@pytest.mark.clause("C-COV-02", "C-DOC-04")
def test_an_import_shows_every_difference_and_the_clocks_before_anything_is_written(admin_page, later_release):
    before = everything()

    page = text_of(admin_page.post(IMPORT, years() | {"look": "1"}))

    assert "Thu 1 Jan 2026 Hogmanay renamed before New Year's Day" in page
    assert "Thu 5 Mar 2026 Day of Rest added" in page
    assert "Mon 10 Aug 2026 Summer Bank Holiday moved before Mon 3 Aug 2026" in page
    assert "removed" in page
    assert later_release.number in page
    assert everything() == before


@pytest.mark.clause("C-COV-02")
def test_an_import_says_that_a_day_closed_by_hand_is_kept_and_its_removal_that_the_holiday_stays(
    admin_page, later_release
):
    Holiday.objects.create(country="GB", subdivision="SCT", on=TOMORROW, name="Day of Rest")
    removal = f"{CALENDARS}closures/removal/?country=GB&subdivision=SCT&on={TOMORROW}&name=Day%20of%20Rest"

    look = text_of(admin_page.post(IMPORT, years() | {"look": "1"}))
    change(admin_page, IMPORT, years())
    taken_back = text_of(admin_page.get(removal))
    change(admin_page, removal, {})

    assert "Thu 5 Mar 2026 Day of Rest kept, closed by hand" in look
    assert "Day of Rest added" not in look
    assert "Thu 5 Mar 2026 Day of Rest added" in taken_back
    assert Holiday.objects.get(on=TOMORROW).source == Holiday.Source.LIBRARY


@pytest.mark.clause("C-DOC-04")
@pytest.mark.parametrize(("how", "moved"), [("save", 0 * DAY), ("count", DAY)])
def test_an_import_moves_running_cases_only_when_asked_to(admin_page, administrator, later_release, how, moved):
    before = due(later_release)

    change(admin_page, IMPORT, years(), how)

    record = HolidayImport.objects.get(country="GB", subdivision="SCT", year=2026)
    assert Holiday.objects.get(on=TOMORROW).name == "Day of Rest"
    assert not Holiday.objects.filter(on=date(2026, 11, 30), subdivision="SCT").exists()
    assert (record.imported_by, LogEntry.objects.get().user) == (administrator, administrator)
    assert due(later_release) == before + moved


def test_an_import_that_fails_in_its_second_year_changes_nothing(admin_page, later_release):
    before = everything()

    page = admin_page.post(IMPORT, years(last_year="2027") | {"save": "1"})

    assert page.status_code == 422
    assert "No holidays of GB are known for 2027." in page.context["form"].errors["year"]
    assert everything() == before


def test_holidays_that_changed_since_the_look_are_not_imported(admin_page, later_release):
    looked = admin_page.post(IMPORT, years() | {"look": "1"}).context["form"]["looked"].value()
    Holiday.objects.filter(on=date(2026, 12, 25)).delete()

    page = admin_page.post(IMPORT, years() | {"save": "1", "looked": looked})

    assert page.status_code == 422
    assert not Holiday.objects.filter(on=TOMORROW).exists()
