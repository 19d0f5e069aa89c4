"""Forms about the reader: preferences, an accepted invitation, and django-allauth's forms in the portal's own words."""

import zoneinfo
from itertools import groupby
from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.auth import password_validation

from accounts.models import Invitation, User
from web.fields import PhoneField

AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def zone_choices() -> list[tuple[str, Any]]:
    """Every zone named after a place, by area, and UTC."""
    places = sorted(name for name in zoneinfo.available_timezones() if name.partition("/")[0] in AREAS and "/" in name)
    by_area = groupby(places, key=lambda name: name.partition("/")[0])
    return [("UTC", "UTC"), *((area, [(name, name.replace("_", " ")) for name in names]) for area, names in by_area)]


def zone_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=zone_choices,
        label="Time zone",
        help_text="Every time is shown in it, with its name. The time of your organization stands beside it.",
    )


class PreferencesForm(forms.ModelForm):
    """Name, time zone and telephone."""

    zone = zone_field()
    phone = PhoneField(
        label="Telephone", help_text="With the country code. We call it when a case of yours cannot wait."
    )

    class Meta:
        model = User
        fields = ["name", "zone", "phone"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class AcceptanceForm(forms.Form):
    """What a newcomer brings: a password and a time zone."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least twelve characters; a sentence is easiest to remember.",
    )
    zone = zone_field()

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"zone": invitation.zone}, **kwargs})
        self.newcomer = User(email=invitation.email, name=invitation.name)

    def clean_password(self) -> str:
        password_validation.validate_password(self.cleaned_data["password"], self.newcomer)
        return self.cleaned_data["password"]


LABELS = {
    "login": "E-mail address",
    "email": "E-mail address",
    "password": "Password",
    "remember": "Stay signed in on this device",
    "oldpassword": "Present password",
    "password1": "New password",
    "password2": "New password, again",
    "code": "Code",
    "name": "Name",
}
HINTS = {
    "password1": "At least twelve characters; a sentence is easiest to remember.",
    "name": "So that you can tell your keys apart.",
}


class OurWords(forms.Form):
    """Labels and hints in the portal's words; a label never hides in a placeholder."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = HINTS.get(name, "")
            field.widget.attrs.pop("placeholder", None)


class SignInForm(OurWords, account.LoginForm): ...


class AddressForm(OurWords, account.AddEmailForm): ...


class ChangePasswordForm(OurWords, account.ChangePasswordForm): ...


class SetPasswordForm(OurWords, account.SetPasswordForm): ...


class ResetPasswordForm(OurWords, account.ResetPasswordForm): ...


class NewPasswordForm(OurWords, account.ResetPasswordKeyForm): ...


class ConfirmPasswordForm(OurWords, account.ReauthenticateForm): ...


class CodeForm(OurWords, mfa.AuthenticateForm): ...


class ConfirmCodeForm(OurWords, mfa.ReauthenticateForm): ...


class ActivateAppForm(OurWords, ActivateTOTPForm): ...


class AddKeyForm(OurWords, AddWebAuthnForm): ...


class EditKeyForm(OurWords, EditWebAuthnForm): ...
