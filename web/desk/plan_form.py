"""A new version of a support plan, filled in by an administrator (C-DOC-03)."""

import hashlib
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.http import QueryDict

from accounts.models import User
from accounts.refusal import Refusal
from cases.enums import Channel, Severity
from entitlements.drafts import LONGEST, Draft, Target
from entitlements.enums import Activity, ContactMode, Hours
from entitlements.models import PlanTarget, PlanVersion
from entitlements.operations import add_version

MINUTES = int(LONGEST.total_seconds()) // 60


class VersionForm(forms.Form):
    """A version that follows `latest`: targets, the hours they are counted in, and what else is promised.

    It is saved only as it was looked at: `looked` names the draft whose meaning was shown.
    """

    looked = forms.CharField(required=False, widget=forms.HiddenInput)
    effective_on = forms.DateField(
        label="In force from",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day it takes effect.", "invalid": "Choose a day."},
    )
    channels = forms.MultipleChoiceField(
        label="Customers reach support by",
        choices=[(one.value, one.label) for one in (Channel.WEB, Channel.PHONE)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "row"}),
        error_messages={"required": "Choose at least one channel."},
    )
    included = forms.MultipleChoiceField(
        label="Support includes",
        choices=Activity.choices(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Customers are told that the others are not included.",
    )

    def __init__(self, latest: PlanVersion, today: date, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.latest, self.today = latest, today
        self.initial = {"channels": latest.channels, "included": latest.included}
        for target in self.targets:
            name = Severity(target.severity).label
            self.fields[f"minutes_{target.severity}"] = forms.IntegerField(
                label=f"{name}, minutes",
                min_value=1,
                max_value=MINUTES,
                initial=target.minutes,
                error_messages={"required": "How many minutes?", "invalid": "Give whole minutes."},
            )
            self.fields[f"hours_{target.severity}"] = forms.ChoiceField(
                label=f"{name}, counted in", choices=Hours.choices(), initial=target.hours
            )
            self.fields[f"contact_{target.severity}"] = forms.ChoiceField(
                label=f"{name}, by telephone", choices=ContactMode.choices(), initial=target.contact_mode
            )

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        """The fields as they stand beside each other: a line for each severity."""
        return [
            [self["effective_on"], self["channels"]],
            *([self[f"{name}_{one.severity}"] for name in ("minutes", "hours", "contact")] for one in self.targets),
            [self["included"]],
        ]

    @property
    def targets(self) -> list[PlanTarget]:
        """The targets of the version before."""
        return list(self.latest.targets.all())

    def clean(self) -> None:
        """Let what no plan can promise stand next to its field."""
        if not self.errors:
            try:
                self.draft.require_sound(self.today)
            except Refusal as refusal:
                self._refuse(refusal)

    @property
    def draft(self) -> Draft:
        """What this valid form asks for."""
        return Draft(
            effective_on=self.cleaned_data["effective_on"],
            channels=self.cleaned_data["channels"],
            included=[one for one in Activity if one in self.cleaned_data["included"]],
            excluded=[one for one in Activity if one not in self.cleaned_data["included"]],
            targets=[self._target(one) for one in self.targets],
        )

    def _target(self, before: PlanTarget) -> Target:
        return Target(
            before.severity,
            self.cleaned_data[f"minutes_{before.severity}"],
            Hours(self.cleaned_data[f"hours_{before.severity}"]),
            ContactMode(self.cleaned_data[f"contact_{before.severity}"]),
            before.clause,
        )

    @property
    def wrong_fields(self) -> list[str]:
        """The fields that hold what cannot be; what speaks of the whole form is none."""
        return [name for name in self.errors if name in self.fields]

    def look(self) -> None:
        """Remember what is shown now, so that it and nothing else can be saved."""
        data = cast(QueryDict, self.data).copy()
        data["looked"] = self._token
        self.data = data

    def save(self, by: User, at: datetime) -> PlanVersion | None:
        """Add the version; None when something stands against it, which the form then says."""
        if not self.is_valid():
            return None
        if self.cleaned_data["looked"] != self._token:
            self.add_error(None, "This is not what you looked at. See what it would mean now, then save it.")
            return None
        try:
            return add_version(self.latest.plan, self.draft, by=by, at=at)
        except Refusal as refusal:
            self._refuse(refusal)
            return None

    @property
    def _token(self) -> str:
        return hashlib.sha256(repr(self.draft).encode()).hexdigest()

    def _refuse(self, refusal: Refusal) -> None:
        """Show a refusal next to the field its code begins with."""
        self.add_error(next((name for name in self.fields if refusal.code.startswith(name)), None), refusal.message)
