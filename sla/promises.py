"""What is promised, as plain values. Standard library only.

The numbers of first responses come from the support plan (C-DOC-03). What is promised whatever the plan, because
somebody asks for it on some channel, is one row of `ON_REQUEST` each. An engineer's own promise is a moment.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from accounts.enums import Worded
from cases.enums import Channel, Severity
from entitlements.enums import Hours
from sla.calendars import (
    Calendar,
    add_open_time,
    always_open,
    every_hour_of_business_days,
    next_opening,
    open_time_between,
    windows_on,
)

# Of an allowance, in percent: support is warned when so much is used up, and from where on a clock looks short of time.
WARNING_SHARES = (50, 80)
SOON_SHARE = 75


class MilestoneKind(Worded):
    """What is promised by a time."""

    FIRST_RESPONSE = "first_response", "First response"
    NEXT_UPDATE = "next_update", "Next update"
    ACKNOWLEDGEMENT = "acknowledgement", "Acknowledgement of the escalation"
    CALL_BACK = "call_back", "Call-back"


class Measure(Worded):
    """How a promise says its end; whichever it is, its target is the open time until then."""

    LENGTH = "length", "Within a length of time"
    CLOSE_OF_BUSINESS = "close_of_business", "By close of business"
    MOMENT = "moment", "By a moment that was named"


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
    """`kind` for a case of `severity` within `target`, counted in `hours`: a row of a plan (C-PKG-03), or on request.

    `clause` is the id of the guide's clause, or of the reading of it; an `aim` is ours and not promised.
    Raises ValueError for a target that is not longer than nothing.
    """

    kind: MilestoneKind
    severity: Severity
    target: timedelta
    hours: Hours
    clause: str
    measure: Measure = Measure.LENGTH
    aim: bool = False

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


# What is promised on request


@dataclass(frozen=True, slots=True)
class OnRequest:
    """A promise for whoever asks: within `target` counted in `hours`, or, where that is None, by close of business."""

    target: timedelta | None
    hours: Hours
    clause: str
    aim: bool = False


_HOUR_24_5 = (timedelta(hours=1), Hours.EVERY_HOUR_OF_BUSINESS_DAYS)

ON_REQUEST: Mapping[tuple[MilestoneKind, Channel], OnRequest] = MappingProxyType(
    {
        (MilestoneKind.ACKNOWLEDGEMENT, Channel.PHONE): OnRequest(*_HOUR_24_5, "C-ESC-07"),
        (MilestoneKind.ACKNOWLEDGEMENT, Channel.EMAIL): OnRequest(None, Hours.BUSINESS, "C-ESC-10"),
        (MilestoneKind.ACKNOWLEDGEMENT, Channel.WEB): OnRequest(*_HOUR_24_5, "A-18", aim=True),
        (MilestoneKind.CALL_BACK, Channel.PHONE): OnRequest(*_HOUR_24_5, "C-ESC-07"),
    }
)


def promised_on_request(
    kind: MilestoneKind, channel: Channel, severity: Severity, business: Calendar, at: datetime
) -> Promise:
    """What is promised to who asks at `at` (aware), for an account whose business hours are `business`.

    Raises KeyError when nothing is promised on that channel.
    """
    row = ON_REQUEST[kind, channel]
    if row.target:
        return Promise(kind, severity, row.target, row.hours, row.clause, aim=row.aim)
    target = open_time_between(business, at, close_of_business(business, at))
    return Promise(kind, severity, target, row.hours, row.clause, Measure.CLOSE_OF_BUSINESS, row.aim)


def close_of_business(business: Calendar, at: datetime) -> datetime:
    """When the business day of `at` (aware) closes, in UTC; from then on, and on closed days, the next one's (A-17)."""
    opening = next_opening(business, at).astimezone(business.tz)
    return windows_on(business, opening.date())[-1].closes


def promised_until(until: datetime, severity: Severity, hours: Hours, business: Calendar, at: datetime) -> Promise:
    """An engineer's promise of `at` to write again by `until`; both aware and whole seconds, `until` the later.

    It counts in `hours` where `until` lies in them, and in every hour otherwise, so that it is due when it was said.
    """
    calendar = counted_in(hours, business)
    target = open_time_between(calendar, at, until)
    if not target or add_open_time(calendar, at, target) != until:
        hours, target = Hours.ALWAYS, until - at
    return Promise(MilestoneKind.NEXT_UPDATE, severity, target, hours, "A-08", Measure.MOMENT)
