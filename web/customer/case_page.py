"""What a customer sees of a case, beside its log: where it stands, what to do, steps and facts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.enums import LinuxFlavor, StaffRole
from accounts.models import User
from cases.enums import CaseType, ClosureReason, EventKind, Severity, Side, Status, Turn, Verb
from cases.facts import State
from cases.models import Case, CaseEvent
from cases.rules import reopen_window_ends
from cases.transitions import is_legal
from sla.clock import ClockState
from sla.queries import ClockView, clocks
from sla.words import answered
from web.case.forms import AgreementForm, MessageForm
from web.case.timeline import sees_all, timeline
from web.case.times import Times
from web.customer.forms import ClosureAnswerForm
from web.customer.listing import opener, reopen_until
from web.customer.questions import proposed_severity


@dataclass(frozen=True, slots=True)
class Headline:
    """Where the case stands, in one sentence and a line about it."""

    turn: Turn
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a case's life: done, present or still to come."""

    name: str
    when: str
    done: bool
    present: bool


def case_page(case: Case, reader: User, times: Times) -> dict[str, Any]:
    """Everything the page of `case` shows to this customer, in a number of statements that its log does not change."""
    state, organization = case.state, case.organization
    reopenable = reopen_until(case, times)
    views = clocks(case, times.now)
    proposed = proposed_severity(state)
    may_follow_on = is_legal(state, Verb.FOLLOW_ON) and reopenable is None
    return {
        "case": case,
        "status": Status(case.status).label,
        "headline": headline(case, times),
        "call_as_well": state.severity is Severity.ONE and case.turn is Turn.SUPPORT,
        "reopenable_if_closed_now": times.moment(
            reopen_window_ends(times.now, case.zone) - timedelta(minutes=1), case.zone, case.calendar.place
        ),
        "closure_form": ClosureAnswerForm(case) if is_legal(state, Verb.CONFIRM_CLOSURE) else None,
        "proposed_severity": proposed,
        "proposed_because": _proposed_because(case, reader) if proposed else "",
        "agreement_form": AgreementForm(case, initial={"severity": proposed}),
        "message_form": MessageForm(case, auto_id="message_%s") if is_legal(state, Verb.REPLY_AS_CUSTOMER) else None,
        "may_withdraw": is_legal(state, Verb.WITHDRAW) and not is_legal(state, Verb.CONFIRM_CLOSURE),
        "may_propose_severity": is_legal(state, Verb.PROPOSE_SEVERITY) and state.severity is not Severity.FOUR,
        "reopen_until": reopenable,
        "may_follow_on": may_follow_on,
        "continued_in": Case.objects.visible_to(reader).filter(follows=case).last() if may_follow_on else None,
        "steps": list(steps(case, times)),
        "clocks": [(view, how_it_ended(view, case)) for view in views[:1]],
        "timeline": timeline(case, reader, times),
        "telephone": organization.support_phone,
        "opener": opener(case),
        "opened": times.moment(case.received_at),
        "severity_words": severity_words(state),
        "owner_place": owner_place(case),
        "facts": list(facts(case)),
        "sees_all": sees_all(reader, case),
    }


def how_it_ended(view: ClockView, case: Case) -> str:
    """How a clock that no longer runs came to its end; empty while it runs."""
    milestone = view.explanation.milestone
    if milestone.met_at:
        return answered(milestone.started_at, milestone.met_at, milestone.breached_at)
    if case.closed_at is None:
        return ""
    return "missed" if view.state is ClockState.BREACHED else "no longer needed"


def severity_words(state: State) -> str:
    """How the severity stands between both sides."""
    if state.severity_agreed_at:
        return f"{state.severity}, agreed; it can be lowered, not raised"
    if state.proposed and state.proposed is not state.requested:
        return f"you asked for {state.requested}, we propose {state.proposed}"
    return f"{state.requested}, as you asked; not agreed yet"


def owner_place(case: Case) -> str:
    """What the owner is and where: "Support engineer, Cambridge"."""
    staff = case.owner.staff if case.owner else None
    if staff is None:
        return ""
    return ", ".join(filter(None, (StaffRole(staff.role).label, staff.center.name if staff.center else "")))


def facts(case: Case) -> Iterator[tuple[str, str]]:
    """What is known about the case, term by term."""
    yield "Organization", f"{case.organization}, business hours of {case.calendar.place}"
    yield "Contact", str(case.contact.user)
    yield "Product", f"{case.product} {case.product_version}".strip()
    if case.linux_flavor:
        yield "Linux", LinuxFlavor(case.linux_flavor).label
    yield "About", CaseType(case.case_type).label
    until = f", until {case.entitlement.ends_on:%-d %b %Y}" if case.entitlement else ""
    yield "Plan", f"{case.plan_version.plan}{until}"
    yield "Severity", severity_words(case.state)
    if case.reopenings:
        yield "Reopened", "once" if case.reopenings == 1 else f"{case.reopenings} times"


def headline(case: Case, times: Times) -> Headline:
    """Whose turn it is and what for, before anything else; a question counts before what goes on meanwhile."""
    owner = case.owner.name if case.owner else "Support"
    if case.turn is Turn.SUPPORT and (proposed := proposed_severity(case.state)):
        return Headline(
            Turn.CUSTOMER, f"Do you agree to {proposed.label}?", f"{owner} asks you, and works on meanwhile."
        )
    since = f"{times.short(case.turn_since_at)}" if case.turn_since_at else ""
    match Status(case.status):
        case Status.CLOSURE_PROPOSED:
            title, text = "Is this solved, and may we close the case?", f"{owner} asked you {_asked(case, times)}."
        case Status.WAITING_FOR_CUSTOMER:
            title, text = f"{owner} waits for your answer", f"Asked {since}. Write below, or call."
        case Status.RECEIVED if case.severity == Severity.ONE:
            title = "An engineer starts while we check your entitlement"
            text = "The engineer on duty was called at once; nothing waits for the check."
        case Status.RECEIVED:
            title, text = "We check your entitlement", "Customer Service looks at it first; an engineer follows."
        case Status.QUEUED:
            title, text = "The next engineer takes your case", "Your entitlement is in order."
        case Status.IN_PROGRESS:
            title, text = f"{owner} works on your case", f"With us since {since}."
        case Status.CLOSED:
            reason = ClosureReason(case.closure_reason).label
            title, text = f"Closed: {reason[0].lower()}{reason[1:]}", f"Since {times.short(_aware(case.closed_at))}."
    return Headline(case.turn, title, text)


def _proposed_because(case: Case, reader: User) -> str:
    """Why support proposes the severity it proposed last, in its own words."""
    facts = CaseEvent.objects.visible_to(reader).filter(
        case=case, kind=EventKind.SEVERITY_PROPOSED, data__side=Side.SUPPORT
    )
    last = facts.order_by("-seq").first()
    return last.data["reason"] if last else ""


def _asked(case: Case, times: Times) -> str:
    return times.short(_aware(case.closure_proposed_at))


def _aware(at: datetime | None) -> datetime:
    """A moment that the case's status guarantees."""
    assert at is not None
    return at


def steps(case: Case, times: Times) -> Iterator[Step]:
    """Received, checked, worked on, solution proposed, closed (C-TRK-01); a step that was skipped is not done."""
    present = _PLACES[Status(case.status)]
    solved = case.closure_reason in (ClosureReason.RESOLVED, ClosureReason.ANSWERED)
    told = (
        ("Received", times.short(case.received_at), True),
        ("Entitlement checked", times.short(case.verified_at) if case.verified_at else "", bool(case.verified_at)),
        ("Worked on", case.owner.name if case.owner else "", bool(case.owner)),
        ("Solution proposed", _asked(case, times) if case.closure_proposed_at else "", solved),
        ("Closed", times.short(case.closed_at) if case.closed_at else "", False),
    )
    for place, (name, when, happened) in enumerate(told):
        yield Step(name, when, done=happened and place < present, present=place == present)


_PLACES = {
    Status.RECEIVED: 0,
    Status.QUEUED: 1,
    Status.IN_PROGRESS: 2,
    Status.WAITING_FOR_CUSTOMER: 2,
    Status.CLOSURE_PROPOSED: 3,
    Status.CLOSED: 4,
}
