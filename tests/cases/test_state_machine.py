"""Anybody tries anything in any order: the case stays true to its log and to the guide."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.permissions import may
from accounts.refusal import Refusal
from cases import facts, operations, transitions
from cases.enums import (
    CUSTOMER_SIDE,
    PASSING_KINDS,
    ActorRole,
    Channel,
    ClosureReason,
    EventKind,
    HoldReason,
    Severity,
    Side,
    Status,
    Turn,
    Verb,
)
from cases.facts import Fact, State
from cases.models import Case, Message
from cases.operations import HandoverNotes
from tests.cast import DAY, MINUTE, NOON, PHONE, Cast

TEXTS = st.sampled_from(["Something is said."] * 4 + ["", "x" * 100_001])
SEVERITIES = st.sampled_from(Severity)

# How each verb is called: its function and what it is given beside the actor and the moment.
CALLS: dict[Verb, tuple[Callable[..., Case], dict[str, st.SearchStrategy[Any]]]] = {
    Verb.VERIFY_ENTITLEMENT: (operations.verify_entitlement, {"override": TEXTS}),
    Verb.REFUSE: (operations.refuse, {"reason": TEXTS}),
    Verb.HOLD: (operations.hold, {"reason": st.sampled_from(HoldReason)}),
    Verb.RESUME: (operations.resume, {}),
    Verb.ACCEPT: (operations.accept, {}),
    Verb.REPLY: (operations.reply, {"body": TEXTS, "waiting": st.booleans()}),
    Verb.NOTE: (operations.add_note, {"body": TEXTS}),
    Verb.LOG_CALL: (operations.log_call, {"summary": TEXTS, "reached": st.booleans()}),
    Verb.REPLY_AS_CUSTOMER: (operations.reply_as_customer, {"body": TEXTS}),
    Verb.PROPOSE_SEVERITY: (
        operations.propose_severity,
        {"to": SEVERITIES, "reason": TEXTS, "phone": st.sampled_from(["", PHONE])},
    ),
    Verb.AGREE_SEVERITY: (operations.agree_severity, {"severity": SEVERITIES}),
    Verb.REDUCE_SEVERITY: (operations.reduce_severity, {"to": SEVERITIES, "reason": TEXTS}),
    Verb.PROPOSE_CLOSURE: (
        operations.propose_closure,
        {"problem": TEXTS, "resolution": TEXTS, "reason": st.sampled_from(ClosureReason)},
    ),
    Verb.CONFIRM_CLOSURE: (operations.confirm_closure, {}),
    Verb.REJECT_CLOSURE: (operations.reject_closure, {"body": TEXTS}),
    Verb.WITHDRAW: (operations.withdraw, {"resolution": TEXTS}),
    Verb.RECORD_CONTACT_ATTEMPT: (
        operations.record_contact_attempt,
        {"channel": st.sampled_from(Channel), "text": TEXTS, "announces_closure": st.booleans()},
    ),
    Verb.CLOSE_FOR_NO_RESPONSE: (operations.close_for_no_response, {}),
    Verb.REOPEN: (operations.reopen, {"body": TEXTS}),
    Verb.FOLLOW_ON: (operations.open_follow_on, {"body": TEXTS}),
    Verb.NOTE_HANDOVER: (
        operations.note_handover,
        {"notes": st.builds(HandoverNotes, TEXTS), "change": st.sampled_from([NOON, NOON + DAY])},
    ),
    Verb.ACCEPT_HANDOVER: (operations.accept_handover, {}),
    Verb.PUT_ON_SUN: (operations.put_on_sun, {"reason": TEXTS}),
    Verb.TAKE_OFF_SUN: (operations.take_off_sun, {"reason": TEXTS}),
}
# Opening starts the machine, assigning and handing over have rules of their own, and other terms are an
# administrator's, who works on no case.
UNTRIED = {Verb.OPEN, Verb.VIEW, Verb.ASSIGN, Verb.HAND_OVER, Verb.CHANGE_TERMS}


def test_the_machine_knows_every_verb():
    assert CALLS.keys() | UNTRIED == set(Verb)


class CaseMachine(RuleBasedStateMachine):
    """One case of Aberdeen on the real database, taken back when the example ends."""

    def __init__(self, cast: Cast, open_case: Callable[..., Case]):
        super().__init__()
        self.cast, self.open_case = cast, open_case
        self.now = NOON
        self.agreed: Severity | None = None
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize(severity=SEVERITIES, phone=st.sampled_from(["", PHONE]))
    def receive(self, severity, phone):
        self.case = self.open_case(severity=severity, phone=phone or (PHONE if severity == Severity.ONE else ""))

    @rule(
        data=st.data(),
        verb=st.sampled_from(sorted(CALLS)),
        later=st.one_of(st.just(MINUTE), st.timedeltas(-DAY, 20 * DAY)),
    )
    def somebody_tries(self, data, verb, later):
        self.call(data, verb, later)

    def call(self, data, verb: Verb, later: timedelta) -> None:
        function, given_with = CALLS[verb]
        given = {name: data.draw(values) for name, values in given_with.items()}
        self.attempt(data, verb, later, lambda by, at: function(self.case, by=by, at=at, **given))

    @rule(data=st.data(), reason=st.sampled_from(["", "holiday", "skills"]))
    def somebody_assigns(self, data, reason):
        to = data.draw(st.sampled_from(sorted(self.cast.staff)))
        self.attempt(
            data,
            Verb.ASSIGN,
            MINUTE,
            lambda by, at: operations.assign(self.case, self.cast.staff[to], by=by, at=at, reason=reason),
        )

    @rule(to=st.sampled_from(["engineer", "second_engineer"]), kept=st.booleans(), change=st.integers(0, 2))
    def the_sun_moves_on(self, to, kept, change):
        """The portal hands the case over, or keeps it, once for each change."""
        given = {"at": self.now, "change": NOON + change * DAY}
        before, trace = self.case.state, self.trace()
        try:
            if kept:
                operations.keep_handover(self.case, **given)
            else:
                operations.hand_over(self.case, self.cast.staff[to], **given, why=["On shift."])
        except Refusal:
            assert self.trace() == trace
        else:
            assert transitions.is_legal(before, Verb.HAND_OVER)
        self.case = Case.objects.get(pk=self.case.pk)

    @rule(data=st.data(), verb=st.sampled_from([Verb.PROPOSE_SEVERITY, Verb.AGREE_SEVERITY]))
    def somebody_pulls_at_the_severity(self, data, verb):
        """As `somebody_tries`, but often enough for what is agreed to be tried again."""
        self.call(data, verb, MINUTE)

    @rule(
        channels=st.sampled_from(["phone email email", "email phone web"]), broken=st.sampled_from([None, None, 1, 3])
    )
    def the_customer_stays_silent(self, channels, broken):
        """Support waits, tries on three business days and closes; unless it says before that it goes on by itself."""
        if not self.begin_to_wait():
            return
        engineer = self.cast.staff["engineer"]
        for number, channel in enumerate(channels.split(), start=1):
            self.next_business_day()
            if number == broken:
                self.case = operations.reply(self.case, "Nothing is needed from you.", by=engineer, at=self.now)
                return
            self.case = operations.record_contact_attempt(
                self.case, channel, "Are you there?", by=engineer, at=self.now, announces_closure=number == 3
            )
        self.now = self.case.closable_for_no_response_at
        self.case = operations.close_for_no_response(self.case, by=None, at=self.now)

    def begin_to_wait(self) -> bool:
        """Let it be the customer's turn, by a question or a hold, where that is possible."""
        self.now = max(self.now, self.case.updated_at)
        state = self.case.state
        if state.status is Status.IN_PROGRESS:
            question = {"by": self.cast.staff["engineer"], "at": self.now, "waiting": True}
            self.case = operations.reply(self.case, "What do the logs say?", **question)
        elif transitions.is_legal(state, Verb.HOLD) and not state.held_at:
            held = {"by": self.cast.staff["customer_service"], "at": self.now}
            self.case = operations.hold(self.case, HoldReason.UNREACHABLE_CONTACT, **held)
        return transitions.is_legal(self.case.state, Verb.RECORD_CONTACT_ATTEMPT)

    def next_business_day(self) -> None:
        self.now += DAY
        while not self.case.calendar.is_business_day(self.now.astimezone(ZoneInfo(self.case.zone)).date()):
            self.now += DAY

    def attempt(self, data, verb: Verb, later: timedelta, act: Callable[[Any, datetime], Case]) -> None:
        """Let somebody (mostly one who may) try; what is refused leaves no trace, what is done was legal."""
        able = sorted(name for name, person in self.cast.people.items() if may(person, verb, self.case))
        name = data.draw(st.sampled_from(able * 3 + sorted(self.cast.people)))
        person = self.cast.people[name]
        self.now = max(NOON, self.now + later)
        before, trace = self.case.state, self.trace()
        try:
            act(person, self.now)
        except PermissionDenied:
            assert name not in able
            assert self.trace() == trace
        except Refusal:
            assert self.trace() == trace
        else:
            assert name in able
            assert transitions.is_legal(before, verb)
            assert self.trace() != trace
        self.case = Case.objects.get(pk=self.case.pk)

    def trace(self) -> tuple[int, ...]:
        case = Case.objects.get(pk=self.case.pk)
        return (
            case.version,
            case.events.count(),
            case.messages.count(),
            case.notes.count(),
            len(case.phone),
            Case.objects.count(),
        )

    @invariant()
    def the_log_replays_to_the_row(self):
        assert facts.replay(self.case.events.all().log()) == self.case.state

    @invariant()
    def facts_are_in_order(self):
        log = self.case.events.all().log()
        assert [fact.seq for fact in log] == list(range(1, len(log) + 1))
        moving = [fact.at for fact in log if fact.kind not in PASSING_KINDS]
        assert moving == sorted(moving)

    @invariant()
    def an_agreed_severity_never_rises(self):
        assert self.agreed is None or (self.case.severity_agreed_at and self.case.severity >= self.agreed)
        if self.case.severity_agreed_at:
            self.agreed = Severity(self.case.severity)

    @invariant()
    def an_open_case_has_an_owner_exactly_while_it_is_worked_on(self):
        waits = self.case.status in (Status.RECEIVED, Status.QUEUED)
        assert self.case.status == Status.CLOSED or (self.case.owner is None) == waits

    @invariant()
    def severity_1_can_be_called_back(self):
        assert self.case.severity != Severity.ONE or self.case.phone

    @invariant()
    def silence_closes_a_case_only_in_the_customers_turn_after_it_was_told_in_writing(self):
        log = self.case.events.all().log()
        for place, closure in enumerate(log):
            if closure.kind is not EventKind.CLOSED or closure.data["reason"] != ClosureReason.NO_RESPONSE:
                continue
            before = facts.replay(log[:place])
            tries = [fact for fact in log[:place] if fact.kind is EventKind.CONTACT_ATTEMPTED][-3:]
            since_the_first = [fact for fact in log[:place] if fact.seq > tries[0].seq]
            assert before.turn is Turn.CUSTOMER or before.held_at
            assert tries[-1].data["announces_closure"]
            assert Message.objects.filter(pk=tries[-1].data["message"], case=self.case).exists()
            assert len({fact.at.date() for fact in tries}) == 3
            assert not any(fact.role in CUSTOMER_SIDE for fact in since_the_first)
            assert not any(fact.kind in (EventKind.REPLIED, EventKind.CLOSURE_PROPOSED) for fact in since_the_first)

    @invariant()
    def a_case_is_handed_over_once_for_each_change(self):
        log = self.case.events.all().log()
        for kind in (EventKind.HANDED_OVER, EventKind.HANDOVER_KEPT):
            changes = [fact.data["change"] for fact in log if fact.kind is kind]
            assert len(changes) == len(set(changes))

    @invariant()
    def what_the_table_finds_on_the_sun_is_what_the_state_says(self):
        assert Case.objects.on_sun().contains(self.case) == self.case.state.follows_sun

    @invariant()
    def a_closed_case_has_its_summary(self):
        texts = (self.case.problem, self.case.resolution, self.case.closure_reason, self.case.closed_at)
        assert self.case.status != Status.CLOSED or all(texts)


@pytest.mark.clause("C-SEV-03", "C-CLS-02")
def test_no_order_of_verbs_makes_an_illegal_case(cast, open_case):
    run_state_machine_as_test(
        lambda: CaseMachine(cast, open_case),
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


# The same on paper: any legal verb, without a database

CONTACT, ENGINEER, MANAGER = ActorRole.CONTACT, ActorRole.SUPPORT_ENGINEER, ActorRole.SUPPORT_MANAGER
CLOSURE = {"problem": "p", "resolution": "r", "reason": "resolved"}


def put_forward(state: State, number: int, flag: bool):
    """A severity as the rules let it be put forward: anything before the agreement, nothing worse after it."""
    side, role = (Side.CUSTOMER, CONTACT) if flag else (Side.SUPPORT, ENGINEER)
    worst = state.severity if state.severity_agreed_at else Severity.ONE
    data = {"severity": max(number, worst), "side": side, "reason": "r", "phone": ""}
    return EventKind.SEVERITY_PROPOSED, role, data


def settle(state: State, number: int, flag: bool):
    """The first agreement, or from then on a reduction."""
    if not state.severity_agreed_at:
        return EventKind.SEVERITY_AGREED, CONTACT if flag else ENGINEER, {"severity": number, "phone": ""}
    return EventKind.SEVERITY_REDUCED, MANAGER, {"severity": max(number, state.severity)}


# A fact that each verb may record, from the state before it and two drawn values.
RECORDED: dict[Verb, Callable[[State, int, bool], tuple[EventKind, ActorRole, dict[str, Any]]]] = {
    Verb.VERIFY_ENTITLEMENT: lambda *_: (EventKind.ENTITLEMENT_VERIFIED, ActorRole.CUSTOMER_SERVICE, {}),
    Verb.REFUSE: lambda *_: (EventKind.CLOSED, ActorRole.CUSTOMER_SERVICE, CLOSURE | {"reason": "not_entitled"}),
    Verb.HOLD: lambda *_: (EventKind.HELD, ActorRole.CUSTOMER_SERVICE, {"reason": "unreachable_contact"}),
    Verb.RESUME: lambda *_: (EventKind.RESUMED, ActorRole.CUSTOMER_SERVICE, {}),
    Verb.ACCEPT: lambda *_: (EventKind.ASSIGNED, ENGINEER, {"owner": 7, "case_manager": None}),
    Verb.ASSIGN: lambda state, number, _: (EventKind.REASSIGNED, ENGINEER, {"owner": number, "case_manager": number}),
    Verb.REPLY: lambda state, _, flag: (EventKind.REPLIED, ENGINEER, {"message": 1, "waiting": flag}),
    Verb.NOTE: lambda *_: (EventKind.NOTED, ENGINEER, {"note": 1}),
    Verb.LOG_CALL: lambda state, _, flag: (EventKind.CALLED, ENGINEER, {"reached": flag, "summary": "s"}),
    Verb.REPLY_AS_CUSTOMER: lambda *_: (EventKind.CUSTOMER_REPLIED, CONTACT, {"message": 1}),
    Verb.PROPOSE_SEVERITY: put_forward,
    Verb.AGREE_SEVERITY: settle,
    Verb.REDUCE_SEVERITY: settle,
    Verb.PROPOSE_CLOSURE: lambda *_: (EventKind.CLOSURE_PROPOSED, ENGINEER, CLOSURE),
    Verb.CONFIRM_CLOSURE: lambda *_: (EventKind.CLOSED, CONTACT, CLOSURE),
    Verb.REJECT_CLOSURE: lambda *_: (EventKind.CLOSURE_REJECTED, CONTACT, {"message": 1}),
    Verb.WITHDRAW: lambda *_: (EventKind.CLOSED, CONTACT, CLOSURE | {"reason": "withdrawn"}),
    Verb.RECORD_CONTACT_ATTEMPT: lambda state, _, flag: (
        EventKind.CONTACT_ATTEMPTED,
        ENGINEER,
        {"channel": "email" if flag else "phone", "announces_closure": flag, "message": 1 if flag else None},
    ),
    Verb.CLOSE_FOR_NO_RESPONSE: lambda *_: (EventKind.CLOSED, ActorRole.SYSTEM, CLOSURE | {"reason": "no_response"}),
    Verb.REOPEN: lambda state, number, _: (EventKind.REOPENED, CONTACT, {"owner": state.owner and number}),
    Verb.FOLLOW_ON: lambda *_: (EventKind.FOLLOWED_ON, CONTACT, {"number": "1234-567-890"}),
    Verb.HAND_OVER: lambda state, number, _: (
        EventKind.HANDED_OVER,
        ActorRole.SYSTEM,
        {"owner": number, "before": state.owner, "case_manager": number},
    ),
    Verb.ACCEPT_HANDOVER: lambda *_: (EventKind.HANDOVER_ACCEPTED, ENGINEER, {"by_work": False}),
    Verb.PUT_ON_SUN: lambda *_: (EventKind.PUT_ON_SUN, MANAGER, {"reason": "r"}),
    Verb.TAKE_OFF_SUN: lambda *_: (EventKind.TAKEN_OFF_SUN, MANAGER, {"reason": "r"}),
}


class PaperMachine(RuleBasedStateMachine):
    """A log written on paper: whatever is legal is recorded."""

    @initialize(severity=SEVERITIES)
    def receive(self, severity):
        self.log = [Fact(1, EventKind.RECEIVED, NOON, CONTACT, {"requested": int(severity), "phone": ""})]
        self.before = self.state = facts.replay(self.log)

    @rule(verb=st.sampled_from(sorted(RECORDED)), number=st.integers(1, 4), flag=st.booleans())
    def record(self, verb, number, flag):
        self.before = self.state
        if transitions.is_legal(self.state, verb):
            kind, role, data = RECORDED[verb](self.state, number, flag)
            self.log.append(Fact(len(self.log) + 1, kind, NOON + len(self.log) * MINUTE, role, data))
            self.state = facts.apply(self.state, self.log[-1])

    @invariant()
    def the_state_knows_how_far_its_log_goes(self):
        assert (self.state.version, self.state.updated_at) == (len(self.log), self.log[-1].at)

    @invariant()
    def an_agreed_severity_never_rises_and_stays_agreed(self):
        if self.before.severity_agreed_at:
            assert self.state.severity >= self.before.severity
            assert self.state.severity_agreed_at == self.before.severity_agreed_at

    @invariant()
    def attempts_are_those_since_somebody_spoke(self):
        spoken = [
            fact.seq
            for fact in self.log
            if fact.role is CONTACT
            or fact.kind in (EventKind.REPLIED, EventKind.CLOSURE_PROPOSED, EventKind.RESUMED, EventKind.CLOSED)
            or (fact.kind is EventKind.CALLED and fact.data["reached"])
        ]
        tries = [fact.at for fact in self.log[max(spoken) :] if fact.kind is EventKind.CONTACT_ATTEMPTED]
        assert [one.at for one in self.state.attempts] == tries

    @invariant()
    def the_first_answer_of_the_cycle_is_the_response(self):
        cycle = max(fact.seq for fact in self.log if fact.kind in (EventKind.RECEIVED, EventKind.REOPENED))
        answers = [
            fact.at
            for fact in self.log[cycle:]
            if fact.role is ENGINEER
            and (
                fact.kind in (EventKind.REPLIED, EventKind.CLOSURE_PROPOSED)
                or (fact.kind is EventKind.CALLED and fact.data["reached"])
                or (fact.kind is EventKind.CONTACT_ATTEMPTED and fact.data["message"])
            )
        ]
        assert self.state.responded_at == min(answers, default=None)

    @invariant()
    def the_status_goes_with_the_rest(self):
        state = self.state
        assert (state.status is Status.CLOSED) == (state.closed_at is not None)
        assert (state.status is Status.CLOSED) == (state.turn is Turn.NOBODY)
        assert (state.status is Status.CLOSURE_PROPOSED) == (state.closure_proposed_at is not None)
        assert (state.status in (Status.CLOSED, Status.CLOSURE_PROPOSED)) == bool(state.closure_reason)
        assert state.status is Status.CLOSED or (state.owner is None) == (
            state.status in (Status.RECEIVED, Status.QUEUED)
        )
        assert state.status is not Status.QUEUED or state.verified_at

    @invariant()
    def attempts_belong_to_a_wait_for_the_customer(self):
        assert not self.state.attempts or self.state.turn is Turn.CUSTOMER or self.state.held_at

    @invariant()
    def a_handover_waits_until_the_case_is_accepted_changes_hands_or_closes(self):
        ends = {EventKind.HANDOVER_ACCEPTED, EventKind.ASSIGNED, EventKind.REASSIGNED, EventKind.CLOSED}
        last = next((fact for fact in reversed(self.log) if fact.kind in {*ends, EventKind.HANDED_OVER}), None)
        waits = last if last and last.kind is EventKind.HANDED_OVER else None
        assert self.state.handed_over_at == (waits and waits.at)
        assert self.state.outgoing == (waits and waits.data["before"])

    @invariant()
    def something_is_always_possible(self):
        assert any(transitions.is_legal(self.state, verb) for verb in RECORDED if verb is not Verb.NOTE)


TestOnPaper = PaperMachine.TestCase
TestOnPaper.settings = settings(max_examples=100, stateful_step_count=40)
