"""Letters to customers: calm, kind, without codes and without blame. They read only what is disclosed."""

from datetime import datetime

from cases import rules
from cases.enums import ClosureReason, ReassignmentReason, Severity, Status, Turn
from notifications.letters.form import Letter, Part
from notifications.letters.matter import MINUTE, Matter
from sla import words
from sla.explain import Explanation, within
from sla.promises import MilestoneKind
from sla.words import SECOND


def received(matter: Matter) -> Letter:
    """Number, promised first response and how it comes about (C-LIF-01, C-LIF-02)."""
    case = matter.case
    opened_for = () if case.opened_by_id == matter.reader.pk else (f"Opened for you by {matter.author}.",)
    check = Part(
        "What happens next",
        (
            *opened_for,
            "Customer Service first makes sure that your support covers this case; then an engineer takes it over. "
            "The time for our first answer runs from the start.",
            *_please_call(matter, Severity(case.severity)),
        ),
    )
    return Letter(
        title="We have received your case",
        lead=f"Its number is {case.number}." + _first_answer(matter),
        parts=(*_why_this_time(matter.running), check, *matter.written("What you told us")),
        links=(matter.link(),),
    )


def owner_changed(matter: Matter) -> Letter:
    """Whom to contact from now on, by name and how (C-RAS-02)."""
    before = matter.person(matter.data["before"])
    return _from_now_on(matter, before, _why_another(matter.data["reason"], before) if before else "")


def handed_over(matter: Matter) -> Letter:
    """The same for a case that follows the sun: the day ends in one place, and the work goes on in the next."""
    before = matter.person(matter.data["before"])
    return _from_now_on(matter, before, f"{before} goes off duty, and the work goes on." if before else "")


def _from_now_on(matter: Matter, before: str, reason: str) -> Letter:
    owner = matter.owner
    profile = owner.profile if owner else None
    center = profile.center if profile else None
    role = f", {owner.staff_role.label.lower()}" if owner and owner.staff_role else ""
    place = f" in {center}" if center else ""
    return Letter(
        title=f"{owner} works on your case" + (" from now on" if before else ""),
        lead=f"From now on please contact {owner}{role}{place}.",
        next=f"{reason} Everything written on the case stays with it.".strip() if before else "",
        parts=(
            Part(
                f"How to reach {owner}",
                items=(
                    "Write on the case page: it is the quickest way, and nothing gets lost.",
                    f"Call {matter.telephone} and name the case number {matter.case.number}.",
                ),
            ),
        ),
        links=(matter.link("Write on the case"),),
    )


def _why_another(reason: str, before: str) -> str:
    """Why the case changes hands (C-RAS-01), as far as it is the customer's business."""
    words = _WHY_ANOTHER.get(reason, "Until now it was {before}.")
    return words.format(before=before)


_WHY_ANOTHER: dict[str, str] = {
    ReassignmentReason.HOLIDAY: "{before} is away for a while.",
    ReassignmentReason.ABSENCE: "{before} is away for a while.",
    ReassignmentReason.SENIOR: "{before} asked a senior engineer to take over.",
    ReassignmentReason.SKILLS: "{before} asked an engineer with other skills to take over.",
    ReassignmentReason.SHIFT: "The shift of {before} ends, and the work goes on.",
    ReassignmentReason.LOAD: "{before} passes the case on, so that it gets the time it needs.",
}


def put_on_sun(matter: Matter) -> Letter:
    """What it means that a case follows the sun, and what it asks of the customer (A-12)."""
    return Letter(
        title="We work on your case around the clock",
        lead="From now on your case passes from one support center to the next, so that work on it does not stop.",
        next="Each time we tell you whom to contact. Please keep somebody reachable for us, at night too: "
        "without an answer from your side we may have to wait.",
        links=(matter.link("Write on the case"),),
    )


def taken_off_sun(matter: Matter) -> Letter:
    """That the case is back in the hours of its severity (A-12, C-COV-04)."""
    return Letter(
        title="We work on your case in business hours again",
        lead=f"Your case no longer passes from center to center. We work on it in the hours of "
        f"{Severity(matter.case.severity).label.lower()}.",
        next="Your engineer stays the same until you hear otherwise. Nobody needs to stay up for us any more.",
        links=(matter.link(),),
    )


def reply(matter: Matter) -> Letter:
    """What somebody wrote to the customer, or a colleague wrote for it (C-TRK-01, C-STF-07)."""
    return Letter(
        title=f"{matter.author} wrote on your case" if matter.by_customer else f"{matter.author} wrote to you",
        lead="This was written to support for your organization." if matter.by_customer else _whose_move(matter),
        parts=matter.written("The message"),
        links=(matter.link("Answer on the case page"),),
        signature=matter.signature,
    )


def _whose_move(matter: Matter) -> str:
    """What a message of support asks of the customer, by the case as it left it: one truth with the case page."""
    if until := matter.data.get("next_update_at"):
        return f"{_turn(matter)} We write again by {matter.told(datetime.fromisoformat(until))}."
    return _turn(matter)


def _turn(matter: Matter) -> str:
    if matter.state.status is Status.CLOSURE_PROPOSED:
        return "Our question whether this case can be closed still waits for your answer."
    if matter.state.turn is Turn.CUSTOMER:
        return "It is your turn: please answer, so that we can go on."
    if matter.data["waiting"]:
        return "Please answer when you can. It is our turn all the same: an engineer takes the case over."
    return "It is our turn: there is nothing you need to do."


def severity_proposed(matter: Matter) -> Letter:
    """Support's view of the severity, with its reason; nothing changes without the customer (C-SEV-01, A-10)."""
    severity = matter.severity()
    return Letter(
        title=f"We suggest {severity.label.lower()}",
        lead=f"{severity.label} means: {severity.description}",
        next="Please tell us whether you agree. Until then the more severe of both views counts for our answer.",
        parts=(Part("Why we suggest it", written=matter.data["reason"]), _never_rises()),
        links=(matter.link("Agree, or suggest another"),),
        signature=matter.signature,
    )


def severity_agreed(matter: Matter) -> Letter:
    """What both sides agreed to (C-SEV-01)."""
    severity = matter.severity()
    return Letter(
        title=f"{severity.label} is agreed",
        lead=f"{severity.label} means: {severity.description}",
        next=_effect_on_clock(matter),
        parts=(_never_rises(),),
        links=(matter.link(),),
    )


def severity_reduced(matter: Matter) -> Letter:
    """That it was lowered, why, and what this does to the clock (C-SEV-04, A-09, A-11)."""
    before, severity = matter.severity("before"), matter.severity()
    why = (Part("Why", written=matter.data["reason"]),) if matter.data["reason"] else ()
    doubts = Part("If you see it differently", ("Please write on the case page or call us: we will look at it again.",))
    return Letter(
        title=f"Your case has {severity.label.lower()} now",
        lead=f"It was {before.label.lower()} until now. {severity.label} means: {severity.description}",
        next=_effect_on_clock(matter),
        parts=(*why, *(() if matter.data["agreed"] else (doubts,))),
        links=(matter.link(),),
        signature=matter.signature,
    )


def closure_question(matter: Matter) -> Letter:
    """Nobody's case closes without this question; what follows from silence is said too (C-CLS-01, A-16)."""
    return Letter(
        title="Is this solved?",
        lead=f"{matter.author} thinks that this case can be closed. Please tell us whether you think so too.",
        next="If something is still missing, say so, and we go on. If we hear nothing, we try to reach you several "
        "times; the last time we tell you the day on which the case closes.",
        parts=_summary(matter.data["problem"], matter.data["resolution"], ClosureReason(matter.data["reason"])),
        links=(matter.link("Answer: solved, or not yet"),),
        signature=matter.signature,
    )


def closure_reminder(matter: Matter) -> Letter:
    """The closure question once more (C-CLS-01, A-16)."""
    case = matter.case
    asked = f" on {matter.told(case.closure_proposed_at)}" if case.closure_proposed_at else ""
    reason = ClosureReason(case.closure_reason or ClosureReason.RESOLVED)
    return Letter(
        title="Is this solved?",
        lead=f"We asked you{asked} whether this case can be closed, and would like to hear from you.",
        next="A short yes or no is enough. If something is still missing, say so, and we go on.",
        parts=_summary(case.problem, case.resolution, reason) if case.problem else (),
        links=(matter.link("Answer: solved, or not yet"),),
    )


def contact_attempt(matter: Matter) -> Letter:
    """An attempt to reach a silent contact; the last one says when the case closes (C-CLS-05, A-15)."""
    closes_at = matter.case.closable_for_no_response_at if matter.data["announces_closure"] else None
    announced = f"If we do not hear from you by {matter.told(closes_at)}, we close the case. " if closes_at else ""
    return Letter(
        title="We are trying to reach you",
        lead="We need a word from you to go on with this case.",
        next=f"{announced}A closed case is not lost: for {rules.REOPEN_DAYS} days one message opens it again.",
        parts=matter.written("The message"),
        links=(matter.link("Answer on the case page"),),
        signature=matter.signature,
    )


def closure_summary(matter: Matter) -> Letter:
    """Problem and resolution, how promises were kept, and until when the case can be reopened (C-CLS-02, C-RPN-01)."""
    reason = ClosureReason(matter.data["reason"])
    did = "closed it" if reason is ClosureReason.WITHDRAWN else "confirmed that it can be closed"
    return Letter(
        title="Your case is closed",
        lead=f"{_you_or_author(matter)} {did} on {matter.told(matter.event.at)}.",
        next=f"If it comes back, you can {_reopening(matter)}.",
        parts=(*_summary(matter.data["problem"], matter.data["resolution"], reason), *_kept(matter), *_worked(matter)),
        links=(matter.link(), matter.link("Reopen it", "reopening/")),
    )


def closed_no_response(matter: Matter) -> Letter:
    """What was tried, and the way back (C-CLS-05, C-CLS-02, C-RPN-01)."""
    return Letter(
        title="Your case is closed for now",
        lead="We tried to reach you and did not manage to, so we have closed the case.",
        next=f"It is not lost: you can {_reopening(matter)}. One message is enough.",
        parts=(
            Part("What the case was about", written=matter.data["problem"]),
            Part("How we tried to reach you", written=matter.data["resolution"]),
        ),
        links=(matter.link(), matter.link("Reopen it", "reopening/")),
    )


def closed_not_entitled(matter: Matter) -> Letter:
    """Why support does not cover the case, and what to do if that is wrong (C-CLS-04, C-CLS-02, C-RPN-01)."""
    return Letter(
        title="Your support does not cover this case",
        lead=f"Customer Service has looked into it, and we cannot work on case {matter.case.number} as it stands.",
        next=f"If this does not look right to you, please call {matter.telephone}. You can also {_reopening(matter)}.",
        parts=(
            Part("What the case was about", written=matter.data["problem"]),
            Part("Why it is not covered", written=matter.data["resolution"]),
        ),
        links=(matter.link(), matter.link("Reopen it", "reopening/")),
    )


def reopened(matter: Matter) -> Letter:
    """A fresh response clock of the same severity, with the same engineer unless away (C-RPN-01, A-14)."""
    owner = f"{matter.owner} works on it again." if matter.data["owner"] else "An engineer takes it over."
    return Letter(
        title="Your case is open again",
        lead=owner + _first_answer(matter),
        parts=(*matter.written("What is open again"), *_why_this_time(matter.running)),
        links=(matter.link(),),
    )


# Passages


def _first_answer(matter: Matter) -> str:
    """The promised first response as a sentence, while it runs."""
    due_at = matter.running.milestone.due_at if matter.running else None
    return f" An engineer answers you by {matter.told(due_at)}." if due_at else ""


def _why_this_time(clock: Explanation | None) -> tuple[Part, ...]:
    """The deadline explained in the account's time, as on the case page."""
    if clock is None:
        return ()
    rows = (*(f"{row.when}: {', '.join(filter(None, row[1:]))}" for row in clock.rows), ": ".join(clock.total[1:]))
    return (Part("Why this time", (f"{clock.promise} ({clock.plan}). {clock.headline}.",), rows),)


def _please_call(matter: Matter, severity: Severity) -> tuple[str, ...]:
    """Severity 1 is best phoned in (A-04)."""
    if severity is not Severity.ONE:
        return ()
    return (f"For severity 1 please call us as well, at {matter.telephone}: we answer at every hour.",)


def _effect_on_clock(matter: Matter) -> str:
    clock = matter.running
    if clock is None or clock.milestone.due_at is None:
        return "No deadline changes by this."
    return f"Our first answer is due by {matter.told(clock.milestone.due_at)}."


def _never_rises() -> Part:
    return Part(
        "Good to know",
        (
            "Once agreed, a severity can become less severe, but not more. If things get worse, open a new case that "
            "refers to this one, or call us.",
        ),
    )


def _summary(problem: str, resolution: str, reason: ClosureReason) -> tuple[Part, ...]:
    """The two texts without which no case closes (C-CLS-02)."""
    headings = {ClosureReason.ANSWERED: "What we answered", ClosureReason.WITHDRAWN: "Why it was closed"}
    return (
        Part("What the problem was", written=problem),
        Part(headings.get(reason, "How it was solved"), written=resolution),
    )


def _kept(matter: Matter) -> tuple[Part, ...]:
    """Promises that were answered, oldest first, misses told as plainly as the rest."""
    items = tuple(_kept_or_not(clock) for clock in reversed(matter.clocks) if clock.milestone.met_at)
    return (Part("How we kept our promises", items=items),) if items else ()


def _kept_or_not(clock: Explanation) -> str:
    milestone = clock.milestone
    name = milestone.kind.label
    if milestone.kind is MilestoneKind.FIRST_RESPONSE:
        name = "First answer" if milestone.cycle == 1 else "First answer after reopening"
    answered = words.answered(milestone.started_at, milestone.met_at, milestone.breached_at)
    verdict = ": we are sorry" if milestone.breached_at else _counted(clock)
    return f"{name}: promised {within(milestone)}, {answered}{verdict}."


def _counted(clock: Explanation) -> str:
    """How much of an answer's time fell into the hours of the promise, unless all of it did."""
    milestone = clock.milestone
    if milestone.met_at is None or clock.used == (milestone.met_at - milestone.started_at) // SECOND * SECOND:
        return ""
    return f", of which {words.length(clock.used) if clock.used else 'none'} counted"


def _worked(matter: Matter) -> tuple[Part, ...]:
    owner = matter.case.owner
    if owner is None:
        return ()
    profile = owner.profile
    role = f", {owner.staff_role.label.lower()}" if owner.staff_role else ""
    place = f", {profile.center}" if profile and profile.center else ""
    return (Part("Who worked on it", (f"{owner}{role}{place}.",)),)


def _you_or_author(matter: Matter) -> str:
    return "You" if matter.event.by_id == matter.reader.pk else matter.author


def _reopening(matter: Matter) -> str:
    """Until when: the last minute of the window, counted from this closure (C-RPN-01, A-13)."""
    ends: datetime = rules.reopen_window_ends(matter.event.at, matter.case.zone)
    return f"reopen the case until {matter.told(ends - MINUTE)}"
