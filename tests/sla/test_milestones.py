"""What is promised besides the first response: next updates, acknowledgements and call-backs, one table per rule."""

from datetime import UTC, date, datetime, time

import pytest

from cases.enums import ActorRole, Callback, Channel, EventKind
from sla.calendars import Calendar
from sla.clock import ClockState, state_at, timers
from sla.explain import explain
from sla.milestones import every_milestone
from sla.promises import MilestoneKind, close_of_business
from tests.sla.stories import (
    CONTACT,
    CUSTOMER_SERVICE,
    ENGINEER,
    LONDON,
    MANAGER,
    PORTAL,
    STANDARD,
    assigned,
    at,
    called,
    closed,
    closure_proposed,
    happened,
    noted,
    received,
    reopened,
    replied,
    story,
    verified,
)

OPENING = (received("Mon 08:00"), verified("Mon 08:05"), assigned("Mon 08:10"))


def promised(when, until, *, by: ActorRole = ENGINEER, waiting: bool = False):
    return happened(EventKind.REPLIED, when, by, message=2, waiting=waiting, next_update_at=at(until).isoformat())


def asked(when, by: ActorRole = CUSTOMER_SERVICE):
    """A question of somebody who is no engineer: the customer's turn, and no update."""
    return happened(EventKind.REPLIED, when, by, message=2, waiting=True)


def answered(when):
    return happened(EventKind.CUSTOMER_REPLIED, when, CONTACT, message=3, channel="web")


def escalated(when, channel: Channel):
    return happened(EventKind.ESCALATED, when, CONTACT, channel=channel)


def acknowledged(when):
    return happened(EventKind.ESCALATION_ACKNOWLEDGED, when, MANAGER)


def call_back(when, whom: Callback = Callback.ENGINEER):
    return happened(EventKind.CALL_BACK_REQUESTED, when, CONTACT, whom=whom)


def of_kind(kind: MilestoneKind, *told, calendar: Calendar = LONDON):
    found = every_milestone(story(*told), STANDARD, calendar)
    return [one for one in found if one.kind is kind]


def updates(*told):
    return of_kind(MilestoneKind.NEXT_UPDATE, *OPENING, *told)


# The next update


@pytest.mark.parametrize(
    ("severity", "until", "hours"),
    [
        pytest.param(3, "Tue 15:00", "business", id="within business hours it counts in them"),
        pytest.param(3, "Tue 18:00", "business", id="closing time is the last moment of them"),
        pytest.param(3, "Tue 20:00", "always", id="an evening counts in every hour"),
        pytest.param(3, "Sat 10:00", "always", id="so does a weekend"),
        pytest.param(1, "Tue 15:00", "always", id="severity 1 knows no other"),
    ],
)
def test_a_promised_update_is_due_when_the_engineer_said(severity, until, hours):
    opening = (received("Mon 08:00", severity), verified("Mon 08:05"), assigned("Mon 08:10"))

    (update,) = of_kind(MilestoneKind.NEXT_UPDATE, *opening, promised("Mon 09:00", until))

    assert (update.due_at, update.promise.hours) == (at(until), hours)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        pytest.param([replied("Tue 15:00")], ClockState.MET, id="a reply, at the due moment"),
        pytest.param([replied("Tue 15:00:01")], ClockState.LATE, id="a reply, later"),
        pytest.param([called("Tue 10:00", reached=True)], ClockState.MET, id="a call that reached"),
        pytest.param([closure_proposed("Tue 10:00")], ClockState.MET, id="the closure question"),
        pytest.param([called("Tue 10:00", reached=False)], ClockState.RUNNING, id="a missed call"),
        pytest.param([noted("Tue 10:00")], ClockState.RUNNING, id="a note"),
        pytest.param([answered("Tue 10:00")], ClockState.RUNNING, id="the customer's own words"),
        pytest.param([replied("Tue 10:00", PORTAL)], ClockState.RUNNING, id="an automatic message"),
        pytest.param([closed("Tue 10:00")], ClockState.STOPPED, id="closing withdraws it"),
        pytest.param([noted("Tue 16:00"), answered("Tue 16:01")], ClockState.BREACHED, id="nothing at all"),
        pytest.param([answered("Tue 16:00"), replied("Wed 09:00")], ClockState.LATE, id="a miss stays a miss"),
    ],
)
def test_the_engineers_next_contact_keeps_the_promise(told, state):
    (update,) = updates(promised("Mon 09:00", "Tue 15:00"), *told)

    assert update.state is state


@pytest.mark.parametrize(
    ("told", "due"),
    [
        pytest.param([promised("Mon 09:00", "Tue 15:00")], "Tue 15:00", id="no wait"),
        pytest.param(
            [promised("Mon 09:00", "Tue 15:00", waiting=True), answered("Mon 13:00")], "Wed 09:00", id="from the start"
        ),
        pytest.param(
            [promised("Mon 09:00", "Tue 15:00"), asked("Mon 10:00"), answered("Mon 16:00")],
            "Wed 11:00",
            id="in between",
        ),
        pytest.param(
            [promised("Mon 09:00", "Tue 15:00"), asked("Mon 10:00"), answered("Mon 22:00")],
            "Wed 13:00",
            id="only what would have counted is excluded",
        ),
        pytest.param([promised("Mon 09:00", "Tue 15:00", waiting=True)], None, id="while it lasts nothing is due"),
    ],
)
def test_waiting_for_the_customer_is_truly_excluded(told, due):
    (update,) = updates(*told)

    assert update.due_at == (at(due) if due else None)


def test_a_new_promise_takes_the_place_of_the_one_it_keeps():
    first, second = updates(promised("Mon 09:00", "Tue 15:00"), promised("Tue 11:00", "Thu 12:00"))

    assert (first.state, first.met_at, first.cycle) == (ClockState.MET, at("Tue 11:00"), 1)
    assert (second.due_at, second.cycle) == (at("Thu 12:00"), 2)


def test_a_promised_update_warns_and_is_missed_like_any_promise():
    log = story(*OPENING, promised("Mon 09:00", "Mon 13:00"))

    plans = timers(every_milestone(log, STANDARD, LONDON), log)

    assert [(plan.kind, plan.fact, plan.subject) for plan in plans if plan.milestone is MilestoneKind.NEXT_UPDATE] == [
        ("next_update_warning", "milestone_warned", "1:50"),
        ("next_update_warning", "milestone_warned", "1:80"),
        ("next_update_breach", "milestone_breached", "1"),
    ]
    told = happened(EventKind.MILESTONE_WARNED, "Mon 11:00", PORTAL, **plans[0].data)
    log = story(*OPENING, promised("Mon 09:00", "Mon 13:00"), told)
    left = timers(every_milestone(log, STANDARD, LONDON), log)
    assert [plan.subject for plan in left] == ["1:80", "1"]


def test_a_promised_update_explains_itself():
    (update,) = updates(promised("Mon 09:00", "Mon 15:00", waiting=True), answered("Mon 10:30"))

    told = explain(update, "Standard Support, version 1", {}, now=at("Mon 11:00"))

    assert told.headline == (
        "The engineer promised an update by Monday at 15:00 in London; with the pause it is due on Monday at 16:30"
    )
    assert dict(told.facts)["Promise"] == (
        "Next update for Severity 3 by Mon 12 Jan 2026, 15:00 GMT (A-08), promised by the engineer"
    )
    assert [tuple(row) for row in told.rows] == [
        ("Mon 12 Jan, 09:00 to 10:30", "paused (waiting for the customer), 1 h 30 min not counted", ""),
        ("Mon 12 Jan, 10:30 to 16:30", "counted", "6 h"),
    ]


def test_a_promised_update_without_a_pause_is_explained_by_the_moment_alone():
    (update,) = updates(promised("Mon 09:00", "Mon 09:07"))

    told = explain(update, "Standard Support, version 1", {}, now=at("Mon 09:01"))

    assert told.headline == "The engineer promised an update by Monday at 09:07 in London"


# Escalations


@pytest.mark.clause("C-ESC-07", "C-ESC-10", "C-ESC-11", "C-ESC-03")
@pytest.mark.parametrize(
    ("channel", "when", "due", "aim"),
    [
        pytest.param(Channel.PHONE, "Mon 09:00", "Mon 10:00", False, id="phone, an hour"),
        pytest.param(Channel.PHONE, "Mon 23:30", "Tue 00:30", False, id="phone, at night"),
        pytest.param(Channel.PHONE, "Fri 23:30", "next Mon 00:30", False, id="phone, not over a weekend"),
        pytest.param(Channel.PHONE, "Sat 09:00", "next Mon 01:00", False, id="phone, from the next business day"),
        pytest.param(Channel.EMAIL, "Mon 07:00", "Mon 18:00", False, id="mail, before opening"),
        pytest.param(Channel.EMAIL, "Mon 17:59", "Mon 18:00", False, id="mail, the same business day"),
        pytest.param(Channel.EMAIL, "Mon 18:00", "Tue 18:00", False, id="mail, from closing the next one"),
        pytest.param(Channel.EMAIL, "Fri 20:00", "next Mon 18:00", False, id="mail, over a weekend"),
        pytest.param(Channel.WEB, "Mon 09:00", "Mon 10:00", True, id="web, our aim"),
    ],
)
def test_an_escalation_is_acknowledged_as_its_channel_promises(channel, when, due, aim):
    (one,) = of_kind(MilestoneKind.ACKNOWLEDGEMENT, received("Mon 06:00"), escalated(when, channel))

    assert (one.due_at, one.promise.aim) == (at(due), aim)


def test_an_aim_is_labelled_as_an_aim():
    (one,) = of_kind(MilestoneKind.ACKNOWLEDGEMENT, received("Mon 06:00"), escalated("Mon 09:00", Channel.WEB))

    told = explain(one, "Standard Support, version 1", {}, now=at("Mon 09:00"))

    assert told.promise.endswith("within 1 hour of business days, our aim and not a promise")
    assert dict(told.facts)["Promise"].endswith("(A-18), under every plan")


def test_by_close_of_business_adds_up():
    (one,) = of_kind(MilestoneKind.ACKNOWLEDGEMENT, received("Mon 06:00"), escalated("Mon 15:30", Channel.EMAIL))

    told = explain(one, "Standard Support, version 1", {}, now=at("Mon 16:00"))

    assert told.headline == "The business day from the escalation ends on Monday at 18:00 in London"
    assert (told.rows[0].amount, tuple(told.total)) == ("2 h 30 min", ("", "the business day", "2 h 30 min"))


@pytest.mark.clause("C-ESC-10")
@pytest.mark.parametrize(
    ("when", "closes"),
    [
        pytest.param(datetime(2026, 12, 24, 9, tzinfo=UTC), datetime(2026, 12, 24, 13, tzinfo=UTC), id="a half day"),
        pytest.param(datetime(2026, 12, 24, 13, tzinfo=UTC), datetime(2026, 12, 28, 18, tzinfo=UTC), id="after it"),
        pytest.param(datetime(2026, 12, 25, 9, tzinfo=UTC), datetime(2026, 12, 28, 18, tzinfo=UTC), id="a holiday"),
        pytest.param(datetime(2026, 7, 6, 9, tzinfo=UTC), datetime(2026, 7, 6, 17, tzinfo=UTC), id="summer time"),
    ],
)
def test_business_closes_as_the_calendar_says(when, closes):
    christmas = Calendar(LONDON.zone, LONDON.weekly, frozenset({date(2026, 12, 25)}), {date(2026, 12, 24): time(13)})

    assert close_of_business(christmas, when) == closes


@pytest.mark.clause("C-ESC-16")
def test_one_acknowledgement_answers_every_escalation_that_waits():
    first, second, third = of_kind(
        MilestoneKind.ACKNOWLEDGEMENT,
        received("Mon 06:00"),
        escalated("Mon 09:00", Channel.PHONE),
        escalated("Mon 09:30", Channel.EMAIL),
        replied("Mon 09:40"),
        acknowledged("Mon 10:15"),
        escalated("Mon 11:00", Channel.WEB),
    )

    assert [state_at(one, at("Mon 11:30")) for one in (first, second, third)] == ["late", "met", "running"]


@pytest.mark.clause("C-ESC-04", "C-ESC-05", "C-ESC-07")
@pytest.mark.parametrize(
    ("whom", "told", "state"),
    [
        pytest.param(Callback.ENGINEER, called("Mon 10:00", reached=True), ClockState.MET, id="the engineer"),
        pytest.param(Callback.MANAGER, called("Mon 10:00", MANAGER, reached=True), ClockState.MET, id="the manager"),
        pytest.param(
            Callback.MANAGER, called("Mon 10:00", reached=True), ClockState.RUNNING, id="an engineer is no manager"
        ),
        pytest.param(Callback.ENGINEER, called("Mon 10:00", reached=False), ClockState.RUNNING, id="a missed call"),
        pytest.param(Callback.ENGINEER, replied("Mon 10:00"), ClockState.RUNNING, id="a message is no call"),
    ],
)
def test_a_call_back_is_a_call_of_whom_was_asked_for(whom, told, state):
    (one,) = of_kind(MilestoneKind.CALL_BACK, received("Mon 06:00"), call_back("Mon 09:00", whom), told)

    assert (one.due_at, one.state) == (at("Mon 10:00"), state)


def test_a_reopened_case_leaves_promises_of_before_as_they_ended():
    (update,) = updates(promised("Mon 09:00", "Tue 15:00"), closed("Mon 10:00"), reopened("Tue 09:00"))

    assert (update.state, update.stopped_at) == (ClockState.STOPPED, at("Mon 10:00"))
