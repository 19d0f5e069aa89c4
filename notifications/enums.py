"""Words for notifications. Standard library only."""

from accounts.enums import Worded


class Channel(Worded):
    """How somebody is told."""

    EMAIL = "email", "E-mail"
    IN_APP = "in_app", "In the portal"


class Template(Worded):
    """What somebody is told. The value is stored, the label is the sentence of the list in the portal."""

    # To customers
    RECEIVED = "received", "We have received your case"
    OWNER_CHANGED = "owner_changed", "Whom to contact from now on"
    HANDED_OVER = "handed_over", "Whom to contact now: the work goes on with the sun"
    PUT_ON_SUN = "put_on_sun", "We work on your case around the clock"
    TAKEN_OFF_SUN = "taken_off_sun", "We work on your case in business hours again"
    REPLY = "reply", "There is a new message for you"
    SEVERITY_PROPOSED = "severity_proposed", "We suggest another severity"
    SEVERITY_AGREED = "severity_agreed", "The severity is agreed"
    SEVERITY_REDUCED = "severity_reduced", "The severity has been lowered"
    CLOSURE_QUESTION = "closure_question", "Is this solved?"
    CLOSURE_REMINDER = "closure_reminder", "Is this solved? A reminder"
    CONTACT_ATTEMPT = "contact_attempt", "We are trying to reach you"
    CLOSURE_SUMMARY = "closure_summary", "Your case is closed"
    CLOSED_NO_RESPONSE = "closed_no_response", "Your case is closed, as we could not reach you"
    CLOSED_NOT_ENTITLED = "closed_not_entitled", "Your case is not covered by support"
    REOPENED = "reopened", "Your case is open again"
    # To staff
    SEVERITY_1_RECEIVED = "severity_1_received", "A case of severity 1 has come in"
    BECAME_SEVERITY_1 = "became_severity_1", "A case has become severity 1"
    GIVEN_TO_YOU = "given_to_you", "This case is yours from now on"
    TAKEN_OVER = "taken_over", "Somebody has taken this case over from you"
    HANDED_TO_YOU = "handed_to_you", "A case comes to you with the sun: please accept it"
    HANDOVER_UNACCEPTED = "handover_unaccepted", "A handover is not accepted"
    HANDOVER_KEPT = "handover_kept", "Nobody is there to take a case over"
    CUSTOMER_REPLIED = "customer_replied", "The customer wrote"
    CUSTOMER_PROPOSED_SEVERITY = "customer_proposed_severity", "The customer suggests another severity"
    SEVERITY_SETTLED = "severity_settled", "The severity has changed"
    CLOSURE_REJECTED = "closure_rejected", "It is not solved yet"
    CASE_CLOSED = "case_closed", "The case is closed"
    CASE_REOPENED = "case_reopened", "The case is open again"
    RESPONSE_WARNING = "response_warning", "A first response is due soon"
    RESPONSE_BREACH = "response_breach", "A first response is late"
    MILESTONE_WARNING = "milestone_warning", "Something promised is due soon"
    MILESTONE_BREACH = "milestone_breach", "Something promised is late"

    @property
    def is_for_staff(self) -> bool:
        return self in _FOR_STAFF

    @property
    def is_of_time(self) -> bool:
        """Whether a deadline or a change of shift brought it about: a storm of those is one digest to a person."""
        return self in _OF_TIME

    @property
    def is_breach(self) -> bool:
        """Whether it tells of a miss, which is told once for each promise."""
        return self in _BREACHES

    @property
    def is_handover(self) -> bool:
        """Whether it tells of a change of shift, which concerns many cases at one moment."""
        return self in _HANDOVERS

    @property
    def is_receipt(self) -> bool:
        """Whether the person who did it is told too: it confirms, and promises something."""
        return self in _RECEIPTS

    @property
    def channels(self) -> tuple[Channel, ...]:
        """How it is told; what waits for somebody's return is mailed to nobody."""
        return (Channel.IN_APP,) if self is Template.TAKEN_OVER else tuple(Channel)


_FOR_STAFF = frozenset(
    {
        Template.SEVERITY_1_RECEIVED,
        Template.BECAME_SEVERITY_1,
        Template.GIVEN_TO_YOU,
        Template.TAKEN_OVER,
        Template.HANDED_TO_YOU,
        Template.HANDOVER_UNACCEPTED,
        Template.HANDOVER_KEPT,
        Template.CUSTOMER_REPLIED,
        Template.CUSTOMER_PROPOSED_SEVERITY,
        Template.SEVERITY_SETTLED,
        Template.CLOSURE_REJECTED,
        Template.CASE_CLOSED,
        Template.CASE_REOPENED,
        Template.RESPONSE_WARNING,
        Template.RESPONSE_BREACH,
        Template.MILESTONE_WARNING,
        Template.MILESTONE_BREACH,
    }
)
_BREACHES = frozenset({Template.RESPONSE_BREACH, Template.MILESTONE_BREACH})
_HANDOVERS = frozenset({Template.HANDED_TO_YOU, Template.HANDOVER_UNACCEPTED, Template.HANDOVER_KEPT})
_OF_TIME = _BREACHES | _HANDOVERS | {Template.RESPONSE_WARNING, Template.MILESTONE_WARNING}
_RECEIPTS = frozenset({Template.RECEIVED, Template.REOPENED, Template.CLOSURE_SUMMARY})
FOR_CUSTOMERS = sorted(set(Template) - _FOR_STAFF)
