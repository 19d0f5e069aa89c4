"""What a customer is offered before a case is sent: products, and by when each severity is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.models import Contact, Organization, User
from accounts.standing import may_open_cases, works_on_cases
from cases.enums import Severity
from cases.models import Case
from entitlements import operations as entitlements
from entitlements.models import Entitlement, PlanTarget, PlanVersion, Product, SupportPlan
from sla.bases import promise_of
from sla.queries import previews
from web.case.promised import Answer, allowed, answer_by
from web.case.times import Times


@dataclass(frozen=True, slots=True)
class Offer:
    """What an organization is offered at one moment. `unclear` products had support once, or will have it.

    `checked_first` is the product asked about when it is one of these (C-STF-04, A-26).
    """

    organization: Organization
    checked_first: Product | None
    entitled: tuple[Product, ...]
    unclear: tuple[Product, ...]
    plan: PlanVersion
    answers: tuple[Answer, ...]
    telephone: str

    def answer(self, severity: Severity) -> Answer:
        return next(one for one in self.answers if one.severity is severity)

    @property
    def versions(self) -> list[tuple[str, str]]:
        """Known versions, each with its product's name."""
        return [(version, product.name) for product in self.entitled for version in product.versions]


def organizations_of(user: User) -> list[Organization]:
    """The organizations this person opens cases for, by name (C-CON-01, C-PAR-01)."""
    mine = (contact.organization for contact in user.standings.values() if works_on_cases(contact.standing))
    return sorted(mine, key=lambda organization: organization.name)


def offer(user: User, organization: Organization, product_code: str, times: Times) -> Offer:
    """What `organization` is offered now; `product_code` may be of no product yet."""
    on = times.now.astimezone(ZoneInfo(organization.own_zone)).date()
    held = Entitlement.objects.visible_to(user).filter(organization=organization)
    covered = set(held.present(on).values_list("product_id", flat=True))
    products = list(Product.objects.filter(pk__in=held.values("product")))
    chosen = _chosen(products, covered, product_code)
    plan = _plan(organization, user.standings[organization.pk], chosen, on, times.now)
    explained = previews(organization, Severity, plan, times.now)
    return Offer(
        organization=organization,
        checked_first=chosen if chosen and chosen.pk not in covered else None,
        entitled=tuple(one for one in products if one.pk in covered),
        unclear=tuple(one for one in products if one.pk not in covered),
        plan=plan,
        answers=tuple(answer_by(organization, severity, one, times) for severity, one in explained.items()),
        telephone=organization.support_phone,
    )


def answer_to_follow_on(user: User, case: Case, times: Times) -> Answer:
    """By when the case that continues `case` would be answered if it were opened now (C-RPN-02)."""
    organization, severity = case.organization, Severity(case.severity)
    on = times.now.astimezone(ZoneInfo(organization.own_zone)).date()
    plan = _plan(organization, user.standings[organization.pk], case.product, on, times.now)
    explanation = previews(organization, [severity], plan, times.now)[severity]
    return answer_by(organization, severity, explanation, times)


def targets(organizations: Sequence[Organization], on: date) -> list[tuple[Severity, str]]:
    """What the plan of the one organization promises for each severity; nothing for somebody who acts for several."""
    if len(organizations) != 1:
        return []
    plans = Entitlement.objects.present(on).filter(organization=organizations[0]).values("plan")
    versions = PlanVersion.objects.complete().filter(plan__in=plans, effective_on__lte=on)
    in_force = PlanTarget.objects.filter(version__in=versions)
    newest = in_force.order_by("-version__effective_on", "version", "severity")[: len(Severity)]
    return [(Severity(one.severity), allowed(promise_of(one))) for one in newest]


def _chosen(products: Sequence[Product], covered: set[int], code: str) -> Product | None:
    """The product with this code; before one is chosen, the first that is covered."""
    by_code = next((one for one in products if one.code == code), None)
    return by_code or next((one for one in products if one.pk in covered), None)


def _plan(
    organization: Organization, contact: Contact, product: Product | None, on: date, now: datetime
) -> PlanVersion:
    """The plan version that would judge a case about `product`; Standard Support when there is none to ask about."""
    if product is None:
        return SupportPlan.objects.get(code=SupportPlan.STANDARD).version_on(on)
    verdict = entitlements.check(organization, product, "", on=on, contact=may_open_cases(contact.standing, now))
    return entitlements.plan_for(verdict, on=on)
