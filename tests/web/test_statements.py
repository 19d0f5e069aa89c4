"""What pages cost: the same few statements for one row and for fifty, for ten cases and for ten thousand."""

from collections.abc import Callable

import pytest

from accounts.enums import ContactRole
from accounts.models import Organization, User
from cases.enums import Status
from cases.models import Case
from entitlements.models import Product
from tests.cast import MINUTE, NOON, make_contact, make_entitlement
from tests.web.statements import multiply, statements

pytestmark = pytest.mark.usefixtures("at_one")

LIST, QUEUE = "/cases/", "/desk/?view=all"
MOST = {"list": 6, "case": 10, "queue": 6, "workspace": 10}


@pytest.fixture
def costs(browse, technical_contact, engineer) -> Callable[[Case], dict[str, int]]:
    """How many statements the four pages ask that people have open all day."""
    customer, staff = browse(technical_contact), browse(engineer)

    def count(case: Case) -> dict[str, int]:
        places = {
            "list": (customer, LIST),
            "case": (customer, case.get_absolute_url()),
            "queue": (staff, QUEUE),
            "workspace": (staff, case.get_absolute_url()),
        }
        return {name: len(statements(client, address)) for name, (client, address) in places.items()}

    return count


def within_bounds(counted: dict[str, int]) -> bool:
    return all(counted[name] <= most for name, most in MOST.items())


def test_a_page_costs_the_same_for_one_row_and_for_fifty(costs, case_in):
    case = case_in(Status.IN_PROGRESS)
    case_in(Status.CLOSED)
    one = costs(case)

    multiply(case, 49)

    assert costs(case) == one
    assert within_bounds(one), one


def test_a_page_costs_the_same_for_ten_cases_and_for_ten_thousand(costs, case_in):
    case, waiting, closed = (case_in(s) for s in (Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER, Status.CLOSED))
    multiply(case, 7)
    ten = costs(case)

    for one in (case, waiting, closed):
        multiply(one, 3_330)

    assert Case.objects.count() == 10_000
    assert costs(case) == ten
    assert within_bounds(ten), ten


def test_no_list_counts_without_a_cap_or_skips_rows(browse, technical_contact, engineer, case_in):
    case_in(Status.IN_PROGRESS)

    asked = [*statements(browse(technical_contact), LIST), *statements(browse(engineer), QUEUE)]

    assert not [sql for sql in asked if "OFFSET" in sql]
    assert not [sql for sql in asked if "COUNT(" in sql and "LIMIT" not in sql]


def test_acting_for_twelve_organizations_costs_no_more(browse, third_party, aberdeen, product, open_case):
    case = open_case(by=third_party)
    client = browse(third_party)
    two = [len(statements(client, address)) for address in (LIST, case.get_absolute_url())]

    for place in range(10):
        organization = another_like(aberdeen, place, product)
        make_contact(organization, "Marta Puig", ContactRole.THIRD_PARTY, user=third_party)
        open_case(organization, by=colleague(organization, place), at=NOON + place * MINUTE)

    assert third_party.contacts.count() == 12
    assert [len(statements(client, address)) for address in (LIST, case.get_absolute_url())] == two
    assert two[0] <= MOST["list"]
    assert two[1] <= MOST["case"]


def another_like(organization: Organization, place: int, product: Product) -> Organization:
    another = Organization.objects.create(
        org_id=f"ORG-9{place:03}",
        name=f"Customer {place}",
        region=organization.region,
        country=organization.country,
        zone=organization.zone,
    )
    make_entitlement(another, product)
    return another


def colleague(organization: Organization, place: int) -> User:
    return make_contact(organization, f"Colleague {place}", ContactRole.TECHNICAL)
