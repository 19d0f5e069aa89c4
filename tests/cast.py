"""The people, organizations and cases of the tests, as fixtures for every area.

Everybody is a `User`, as the verbs want them. Three customers stand in three regions; most tests happen in Aberdeen.
A test that changes somebody's rights acts with `fresh(user)` afterwards, as the next request would.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.enums import CaseSight, ContactRole, StaffRole
from accounts.models import Contact, Organization, Region, StaffProfile, SupportCenter, User
from accounts.refusal import Refusal
from cases import operations
from cases.enums import ClosureReason, Severity, Status
from cases.models import Case
from entitlements.models import Entitlement, Product, SupportPlan

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday: 12:00 in Aberdeen, 21:00 in Tokyo, 07:00 in New York
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PHONE = "+44 1224 555 010"


# Makers, for a test that needs one more


def make_user(name: str, *, zone: str = "Europe/London") -> User:
    """A person who may sign in, with an address made of the name and the password `correct horse battery`."""
    return User.objects.create_user(
        f"{name.lower().replace(' ', '.')}@example.com", name, password="correct horse battery", zone=zone
    )


def make_contact(
    organization: Organization,
    name: str,
    *roles: ContactRole,
    sees: CaseSight = CaseSight.ALL,
    user: User | None = None,
) -> User:
    """A person (a new one unless given) in these roles for the organization, in force for good."""
    person = user or make_user(name, zone=organization.own_zone)
    third_party = ContactRole.THIRD_PARTY in roles
    Contact.objects.create(
        user=person,
        organization=organization,
        roles=list(roles),
        sees=sees,
        partner="Tramontana IT" if third_party else "",
        liability_accepted_at=NOON - 30 * DAY if third_party else None,
        starts_at=NOON - 30 * DAY if third_party else None,
    )
    return person


def make_staff(name: str, role: StaffRole, *, manager: User | None = None, center: SupportCenter | None = None) -> User:
    """A member of staff."""
    user = make_user(name, zone=center.zone if center else "UTC")
    StaffProfile.objects.create(user=user, role=role, manager=manager, center=center)
    return user


def make_entitlement(organization: Organization, product: Product) -> Entitlement:
    """Standard Support for the product, all through 2025 to 2027."""
    return Entitlement.objects.create(
        organization=organization,
        product=product,
        plan=SupportPlan.objects.get(code=SupportPlan.STANDARD),
        reference=f"{organization.org_id}-{product.code}",
        starts_on=date(2025, 1, 1),
        ends_on=date(2027, 12, 31),
    )


def fresh(user: User) -> User:
    """The user as the next request reads it."""
    return User.objects.get(pk=user.pk)


def contact_of(user: User, organization: Organization) -> Contact:
    return Contact.objects.get(user=user, organization=organization)


def kinds(case: Case) -> list[str]:
    """What the log of a case tells, oldest first."""
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def facts(case: Case, kind: str) -> list[dict]:
    """The data of every fact of this kind, oldest first."""
    return list(case.events.filter(kind=kind).order_by("seq").values_list("data", flat=True))


@contextmanager
def refused(code: str) -> Iterator[None]:
    """What happens inside is refused with this code, in words."""
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.message


# What is bought


@pytest.fixture
def product(db) -> Product:
    return Product.objects.create(code="hypervisor", name="Hypervisor", versions=["8.4", "8.2"])


# Customers


@pytest.fixture
def aberdeen(product) -> Organization:
    """Served by EMEA; entitled to support for the product."""
    organization = Organization.objects.create(
        org_id="ORG-1001",
        name="Granite Harbor Energy",
        region=Region.objects.get(code="emea"),
        country="GB",
        subdivision="SCT",
        city="Aberdeen",
        zone="Europe/London",
    )
    make_entitlement(organization, product)
    return organization


@pytest.fixture
def tokyo(product) -> Organization:
    """Served by APJ; entitled."""
    organization = Organization.objects.create(
        org_id="ORG-2001",
        name="Kaede Mobility",
        region=Region.objects.get(code="apj"),
        country="JP",
        city="Tokyo",
        zone="Asia/Tokyo",
    )
    make_entitlement(organization, product)
    return organization


@pytest.fixture
def new_york(product) -> Organization:
    """Served by the Americas; entitled."""
    organization = Organization.objects.create(
        org_id="ORG-3001",
        name="Hudson Ledger Bank",
        region=Region.objects.get(code="americas"),
        country="US",
        subdivision="NY",
        city="New York",
        zone="America/New_York",
    )
    make_entitlement(organization, product)
    return organization


@pytest.fixture
def entitlement(aberdeen, product) -> Entitlement:
    """Aberdeen's."""
    return Entitlement.objects.get(organization=aberdeen, product=product)


# People of the customers


@pytest.fixture
def technical_contact(aberdeen) -> User:
    """Opens and follows all cases of Aberdeen."""
    return make_contact(aberdeen, "Isla Reid", ContactRole.TECHNICAL)


@pytest.fixture
def own_sight_contact(aberdeen) -> User:
    """A technical contact of Aberdeen who sees only the cases of its own."""
    return make_contact(aberdeen, "Ewan Muir", ContactRole.TECHNICAL, sees=CaseSight.OWN)


@pytest.fixture
def renewal_contact(aberdeen) -> User:
    return make_contact(aberdeen, "Fiona Baird", ContactRole.RENEWAL)


@pytest.fixture
def contract_administrator(aberdeen) -> User:
    return make_contact(aberdeen, "Rory Lamb", ContactRole.CONTRACT)


@pytest.fixture
def third_party(aberdeen, tokyo) -> User:
    """A partner's engineer who acts for Aberdeen and for Tokyo, not for New York."""
    partner = make_contact(aberdeen, "Marta Puig", ContactRole.THIRD_PARTY)
    return make_contact(tokyo, "Marta Puig", ContactRole.THIRD_PARTY, user=partner)


@pytest.fixture
def tokyo_contact(tokyo) -> User:
    return make_contact(tokyo, "Haruto Mori", ContactRole.TECHNICAL)


@pytest.fixture
def new_york_contact(new_york) -> User:
    return make_contact(new_york, "Dana Whitfield", ContactRole.TECHNICAL)


@pytest.fixture
def stranger(db) -> User:
    """Somebody who may sign in and stands for nobody."""
    return make_user("Nils Nobody")


# People of support


@pytest.fixture
def emea_center(db) -> SupportCenter:
    return SupportCenter.objects.create(
        code="cambridge",
        name="Cambridge",
        region=Region.objects.get(code="emea"),
        zone="Europe/London",
        telephone="+44 1223 555 000",
    )


@pytest.fixture
def support_manager(emea_center) -> User:
    return make_staff("Priya Nair", StaffRole.SUPPORT_MANAGER, center=emea_center)


@pytest.fixture
def customer_service(emea_center) -> User:
    return make_staff("Tom Okafor", StaffRole.CUSTOMER_SERVICE, center=emea_center)


@pytest.fixture
def engineer(emea_center, support_manager) -> User:
    return make_staff("Lena Vogt", StaffRole.SUPPORT_ENGINEER, manager=support_manager, center=emea_center)


@pytest.fixture
def second_engineer(emea_center, support_manager) -> User:
    return make_staff("Owen Price", StaffRole.SUPPORT_ENGINEER, manager=support_manager, center=emea_center)


@pytest.fixture
def escalation_engineer(emea_center, support_manager) -> User:
    return make_staff("Sofia Lindgren", StaffRole.ESCALATION_ENGINEER, manager=support_manager, center=emea_center)


@pytest.fixture
def engineering(db) -> User:
    return make_staff("Andrei Popa", StaffRole.ENGINEERING)


@pytest.fixture
def administrator(db) -> User:
    return make_staff("Grace Adeyemi", StaffRole.ADMIN)


# Everybody


@dataclass(frozen=True)
class Cast:
    """Everybody and every organization at once, for tests that walk all of them."""

    organizations: list[Organization]
    customers: dict[str, User]
    staff: dict[str, User]

    @property
    def people(self) -> dict[str, User]:
        return self.customers | self.staff


CUSTOMERS = (
    "technical_contact",
    "own_sight_contact",
    "renewal_contact",
    "contract_administrator",
    "third_party",
    "tokyo_contact",
    "new_york_contact",
    "stranger",
)
STAFF = (
    "customer_service",
    "engineer",
    "second_engineer",
    "escalation_engineer",
    "engineering",
    "support_manager",
    "administrator",
)


@pytest.fixture
def cast(request, aberdeen, tokyo, new_york) -> Cast:
    return Cast(
        organizations=[aberdeen, tokyo, new_york],
        customers={name: request.getfixturevalue(name) for name in CUSTOMERS},
        staff={name: request.getfixturevalue(name) for name in STAFF},
    )


# Cases


@pytest.fixture
def open_case(technical_contact, aberdeen, product) -> Callable[..., Case]:
    """Open a case for Aberdeen as its technical contact; every argument of the verb can be given."""

    def make(organization: Organization = aberdeen, **given) -> Case:
        usual = {
            "by": technical_contact,
            "at": NOON,
            "product": product,
            "version": "8.4",
            "severity": Severity.THREE,
            "subject": "Virtual machines pause during backup",
            "description": "Since Monday each backup pauses the virtual machines of host gh-07 for a minute.",
            "phone": PHONE,
        }
        return operations.open_case(organization, **(usual | given))

    return make


@pytest.fixture
def case_in(open_case, technical_contact, customer_service, engineer) -> Callable[..., Case]:
    """A case that the verbs brought into a status, one step a minute from `at`: `case_in(Status.CLOSED, at=NOON)`.

    It is Aberdeen's, of severity 3 and owned by `engineer` unless the arguments of opening say otherwise.
    """

    def make(status: Status, at: datetime = NOON, **opening) -> Case:
        case = open_case(at=at, **opening)
        if status is Status.RECEIVED:
            return case
        case = operations.verify_entitlement(case, by=customer_service, at=at + MINUTE)
        if status is Status.QUEUED:
            return case
        case = operations.accept(case, by=engineer, at=at + 2 * MINUTE)
        if status is Status.IN_PROGRESS:
            return case
        if status is Status.WAITING_FOR_CUSTOMER:
            return operations.reply(
                case, "Please send the log of host gh-07.", by=engineer, at=at + 3 * MINUTE, waiting=True
            )
        case = operations.propose_closure(
            case,
            by=engineer,
            at=at + 3 * MINUTE,
            problem="The backup froze the storage path.",
            resolution="Update 8.4.2 removes the freeze.",
            reason=ClosureReason.RESOLVED,
        )
        if status is Status.CLOSURE_PROPOSED:
            return case
        return operations.confirm_closure(case, by=case.opened_by, at=at + 4 * MINUTE)

    return make
