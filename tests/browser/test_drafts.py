"""What somebody typed is kept in the browser until it is sent, and for nobody else."""

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.enums import Status
from tests.cast import HOUR
from tests.pages import faults, visit_as

pytestmark = pytest.mark.browser

KEPT = "We kept what you wrote."


def sign_in(page: Page, user) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.fixture
def case(case_in):
    return case_in(Status.IN_PROGRESS, at=timezone.now() - HOUR)


def test_a_message_outlives_its_session_and_is_forgotten_once_sent(portal, browser, technical_contact, case):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(portal + case.get_absolute_url())
        page.get_by_label("Your message").fill("Host gh-08 is slow too.")
        context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        page.get_by_role("button", name="Send", exact=True).click()
        sign_in(page, technical_contact)

        expect(page.get_by_text(KEPT)).to_be_visible()
        expect(page.get_by_label("Your message")).to_have_value("Host gh-08 is slow too.")
        assert faults(page) == []
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("#case-timeline")).to_contain_text("Host gh-08 is slow too.")
        expect(page.get_by_label("Your message")).to_have_value("")
        page.reload()
        expect(page.get_by_label("Your message")).to_have_value("")
        expect(page.get_by_text(KEPT)).to_have_count(0)


def test_going_back_to_a_message_that_was_sent_does_not_send_it_twice(portal, browser, technical_contact, case):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(f"{portal}{case.get_absolute_url()}messages/")
        page.get_by_label("Your message").fill("Only once.")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("#case-timeline")).to_contain_text("Only once.")
        page.go_back()
        page.get_by_role("button", name="Send", exact=True).click()
        page.wait_for_load_state()

        assert case.messages.filter(body="Only once.").count() == 1


def test_a_new_case_outlives_a_form_that_was_too_old(portal, browser, technical_contact, product):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(f"{portal}/cases/new/")
        page.get_by_label("What happens, in one sentence?").fill("Backup pauses virtual machines")
        page.get_by_role("radio", name="Severity 2").check()
        context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
        page.get_by_role("button", name="Send the case").click()
        expect(page.locator("h1")).to_have_text("The form was too old to be sent")
        page.get_by_role("link", name="Open the form again").click()

        expect(page.get_by_text(KEPT)).to_be_visible()
        expect(page.get_by_label("What happens, in one sentence?")).to_have_value("Backup pauses virtual machines")
        expect(page.get_by_role("radio", name="Severity 2")).to_be_checked()


def test_what_one_reader_wrote_is_shown_to_no_other(portal, browser, technical_contact, third_party, case):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(portal + case.get_absolute_url())
        page.get_by_label("Your message").fill("Mine alone.")
        client = Client()
        client.force_login(third_party)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": portal}])
        page.goto(portal + case.get_absolute_url())

        expect(page.get_by_label("Your message")).to_have_value("")
        assert "Mine alone." not in page.evaluate("JSON.stringify(sessionStorage)")


def test_signing_out_forgets_what_was_written(portal, browser, technical_contact, case):
    with visit_as(browser, portal, technical_contact) as context:
        page = context.new_page()
        page.goto(portal + case.get_absolute_url())
        page.get_by_label("Your message").fill("Not to be found.")
        page.get_by_role("button", name=f"{technical_contact.name}: account and theme").click()
        page.get_by_role("button", name="Sign out").press("Enter")
        page.wait_for_url("**/login/**")

        assert "Not to be found." not in page.evaluate("JSON.stringify(sessionStorage)")
