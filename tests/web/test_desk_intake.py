"""Customer Service: what waits for verification, the evidence on one screen, and cases opened by telephone."""

from datetime import date
from uuid import uuid4

import pytest

from accounts.models import Contact
from cases import operations
from cases.enums import Channel, Severity, Status
from cases.models import Case
from tests.cast import MINUTE, NOON, contact_of, kinds
from tests.web.conftest import LATER, hidden_fields
from tests.web.statements import statements

pytestmark = pytest.mark.usefixtures("at_one")


@pytest.fixture
def lapsed(entitlement):
    """Aberdeen's support ended two days before."""
    entitlement.starts_on, entitlement.ends_on = date(2025, 1, 1), date(2026, 3, 2)
    entitlement.save()
    return entitlement


@pytest.fixture
def desk(browse, customer_service):
    return browse(customer_service)


def send(client, case: Case, noun: str, **data):
    """Send a form of the case as it stands now."""
    known = {"seen": str(Case.objects.get(pk=case.pk).version), "submission": str(uuid4())}
    return client.post(f"{case.get_absolute_url()}{noun}/", known | data)


@pytest.mark.clause("C-LIF-02", "C-STF-05")
def test_intake_holds_what_is_not_verified_also_when_work_has_begun(desk, engineer, case_in):
    slow = case_in(Status.RECEIVED)
    case_in(Status.QUEUED)
    urgent = operations.accept(case_in(Status.RECEIVED, severity=Severity.ONE), by=engineer, at=NOON + MINUTE)

    response = desk.get("/desk/intake/")

    assert [row.number for row in response.context["intake"].rows] == [urgent.number, slow.number]


def test_an_empty_intake_says_what_would_be_there(desk):
    assert "Nothing to verify" in desk.get("/desk/intake/").content.decode()


@pytest.mark.clause("C-STF-05")
def test_the_evidence_stands_on_one_screen(desk, open_case):
    case = open_case(version="7.1")

    page = desk.get(f"{case.get_absolute_url()}entitlement/")

    lines = {line.what: line.mark for line, _, _ in page.context["evidence"]}
    assert lines == {
        "Organization": "agrees",
        "Product": "agrees",
        "Support": "agrees",
        "Contact": "agrees",
        "Version": "look",
        "Telephone": "look",
    }
    assert page.context["tally"] == "4 agree, 2 to look at"
    assert "Granite Harbor Energy is entitled to support" in page.content.decode()


@pytest.mark.clause("C-STF-05", "C-STF-06")
def test_customer_service_verifies_and_the_case_waits_for_an_engineer(desk, open_case):
    case = open_case()

    response = send(desk, case, "entitlement")

    case.refresh_from_db()
    assert response["Location"] == "/desk/intake/"
    assert (case.status, kinds(case)[-1]) == (Status.QUEUED, "entitlement_verified")
    assert "Verified by Tom Okafor" in desk.get(f"{case.get_absolute_url()}entitlement/").content.decode()


@pytest.mark.clause("C-STF-05")
def test_verifying_against_the_check_needs_a_reason_that_is_kept(desk, lapsed, open_case):
    case = open_case()

    without = send(desk, case, "entitlement", override="  ")
    given = send(desk, case, "entitlement", override="Renewal is signed, invoice follows.")

    assert without.status_code == 422
    assert "say why the case is accepted" in without.context["form"].errors["override"][0]
    assert given.status_code == 302
    assert case.events.last().data["override"] == "Renewal is signed, invoice follows."


@pytest.mark.clause("C-CLS-04")
def test_a_refusal_begins_with_words_for_the_customer_and_closes_the_case(desk, lapsed, open_case):
    case = open_case()
    form = desk.get(f"{case.get_absolute_url()}refusal/").context["form"]
    offered = form["reason"].value()

    empty = send(desk, case, "refusal", reason=" ")
    send(desk, case, "refusal", reason=offered)

    case.refresh_from_db()
    assert "No contract covers Hypervisor on 4 Mar 2026." in offered
    assert empty.status_code == 422
    assert (case.status, case.closure_reason, case.resolution) == (Status.CLOSED, "not_entitled", offered.strip())


def test_the_clock_is_held_and_runs_again(desk, open_case):
    case = open_case()

    send(desk, case, "hold", reason="unreachable_contact")
    held = desk.get(f"{case.get_absolute_url()}entitlement/").content.decode()
    send(desk, case, "hold/end")

    assert "End the hold" in held
    assert kinds(case) == ["received", "held", "resumed"]


@pytest.mark.clause("C-STF-02", "C-STF-05")
def test_only_customer_service_and_managers_decide_about_entitlement(cast, browse, open_case):
    case = open_case()

    answers = {
        name: [
            send(browse(user), case, noun, reason="Because.").status_code for noun in ("entitlement", "refusal", "hold")
        ]
        for name, user in cast.staff.items()
        if name not in ("customer_service", "support_manager")
    }

    assert set(map(tuple, answers.values())) == {(403, 403, 403)}
    assert kinds(case) == ["received"]


def test_an_engineer_reads_the_evidence_without_the_form(browse, engineer, open_case):
    page = browse(engineer).get(f"{open_case().get_absolute_url()}entitlement/").content.decode()

    assert "Said and recorded" in page
    assert "Verify and pass on" not in page


def test_what_happened_meanwhile_is_shown_and_the_reason_comes_back(desk, lapsed, open_case, technical_contact):
    case = open_case()
    page = desk.get(f"{case.get_absolute_url()}entitlement/")
    operations.reply_as_customer(case, "Our renewal number is 42.", by=technical_contact, at=LATER)

    stale = desk.post(f"{case.get_absolute_url()}entitlement/", hidden_fields(page) | {"override": "Trusted customer."})

    shown = stale.content.decode()
    assert stale.status_code == 422
    assert "Our renewal number is 42." in shown
    assert "Trusted customer." in shown
    assert send(desk, case, "entitlement", override="Trusted customer.").status_code == 302


def test_a_verification_sent_twice_takes_effect_once(desk, open_case):
    case = open_case()
    form = hidden_fields(desk.get(f"{case.get_absolute_url()}entitlement/"))

    answers = [desk.post(f"{case.get_absolute_url()}entitlement/", form).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert kinds(case) == ["received", "entitlement_verified"]


def test_verification_costs_the_same_for_one_case_and_for_many(desk, open_case):
    case = open_case()
    desk.get(f"{case.get_absolute_url()}entitlement/")
    counted = []
    for _ in range(2):
        counted.append(len(statements(desk, f"{case.get_absolute_url()}entitlement/")))
        for _ in range(9):
            open_case()

    assert counted[0] == counted[1] <= 12


# By telephone


@pytest.fixture
def call(desk, aberdeen, technical_contact, product):
    """Send the form of a call; what is given replaces the usual."""

    def make(client=desk, **given):
        usual = {
            "submission": str(uuid4()),
            "contact": contact_of(technical_contact, aberdeen).pk,
            "received_at": "2026-03-04T12:40",
            "subject": "Hosts fence themselves",
            "severity": "2",
            "product": product.pk,
            "version": "8.4",
            "case_type": "problem",
            "phone": "",
            "description": "The caller sees both paths flap.",
        }
        return client.post("/desk/cases/new/?organization=ORG-1001", usual | given)

    return make


@pytest.mark.clause("C-STF-03")
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ORG-1001", ["Granite Harbor Energy"]),
        ("org-1001", ["Granite Harbor Energy"]),
        ("er", ["Granite Harbor Energy", "Hudson Ledger Bank"]),
        ("marta.puig@EXAMPLE.com", ["Granite Harbor Energy", "Kaede Mobility"]),
        ("nobody@example.com", []),
        ("", []),
        ("nul\x00byte", []),
        ("x" * 3000, []),
    ],
)
def test_one_box_finds_the_organization_of_a_caller(desk, cast, text, names):
    response = desk.get("/desk/cases/new/", {"q": text})

    assert [str(one.organization) for one in response.context["found"]] == names


@pytest.mark.clause("C-CHN-01", "C-STF-03", "C-LIF-01")
def test_a_call_becomes_a_case_received_when_the_call_began(call, customer_service, technical_contact):
    response = call()

    case = Case.objects.get()
    assert response["Location"] == f"{case.get_absolute_url()}entitlement/"
    assert (case.channel, case.opened_by, case.contact.user) == (Channel.PHONE, customer_service, technical_contact)
    assert case.received_at == NOON + 40 * MINUTE
    assert case.clock.started_at == NOON + 40 * MINUTE


@pytest.mark.clause("C-STF-08")
def test_the_linux_that_a_caller_names_stands_among_the_facts(call, browse, engineer):
    call(linux_flavor="linux:redhat")

    case = Case.objects.get()
    page = browse(engineer).get(case.get_absolute_url())
    assert case.linux_flavor == "linux:redhat"
    assert "<dt>Linux</dt><dd>Red Hat family</dd>" in page.content.decode()


def test_the_caller_found_by_address_is_chosen_already(desk, aberdeen, technical_contact):
    page = desk.get("/desk/cases/new/", {"organization": "ORG-1001", "caller": technical_contact.email})

    assert page.context["form"]["contact"].value() == contact_of(technical_contact, aberdeen).pk


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"contact": ""}, "contact"),
        ({"contact": "999999"}, "contact"),
        ({"contact": "x' OR 1=1"}, "contact"),
        ({"received_at": ""}, "received_at"),
        ({"received_at": "yesterday"}, "received_at"),
        ({"received_at": "2026-03-04T13:30"}, "received_at"),
        ({"received_at": "2026-03-02T12:00"}, "received_at"),
        ({"received_at": "0001-01-01T00:00"}, "received_at"),
        ({"severity": ""}, "severity"),
        ({"severity": "5"}, "severity"),
        ({"severity": "1"}, "phone"),
        ({"product": "0"}, "product"),
        ({"linux_flavor": "suse"}, "linux_flavor"),
        ({"subject": "  "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"description": ""}, "description"),
        ({"description": "x" * 200_000}, "description"),
        ({"version": "x" * 41}, "version"),
        ({"case_type": "party"}, "case_type"),
        ({"phone": "1" * 41}, "phone"),
    ],
    ids=repr,
)
def test_what_is_wrong_with_a_call_is_said_next_to_its_field(call, given, field):
    response = call(**given)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Case.objects.exists()
    if "description" not in given:
        assert "The caller sees both paths flap." in response.content.decode()


def test_a_contact_of_another_organization_cannot_be_chosen(call, tokyo, tokyo_contact):
    response = call(contact=contact_of(tokyo_contact, tokyo).pk)

    assert list(response.context["form"].errors) == ["contact"]


def test_a_call_sent_twice_is_one_case(call):
    form = {"submission": str(uuid4())}

    answers = [call(**form)["Location"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert Case.objects.count() == 1


def test_only_customer_service_and_managers_open_cases_for_callers(cast, browse):
    answers = {name: browse(user).get("/desk/cases/new/").status_code for name, user in cast.staff.items()}

    assert {name for name, status in answers.items() if status == 200} == {"customer_service", "support_manager"}
    assert set(answers.values()) == {200, 403}


@pytest.mark.parametrize("org_id", ["ORG-9999", "'", "x"])
def test_an_organization_that_does_not_exist_is_not_found(desk, org_id):
    assert desk.get("/desk/cases/new/", {"organization": org_id}).status_code == 404


def test_an_organization_without_contacts_says_what_is_missing(desk, aberdeen):
    Contact.objects.all().delete()

    assert "has no contact" in desk.get("/desk/cases/new/?organization=ORG-1001").content.decode()


def test_a_refusal_names_the_reason_of_the_check_and_no_other(desk, open_case, aberdeen, technical_contact):
    case = open_case()
    contact = contact_of(technical_contact, aberdeen)
    contact.ends_at = LATER
    contact.save()

    offered = desk.get(f"{case.get_absolute_url()}refusal/").context["form"]["reason"].value()

    assert "The right to act for Granite Harbor Energy has ended." in offered
    assert "contract" not in offered


@pytest.mark.clause("C-CON-01", "C-STF-03")
def test_the_form_of_a_call_tells_apart_who_follows_cases(desk, aberdeen, technical_contact, renewal_contact):
    page = desk.get("/desk/cases/new/", {"organization": "ORG-1001"})

    groups = {name: [text for _, text in people] for name, people in page.context["form"].fields["contact"].choices[1:]}
    assert groups == {
        "Follow cases": ["Isla Reid, Technical contact"],
        "Are told nothing of cases: name a technical contact": ["Fiona Baird, Renewal contact"],
    }


@pytest.mark.clause("C-STF-03")
def test_a_caller_is_found_by_name(desk, aberdeen, technical_contact):
    found = desk.get("/desk/cases/new/", {"q": "isla"}).context["found"]

    assert [(one.organization, one.caller) for one in found] == [(aberdeen, technical_contact)]
