"""The demo: a vendor, its customers and their cases, all made up.

`load_demo` plays the last ninety days again: people do what they did by the verbs of the portal, at the time at which
they did it, and the sweep passes whenever a timer is due. So logs, clocks and timers are as true as in a portal in use.
"""

from typing import NamedTuple

from accounts.models import Organization

# Of invented people on one's own machine: no secret. The same for all, so that trying out another role is quick.
PASSWORD = "lantern-harbor-29"  # noqa: S105


class Login(NamedTuple):
    """Somebody to sign in as, and what to try as this person."""

    role: str
    email: str
    password: str
    try_first: str


def logins() -> list[Login]:
    """Whom to sign in as, the most telling first."""
    return [
        Login(role, email, PASSWORD, try_first)
        for role, email, try_first in (
            (
                "Technical contact",
                "maren.tveitdal@brindlemere.example",
                "Answer the solution that waits for you, ask a deadline why, open a case.",
            ),
            (
                "Support engineer",
                "piotr.zalewny@support.example",
                "Open the queue, take the case whose deadline is next, reply to the customer.",
            ),
            (
                "Customer Service",
                "marta.olszanka@support.example",
                "Work the intake: verify an entitlement, look at the one that is unclear.",
            ),
            (
                "Support manager",
                "zofia.karminska@support.example",
                "Look at what was missed, lower a severity, give a case to somebody else.",
            ),
            (
                "Partner of two customers",
                "idris.fenwick@corvane.example",
                "Open a case for Brindlemere Freight or for Ostrey Foods: you act for both.",
            ),
            (
                "Sees own cases only",
                "rhuaridh.eskdale@brindlemere.example",
                "Compare the list with that of Maren Tveitdal, a colleague who sees all.",
            ),
            (
                "Renewal contact",
                "tamara.glenmorrow@brindlemere.example",
                "See that a renewal contact has no cases: technical contacts have.",
            ),
            (
                "Administrator",
                "agnes.wren@support.example",
                "Change business hours; look at the back office and at every delivery of mail.",
            ),
        )
    ]


def is_loaded() -> bool:
    """Whether the demo, or anything else, is in the database already."""
    return Organization.objects.exists()
