"""The demo: a vendor, its customers and their cases, all made up."""

from typing import NamedTuple

from django.contrib.auth import get_user_model


class Login(NamedTuple):
    """Somebody to sign in as, and what to try as this person."""

    role: str
    email: str
    password: str
    try_first: str


def logins() -> list[Login]:
    """Whom to sign in as, the most telling first."""
    return []


def is_loaded() -> bool:
    """Whether the demo is in the database already."""
    return get_user_model().objects.exists()
