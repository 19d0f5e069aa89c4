"""What is promised, as plain values. Standard library only.

The numbers come from the support plan (C-DOC-03); a new kind of promise is one row of `MilestoneKind`.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from accounts.enums import Worded
from cases.enums import Severity
from entitlements.enums import Hours
from sla.calendars import Calendar, always_open, every_hour_of_business_days

# Of an allowance, in percent: support is warned when so much is used up, and from where on a clock looks short of time.
WARNING_SHARES = (50, 80)
SOON_SHARE = 75


class MilestoneKind(Worded):
    """What is promised by a time."""

    FIRST_RESPONSE = "first_response", "First response"


def counted_in(hours: Hours, business: Calendar) -> Calendar:
    """The calendar of these `hours` for an account whose business hours are `business`."""
    match hours:
        case Hours.ALWAYS:
            return always_open(business.zone)
        case Hours.BUSINESS:
            return business
        case Hours.EVERY_HOUR_OF_BUSINESS_DAYS:
            return every_hour_of_business_days(business)


@dataclass(frozen=True, slots=True)
class Promise:
    """One row of a plan: `kind` for a case of `severity` within `target`, counted in `hours` (C-PKG-03).

    `clause` is the id of the guide's clause. Raises ValueError for a target that is not longer than nothing.
    """

    kind: MilestoneKind
    severity: Severity
    target: timedelta
    hours: Hours
    clause: str

    def __post_init__(self) -> None:
        if self.target <= timedelta(0):
            raise ValueError("a promise allows some time")

    def calendar(self, business: Calendar) -> Calendar:
        """The calendar in which this promise counts, for an account whose business hours are `business`."""
        return counted_in(self.hours, business)


@dataclass(frozen=True, slots=True)
class Promises:
    """The rows of one plan version. Raises ValueError for two rows of the same kind and severity."""

    rows: tuple[Promise, ...]

    def __post_init__(self) -> None:
        twice = [key for key, count in Counter((row.kind, row.severity) for row in self.rows).items() if count > 1]
        if twice:
            raise ValueError(f"promised twice: {twice}")

    def of(self, kind: MilestoneKind, severity: Severity) -> Promise:
        """The promise of `kind` for `severity`. Raises LookupError if the plan has none."""
        for row in self.rows:
            if (row.kind, row.severity) == (kind, severity):
                return row
        raise LookupError(f"the plan promises no {kind.label.lower()} for {severity.label}")
