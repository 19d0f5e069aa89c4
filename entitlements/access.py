"""Who may see what was bought, and why (C-CON-06)."""

from accounts.enums import StaffRole
from accounts.models import User
from accounts.permissions import rules_for
from accounts.standing import Decision, allow, deny
from entitlements.models import Entitlement, SupportPlan


@rules_for(Entitlement)
def entitlement_rule(actor: User, verb: str, entitlement: Entitlement) -> Decision:
    """Staff see every entitlement, contacts those of the organizations they act for; administrators keep them."""
    if verb != "view":
        return Decision(actor.staff_role is StaffRole.ADMIN, "Administrators keep entitlements.")
    if actor.staff_role:
        return allow("Support staff see what an organization is entitled to.")
    if entitlement.organization_id in actor.standings:
        return allow(f"You act for {entitlement.organization}.")
    return deny("You do not act for this organization.")


@rules_for(SupportPlan)
def plan_rule(actor: User, verb: str, plan: SupportPlan | type[SupportPlan]) -> Decision:
    """Staff read plans, administrators make their versions."""
    if verb == "view":
        return Decision(actor.staff_role is not None, "Support staff read what the plans promise.")
    return Decision(actor.staff_role is StaffRole.ADMIN, "Administrators keep support plans.")
