"""What the plans promise, and from when on."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client

from accounts.standing import allow
from entitlements import operations
from entitlements.enums import Outcome
from entitlements.models import Entitlement, PlanTarget, PlanVersion, SupportPlan
from tests.cast import DAY, NOON

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def standard() -> SupportPlan:
    return SupportPlan.objects.get(code=SupportPlan.STANDARD)


@pytest.mark.clause("C-SLA-01", "C-SLA-02", "C-SLA-03", "C-SLA-04", "C-PKG-03", "C-COV-01")
def test_standard_support_promises_what_the_guides_table_says(standard):
    targets = standard.versions.get().targets.values_list("severity", "minutes", "hours", "contact_mode", "clause")

    assert list(targets) == [
        (1, 30, "always", "call_in", "C-SLA-01"),
        (2, 120, "business", "call_back", "C-SLA-02"),
        (3, 480, "business", "call_back", "C-SLA-03"),
        (4, 480, "business", "call_back", "C-SLA-04"),
    ]
    assert PlanTarget.objects.get(severity=2).allowance == timedelta(hours=2)


def test_standard_support_includes_what_the_guides_table_says(standard):
    version = standard.versions.get()

    assert version.channels == ["web", "phone"]
    assert version.included == ["troubleshooting", "setup_help"]
    assert version.excluded == ["root_cause_analysis"]
    assert version.language == "English"


def make_version(plan: SupportPlan, effective_on: date, *, number: int = 1, severities=range(1, 5)) -> PlanVersion:
    """A version that promises an answer within 15 minutes for each of the severities."""
    version = PlanVersion.objects.create(
        plan=plan, number=number, effective_on=effective_on, channels=["web"], included=[], excluded=[]
    )
    for severity in severities:
        PlanTarget.objects.create(
            version=version, severity=severity, minutes=15, hours="always", contact_mode="call_in", clause="C-SLA-01"
        )
    return version


@pytest.mark.clause("C-DOC-03", "C-DOC-04")
def test_a_new_version_holds_from_its_effective_day(standard):
    make_version(standard, date(2026, 4, 1), number=2)

    days = [date(2024, 3, 26), date(2026, 3, 31), date(2026, 4, 1)]
    assert [standard.version_on(day).number for day in days] == [1, 1, 2]
    with pytest.raises(PlanVersion.DoesNotExist):
        standard.version_on(date(2024, 3, 25))


@pytest.mark.clause("C-DOC-01", "C-DOC-04")
def test_an_open_case_keeps_the_version_of_its_receipt(standard, open_case):
    before = open_case(at=NOON)
    make_version(standard, NOON.date() + DAY, number=2)

    after = open_case(at=NOON + DAY)

    before.refresh_from_db()
    assert [case.plan_version.number for case in (before, after)] == [1, 2]


@pytest.mark.clause("C-PKG-01")
def test_a_case_is_judged_by_the_plan_that_covers_it_and_by_standard_support_otherwise(
    standard, aberdeen, product, entitlement
):
    premium = SupportPlan.objects.create(code="premium", name="Premium Support")
    version = make_version(premium, date(2025, 1, 1))
    Entitlement.objects.filter(pk=entitlement.pk).update(plan=premium)

    def plan(on: date) -> PlanVersion:
        verdict = operations.check(aberdeen, product, "8.4", on=on, contact=allow("A contact."))
        return operations.plan_for(verdict, on=on)

    assert plan(date(2026, 3, 4)) == version
    assert plan(date(2028, 3, 4)) == standard.versions.get()


@pytest.mark.parametrize("severities", [range(1, 4), []], ids=["three targets", "no target"])
def test_a_version_that_does_not_promise_for_every_severity_is_passed_over(
    standard, open_case, entitlement, severities
):
    premium = SupportPlan.objects.create(code="premium", name="Premium Support")
    Entitlement.objects.filter(pk=entitlement.pk).update(plan=premium)
    make_version(premium, date(2025, 1, 1), severities=severities)
    make_version(standard, date(2025, 1, 1), number=2, severities=severities)

    assert open_case(severity=4).plan_version == standard.versions.get(number=1)


def test_nothing_is_both_included_and_excluded(standard):
    with pytest.raises(IntegrityError, match="what_is_included_is_not_excluded"), transaction.atomic():
        standard.versions.update(excluded=["setup_help"])


TARGETS = [(1, 30), (2, 120), (3, 480), (4, 480)]


@pytest.fixture
def save_version(administrator, standard, settings) -> Callable[..., HttpResponse]:
    """Send the back office's form of a new plan version, with these targets as (severity, minutes)."""
    settings.STAFF_MFA_REQUIRED = False
    client = Client()
    client.force_login(administrator)

    def save(targets: list[tuple[int, int]], excluded: str = "root_cause_analysis") -> HttpResponse:
        form = {
            "plan": standard.pk,
            "number": 2,
            "effective_on": "2026-05-01",
            "channels": "web",
            "language": "English",
        }
        form |= {"included": ["setup_help"], "excluded": [excluded], "language": "English"}
        form |= {"targets-TOTAL_FORMS": len(targets), "targets-INITIAL_FORMS": 0}
        for place, (severity, minutes) in enumerate(targets):
            row = {"severity": severity, "minutes": minutes, "hours": "business", "contact_mode": "call_back"}
            form |= {f"targets-{place}-{name}": value for name, value in (row | {"clause": "C-SLA-02"}).items()}
        return client.post("/admin/entitlements/planversion/add/", form)

    return save


@pytest.mark.clause("C-DOC-03")
def test_an_administrator_adds_a_version_with_a_target_for_each_severity(save_version, standard):
    response = save_version(TARGETS)

    assert response.status_code == 302
    assert list(standard.version_on(date(2026, 5, 1)).targets.values_list("severity", "minutes")) == TARGETS


@pytest.mark.parametrize(
    "targets",
    [[], TARGETS[:3], [*TARGETS[:3], (3, 60)], [*TARGETS[:3], (5, 60)]],
    ids=["none", "three", "one twice", "one of no severity"],
)
def test_no_version_is_saved_without_a_target_for_each_severity(save_version, standard, targets):
    response = save_version(targets)

    assert response.status_code == 200
    assert standard.versions.count() == 1


def test_no_version_is_saved_that_includes_what_it_excludes(save_version, standard):
    response = save_version(TARGETS, excluded="setup_help")

    assert "An activity is either included or excluded." in response.content.decode()
    assert standard.versions.count() == 1


@pytest.mark.clause("C-STF-05")
def test_the_check_reads_the_organizations_own_entitlements(aberdeen, tokyo, product):
    Entitlement.objects.filter(organization=aberdeen).delete()

    outcomes = [
        operations.check(organization, product, "8.4", on=NOON.date(), contact=allow("A contact.")).outcome
        for organization in (aberdeen, tokyo)
    ]

    assert outcomes == [Outcome.NOT_ENTITLED, Outcome.ENTITLED]


@pytest.mark.clause("C-CON-06")
def test_who_sees_what_was_bought(cast):
    seen = {
        name: set(Entitlement.objects.visible_to(person).values_list("organization__city", flat=True))
        for name, person in cast.people.items()
    }

    assert {name: seen[name] for name in cast.customers} == {
        "technical_contact": {"Aberdeen"},
        "own_sight_contact": {"Aberdeen"},
        "renewal_contact": {"Aberdeen"},
        "contract_administrator": {"Aberdeen"},
        "third_party": {"Aberdeen", "Tokyo"},
        "tokyo_contact": {"Tokyo"},
        "new_york_contact": {"New York"},
        "stranger": set(),
    }
    assert {frozenset(seen[name]) for name in cast.staff} == {frozenset({"Aberdeen", "Tokyo", "New York"})}
