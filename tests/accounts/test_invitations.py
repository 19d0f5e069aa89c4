"""The only way to an account: somebody invites, and the owner of the address answers the mail."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import addresses, invitations
from accounts.enums import ContactRole, LinuxFlavor, StaffRole
from accounts.models import Contact, Invitation, Letter, StaffProfile, User
from accounts.refusal import Refusal
from supportportal.logs import JsonLines, PlainLines
from tests.cast import contact_of, fresh

NOW = timezone.now()
PASSWORD = "a quiet morning in march"
TECHNICAL = [ContactRole.TECHNICAL]


def mailed_token(invitation: Invitation) -> str:
    body = Letter.objects.filter(to=invitation.email).latest("pk").body
    return re.search(r"/invitations/(\S+)/", body).group(1)


@pytest.fixture
def invitation(administrator, aberdeen) -> Invitation:
    """Of a newcomer to Aberdeen."""
    return invitations.invite(
        "Eilidh@Example.com", "Eilidh Ross", by=administrator, at=NOW, organization=aberdeen, contact_roles=TECHNICAL
    )


@pytest.mark.clause("C-CON-01")
def test_an_accepted_invitation_makes_a_contact_with_a_proven_address(invitation, aberdeen, administrator):
    user = invitations.accept(mailed_token(invitation), at=NOW, password=PASSWORD, zone="Europe/London")

    contact = contact_of(user, aberdeen)
    assert (user.email, user.name, user.zone) == ("eilidh@example.com", "Eilidh Ross", "Europe/London")
    assert (contact.roles, contact.sees, contact.granted_by) == (["technical"], "all", administrator)
    assert EmailAddress.objects.filter(user=user, email=user.email, verified=True, primary=True).exists()
    assert Invitation.objects.get().accepted_by == user


@pytest.mark.clause("C-STF-02")
def test_staff_are_invited_with_role_center_and_manager(administrator, emea_center, support_manager):
    invitation = invitations.invite(
        "jo@example.com",
        "Jo Park",
        by=administrator,
        at=NOW,
        staff_role=StaffRole.SUPPORT_ENGINEER,
        center=emea_center,
        manager=support_manager,
    )

    user = invitations.accept(mailed_token(invitation), at=NOW, password=PASSWORD)

    assert user.staff_role is StaffRole.SUPPORT_ENGINEER
    assert (user.profile.center, user.profile.manager) == (emea_center, support_manager)
    assert not user.is_staff


def test_the_token_stands_in_the_mail_alone(invitation):
    token = mailed_token(invitation)

    assert len(token) >= 40
    assert token not in str(Invitation.objects.values())


def test_a_link_works_once(invitation):
    token = mailed_token(invitation)
    invitations.accept(token, at=NOW, password=PASSWORD)

    with pytest.raises(Refusal, match="invitation_accepted"):
        invitations.accept(token, at=NOW, password=PASSWORD)


def test_a_link_works_until_just_before_seven_days_have_passed(invitation):
    token = mailed_token(invitation)

    assert invitations.find(token, at=NOW + timedelta(days=7, microseconds=-1)) == invitation
    with pytest.raises(Refusal, match="invitation_expired"):
        invitations.accept(token, at=NOW + timedelta(days=7), password=PASSWORD)
    assert not User.objects.filter(email=invitation.email).exists()


def test_a_revoked_link_opens_nothing(invitation, administrator):
    token = mailed_token(invitation)

    invitations.revoke(invitation, by=administrator, at=NOW)

    with pytest.raises(Refusal, match="invitation_revoked"):
        invitations.accept(token, at=NOW, password=PASSWORD)


def test_sending_again_replaces_the_link(invitation, administrator):
    old = mailed_token(invitation)

    again = invitations.send_again(invitation, by=administrator, at=NOW)

    assert (again.email, again.organization, again.contact_roles) == (
        invitation.email,
        invitation.organization,
        invitation.contact_roles,
    )
    assert invitations.find(mailed_token(again), at=NOW) == again
    with pytest.raises(Refusal, match="invitation_revoked"):
        invitations.find(old, at=NOW)


@pytest.mark.parametrize("name", ["engineer", "customer_service", "support_manager", "technical_contact"])
def test_only_administrators_invite(request, name, aberdeen):
    with pytest.raises(PermissionDenied):
        invitations.invite(
            "new@example.com",
            "New Person",
            by=request.getfixturevalue(name),
            at=NOW,
            organization=aberdeen,
            contact_roles=TECHNICAL,
        )
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"contact_roles": TECHNICAL}, "one_side"),
        ({"staff_role": StaffRole.ENGINEERING, "to_aberdeen": True}, "one_side"),
        ({"to_aberdeen": True}, "role_missing"),
        ({"to_aberdeen": True, "contact_roles": [ContactRole.THIRD_PARTY, ContactRole.RENEWAL]}, "third_party_alone"),
    ],
    ids=["neither side", "both sides", "no role", "third party with another role"],
)
def test_an_invitation_is_to_one_side_and_says_as_what(administrator, aberdeen, arguments, code):
    organization = aberdeen if arguments.pop("to_aberdeen", False) else None

    with pytest.raises(Refusal, match=code):
        invitations.invite(
            "new@example.com", "New Person", by=administrator, at=NOW, organization=organization, **arguments
        )


def test_nobody_is_invited_to_where_they_are(administrator, aberdeen, technical_contact, engineer):
    for person, code in ((technical_contact, "is_contact"), (engineer, "is_staff")):
        with pytest.raises(Refusal, match=code):
            invitations.invite(
                person.email, person.name, by=administrator, at=NOW, organization=aberdeen, contact_roles=TECHNICAL
            )


@pytest.mark.clause("C-PAR-01")
def test_a_third_party_accepts_a_second_customer_with_the_account_it_has(administrator, new_york, third_party):
    invitation = invitations.invite(
        third_party.email,
        third_party.name,
        by=administrator,
        at=NOW,
        organization=new_york,
        contact_roles=[ContactRole.THIRD_PARTY],
    )
    password = third_party.password

    user = invitations.accept(mailed_token(invitation), at=NOW, by=third_party)

    assert user == third_party
    assert fresh(user).password == password
    assert contact_of(user, new_york).roles == ["third_party"]
    assert new_york.pk not in fresh(user).standings  # not before New York accepts liability


def test_a_stolen_link_does_not_change_the_account_of_its_owner(administrator, new_york, third_party, stranger):
    invitation = invitations.invite(
        third_party.email,
        third_party.name,
        by=administrator,
        at=NOW,
        organization=new_york,
        contact_roles=[ContactRole.THIRD_PARTY],
    )
    token = mailed_token(invitation)

    for thief in (None, stranger):
        with pytest.raises(Refusal, match="not_yours"):
            invitations.accept(token, at=NOW, by=thief, password=PASSWORD)
    assert fresh(third_party).password == third_party.password
    assert not Contact.objects.filter(organization=new_york).exists()


# The page


ACCEPTANCE = reverse("accept_invitation")


def page_of(invitation: Invitation) -> str:
    return reverse("invitation", args=[mailed_token(invitation)])


def test_an_opened_link_takes_its_token_out_of_the_address(client, invitation):
    opened = client.get(page_of(invitation))
    page = client.get(opened["Location"])

    assert (opened.status_code, opened["Location"]) == (302, "/invitations/")
    assert mailed_token(invitation) not in page.content.decode()


def test_what_is_posted_to_a_mailed_link_leaves_no_token_in_the_log(invitation, caplog):
    Client(enforce_csrf_checks=True).post(page_of(invitation), {"password": PASSWORD})

    lines = [lines.format(record) for record in caplog.records for lines in (JsonLines(), PlainLines())]
    assert ["Forbidden (CSRF cookie not set.): /invitations/[token]/" in line for line in lines] == [True, True]
    assert mailed_token(invitation) not in str(lines)


def test_a_newcomer_chooses_a_password_and_a_zone_and_can_sign_in(client, invitation):
    page = client.get(page_of(invitation), follow=True)
    done = client.post(ACCEPTANCE, {"password": PASSWORD, "zone": "Europe/London"})
    client.post(reverse("account_login"), {"login": invitation.email, "password": PASSWORD})

    assert "Welcome, Eilidh Ross" in page.content.decode()
    assert "Technical contact of Granite Harbor Energy" in page.content.decode()
    assert (done.status_code, done["Location"]) == (302, reverse("account_login"))
    assert client.get(reverse("preferences")).status_code == 200
    assert client.get(ACCEPTANCE).status_code == 410


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"password": "short", "zone": "Europe/London"}, "too short"),
        ({"password": "eilidh@example.com", "zone": "Europe/London"}, "too similar"),
        ({"password": PASSWORD, "zone": "Mars/Olympus"}, "Select a valid choice"),
        ({}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(client, invitation, typed, complaint):
    client.get(page_of(invitation))
    response = client.post(ACCEPTANCE, typed)

    assert response.status_code == 422
    assert complaint in response.content.decode()
    assert 'aria-invalid="true"' in response.content.decode()
    assert not User.objects.filter(email=invitation.email).exists()


def test_a_link_that_opens_nothing_says_why_and_tells_nobody_who_was_invited(client, invitation, administrator):
    address = page_of(invitation)
    invitations.revoke(invitation, by=administrator, at=NOW)

    revoked, unknown = client.get(address), client.get(reverse("invitation", args=["made-up"]))

    assert revoked.status_code == unknown.status_code == 410
    assert "withdrawn or replaced" in revoked.content.decode()
    assert "does not belong to an invitation" in unknown.content.decode()
    for response in (revoked, unknown):
        assert invitation.name not in response.content.decode()
        assert invitation.email not in response.content.decode()


def test_the_owner_of_an_account_signs_in_first(client, administrator, new_york, third_party):
    invitation = invitations.invite(
        third_party.email,
        third_party.name,
        by=administrator,
        at=NOW,
        organization=new_york,
        contact_roles=[ContactRole.THIRD_PARTY],
    )
    address = page_of(invitation)

    asked = client.get(address, follow=True).content.decode()
    addresses.mark_verified(third_party)
    client.post(reverse("account_login"), {"login": third_party.email, "password": "correct horse battery"})
    offered = client.get(ACCEPTANCE).content.decode()
    client.post(ACCEPTANCE)

    assert "This address has an account already" in asked
    assert "Accept the invitation" in offered
    assert Contact.objects.filter(user=third_party, organization=new_york).exists()


def test_somebody_else_who_is_signed_in_is_asked_to_sign_out(client, invitation, stranger):
    client.force_login(stranger)

    page = client.get(page_of(invitation), follow=True)
    posted = client.post(ACCEPTANCE, {"password": PASSWORD, "zone": "UTC"})

    assert "You are signed in as Nils Nobody" in page.content.decode()
    assert posted.status_code == 410
    assert not User.objects.filter(email=invitation.email).exists()


# The ways to invite


def test_the_machine_itself_invites_the_first_administrator(db):
    call_command("invite", "root@example.com", "Robin Root", "--staff", "admin", stdout=(told := StringIO()))

    assert "invited as Administrator" in told.getvalue()
    assert "/invitations/" not in told.getvalue()
    assert Invitation.objects.get().invited_by is None


def test_the_link_is_shown_where_no_mail_leaves_yet(client, db):
    arguments = ["invite", "root@example.com", "Robin Root", "--staff", "admin", "--show-link"]
    call_command(*arguments, stdout=(told := StringIO()))
    token = mailed_token(Invitation.objects.get())

    invitations.accept(token, at=timezone.now(), password=PASSWORD)
    client.force_login(User.objects.get(email="root@example.com"))

    assert f"/invitations/{token}/" in told.getvalue()
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_superuser_of_djangos_kind_is_not_made(db):
    with pytest.raises(CommandError, match=r'manage.py invite you@example.com "Name" --staff admin'):
        call_command("createsuperuser", email="root@example.com", name="Robin", interactive=False)

    assert not User.objects.exists()


def test_the_command_says_what_is_wrong(aberdeen):
    with pytest.raises(CommandError, match="Name at least one role"):
        call_command("invite", "a@example.com", "A", "--org", aberdeen.org_id)
    with pytest.raises(CommandError, match="does not exist"):
        call_command("invite", "a@example.com", "A", "--org", "ORG-0", "--role", "technical")


def test_an_administrator_invites_in_the_back_office(client, administrator, aberdeen):
    client.force_login(administrator)

    refused = client.post(
        reverse("admin:accounts_invitation_add"),
        {"email": "eilidh@example.com", "name": "Eilidh Ross", "sees": "all", "staff_role": ""},
    )
    client.post(
        reverse("admin:accounts_invitation_add"),
        {
            "email": "eilidh@example.com",
            "name": "Eilidh Ross",
            "organization": aberdeen.pk,
            "contact_roles": ["technical", "renewal"],
            "sees": "all",
            "staff_role": "",
        },
    )

    assert "either as a contact of an organization or as staff" in refused.content.decode()
    assert [(i.email, i.invited_by, i.contact_roles) for i in Invitation.objects.all()] == [
        ("eilidh@example.com", administrator, ["technical", "renewal"])
    ]


def test_the_back_office_revokes_and_sends_again(client, administrator, invitation):
    client.force_login(administrator)
    url = reverse("admin:accounts_invitation_changelist")

    client.post(url, {"action": "send_again", "_selected_action": [invitation.pk]})
    newest = Invitation.objects.latest("pk")
    client.post(url, {"action": "revoke", "_selected_action": [newest.pk]})

    assert newest.pk != invitation.pk
    assert not Invitation.objects.pending().exists()


# The back office


def test_strangers_of_the_back_office_sign_in_to_the_portal(client, db):
    assert client.get("/admin/", follow=True).redirect_chain[-1] == (f"{reverse('account_login')}?next=/admin/", 302)


@pytest.mark.parametrize("name", ["engineer", "support_manager", "technical_contact"])
def test_only_administrators_enter_the_back_office(client, request, name):
    user = request.getfixturevalue(name)
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    client.force_login(fresh(user))

    assert client.get("/admin/", follow=True).status_code == 403


def test_every_page_of_the_back_office_opens_and_none_of_them_keeps_cases(client, administrator, aberdeen, engineer):
    client.force_login(administrator)
    lists = set(re.findall(r'href="(/admin/[a-z]+/[a-z]+/)"', client.get("/admin/").content.decode()))

    answers = {path: client.get(path).status_code for path in lists}
    answers |= {f"{path}add/": client.get(f"{path}add/").status_code for path in lists}

    assert set(answers.values()) == {200}
    assert {path.split("/")[2] for path in lists} == {"accounts", "entitlements"}
    assert len(lists) == 15


@pytest.mark.clause("C-STF-08")
def test_flavors_of_linux_are_ticked_in_the_back_office_and_kept_among_the_skills(client, administrator, engineer):
    StaffProfile.objects.filter(user=engineer).update(skills=["hypervisor", LinuxFlavor.SUSE])
    client.force_login(administrator)
    url = reverse("admin:accounts_staffprofile_change", args=[engineer.staff.pk])
    form = client.get(url).context["adminform"].form
    before = (form["skills"].value(), form["flavors"].value())

    filled = {
        "user": engineer.pk,
        "role": "support_engineer",
        "manager": "",
        "center": "",
        "skills": "hypervisor,backup",
    }
    answer = client.post(url, filled | {"flavors": ["linux:debian", "linux:redhat"]})

    assert before == ("hypervisor", ["linux:suse"])
    assert answer.status_code == 302
    assert StaffProfile.objects.get(user=engineer).skills == ["hypervisor", "backup", "linux:debian", "linux:redhat"]


@pytest.mark.clause("C-STF-08")
def test_a_linux_off_the_list_is_refused_in_the_back_office(client, administrator, engineer):
    client.force_login(administrator)
    url = reverse("admin:accounts_staffprofile_change", args=[engineer.staff.pk])

    answer = client.post(url, {"user": engineer.pk, "role": "support_engineer", "skills": "", "flavors": ["linux:x"]})

    assert list(answer.context["adminform"].form.errors) == ["flavors"]


def test_a_person_made_in_the_back_office_has_no_password(client, administrator):
    client.force_login(administrator)

    client.post(reverse("admin:accounts_user_add"), {"email": "Kit@Example.com", "name": "Kit Dunn", "zone": "UTC"})

    assert not User.objects.get(email="kit@example.com").has_usable_password()


def test_a_lost_telephone_is_helped_with_in_the_back_office(client, administrator, engineer):
    TOTP.activate(engineer, "JBSWY3DPEHPK3PXP")
    lost = Client()
    lost.force_login(engineer)
    client.force_login(administrator)

    client.post(
        reverse("admin:accounts_user_changelist"),
        {"action": "reset_second_factor", "_selected_action": [engineer.pk]},
    )

    assert not engineer.authenticator_set.exists()
