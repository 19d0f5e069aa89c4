"""Who may see what was told to whom, and why."""

from accounts.models import User
from accounts.permissions import may, rules_for
from accounts.standing import Decision, allow, deny
from notifications.enums import Template
from notifications.models import Notification


@rules_for(Notification)
def notification_rule(actor: User, verb: str, notification: Notification | type[Notification]) -> Decision:
    """Staff see every delivery; customers what was told to them, as customers, about cases they still see."""
    if verb != "view":
        return deny("What was told is never changed.")
    if actor.staff_role:
        return allow("Support staff see what was told to whom.")
    if isinstance(notification, type):
        return deny("The list of deliveries is for support staff.")
    if notification.recipient_id != actor.pk:
        return deny("This was told to somebody else.")
    if Template(notification.template).is_for_staff:
        return deny("This was told to you as a member of support.")
    return may(actor, "view", notification.event.case)
