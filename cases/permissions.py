"""Who may do what to a case, and why (C-CON-01, C-PAR-03, C-PAR-04, C-STF-02)."""

from accounts.enums import ENGINEER_ROLES, CaseSight, StaffRole
from accounts.models import Organization, User
from accounts.permissions import rules_for
from accounts.standing import Decision, allow, deny, works_on_cases
from cases.enums import INTERNAL_KINDS, ActorRole, Verb
from cases.models import Attachment, Case, CaseEvent, Message, Note

CUSTOMER_VERBS = frozenset(
    {
        Verb.VIEW,
        Verb.REPLY_AS_CUSTOMER,
        Verb.PROPOSE_SEVERITY,
        Verb.AGREE_SEVERITY,
        Verb.CONFIRM_CLOSURE,
        Verb.REJECT_CLOSURE,
        Verb.WITHDRAW,
        Verb.REOPEN,
        Verb.FOLLOW_ON,
    }
)

_INTAKE = frozenset({StaffRole.CUSTOMER_SERVICE, StaffRole.SUPPORT_MANAGER})
_ENGINEERS = ENGINEER_ROLES | {StaffRole.SUPPORT_MANAGER}
_DESK = _ENGINEERS | {StaffRole.CUSTOMER_SERVICE}

STAFF_VERBS: dict[Verb, frozenset[StaffRole]] = {
    Verb.VIEW: frozenset(StaffRole),
    Verb.OPEN: _INTAKE,
    Verb.VERIFY_ENTITLEMENT: _INTAKE,
    Verb.REFUSE: _INTAKE,
    Verb.HOLD: _INTAKE,
    Verb.RESUME: _INTAKE,
    Verb.ACCEPT: ENGINEER_ROLES,
    Verb.ASSIGN: _DESK,
    Verb.REPLY: _DESK,
    Verb.NOTE: _DESK,
    Verb.LOG_CALL: _DESK,
    Verb.PROPOSE_SEVERITY: _ENGINEERS,
    Verb.AGREE_SEVERITY: _ENGINEERS,
    Verb.REDUCE_SEVERITY: frozenset({StaffRole.SUPPORT_MANAGER}),
    Verb.PROPOSE_CLOSURE: _ENGINEERS,
    Verb.RECORD_CONTACT_ATTEMPT: _DESK,
    Verb.CLOSE_FOR_NO_RESPONSE: _ENGINEERS,
    Verb.REOPEN: _DESK,
    Verb.FOLLOW_ON: _INTAKE,
    Verb.CHANGE_TERMS: frozenset({StaffRole.ADMIN}),
    Verb.NOTE_HANDOVER: _ENGINEERS,
    Verb.ACCEPT_HANDOVER: _ENGINEERS,
    Verb.PUT_ON_SUN: frozenset({StaffRole.SUPPORT_MANAGER}),
    Verb.TAKE_OFF_SUN: frozenset({StaffRole.SUPPORT_MANAGER}),
}
# A handover is between those who have the case and had it; managers may act for them.
HANDOVER_VERBS = frozenset({Verb.NOTE_HANDOVER, Verb.ACCEPT_HANDOVER})


@rules_for(Case)
def case_rule(actor: User, verb: str, case: Case | type[Case]) -> Decision:
    """Staff by role, customers by their standing for the case's organization."""
    role = actor.staff_role
    if role:
        allowed = role in STAFF_VERBS.get(Verb(verb), frozenset())
        if allowed and verb in HANDOVER_VERBS and role in ENGINEER_ROLES and not _takes_part(actor, Verb(verb), case):
            return deny("This is for the engineer who has the case, or a manager.")
        return Decision(allowed, f"Your role, {role.label}, {'includes' if allowed else 'does not include'} this.")
    if isinstance(case, type):
        return deny("A customer opens a case for an organization.")
    return _customer_decision(actor, Verb(verb), case)


def _takes_part(actor: User, verb: Verb, case: Case | type[Case]) -> bool:
    """Whether this engineer has the case or, until it is accepted, had it: a sheet may come a minute late."""
    if isinstance(case, type):
        return False
    return actor.pk == case.owner_id or (verb is Verb.NOTE_HANDOVER and actor.pk == case.outgoing_id)


def _customer_decision(actor: User, verb: Verb, case: Case) -> Decision:
    contact = actor.standings.get(case.organization_id)
    if contact is None:
        return deny("You do not act for the organization of this case.")
    standing = works_on_cases(contact.standing)
    if not standing:
        return standing
    if contact.sees == CaseSight.OWN and actor.pk not in (case.opened_by_id, case.contact.user_id):
        return deny("You see your own cases only.")
    if verb not in CUSTOMER_VERBS:
        return deny("This is for support staff.")
    return allow(standing.reason)


@rules_for(Organization)
def organization_rule(actor: User, verb: str, organization: Organization) -> Decision:
    """Opening a case for an organization, or seeing it."""
    if actor.staff_role:
        return case_rule(actor, verb, Case)
    contact = actor.standings.get(organization.pk)
    if contact is None:
        return deny("You do not act for this organization.")
    if verb == Verb.OPEN:
        return works_on_cases(contact.standing)
    return Decision(verb == Verb.VIEW, f"A contact of {organization}.")


@rules_for(Message)
@rules_for(CaseEvent)
@rules_for(Attachment)
def part_rule(actor: User, verb: str, part: Message | CaseEvent | Attachment) -> Decision:
    """What hangs from a case is seen by who sees the case; what is internal by staff."""
    if verb != Verb.VIEW:
        return deny("A record is never changed.")
    if not actor.staff_role and is_internal(part):
        return deny("This is internal to support.")
    return case_rule(actor, Verb.VIEW, part.case)


@rules_for(Note)
def note_rule(actor: User, verb: str, note: Note) -> Decision:
    """Internal notes are for staff."""
    return Decision(bool(actor.staff_role) and verb == Verb.VIEW, "Internal notes are for support staff.")


def is_internal(part: Message | CaseEvent | Attachment) -> bool:
    """Whether customers must never see this part of a case."""
    if isinstance(part, CaseEvent):
        return part.kind in INTERNAL_KINDS
    return isinstance(part, Attachment) and part.note_id is not None


def role_of(actor: User | None, case: Case) -> ActorRole:
    """In what role `actor` (None: the portal itself) acts on this case."""
    if actor is None:
        return ActorRole.SYSTEM
    if actor.staff_role:
        return ActorRole(actor.staff_role.value)
    contact = actor.standings.get(case.organization_id)
    return ActorRole.THIRD_PARTY if contact and contact.is_third_party else ActorRole.CONTACT
