"""Who may see clocks and timers, and why."""

from accounts.models import User
from accounts.permissions import rules_for
from accounts.standing import Decision, deny
from cases.enums import Verb
from cases.permissions import case_rule
from sla.models import CaseClock, Milestone, Timer


@rules_for(Milestone)
@rules_for(CaseClock)
def clock_rule(actor: User, verb: str, clock: Milestone | CaseClock) -> Decision:
    """Customers see the clocks of the cases they see: a promise is nothing to hide."""
    if verb != Verb.VIEW:
        return deny("A clock follows from the case's log and is never changed.")
    return case_rule(actor, Verb.VIEW, clock.case)


@rules_for(Timer)
def timer_rule(actor: User, verb: str, timer: Timer) -> Decision:
    """Timers are for staff."""
    return Decision(bool(actor.staff_role) and verb == Verb.VIEW, "Timers are internal to support.")
