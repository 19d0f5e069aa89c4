"""A customer's whole story in a real browser: for every eye, by keyboard alone, and without script."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases import operations
from cases.attachments import store
from cases.enums import Severity, Status
from cases.models import Case
from tests.cast import DAY, HOUR, MINUTE
from tests.pages import faults, visit_as

pytestmark = pytest.mark.browser

DESCRIPTION = "Since Monday each backup pauses host gh-07.\n\n- only large guests\n- `gh-07` and `gh-08`"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def complaints(page) -> list[str]:
    """What the console complains about, such as code that the content security policy refused."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


@pytest.fixture
def cases(case_in, open_case, third_party, technical_contact, engineer, emea_center, now) -> dict[str, Case]:
    """A case in every state, one opened by a third party, one with a severity question and a table."""
    found = {status.value: case_in(status, at=now - 2 * HOUR) for status in Status}
    found["old"] = case_in(Status.CLOSED, at=now - 60 * DAY)
    found["urgent"] = open_case(by=third_party, at=now - 25 * MINUTE, severity=Severity.ONE)
    asked = case_in(Status.IN_PROGRESS, at=now - 3 * HOUR)
    asked = operations.reply(
        asked,
        "| host | pause |\n|---|---|\n| gh-07 | 41 s |\n\n```\nlong line " + "x" * 300 + "\n```",
        by=engineer,
        at=now - HOUR,
        files=[store(SimpleUploadedFile(f"{'a-very-long-name-' * 8}.tar.zst", b"x" * 4096))],
    )
    found["asked"] = operations.propose_severity(asked, Severity.FOUR, by=engineer, at=now - HOUR, reason="One host.")
    return found


def fill_new_case(page: Page) -> None:
    page.get_by_label("What happens, in one sentence?").fill("Backup pauses virtual machines")
    page.get_by_role("radio", name="Severity 3").check()
    page.get_by_label("Version").fill("8.4")
    page.get_by_label("What did you see, since when, and what changed before?").fill(DESCRIPTION)


def as_engineer(case: Case, engineer, customer_service) -> Case:
    """Support works: verify, accept, answer, propose a solution."""
    at = timezone.now()
    operations.verify_entitlement(case, by=customer_service, at=at)
    operations.accept(case, by=engineer, at=at)
    operations.reply(case, "Update 8.4.2 removes the freeze.", by=engineer, at=at)
    return operations.propose_closure(
        case, by=engineer, at=at, problem="The backup froze the path.", resolution="Update **8.4.2** removes it."
    )


def test_the_pages_of_a_customer_are_fit_for_everybody(portal, browser, technical_contact, cases):
    addresses = {
        "list": "/cases/",
        "closed": "/cases/?state=closed",
        "nothing found": "/cases/?q=nothing-like-this",
        "new": "/cases/new/",
        **{name: case.get_absolute_url() for name, case in cases.items()},
        "message": f"{cases['asked'].get_absolute_url()}messages/",
        "severity": f"{cases['asked'].get_absolute_url()}severity/",
        "agreement": f"{cases['asked'].get_absolute_url()}severity/agreement/",
        "withdrawal": f"{cases['asked'].get_absolute_url()}withdrawal/",
        "answer": f"{cases['closure_proposed'].get_absolute_url()}closure/answer/",
        "reopening": f"{cases['closed'].get_absolute_url()}reopening/",
        "follow-on": f"{cases['old'].get_absolute_url()}follow-on/",
    }
    found = {}

    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        for name, address in addresses.items():
            assert page.goto(portal + address).status == 200, name
            assert page.locator("h1").count() == 1, name
            found[name] = faults(page)

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_pages_of_a_third_party_and_of_a_renewal_contact_are_fit_for_everybody(
    portal, browser, third_party, renewal_contact, cases
):
    found = {}

    for user, addresses in ((third_party, ["/cases/", "/cases/new/"]), (renewal_contact, ["/cases/", "/cases/new/"])):
        with visit_as(browser, portal, user) as context:
            page = context.new_page()
            for address in addresses:
                page.goto(portal + address)
                found[f"{user}: {address}"] = faults(page)

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_refused_form_and_a_stale_one_are_fit_for_everybody(portal, browser, technical_contact, engineer, cases):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(f"{portal}/cases/new/")
        page.get_by_role("button", name="Send the case").click()
        refused = faults(page)
        page.goto(portal + cases["asked"].get_absolute_url())
        page.get_by_label("Your message").fill("I restart the host now.")
        operations.reply(cases["asked"], "Please do not restart it.", by=engineer, at=timezone.now())
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("heading", name="What happened meanwhile")).to_be_visible()
        expect(page.get_by_text("Please do not restart it.")).to_be_visible()
        expect(page.get_by_label("Your message")).to_have_value("I restart the host now.")
        stale = faults(page)

    assert (refused, stale) == ([], [])


@pytest.mark.clause("C-CHN-02", "C-CLS-01", "C-RPN-01", "C-TRK-01")
def test_a_case_lives_its_whole_life_at_a_customers_hands(
    portal, page, context, technical_contact, engineer, customer_service, product, aberdeen, complaints, tmp_path
):
    with visit_as(page.context.browser, portal, technical_contact) as mine:
        page = mine.new_page()
        log = tmp_path / "gh-07.log"
        log.write_text("paused\n")

        page.goto(f"{portal}/cases/")
        page.get_by_role("link", name="Open a case").click()
        expect(page.locator("#case-offer")).to_contain_text("An engineer answers by")
        fill_new_case(page)
        page.get_by_label("Looked in the documentation").check()
        page.get_by_label("Files").set_input_files(log)
        page.get_by_role("button", name="Send the case").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Backup pauses virtual machines")
        expect(page.locator("#case-headline")).to_contain_text("We check your entitlement")

        with page.expect_download() as download:
            page.get_by_role("link", name="gh-07.log").click()
        assert download.value.path().read_text() == "paused\n"

        page.get_by_role("button", name="Why this time?").first.click()
        expect(page.locator(".why:popover-open")).to_contain_text("8 business hours from receipt")
        page.keyboard.press("Escape")

        as_engineer(Case.objects.get(), engineer, customer_service)
        page.reload()
        expect(page.locator("#case-headline")).to_contain_text("Is this solved, and may we close the case?")
        page.get_by_role("link", name="No, keep it open").click()
        page.get_by_label("What is still open?").fill("Host gh-08 still freezes.")
        page.get_by_role("button", name="Send the answer").click()
        expect(page.locator("#case-headline")).to_contain_text("Lena Vogt works on your case")

        case = Case.objects.get()
        operations.propose_closure(
            case, by=engineer, at=timezone.now(), problem="gh-08 too.", resolution="Update gh-08 as well."
        )
        page.reload()
        page.get_by_role("button", name="Yes, it is solved").click()
        expect(page.locator("#case-headline")).to_contain_text("Closed: solved")

        page.get_by_role("link", name="Reopen the case").click()
        page.get_by_label("Your message").fill("It is back.")
        page.get_by_role("button", name="Reopen the case").click()
        expect(page.locator("#case-timeline")).to_contain_text("It is back.")
        expect(page.locator("#case-headline")).not_to_contain_text("Closed")

    assert complaints == []


def test_another_organization_brings_its_own_deadlines_at_once(portal, browser, third_party, tokyo):
    with visit_as(browser, portal, third_party) as context:
        page = context.new_page()
        page.goto(f"{portal}/cases/new/")
        page.get_by_label("What happens, in one sentence?").fill("Kept")

        page.get_by_label("For whom?").select_option(tokyo.org_id)

        expect(page.locator("#case-offer")).to_contain_text("JST Tokyo")
        expect(page.get_by_label("What happens, in one sentence?")).to_have_value("Kept")


def test_a_slow_answer_for_another_organization_is_not_shown(portal, browser, third_party, aberdeen, tokyo):
    held = []

    with visit_as(browser, portal, third_party) as context:
        page = context.new_page()
        page.goto(f"{portal}/cases/new/")
        page.route(lambda url: "/cases/new/offer/" in url and aberdeen.org_id in url, lambda route: held.append(route))
        page.get_by_label("Product", exact=True).select_option("hypervisor")
        page.get_by_label("For whom?").select_option(tokyo.org_id)
        expect(page.locator("#case-offer")).to_contain_text("JST Tokyo")
        for route in held:
            route.continue_()
        page.wait_for_timeout(300)

        assert held
        expect(page.locator("#case-offer")).to_contain_text("For Kaede Mobility")
        expect(page.locator("#case-offer")).to_contain_text("JST Tokyo")


def test_the_promise_of_a_waiting_form_moves_on_and_leaves_the_choices_alone(
    portal, browser, technical_contact, product
):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{portal}/cases/new/")
        page.get_by_label("Product", exact=True).evaluate("field => { field.dataset.same = 'yes'; }")
        page.locator("#case-offer").evaluate("offer => { offer.dataset.old = 'yes'; }")
        page.clock.fast_forward("01:05")

        expect(page.locator("#case-offer[data-old]")).to_have_count(0)
        expect(page.locator("#case-offer")).to_contain_text("If you send it now")
        expect(page.locator("#id_product[data-same]")).to_have_count(1)


def test_severity_1_brings_the_telephone_number_to_the_eye(portal, browser, technical_contact, emea_center, product):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(f"{portal}/cases/new/")
        notice = page.get_by_text("Severity 1: please call as well")
        expect(notice).to_be_hidden()

        page.get_by_role("radio", name="Severity 1").check()

        expect(notice).to_be_visible()
        expect(page.locator(".telephone")).to_have_text(emea_center.telephone)


def press_until(page: Page, name: str, *, role: str = "", limit: int = 60) -> None:
    """Tab on until the control with this accessible name has the focus."""
    wanted = page.get_by_role(role, name=name) if role else page.get_by_label(name)
    for _ in range(limit):
        if wanted.first.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never reached {name!r}")


def test_a_case_is_opened_and_its_closure_answered_by_keyboard_alone(
    portal, browser, technical_contact, engineer, customer_service, product, aberdeen
):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(f"{portal}/cases/new/")
        press_until(page, "What happens, in one sentence?")
        page.keyboard.type("Backup pauses virtual machines")
        press_until(page, "Severity 1", role="radio")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        press_until(page, "What did you see, since when, and what changed before?")
        page.keyboard.type("Each night.")
        press_until(page, "Send the case", role="button")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/cases/\d{3}-\d{3}-\d{3}/$"))
        case = Case.objects.get()
        as_engineer(case, engineer, customer_service)
        page.reload()
        press_until(page, "Yes, it is solved", role="button")
        page.keyboard.press("Enter")

        expect(page.locator("#case-headline")).to_contain_text("Closed: solved")
        assert case.requested_severity in (Severity.TWO, Severity.THREE)


def test_everything_works_without_script(portal, browser, third_party, engineer, customer_service, product, tokyo):
    with visit_as(browser, portal, third_party, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{portal}/cases/new/")
        page.get_by_label("What happens, in one sentence?").fill("Backup pauses virtual machines")
        page.get_by_label("For whom?").select_option(tokyo.org_id)
        page.get_by_role("button", name="Show its products and times").click()
        expect(page.locator("#case-offer")).to_contain_text("JST Tokyo")
        fill_new_case(page)
        page.get_by_role("button", name="Send the case").click()
        expect(page.locator("#case-facts")).to_contain_text("Kaede Mobility")
        page.get_by_role("button", name="Why this time?").first.click()
        expect(page.locator(".why").first).to_be_visible()
        page.keyboard.press("Escape")

        as_engineer(Case.objects.get(), engineer, customer_service)
        page.reload()
        page.get_by_role("link", name="No, keep it open").click()
        page.get_by_label("What is still open?").fill("Not yet.")
        page.get_by_role("button", name="Send the answer").click()
        page.get_by_label("Your message").fill("One more thing.")
        page.get_by_role("button", name="Send", exact=True).click()

        expect(page.locator("#case-timeline")).to_contain_text("One more thing.")


def test_a_countdown_moves_on_by_itself(portal, browser, technical_contact, open_case, now):
    case = open_case(at=now - timedelta(minutes=2), severity=Severity.ONE)

    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.clock.install(time=now)
        page.goto(portal + case.get_absolute_url())
        expect(page.locator("#case-headline")).to_contain_text("in 28")
        page.clock.fast_forward("05:00")

        expect(page.locator("#case-headline")).to_contain_text("in 23")
