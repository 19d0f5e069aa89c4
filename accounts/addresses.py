"""E-mail addresses as the sign-in knows them: nobody signs in with an address that was not proven."""

from allauth.account.models import EmailAddress

from accounts.models import User


def mark_verified(user: User) -> None:
    """Take the user's e-mail address as proven: its owner answered a mail, or an operator vouches for it."""
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )
