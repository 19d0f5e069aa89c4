"""A new version of a plan before it is saved. Standard library only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.refusal import Refusal
from entitlements.enums import Activity, ContactMode, Hours

LONGEST = timedelta(days=60)
PHONE, WEB = "phone", "web"


@dataclass(frozen=True, slots=True)
class Target:
    """The first-response target of one severity: `minutes`, counted in `hours`."""

    severity: int
    minutes: int
    hours: Hours
    contact_mode: ContactMode
    clause: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a plan would promise from the local day `effective_on` on."""

    effective_on: date
    channels: Sequence[str]
    included: Sequence[Activity]
    excluded: Sequence[Activity]
    targets: Sequence[Target]

    def require_sound(self, today: date) -> None:
        """Raise Refusal when no plan can promise this: its code begins with the field that is wrong."""
        if self.effective_on < today:
            raise Refusal(
                "effective_on_past", "A version takes effect today or later: what held before stays as it was."
            )
        if not self.channels:
            raise Refusal("channels_missing", "Choose at least one channel on which customers reach support.")
        if set(self.included) & set(self.excluded):
            raise Refusal("excluded_contradicts", "An activity is either included or excluded.")
        if [target.severity for target in self.targets] != [1, 2, 3, 4]:
            raise Refusal("targets_missing", "A plan has one target for each of the four severities.")
        for target in self.targets:
            if not timedelta(0) < timedelta(minutes=target.minutes) <= LONGEST:
                raise Refusal(
                    f"minutes_{target.severity}_impossible",
                    f"A target lies between 1 minute and {LONGEST // timedelta(minutes=1):,} minutes.",
                )
