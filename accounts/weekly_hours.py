"""A day's opening hours as people type them: "09:00-12:30, 13:30-18:00". Standard library only."""

import re
from collections.abc import Iterable, Sequence

from accounts.refusal import Refusal

Hours = list[list[str]]
"""Intervals of local time in order, as calendars store them: [["09:00", "12:30"], ["13:30", "24:00"]]."""

INTERVAL = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*(?:-|–|to)\s*([0-9]{1,2}:[0-9]{2})")
CLOSED = {"", "-", "–", "closed"}
LAST = "24:00"


def read(text: str) -> Hours:
    """The intervals of a day; none when it is closed, and those that touch are one.

    Raises Refusal for what cannot be read, for an end that is not after its beginning and for hours that overlap.
    """
    if text.strip().lower() in CLOSED:
        return []
    hours: Hours = []
    for opens, closes in sorted(_interval(part) for part in re.split(r"[,;]", text)):
        if hours and opens < hours[-1][1]:
            raise Refusal("hours_overlap", f"{opens}-{closes} overlaps {'-'.join(hours[-1])}.")
        if hours and opens == hours[-1][1]:
            hours[-1][1] = closes
        else:
            hours.append([opens, closes])
    return hours


def _interval(text: str) -> tuple[str, str]:
    found = INTERVAL.fullmatch(text.strip())
    if found is None:
        raise Refusal("hours_unreadable", f"“{text.strip()}” is not like 09:00-18:00.")
    opens, closes = (f"{moment:0>5}" for moment in found.groups())
    for moment in (opens, closes):
        if moment > LAST or moment[3:] > "59":
            raise Refusal("hours_unreadable", f"There is no {moment}: a day runs from 00:00 to 24:00.")
    if closes <= opens:
        raise Refusal("hours_reversed", f"{opens}-{closes} ends before it begins. Midnight at the end is 24:00.")
    return opens, closes


def write(hours: Iterable[Sequence[str]]) -> str:
    """The same hours as text that `read` takes; empty when closed."""
    return ", ".join("-".join(interval) for interval in hours)
