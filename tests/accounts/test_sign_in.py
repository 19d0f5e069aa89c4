"""Signing in: with a proven address, a password and, for staff, a second factor."""

import re
import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time

from accounts import addresses, letters
from accounts.enums import MailState
from accounts.models import Letter
from accounts.tasks import tidy_up
from tests.cast import fresh
from web.account.sessions import key_of

PASSWORD = "correct horse battery"
NEW_PASSWORD = "a saddle for the horse"
LOGIN, RESET = reverse("account_login"), reverse("account_reset_password")


@pytest.fixture
def isla(technical_contact):
    """A customer whose address is proven."""
    addresses.mark_verified(technical_contact)
    return technical_contact


@pytest.fixture
def lena(engineer):
    """An engineer whose address is proven."""
    addresses.mark_verified(engineer)
    return engineer


def sign_in(client: Client, email: str, password: str = PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("preferences")).status_code == 200


def told(response) -> str:
    """What the page says, without what differs from visit to visit."""
    return re.sub(r'value="[^"]*"|nonce-\S+', "", response.content.decode())


def current_code(secret: str, ago: int = 0) -> str:
    """What the app shows now, or showed so many half minutes ago."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - ago))


def set_up_app(user) -> str:
    """Give the user an authenticator app; its secret."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    return secret


def test_a_contact_signs_in_with_address_and_password(client, isla):
    response = sign_in(client, isla.email.upper())

    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(client, isla):
    wrong = sign_in(client, isla.email, "wrong")
    unknown = sign_in(client, "nobody@example.com", "wrong")

    assert wrong.status_code == unknown.status_code == 200
    assert "Address and password do not fit together" in told(wrong)
    assert told(wrong) == told(unknown)


def test_an_unproven_address_is_asked_to_answer_a_mail_first(client, technical_contact):
    response = sign_in(client, technical_contact.email)

    assert response["Location"] == reverse("account_email_verification_sent")
    assert not is_signed_in(client)
    assert Letter.objects.get().subject == "Confirm your e-mail address"


def test_answering_the_mail_proves_the_address(client, technical_contact, settings):
    sign_in(client, technical_contact.email)
    link = re.search(r"\S+/confirm-email/\S+", Letter.objects.get().body).group()

    page = client.get(link.removeprefix(settings.PORTAL_URL))
    client.post(link.removeprefix(settings.PORTAL_URL))

    assert "Is this your address?" in page.content.decode()
    assert EmailAddress.objects.get(user=technical_contact).verified
    assert sign_in(client, technical_contact.email)["Location"] == "/"


def test_nobody_signs_up(client, db):
    page = client.get(reverse("account_signup"))
    posted = client.post(
        reverse("account_signup"), {"email": "new@example.com", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    )

    assert "Accounts are made by invitation" in page.content.decode()
    assert "Accounts are made by invitation" in posted.content.decode()
    assert not Letter.objects.exists()


def test_a_switched_off_account_does_not_sign_in(client, isla):
    isla.is_active = False
    isla.save()

    assert sign_in(client, isla.email)["Location"] == reverse("account_inactive")
    assert not is_signed_in(client)


def test_a_switched_off_account_is_out_at_its_next_request(client, isla):
    sign_in(client, isla.email)
    isla.is_active = False
    isla.save()

    assert not is_signed_in(client)


@pytest.mark.clause("C-PAR-06", "C-CON-06")
def test_a_contact_who_was_removed_stands_for_nobody_at_the_next_request(client, isla, aberdeen):
    sign_in(client, isla.email)
    before = client.get(reverse("preferences")).content.decode()
    isla.contacts.update(ends_at=timezone.now())

    after = client.get(reverse("preferences")).content.decode()

    assert f"Technical contact, {aberdeen}" in before
    assert "No organization" in after


def test_after_five_wrong_passwords_the_right_one_has_to_wait_too(client, isla):
    for _ in range(5):
        sign_in(client, isla.email, "wrong")

    response = sign_in(client, isla.email)

    assert "Too many attempts" in told(response)
    assert not is_signed_in(client)


def test_attempts_are_limited_for_addresses_that_nobody_has_alike(client, db):
    for _ in range(5):
        sign_in(client, "nobody@example.com", "wrong")

    assert "Too many attempts" in told(sign_in(client, "nobody@example.com", "wrong"))


def test_a_flood_of_visits_gets_a_page_that_says_wait(client, isla):
    answers = [sign_in(client, f"somebody{number}@example.com", "wrong") for number in range(31)]

    assert answers[-1].status_code == 429
    assert "Wait some minutes" in told(answers[-1])


# A forgotten password


def test_a_reset_answers_the_same_for_known_and_unknown_addresses(client, isla):
    known = client.post(RESET, {"email": isla.email}, follow=True)
    unknown = client.post(RESET, {"email": "nobody@example.com"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain == [(reverse("account_reset_password_done"), 302)]
    assert told(known) == told(unknown)
    assert list(Letter.objects.values_list("to", flat=True)) == [isla.email]


def test_no_page_waits_for_the_mail_server(client, isla, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1

    response = client.post(RESET, {"email": isla.email})

    assert response.status_code == 302


def test_a_mailed_link_sets_a_new_password_once(client, isla, settings):
    client.post(RESET, {"email": isla.email}, headers={"host": "localhost"})
    link = re.search(r"\S+/reset/key/\S+", Letter.objects.get().body).group()
    form = client.get(link.removeprefix(settings.PORTAL_URL), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    again = Client().get(link.removeprefix(settings.PORTAL_URL), follow=True)

    assert link.startswith(settings.PORTAL_URL)
    assert fresh(isla).check_password(NEW_PASSWORD)
    assert "This link does not work any more" in again.content.decode()
    assert Letter.objects.last().subject == "Your password was changed"


def test_a_new_password_ends_every_session(client, isla):
    elsewhere = Client()
    for one in (client, elsewhere):
        sign_in(one, isla.email)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


# Another address


def change_address(client: Client, email: str) -> str:
    """What is told to somebody signed in who asks for `email`, with the address itself left out."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    response = client.post(reverse("account_email"), {"email": email, "action_add": ""}, follow=True)
    return told(response).replace(email, "the address")


def test_a_change_of_address_answers_the_same_for_known_and_unknown_addresses(client, isla, tokyo_contact):
    addresses.mark_verified(tokyo_contact)
    sign_in(client, isla.email)

    known = change_address(client, tokyo_contact.email)
    unknown = change_address(client, "nobody@example.com")

    assert "A mail is on its way to the address" in known
    assert known == unknown
    assert list(Letter.objects.values_list("to", "subject")) == [
        (tokyo_contact.email, "Confirm your e-mail address"),
        ("nobody@example.com", "Confirm your e-mail address"),
    ]


def test_an_address_stays_with_its_owner_whatever_somebody_else_asks_for(client, isla, tokyo_contact, settings):
    addresses.mark_verified(tokyo_contact)
    sign_in(client, isla.email)
    change_address(client, tokyo_contact.email)
    link = re.search(r"\S+/confirm-email/\S+", Letter.objects.get().body).group()

    Client().post(link.removeprefix(settings.PORTAL_URL))
    client.post(link.removeprefix(settings.PORTAL_URL))
    owner = Client()
    sign_in(owner, tokyo_contact.email)

    assert [fresh(isla).email, fresh(tokyo_contact).email] == [isla.email, tokyo_contact.email]
    assert EmailAddress.objects.get(email=tokyo_contact.email, verified=True).user == tokyo_contact
    assert owner.get(reverse("preferences")).context["user"] == tokyo_contact


# Sessions


def test_a_session_elsewhere_can_be_ended(client, isla):
    elsewhere = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    sign_in(client, isla.email)
    sign_in(elsewhere, isla.email)
    other = UserSession.objects.get(session_key=elsewhere.session.session_key)

    page = client.get(reverse("usersessions_list")).content.decode()
    (address,) = re.findall(r'action="(/preferences/sessions/[^"]+)"', page)
    client.post(address)

    assert "Firefox on Windows" in page
    assert str(other.pk) not in address.split("/")
    assert other.session_key not in page
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


def test_nobody_ends_the_session_of_somebody_else(client, isla, tokyo_contact):
    addresses.mark_verified(tokyo_contact)
    theirs = Client()
    sign_in(theirs, tokyo_contact.email)
    sign_in(client, isla.email)
    session = UserSession.objects.get(user=tokyo_contact)

    answers = [client.post(reverse("end_session", args=[key])) for key in (key_of(session), session.pk, "nonsense")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert is_signed_in(theirs)


# The second factor


def test_staff_set_up_a_second_factor_before_anything_else(client, lena, settings):
    settings.STAFF_MFA_REQUIRED = True
    sign_in(client, lena.email)

    for path in (reverse("preferences"), reverse("admin:index"), reverse("usersessions_list"), RESET):
        assert client.get(path)["Location"] == reverse("mfa_index")
    assert "Staff need a second factor" in client.get(reverse("mfa_index")).content.decode()


def test_staff_who_set_up_an_app_are_let_in(client, lena, settings):
    settings.STAFF_MFA_REQUIRED = True
    sign_in(client, lena.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret

    client.post(reverse("mfa_activate_totp"), {"code": current_code(secret)})

    assert is_signed_in(client)
    assert Authenticator.objects.filter(user=lena).count() == 2  # the app, and recovery codes


def test_whoever_has_a_second_factor_cannot_sign_in_without_it(client, isla):
    secret = set_up_app(isla)

    response = sign_in(client, isla.email)
    signed_in_early = is_signed_in(client)
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"code": current_code(secret)})

    assert response["Location"] == reverse("mfa_authenticate")
    assert not signed_in_early
    assert "This code is not right" in wrong.content.decode()
    assert is_signed_in(client)


def test_a_session_with_a_second_factor_asks_the_database_no_more(
    client, lena, settings, django_assert_max_num_queries
):
    settings.STAFF_MFA_REQUIRED = True
    secret = set_up_app(lena)
    sign_in(client, lena.email)
    client.post(reverse("mfa_authenticate"), {"code": current_code(secret)})

    with django_assert_max_num_queries(5) as queries:  # session, user, profile; shifts and unread of the bar
        client.get(reverse("account_security"))

    assert not any("mfa_authenticator" in query["sql"] for query in queries)


@pytest.mark.parametrize(("ago", "accepted"), [(0, True), (1, True), (2, False)])
def test_a_code_typed_at_the_turn_of_a_half_minute_is_good_and_an_older_one_is_not(client, lena, ago, accepted):
    secret = set_up_app(lena)

    with freeze_time("2026-03-02 12:00:10"):
        sign_in(client, lena.email)
        client.post(reverse("mfa_authenticate"), {"code": current_code(secret, ago)})

        assert is_signed_in(client) is accepted


def test_staff_keep_their_last_second_factor(client, lena, settings):
    settings.STAFF_MFA_REQUIRED = True
    secret = set_up_app(lena)
    sign_in(client, lena.email)
    client.post(reverse("mfa_authenticate"), {"code": current_code(secret)})

    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    response = client.post(reverse("mfa_deactivate_totp"))

    assert "Staff need a second factor" in response.content.decode()
    assert Authenticator.objects.filter(user=lena, type=Authenticator.Type.TOTP).exists()


def test_where_it_is_not_demanded_staff_are_told_so(client, lena):
    sign_in(client, lena.email)

    page = client.get(reverse("preferences"))

    assert "Staff sign in without a second factor on this machine." in page.content.decode()


def test_customers_may_do_without(client, isla, settings):
    settings.STAFF_MFA_REQUIRED = True
    sign_in(client, isla.email)

    assert is_signed_in(client)


def test_the_secret_of_an_app_is_kept_encrypted(isla):
    secret = set_up_app(isla)

    kept = Authenticator.objects.get(user=isla).data["secret"]

    assert secret not in kept
    assert Authenticator.objects.get(user=isla).wrap().validate_code(current_code(secret))


def test_old_letters_and_expired_sessions_go_away_in_the_night(client, isla, settings):
    (nightly,) = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == tidy_up.name]
    today = timezone.now()
    for days, sent in ((31, True), (29, True), (31, False)):
        letter = letters.write("isla@example.com", f"{days} days ago", "", at=today - timedelta(days=days))
        if sent:
            letter.settle(MailState.SENT, sent_at=letter.created_at)
    sign_in(client, isla.email)
    Session.objects.create(session_key="expired", session_data="", expire_date=today - timedelta(seconds=1))

    tidy_up()

    assert nightly["schedule"].hour == {3}
    assert [(one.subject, bool(one.sent_at)) for one in Letter.objects.order_by("pk")] == [
        ("29 days ago", True),
        ("31 days ago", False),
    ]
    assert is_signed_in(client)
    assert not Session.objects.filter(session_key="expired").exists()
