"""Two keepers of one line at the same time: nobody overwrites unread."""

from datetime import date, time

import pytest

from accounts.enums import Layer
from accounts.models import Absence, OnCall, RosterEntry, Swap
from tests.cast import DAY, NOON
from tests.web.conftest import hidden_fields
from tests.web.rosters.asking import LINES, ROSTERS, address_of, seen, text_of, told, wanted

pytestmark = pytest.mark.usefixtures("at_one")

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
