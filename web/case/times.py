"""How instants read on the pages: formatted once, in Python, where rows are made.

A template that formats dates cell by cell is several times slower than a query layer that hands it words. The zones:
the reader's own first, with its name, and beside a deadline the account's zone with its place (A-34).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in words: `day` and `time` with `zone` for the reader, `account` and `place` where those differ.

    `account` is empty when both zones show the same clock. `relative` is what `countdown.js` writes.
    """

    iso: str
    day: str
    time: str
    zone: str
    account: str
    place: str
    relative: str

    @property
    def reader(self) -> str:
        """The whole of the reader's side: "Tue 1 Dec, 12:05 CET"."""
        return f"{self.day}, {self.time} {self.zone}"


class Times:
    """The reader's zone and one moment called now: everything on a page is told by the same clock. `now` is aware."""

    def __init__(self, reader: User, now: datetime):
        self.now = now
        self.zone = ZoneInfo(reader.zone)

    @cached_property
    def today(self) -> date:
        return self.local(self.now).date()

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def moment(self, at: datetime, account_zone: str = "", place: str = "") -> Moment:
        """`at` for the reader and, when another clock hangs there, for the account."""
        local = self.local(at)
        account = _beside(local, at.astimezone(ZoneInfo(account_zone))) if account_zone else ""
        return Moment(
            iso=iso(at),
            day=self._day_and_month(local),
            time=clock(local),
            zone=zone_name(local),
            account=account,
            place=place if account else "",
            relative=self.countdown(at),
        )

    def clock(self, at: datetime) -> str:
        """The time of day with its zone: "13:40 CET"."""
        local = self.local(at)
        return f"{clock(local)} {zone_name(local)}"

    def day(self, at: datetime) -> str:
        """The name of a day for a rule across a log: "Today", "Yesterday", "Wednesday 25 November"."""
        local = self.local(at)
        ago = (self.today - local.date()).days
        if ago in (0, 1):
            return ("Today", "Yesterday")[ago]
        return f"{local:%A} {local.day} {local:%B}{self._year(local)}"

    def on(self, at: datetime) -> str:
        """The day alone, short: "today", "yesterday", "Wed 25 Nov"."""
        local = self.local(at)
        ago = (self.today - local.date()).days
        return ("today", "yesterday")[ago] if ago in (0, 1) else self._day_and_month(local)

    def short(self, at: datetime) -> str:
        """When something was: "today, 13:40", "Wed 25 Nov, 10:12"."""
        return f"{self.on(at)}, {clock(self.local(at))}"

    def countdown(self, at: datetime) -> str:
        """How long until `at`, in two units, or how late: "in 3 d 20 h", "22 min late". The words of `countdown.js`."""
        left = at - self.now
        return f"{length(-left, up=False)} late" if left < timedelta(0) else f"in {length(left)}"

    def _day_and_month(self, local: datetime) -> str:
        return f"{local:%a} {local.day} {local:%b}{self._year(local)}"

    def _year(self, local: datetime) -> str:
        return "" if abs(local.date() - self.today) < timedelta(days=180) else f" {local.year}"


def times_of(request: HttpRequest) -> Times:
    """The clock of this request: its reader's zone, and now."""
    assert isinstance(request.user, User)
    return Times(request.user, timezone.now())


def iso(at: datetime) -> str:
    """For `<time datetime>`: always UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def clock(local: datetime) -> str:
    return f"{local:%H:%M}"


def zone_name(local: datetime) -> str:
    """The name of the offset in force: "CET", and "UTC+5:45" where the zone has figures for a name."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = local.utcoffset() or timedelta(0)
    hours, minutes = divmod(abs(offset) // MINUTE, 60)
    return f"UTC{'-' if offset < timedelta(0) else '+'}{hours}{f':{minutes:02}' if minutes else ''}"


def _beside(reader: datetime, account: datetime) -> str:
    """The account's clock next to the reader's: nothing when they agree, the day only when it is another one."""
    if reader.utcoffset() == account.utcoffset():
        return ""
    day = "" if reader.date() == account.date() else f"{account:%a} {account.day} {account:%b}, "
    return f"{day}{clock(account)} {zone_name(account)}"


def length(amount: timedelta, *, up: bool = True) -> str:
    """A length in its two largest units, to the minute: "3 d 20 h". Rounded up for what is left, else down."""
    minutes = -(-amount // MINUTE) if up else amount // MINUTE
    parts: list[str] = []
    for unit, size in (("d", DAY // MINUTE), ("h", HOUR // MINUTE), ("min", 1)):
        count, minutes = divmod(minutes, size)
        if count or (unit == "min" and not parts):
            parts.append(f"{count}{NO_BREAK}{unit}")
    return " ".join(parts[:2])


def size(count: int) -> str:
    """A number of bytes as people say it: "3.8 GB", "412 MB", "800 bytes"."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            amount = count / factor
            return f"{amount:.1f}{NO_BREAK}{unit}" if amount < 10 else f"{amount:.0f}{NO_BREAK}{unit}"
    return f"{count}{NO_BREAK}bytes"
