"""The first-response clock, rule by rule, and the laws it keeps whatever happens to a case."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.enums import ActorRole, ClosureReason, EventKind, HoldReason, Severity, Side
from cases.facts import apply
from sla.allowance import Pause, running_stretches
from sla.calendars import Calendar, is_open, open_time_between
from sla.clock import (
    Basis,
    ClockState,
    Milestone,
    TimerKind,
    left,
    milestones,
    state_at,
    timers,
    used,
    warnings,
)
from sla.promises import Promises
from tests.sla.stories import (
    CUSTOMER_SERVICE,
    LONDON,
    MANAGER,
    PORTAL,
    STANDARD,
    agreed,
    assigned,
    at,
    attempted,
    breached,
    called,
    closed,
    closure_proposed,
    held,
    noted,
    proposed,
    received,
    reduced,
    reopened,
    replied,
    resumed,
    story,
    terms_changed,
    verified,
    warned,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def clocks(*told) -> list[Milestone]:
    return milestones(story(*told), STANDARD, LONDON)


def clock(*told) -> Milestone:
    (only,) = clocks(*told)
    return only


def plans(*told) -> list[tuple[str, str, object]]:
    log = story(*told)
    return [(plan.kind, plan.subject, plan.fire_at) for plan in timers(milestones(log, STANDARD, LONDON), log)]


# Targets


@pytest.mark.parametrize(
    ("severity", "start", "due"),
    [
        pytest.param(1, "Sat 23:50", "Sun 00:20", id="severity 1", marks=pytest.mark.clause("C-SLA-01", "C-COV-01")),
        pytest.param(2, "Fri 17:00", "next Mon 09:00", id="severity 2", marks=pytest.mark.clause("C-SLA-02")),
        pytest.param(3, "Mon 15:00", "Tue 13:00", id="severity 3", marks=pytest.mark.clause("C-SLA-03", "C-COV-02")),
        pytest.param(4, "Sun 15:00", "next Mon 16:00", id="severity 4", marks=pytest.mark.clause("C-SLA-04")),
    ],
)
def test_each_severity_has_its_target_in_its_hours(severity, start, due):
    milestone = clock(received(start, severity))

    assert milestone.due_at == at(due)
    assert milestone.clause == f"C-SLA-0{severity}"
    assert (milestone.cycle, milestone.state) == (1, ClockState.RUNNING)


def test_the_clock_starts_at_receipt_though_it_was_recorded_later():
    milestone = clock(received("Mon 09:00", 2, recorded="Mon 10:30"))

    assert (milestone.started_at, milestone.due_at) == (at("Mon 09:00"), at("Mon 11:00"))


# What is a first response


@pytest.mark.clause("C-SLA-03")
@pytest.mark.parametrize(
    "told",
    [
        pytest.param(replied("Mon 10:00"), id="an engineer's message"),
        pytest.param(replied("Mon 10:00", ActorRole.ESCALATION_ENGINEER), id="an escalation engineer's message"),
        pytest.param(replied("Mon 10:00", ActorRole.ENGINEERING), id="a message of engineering"),
        pytest.param(called("Mon 10:00", reached=True), id="a call that reached the contact"),
        pytest.param(attempted("Mon 10:00", message=7), id="a message to a silent contact"),
        pytest.param(closure_proposed("Mon 10:00"), id="the closure question"),
    ],
)
def test_an_engineers_first_contact_meets_the_clock(told):
    milestone = clock(received("Mon 09:00"), assigned("Mon 09:30"), told)

    assert (milestone.met_at, milestone.state) == (at("Mon 10:00"), ClockState.MET)


@pytest.mark.clause("C-SLA-03")
@pytest.mark.parametrize(
    "told",
    [
        pytest.param(verified("Mon 10:00"), id="the entitlement check"),
        pytest.param(assigned("Mon 10:00"), id="an assignment"),
        pytest.param(noted("Mon 10:00"), id="an internal note"),
        pytest.param(called("Mon 10:00", reached=False), id="a missed call"),
        pytest.param(attempted("Mon 10:00", message=None), id="an unanswered attempt by phone"),
        pytest.param(proposed("Mon 10:00", 3), id="a proposed severity"),
        pytest.param(replied("Mon 10:00", CUSTOMER_SERVICE), id="Customer Service's message"),
        pytest.param(called("Mon 10:00", CUSTOMER_SERVICE, reached=True), id="Customer Service's call"),
        pytest.param(replied("Mon 10:00", MANAGER), id="a manager's message"),
        pytest.param(replied("Mon 10:00", PORTAL), id="an automatic receipt"),
    ],
)
def test_nothing_else_is_a_response(told):
    milestone = clock(received("Mon 09:00"), told)

    assert (milestone.met_at, milestone.state) == (None, ClockState.RUNNING)


def test_a_missed_call_counts_only_together_with_a_message():
    milestone = clock(received("Mon 09:00"), called("Mon 09:30", reached=False), replied("Mon 09:35"))

    assert milestone.met_at == at("Mon 09:35")


@pytest.mark.clause("C-SLA-02")
def test_an_answer_in_time_is_not_late_because_a_note_was_recorded_first():
    milestone = clock(received("Mon 09:00", 2), noted("Mon 11:01"), replied("Mon 11:00"))

    assert (milestone.state, milestone.met_at) == (ClockState.MET, at("Mon 11:00"))


def test_only_the_first_response_counts():
    milestone = clock(received("Mon 09:00"), replied("Mon 10:00"), replied("Wed 10:00"), noted("Fri 10:00"))

    assert (milestone.met_at, milestone.state) == (at("Mon 10:00"), ClockState.MET)


# Kept and missed


@pytest.mark.clause("C-SLA-02")
@pytest.mark.parametrize(
    ("answer", "state", "missed"),
    [
        pytest.param("Mon 11:00", ClockState.MET, None, id="at the due moment"),
        pytest.param("Mon 11:00:00.000001", ClockState.LATE, "Mon 11:00", id="a moment later"),
    ],
)
def test_an_answer_at_the_due_moment_keeps_the_promise(answer, state, missed):
    milestone = clock(received("Mon 09:00", 2), replied(answer))

    assert (milestone.state, milestone.breached_at) == (state, missed and at(missed))


@pytest.mark.parametrize(
    ("now", "state"),
    [
        pytest.param("Mon 09:00", ClockState.RUNNING, id="at the start"),
        pytest.param("Mon 10:29:59", ClockState.RUNNING, id="more than a quarter left"),
        pytest.param("Mon 10:30", ClockState.SOON, id="a quarter left"),
        pytest.param("Mon 11:00", ClockState.SOON, id="at the due moment"),
        pytest.param("Mon 11:00:00.000001", ClockState.BREACHED, id="past it"),
    ],
)
def test_a_clock_that_nobody_answers_runs_short_and_is_missed(now, state):
    assert state_at(clock(received("Mon 09:00", 2)), at(now)) is state


def test_a_miss_stays_a_miss_when_the_severity_is_lowered_afterwards():
    milestone = clock(received("Mon 09:00", 2), agreed("Mon 09:30", 2), reduced("Mon 11:05", 3))

    assert (milestone.due_at, milestone.breached_at) == (at("Mon 11:00"), at("Mon 11:00"))
    assert (milestone.severity, milestone.state) == (Severity.TWO, ClockState.BREACHED)


def test_a_miss_stays_a_miss_when_the_case_is_held_or_closed_afterwards():
    milestone = clock(received("Mon 09:00", 2), held("Mon 11:30"), resumed("Mon 12:00"), closed("Mon 13:00"))

    assert (milestone.state, milestone.breached_at, milestone.pauses) == (ClockState.BREACHED, at("Mon 11:00"), ())


# Severity


@pytest.mark.parametrize(
    ("told", "severity"),
    [
        pytest.param([], 3, id="requested"),
        pytest.param([proposed("Mon 09:10", 2)], 2, id="support proposes worse"),
        pytest.param([proposed("Mon 09:10", 4)], 3, id="support proposes better"),
        pytest.param([proposed("Mon 09:10", 2), proposed("Mon 09:20", 4)], 3, id="support thinks again"),
        pytest.param([proposed("Mon 09:10", 2, Side.CUSTOMER)], 2, id="the customer asks for worse"),
        pytest.param([proposed("Mon 09:10", 2), agreed("Mon 09:20", 4)], 4, id="agreed"),
        pytest.param([agreed("Mon 09:20", 3), proposed("Mon 09:30", 4)], 3, id="agreed, a proposal changes nothing"),
        pytest.param([agreed("Mon 09:20", 2), reduced("Mon 09:30", 4)], 4, id="reduced"),
    ],
)
def test_until_agreed_the_more_severe_position_counts(told, severity):
    assert clock(received("Mon 09:00", 3), *told).severity == severity


@pytest.mark.clause("C-SEV-04")
def test_a_lowered_severity_gives_the_new_target_from_the_original_start():
    milestone = clock(received("Mon 09:00", 1), agreed("Mon 09:05", 1), reduced("Mon 09:20", 2))

    assert milestone.due_at == at("Mon 11:00")
    assert [(step.why, step.promise.severity, step.due_at) for step in milestone.trail] == [
        (EventKind.RECEIVED, Severity.ONE, at("Mon 09:30")),
        (EventKind.SEVERITY_REDUCED, Severity.TWO, at("Mon 11:00")),
    ]


@pytest.mark.clause("C-SEV-04")
def test_a_lowered_severity_leaves_the_night_out_of_the_new_target():
    milestone = clock(received("Mon 20:00", 1), agreed("Mon 20:05", 1), reduced("Mon 20:20", 3))

    assert milestone.due_at == at("Tue 16:00")


def test_a_new_severity_counts_over_the_same_pauses():
    milestone = clock(
        received("Mon 09:00", 2),
        held("Mon 10:00"),
        resumed("Mon 13:00"),
        agreed("Mon 13:30", 2),
        reduced("Mon 13:40", 3),
    )

    assert milestone.due_at == at("Tue 10:00")


def wished(when: str, severity: int):
    """The customer puts another severity forward; nothing is agreed yet."""
    return proposed(when, severity, Side.CUSTOMER)


@pytest.mark.clause("C-SEV-01")
@pytest.mark.parametrize(
    ("told", "due", "severity"),
    [
        pytest.param([wished("Mon 12:00", 1)], "Mon 12:30", 1, id="from the raise"),
        pytest.param([wished("Mon 22:00", 1)], "Mon 17:00", 3, id="a miss before the raise stays one"),
        pytest.param([wished("Mon 16:45", 1)], "Mon 17:00", 3, id="never later than before"),
        pytest.param([wished("Mon 12:00", 1), wished("Mon 12:10", 3)], "Mon 17:00", 3, id="a wrong click taken back"),
        pytest.param([wished("Mon 12:00", 1), wished("Mon 12:40", 3)], "Mon 12:30", 1, id="taken back too late"),
        pytest.param([wished("Mon 12:00", 1), wished("Mon 12:10", 2)], "Mon 14:00", 2, id="taken back in part"),
        pytest.param([wished("Mon 12:00", 1), wished("Mon 12:10", 4)], "Mon 17:00", 4, id="lowered from the start"),
        pytest.param([wished("Mon 10:00", 2), wished("Mon 10:30", 1)], "Mon 11:00", 1, id="raised twice"),
        pytest.param([wished("Mon 10:00", 2), wished("Mon 11:45", 1)], "Mon 12:00", 2, id="the first raise decides"),
        pytest.param(
            [wished("Mon 12:00", 1), wished("Mon 12:10", 3), wished("Mon 13:00", 1)], "Mon 13:30", 1, id="raised again"
        ),
        pytest.param(
            [held("Mon 10:00"), wished("Mon 11:00", 1), resumed("Mon 12:00")], "Mon 12:30", 1, id="raised on hold"
        ),
        pytest.param(
            [held("Mon 10:00"), resumed("Mon 11:00"), wished("Mon 12:00", 2)], "Mon 14:00", 2, id="a pause before it"
        ),
        pytest.param(
            [wished("Mon 12:00", 2), held("Mon 13:00"), resumed("Mon 15:00"), wished("Mon 15:10", 3)],
            "Tue 09:00",
            3,
            id="a pause over both",
        ),
        pytest.param([wished("Mon 12:00", 1), agreed("Mon 12:05", 1)], "Mon 12:30", 1, id="agreed"),
    ],
)
def test_a_raise_counts_from_its_moment_and_loosens_nothing(told, due, severity):
    milestone = clock(received("Mon 09:00", 3), *told)

    assert (milestone.due_at, milestone.severity) == (at(due), severity)


def test_a_raise_in_the_night_is_due_in_the_night():
    milestone = clock(received("Mon 17:00", 3), wished("Mon 22:00", 1))

    assert (milestone.started_at, milestone.counts_from) == (at("Mon 17:00"), at("Mon 22:00"))
    assert milestone.due_at == at("Mon 22:30")
    assert used(milestone, at("Mon 22:10")) == 10 * MINUTE
    assert warnings(milestone) == [(50, at("Mon 22:15")), (80, at("Mon 22:24"))]


def test_on_hold_the_promise_with_the_least_left_is_shown():
    milestone = clock(received("Mon 09:00", 2), held("Mon 10:50"), wished("Mon 10:55", 1))

    assert (milestone.severity, left(milestone, at("Mon 12:00"))) == (Severity.TWO, 10 * MINUTE)


# Holds


def test_a_hold_is_truly_excluded():
    milestone = clock(received("Mon 09:00", 2), held("Mon 10:00"), resumed("Tue 09:00"))

    assert milestone.due_at == at("Tue 10:00")
    assert milestone.pauses == (Pause(at("Mon 10:00"), at("Tue 09:00"), HoldReason.UNREACHABLE_CONTACT),)


def test_only_open_hours_of_a_hold_are_excluded():
    milestone = clock(received("Mon 17:00", 2), held("Mon 19:00"), resumed("Tue 07:00"))

    assert milestone.due_at == at("Tue 09:00")


def test_a_held_clock_has_no_due_moment_and_keeps_what_is_left():
    milestone = clock(received("Mon 09:00", 2), held("Mon 10:30"))

    assert (milestone.due_at, state_at(milestone, at("Fri 10:00"))) == (None, ClockState.PAUSED)
    assert (used(milestone, at("Fri 10:00")), left(milestone, at("Fri 10:00"))) == (90 * MINUTE, 30 * MINUTE)


def test_a_hold_that_begins_at_the_due_moment_comes_too_late():
    milestone = clock(received("Mon 09:00", 2), held("Mon 11:00"))

    assert milestone.due_at == at("Mon 11:00")
    assert state_at(milestone, at("Mon 12:00")) is ClockState.BREACHED


def test_an_answer_during_a_hold_keeps_the_promise():
    milestone = clock(received("Mon 09:00", 2), held("Mon 10:00"), replied("Wed 10:00"), noted("Thu 10:00"))

    assert (milestone.state, milestone.met_at) == (ClockState.MET, at("Wed 10:00"))
    assert milestone.pauses[-1].ended_at == at("Wed 10:00")


def test_a_second_hold_or_a_needless_resumption_changes_nothing():
    once = [received("Mon 09:00", 2), held("Mon 10:00")]

    assert clock(*once, held("Mon 10:30")) == clock(*once)
    assert clock(*once[:1], resumed("Mon 10:00")) == clock(*once[:1])


def test_a_hold_after_the_answer_changes_nothing():
    answered = [received("Mon 09:00", 2), replied("Mon 10:00")]

    assert clock(*answered, held("Mon 10:30"), resumed("Tue 10:00")) == clock(*answered)


# Closing and reopening


@pytest.mark.parametrize("reason", [ClosureReason.NOT_ENTITLED, ClosureReason.WITHDRAWN])
def test_closing_an_unanswered_case_withdraws_its_clock(reason):
    milestone = clock(received("Mon 09:00", 2), closed("Mon 10:00", reason), noted("Tue 10:00"))

    assert (milestone.state, milestone.stopped_at) == (ClockState.STOPPED, at("Mon 10:00"))
    assert state_at(milestone, at("Fri 10:00")) is ClockState.STOPPED


def test_reopening_starts_a_fresh_clock_and_leaves_the_earlier_one():
    first = [received("Mon 09:00", 2), replied("Mon 10:00"), closed("Tue 10:00")]

    before, fresh = clocks(*first, reopened("Wed 17:00"), noted("Wed 17:30"))

    assert [before] == clocks(*first)
    assert (fresh.cycle, fresh.started_at, fresh.due_at) == (2, at("Wed 17:00"), at("Thu 09:00"))
    assert fresh.severity is Severity.TWO


def test_closed_time_belongs_to_no_clock():
    withdrawn, fresh = clocks(
        received("Mon 09:00", 2), held("Mon 10:00"), closed("Mon 12:00"), reopened("Fri 09:00"), replied("Fri 09:30")
    )

    assert (withdrawn.state, used(withdrawn, at("Fri 09:00"))) == (ClockState.STOPPED, HOUR)
    assert withdrawn.pauses[-1].ended_at == at("Mon 12:00")
    assert (fresh.state, fresh.pauses, used(fresh, at("Fri 18:00"))) == (ClockState.MET, (), 30 * MINUTE)


# Warnings and timers


def test_warnings_fall_when_half_and_four_fifths_of_the_allowance_are_used():
    milestone = clock(received("Mon 15:00", 3))

    assert warnings(milestone) == [(50, at("Tue 09:00")), (80, at("Tue 11:24"))]


def test_warnings_wait_out_a_hold():
    milestone = clock(received("Mon 09:00", 2), held("Mon 10:30"), resumed("Wed 09:00"))

    assert warnings(milestone) == [(50, at("Mon 10:00")), (80, at("Wed 09:06"))]


def test_a_running_clock_has_two_warnings_and_a_breach_ahead():
    assert plans(received("Mon 09:00", 2)) == [
        (TimerKind.FIRST_RESPONSE_WARNING, "1:50", at("Mon 10:00")),
        (TimerKind.FIRST_RESPONSE_WARNING, "1:80", at("Mon 10:36")),
        (TimerKind.FIRST_RESPONSE_BREACH, "1", at("Mon 11:00:00.000001")),
    ]


def test_a_timer_carries_the_data_of_its_fact():
    log = story(received("Mon 09:00", 2))

    half, _, missed = timers(milestones(log, STANDARD, LONDON), log)

    assert half.data == {"cycle": 1, "share": 50, "due_at": "2026-01-12T11:00:00+00:00"}
    assert missed.data == {"cycle": 1, "due_at": "2026-01-12T11:00:00+00:00"}


@pytest.mark.parametrize(
    ("told", "subjects"),
    [
        pytest.param([warned("Mon 10:00", 50, "Mon 11:00")], ["1:80", "1"], id="warned once"),
        pytest.param(
            [warned("Mon 10:00", 50, "Mon 11:00"), agreed("Mon 10:10", 3)], ["1:80", "1"], id="never warned twice"
        ),
        pytest.param([called("Mon 11:05", reached=False)], ["1"], id="missed, no more warnings"),
        pytest.param([breached("Mon 11:01", "Mon 11:00")], [], id="miss recorded"),
        pytest.param([replied("Mon 10:30")], [], id="met"),
        pytest.param([replied("Mon 11:30")], ["1"], id="met late before the sweep"),
        pytest.param([breached("Mon 11:01", "Mon 11:00"), replied("Mon 11:30")], [], id="met late after the sweep"),
        pytest.param([held("Mon 10:30")], [], id="held"),
        pytest.param([closed("Mon 10:30")], [], id="withdrawn"),
        pytest.param(
            [replied("Mon 10:00"), closed("Tue 09:00"), reopened("Tue 10:00")], ["2:50", "2:80", "2"], id="again"
        ),
    ],
)
def test_only_what_has_still_to_happen_has_a_timer(told, subjects):
    assert [subject for _, subject, _ in plans(received("Mon 09:00", 2), *told)] == subjects


def test_a_new_severity_moves_the_breach():
    moved = plans(received("Mon 09:00", 2), agreed("Mon 09:30", 3))

    assert moved[-1] == (TimerKind.FIRST_RESPONSE_BREACH, "1", at("Mon 17:00:00.000001"))


# Bad input


def test_a_plan_without_a_row_for_the_severity_is_an_error():
    with pytest.raises(LookupError, match="no first response for Severity 1"):
        milestones(story(received("Mon 09:00", 1)), Promises(STANDARD.rows[1:]), LONDON)


def test_a_plan_promises_nothing_twice_and_always_some_time():
    with pytest.raises(ValueError, match="promised twice"):
        Promises(STANDARD.rows + STANDARD.rows[:1])
    with pytest.raises(ValueError, match="some time"):
        replace(STANDARD.rows[0], target=timedelta(0))


# Other hours and targets for a clock that runs

NO_TUESDAY = Calendar(LONDON.zone, LONDON.weekly, frozenset({at("Tue 00:00").date()}))
QUICK = Promises(tuple(replace(row, target=row.target / 2) for row in STANDARD.rows))


def recounted(*told, basis: Basis) -> list[Milestone]:
    log = story(*told)
    changes = {fact.seq: basis for fact in log if fact.kind is EventKind.TERMS_CHANGED}
    return milestones(log, STANDARD, LONDON, changes)


@pytest.mark.clause("C-DOC-04", "C-SLA-03")
@pytest.mark.parametrize(
    ("told", "basis", "due"),
    [
        pytest.param([], Basis(STANDARD, NO_TUESDAY), "Wed 11:00", id="a new holiday"),
        pytest.param([], Basis(QUICK, LONDON), "Mon 17:00", id="a shorter target from the original start"),
        pytest.param(
            [held("Mon 14:00"), resumed("Mon 16:00")],
            Basis(STANDARD, NO_TUESDAY),
            "Wed 13:00",
            id="over the same pauses",
        ),
        pytest.param([proposed("Mon 15:30", 2)], Basis(QUICK, LONDON), "Mon 16:30", id="a raise from its moment"),
    ],
)
def test_other_terms_count_a_running_clock_anew_from_its_start(told, basis, due):
    milestone = recounted(received("Mon 13:00"), *told, terms_changed("Mon 16:30"), basis=basis)[-1]

    assert milestone.due_at == at(due)
    assert milestone.basis == len(told) + 2
    assert (milestone.trail[-1].why, milestone.trail[-1].note) == (EventKind.TERMS_CHANGED, "Holidays of 2026")


@pytest.mark.clause("C-DOC-04")
@pytest.mark.parametrize(
    "told",
    [
        pytest.param([replied("Mon 14:00")], id="met"),
        pytest.param([closed("Mon 14:00")], id="withdrawn"),
        pytest.param([noted("Tue 12:00")], id="missed"),
    ],
)
def test_other_terms_change_nothing_of_a_clock_that_ended_or_was_missed(told):
    (before,) = clocks(received("Mon 13:00"), *told, verified("next Mon 09:00"))

    (after,) = recounted(received("Mon 13:00"), *told, terms_changed("next Mon 09:00"), basis=Basis(QUICK, NO_TUESDAY))

    assert after == before
    assert after.basis == 0


def test_the_clock_of_a_case_reopened_later_counts_by_the_other_terms():
    told = [received("Mon 09:00"), terms_changed("Mon 10:00"), replied("Mon 11:00"), closed("Mon 12:00")]

    first, second = recounted(*told, reopened("Mon 16:00"), basis=Basis(STANDARD, NO_TUESDAY))

    assert (first.due_at, second.due_at) == (at("Mon 17:00"), at("Wed 14:00"))
    assert second.basis == 2


# Laws


def next_facts(state) -> list:
    """What may happen next, told without its moment."""
    if state.closed_at:
        return [reopened, noted]
    if not state.severity_agreed_at:
        options = [lambda when, s=s: proposed(when, s) for s in Severity]
        options += [lambda when, s=s: proposed(when, s, Side.CUSTOMER) for s in Severity]
        options += [lambda when, s=s: agreed(when, s) for s in Severity]
    else:
        options = [lambda when, s=s: reduced(when, s) for s in Severity if s > state.severity]
    return [
        *options,
        resumed if state.held_at else held,
        noted,
        closed,
        lambda when: called(when, reached=False),
        replied,
    ]


@st.composite
def logs(draw):
    """Any log that a case may have, with gaps of up to ten hours."""
    moment = at("Mon 00:00") + draw(st.timedeltas(timedelta(0), timedelta(days=7)))
    log = story(received(moment, draw(st.sampled_from(Severity))))
    state = apply(None, log[0])
    for seq in range(2, draw(st.integers(2, 9))):
        moment += draw(st.timedeltas(timedelta(0), 10 * HOUR))
        fact = draw(st.sampled_from(next_facts(state)))(moment)(seq)
        log.append(fact)
        state = apply(state, fact)
    return log


@settings(max_examples=300, deadline=None)
@given(logs())
def test_a_miss_and_all_that_ended_never_change_again(log):
    for length in range(1, len(log)):
        now = milestones(log[:length], STANDARD, LONDON)
        later = milestones(log[: length + 1], STANDARD, LONDON)

        assert all(after == before for before, after in zip(now, later, strict=False) if before.ended_at)
        assert all(
            (after.due_at, after.breached_at) == (before.due_at, before.breached_at)
            for before, after in zip(now, later, strict=False)
            if before.breached_at
        )


@settings(max_examples=300, deadline=None)
@given(logs())
def test_a_new_severity_alone_misses_nothing_and_a_raise_loosens_nothing(log):
    for length in range(1, len(log)):
        before, after = (milestones(log[:end], STANDARD, LONDON)[-1] for end in (length, length + 1))
        changed = len(after.terms) != len(before.terms) or after.terms[-1] != before.terms[-1]
        if after.cycle > before.cycle or not changed or before.due_at is None:
            continue

        assert after.due_at >= log[length].at
        if after.terms[-1].promise.severity < before.terms[-1].promise.severity:
            assert after.due_at <= before.due_at
        else:
            assert after.due_at >= before.due_at


@settings(max_examples=300, deadline=None)
@given(logs())
def test_at_the_due_moment_exactly_the_target_is_used(log):
    for milestone in milestones(log, STANDARD, LONDON):
        if milestone.due_at is None:
            continue
        counted = sum(
            (
                open_time_between(milestone.calendar, begin, min(end or milestone.due_at, milestone.due_at))
                for begin, end in running_stretches(milestone.term, milestone.pauses)
                if begin < milestone.due_at
            ),
            timedelta(0),
        )

        assert counted == milestone.target
        assert is_open(milestone.calendar, milestone.due_at - timedelta.resolution)


@settings(max_examples=300, deadline=None)
@given(logs())
def test_no_clock_is_missed_or_warns_inside_a_pause(log):
    cycles = milestones(log, STANDARD, LONDON)
    moments = [plan.due_at for plan in timers(cycles, [])]
    moments += [plan.fire_at for plan in timers(cycles, []) if plan.share]

    assert not any(
        pause.began_at < moment and (pause.ended_at is None or moment <= pause.ended_at)
        for milestone in cycles
        for pause in milestone.pauses
        for moment in moments
    )


@settings(max_examples=300, deadline=None)
@given(logs())
def test_only_the_latest_clock_may_run_and_every_reopening_has_its_own(log):
    cycles = milestones(log, STANDARD, LONDON)

    assert [milestone.cycle for milestone in cycles] == list(range(1, len(cycles) + 1))
    assert len(cycles) == 1 + sum(fact.kind is EventKind.REOPENED for fact in log)
    assert all(milestone.ended_at for milestone in cycles[:-1])


@settings(max_examples=300, deadline=None)
@given(logs(), st.integers(0, 3000))
def test_what_is_used_and_left_make_the_target(log, minutes):
    now = log[-1].at + minutes * MINUTE

    for milestone in milestones(log, STANDARD, LONDON):
        assert used(milestone, now) + left(milestone, now) == milestone.target
        assert used(milestone, now) <= used(milestone, now + HOUR) <= milestone.target
        if milestone.due_at and not milestone.ended_at:
            assert (used(milestone, now) == milestone.target) == (now >= milestone.due_at)
