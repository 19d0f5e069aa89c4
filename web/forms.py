"""What the forms of the portal share."""

from typing import Any, cast

from django import forms
from django.http import QueryDict


class PortalForm(forms.Form):
    """A form whose labels end without a colon, and whose hidden values can be renewed once it was sent."""

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def replace(self, **hidden: Any) -> None:
        """Give hidden fields of a form that was sent new values; what was typed stays."""
        data = cast(QueryDict, self.data).copy()
        for name, value in hidden.items():
            data[self.add_prefix(name)] = str(value)
        self.data = data
