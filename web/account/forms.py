"""What a person keeps about itself."""

import zoneinfo
from itertools import groupby

from django import forms

from accounts.models import User

OFFERED_AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def zone_choices() -> list[tuple[str, object]]:
    """Every zone named after a place, by area, and UTC."""
    places = [
        name
        for name in sorted(zoneinfo.available_timezones())
        if name.startswith(tuple(f"{a}/" for a in OFFERED_AREAS))
    ]
    areas = groupby(places, key=lambda name: name.partition("/")[0])
    named = [(area, [(name, name.replace("_", " ")) for name in names]) for area, names in areas]
    return [("UTC", "UTC"), *named]


class ZoneField(forms.TypedChoiceField):
    """The time zone of a reader."""

    def __init__(self, **kwargs) -> None:
        super().__init__(choices=zone_choices, label="Time zone", **kwargs)


class PreferencesForm(forms.ModelForm):
    """Name, time zone and telephone."""

    zone = ZoneField(help_text="Every time is shown in it, with its name. The account’s own time stands beside it.")

    class Meta:
        model = User
        fields = ["name", "zone", "phone"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        }
        help_texts = {"phone": "With the country code. We call it when a case of yours cannot wait."}
