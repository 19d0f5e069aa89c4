"""Form fields that several parts of the portal use."""

from typing import Any

from django import forms

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
