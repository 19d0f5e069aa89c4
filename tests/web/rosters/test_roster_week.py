"""A center's week: who works, who is away, who is on call, and who may see and change it."""

import re
from datetime import UTC, date, datetime, time

import pytest

from accounts.enums import AbsenceReason, Layer
from accounts.models import Absence, Holiday, OnCall, RosterEntry, Shift, Swap
from tests.cast import DAY, HOUR, NOON
from tests.web.rosters.asking import ROSTERS, WEEKDAYS, text_of
from tests.web.statements import statements

pytestmark = pytest.mark.usefixtures("at_one")


# The week


@pytest.mark.clause("C-SCP-05", "C-FTS-04")
def test_the_week_shows_who_works_when_and_who_is_away(entry, browse, engineer, second_engineer):
    Absence.objects.create(
        user=engineer,
        reason=AbsenceReason.SICK,
        starts_at=NOON + DAY - 12 * HOUR,
        ends_at=NOON + DAY + 12 * HOUR,
        substitute=second_engineer,
    )
    RosterEntry.objects.create(
        user=second_engineer,
        layer=Layer.ENGINEER,
        center=entry.center,
        weekdays=[6],
        opens=time(18),
        closes=time(0),
        from_on=date(2025, 1, 1),
    )

    page = text_of(browse(engineer).get(ROSTERS))

    assert f"{entry.center}, 2 March to 8 March 2026" in page
    assert page.count("09:00–17:00") >= 5
    assert f"away: Sick leave, {second_engineer.name} stands in" in page
    assert "18:00–24:00 Engineer on call" in page
    assert "no engineer on shift" not in page


def test_a_swap_shows_under_who_takes_the_day(entry, browse, engineer, second_engineer):
    Swap.objects.create(entry=entry, on=NOON.date(), user=second_engineer, reason="A wedding.")

    assert f"for {engineer.name}" in text_of(browse(engineer).get(ROSTERS))


@pytest.mark.clause("C-COV-01")
def test_a_shift_that_nobody_fills_is_named_by_its_hours(entry, browse, engineer, second_engineer):
    RosterEntry.objects.create(
        user=second_engineer,
        center=entry.center,
        weekdays=WEEKDAYS,
        opens=time(13),
        closes=time(17),
        from_on=date(2025, 1, 1),
    )
    entry.opens = time(10)
    entry.closes = time(12)
    entry.save()

    page = text_of(browse(engineer).get(ROSTERS))

    assert "Nobody no engineer on shift 09:00–10:00 12:00–13:00" in page


@pytest.mark.clause("C-FTS-04")
def test_the_night_from_sunday_to_monday_meets_what_stands_against_it_on_monday(entry, browse, engineer):
    Shift.objects.create(center=entry.center, weekday=6, opens=time(22), closes=time(6))
    RosterEntry.objects.filter(pk=entry.pk).update(weekdays=[6], opens=time(22), closes=time(6))
    monday = datetime(2026, 3, 9, tzinfo=UTC)

    def told() -> str:
        return text_of(browse(engineer).get(ROSTERS))

    assert "22:00–06:00" in told()
    assert "no engineer on shift" in told()  # on weekdays alone
    assert "22:00–06:00 away" not in told()

    absence = Absence.objects.create(
        user=engineer, reason=AbsenceReason.SICK, starts_at=monday + 2 * HOUR, ends_at=monday + DAY
    )
    assert "22:00–06:00 away: Sick leave" in told()
    assert "02:00–06:00" in told()

    absence.delete()
    RosterEntry.objects.create(
        user=engineer, center=entry.center, weekdays=[0], opens=time(5), closes=time(9), from_on=monday.date()
    )
    assert "22:00–06:00 double-booked" in told()


def test_who_works_in_the_next_week_alone_is_not_in_this_one(entry, browse, engineer, second_engineer, emea_center):
    second_engineer.staff.center = None
    second_engineer.staff.save()
    RosterEntry.objects.create(
        user=second_engineer, center=emea_center, weekdays=[0], opens=time(5), closes=time(9), from_on=date(2026, 3, 9)
    )

    lines = browse(engineer).get(ROSTERS).context["lines"]

    assert engineer in [line.user for line in lines]
    assert second_engineer not in [line.user for line in lines]


@pytest.mark.parametrize("kind", ["absences", "turns"])
def test_a_long_list_says_how_many_more_there_are_and_shows_them_when_asked_to(entry, browse, engineer, kind):
    spans = [
        {"user": engineer, "starts_at": NOON + one * HOUR, "ends_at": NOON + (one + 1) * HOUR} for one in range(33)
    ]
    if kind == "absences":
        Absence.objects.bulk_create(Absence(reason="sick", **span) for span in spans)
    else:
        OnCall.objects.bulk_create(OnCall(duty=Layer.ENGINEER, **span) for span in spans)
    reader = browse(engineer)

    page = reader.get(ROSTERS)
    (more,) = re.findall(r'href="([^"]+)">Show the other 3<', page.content.decode())
    whole = reader.get(ROSTERS + more.replace("&amp;", "&"))

    assert len(page.context[kind].spells) == 30
    assert len(whole.context[kind].spells) == 33
    assert whole.context["monday"] == page.context["monday"]
    assert "Show the other" not in text_of(whole)


def test_hours_lead_to_what_they_follow_from_and_say_whose_they_are(entry, browse, manager, engineer):
    turn = OnCall.objects.create(user=engineer, duty=Layer.ENGINEER, starts_at=NOON + DAY, ends_at=NOON + DAY + HOUR)
    links = dict(re.findall(r'<a href="([^"]+)" title="[^"]+">(.*?)</a>', manager.get(ROSTERS).content.decode()))
    names = {address: " ".join(re.sub(r"<[^>]+>", "", link).split()) for address, link in links.items()}

    swap, own = f"{ROSTERS}entries/{entry.key}/swap/?on=2026-03-05", f"{ROSTERS}on-call/{turn.key}/"
    assert names[swap] == f"09:00–17:00, {engineer.name}, Thu 5: swap this day"
    assert names[own] == f"12:00–13:00, {engineer.name}, Thu 5: change this turn on call"
    assert own not in browse(engineer).get(ROSTERS).content.decode()


def test_the_repeating_roster_begins_with_who_works_now(entry, browse, engineer, second_engineer, emea_center):
    def also(person, **other):
        usual = {"weekdays": [0], "opens": time(7), "closes": time(9), "from_on": date(2025, 1, 1)}
        return RosterEntry.objects.create(user=person, center=emea_center, **usual | other)

    on_call = also(engineer, layer=Layer.ENGINEER, opens=time(0))
    later = also(engineer, opens=time(6), from_on=date(2026, 3, 9))
    early = [also(second_engineer), also(engineer)]
    also(engineer, until_on=date(2026, 3, 1))

    listed = [one for one, _ in browse(engineer).get(ROSTERS).context["entries"]]

    assert listed == [early[1], early[0], entry, on_call, later]


def test_a_public_holiday_stands_over_its_day(entry, browse, engineer):
    entry.center.country = "GB"
    entry.center.save()
    Holiday.objects.create(country="GB", on=NOON.date(), name="Stocktaking")

    assert "Wed 4 Stocktaking" in text_of(browse(engineer).get(ROSTERS))


def test_what_makes_no_sense_in_the_address_is_left_out(entry, browse, engineer):
    asked = browse(engineer).get(ROSTERS, {"center": "nowhere", "week": "soon"})
    far = browse(engineer).get(ROSTERS, {"week": "9999-12-31"})

    assert "2 March to 8 March 2026" in text_of(asked)
    assert far.status_code == 200


def test_the_page_costs_the_same_for_one_entry_and_for_fifty(entry, browse, engineer):
    one = len(statements(browse(engineer), ROSTERS))
    RosterEntry.objects.bulk_create(
        RosterEntry(
            user=engineer, center=entry.center, weekdays=[0], opens=time(1), closes=time(2), from_on=date(2025, 1, 1)
        )
        for _ in range(49)
    )

    assert len(statements(browse(engineer), ROSTERS)) == one


# Who may


@pytest.mark.clause("C-STF-02")
def test_engineers_read_and_managers_keep(entry, browse, engineer, technical_contact, manager):
    forms = [
        f"{ROSTERS}entries/new/",
        f"{ROSTERS}entries/{entry.key}/",
        f"{ROSTERS}entries/{entry.key}/swap/",
        f"{ROSTERS}absences/new/",
        f"{ROSTERS}on-call/new/",
    ]

    assert "Add to the roster" not in text_of(browse(engineer).get(ROSTERS))
    assert "Add to the roster" in text_of(manager.get(ROSTERS))
    assert {browse(engineer).get(form).status_code for form in forms} == {403}
    assert {browse(technical_contact).get(form).status_code for form in [ROSTERS, *forms]} == {404}
    assert {manager.get(form).status_code for form in forms} == {200}
