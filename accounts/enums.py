"""Words for people and places. Standard library only."""

from enum import IntEnum, StrEnum
from typing import Self


class Worded(StrEnum):
    """An enum whose members carry the words shown on screens."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:  # the default is for type checkers, which call it to look up
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.label) for member in cls]


class ContactRole(Worded):
    """What a contact is to its organization (C-ROL-01). One person may hold several."""

    TECHNICAL = "technical", "Technical contact"
    RENEWAL = "renewal", "Renewal contact"
    CONTRACT = "contract", "Contract administrator"
    THIRD_PARTY = "third_party", "Third party"


class StaffRole(Worded):
    """What a member of staff does (C-STF-02)."""

    CUSTOMER_SERVICE = "customer_service", "Customer Service"
    SUPPORT_ENGINEER = "support_engineer", "Support engineer"
    ESCALATION_ENGINEER = "escalation_engineer", "Escalation engineer"
    ENGINEERING = "engineering", "Engineering"
    SUPPORT_MANAGER = "support_manager", "Support manager"
    ADMIN = "admin", "Administrator"


# Who works on cases and gives first responses: never Customer Service, a manager or an automatic receipt. A
# product developer answers only as the engineer of a case, so that this is a support engineer's contact as well.
ENGINEER_ROLES = frozenset({StaffRole.SUPPORT_ENGINEER, StaffRole.ESCALATION_ENGINEER, StaffRole.ENGINEERING})
# Engineering is engaged beside a case and does not take it over (C-ENG-05).
TAKER_ROLES = ENGINEER_ROLES - {StaffRole.ENGINEERING}


class LinuxFlavor(Worded):
    """A flavor of Linux, of the guests or hosts that a case is about and among the skills of an engineer (C-STF-08).

    Skills hold codes of products as well: none of those has a colon.
    """

    RED_HAT = "linux:redhat", "Red Hat family"
    SUSE = "linux:suse", "SUSE"
    DEBIAN = "linux:debian", "Debian"
    UBUNTU = "linux:ubuntu", "Ubuntu"
    OTHER = "linux:other", "Other Linux"


class CaseSight(Worded):
    """Which cases of its organization a contact sees."""

    OWN = "own", "Own cases"
    ALL = "all", "All cases of the organization"


class Layer(Worded):
    """In which way somebody is at work: on a shift, or on call for what shifts leave open."""

    SHIFT = "shift", "On shift"
    ENGINEER = "engineer", "Engineer on call"
    MANAGER = "manager", "Manager on call"


ON_CALL = (Layer.ENGINEER, Layer.MANAGER)


class AbsenceReason(Worded):
    HOLIDAY = "holiday", "Holiday"
    SICK = "sick", "Sick leave"
    TRAINING = "training", "Training"
    OTHER = "other", "Other"


class MailState(Worded):
    """How far a mail got."""

    PENDING = "pending", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"
    DROPPED = "dropped", "Not sent"


class Priority(IntEnum):
    """Which mail goes first."""

    URGENT = 1
    NORMAL = 2
