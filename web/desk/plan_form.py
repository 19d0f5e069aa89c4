"""A new version of a support plan, filled in by an administrator (C-DOC-03)."""

from datetime import date, datetime
from typing import Any

from django import forms

from accounts.models import User
from accounts.refusal import Refusal
from cases.enums import Channel, Severity
from entitlements.drafts import LONGEST, Draft, Target
from entitlements.enums import Activity, ContactMode, Hours
from entitlements.models import PlanTarget, PlanVersion
from entitlements.operations import add_version
from web.desk.kept_forms import LookedForm

MINUTES = int(LONGEST.total_seconds()) // 60


class VersionForm(LookedForm):
    """A version that follows `latest`: targets, the hours they are counted in, and what else is promised."""

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
                self.refuse(refusal)

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

    def save(self, by: User, at: datetime) -> PlanVersion | None:
        """Add the version; None when something stands against it, which the form then says."""
        if not self.is_valid() or not self.was_looked_at(self.draft):
            return None
        try:
            return add_version(self.latest.plan, self.draft, by=by, at=at)
        except Refusal as refusal:
            self.refuse(refusal)
            return None
