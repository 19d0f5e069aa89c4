"""What speaks against a line is told before it is saved, the worst first, cases of an absence included."""

import re
from datetime import date, time

import pytest

from accounts.models import Absence, Holiday, RosterEntry, Swap
from cases.enums import Severity, Status
from entitlements.models import Product
from tests.cast import DAY, NOON
from tests.web.rosters.asking import ROSTERS, WEEKDAYS, seen, text_of, told, wanted

pytestmark = pytest.mark.usefixtures("at_one")

# What is told, and in which order


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


def test_a_swap_that_a_change_would_undo_is_told_first(entry, manager, engineer, second_engineer):
    Swap.objects.create(entry=entry, on=date(2026, 3, 13), user=second_engineer, reason="A wedding.")
    address = f"{ROSTERS}entries/{entry.key}/"
    form = wanted(engineer, from_on="2025-01-01", weekdays=["0", "1", "2", "3"]) | seen(manager, address)

    page = manager.post(address, form)

    assert page.status_code == 422
    assert f"The swap of Friday 13 March, which {second_engineer} takes, would be undone." in told(page)
    assert Swap.objects.exists()


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
