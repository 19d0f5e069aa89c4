"""How the instants of a case read: formatted once, in Python, where rows are made.

A template that formats dates cell by cell is several times slower than a query layer that hands it words. The zones:
the reader's own first, with its name, and beside a deadline the account's with its place (A-34). `web.words` writes.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from accounts.models import User
from web import words


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in words: for the reader, and, empty unless its clock differs, for the account with its `place`."""

    iso: str
    reader: str
    account: str
    place: str
    relative: str


class Times:
    """The reader's zone and one moment called now (aware): everything on a page is told by the same clock."""

    def __init__(self, reader: User, now: datetime):
        self.zone, self.now = reader.zone, now

    def moment(self, at: datetime, zone: str = "", place: str = "") -> Moment:
        """`at` for the reader and, when another clock hangs in the account's `zone`, there."""
        account = ""
        if zone and not words.same_clock(at, self.zone, zone):
            same_day = self.local_day(at) == at.astimezone(ZoneInfo(zone)).date()
            account = words.time_of_day(at, zone) if same_day else words.moment(at, zone, self.now)
        return Moment(
            iso=words.iso(at),
            reader=words.moment(at, self.zone, self.now),
            account=account,
            place=place if account else "",
            relative=words.countdown(at, self.now),
        )

    def clock(self, at: datetime) -> str:
        """The time of day with its zone: "13:40 CET"."""
        return words.time_of_day(at, self.zone)

    def heading(self, at: datetime) -> str:
        """The name of a day for a rule across a log: "Today", "Yesterday", "Wednesday 25 November"."""
        day = self.local_day(at)
        year = "" if day.year == self.today.year else f" {day.year}"
        return self._near(day).capitalize() or f"{day:%A} {day.day} {day:%B}{year}"

    def day(self, at: datetime) -> str:
        """The day alone: "today", "yesterday", "Wed 25 Nov"."""
        return self._near(self.local_day(at)) or words.day(at, self.zone, self.now)

    def short(self, at: datetime) -> str:
        """When something was: "today, 13:40 CET", "Wed 25 Nov, 10:12 CET"."""
        return f"{self.day(at)}, {self.clock(at)}"

    def local_day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    @cached_property
    def today(self) -> date:
        return self.local_day(self.now)

    def _near(self, day: date) -> str:
        return {0: "today", 1: "yesterday"}.get((self.today - day).days, "")
