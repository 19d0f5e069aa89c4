"""Who may see organizations' people, and why."""

from accounts.enums import StaffRole
from accounts.models import Contact, Invitation, RegionCalendar, RosterEntry, User
from accounts.permissions import rules_for
from accounts.standing import Decision, allow, deny


@rules_for(Contact)
def contact_rule(actor: User, verb: str, contact: Contact) -> Decision:
    """Staff see every contact, an organization's own people each other, a third party only itself (C-PAR-04)."""
    if verb != "view":
        return Decision(actor.staff_role is StaffRole.ADMIN, "Administrators keep contacts.")
    if actor.staff_role:
        return allow("Support staff see the contacts they work for.")
    if contact.user_id == actor.pk:
        return allow("This is you.")
    mine = actor.standings.get(contact.organization_id)
    if mine and not mine.is_third_party:
        return allow(f"A colleague at {contact.organization}.")
    return deny("You see the contacts of your own organization only.")


@rules_for(Invitation)
def invitation_rule(actor: User, verb: str, invitation: Invitation) -> Decision:
    """Administrators see and send invitations; an invited person proves itself by the link alone."""
    return Decision(actor.staff_role is StaffRole.ADMIN, "Administrators invite people.")


@rules_for(RosterEntry)
def roster_rule(actor: User, verb: str, entry: RosterEntry | type[RosterEntry]) -> Decision:
    """Staff read who works when; managers and administrators keep the rosters, with absences and on-call duty."""
    if verb == "view":
        return Decision(actor.staff_role is not None, "Support staff read the rosters.")
    keeps = actor.staff_role in (StaffRole.SUPPORT_MANAGER, StaffRole.ADMIN)
    return Decision(keeps, "Managers and administrators keep the rosters.")


@rules_for(RegionCalendar)
def calendar_rule(actor: User, verb: str, calendar: RegionCalendar | type[RegionCalendar]) -> Decision:
    """Staff read business hours and holidays, administrators keep them."""
    if verb == "view":
        return Decision(actor.staff_role is not None, "Support staff read business hours and holidays.")
    return Decision(actor.staff_role is StaffRole.ADMIN, "Administrators keep business hours and holidays.")
