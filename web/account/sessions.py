"""The reader's open sessions, by keys that tell nothing and cannot be guessed."""

from allauth.usersessions.models import UserSession
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User


def key_of(session: UserSession) -> str:
    """A name of the session for an address; neither its number nor what the browser's cookie holds can be read off."""
    return salted_hmac("web.account.sessions", session.session_key, algorithm="sha256").hexdigest()


def own_session(user: User, key: str) -> UserSession | None:
    """The session of `user` with this key; None when there is none."""
    mine = UserSession.objects.filter(user=user)
    return next((session for session in mine if constant_time_compare(key_of(session), key)), None)
