"""A new case: what is offered, what is promised before it is sent, and what a form may never do."""

from datetime import date
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.enums import ContactRole
from accounts.models import Contact, Organization
from cases.enums import EventKind, Severity
from cases.models import Attachment, Case
from entitlements.models import Entitlement, Product
from tests.cast import NOON, PHONE, kinds
from tests.web.conftest import hidden_fields

pytestmark = pytest.mark.usefixtures("at_one")

NEW = "/cases/new/"


@pytest.fixture
def form(aberdeen, product):
    """A form filled in as it should be; each test changes what it is about."""

    def make(**changes):
        filled = {
            "organization": aberdeen.org_id,
            "subject": "Backup pauses virtual machines",
            "severity": "3",
            "product": product.code,
            "version": "8.4",
            "case_type": "problem",
            "phone": PHONE,
            "description": "Since Monday each backup pauses host gh-07.",
            "submission": str(uuid4()),
        }
        return {name: value for name, value in (filled | changes).items() if value is not None}

    return make


def files_in_store() -> list[str]:
    if not default_storage.exists("attachments"):
        return []
    folders, _ = default_storage.listdir("attachments")
    return [name for folder in folders for name in default_storage.listdir(f"attachments/{folder}")[1]]


def errors(response) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in response.context["form"].errors.items()}


@pytest.mark.clause("C-LIF-01", "C-CHN-01", "C-CHN-02", "C-CHN-03")
def test_a_technical_contact_opens_a_case(browse, technical_contact, form):
    response = browse(technical_contact).post(NEW, form(), follow=True)

    case = Case.objects.get()
    assert response.redirect_chain == [(case.get_absolute_url(), 302)]
    assert f"Case {case.number} is open." in response.content.decode()
    assert (case.subject, case.severity, case.product_version) == ("Backup pauses virtual machines", 3, "8.4")
    assert case.opened_by == technical_contact
    assert kinds(case) == [EventKind.RECEIVED]


@pytest.mark.clause("C-STF-08")
@pytest.mark.parametrize(("chosen", "shown"), [("linux:suse", "SUSE"), ("", None), (None, None)])
def test_a_customer_may_say_which_linux_is_affected(browse, technical_contact, form, chosen, shown):
    page = browse(technical_contact).post(NEW, form(linux_flavor=chosen), follow=True)

    assert Case.objects.get().linux_flavor == (chosen or "")
    assert dict(page.context["facts"]).get("Linux") == shown
    assert ("<dd>SUSE</dd>" in page.content.decode()) == bool(shown)


@pytest.mark.clause("C-STF-08")
@pytest.mark.parametrize("chosen", ["hypervisor", "SUSE", "linux:\x00"])
def test_a_linux_off_the_list_is_an_error_at_its_field(browse, technical_contact, form, chosen):
    response = browse(technical_contact).post(NEW, form(linux_flavor=chosen))

    assert errors(response) == {"linux_flavor": ["Choose a Linux of the list."]}
    assert not Case.objects.exists()


def test_a_look_at_the_head_of_the_form_is_no_attempt_to_send_it(browse, technical_contact):
    assert browse(technical_contact).head(NEW).status_code == 200


@pytest.mark.clause("C-LNG-01")
def test_the_form_says_that_support_is_given_in_english(browse, technical_contact):
    assert "Support is given in English." in browse(technical_contact).get(NEW).content.decode()


@pytest.mark.clause("C-SLA-01", "C-SLA-02", "C-SLA-03", "C-SLA-04", "C-COV-02", "C-SEV-02")
def test_every_severity_shows_its_deadline_and_why_before_it_is_sent(browse, technical_contact):
    response = browse(technical_contact).get(NEW)

    page = unescape(response.content.decode())
    # Wednesday 4 March, 13:00 in Aberdeen: five hours of business are left.
    assert {one.severity.value: (one.allowed, one.due.reader) for one in response.context["offer"].answers} == {
        1: ("30 minutes, day and night", "Wed 4 Mar, 13:30 GMT"),
        2: ("2 business hours", "Wed 4 Mar, 15:00 GMT"),
        3: ("8 business hours", "Thu 5 Mar, 11:00 GMT"),
        4: ("8 business hours", "Thu 5 Mar, 11:00 GMT"),
    }
    assert "8 business hours from receipt end on Thursday at 11:00 in Aberdeen" in page
    for severity in Severity:
        assert severity.description in page


def test_the_promise_shown_is_the_promise_kept(browse, technical_contact, form):
    client = browse(technical_contact)
    shown = client.get(NEW).context["offer"].answer(Severity.THREE).explanation.milestone.due_at

    client.post(NEW, form())

    assert Case.objects.get().milestones.get().due_at == shown


@pytest.mark.clause("C-PAR-03")
def test_another_organization_brings_its_own_products_and_deadlines(browse, third_party, tokyo):
    Entitlement.objects.filter(organization=tokyo).delete()
    client = browse(third_party)

    fragment = client.get("/cases/new/offer/", {"organization": tokyo.org_id}).content.decode()

    assert "JST Tokyo" in fragment
    assert 'hx-swap-oob="true"' in fragment
    assert "Covered by your support" not in fragment
    assert "<html" not in fragment


@pytest.mark.clause("C-STF-04", "C-STF-05")
@pytest.mark.parametrize(
    "dates",
    [{"ends_on": date(2026, 3, 3)}, {"starts_on": date(2026, 3, 5)}],
    ids=["expired", "not started"],
)
def test_a_product_without_present_support_says_that_it_is_checked_first(browse, technical_contact, product, dates):
    client = browse(technical_contact)
    covered = client.get("/cases/new/offer/", {"product": product.code}).content.decode()
    Entitlement.objects.filter(product=product).update(**dates)

    unclear = client.get("/cases/new/offer/", {"product": product.code}).content.decode()

    assert "checks your support first" not in covered
    assert "Customer Service checks your support first" in unclear
    assert f"We see no present support for {product.name}." in unclear


def test_what_is_missing_is_asked_for_in_our_words(browse, technical_contact, form):
    missing = dict.fromkeys(("subject", "severity", "product", "case_type", "description"), "")

    response = browse(technical_contact).post(NEW, form(**missing, version="8" * 41))

    assert errors(response) == {
        "subject": ["Say in one sentence what happens."],
        "severity": ["Choose how bad it is."],
        "product": ["Choose a product."],
        "case_type": ["Choose what it is about."],
        "description": ["Please write a few words here."],
        "version": ["Keep the version to 40 characters."],
    }


def test_without_script_a_button_shows_another_organizations_offer_and_keeps_the_text(browse, third_party, form, tokyo):
    filled = form(organization=tokyo.org_id, show="1", tried=["logs"])

    response = browse(third_party).post(NEW, filled)

    page = response.content.decode()
    assert response.status_code == 200
    assert "JST Tokyo" in page
    assert "Since Monday each backup pauses host gh-07." in page
    assert 'value="logs" id="id_tried_0" checked' in page.replace(' class="input"', "")
    assert Case.objects.count() == 0


@pytest.mark.clause("C-PAR-03", "C-PAR-04")
def test_a_third_party_opens_a_case_for_the_organization_it_names(browse, third_party, form, tokyo):
    browse(third_party).post(NEW, form(organization=tokyo.org_id))

    case = Case.objects.get()
    event = case.events.get()
    assert case.organization == tokyo
    assert (event.role, event.acting_for) == ("third_party", tokyo)


@pytest.mark.clause("C-CUS-01")
def test_what_was_tried_goes_with_the_description_and_blocks_nothing(browse, technical_contact, form):
    browse(technical_contact).post(NEW, form(tried=["logs", "updates"]))

    assert Case.objects.get().messages.get().body == (
        "Since Monday each backup pauses host gh-07.\n\n**Already tried**\n\n"
        "- Read the log of the host or service\n- Looked for a newer hotfix or update"
    )


@pytest.mark.clause("C-LIF-02", "C-STF-05")
def test_a_product_whose_support_ended_goes_to_customer_service_rather_than_being_refused(
    browse, technical_contact, form, entitlement
):
    entitlement.ends_on = date(2026, 3, 3)
    entitlement.save()
    client = browse(technical_contact)

    offered = client.get(NEW).content.decode()
    client.post(NEW, form())

    case = Case.objects.get()
    assert "No present support: Customer Service looks into it" in offered
    assert (case.status, case.verdict["outcome"]) == ("received", "unclear")


def test_a_product_that_was_never_bought_is_not_offered_and_the_way_to_customer_service_is(
    browse, technical_contact, form, emea_center
):
    Product.objects.create(code="backup", name="Backup", versions=["3.1"])
    client = browse(technical_contact)

    offered = client.get(NEW).content.decode()
    response = client.post(NEW, form(product="backup"))

    assert "Backup</option>" not in offered
    assert f"Not listed? Call Customer Service: {emea_center.telephone}." in offered
    assert list(errors(response)) == ["product"]


def test_support_that_ended_yesterday_is_not_offered_as_covered(browse, technical_contact, entitlement):
    entitlement.ends_on = date(2026, 3, 3)
    entitlement.save()

    response = browse(technical_contact).get(NEW)

    assert [one.name for one in response.context["offer"].entitled] == []
    assert [one.name for one in response.context["offer"].unclear] == ["Hypervisor"]


@pytest.mark.clause("C-PKG-03", "C-COV-01")
def test_severity_1_needs_a_telephone_number_and_shows_ours(browse, technical_contact, form, emea_center):
    response = browse(technical_contact).post(NEW, form(severity="1", phone=" "))

    assert response.status_code == 422
    assert errors(response) == {"phone": ["Severity 1 needs a telephone number under which we reach you now."]}
    assert emea_center.telephone in response.content.decode()
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": " \n "}, "subject"),
        ({"subject": "x" * 10_000}, "subject"),
        ({"subject": "nul\x00byte"}, "subject"),
        ({"description": ""}, "description"),
        ({"description": "x" * 1_000_000}, "description"),
        ({"description": "nul\x00byte"}, "description"),
        ({"severity": None}, "severity"),
        ({"severity": "0"}, "severity"),
        ({"severity": "5"}, "severity"),
        ({"severity": "high"}, "severity"),
        ({"severity": "1.0"}, "severity"),
        ({"product": ""}, "product"),
        ({"product": "no-such-product"}, "product"),
        ({"case_type": "bribe"}, "case_type"),
        ({"version": "9" * 41}, "version"),
        ({"phone": "1" * 41}, "phone"),
        ({"severity": "1", "phone": "later"}, "phone"),
        ({"organization": "ORG-3001"}, "organization"),
        ({"organization": "1"}, "organization"),
        ({"tried": "hacking"}, "tried"),
    ],
    ids=str,
)
def test_bad_input_gets_a_message_at_its_field_and_keeps_the_text(
    browse, technical_contact, new_york, form, changes, field
):
    response = browse(technical_contact).post(NEW, form(**changes))

    assert response.status_code == 422
    assert list(errors(response)) == [field]
    kept = unescape(response.content.decode())
    assert "subject" in changes or "Backup pauses virtual machines" in kept
    assert "description" in changes or "Since Monday each backup pauses host gh-07." in kept
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202egnp.exe", "javascript:alert(1)", "🧯" * 50],
)
def test_hostile_text_is_kept_as_text(browse, technical_contact, form, text):
    response = browse(technical_contact).post(NEW, form(subject=text, description=text), follow=True)

    page = response.content.decode()
    assert Case.objects.get().subject == text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


@pytest.mark.parametrize("damage", [{"submission": "not-a-uuid"}, {"submission": "x" * 1000}])
def test_a_damaged_hidden_field_is_mended_so_that_the_next_try_succeeds(browse, technical_contact, form, damage):
    client = browse(technical_contact)
    filled = form(**damage)

    response = client.post(NEW, filled)
    client.post(NEW, filled | hidden_fields(response))

    assert response.status_code == 422
    assert "Please look at the form and send it again." in response.content.decode()
    assert Case.objects.count() == 1


def test_a_double_submit_makes_one_case(browse, technical_contact, form):
    client, filled = browse(technical_contact), form()

    first, second = client.post(NEW, filled), client.post(NEW, filled)

    case = Case.objects.get()
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert first["Location"] == case.get_absolute_url()


def test_a_double_submit_leaves_one_file(browse, technical_contact, form):
    client, filled = browse(technical_contact), form()
    before = set(files_in_store())

    for _ in range(2):
        client.post(NEW, filled | {"attachments": SimpleUploadedFile("host.log", b"line")})

    assert Attachment.objects.count() == 1
    assert len(set(files_in_store()) - before) == 1


def test_somebody_elses_submission_id_opens_no_door(browse, technical_contact, third_party, form, tokyo):
    filled = form()
    browse(technical_contact).post(NEW, filled)

    response = browse(third_party).post(NEW, filled | {"organization": tokyo.org_id})

    theirs, own = Case.objects.get(opened_by=technical_contact), Case.objects.get(opened_by=third_party)
    assert response["Location"] == own.get_absolute_url()
    assert own != theirs


@pytest.mark.clause("C-CON-01", "C-CON-06")
@pytest.mark.parametrize("who", ["renewal_contact", "contract_administrator", "stranger", "engineer"])
def test_who_opens_no_cases_is_told_so_kindly(request, browse, form, who):
    client = browse(request.getfixturevalue(who))

    answers = [client.get(NEW), client.post(NEW, form()), client.get("/cases/new/offer/")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "You cannot open a case" in answers[0].content.decode()
    assert Case.objects.count() == 0


@pytest.mark.clause("C-CHN-01")
def test_who_opens_no_cases_learns_whom_to_call(browse, renewal_contact, aberdeen, emea_center):
    page = browse(renewal_contact).get(NEW).content.decode()

    assert f"Customer Service for {aberdeen}:" in page
    assert f">{emea_center.telephone}</a>" in page


@pytest.mark.clause("C-PAR-06")
def test_a_right_that_has_ended_is_gone_at_the_next_request(browse, third_party, form, aberdeen, tokyo):
    client = browse(third_party)
    Contact.objects.filter(user=third_party, organization=aberdeen).update(ends_at=NOON)

    response = client.post(NEW, form(organization=aberdeen.org_id))

    assert response.status_code == 422
    assert list(errors(response)) == ["organization"]
    assert Case.objects.count() == 0


def test_a_form_without_the_csrf_token_changes_nothing(technical_contact, form):
    client = Client(enforce_csrf_checks=True)
    client.force_login(technical_contact)

    assert client.post(NEW, form()).status_code == 403
    assert Case.objects.count() == 0


def test_pages_with_a_customers_data_are_not_stored(browse, technical_contact, open_case):
    client, case = browse(technical_contact), open_case()

    answers = [client.get(address) for address in (NEW, "/cases/", case.get_absolute_url())]

    assert all("no-store" in answer["Cache-Control"] for answer in answers)


def test_a_contact_with_two_hats_must_say_for_whom(browse, third_party, form):
    response = browse(third_party).post(NEW, form(organization=None))

    assert response.status_code == 422
    assert list(errors(response)) == ["organization"]
    assert Organization.objects.filter(cases__isnull=False).count() == 0
    assert ContactRole.THIRD_PARTY in Contact.objects.filter(user=third_party).first().roles
