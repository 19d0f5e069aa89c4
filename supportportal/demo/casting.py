"""Who plays in the demo: the rows of people, customers, products and rosters, made from `cast.toml`."""

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts import calendar_keeping
from accounts.calendars import freeze
from accounts.enums import TAKER_ROLES, ContactRole, Layer, LinuxFlavor, StaffRole
from accounts.models import (
    Absence,
    Contact,
    OnCall,
    Organization,
    Region,
    RosterEntry,
    Shift,
    StaffProfile,
    SupportCenter,
    User,
)
from accounts.rosters import Roster
from entitlements.models import Entitlement, Product, SupportPlan
from sla.bases import calendar_of, promises_of
from sla.calendars import Calendar, next_opening
from sla.promises import Promises
from supportportal import demo

DAY = timedelta(days=1)
WORKDAYS = range(5)
ROSTER_DAYS_BACK, ROSTER_DAYS_AHEAD = 95, 60
STAFF_DOMAIN = "support.example"


@dataclass(frozen=True)
class Member:
    """One of the support staff, with the hours in which this person works."""

    key: str
    user: User
    role: StaffRole
    region: str
    hours: Calendar
    skills: tuple[str, ...]

    def is_away(self, at: datetime) -> bool:
        """Whether `at` (aware) lies in an absence."""
        return at.astimezone(self.hours.tz).date() in self.hours.holidays


@dataclass(frozen=True)
class Customer:
    """An organization with its business hours, what its guests run, and those who may open cases for it."""

    key: str
    organization: Organization
    hours: Calendar
    hosts: str
    share: int
    linux: LinuxFlavor | None
    openers: "tuple[Opener, ...]"

    def colleague_of(self, opener: "Opener") -> "Opener":
        """Somebody else of the organization who sees all of its cases."""
        return next(one for one in self.openers if one.sees_all and one is not opener)


@dataclass(frozen=True)
class Opener:
    """Somebody who works on cases for an organization, until `ends_at` (aware) when the right ends."""

    key: str
    contact: Contact
    ends_at: datetime | None

    @property
    def sees_all(self) -> bool:
        return self.contact.sees == "all" and not self.contact.is_third_party


@dataclass
class Cast:
    """Everybody and everything, by key, as of `now` (aware); `promises` are those of the plan of all customers."""

    promises: Promises
    now: datetime
    members: dict[str, Member] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    ended: list[tuple[Contact, datetime]] = field(default_factory=list)

    @cached_property
    def engineers(self) -> list[Member]:
        return self._of(TAKER_ROLES)

    @cached_property
    def customer_service(self) -> list[Member]:
        return self._of({StaffRole.CUSTOMER_SERVICE})

    def manager_of(self, region: str) -> Member:
        return next(one for one in self._of({StaffRole.SUPPORT_MANAGER}) if one.region == region)

    def member(self, user_id: int) -> Member:
        return self._by_user[user_id]

    def first_at_work(self, among: Iterable[Member], at: datetime, rng: Random) -> Member:
        """Who of these works at `at` (aware) or, when nobody does, who comes in first."""
        openings = [(next_opening(one.hours, at), one) for one in among]
        earliest = min(opening for opening, _ in openings)
        return rng.choice([one for opening, one in openings if opening == earliest])

    def on_call(self, at: datetime) -> Member:
        """The engineer on call at `at` (aware)."""
        return self._by_user[Roster.between(at, at).on_call(Layer.ENGINEER, None, at)[0]]

    def _of(self, roles: Iterable[StaffRole]) -> list[Member]:
        return [one for one in self.members.values() if one.role in roles]

    @cached_property
    def _by_user(self) -> dict[int, Member]:
        return {one.user.pk: one for one in self.members.values()}


def hire(now: datetime) -> Cast:
    """Make the rows of everybody and everything, as they stood ninety days before `now` (aware)."""
    script = tomllib.loads(Path(__file__).with_name("cast.toml").read_text(encoding="utf-8"))
    plan = SupportPlan.objects.get(code=SupportPlan.STANDARD)
    cast = Cast(promises_of(plan.version_on(now.date())), now)
    cast.products = {one["code"]: Product.objects.create(**one) for one in script["product"]}
    centers = {one["code"]: _center(one) for one in script["center"]}
    people = _people(script, now)
    _staff(cast, script["staff"], people, centers, script["center"], now)
    _roster(cast, script["center"], now)
    _hours(people["agnes"], now)
    _customers(cast, script, plan, people, now)
    return cast


def _hours(admin: User, now: datetime) -> None:
    """What an administrator keeps beside the public holidays: a country's own week, a half day and a whole one."""
    emea = Region.objects.get(code="emea")
    sunday_to_thursday = {weekday: [["08:00", "12:30"], ["13:30", "18:00"]] for weekday in "60123"}
    calendar_keeping.keep_week(emea, "EG", sunday_to_thursday, by=admin)
    eve = date(now.year + (now.date() > date(now.year, 12, 24)), 12, 24)
    calendar_keeping.close("GB", "", eve, "Christmas Eve", time(13), by=admin)
    calendar_keeping.close("GB", "", eve + 5 * DAY, "Annual stocktaking", by=admin)


def _center(script: dict[str, Any]) -> SupportCenter:
    center = SupportCenter.objects.create(
        code=script["code"],
        name=script["name"],
        region_id=script["region"],
        zone=script["zone"],
        telephone=script["telephone"],
        country=script["country"],
        subdivision=script.get("subdivision", ""),
    )
    Shift.objects.bulk_create(
        Shift(center=center, weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))
        for opens, closes in script["shifts"].values()
        for weekday in WORKDAYS
    )
    return center


def _people(script: dict[str, Any], now: datetime) -> dict[str, User]:
    """Everybody's account. The password is hashed once: a good hash is slow, and all have the same."""
    hashed = make_password(demo.PASSWORD)
    center_zones = {one["code"]: one["zone"] for one in script["center"]}
    organization_zones = {one["key"]: one["zone"] for one in script["organization"]}
    staff = [(one, STAFF_DOMAIN, center_zones[one["center"]]) for one in script["staff"]]
    contacts = [
        (one, _domain(one), one.get("zone", organization_zones[one["of"][0]["organization"]]))
        for one in script["contact"]
    ]
    accounts = {
        one["key"]: User(
            email=f"{_plain(one['name'])}@{domain}",
            name=one["name"],
            zone=zone,
            phone=one.get("phone", ""),
            password=hashed,
            is_superuser=one.get("role") == StaffRole.ADMIN,
            date_joined=now - timedelta(days=400),
        )
        for one, domain, zone in staff + contacts
    }
    User.objects.bulk_create(accounts.values())
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in accounts.values()
    )
    return accounts


def _domain(contact: dict[str, Any]) -> str:
    company = contact["partner"].split()[0].lower() if "partner" in contact else contact["of"][0]["organization"]
    return f"{company}.example"


def _plain(name: str) -> str:
    """The name as it stands in an e-mail address."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("æ", "ae"))
    return ".".join(letters.encode("ascii", "ignore").decode().split())


def _staff(
    cast: Cast,
    script: Sequence[dict[str, Any]],
    people: dict[str, User],
    centers: dict[str, SupportCenter],
    center_scripts: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    shifts = {one["code"]: one["shifts"] for one in center_scripts}
    for one in script:
        center = centers[one["center"]]
        skills = one.get("skills", [])
        manager = people[one["manager"]] if "manager" in one else None
        StaffProfile.objects.create(
            user=people[one["key"]], role=one["role"], center=center, manager=manager, skills=skills
        )
        absences = [_absence(people, one["key"], center.zone, now, **absence) for absence in one.get("absences", [])]
        opens, closes = map(time.fromisoformat, shifts[one["center"]][one["shift"]])
        RosterEntry.objects.create(
            user=people[one["key"]],
            center=center,
            weekdays=list(WORKDAYS),
            opens=opens,
            closes=closes,
            from_on=now.date() - ROSTER_DAYS_BACK * DAY,
        )
        hours = Calendar(
            center.zone,
            {weekday: [(opens, closes)] for weekday in WORKDAYS},
            frozenset(day for absence in absences for day in _days_of(absence, center.zone)),
        )
        cast.members[one["key"]] = Member(
            one["key"], people[one["key"]], StaffRole(one["role"]), center.region_id, hours, tuple(skills)
        )


def _absence(
    people: dict[str, User], key: str, zone: str, now: datetime, *, reason: str, days: list[int], substitute: str = ""
) -> Absence:
    """An absence of whole local days, the last one included. With a substitute it hands open cases over."""
    first, last = (_midnight(zone, now, day) for day in (days[0], days[1] + 1))
    return Absence.objects.create(
        user=people[key],
        substitute=people[substitute] if substitute else None,
        reason=reason,
        starts_at=first,
        ends_at=last,
        hands_over=bool(substitute),
    )


def _days_of(absence: Absence, zone: str) -> Iterator[Any]:
    day = absence.starts_at.astimezone(ZoneInfo(zone)).date()
    while day < absence.ends_at.astimezone(ZoneInfo(zone)).date():
        yield day
        day += DAY


def _midnight(zone: str, now: datetime, days: int) -> datetime:
    """The beginning of the local day that lies so many days after today."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _roster(cast: Cast, centers: Sequence[dict[str, Any]], now: datetime) -> None:
    """On-call duty: one engineer for the world, by turns that follow the sun, and one manager for each region.

    Turns are set by hand for some weeks ahead; from then on the weeks go round each center's engineers.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today + offset * DAY for offset in range(-ROSTER_DAYS_BACK, ROSTER_DAYS_AHEAD + 1)]
    entries = [_engineer_turn(cast, center, day) for day in days for center in centers]
    for center in centers:
        manager = cast.manager_of(center["region"]).user
        for day in days[::7]:
            entries.append(
                OnCall(
                    user=manager,
                    duty=Layer.MANAGER,
                    region_id=center["region"],
                    starts_at=day,
                    ends_at=day + 7 * DAY,
                )
            )
    OnCall.objects.bulk_create(entries)
    kept = {one.code: one for one in SupportCenter.objects.all()}
    for script in centers:
        _on_call_by_weeks(cast, kept[script["code"]], script, days[-1])


def _on_call_by_weeks(cast: Cast, center: SupportCenter, script: dict[str, Any], first: datetime) -> None:
    """The center's engineers are on call week by week, by its own clock and with an hour to spare on both sides."""
    team = [one for one in cast.engineers if one.region == center.region_id]
    opens, closes = map(time.fromisoformat, script["on_call"])
    monday = first.date() - first.weekday() * DAY
    for place, one in enumerate(team):
        RosterEntry.objects.create(
            user=one.user,
            layer=Layer.ENGINEER,
            center=center,
            weekdays=list(range(7)),
            opens=opens,
            closes=closes,
            every_weeks=len(team),
            from_on=monday + 7 * place * DAY,
        )


def _engineer_turn(cast: Cast, center: dict[str, Any], day: datetime) -> OnCall:
    first, last = center["on_call_utc"]
    starts_at = day + timedelta(hours=first)
    ends_at = day + timedelta(hours=last if last > first else last + 24)
    local_day = starts_at.astimezone(ZoneInfo(center["zone"])).date()
    team = [one for one in cast.engineers if one.region == center["region"]]
    present = [one for one in team if not one.hours.holidays & {local_day, local_day + DAY}]
    user = present[local_day.toordinal() // 7 % len(present)].user
    return OnCall(user=user, duty=Layer.ENGINEER, starts_at=starts_at, ends_at=ends_at)


def _customers(cast: Cast, script: dict[str, Any], plan: SupportPlan, people: dict[str, User], now: datetime) -> None:
    for one in script["organization"]:
        organization = Organization.objects.create(
            **{name: one[name] for name in ("name", "org_id", "country", "city", "zone")},
            region_id=one["region"],
            subdivision=one.get("subdivision", ""),
            created_at=now - timedelta(days=500),
        )
        _entitle(cast, organization, plan, one["entitlements"], now)
        openers = tuple(_contacts(cast, organization, one["key"], script["contact"], people, now))
        hours = calendar_of(freeze(organization, now))
        linux = LinuxFlavor(one["linux"]) if "linux" in one else None
        cast.customers[one["key"]] = Customer(
            one["key"], organization, hours, one["hosts"], one["share"], linux, openers
        )


def _entitle(
    cast: Cast, organization: Organization, plan: SupportPlan, script: Sequence[dict[str, Any]], now: datetime
) -> None:
    today = now.astimezone(ZoneInfo(organization.own_zone)).date()
    Entitlement.objects.bulk_create(
        Entitlement(
            organization=organization,
            product=cast.products[one["product"]],
            plan=plan,
            reference=f"SUP-{organization.org_id}-{number:02}",
            starts_on=today + timedelta(days=one["days"][0]),
            ends_on=today + timedelta(days=one["days"][1]),
        )
        for number, one in enumerate(script, start=1)
    )


def _contacts(
    cast: Cast,
    organization: Organization,
    key: str,
    script: Sequence[dict[str, Any]],
    people: dict[str, User],
    now: datetime,
) -> Iterator[Opener]:
    """Name the organization's contacts, and yield those who work on cases.

    A right that ended in the meantime is made without an end; the play ends it when the time has come.
    """
    parts = [(one, part) for one in script for part in one["of"] if part["organization"] == key]
    for one, part in parts:
        starts_at, ends_at = _span(part.get("days", [-400]), now)
        contact = Contact.objects.create(
            user=people[one["key"]],
            organization=organization,
            roles=part["roles"],
            sees=part.get("sees", "all"),
            partner=one.get("partner", ""),
            granted_by=people[part["granted_by"]] if "granted_by" in part else None,
            liability_accepted_at=starts_at + timedelta(minutes=14) if part.get("accepted") else None,
            starts_at=starts_at,
            ends_at=ends_at if ends_at and ends_at > now else None,
        )
        if ends_at and ends_at <= now:
            cast.ended.append((contact, ends_at))
        if ContactRole.TECHNICAL in part["roles"] or part.get("accepted"):
            yield Opener(one["key"], contact, ends_at)


def _span(days: Sequence[int], now: datetime) -> tuple[datetime, datetime | None]:
    starts_at, *ends_at = (now + timedelta(days=day) for day in days)
    return starts_at, ends_at[0] if ends_at else None
