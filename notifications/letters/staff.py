"""Letters to staff: what happened, on which case, what is due. They may name what is internal."""

from datetime import datetime, timedelta

from cases.enums import ABSENCES, ClosureReason, Severity
from notifications.letters.form import Letter, Part
from notifications.letters.matter import MINUTE, Matter
from sla.handovers import ACCEPTED_WITHIN
from sla.promises import MilestoneKind

# A deadline takes effect within seconds; what takes longer is told to be late itself.
NOTICED_IN_TIME = timedelta(minutes=1)


def severity_1_received(matter: Matter) -> Letter:
    """A severity 1 wakes people at once (C-COV-01, A-04)."""
    return _letter(
        matter,
        "A case of severity 1 has come in",
        f"{matter.case.organization} needs an engineer now.",
        matter.written("What the customer wrote"),
    )


def became_severity_1(matter: Matter) -> Letter:
    """So does a case that becomes one (C-COV-01, A-10)."""
    return _letter(
        matter,
        "A case has become severity 1",
        f"{matter.author} sees it so, and it counts at once: {matter.case.organization} needs an engineer now.",
        (Part("The reason", written=matter.data["reason"]),),
    )


def given_to_you(matter: Matter) -> Letter:
    note, by_itself = matter.data["note"], matter.event.by_id is None and matter.data["reason"] in ABSENCES
    return _letter(
        matter,
        "This case is yours from now on",
        f"It comes to you because {matter.person(matter.data['before'])} is away."
        if by_itself
        else f"{matter.author} gave it to you.",
        (Part("Note for you, internal", written=note),) if note else (),
    )


def taken_over(matter: Matter) -> Letter:
    """Who is back from an absence reads where the case went (C-RAS-01)."""
    taker = matter.person(matter.data["owner"])
    return _letter(matter, f"{taker} has taken this case over from you", "You were away. It does not return by itself.")


def handed_to_you(matter: Matter) -> Letter:
    """Accept it, or the manager on call is told (C-FTS-01)."""
    minutes = ACCEPTED_WITHIN // MINUTE
    return Letter(
        title="This case comes to you with the sun",
        lead=f"Please read its handover sheet and accept it. After {minutes} minutes the manager on call is told.",
        parts=(Part("Why you", items=tuple(matter.data["why"])), _facts(matter)),
        links=(matter.link("Read the sheet and accept", "handover/"), matter.link("Open the case")),
    )


def handover_unaccepted(matter: Matter) -> Letter:
    """To the manager on call: somebody has to look after it (C-FTS-01)."""
    minutes = ACCEPTED_WITHIN // MINUTE
    return Letter(
        title="A handover is not accepted",
        lead=f"{matter.owner} got this case with the sun and has not accepted it in {minutes} minutes.",
        next="Call, accept it in their place, or give the case to somebody else.",
        parts=(_facts(matter),),
        links=(matter.link("The handover", "handover/"), matter.link("Give it to somebody else", "owner/")),
    )


def handover_kept(matter: Matter) -> Letter:
    """The alarm: the sun has nobody to go to (C-COV-01)."""
    keeper = matter.person(matter.data["owner"])
    return Letter(
        title="Nobody is there to take this case over",
        lead=f"It stays with {keeper}, who is off duty." if keeper else "It has no owner yet.",
        next="Please find somebody who works on it now.",
        parts=(_facts(matter),),
        links=(matter.link("Give it to somebody", "owner/"), matter.link("Open the case")),
    )


def customer_replied(matter: Matter) -> Letter:
    return _letter(matter, "The customer wrote", f"{matter.author} wrote on the case.", matter.written("The message"))


def customer_proposed_severity(matter: Matter) -> Letter:
    severity = matter.severity()
    return _letter(
        matter,
        f"The customer suggests {severity.label.lower()}",
        f"{matter.author} sees it so: {severity.description}",
        (Part("The customer's reason", written=matter.data["reason"]),),
    )


def severity_settled(matter: Matter) -> Letter:
    severity = matter.severity()
    return _letter(matter, f"{severity.label} from now on", f"{matter.author} settled the severity.")


def closure_rejected(matter: Matter) -> Letter:
    return _letter(
        matter,
        "It is not solved yet",
        f"{matter.author} says that something is still open.",
        matter.written("What is still open"),
    )


def case_closed(matter: Matter) -> Letter:
    reason = ClosureReason(matter.data["reason"])
    return _letter(matter, "The case is closed", f"{matter.author} closed it: {reason.label.lower()}.")


def case_reopened(matter: Matter) -> Letter:
    return _letter(
        matter, "The case is open again", f"{matter.author} reopened it.", matter.written("What is open again")
    )


def milestone_warning(matter: Matter) -> Letter:
    """Half, or four fifths, of the time for a promise is used."""
    promise, due_at = promised(matter)
    return _letter(
        matter,
        f"{matter.data['share']} % of the time for the {promise} is used",
        f"The {promise} is due by {matter.told(due_at)}{noticed_late(matter)}.",
    )


response_warning = milestone_warning


def milestone_breach(matter: Matter, still: str = "") -> Letter:
    promise, due_at = promised(matter)
    return _letter(
        matter, f"The {promise} is late", f"It was due by {matter.told(due_at)}{still}{noticed_late(matter)}."
    )


def response_breach(matter: Matter) -> Letter:
    return milestone_breach(matter, ", and the customer still waits" if matter.running else "")


def promised(matter: Matter) -> tuple[str, datetime]:
    """What was promised and by when (aware): "next update"."""
    label = MilestoneKind(matter.data.get("milestone", MilestoneKind.FIRST_RESPONSE)).label
    return label[0].lower() + label[1:], datetime.fromisoformat(matter.data["due_at"])


def noticed_late(matter: Matter) -> str:
    """Says so when the portal was not at work as a deadline passed: ", noticed only at 12:20 CET"."""
    fell_due = matter.data.get("fell_due_at")
    if fell_due is None or matter.event.at - datetime.fromisoformat(fell_due) <= NOTICED_IN_TIME:
        return ""
    return f", noticed only at {matter.told(matter.event.at)}"


def _letter(matter: Matter, title: str, lead: str, parts: tuple[Part, ...] = ()) -> Letter:
    return Letter(title=title, lead=lead, parts=(*parts, _facts(matter)), links=(matter.link("Open the case"),))


def _facts(matter: Matter) -> Part:
    case = matter.case
    clock = matter.running
    due = (f"First response due {matter.told(clock.milestone.due_at)}",) if clock and clock.milestone.due_at else ()
    owner = f"Owner: {case.owner}" if case.owner_id else "No owner yet"
    return Part(
        "The case",
        items=(f"{case.organization}, {case.calendar.place}", Severity(case.severity).label, owner, *due),
    )
