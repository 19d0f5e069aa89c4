"""Form fields that several parts of the portal use."""

from typing import Any

from django import forms

from accounts.enums import LinuxFlavor
from accounts.refusal import Refusal
from accounts.telephones import require_number


class PhoneField(forms.CharField):
    """A telephone number that can be dialled. `needed_for` says when a field that may stay empty may not."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})

    def __init__(self, *, needed_for: str = "", **kwargs: Any):
        super().__init__(**{"max_length": 40, "required": False} | kwargs)
        self.needed_for = needed_for
        self.error_messages["max_length"] = "Keep the number to %(limit_value)d characters."

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            if text:
                require_number(text)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        return text


class LinuxField(forms.TypedChoiceField):
    """The flavor of Linux that a case is about; cleans to None when there is none or it is not known (C-STF-08)."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            label="Linux of the affected guests or host",
            choices=[("", "None, or not known"), *LinuxFlavor.choices()],
            coerce=LinuxFlavor,
            empty_value=None,
            required=False,
            error_messages={"invalid_choice": "Choose a Linux of the list."},
            **kwargs,
        )
