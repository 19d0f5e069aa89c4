"""A new version of a support plan, filled in by an administrator (C-DOC-03)."""

import hashlib
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.http import QueryDict

from accounts.models import User
from accounts.refusal import Refusal
from cases.enums import Severity
from entitlements.drafts import LONGEST, Draft, Target
from entitlements.enums import Activity, ContactMode, Hours
from entitlements.models import PlanTarget, PlanVersion
from entitlements.operations import add_version

MINUTES = int(LONGEST.total_seconds()) // 60


class VersionForm(forms.Form):
    """The targets of a version that follows `latest`, from which all else is taken over.

    It is saved only as it was looked at: `looked` names the draft whose meaning was shown.
    """

    looked = forms.CharField(required=False, widget=forms.HiddenInput)
    effective_on = forms.DateField(
        label="In force from",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day it takes effect.", "invalid": "Choose a day."},
    )

    def __init__(self, latest: PlanVersion, today: date, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.latest, self.today = latest, today
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
            channels=self.latest.channels,
            included=[Activity(one) for one in self.latest.included],
            excluded=[Activity(one) for one in self.latest.excluded],
            targets=[self._target(one) for one in self.targets],
        )

    def _target(self, before: PlanTarget) -> Target:
        return Target(
            before.severity,
            self.cleaned_data[f"minutes_{before.severity}"],
            Hours(self.cleaned_data[f"hours_{before.severity}"]),
            ContactMode(before.contact_mode),
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
