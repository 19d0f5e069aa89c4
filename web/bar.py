"""What the bar on top of each page tells its reader, asked for only when shown and at most once a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Exists
from django.http import HttpRequest
from django.urls import reverse

from accounts.adapter import has_second_factor, needs_second_factor
from accounts.models import Holiday, HolidayImport, Organization, RegionCalendar, Shift, User
from notifications.queries import UNREAD_SHOWN, unread_count
from web import words

CUSTOMER_LINKS = (("cases", "Cases"), ("new_case", "New case"))
STAFF_LINKS = (("queue", "Queue"), ("intake", "Customer Service"), ("deliveries", "Deliveries"))


@dataclass(frozen=True, slots=True)
class Link:
    path: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """One line of the bar: who (or what) is open, what follows, and the long form."""

    who: str
    what: str
    title: str


class Bar:
    """The bar of the page that answers `request`, at `now` (aware). Its user is signed in."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        self.user: User = request.user  # type: ignore[assignment]
        self.path = request.path
        self.now = now

    @property
    def staff(self) -> bool:
        return self.user.staff_role is not None

    @cached_property
    def lacks_second_factor(self) -> bool:
        """Whether the reader has to set up a second factor before anything else."""
        return needs_second_factor(self.user) and not has_second_factor(self.user)

    @property
    def second_factor_is_optional(self) -> bool:
        """Whether staff may sign in with a password alone here, as on a demo machine."""
        return self.staff and not needs_second_factor(self.user)

    @property
    def role(self) -> str:
        """What the reader is here: a role and a place."""
        if self.user.profile and self.user.staff_role:
            center = self.user.profile.center
            return f"{self.user.staff_role.label}{f', {center}' if center else ''}"
        contacts = list(self.user.standings.values())
        if len(contacts) == 1:
            return f"{contacts[0].roles_text}, {contacts[0].organization}"
        return f"Acts for {len(contacts)} organizations" if contacts else "No organization"

    @property
    def links(self) -> list[Link]:
        """The main places, of which the longest whose address begins this one's is the current."""
        places = [(reverse(view), name) for view, name in (STAFF_LINKS if self.staff else CUSTOMER_LINKS)]
        here = max((path for path, _ in places if self.path.startswith(path)), key=len, default="")
        return [Link(path, name, path == here) for path, name in places]

    @property
    def day_share(self) -> str:
        """How much of the day in UTC has passed, in percent."""
        return f"{(self.now.hour * 60 + self.now.minute) / 14.4:.2f}"

    @cached_property
    def unread(self) -> str:
        """How many notifications wait for the reader: "", "3", "99+"."""
        count = unread_count(self.user)
        return f"{UNREAD_SHOWN}+" if count > UNREAD_SHOWN else str(count or "")

    @cached_property
    def watch(self) -> Watch | None:
        if self.staff:
            return centers_on_shift(self.now)
        organizations = [contact.organization for contact in self.user.standings.values()]
        return business_hours(organizations[0], self.now) if len(organizations) == 1 else None


def centers_on_shift(now: datetime) -> Watch:
    """The support centers whose shift is open at `now` (aware), the one that closes last first."""
    days = {(now + timedelta(days=offset)).weekday() for offset in (-1, 0, 1)}
    shifts = Shift.objects.filter(weekday__in=days).select_related("center")
    closings = sorted(
        ((end, s.center) for s in shifts if (end := _closing(s, now))), key=lambda row: row[0], reverse=True
    )
    if not closings:
        return Watch("No center", "is on shift; engineers are on call", "No support center is on shift now.")
    closes_at, center = closings[0]
    names = " and ".join(dict.fromkeys(center.name for _, center in closings))
    until = words.time_of_day(closes_at, center.zone)
    return Watch(names, f"on shift until {until}", f"On shift now: {names}.")


def _closing(shift: Shift, now: datetime) -> datetime | None:
    """When the shift that is open at `now` closes; None when it is not open."""
    local = now.astimezone(ZoneInfo(shift.center.zone))
    opens, closes = _bounds(local.date(), shift.opens, shift.closes, local.tzinfo)
    return closes if shift.weekday == local.weekday() and opens <= now < closes else None


def business_hours(organization: Organization, now: datetime) -> Watch | None:
    """Whether business hours of the account run at `now` (aware), in its own time; None if holidays are unknown."""
    zone = organization.own_zone
    local = now.astimezone(ZoneInfo(zone))
    today = _today(organization, local.date())
    if today is None:
        return None
    title = f"Business hours in {organization.place}. Severity 1: always."
    for opens, closes in _windows(today, local):
        if now < opens:
            return Watch("Closed", f"until {words.time_of_day(opens, zone)}", title)
        if now < closes:
            return Watch("Open", f"until {words.time_of_day(closes, zone)}", title)
    return Watch("Closed", "until the next business day", title)


def _today(organization: Organization, today: date) -> list[list[str]] | None:
    """Today's hours, in one query; none on a holiday, and None while this year's holidays are not pinned."""
    kept = {"country": organization.country, "subdivision__in": ["", organization.subdivision]}
    found = (
        RegionCalendar.objects.filter(region=organization.region_id, country__in=["", organization.country])
        .annotate(
            pinned=Exists(HolidayImport.objects.filter(**kept, year=today.year)),
            closed=Exists(Holiday.objects.filter(**kept, on=today)),
        )
        .order_by("-country")
        .values_list("weekly", "pinned", "closed")
        .first()
    )
    if found is None or not found[1]:
        return None
    weekly, _, closed = found
    return [] if closed else weekly.get(str(today.weekday()), [])


def _windows(intervals: Iterable[list[str]], local: datetime) -> Iterable[tuple[datetime, datetime]]:
    for opens, closes in intervals:
        end = time() if closes == "24:00" else time.fromisoformat(closes)
        yield _bounds(local.date(), time.fromisoformat(opens), end, local.tzinfo)


def _bounds(day: date, opens: time, closes: time, zone) -> tuple[datetime, datetime]:
    """An opening and a closing on a local day; closing at 00:00 is midnight after it."""
    last = day if closes > time() else day + timedelta(days=1)
    return datetime.combine(day, opens, zone), datetime.combine(last, closes, zone)
