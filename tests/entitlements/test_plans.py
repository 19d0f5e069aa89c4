"""What the plans promise, and from when on."""

from datetime import date, timedelta

import pytest

from accounts.standing import allow
from entitlements import operations
from entitlements.enums import Outcome
from entitlements.models import Entitlement, PlanTarget, PlanVersion, SupportPlan
from tests.cast import DAY, NOON

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def standard() -> SupportPlan:
    return SupportPlan.objects.get(code=SupportPlan.STANDARD)


@pytest.mark.clause("C-SLA-01", "C-SLA-02", "C-SLA-03", "C-SLA-04", "C-PKG-03", "C-COV-01", "C-COV-04")
def test_standard_support_promises_what_the_guides_table_says(standard):
    targets = standard.versions.get().targets.values_list("severity", "minutes", "hours", "contact_mode", "clause")

    assert list(targets) == [
        (1, 30, "always", "call_in", "C-SLA-01"),
        (2, 120, "business", "call_back", "C-SLA-02"),
        (3, 480, "business", "call_back", "C-SLA-03"),
        (4, 480, "business", "call_back", "C-SLA-04"),
    ]
    assert PlanTarget.objects.get(severity=2).allowance == timedelta(hours=2)


@pytest.mark.clause("C-PKG-01", "C-PKG-02", "C-PKG-04", "C-PKG-05", "C-PKG-06", "C-PKG-07", "C-LNG-01")
def test_standard_support_includes_what_the_guides_table_says(standard):
    version = standard.versions.get()

    assert version.channels == ["web", "phone"]
    assert version.included == ["troubleshooting", "setup_help"]
    assert version.excluded == ["root_cause_analysis"]
    assert version.language == "English"


@pytest.mark.clause("C-DOC-03", "C-DOC-04")
def test_a_new_version_holds_from_its_effective_day(standard):
    PlanVersion.objects.create(
        plan=standard, number=2, effective_on=date(2026, 4, 1), channels=["web"], included=[], excluded=[]
    )

    days = [date(2024, 3, 26), date(2026, 3, 31), date(2026, 4, 1)]
    assert [standard.version_on(day).number for day in days] == [1, 1, 2]
    with pytest.raises(PlanVersion.DoesNotExist):
        standard.version_on(date(2024, 3, 25))


@pytest.mark.clause("C-DOC-01", "C-DOC-04")
def test_an_open_case_keeps_the_version_of_its_receipt(standard, open_case):
    before = open_case(at=NOON)
    PlanVersion.objects.create(
        plan=standard, number=2, effective_on=NOON.date() + DAY, channels=["web"], included=[], excluded=[]
    )
    for severity in range(1, 5):
        PlanTarget.objects.create(
            version=standard.version_on(NOON.date() + DAY),
            severity=severity,
            minutes=15,
            hours="always",
            contact_mode="call_in",
            clause="C-SLA-01",
        )

    after = open_case(at=NOON + DAY)

    before.refresh_from_db()
    assert [case.plan_version.number for case in (before, after)] == [1, 2]


@pytest.mark.clause("C-PKG-01")
def test_a_case_is_judged_by_the_plan_that_covers_it_and_by_standard_support_otherwise(
    standard, aberdeen, product, entitlement
):
    premium = SupportPlan.objects.create(code="premium", name="Premium Support")
    version = PlanVersion.objects.create(
        plan=premium, number=1, effective_on=date(2025, 1, 1), channels=["web"], included=[], excluded=[]
    )
    Entitlement.objects.filter(pk=entitlement.pk).update(plan=premium)

    def plan(on: date) -> PlanVersion:
        verdict = operations.check(aberdeen, product, "8.4", on=on, contact=allow("A contact."))
        return operations.plan_for(verdict, on=on)

    assert plan(date(2026, 3, 4)) == version
    assert plan(date(2028, 3, 4)) == standard.versions.get()


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
