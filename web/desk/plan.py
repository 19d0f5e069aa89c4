"""A support plan: its versions, and a new one that shows what it would have meant before it is saved (C-DOC-03)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from accounts.models import User
from accounts.refusal import Refusal
from cases.enums import Severity
from entitlements.drafts import LONGEST, Draft, Target
from entitlements.enums import Activity, ContactMode, Hours
from entitlements.models import PlanVersion, SupportPlan
from entitlements.operations import add_version
from sla.bases import promises_of
from sla.policy import Pair, total
from sla.policy_preview import preview, promises_of_draft
from sla.promises import MilestoneKind
from sla.recalculation import moves, promises_instead, running_under
from sla.words import allowance
from web.case.times import Times

MOVES_SHOWN = 20
MINUTES = int(LONGEST.total_seconds()) // 60


class VersionForm(forms.Form):
    """The targets of a new version; what else a version says is taken over from the one before."""

    effective_on = forms.DateField(
        label="In force from",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day it takes effect.", "invalid": "Choose a day."},
    )

    def __init__(self, latest: PlanVersion, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.latest = latest
        for target in latest.targets.all():
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
    def draft(self) -> Draft:
        """What this valid form asks for."""
        given = self.cleaned_data
        return Draft(
            effective_on=given["effective_on"],
            channels=self.latest.channels,
            included=[Activity(one) for one in self.latest.included],
            excluded=[Activity(one) for one in self.latest.excluded],
            targets=[
                Target(
                    one.severity,
                    given[f"minutes_{one.severity}"],
                    Hours(given[f"hours_{one.severity}"]),
                    ContactMode(one.contact_mode),
                    one.clause,
                )
                for one in self.latest.targets.all()
            ],
        )

    def draft_for(self, at: datetime) -> Draft | None:
        """The draft, if it is sound at `at` (aware); else what is wrong stands next to its field."""
        if not self.is_valid():
            return None
        try:
            self.draft.require_sound(at.date())
        except Refusal as refusal:
            self.refuse(refusal)
            return None
        return self.draft

    def save(self, by: User, at: datetime) -> PlanVersion | None:
        """Add the version; None when it was refused, with the reason next to its field."""
        if not (draft := self.draft_for(at)):
            return None
        try:
            return add_version(self.latest.plan, draft, by=by, at=at)
        except Refusal as refusal:
            self.refuse(refusal)
            return None

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal next to the field its code begins with."""
        self.add_error(next((name for name in self.fields if refusal.code.startswith(name)), None), refusal.message)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in words."""

    version: PlanVersion
    promised: list[tuple[Severity, str]]


def versions(plan: SupportPlan) -> list[VersionRow]:
    """Every version of the plan, the newest first."""
    return [_row(version) for version in plan.versions.complete().prefetch_related("targets").select_related("made_by")]


def _row(version: PlanVersion) -> VersionRow:
    promises = promises_of(version)
    kind = MilestoneKind.FIRST_RESPONSE
    return VersionRow(version, [(one, allowance(promises.of(kind, one))) for one in Severity])


def what_it_would_mean(plan: SupportPlan, draft: Draft, times: Times) -> dict[str, Any]:
    """The last quarter's promises under old and new, and the running clocks that would move if they were asked to."""
    promises = promises_of_draft(draft)
    pairs = preview(plan, promises, times.now)
    rows: list[tuple[str, Pair]] = [(severity.label, pair) for severity, pair in pairs.items()]
    touched = list(moves(running_under(plan), promises_instead(promises), times.now))
    return {
        "outcomes": [*rows, ("All", total(pairs))],
        "touched": len(touched),
        "moves": [
            (one.case, _told(one.before, times), _told(one.after, times), one.missed) for one in touched[:MOVES_SHOWN]
        ],
    }


def _told(at: datetime | None, times: Times) -> str:
    return times.moment(at).reader if at else "held"
