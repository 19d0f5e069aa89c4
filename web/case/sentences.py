"""A fact of a case's log as one sentence: in a customer's words, or in support's.

A customer's sentence is made of disclosed data only (`cases.disclosure`): nothing else can be told by accident.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from cases.enums import Channel, ClosureReason, EventKind, HoldReason, ReassignmentReason, Severity
from entitlements.enums import Outcome
from sla.promises import MilestoneKind
from web.case.times import Times


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence: `lead` stands out, `quote` is somebody's own words, `link` leads to what it speaks of."""

    icon: str
    lead: str
    text: str = ""
    quote: str = ""
    state: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as its reader may know it: disclosed `data`, and names for `by` and `owner`; `staff` says who reads."""

    kind: EventKind
    data: Mapping[str, Any]
    by: str
    owner: str
    staff: bool
    times: Times

    @property
    def severity(self) -> str:
        return Severity(self.data["severity"]).label

    @property
    def promise(self) -> str:
        return _lower_first(MilestoneKind(self.data["milestone"]).label)


def sentence(told: Told) -> Words | None:
    """The sentence for a fact, or None for one that shows as what was said."""
    tell = _SENTENCES.get(told.kind)
    return tell(told) if tell else None


def how_said(told: Told) -> str:
    """How a message or note came about, for its head: "opened the case by web"."""
    channel = told.data.get("channel")
    match told.kind:
        case EventKind.RECEIVED:
            return f"opened the case by {_channel(channel)}"
        case EventKind.CUSTOMER_REPLIED if channel != Channel.WEB:
            return f"by {_channel(channel)}"
        case EventKind.CLOSURE_REJECTED:
            return "not solved yet"
    return ""


def _channel(channel: Any) -> str:
    return Channel(channel).label.lower()


def _verified(told: Told) -> Words:
    if not told.staff:
        return Words("shield", "Entitlement verified", "by Customer Service")
    outcome = Outcome(told.data["verdict"]["outcome"])
    found = "" if outcome is Outcome.ENTITLED else f", against the check ({outcome.label.lower()})"
    return Words("shield", "Entitlement verified", f"by {told.by}{found}", told.data["override"])


def _held(told: Told) -> Words:
    reason = HoldReason(told.data["reason"]).label
    return Words("paused", "First-response clock on hold:", _lower_first(reason), state="paused")


def _resumed(told: Told) -> Words:
    return Words("running", "First-response clock runs again")


def _assigned(told: Told) -> Words:
    if not told.staff:
        return Words("headset", told.owner, "is your engineer now")
    if told.owner == told.by:
        return Words("headset", told.by, "took the case", told.data["note"])
    return Words("headset", f"Given to {told.owner}", f"by {told.by}", told.data["note"])


def _reassigned(told: Told) -> Words:
    reason = ReassignmentReason(told.data["reason"]).label if told.data["reason"] else ""
    if not told.staff:
        return Words("handover", told.owner, f"is your engineer from now on{_aside(reason)}")
    return Words("handover", f"Handed over to {told.owner}", f"by {told.by}{_aside(reason)}", told.data["note"])


def _handed_over(told: Told) -> Words:
    if not told.staff:
        return Words("handover", told.owner, "is your engineer from now on (the work goes on around the clock)")
    return Words("sun", f"Handed over to {told.owner}", "with the sun", " ".join(told.data["why"]))


def _handover_noted(told: Told) -> Words:
    return Words("handover", "Handover sheet completed", f"by {told.by}", told.data["next_action"])


def _handover_accepted(told: Told) -> Words:
    how = ", by going on with the case" if told.data["by_work"] else ""
    return Words("check", "Handover accepted", f"by {told.by}{how}")


def _handover_unaccepted(told: Told) -> Words:
    return Words("breached", "Handover not accepted:", f"{told.owner} did not answer in time", state="breached")


def _handover_kept(told: Told) -> Words:
    keeper = f"it stays with {told.owner}" if told.owner else "it has no owner"
    return Words("warning", "Nobody is there to take the case over:", keeper, state="breached")


def _put_on_sun(told: Told) -> Words:
    if not told.staff:
        return Words("sun", "Work goes on around the clock:", "the case passes from center to center")
    return Words("sun", "Put on the sun", f"by {told.by}", told.data["reason"])


def _taken_off_sun(told: Told) -> Words:
    if not told.staff:
        return Words("moon", "Work goes on in business hours again")
    return Words("moon", "Taken off the sun", f"by {told.by}", told.data["reason"])


def _called(told: Told) -> Words:
    if told.staff:
        lead = "Call" if told.data["reached"] else "Call, nobody reached,"
        return Words("phone", lead, f"by {told.by}", told.data["summary"])
    if told.data["reached"]:
        return Words("phone", "Telephone call", f"with {told.by}")
    return Words("phone", "Call not answered:", f"{told.by} tried to reach you")


def _severity_proposed(told: Told) -> Words:
    return Words(f"severity-{told.data['severity']}", f"{told.severity} proposed", f"by {told.by}", told.data["reason"])


def _severity_agreed(told: Told) -> Words:
    sides = "between customer and support" if told.staff else "between you and us"
    return Words(f"severity-{told.data['severity']}", f"{told.severity} agreed", sides)


def _severity_reduced(told: Told) -> Words:
    lead = f"Severity lowered from {told.data['before']} to {told.data['severity']}"
    how = f"agreed by {told.by}" if told.data["agreed"] else f"by {told.by}"
    return Words(f"severity-{told.data['severity']}", lead, how, told.data["reason"])


def _closure_proposed(told: Told) -> Words:
    return Words("check", "Solution proposed", f"by {told.by}", told.data["resolution"])


def _closure_reminded(told: Told) -> Words:
    return Words("mail", "Reminder sent:", "is this solved, and may the case close?")


def _attempted(told: Told) -> Words:
    channel = Channel(told.data["channel"])
    how = f"by {_channel(channel)}{', the last before closing' if told.data['announces_closure'] else ''}"
    icon = "phone" if channel is Channel.PHONE else "mail"
    if not told.staff:
        return Words(icon, "We tried to reach you", how)
    return Words(icon, "Attempt to reach the contact", f"{how}, {told.by}", told.data["summary"])


def _closed(told: Told) -> Words:
    reason = ClosureReason(told.data["reason"])
    agreed = reason in (ClosureReason.RESOLVED, ClosureReason.ANSWERED)  # the proposal above has the text already
    by = f", by {told.by}" if told.by else ""
    return Words("lock", "Case closed:", f"{_lower_first(reason.label)}{by}", "" if agreed else told.data["resolution"])


def _reopened(told: Told) -> Words:
    return Words("history", "Case reopened", f"by {told.by}")


def _followed_on(told: Told) -> Words:
    return Words("link", "Continued in case", told.data["number"], link=reverse("case", args=[told.data["number"]]))


def _warned(told: Told) -> Words:
    return Words("soon", f"{told.data['share']} percent", "of the time for the first response is used", state="soon")


def _breached(told: Told) -> Words:
    return Words("breached", "First response is late:", "the promised time has passed", state="breached")


def _milestone_warned(told: Told) -> Words:
    return Words("soon", f"{told.data['share']} percent", f"of the time for the {told.promise} is used", state="soon")


def _milestone_breached(told: Told) -> Words:
    return Words("breached", f"The {told.promise} is late:", "the promised time has passed", state="breached")


def _terms_changed(told: Told) -> Words:
    return Words("history", "Deadlines recalculated:", _lower_first(told.data["reason"]))


def _aside(text: str) -> str:
    return f" ({_lower_first(text)})" if text else ""


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


_SENTENCES: Mapping[EventKind, Callable[[Told], Words]] = {
    EventKind.ENTITLEMENT_VERIFIED: _verified,
    EventKind.HELD: _held,
    EventKind.RESUMED: _resumed,
    EventKind.ASSIGNED: _assigned,
    EventKind.REASSIGNED: _reassigned,
    EventKind.CALLED: _called,
    EventKind.SEVERITY_PROPOSED: _severity_proposed,
    EventKind.SEVERITY_AGREED: _severity_agreed,
    EventKind.SEVERITY_REDUCED: _severity_reduced,
    EventKind.CLOSURE_PROPOSED: _closure_proposed,
    EventKind.CLOSURE_REMINDED: _closure_reminded,
    EventKind.CONTACT_ATTEMPTED: _attempted,
    EventKind.CLOSED: _closed,
    EventKind.REOPENED: _reopened,
    EventKind.FOLLOWED_ON: _followed_on,
    EventKind.TERMS_CHANGED: _terms_changed,
    EventKind.HANDED_OVER: _handed_over,
    EventKind.HANDOVER_NOTED: _handover_noted,
    EventKind.HANDOVER_ACCEPTED: _handover_accepted,
    EventKind.HANDOVER_UNACCEPTED: _handover_unaccepted,
    EventKind.HANDOVER_KEPT: _handover_kept,
    EventKind.PUT_ON_SUN: _put_on_sun,
    EventKind.TAKEN_OFF_SUN: _taken_off_sun,
    EventKind.FIRST_RESPONSE_WARNED: _warned,
    EventKind.FIRST_RESPONSE_BREACHED: _breached,
    EventKind.MILESTONE_WARNED: _milestone_warned,
    EventKind.MILESTONE_BREACHED: _milestone_breached,
}
