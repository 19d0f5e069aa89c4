"""How django-allauth behaves here: by invitation, mail through letters, secrets encrypted, second factors for staff."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes

from accounts import letters
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in with address and password. Links are made from the configured address, never from the request's Host."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Address and password do not fit together. Try again, or set a new password.",
        "too_many_login_attempts": "Too many attempts. Wait five minutes, then try again.",
        "incorrect_password": "This is not your password.",
        "rate_limited": "Too many attempts. Wait a minute, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the letter; the worker sends it. So an unknown address takes as long to answer as a known one."""
        told = {**context, "email": email, "portal_url": settings.PORTAL_URL}
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", told).split())
        letters.write(email, subject, render_to_string(f"{template_prefix}_message.txt", told), at=timezone.now())

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, token = key.partition("-")
        return settings.PORTAL_URL + reverse("account_reset_password_from_key", args=[uid, token])

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return settings.PORTAL_URL + reverse("account_confirm_email", args=[emailconfirmation.key])


class MFAAdapter(DefaultMFAAdapter):
    """The second factor. Its secrets are kept encrypted with a key made from SECRET_KEY."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Staff need a second factor: add another one before you remove the last.",
        "incorrect_code": "This code is not right. Codes change every half minute; try the present one.",
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user: User = authenticator.user
        return not needs_second_factor(user) or has_second_factor(user, besides=authenticator)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": settings.MFA_TOTP_ISSUER}


def needs_second_factor(user: User) -> bool:
    """Whether this person must have a second factor: staff, unless the deployment says otherwise."""
    return settings.STAFF_MFA_REQUIRED and user.staff_role is not None


def has_second_factor(user: User, *, besides: Authenticator | None = None) -> bool:
    """Whether an app or a passkey is set up, leaving `besides` out. Recovery codes alone are none."""
    own = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return own.exclude(pk=besides.pk if besides else None).exists()


def _cipher() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [hashlib.sha256(b"second factor " + force_bytes(secret)).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
