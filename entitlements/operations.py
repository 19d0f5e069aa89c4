"""The entitlement check on real rows, and new versions of plans."""

from dataclasses import asdict
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max

from accounts.models import Organization, User
from accounts.permissions import may
from accounts.refusal import Refusal
from accounts.standing import Decision
from entitlements.drafts import Draft
from entitlements.enums import Outcome
from entitlements.models import Entitlement, PlanTarget, PlanVersion, Product, SupportPlan
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


@transaction.atomic
def add_version(plan: SupportPlan, draft: Draft, *, by: User, at: datetime) -> PlanVersion:
    """Let the plan promise something else from a day on; what came before stays readable, and holds for its cases.

    Raises Refusal for a draft that is not sound or a day that has a version already, PermissionDenied unless `by`
    keeps plans. Guide: C-DOC-03, C-DOC-04.
    """
    if not (decision := may(by, "add_version", plan)):
        raise PermissionDenied(decision.reason)
    draft.require_sound(at.date())
    versions = SupportPlan.objects.select_for_update().get(pk=plan.pk).versions
    if versions.filter(effective_on=draft.effective_on).exists():
        raise Refusal("effective_on_taken", "Another version takes effect on that day: choose a later one.")
    version = versions.create(
        number=1 + (versions.aggregate(last=Max("number"))["last"] or 0),
        effective_on=draft.effective_on,
        channels=list(draft.channels),
        included=list(draft.included),
        excluded=list(draft.excluded),
        made_by=by,
        made_at=at,
    )
    PlanTarget.objects.bulk_create(PlanTarget(version=version, **asdict(target)) for target in draft.targets)
    return version
