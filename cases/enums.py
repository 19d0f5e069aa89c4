"""Words for cases. Standard library only."""

from enum import IntEnum, StrEnum

from accounts.enums import ENGINEER_ROLES, Worded


class Severity(IntEnum):
    """How badly production suffers: 1 is the worst (C-SEV-02, A-33). "Lower" means less severe: a larger number."""

    ONE = 1
    TWO = 2
    THREE = 3
    FOUR = 4

    @property
    def label(self) -> str:
        return f"Severity {self.value}"

    @property
    def description(self) -> str:
        return _SEVERITY_TEXTS[self]

    @classmethod
    def choices(cls) -> list[tuple[int, str]]:
        return [(member.value, member.label) for member in cls]


_SEVERITY_TEXTS = {
    Severity.ONE: "Production has stopped and there is no workaround.",
    Severity.TWO: "Production is degraded: it runs, but slowly or with parts missing.",
    Severity.THREE: "Part of the work is affected, the effect is minor, or a workaround exists.",
    Severity.FOUR: "A question or a request.",
}


class Status(Worded):
    """Where a case stands."""

    RECEIVED = "received", "Entitlement check"
    QUEUED = "queued", "Waiting for an engineer"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING_FOR_CUSTOMER = "waiting_for_customer", "Waiting for you"
    CLOSURE_PROPOSED = "closure_proposed", "Solution proposed"
    CLOSED = "closed", "Closed"


class Channel(Worded):
    """How something reached us or the customer (C-CHN-01)."""

    WEB = "web", "Web"
    PHONE = "phone", "Phone"
    EMAIL = "email", "E-mail"


class CaseType(Worded):
    """C-CHN-03, C-SCP-03."""

    PROBLEM = "problem", "Problem"
    CONFIGURATION = "configuration", "Configuration"
    INSTALLATION = "installation", "Installation"
    UPGRADE = "upgrade", "Upgrade"
    INQUIRY = "inquiry", "Question"


class ClosureReason(Worded):
    """Why a case closed (C-CLS-01, C-CLS-04, C-CLS-05)."""

    RESOLVED = "resolved", "Solved"
    ANSWERED = "answered", "Question answered"
    WITHDRAWN = "withdrawn", "Withdrawn by the customer"
    NO_RESPONSE = "no_response", "No response after several attempts"
    NOT_ENTITLED = "not_entitled", "Not entitled to support"


class Callback(Worded):
    """Who is asked to call the customer back (C-ESC-04, C-ESC-05)."""

    ENGINEER = "engineer", "The assigned engineer"
    MANAGER = "manager", "The manager on call"


class ReassignmentReason(Worded):
    """C-RAS-01."""

    HOLIDAY = "holiday", "Holiday"
    SICK_LEAVE = "sick_leave", "Sick leave"
    ABSENCE = "absence", "Away"
    SENIOR = "senior", "A senior engineer takes over"
    SKILLS = "skills", "An engineer with other skills takes over"
    SHIFT = "shift", "End of shift"
    LOAD = "load", "Workload"
    OTHER = "other", "Other"


# Reasons for which a case leaves somebody who will want to know on coming back.
ABSENCES = frozenset({ReassignmentReason.HOLIDAY, ReassignmentReason.SICK_LEAVE, ReassignmentReason.ABSENCE})


class HoldReason(Worded):
    """The one hold that stops a first-response clock (A-08)."""

    UNKNOWN_ORGANIZATION = "unknown_organization", "The organization cannot be identified"
    UNREACHABLE_CONTACT = "unreachable_contact", "The contact cannot be reached"


class ActorRole(Worded):
    """In what role somebody did what a fact records; `SYSTEM` is the portal itself."""

    CONTACT = "contact", "Contact"
    THIRD_PARTY = "third_party", "Third party"
    CUSTOMER_SERVICE = "customer_service", "Customer Service"
    SUPPORT_ENGINEER = "support_engineer", "Support engineer"
    ESCALATION_ENGINEER = "escalation_engineer", "Escalation engineer"
    ENGINEERING = "engineering", "Engineering"
    SUPPORT_MANAGER = "support_manager", "Support manager"
    ADMIN = "admin", "Administrator"
    SYSTEM = "system", "Support Portal"


CUSTOMER_SIDE = frozenset({ActorRole.CONTACT, ActorRole.THIRD_PARTY})
# A first response comes from one of these.
ENGINEERS = frozenset(ActorRole(role.value) for role in ENGINEER_ROLES)


class Turn(Worded):
    """Whose move it is."""

    CUSTOMER = "customer", "Your turn"
    SUPPORT = "support", "Our turn"
    NOBODY = "nobody", "Closed"


class Side(Worded):
    """The two sides that set a severity together (C-SEV-01)."""

    CUSTOMER = "customer", "Customer"
    SUPPORT = "support", "Support"


class Verb(StrEnum):
    """Everything that can be done to a case; permissions and transitions are asked by these names."""

    OPEN = "open"
    VIEW = "view"
    VERIFY_ENTITLEMENT = "verify_entitlement"
    REFUSE = "refuse"
    HOLD = "hold"
    RESUME = "resume"
    ACCEPT = "accept"
    ASSIGN = "assign"
    REPLY = "reply"
    NOTE = "note"
    LOG_CALL = "log_call"
    REPLY_AS_CUSTOMER = "reply_as_customer"
    PROPOSE_SEVERITY = "propose_severity"
    AGREE_SEVERITY = "agree_severity"
    REDUCE_SEVERITY = "reduce_severity"
    PROPOSE_CLOSURE = "propose_closure"
    CONFIRM_CLOSURE = "confirm_closure"
    REJECT_CLOSURE = "reject_closure"
    WITHDRAW = "withdraw"
    RECORD_CONTACT_ATTEMPT = "record_contact_attempt"
    CLOSE_FOR_NO_RESPONSE = "close_for_no_response"
    REOPEN = "reopen"
    FOLLOW_ON = "follow_on"
    CHANGE_TERMS = "change_terms"
    HAND_OVER = "hand_over"
    NOTE_HANDOVER = "note_handover"
    ACCEPT_HANDOVER = "accept_handover"
    PUT_ON_SUN = "put_on_sun"
    TAKE_OFF_SUN = "take_off_sun"


class EventKind(StrEnum):
    """Every fact a case's log can hold, in the past tense. The value is stored; never rename one."""

    RECEIVED = "received"
    ENTITLEMENT_VERIFIED = "entitlement_verified"
    HELD = "held"
    RESUMED = "resumed"
    ASSIGNED = "assigned"
    REASSIGNED = "reassigned"
    REPLIED = "replied"
    NOTED = "noted"
    CALLED = "called"
    CUSTOMER_REPLIED = "customer_replied"
    SEVERITY_PROPOSED = "severity_proposed"
    SEVERITY_AGREED = "severity_agreed"
    SEVERITY_REDUCED = "severity_reduced"
    CLOSURE_PROPOSED = "closure_proposed"
    CLOSURE_REJECTED = "closure_rejected"
    CONTACT_ATTEMPTED = "contact_attempted"
    CLOSED = "closed"
    REOPENED = "reopened"
    FOLLOWED_ON = "followed_on"
    TERMS_CHANGED = "terms_changed"
    CLOSURE_REMINDED = "closure_reminded"
    FIRST_RESPONSE_WARNED = "first_response_warned"
    FIRST_RESPONSE_BREACHED = "first_response_breached"
    MILESTONE_WARNED = "milestone_warned"
    MILESTONE_BREACHED = "milestone_breached"
    ESCALATED = "escalated"
    ESCALATION_ACKNOWLEDGED = "escalation_acknowledged"
    CALL_BACK_REQUESTED = "call_back_requested"
    HANDED_OVER = "handed_over"
    HANDOVER_NOTED = "handover_noted"
    HANDOVER_ACCEPTED = "handover_accepted"
    HANDOVER_UNACCEPTED = "handover_unaccepted"
    HANDOVER_KEPT = "handover_kept"
    PUT_ON_SUN = "put_on_sun"
    TAKEN_OFF_SUN = "taken_off_sun"


# Facts that move neither the case nor a clock: what was done before them may be recorded after them.
PASSING_KINDS = frozenset(
    {
        EventKind.NOTED,
        EventKind.FOLLOWED_ON,
        EventKind.CLOSURE_REMINDED,
        EventKind.FIRST_RESPONSE_WARNED,
        EventKind.MILESTONE_WARNED,
        EventKind.HANDOVER_NOTED,
        EventKind.HANDOVER_UNACCEPTED,
        EventKind.HANDOVER_KEPT,
    }
)

# Facts a customer never sees: not on a page, in an export or in a mail.
INTERNAL_KINDS = frozenset(
    {
        EventKind.NOTED,
        EventKind.FIRST_RESPONSE_WARNED,
        EventKind.MILESTONE_WARNED,
        EventKind.HANDOVER_NOTED,
        EventKind.HANDOVER_ACCEPTED,
        EventKind.HANDOVER_UNACCEPTED,
        EventKind.HANDOVER_KEPT,
    }
)
