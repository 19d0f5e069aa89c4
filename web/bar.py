"""What the bar on top of each page tells its reader, asked for only when shown and at most once a request."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse

from accounts.adapter import has_second_factor, needs_second_factor
from accounts.models import Shift, User
from accounts.standing import works_on_cases
from notifications.queries import UNREAD_SHOWN, unread_count
from web.watch import Watch, WatchLine, business_hours, centers_on_shift, shifts_around, watch_line

# View, name, and for staff the key that leads there after G.
CUSTOMER_LINKS = (("cases", "Cases", ""),)
LINKS_TO_OPEN_CASES = (*CUSTOMER_LINKS, ("new_case", "New case", ""))
STAFF_LINKS = (
    ("queue", "Queue", "q"),
    ("intake", "Customer Service", "i"),
    ("sun", "Follow the sun", "s"),
    ("plan", "Promises", "p"),
    ("deliveries", "Deliveries", ""),
)
# Pages that stand under a place without lying below its address.
ALSO_UNDER = {"sun": ("coverage", "rosters"), "plan": ("simulator", "calendars")}


@dataclass(frozen=True, slots=True)
class Link:
    path: str
    name: str
    key: str
    current: bool


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
        under = {reverse(page): view for view, *_ in self._places for page in (view, *ALSO_UNDER.get(view, ()))}
        page = max((page for page in under if self.path.startswith(page)), key=len, default="")
        return [Link(reverse(view), name, key, view == under.get(page)) for view, name, key in self._places]

    @property
    def _places(self) -> tuple[tuple[str, str, str], ...]:
        if self.staff:
            return STAFF_LINKS
        opens_cases = any(works_on_cases(contact.standing) for contact in self.user.standings.values())
        return LINKS_TO_OPEN_CASES if opens_cases else CUSTOMER_LINKS

    @cached_property
    def unread(self) -> str:
        """How many notifications wait for the reader: "", "3", "99+"."""
        count = unread_count(self.user)
        return f"{UNREAD_SHOWN}+" if count > UNREAD_SHOWN else str(count or "")

    @cached_property
    def watch(self) -> Watch | None:
        if self.staff:
            return centers_on_shift(self.shifts, self.now, self.user.zone)
        organizations = [contact.organization for contact in self.user.standings.values()]
        return business_hours(organizations[0], self.now) if len(organizations) == 1 else None

    @cached_property
    def shifts(self) -> list[Shift]:
        """The shifts of yesterday, today and tomorrow, wherever the center."""
        return shifts_around(self.now)

    @cached_property
    def watch_line(self) -> WatchLine:
        return watch_line(self.shifts, self.now)
