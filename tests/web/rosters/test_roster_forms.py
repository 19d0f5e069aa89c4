"""The forms of a roster's lines, and what cannot be typed into them."""

from datetime import UTC, date, datetime, time

import pytest

from accounts.enums import AbsenceReason, Layer
from accounts.models import Absence, Holiday, OnCall, RosterEntry, Swap
from tests.cast import DAY, HOUR, NOON
from tests.web.conftest import hidden_fields
from tests.web.rosters.asking import ROSTERS, WEEKDAYS, address_of, removed, seen, text_of, wanted

pytestmark = pytest.mark.usefixtures("at_one")

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
