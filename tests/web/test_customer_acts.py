"""What a customer does to a case through its forms."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cases import operations
from cases.enums import Severity, Status
from cases.models import Case
from tests.cast import DAY, MINUTE, NOON, kinds
from tests.web.conftest import hidden_fields

pytestmark = pytest.mark.usefixtures("at_one")


@pytest.fixture
def send(browse, technical_contact):
    """Send a form of a case as the technical contact sees it now; returns the answer."""
    client = browse(technical_contact)

    def make(case: Case, noun: str, **data):
        known = {"seen": str(Case.objects.get(pk=case.pk).version), "submission": str(uuid4())}
        return client.post(f"{case.get_absolute_url()}{noun}/", known | data)

    return make


def last(case: Case) -> str:
    return kinds(case)[-1]


@pytest.mark.clause("C-TRK-01", "C-CUS-02")
def test_a_customer_answers_and_it_is_our_turn_again(send, case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER)

    response = send(case, "messages", body="Here is the log.")

    case.refresh_from_db()
    assert response["Location"] == case.get_absolute_url()
    assert (case.status, last(case)) == (Status.IN_PROGRESS, "customer_replied")
    assert case.messages.last().body == "Here is the log."


@pytest.mark.clause("C-CLS-01", "C-CLS-02")
def test_a_yes_closes_the_case_with_its_summary(send, case_in):
    case = case_in(Status.CLOSURE_PROPOSED)

    response = send(case, "closure/answer", answer="yes")

    case.refresh_from_db()
    assert response["Location"] == case.get_absolute_url()
    assert (case.status, case.resolution) == (Status.CLOSED, "Update 8.4.2 removes the freeze.")


@pytest.mark.clause("C-CLS-01")
def test_a_no_says_what_is_still_open_and_the_case_goes_on(send, case_in):
    case = case_in(Status.CLOSURE_PROPOSED)

    empty = send(case, "closure/answer", answer="no", body=" ")
    told = send(case, "closure/answer", answer="no", body="Host gh-08 still freezes.")

    case.refresh_from_db()
    assert empty.status_code == 422
    assert list(empty.context["form"].errors) == ["body"]
    assert told["Location"] == case.get_absolute_url()
    assert (case.status, last(case)) == (Status.IN_PROGRESS, "closure_rejected")


@pytest.mark.parametrize("answer", ["", "maybe", "YES"])
def test_an_answer_is_yes_or_no(send, case_in, answer):
    case = case_in(Status.CLOSURE_PROPOSED)

    response = send(case, "closure/answer", answer=answer, body="Kept.")

    assert response.status_code == 422
    assert response.context["form"].errors == {"answer": ["Choose yes or no."]}
    assert "Kept." in response.content.decode()


@pytest.mark.clause("C-SEV-01", "C-SEV-03")
def test_a_customer_agrees_to_the_severity_that_support_proposes(send, case_in, engineer):
    case = case_in(Status.IN_PROGRESS)
    operations.propose_severity(case, Severity.FOUR, by=engineer, at=NOON + 9 * MINUTE, reason="One host only.")

    other = send(case, "severity/agreement", severity="2")
    agreed = send(case, "severity/agreement", severity="4")

    case.refresh_from_db()
    assert other.status_code == 422
    assert agreed["Location"] == case.get_absolute_url()
    assert (case.severity, case.severity_agreed_at is not None) == (4, True)


@pytest.mark.clause("C-SEV-03")
def test_an_agreed_severity_is_not_offered_higher_and_not_taken_higher(
    browse, send, technical_contact, case_in, engineer
):
    case = case_in(Status.IN_PROGRESS)
    operations.propose_severity(case, Severity.THREE, by=engineer, at=NOON + 9 * MINUTE, reason="As asked.")

    offered = browse(technical_contact).get(f"{case.get_absolute_url()}severity/")
    raised = send(case, "severity", severity="1", reason="It got worse.")

    case.refresh_from_db()
    assert [value for value, _ in offered.context["form"].fields["severity"].choices] == [4]
    assert raised.status_code == 422
    assert "It got worse." in raised.content.decode()
    assert case.severity == 3


def test_a_customer_proposes_another_severity_with_a_reason(send, case_in):
    case = case_in(Status.IN_PROGRESS)

    silent = send(case, "severity", severity="2", reason="")
    told = send(case, "severity", severity="2", reason="All hosts of pool B are slow.")

    case.refresh_from_db()
    assert (silent.status_code, list(silent.context["form"].errors)) == (422, ["reason"])
    assert told["Location"] == case.get_absolute_url()
    assert (case.severity, last(case)) == (2, "severity_proposed")


@pytest.mark.clause("C-SEV-01", "C-PKG-03")
def test_a_case_becomes_severity_1_with_a_number_that_answers(send, case_in):
    case = case_in(Status.IN_PROGRESS, phone="")

    refused = {
        phone: send(case, "severity", severity="1", reason="All hosts stand still.", phone=phone).context["form"].errors
        for phone in ("", "later")
    }
    send(case, "severity", severity="1", reason="All hosts stand still.", phone="+44 1224 555 010")

    case.refresh_from_db()
    assert [list(errors) for errors in refused.values()] == [["phone"], ["phone"]]
    assert (case.severity, case.phone) == (Severity.ONE, "+44 1224 555 010")


@pytest.mark.clause("C-CLS-02")
def test_a_customer_closes_its_own_case_and_says_why(send, case_in):
    case = case_in(Status.QUEUED)

    response = send(case, "withdrawal", resolution="A restart solved it.")

    case.refresh_from_db()
    assert response["Location"] == case.get_absolute_url()
    assert (case.status, case.closure_reason, case.resolution) == ("closed", "withdrawn", "A restart solved it.")


@pytest.mark.clause("C-RPN-01")
def test_a_closed_case_is_reopened_within_its_window(send, case_in):
    case = case_in(Status.CLOSED, at=NOON - 20 * DAY)

    response = send(case, "reopening", body="It is back.")

    case.refresh_from_db()
    assert response["Location"] == case.get_absolute_url()
    assert (case.status, case.reopenings) == (Status.IN_PROGRESS, 1)


@pytest.mark.clause("C-RPN-02")
def test_after_the_window_a_new_case_takes_the_text_over(send, browse, technical_contact, case_in):
    case = case_in(Status.CLOSED, at=NOON - 60 * DAY)

    late = send(case, "reopening", body="It is back.")
    shown = browse(technical_contact).get(f"{case.get_absolute_url()}follow-on/").content.decode()
    new = send(case, "follow-on", body="It is back.")

    following = Case.objects.exclude(pk=case.pk).get()
    assert late.status_code == 422
    assert "The 30 days in which this case could be reopened have passed." in late.content.decode()
    assert "It is back." in late.content.decode()
    assert "Sent now, an engineer answers by" in shown
    assert "Why this time?" in shown
    assert new["Location"] == following.get_absolute_url()
    assert (following.follows, following.messages.get().body) == (case, "It is back.")


@pytest.mark.clause("C-RPN-01", "C-RPN-02")
@pytest.mark.parametrize(
    ("closed_at", "noun", "button"),
    [(NOON, "reopening", "Reopen the case"), (NOON - 60 * DAY, "follow-on", "Open the new case")],
)
def test_a_message_to_a_closed_case_is_kept_and_goes_on_from_there(send, case_in, closed_at, noun, button):
    case = case_in(Status.CLOSED, at=closed_at)

    response = send(case, "messages", body="One more thing.")
    again = send(case, noun, body="One more thing.", **hidden_fields(response))

    page = response.content.decode()
    assert response.status_code == 422
    assert f'action="{case.get_absolute_url()}{noun}/"' in page
    assert f">{button}</button>" in page
    assert "One more thing." in page
    assert again.status_code == 302
    assert Case.objects.filter(status=Status.CLOSED).count() == (0 if noun == "reopening" else 1)


@pytest.mark.clause("C-CLS-01")
def test_a_yes_that_comes_too_late_hears_that_the_question_is_no_longer_open(
    browse, technical_contact, case_in, engineer
):
    case = case_in(Status.CLOSURE_PROPOSED)
    client, address = browse(technical_contact), f"{case.get_absolute_url()}closure/answer/"
    known = hidden_fields(client.get(address))
    operations.reject_closure(case, "Not yet.", by=technical_contact, at=NOON + 9 * MINUTE)

    page = client.post(address, known | {"answer": "yes"}).content.decode()

    assert "The question whether this case may close is no longer open." in page
    assert "What happened meanwhile" in page
    assert "Your text is kept" not in page


def test_a_stale_form_without_text_does_not_speak_of_text_and_asks_for_files_again(
    browse, technical_contact, case_in, engineer
):
    case = case_in(Status.CLOSURE_PROPOSED)
    client, address = browse(technical_contact), f"{case.get_absolute_url()}closure/answer/"
    known = hidden_fields(client.get(address))
    operations.propose_closure(
        case, by=engineer, at=NOON + 9 * MINUTE, problem="Another path.", resolution="Update 8.4.3."
    )

    response = client.post(address, known | {"answer": "yes", "attachments": SimpleUploadedFile("a.log", b"x")})

    assert response.context["form"].errors == {
        "__all__": ["Something happened on this case since you opened this form. Please look, then send again."],
        "attachments": ["Please choose your files again: a browser does not keep them."],
    }


@pytest.mark.parametrize(
    ("noun", "status"),
    [
        ("reopening", Status.IN_PROGRESS),
        ("follow-on", Status.IN_PROGRESS),
        ("closure/answer", Status.IN_PROGRESS),
        ("severity/agreement", Status.IN_PROGRESS),
        ("messages", Status.CLOSED),
        ("withdrawal", Status.CLOSED),
        ("severity", Status.CLOSED),
    ],
)
def test_the_page_of_a_form_that_makes_no_sense_now_leads_back_to_the_case(
    browse, technical_contact, case_in, noun, status
):
    case = case_in(status)

    response = browse(technical_contact).get(f"{case.get_absolute_url()}{noun}/")

    assert response["Location"] == case.get_absolute_url()


@pytest.mark.parametrize(
    ("noun", "status"),
    [
        ("messages", Status.IN_PROGRESS),
        ("severity", Status.IN_PROGRESS),
        ("withdrawal", Status.IN_PROGRESS),
        ("closure/answer", Status.CLOSURE_PROPOSED),
        ("reopening", Status.CLOSED),
    ],
)
def test_every_form_has_a_page_of_its_own(browse, technical_contact, case_in, noun, status):
    case = case_in(status)

    response = browse(technical_contact).get(f"{case.get_absolute_url()}{noun}/")

    assert response.status_code == 200
    assert hidden_fields(response)["seen"] == str(case.version)


def test_a_stale_form_shows_what_changed_keeps_the_text_and_can_be_sent_again(
    browse, technical_contact, case_in, engineer
):
    case = case_in(Status.IN_PROGRESS)
    client, address = browse(technical_contact), f"{case.get_absolute_url()}messages/"
    known = hidden_fields(client.get(address))
    operations.reply(case, "Please do **not** restart the host.", by=engineer, at=NOON + 9 * MINUTE)

    refused = client.post(address, known | {"body": "I restart the host now."})
    again = client.post(address, hidden_fields(refused) | {"body": "I restart the host now."})

    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Something happened on this case since you opened this form. Your text is kept" in page
    assert "Please do <strong>not</strong> restart the host." in page
    assert "I restart the host now." in page
    assert again["Location"] == case.get_absolute_url()
    assert case.messages.filter(body="I restart the host now.").count() == 1


def test_an_internal_note_does_not_make_a_customers_form_stale(browse, technical_contact, case_in, engineer):
    case = case_in(Status.IN_PROGRESS)
    client, address = browse(technical_contact), f"{case.get_absolute_url()}messages/"
    known = hidden_fields(client.get(address))
    operations.add_note(case, "SECRET", by=engineer, at=NOON + 9 * MINUTE)

    response = client.post(address, known | {"body": "Thank you."})

    assert response["Location"] == case.get_absolute_url()
    assert case.messages.last().body == "Thank you."


def test_a_form_sent_twice_takes_effect_once(browse, technical_contact, case_in):
    case = case_in(Status.CLOSURE_PROPOSED)
    client, address = browse(technical_contact), f"{case.get_absolute_url()}closure/answer/"
    known = hidden_fields(client.get(address)) | {"answer": "yes"}

    first, second = client.post(address, known), client.post(address, known)
    page = client.get(case.get_absolute_url()).content.decode()

    assert "This was already sent." in page
    assert [first["Location"], second["Location"]] == [case.get_absolute_url()] * 2
    assert kinds(case).count("closed") == 1


@pytest.mark.parametrize(
    "hidden", [{"seen": "x"}, {"seen": "-1"}, {"seen": "9" * 30}, {"submission": "0"}, {"seen": "1\x00"}]
)
def test_damaged_hidden_fields_are_mended(send, case_in, hidden):
    case = case_in(Status.IN_PROGRESS)

    refused = send(case, "messages", body="Kept.", **hidden)
    again = send(case, "messages", body="Kept.", **hidden_fields(refused))

    assert (refused.status_code, again.status_code) == (422, 302)
    assert "Kept." in refused.content.decode()


@pytest.mark.parametrize("body", ["", "  \n ", "nul\x00", "x" * 1_000_000])
def test_a_bad_message_gets_a_message_at_its_field(send, case_in, body):
    case = case_in(Status.IN_PROGRESS)

    response = send(case, "messages", body=body)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["body"]
    assert last(case) == "assigned"


@pytest.mark.clause("C-PAR-03")
def test_a_third_party_acts_for_the_customer_and_the_log_says_so(browse, third_party, case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER)

    response = browse(third_party).post(f"{case.get_absolute_url()}messages/", {"body": "We send the log tonight."})

    event = case.events.last()
    assert response["Location"] == case.get_absolute_url()
    assert (event.by, event.role, event.acting_for) == (third_party, "third_party", case.organization)


def test_support_is_refused_on_the_customers_side(browse, engineer, case_in):
    case = case_in(Status.CLOSURE_PROPOSED)

    response = browse(engineer).post(f"{case.get_absolute_url()}closure/answer/", {"answer": "yes"})

    assert response.status_code == 403
    assert last(case) == "closure_proposed"


def test_a_right_that_ends_while_the_form_is_open_makes_the_case_absent(browse, third_party, case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    client = browse(third_party)
    third_party.contacts.update(ends_at=NOON + timedelta(minutes=1))

    response = client.post(f"{case.get_absolute_url()}messages/", {"body": "Too late."})

    assert response.status_code == 404
    assert last(case) == "replied"
