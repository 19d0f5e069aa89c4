"""The entitlement check on real rows."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.models import Organization
from accounts.refusal import Refusal
from accounts.standing import Decision
from entitlements.enums import Outcome
from entitlements.models import Entitlement, PlanVersion, Product, SupportPlan
from entitlements.rules import EntitlementFacts, Verdict, verify


def check(organization: Organization, product: Product, version: str, *, on: date, contact: Decision) -> Verdict:
    """The verdict for a case about `product` on the organization's local day `on` (C-STF-05, C-LIF-02)."""
    held = Entitlement.objects.filter(organization=organization).select_related("product", "plan")
    return verify(
        product=product.name,
        version=version,
        supported_versions=product.versions,
        on=on,
        contact=contact,
        entitlements=[
            EntitlementFacts(one.pk, one.product.name, one.plan.name, one.reference, one.starts_on, one.ends_on)
            for one in held
        ],
    )


def plan_for(verdict: Verdict, *, on: date) -> PlanVersion:
    """The plan version a case is judged by: the covering entitlement's plan, else Standard Support (C-PKG-01, C-DOC-01)."""
    covering = Entitlement.objects.filter(pk=verdict.entitlement).select_related("plan").first()
    plan = covering.plan if covering else SupportPlan.objects.get(code=SupportPlan.STANDARD)
    return plan.version_on(on)


def require_reason_against(verdict: Mapping[str, Any], reason: str) -> None:
    """Going against a verdict that is not "entitled" needs a reason (C-STF-05)."""
    if verdict["outcome"] != Outcome.ENTITLED and not reason.strip():
        raise Refusal("override_missing", "The check did not find a present entitlement: say why the case is accepted.")
