"""Signing in and everything about an account, in a real browser: seen by axe-core, by keyboard, without script."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts import addresses, invitations
from accounts.enums import StaffRole
from accounts.models import Letter
from tests.accounts.test_sign_in import PASSWORD, current_code
from tests.pages import faults, visit_as

pytestmark = pytest.mark.browser

ENTRANCES = [
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
]
OWN = [
    "preferences",
    "account_security",
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "usersessions_list",
]
BEHIND_A_CONFIRMATION = [
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_view_recovery_codes",
    "mfa_deactivate_totp",
    "mfa_reauthenticate",
]


@pytest.fixture
def isla(technical_contact):
    addresses.mark_verified(technical_contact)
    return technical_contact


@pytest.fixture
def lena(engineer):
    addresses.mark_verified(engineer)
    return engineer


@pytest.fixture
def complaints(page) -> list[str]:
    """What the browser's console complains about, such as code that the content security policy refused."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


def sign_in(page, portal, email, password=PASSWORD):
    page.goto(portal + reverse("account_login"))
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("name", ENTRANCES)
def test_an_entrance_is_fit_for_everybody(portal, page, complaints, name):
    page.goto(portal + reverse(name))

    assert page.locator("h1").count() == 1
    assert faults(page) == []
    assert complaints == []


def test_the_pages_of_an_account_are_fit_for_everybody(portal, browser, isla):
    with visit_as(browser, portal, isla) as context:
        page = context.new_page()
        found = {}
        for name in OWN:
            page.goto(portal + reverse(name))
            found[name] = faults(page)

    assert found == {name: [] for name in OWN}


def test_the_pages_of_a_second_factor_are_fit_for_everybody(portal, page, isla):
    sign_in(page, portal, isla.email)
    page.goto(portal + reverse("account_reauthenticate"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    found = {}
    for name in BEHIND_A_CONFIRMATION:
        page.goto(portal + reverse(name))
        found[name] = faults(page)
        if name == "mfa_activate_totp":
            TOTP.activate(isla, "JBSWY3DPEHPK3PXP")

    assert found == {name: [] for name in BEHIND_A_CONFIRMATION}


def test_errors_are_fit_for_everybody_and_lead_to_their_fields(portal, page, db):
    sign_in(page, portal, "nobody@example.com", "wrong")
    signing_in = faults(page)
    page.goto(f"{portal}/nothing/here/")
    missing = faults(page)
    page.goto(portal + reverse("invitation", args=["made-up"]))
    refused = faults(page)

    assert (signing_in, missing, refused) == ([], [], [])


def test_signing_in_by_keyboard_alone(portal, page, isla):
    page.goto(portal + reverse("account_login"))

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(isla.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/cases/$"))


def test_signing_in_without_script(portal, browser, isla):
    with visit_as(browser, portal, java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, portal, isla.email)
        page.goto(portal + reverse("preferences"))

        expect(page.get_by_role("heading", name="Profile and time zone")).to_be_visible()


def test_the_theme_changes_at_once_and_without_script(portal, browser, isla):
    for script in (True, False):
        with visit_as(browser, portal, isla, java_script_enabled=script, color_scheme="light") as context:
            page = context.new_page()
            page.goto(portal + reverse("preferences"))
            page.locator("main").get_by_role("button", name="Night").click()

            expect(page.locator("html")).to_have_attribute("data-theme", "dark")
            page.reload()
            expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_account_menu_signs_out(portal, browser, isla):
    with visit_as(browser, portal, isla) as context:
        page = context.new_page()
        page.goto(portal + reverse("preferences"))
        page.get_by_role("button", name="Isla Reid: account and theme").click()
        page.get_by_role("button", name="Sign out").click()

        expect(page).to_have_url(portal + reverse("account_login"))
        expect(page.get_by_role("status")).to_contain_text("You are signed out.")


def test_a_newcomer_gets_in_with_the_mailed_link_alone(portal, page, administrator, emea_center):
    invitations.invite(
        "jo@example.com",
        "Jo Park",
        by=administrator,
        at=timezone.now(),
        staff_role=StaffRole.SUPPORT_ENGINEER,
        center=emea_center,
    )
    page.goto(re.search(r"https?://\S+/invitations/\S+", Letter.objects.get().body).group())
    offered = faults(page)
    page.get_by_label("Password").fill("a quiet morning in march")
    page.get_by_label("Time zone").select_option("Europe/London")
    page.get_by_role("button", name="Make my account").click()
    sign_in(page, portal, "jo@example.com", "a quiet morning in march")

    expect(page).to_have_url(re.compile("/desk/$"))
    assert offered == []


def test_an_app_as_second_factor_from_setting_it_up_to_signing_in(portal, page, complaints, lena, settings):
    settings.STAFF_MFA_REQUIRED = True
    sign_in(page, portal, lena.email)
    expect(page.get_by_text("Staff need a second factor before anything else.")).to_be_visible()
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("main code").inner_text()
    page.get_by_label("Code").fill(current_code(secret))
    page.get_by_role("button", name="Set up the app").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()

    sign_in(page, portal, lena.email)
    asked = faults(page)
    page.get_by_label("Code").fill(current_code(secret))
    page.get_by_role("button", name="Sign in").click()

    assert asked == []
    expect(page).to_have_url(re.compile("/desk/$"))
    assert complaints == []


def test_a_passkey_as_second_factor_from_adding_it_to_signing_in(portal, page, complaints, lena, settings):
    settings.STAFF_MFA_REQUIRED = settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**key, "automaticPresenceSimulation": True}})
    sign_in(page, portal, lena.email)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()

    sign_in(page, portal, lena.email)
    page.get_by_role("button", name="Use a passkey").click()

    expect(page).to_have_url(re.compile("/desk/$"))
    assert Authenticator.objects.filter(user=lena, type=Authenticator.Type.WEBAUTHN).count() == 1
    assert complaints == []
