"""The rosters' pages: a center's week, the forms that keep it, and what they say before they save."""

import re
from datetime import UTC, date, datetime, time

import pytest

from accounts.enums import AbsenceReason, Layer
from accounts.models import Absence, Holiday, OnCall, RosterEntry, Shift, Swap
from cases.enums import Severity, Status
from entitlements.models import Product
from tests.cast import DAY, HOUR, NOON
from tests.web.conftest import hidden_fields
from tests.web.statements import statements

pytestmark = pytest.mark.usefixtures("at_one")

ROSTERS = "/desk/rosters/"
WEEKDAYS = list(range(5))


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


def wanted(person, **other) -> dict[str, object]:
    """The form of an entry filled in: Saturdays from nine to five in Cambridge."""
    filled = {
        "user": person.pk,
        "layer": "shift",
        "center": person.staff.center_id,
        "weekdays": ["5"],
        "opens": "09:00",
        "closes": "17:00",
        "every_weeks": "1",
        "from_on": "2026-03-09",
        "until_on": "",
        "holds_from": "2025-01-01",
    }
    return filled | other


def seen(client, address, **query) -> dict[str, str]:
    """What the form carries unseen: how the line stood when it was shown."""
    return hidden_fields(client.get(address, query))


def removed(client, address):
    """Ask for the line to be removed, and say yes to what is told then."""
    form = {"remove": "1"} | seen(client, address)
    page = client.post(address, form)
    assert page.status_code == 422
    return client.post(address, form | hidden_fields(page) | {"despite": page.context["despite"]})


def text_of(response) -> str:
    """What a page says, its words parted by single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()).replace("&#x27;", "'")


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


# The forms


def test_an_entry_without_conflicts_is_saved_at_once(entry, manager, engineer, knows_all):
    saved = manager.post(f"{ROSTERS}entries/new/", wanted(engineer))

    assert saved.status_code == 302
    assert saved["Location"] == f"{ROSTERS}?week=2026-03-09&center={entry.center.code}"
    assert RosterEntry.objects.get(weekdays=[5]).user == engineer


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"user": ""}, "Choose somebody."),
        ({"user": "999999"}, "Choose a member of staff of the list."),
        ({"weekdays": []}, "Choose at least one day of the week."),
        ({"weekdays": ["7"]}, "Choose days of the week, Monday to Sunday."),
        ({"opens": "25:00"}, "Give a time, such as 07:30."),
        ({"every_weeks": "0"}, "A roster repeats every 1 to 52 weeks."),
        ({"center": "999"}, "Choose a center of the list."),
        ({"from_on": "soon"}, "Choose a day."),
        ({"until_on": "2026-03-01"}, "The last day lies before the first."),
        ({"until_on": "2026-03-10"}, "None of these days lies between the first and the last day."),
        ({"layer": "manager"}, "is Support engineer, and cannot be manager on call."),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_next_to_its_field_and_saves_nothing(entry, manager, engineer, wrong, said):
    page = manager.post(f"{ROSTERS}entries/new/", wanted(engineer, **wrong))

    assert page.status_code == 422
    assert said in text_of(page)
    assert RosterEntry.objects.count() == 1


def test_a_person_of_the_other_side_is_refused(entry, manager, engineer, technical_contact):
    page = manager.post(f"{ROSTERS}entries/new/", wanted(engineer, user=technical_contact.pk))

    assert page.status_code == 422
    assert "Choose a member of staff of the list." in text_of(page)


def test_conflicts_are_shown_before_anything_is_saved_and_then_accepted(entry, manager, engineer, product):
    entry.center.country = "GB"
    entry.center.save()
    Holiday.objects.create(country="GB", on=date(2026, 3, 14), name="Stocktaking")
    Absence.objects.create(
        user=engineer, reason=AbsenceReason.TRAINING, starts_at=NOON + 10 * DAY, ends_at=NOON + 11 * DAY
    )
    RosterEntry.objects.create(
        user=engineer, center=entry.center, weekdays=[5], opens=time(16), closes=time(20), from_on=date(2025, 1, 1)
    )
    form = wanted(engineer, until_on="2026-03-21")

    page = manager.post(f"{ROSTERS}entries/new/", form)

    text = text_of(page)
    assert page.status_code == 422
    assert f"{engineer.name} is away (Training): Sat 14 Mar, 12:00 GMT." in text
    assert f"{engineer.name} is double-booked (On shift, {entry.center}): Sat 14 Mar, 16:00 GMT, and once more." in text
    assert "Stocktaking is a public holiday" in text
    assert f"{engineer.name} has no skill in Hypervisor." in text
    assert not RosterEntry.objects.filter(closes=time(17), weekdays=[5]).exists()

    unseen = manager.post(f"{ROSTERS}entries/new/", form | {"despite": "something else"})
    accepted = manager.post(f"{ROSTERS}entries/new/", form | {"despite": page.context["despite"]})

    assert (unseen.status_code, accepted.status_code) == (422, 302)
    assert RosterEntry.objects.filter(closes=time(17), weekdays=[5]).count() == 1


def test_an_entry_is_changed_and_does_not_conflict_with_itself(entry, manager, engineer, knows_all):
    address = f"{ROSTERS}entries/{entry.key}/"
    changed = wanted(engineer, weekdays=["0", "1"], from_on="2025-01-01")

    assert manager.post(address, changed | seen(manager, address)).status_code == 302
    entry.refresh_from_db()
    assert entry.weekdays == [0, 1]


@pytest.mark.clause("C-FTS-04")
def test_a_change_holds_from_today_unless_somebody_says_otherwise(entry, manager, engineer, knows_all):
    address = f"{ROSTERS}entries/{entry.key}/"
    page = manager.get(address)
    form = wanted(engineer, weekdays=WEEKDAYS, from_on="2025-01-01", closes="17:30")
    proposed = {"holds_from": str(page.context["form"]["holds_from"].value())}

    saved = manager.post(address, form | hidden_fields(page) | proposed)

    assert saved.status_code == 302
    assert proposed == {"holds_from": "2026-03-04"}
    assert "To change it from its first day, choose 1 Jan 2025." in text_of(page)
    assert list(RosterEntry.objects.order_by("from_on").values_list("closes", "from_on", "until_on")) == [
        (time(17), date(2025, 1, 1), date(2026, 3, 3)),
        (time(17, 30), date(2026, 3, 4), None),
    ]
    week = text_of(manager.get(ROSTERS))
    assert (week.count("09:00–17:00 , "), week.count("09:00–17:30 , ")) == (2, 3)


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"holds_from": ""}, "holds_from", "Choose a day."),
        ({"holds_from": "9999-12-31"}, "holds_from", "Choose a day from 2000 to 2099."),
        ({"holds_from": "2026-03-04", "from_on": "2025-02-01"}, "from_on", "The first day lies before the day"),
    ],
    ids=str,
)
def test_a_change_that_cannot_hold_from_its_day_is_refused_next_to_the_field(
    entry, manager, engineer, wrong, field, said
):
    address = f"{ROSTERS}entries/{entry.key}/"
    form = wanted(engineer, from_on="2025-01-01") | seen(manager, address)

    page = manager.post(address, form | wrong)

    assert page.status_code == 422
    assert said in " ".join(page.context["form"].errors[field])
    assert RosterEntry.objects.get().weekdays == WEEKDAYS


def test_what_has_not_begun_is_changed_throughout(entry, manager):
    RosterEntry.objects.filter(pk=entry.pk).update(from_on=date(2026, 3, 5))

    assert "holds_from" not in manager.get(f"{ROSTERS}entries/{entry.key}/").context["form"].fields
    assert "holds_from" not in manager.get(f"{ROSTERS}entries/new/").context["form"].fields


def test_what_is_over_does_not_begin_again_by_other_hours(entry, manager, engineer):
    RosterEntry.objects.filter(pk=entry.pk).update(until_on=date(2026, 3, 1))
    address = f"{ROSTERS}entries/{entry.key}/"
    other = {"closes": "21:00", "until_on": "", "holds_from": "2026-03-04"}

    page = manager.post(address, wanted(engineer, from_on="2025-01-01") | seen(manager, address) | other)

    assert page.status_code == 422
    assert page.context["form"].errors["holds_from"] == ["It ends before that, on 1 March 2026."]
    assert RosterEntry.objects.get().until_on == date(2026, 3, 1)


def test_an_entry_is_removed(entry, manager):
    assert removed(manager, f"{ROSTERS}entries/{entry.key}/").status_code == 302
    assert not RosterEntry.objects.exists()


@pytest.mark.clause("C-COV-01")
def test_removing_the_last_cover_says_so_first(entry, manager, engineer):
    turn = OnCall.objects.create(user=engineer, duty=Layer.ENGINEER, starts_at=NOON + 3 * DAY, ends_at=NOON + 4 * DAY)
    address = f"{ROSTERS}on-call/{turn.key}/"

    page = manager.post(address, {"remove": "1"} | seen(manager, address))

    assert page.status_code == 422
    assert "Nobody would hold Severity 1: Sat 7 Mar, 12:00 GMT to Sun 8 Mar, 12:00 GMT." in text_of(page)
    assert OnCall.objects.filter(pk=turn.pk).exists()

    despite = {"remove": "1", "despite": page.context["despite"]} | hidden_fields(page)
    assert manager.post(address, despite).status_code == 302
    assert not OnCall.objects.exists()


def test_a_day_is_swapped_and_given_back(entry, manager, second_engineer, knows_all):
    address = f"{ROSTERS}entries/{entry.key}/swap/"
    RosterEntry.objects.create(
        user=second_engineer, center=entry.center, weekdays=[6], opens=time(9), closes=time(17), from_on=NOON.date()
    )

    form = {"on": "2026-03-05", "user": second_engineer.pk, "reason": "A wedding."}

    assert manager.post(address, form | {"on": "2026-03-07"}).status_code == 422
    assert manager.post(address, form).status_code == 302
    assert Swap.objects.get().user == second_engineer
    assert "Undo the swap" in text_of(manager.get(address, {"on": "2026-03-05"}))
    moved = form | {"on": "2026-03-06"} | seen(manager, address, on="2026-03-05")
    assert manager.post(f"{address}?on=2026-03-05", moved).status_code == 302
    assert Swap.objects.get().on == date(2026, 3, 6)
    assert removed(manager, f"{address}?on=2026-03-06").status_code == 302
    assert not Swap.objects.exists()


@pytest.mark.clause("C-COV-01", "C-RAS-01")
def test_an_absence_says_what_it_leaves_open(entry, manager, engineer, second_engineer, knows_all):
    """The second engineer sits on call for the world from Thursday noon on; before that, only the absent one works."""
    second_engineer.staff.center = None
    second_engineer.staff.save()
    OnCall.objects.create(user=second_engineer, duty=Layer.ENGINEER, starts_at=NOON + DAY, ends_at=NOON + 9 * DAY)
    form = {"user": engineer.pk, "reason": "holiday", "hands_over": "usual"}
    form |= {"starts_at": "2026-03-05T00:00", "ends_at": "2026-03-07T00:00"}

    page = manager.post(f"{ROSTERS}absences/new/", form | {"substitute": ""})

    text = text_of(page)
    assert page.status_code == 422
    assert "2 shifts or turns on call without a substitute, first Thu 5 Mar, 09:00 GMT." in text
    assert "Nobody would hold Severity 1: Thu 5 Mar, 09:00 GMT to 12:00 GMT." in text

    saved = manager.post(f"{ROSTERS}absences/new/", form | {"substitute": second_engineer.pk})

    assert saved.status_code == 302
    assert Absence.objects.get().substitute == second_engineer


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ends_at": "2026-03-04T09:00"}, "The end lies before the beginning."),
        ({"ends_at": "2026-03-05T00:00"}, "The end is the same as the beginning."),
        ({"ends_at": ""}, "Give a day and a time."),
        ({"starts_at": "yesterday"}, "Give a day and a time."),
        ({"starts_at": "0001-01-01T00:00"}, "Choose a day from 2000 to 2099."),
        ({"ends_at": "9999-12-31T23:59"}, "Two years at most: is the end right?"),
        ({"hands_over": ""}, "Say what becomes of them."),
        ({"hands_over": "perhaps"}, "Choose something of the list."),
    ],
    ids=str,
)
def test_an_impossible_absence_is_refused_next_to_its_field(manager, engineer, wrong, said):
    form = {"user": engineer.pk, "reason": "sick", "hands_over": "usual"}
    form |= {"starts_at": "2026-03-05T00:00", "ends_at": "2026-03-07T00:00"}

    page = manager.post(f"{ROSTERS}absences/new/", form | wrong)

    assert page.status_code == 422
    assert said in text_of(page)
    assert not Absence.objects.exists()


@pytest.mark.clause("C-COV-01")
def test_a_turn_on_call_is_proposed_by_a_link_and_saved(manager, engineer, knows_all):
    address = f"{ROSTERS}on-call/new/?who={engineer.pk}&from=2026-03-07T00:00%2B00:00&to=2026-03-09T00:00%2B00:00"
    page = manager.get(address)

    assert page.context["form"]["starts_at"].value().isoformat().startswith("2026-03-07T00:00")
    assert f'value="{engineer.pk}" selected' in page.content.decode()

    form = {"user": engineer.pk, "duty": "engineer", "region": ""}
    saved = manager.post(address, form | {"starts_at": "2026-03-07T00:00", "ends_at": "2026-03-09T00:00"})

    assert saved.status_code == 302
    assert OnCall.objects.get().ends_at == NOON + 4 * DAY + 12 * HOUR


def test_a_link_that_makes_no_sense_proposes_nothing(manager):
    assert manager.get(f"{ROSTERS}on-call/new/?who=x&from=soon&to=").status_code == 200


def test_a_turn_is_not_removed_before_somebody_said_so_twice(entry, manager, second_engineer):
    turn = OnCall.objects.create(
        user=second_engineer, duty=Layer.ENGINEER, starts_at=NOON - 2 * DAY, ends_at=NOON - DAY
    )
    address = f"{ROSTERS}on-call/{turn.key}/"

    page = manager.post(address, {"remove": "1"} | seen(manager, address))

    assert page.status_code == 422
    assert f"Nothing is removed yet. The turn on call of {second_engineer} would go." in text_of(page)
    assert OnCall.objects.exists()
    assert removed(manager, address).status_code == 302
    assert not OnCall.objects.exists()


# What is told, and in which order


def told(page) -> list[str]:
    """What speaks against a line, as the page says it."""
    return page.context["conflicts"]


@pytest.mark.clause("C-RAS-01", "C-STF-02")
def test_who_is_no_engineer_does_not_take_over_from_one_unsaid(entry, manager, engineer, administrator):
    absence = {"user": engineer.pk, "reason": "holiday", "hands_over": "no", "substitute": administrator.pk}
    absence |= {"starts_at": "2026-03-05T00:00", "ends_at": "2026-03-07T00:00"}
    swap = {"on": "2026-03-05", "user": administrator.pk, "reason": "A wedding."}

    stands_in = manager.post(f"{ROSTERS}absences/new/", absence)
    takes_it = manager.post(f"{ROSTERS}entries/{entry.key}/swap/", swap)

    for page in (stands_in, takes_it):
        assert page.status_code == 422
        assert f"{administrator.name} is no engineer and takes no cases over." in told(page)
    assert not Absence.objects.exists()
    assert not Swap.objects.exists()


@pytest.mark.clause("C-STF-08")
def test_a_skill_that_is_missing_on_a_shift_is_told(entry, manager, engineer, product, knows_all):
    Product.objects.create(code="other", name="Another")

    page = manager.post(f"{ROSTERS}entries/new/", wanted(engineer))

    assert told(page) == [f"{engineer.name} has no skill in Another."]


def test_a_second_absence_names_the_first_and_counts_only_what_is_worked_still(entry, manager, engineer, knows_all):
    first = Absence.objects.create(user=engineer, reason="holiday", starts_at=NOON, ends_at=NOON + 5 * DAY)
    form = {"user": engineer.pk, "reason": "training", "hands_over": "no", "substitute": ""}

    inside = manager.post(
        f"{ROSTERS}absences/new/", form | {"starts_at": "2026-03-05T00:00", "ends_at": "2026-03-07T00:00"}
    )
    longer = manager.post(
        f"{ROSTERS}absences/new/", form | {"starts_at": "2026-03-05T00:00", "ends_at": "2026-03-12T00:00"}
    )

    already = f"{engineer.name} is already away: Holiday, Wed 4 Mar, 12:00 GMT to Mon 9 Mar, 12:00 GMT."
    assert told(inside)[-1] == already
    assert told(longer)[-2:] == [
        already,
        "3 shifts or turns on call without a substitute, first Mon 9 Mar, 12:00 GMT.",
    ]
    address = f"{ROSTERS}absences/{first.key}/"
    itself = form | {"starts_at": "2026-03-04T12:00", "ends_at": "2026-03-09T12:00"} | seen(manager, address)
    assert manager.post(address, itself).status_code == 302


def test_the_worst_is_told_first_and_holidays_on_one_line(entry, manager, engineer, product):
    entry.center.country = "GB"
    entry.center.save()
    for on in (date(2026, 3, 14), date(2026, 3, 21)):
        Holiday.objects.create(country="GB", on=on, name=f"Fair {on.day}")
    Absence.objects.create(user=engineer, reason="training", starts_at=NOON + 10 * DAY, ends_at=NOON + 11 * DAY)
    RosterEntry.objects.create(
        user=engineer, center=entry.center, weekdays=[5], opens=time(16), closes=time(20), from_on=date(2025, 1, 1)
    )

    page = manager.post(f"{ROSTERS}entries/new/", wanted(engineer, until_on="2026-03-21"))

    assert [re.sub(r":.*| in .*", "", one) for one in told(page)] == [
        f"{engineer.name} is double-booked (On shift, {entry.center})",
        f"{engineer.name} has no skill",
        f"{engineer.name} is away (Training)",
        "2 public holidays",
    ]
    assert told(page)[-1] == f"2 public holidays in {entry.center}: 14 Mar, 21 Mar."


def test_a_change_tells_only_what_it_adds(entry, manager, engineer):
    entry.center.country = "GB"
    entry.center.save()
    Holiday.objects.create(country="GB", on=date(2026, 3, 16), name="Monday's fair")
    Holiday.objects.create(country="GB", on=date(2026, 3, 21), name="Saturday's fair")
    address = f"{ROSTERS}entries/{entry.key}/"
    form = wanted(engineer, weekdays=WEEKDAYS, from_on="2025-01-01", closes="17:30")

    more_days = manager.post(address, form | seen(manager, address) | {"weekdays": [*WEEKDAYS, 5]})
    same_days = manager.post(address, form | seen(manager, address))

    assert told(more_days) == [f"2 public holidays in {entry.center}: 21 Mar, 26 Dec."]
    assert same_days.status_code == 302


@pytest.mark.clause("C-STF-08")
def test_a_skill_that_was_missing_on_a_shift_is_told_again_of_a_turn_on_call(entry, manager, engineer, product):
    address = f"{ROSTERS}entries/{entry.key}/"
    form = wanted(engineer, weekdays=WEEKDAYS, from_on="2025-01-01") | seen(manager, address)

    page = manager.post(address, form | {"layer": "engineer"})

    assert f"{engineer.name} has no skill in {product.name}." in told(page)


def test_what_lies_wholly_in_the_past_is_weighed_first(entry, manager, engineer, second_engineer, knows_all):
    span = {"starts_at": "2026-02-16T00:00", "ends_at": "2026-02-21T00:00"}
    absence = {"user": engineer.pk, "reason": "holiday", "hands_over": "no", "substitute": ""}
    turn = {"user": engineer.pk, "duty": "engineer", "region": ""}
    past = {"from_on": "2026-02-02", "until_on": "2026-03-01"}
    swap = {"on": "2026-03-03", "user": second_engineer.pk, "reason": "A wedding."}

    pages = [
        manager.post(f"{ROSTERS}absences/new/", absence | span),
        manager.post(f"{ROSTERS}on-call/new/", turn | span),
        manager.post(f"{ROSTERS}entries/new/", wanted(engineer) | past),
        manager.post(f"{ROSTERS}entries/{entry.key}/swap/", swap),
    ]

    assert [[one for one in told(page) if "past" in one] for page in pages] == [
        [f"This {noun} lies wholly in the past."] for noun in ("absence", "turn on call", "entry", "swap")
    ]
    assert not Absence.objects.exists()


def test_a_shift_of_a_day_and_a_night_is_weighed_first(entry, manager, engineer, knows_all):
    page = manager.post(f"{ROSTERS}entries/new/", wanted(engineer, opens="08:00", closes="08:00"))

    assert "It lasts 24 hours: it begins and ends at 08:00." in told(page)


# What cannot be typed


@pytest.mark.parametrize("odd", ["\0", "9" * 40, "0001-01-01", "9999-12-31"], ids=ascii)
def test_no_address_and_no_field_is_too_odd_to_be_answered(entry, manager, engineer, odd):
    absence = Absence.objects.create(user=engineer, reason="sick", starts_at=NOON, ends_at=NOON + DAY)
    turn = OnCall.objects.create(user=engineer, duty=Layer.ENGINEER, starts_at=NOON, ends_at=NOON + DAY)
    forms = [f"{ROSTERS}{one}/new/" for one in ("entries", "absences", "on-call")]
    forms += [f"{ROSTERS}entries/{entry.key}/swap/", *map(address_of, (entry, absence, turn))]
    asked = dict.fromkeys(("center", "week", "whole", "on", "who", "from", "to"), odd)

    answers = [manager.get(address, asked).status_code for address in [ROSTERS, *forms]]
    for address in forms:
        names = manager.get(address).context["form"].fields
        answers += [manager.post(address, dict.fromkeys([*names, "despite"], odd)).status_code]
        for name in names:
            usual = wanted(engineer) | {"duty": "engineer", "region": "", "reason": "sick", "hands_over": "no"}
            usual |= {"on": "2026-03-05", "starts_at": "2026-03-05T00:00", "ends_at": "2026-03-06T00:00"}
            timed = f"{odd}T00:00" if name.endswith("_at") else odd
            answers.append(manager.post(address, usual | {name: timed}).status_code)

    assert set(answers) <= {200, 302, 422}


# Two keepers at the same time


@pytest.mark.clause("C-FTS-04")
def test_a_line_that_somebody_changed_meanwhile_is_not_written_over_unseen(entry, manager, engineer, knows_all):
    address = f"{ROSTERS}entries/{entry.key}/"
    mine = wanted(engineer, weekdays=["0", "1"], from_on="2025-01-01") | seen(manager, address)
    RosterEntry.objects.filter(pk=entry.pk).update(weekdays=[0, 1], closes=time(16))

    page = manager.post(address, mine)

    assert page.status_code == 422
    assert "Somebody changed this meanwhile: Ends: 16:00. Look at it again." in text_of(page)
    assert page.context["form"]["closes"].value() == "17:00"
    entry.refresh_from_db()
    assert entry.closes == time(16)

    assert manager.post(address, mine | hidden_fields(page)).status_code == 302
    entry.refresh_from_db()
    assert entry.closes == time(17)


LINES = {"entries": RosterEntry, "absences": Absence, "on-call": OnCall}


@pytest.fixture(params=LINES)
def line(request, entry, engineer, second_engineer):
    """A line of the rosters: its address, its form filled in by other words, and what somebody else makes of it."""
    span = {"starts_at": NOON + DAY, "ends_at": NOON + 2 * DAY}
    typed = {"starts_at": "2026-03-05T13:00", "ends_at": "2026-03-06T13:00"}
    match request.param:
        case "entries":
            return entry, wanted(engineer), {"every_weeks": 2}
        case "absences":
            absence = Absence.objects.create(user=engineer, reason="sick", **span)
            form = {"user": engineer.pk, "reason": "holiday", "substitute": second_engineer.pk, "hands_over": "no"}
            return absence, typed | form, {"reason": "training"}
        case _:
            turn = OnCall.objects.create(user=engineer, duty=Layer.ENGINEER, **span)
            form = {"user": second_engineer.pk, "duty": "engineer", "region": ""}
            return turn, typed | form, {"region": entry.center.region}


def address_of(row) -> str:
    where = next(name for name, model in LINES.items() if isinstance(row, model))
    return f"{ROSTERS}{where}/{row.key}/"


def test_no_line_is_changed_or_removed_that_is_another_by_now(line, manager, knows_all):
    row, typed, other = line
    shown = seen(manager, address_of(row))
    type(row).objects.filter(pk=row.pk).update(**other)

    for form in (typed, {"remove": "1"}):
        page = manager.post(address_of(row), form | shown)

        assert page.status_code == 422
        assert "Somebody changed this meanwhile" in text_of(page)
        assert type(row).objects.filter(pk=row.pk, **other).exists()


def test_a_line_that_is_gone_is_not_found(line, manager):
    row, typed, _ = line
    shown = seen(manager, address_of(row))
    type(row).objects.filter(pk=row.pk).delete()

    assert manager.post(address_of(row), typed | shown).status_code == 404
    assert not type(row).objects.exists()


def test_a_line_that_goes_away_while_it_is_weighed_is_not_found(line, manager, monkeypatch):
    """Between the look at the line and the lock."""
    row, *_ = line
    form = {"remove": "1"} | seen(manager, address_of(row))

    def weigh(*_, **__):
        type(row).objects.filter(pk=row.pk).delete()
        return list(told(page))

    page = manager.post(address_of(row), form)
    monkeypatch.setattr("web.desk.roster_views.conflicts_of", weigh)

    assert manager.post(address_of(row), form | {"despite": page.context["despite"]}).status_code == 404


def test_a_swap_that_somebody_else_made_or_undid_meanwhile_is_not_written_over(
    entry, manager, second_engineer, escalation_engineer, knows_all
):
    address = f"{ROSTERS}entries/{entry.key}/swap/?on=2026-03-05"
    form = {"on": "2026-03-05", "user": second_engineer.pk, "reason": "A wedding."}
    without = seen(manager, address)
    swap = Swap.objects.create(entry=entry, on=date(2026, 3, 5), user=escalation_engineer, reason="A funeral.")
    with_it = seen(manager, address)

    made = manager.post(address, form | without)
    swap.delete()
    undone = manager.post(address, form | with_it)
    again = manager.post(address, {"remove": "1"} | with_it)

    assert (made.status_code, undone.status_code, again.status_code) == (422, 422, 404)
    assert f"Somebody changed this meanwhile: Who takes it: {escalation_engineer.name}; Why?: A funeral." in text_of(
        made
    )
    assert "Somebody removed this meanwhile: look at it again." in text_of(undone)
    assert not Swap.objects.exists()


def test_a_refusal_after_the_form_was_weighed_stands_next_to_its_field(
    entry, manager, second_engineer, escalation_engineer, monkeypatch
):
    """Another swap of the day comes in between the check and the lock."""

    def weigh(*_, **__):
        Swap.objects.create(entry=entry, on=date(2026, 3, 5), user=escalation_engineer, reason="A funeral.")
        return []

    monkeypatch.setattr("web.desk.roster_views.conflicts_of", weigh)
    form = {"on": "2026-03-05", "user": second_engineer.pk, "reason": "A wedding."}

    page = manager.post(f"{ROSTERS}entries/{entry.key}/swap/", form)

    assert page.status_code == 422
    assert "Somebody else takes this day already: undo that swap first." in page.context["form"].errors["on"]


# Hours that clocks show twice, or never


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-10-25T01:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-03-29T01:30", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ],
    ids=["twice: the first", "never: where the clock jumps"],
)
def test_every_time_that_can_be_typed_means_a_moment(manager, engineer, typed, meant):
    form = {
        "user": engineer.pk,
        "reason": "sick",
        "hands_over": "no",
        "starts_at": typed,
        "ends_at": "2026-11-01T00:00",
    }
    page = manager.post(f"{ROSTERS}absences/new/", form)
    if page.status_code == 422:
        manager.post(f"{ROSTERS}absences/new/", form | {"despite": page.context["despite"]})

    assert Absence.objects.get().starts_at == meant


def test_a_line_that_begins_in_the_second_pass_stays_there_when_something_else_is_changed(manager, engineer):
    begins = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    row = Absence.objects.create(user=engineer, reason="sick", starts_at=begins, ends_at=begins + DAY)
    address = address_of(row)
    form = {"user": engineer.pk, "reason": "training", "hands_over": "no"} | seen(manager, address)
    form |= {"starts_at": "2026-10-25T01:30", "ends_at": "2026-10-26T01:30"}

    page = manager.post(address, form)
    if page.status_code == 422:
        manager.post(address, form | {"despite": page.context["despite"]})

    row.refresh_from_db()
    assert (row.reason, row.starts_at) == ("training", begins)


# What an absence does with open cases


@pytest.fixture
def away(engineer, second_engineer):
    """The form of two days of holiday from Thursday on, filled in."""
    return {
        "user": engineer.pk,
        "reason": "holiday",
        "starts_at": "2026-03-05T00:00",
        "ends_at": "2026-03-07T00:00",
        "substitute": second_engineer.pk,
        "hands_over": "usual",
    }


@pytest.mark.clause("C-RAS-01", "C-RAS-02", "C-STF-06")
def test_an_absence_shows_which_cases_move_to_whom_and_why_before_it_is_saved(
    manager, away, case_in, engineer, second_engineer, knows_all
):
    case, urgent = case_in(Status.IN_PROGRESS), case_in(Status.IN_PROGRESS, severity=Severity.ONE)
    form = away | {"substitute": ""}

    page = manager.post(f"{ROSTERS}absences/new/", form)

    text = text_of(page)
    assert page.status_code == 422
    assert "2 open cases move on Thu 5 Mar, 00:00 GMT" in text
    whom = f"{case.subject}, {case.organization} Owen Price: Nobody of the region is on shift then."
    assert f"{case.number} {whom}" in text
    assert f"{urgent.number} {urgent.subject}, {urgent.organization} Stays: Nobody is on shift or on call." in text
    assert "1 to nobody, 1 to Owen Price." in text
    assert "What goes to nobody stays with Lena Vogt, and the manager gets a mail." in text
    assert not Absence.objects.exists()

    assert manager.post(f"{ROSTERS}absences/new/", form | {"despite": "unseen"}).status_code == 422
    saved = manager.post(f"{ROSTERS}absences/new/", form | {"despite": page.context["despite"]})

    assert saved.status_code == 302
    assert Absence.objects.get().hands_over
    assert "Hands open cases over" in text_of(manager.get(saved["Location"]))


def test_what_was_seen_is_asked_again_when_somebody_else_would_take_the_case(
    manager, away, case_in, engineer, second_engineer, escalation_engineer, knows_all
):
    case_in(Status.IN_PROGRESS)
    seen = manager.post(f"{ROSTERS}absences/new/", away).context["despite"]
    Absence.objects.create(user=second_engineer, reason="sick", starts_at=NOON, ends_at=NOON + 9 * DAY)

    page = manager.post(f"{ROSTERS}absences/new/", away | {"despite": seen})

    assert page.status_code == 422
    assert "Owen Price stands in, but is away then." in text_of(page)
    assert not Absence.objects.filter(user=engineer).exists()


CHOICES = {
    "two days": ({}, True),
    "an afternoon": ({"starts_at": "2026-03-05T13:00", "ends_at": "2026-03-05T17:00"}, False),
    "an afternoon, on purpose": (
        {"starts_at": "2026-03-05T13:00", "ends_at": "2026-03-05T17:00", "hands_over": "yes"},
        True,
    ),
    "two days, on purpose": ({"hands_over": "no"}, False),
}


@pytest.mark.clause("C-RAS-01")
@pytest.mark.parametrize(("given", "hands_over"), CHOICES.values(), ids=CHOICES)
def test_cases_are_handed_over_from_a_working_day_on_unless_the_keeper_says_otherwise(
    manager, away, entry, knows_all, given, hands_over
):
    form = away | given
    page = manager.post(f"{ROSTERS}absences/new/", form)
    if page.status_code == 422:
        page = manager.post(f"{ROSTERS}absences/new/", form | {"despite": page.context["despite"]})

    assert page.status_code == 302
    assert Absence.objects.get().hands_over is hands_over


def test_an_absence_that_has_handed_over_says_so_and_moves_nothing_again(
    manager, away, case_in, engineer, second_engineer, escalation_engineer, knows_all
):
    case_in(Status.IN_PROGRESS)
    row = Absence.objects.create(
        user=engineer,
        substitute=second_engineer,
        reason="holiday",
        starts_at=NOON,
        ends_at=NOON + 3 * DAY,
        hands_over=True,
        rehomed_at=NOON,
    )
    address = f"{ROSTERS}absences/{row.key}/"

    assert "The open cases were handed over Wed 4 Mar, 12:00 GMT." in text_of(manager.get(address))
    changed = away | {"starts_at": "2026-03-04T12:00", "hands_over": "yes"} | seen(manager, address)
    assert manager.post(address, changed).status_code == 302
    row.refresh_from_db()
    assert row.rehomed_at == NOON
    assert "1 open case is still with Lena Vogt" in text_of(manager.get(ROSTERS))
