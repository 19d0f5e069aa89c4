"""The entitlement check on facts alone."""

from datetime import date, timedelta

import pytest

from accounts.standing import allow, deny
from entitlements.enums import Outcome
from entitlements.models import Product
from entitlements.operations import require_ever_bought, require_reason_against
from entitlements.rules import EntitlementFacts, Verdict, verify
from tests.cast import refused

TODAY = date(2026, 3, 4)
DAY = timedelta(days=1)
CONTACT, NO_CONTACT = allow("A technical contact of Granite."), deny("The right to act for Granite has ended.")


def entitlement(id: int, starts_on: date, ends_on: date, product: str = "Hypervisor") -> EntitlementFacts:
    return EntitlementFacts(id, product, "Standard Support", f"R-{id}", starts_on, ends_on)


PRESENT = entitlement(1, TODAY - 300 * DAY, TODAY + 60 * DAY)
LONGER = entitlement(2, TODAY - DAY, TODAY + 400 * DAY)
LAST_DAY = entitlement(3, TODAY - 300 * DAY, TODAY)
FIRST_DAY = entitlement(4, TODAY, TODAY + 365 * DAY)
ENDED = entitlement(5, TODAY - 300 * DAY, TODAY - DAY)
FUTURE = entitlement(6, TODAY + DAY, TODAY + 365 * DAY)
FOREIGN = entitlement(7, TODAY - 300 * DAY, TODAY + 60 * DAY, product="Storage")


def check(*entitlements: EntitlementFacts, contact=CONTACT, version: str = "8.4") -> Verdict:
    return verify(
        product="Hypervisor",
        version=version,
        supported_versions=["8.4", "8.2"],
        on=TODAY,
        contact=contact,
        entitlements=entitlements,
    )


@pytest.mark.clause("C-STF-05", "C-LIF-02")
@pytest.mark.parametrize(
    ("held", "contact", "outcome", "covering"),
    [
        ([PRESENT], CONTACT, Outcome.ENTITLED, 1),
        ([LAST_DAY], CONTACT, Outcome.ENTITLED, 3),
        ([FIRST_DAY], CONTACT, Outcome.ENTITLED, 4),
        ([PRESENT, LONGER, ENDED], CONTACT, Outcome.ENTITLED, 2),
        ([ENDED], CONTACT, Outcome.UNCLEAR, None),
        ([FUTURE], CONTACT, Outcome.UNCLEAR, None),
        ([PRESENT], NO_CONTACT, Outcome.UNCLEAR, 1),
        ([ENDED], NO_CONTACT, Outcome.UNCLEAR, None),
        ([], CONTACT, Outcome.NOT_ENTITLED, None),
        ([FOREIGN], CONTACT, Outcome.NOT_ENTITLED, None),
    ],
    ids=[
        "present",
        "last day",
        "first day",
        "the longest of several",
        "ended yesterday",
        "begins tomorrow",
        "contact out of force",
        "both out of force",
        "nothing bought",
        "another product bought",
    ],
)
def test_the_verdict(held, contact, outcome, covering):
    verdict = check(*held, contact=contact)

    assert (verdict.outcome, verdict.entitlement) == (outcome, covering)


@pytest.mark.clause("C-STF-05")
def test_a_verdict_holds_every_reason_that_led_to_it():
    assert check(LAST_DAY, version="7.0").as_data() == {
        "outcome": "entitled",
        "entitlement": 3,
        "checks": [
            {"subject": "product", "passed": True, "text": "Hypervisor is covered by Standard Support (R-3)."},
            {
                "subject": "dates",
                "passed": True,
                "text": "R-3 runs from 8 May 2025 to 4 Mar 2026: today is the last day.",
            },
            {"subject": "contact", "passed": True, "text": "A technical contact of Granite."},
            {
                "subject": "version",
                "passed": False,
                "text": "Hypervisor 7.0 is not on the list of supported versions (8.4, 8.2).",
            },
        ],
    }


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (PRESENT, "R-1 runs from 8 May 2025 to 3 May 2026: 60 days left."),
        (entitlement(8, TODAY, TODAY + DAY), "R-8 runs from 4 Mar 2026 to 5 Mar 2026: 1 day left."),
        (ENDED, "R-5 ended on 3 Mar 2026, 1 day ago."),
        (entitlement(9, TODAY - 9 * DAY, TODAY - 2 * DAY), "R-9 ended on 2 Mar 2026, 2 days ago."),
        (FUTURE, "R-6 begins only on 5 Mar 2026."),
    ],
)
def test_dates_are_told_in_words(held, text):
    assert text in [one.text for one in check(held).checks]


@pytest.mark.parametrize("version", ["7.0", ""])
def test_a_version_out_of_support_or_unknown_is_evidence_and_no_refusal(version):
    verdict = check(PRESENT, version=version)

    assert verdict.outcome is Outcome.ENTITLED
    assert [one.passed for one in verdict.checks] == [True, True, True, False]


@pytest.mark.clause("C-STF-05")
def test_only_going_against_the_check_needs_a_reason():
    require_reason_against(check(PRESENT), "")
    require_reason_against(check(ENDED), "The renewal is signed.")
    for verdict in (check(ENDED), check()):
        with refused("override_missing"):
            require_reason_against(verdict, "  ")


def test_a_customer_asks_for_what_was_bought_once():
    product = Product(name="Hypervisor")

    require_ever_bought(check(ENDED), product)
    with refused("never_entitled"):
        require_ever_bought(check(), product)


@pytest.mark.clause("C-STF-05")
@pytest.mark.parametrize(
    ("held", "passed", "text"),
    [
        ([PRESENT, ENDED, FUTURE], True, "Hypervisor is covered by Standard Support (R-1)."),
        ([ENDED, FUTURE], False, "No contract covers Hypervisor on 4 Mar 2026."),
        ([FOREIGN], False, "No support was ever bought for Hypervisor."),
    ],
)
def test_only_a_contract_in_force_covers_a_product(held, passed, text):
    line = check(*held).checks[0]

    assert (line.passed, line.text) == (passed, text)
