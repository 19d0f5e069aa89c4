"""The entitlement check on real rows."""

from datetime import date

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
    """The plan version a case is judged by: the covering entitlement's, else Standard Support (C-PKG-01, C-DOC-01).

    A plan that promises nothing yet on that day leaves a case to Standard Support too.
    """
    if verdict.entitlement is not None:
        bought = PlanVersion.objects.complete().filter(plan__entitlements=verdict.entitlement, effective_on__lte=on)
        if version := bought.order_by("effective_on").last():
            return version
    return SupportPlan.objects.get(code=SupportPlan.STANDARD).version_on(on)


def require_ever_bought(verdict: Verdict, product: Product) -> None:
    """A customer asks for support only for what support was bought for, if only in the past."""
    if verdict.outcome is Outcome.NOT_ENTITLED:
        raise Refusal(
            "never_entitled",
            f"No support was bought for {product}. If that looks wrong to you, please call Customer Service.",
        )


def require_reason_against(verdict: Verdict, reason: str) -> None:
    """Going against a verdict that is not "entitled" needs a reason (C-STF-05)."""
    if verdict.outcome is not Outcome.ENTITLED and not reason.strip():
        raise Refusal("override_missing", "The check did not find a present entitlement: say why the case is accepted.")
