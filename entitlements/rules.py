"""Is this organization entitled to support for this product, today? Standard library only.

The answer is a verdict with every reason that led to it, stored with the case as evidence (C-STF-05).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from accounts.standing import Decision
from entitlements.enums import Outcome


@dataclass(frozen=True, slots=True)
class EntitlementFacts:
    """One entitlement of the organization; the last day is included."""

    id: int
    product: str
    plan: str
    reference: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Check:
    """One line of evidence: what was looked at, whether it is in order, and a sentence about it."""

    subject: str
    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome with its evidence; `entitlement` is the id of the one that covers the case, if any."""

    outcome: Outcome
    checks: tuple[Check, ...]
    entitlement: int | None

    def as_data(self) -> dict[str, Any]:
        """The verdict as JSON data, for the case's log."""
        return {
            "outcome": self.outcome.value,
            "checks": [asdict(check) for check in self.checks],
            "entitlement": self.entitlement,
        }


def verify(
    *,
    product: str,
    version: str,
    supported_versions: Sequence[str],
    on: date,
    contact: Decision,
    entitlements: Sequence[EntitlementFacts],
) -> Verdict:
    """Judge a case about `product` opened on the local day `on` by a contact whose standing is `contact`.

    A present entitlement and a contact in order: entitled. None at all for the product: not entitled. Anything that a
    person should look at (an ended or future entitlement, a contact who may not open cases) is unclear and goes to
    Customer Service rather than to a refusal (A-26). A version out of support is evidence, never a refusal (A-27).
    """
    for_product = [one for one in entitlements if one.product == product]
    present = [one for one in for_product if one.starts_on <= on <= one.ends_on]
    best = max(present, key=lambda one: one.ends_on, default=None)
    checks = (
        _product_check(product, for_product, present, on),
        *_dates_checks(for_product, best, on),
        Check("contact", contact.allowed, contact.reason),
        _version_check(product, version, supported_versions),
    )
    if not for_product:
        outcome = Outcome.NOT_ENTITLED
    elif best and contact:
        outcome = Outcome.ENTITLED
    else:
        outcome = Outcome.UNCLEAR
    return Verdict(outcome, checks, best.id if best else None)


def _product_check(
    product: str, for_product: Sequence[EntitlementFacts], present: Sequence[EntitlementFacts], on: date
) -> Check:
    if not for_product:
        return Check("product", False, f"No support was ever bought for {product}.")
    if not present:
        return Check("product", False, f"No contract covers {product} on {_in_words(on)}.")
    names = ", ".join(f"{one.plan} ({one.reference})" for one in present)
    return Check("product", True, f"{product} is covered by {names}.")


def _dates_checks(
    for_product: Sequence[EntitlementFacts], best: EntitlementFacts | None, on: date
) -> tuple[Check, ...]:
    if best:
        days = (best.ends_on - on).days
        left = f"{_days(days)} left" if days else "today is the last day"
        span = f"from {_in_words(best.starts_on)} to {_in_words(best.ends_on)}"
        return (Check("dates", True, f"{best.reference} runs {span}: {left}."),)
    return tuple(_out_of_force(one, on) for one in for_product)


def _out_of_force(one: EntitlementFacts, on: date) -> Check:
    if on < one.starts_on:
        return Check("dates", False, f"{one.reference} begins only on {_in_words(one.starts_on)}.")
    ago = _days((on - one.ends_on).days)
    return Check("dates", False, f"{one.reference} ended on {_in_words(one.ends_on)}, {ago} ago.")


def _in_words(day: date) -> str:
    """ "31 Aug 2026"."""
    return f"{day.day} {day:%b %Y}"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _version_check(product: str, version: str, supported: Sequence[str]) -> Check:
    if not version:
        return Check("version", False, "The version is not known yet.")
    if version in supported:
        return Check("version", True, f"{product} {version} is a supported version.")
    return Check(
        "version",
        False,
        f"{product} {version} is not on the list of supported versions ({', '.join(supported)}).",
    )
