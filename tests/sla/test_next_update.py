"""An engineer's promise to write again, on real cases: stored, queued, warned of, missed and told."""

import pytest

from accounts.refusal import Refusal
from cases import operations
from cases.enums import EventKind, Status
from notifications.models import Notification
from sla.models import CaseClock, Milestone
from sla.operations import sweep_due
from sla.projection import differences
from sla.promises import MilestoneKind
from sla.queries import clocks, row_states, with_hours
from tests.cast import DAY, HOUR, MINUTE, NOON, refused
from web.case.timeline import timeline
from web.case.times import Times

UNTIL = NOON + 5 * HOUR


@pytest.fixture
def promised(case_in, engineer):
    """A case of Aberdeen whose engineer promised at one o'clock to write again by five."""
    case = case_in(Status.IN_PROGRESS)
    return operations.reply(case, "I look into it.", by=engineer, at=NOON + HOUR, next_update_at=UNTIL)


def test_the_promise_is_kept_in_the_log_and_runs_in_the_queue(promised):
    clock = CaseClock.objects.get(case=promised)

    assert promised.events.get(kind=EventKind.REPLIED).data["next_update_at"] == UNTIL.isoformat()
    assert (clock.kind, clock.due_at) == (MilestoneKind.NEXT_UPDATE, UNTIL)
    (row,) = row_states(list(with_hours(type(promised).objects.all())), NOON + 3 * HOUR).values()
    assert row.share_used == 50
    assert [one.kind for one in clocks(promised, NOON + 2 * HOUR)] == ["Next update", "First response"]
    assert list(differences([promised])) == []


def test_it_is_warned_of_and_missed_like_any_promise_and_told_to_whom_it_concerns(promised, engineer, support_manager):
    sweep_due(NOON + 3 * HOUR)
    sweep_due(UNTIL + MINUTE)

    facts = [event.kind for event in promised.events.order_by("seq")][-2:]
    told = Notification.objects.filter(event__case=promised, template__startswith="milestone", channel="email")
    assert facts == [EventKind.MILESTONE_WARNED, EventKind.MILESTONE_BREACHED]
    assert set(told.values_list("template", "recipient__name")) == {
        ("milestone_warning", engineer.name),
        ("milestone_breach", engineer.name),
        ("milestone_breach", support_manager.name),
    }
    promised.refresh_from_db()
    lead = timeline(promised, engineer, Times(engineer, UNTIL + HOUR))[-1].lead
    assert lead == "The next update is late:"
    assert sweep_due(UNTIL + DAY) == 0


def test_a_kept_promise_lets_nothing_happen(promised, engineer):
    operations.reply(promised, "Found it.", by=engineer, at=NOON + 2 * HOUR)

    assert Milestone.objects.get(kind=MilestoneKind.NEXT_UPDATE).met_at == NOON + 2 * HOUR
    assert sweep_due(UNTIL + DAY) == 0


@pytest.mark.parametrize("until", [NOON + HOUR, NOON - DAY, NOON + 62 * DAY], ids=["now", "past", "far"])
def test_an_impossible_moment_is_refused(case_in, engineer, until):
    case = case_in(Status.IN_PROGRESS)

    with refused("next_update_impossible"):
        operations.reply(case, "Soon.", by=engineer, at=NOON + HOUR, next_update_at=until)


def test_a_moment_that_has_passed_is_called_so(case_in, engineer):
    with pytest.raises(Refusal, match="next_update_impossible") as refusal:
        operations.reply(case_in(Status.IN_PROGRESS), "Soon.", by=engineer, at=NOON + DAY, next_update_at=NOON + HOUR)

    assert refusal.value.message == "This moment lies in the past: choose one to come."


def test_only_engineers_promise(case_in, support_manager):
    case = case_in(Status.IN_PROGRESS)

    with refused("next_update_not_yours"):
        operations.reply(case, "Soon.", by=support_manager, at=NOON + HOUR, next_update_at=UNTIL)
