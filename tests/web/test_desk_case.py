"""The workspace: what staff see of a case, what is offered to whom, and what each form does."""

from datetime import time
from uuid import uuid4

import pytest

from accounts.enums import AbsenceReason, LinuxFlavor
from accounts.models import Absence, Shift, StaffProfile
from cases import operations
from cases.enums import Channel, Severity, Status
from cases.models import Case
from tests.cast import DAY, HOUR, NOON, kinds
from tests.web.conftest import LATER, hidden_fields
from tests.web.statements import statements

pytestmark = pytest.mark.usefixtures("at_one")

STAFF_NOUNS = [
    "entitlement",
    "refusal",
    "hold",
    "hold/end",
    "acceptance",
    "owner",
    "notes",
    "calls",
    "severity/reduction",
    "closure",
    "contact-attempts",
    "no-response",
    "handover",
    "handover/acceptance",
    "sun",
    "sun/end",
]


@pytest.fixture
def send(browse, engineer):
    """Send a form of a case as it stands now, as the engineer or as `by`; returns the answer."""

    def make(case: Case, noun: str, by=engineer, **data):
        known = {"seen": str(Case.objects.get(pk=case.pk).version), "submission": str(uuid4())}
        return browse(by).post(f"{case.get_absolute_url()}{noun}/", known | data)

    return make


def offered(client, case: Case) -> set[str]:
    """The nouns that the workspace links to."""
    page = client.get(case.get_absolute_url())
    offers = page.context["first"] + page.context["more"]
    return {offer.url.removeprefix(case.get_absolute_url()).strip("/") for offer in offers}


def last(case: Case) -> str:
    return kinds(case)[-1]


# Rights


@pytest.mark.clause("C-STF-02")
@pytest.mark.parametrize("noun", STAFF_NOUNS)
def test_the_acts_of_staff_are_closed_to_customers(browse, technical_contact, tokyo_contact, case_in, noun):
    case = case_in(Status.IN_PROGRESS)
    before = kinds(case)

    own = [browse(technical_contact).get(f"{case.get_absolute_url()}{noun}/").status_code]
    own.append(browse(technical_contact).post(f"{case.get_absolute_url()}{noun}/").status_code)
    foreign = browse(tokyo_contact).post(f"{case.get_absolute_url()}{noun}/").status_code

    assert own == [403, 403]
    assert foreign == 404
    assert kinds(case) == before


@pytest.mark.parametrize(
    ("status", "role", "nouns"),
    [
        ("queued", "engineer", {"acceptance", "severity/agreement", "calls", "owner", "severity"}),
        ("queued", "customer_service", {"calls", "owner", "hold"}),
        ("received", "engineer", {"severity/agreement", "calls", "severity"}),
        ("received", "customer_service", {"entitlement", "calls", "hold"}),
        ("in_progress", "engineer", {"severity/agreement", "calls", "owner", "closure", "severity"}),
        (
            "waiting_for_customer",
            "engineer",
            {"severity/agreement", "calls", "owner", "closure", "severity", "contact-attempts"},
        ),
        ("closed", "engineer", {"reopening"}),
        ("in_progress", "administrator", set()),
    ],
)
def test_only_what_is_legal_and_permitted_is_offered(browse, request, case_in, status, role, nouns):
    case = case_in(Status(status))

    assert offered(browse(request.getfixturevalue(role)), case) == nouns


def test_every_offer_leads_to_its_form(browse, cast, case_in):
    cases = [case_in(status) for status in Status]

    answers = {
        (case.status, name, noun): client.get(f"{case.get_absolute_url()}{noun}/").status_code
        for name, user in cast.staff.items()
        for client in [browse(user)]
        for case in cases
        for noun in offered(client, case)
    }

    assert len(answers) > 60
    assert {key: status for key, status in answers.items() if status != 200} == {}


def test_a_form_whose_time_has_passed_leads_back_to_the_case(browse, engineer, case_in):
    case = case_in(Status.CLOSED)

    response = browse(engineer).get(f"{case.get_absolute_url()}calls/", follow=True)

    assert response.redirect_chain[-1][0] == case.get_absolute_url()
    assert "The case has moved on" in response.content.decode()


# Owners


@pytest.mark.clause("C-LIF-03", "C-STF-06")
def test_an_engineer_takes_a_waiting_case_and_customer_service_cannot(send, case_in, engineer, customer_service):
    case = case_in(Status.QUEUED)

    refused = send(case, "acceptance", by=customer_service)
    send(case, "acceptance")

    case.refresh_from_db()
    assert refused.status_code == 403
    assert (case.owner, case.status) == (engineer, Status.IN_PROGRESS)


@pytest.mark.clause("C-RAS-01", "C-RAS-02")
def test_a_case_changes_hands_with_a_reason(send, case_in, second_engineer):
    case = case_in(Status.IN_PROGRESS)

    without = send(case, "owner", owner=second_engineer.pk, reason="", note="")
    send(case, "owner", owner=second_engineer.pk, reason="shift", note="See the note.")

    case.refresh_from_db()
    assert list(without.context["form"].errors) == ["reason"]
    assert (case.owner, last(case)) == (second_engineer, "reassigned")


@pytest.mark.clause("C-STF-06")
def test_the_page_suggests_who_takes_the_case_and_says_why(browse, engineer, second_engineer, emea_center, case_in):
    for weekday in range(7):
        Shift.objects.create(center=emea_center, weekday=weekday, opens=time(0), closes=time(0))
    case = case_in(Status.IN_PROGRESS)
    StaffProfile.objects.filter(user=second_engineer).update(skills=[case.product.code])

    page = browse(engineer).get(f"{case.get_absolute_url()}owner/").content.decode()

    assert f"Suggested: Owen Price. On shift. Knows {case.product}. Has no open case." in page


@pytest.mark.clause("C-STF-08")
def test_the_page_suggests_who_knows_the_linux_of_the_case(browse, engineer, second_engineer, emea_center, case_in):
    for weekday in range(7):
        Shift.objects.create(center=emea_center, weekday=weekday, opens=time(0), closes=time(0))
    case = case_in(Status.IN_PROGRESS, linux_flavor=LinuxFlavor.SUSE)
    StaffProfile.objects.filter(user=second_engineer).update(skills=[LinuxFlavor.SUSE])

    page = browse(engineer).get(f"{case.get_absolute_url()}owner/").content.decode()

    assert f"Suggested: Owen Price. On shift. Knows SUSE. Does not list {case.product} as a skill." in page


def test_an_engineer_who_is_away_stands_apart_and_is_refused(send, browse, engineer, case_in, second_engineer):
    Absence.objects.create(
        user=second_engineer, reason=AbsenceReason.HOLIDAY, starts_at=NOON - DAY, ends_at=NOON + 5 * DAY
    )
    case = case_in(Status.IN_PROGRESS)

    page = browse(engineer).get(f"{case.get_absolute_url()}owner/").content.decode()
    response = send(case, "owner", owner=second_engineer.pk, reason="shift", note="")

    assert "Away now" in page
    assert response.context["form"].errors["owner"] == ["Owen Price is away. Choose somebody else."]


@pytest.mark.parametrize("owner", ["", "0", "x", "1 OR 1=1", "contact", "customer_service"])
def test_a_case_is_not_given_to_who_is_no_engineer(send, request, technical_contact, case_in, owner):
    people = {"contact": "technical_contact", "customer_service": "customer_service"}
    chosen = request.getfixturevalue(people[owner]).pk if owner in people else owner
    case = case_in(Status.IN_PROGRESS)

    response = send(case, "owner", owner=chosen, reason="shift", note="Kept words")

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["owner"]
    assert "Kept words" in response.content.decode()


# Talking


@pytest.mark.clause("C-STF-07", "C-TRK-01")
def test_an_engineer_answers_and_says_whose_turn_it_is(send, case_in):
    case = case_in(Status.IN_PROGRESS)

    send(case, "messages", body="Please send the log.", waiting="on", visibility="public")

    case.refresh_from_db()
    assert (case.status, case.messages.last().body) == (Status.WAITING_FOR_CUSTOMER, "Please send the log.")


def test_an_internal_note_sent_to_the_wrong_address_never_goes_out(send, case_in):
    case = case_in(Status.IN_PROGRESS)

    response = send(case, "messages", body="The customer is difficult.", visibility="internal")

    assert response.status_code == 422
    assert "The customer is difficult." in response.content.decode()
    assert case.messages.count() == 1


def test_an_internal_note_is_marked_for_staff_and_absent_for_the_customer(
    send, browse, engineer, technical_contact, case_in
):
    case = case_in(Status.IN_PROGRESS)

    send(case, "notes", body="Firmware bug, do not tell yet.", visibility="internal")

    ours = browse(engineer).get(case.get_absolute_url()).content.decode()
    theirs = browse(technical_contact).get(case.get_absolute_url()).content.decode()
    assert "Internal note: the customer never sees this" in ours
    assert "Firmware bug" in ours
    assert "Firmware bug" not in theirs


@pytest.mark.parametrize(
    ("said_last", "public"), [("customer", True), ("support", False), ("customer, then a note", True)]
)
def test_the_composer_is_public_only_after_the_customers_words(
    browse, engineer, technical_contact, case_in, said_last, public
):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    if said_last.startswith("customer"):
        operations.reply_as_customer(case, "Here it is.", by=technical_contact, at=NOON + HOUR)
    if said_last.endswith("note"):
        operations.add_note(case, "Looks like firmware.", by=engineer, at=NOON + HOUR)

    page = browse(engineer).get(case.get_absolute_url())

    assert page.context["composer"].public is public


def test_the_composer_says_who_gets_the_message_and_what_it_means(browse, engineer, customer_service, case_in):
    case = case_in(Status.IN_PROGRESS)

    by_engineer = browse(engineer).get(case.get_absolute_url()).context["composer"].audience
    by_service = browse(customer_service).get(case.get_absolute_url()).context["composer"].audience

    assert by_engineer == "Mailed to Isla Reid, seen by Granite Harbor Energy; it is the first response"
    assert by_service == "Mailed to Isla Reid, seen by Granite Harbor Energy"


@pytest.mark.clause("C-STF-07")
@pytest.mark.parametrize(("reached", "met"), [("yes", True), ("no", False)])
def test_a_call_that_reached_somebody_answers_and_a_missed_one_does_not(send, case_in, reached, met):
    case = case_in(Status.IN_PROGRESS)

    send(case, "calls", reached=reached, summary="Talked about the paths.")

    assert last(case) == "called"
    assert (case.clock.met_at is not None) is met


# Severity


@pytest.mark.clause("C-SEV-01")
def test_the_severity_is_agreed_as_the_customer_asked(send, case_in):
    case = case_in(Status.IN_PROGRESS)

    send(case, "severity/agreement", severity="3")

    case.refresh_from_db()
    assert case.severity_agreed_at == LATER


@pytest.mark.clause("C-SEV-01")
def test_another_severity_is_proposed_with_a_reason(send, case_in):
    case = case_in(Status.IN_PROGRESS)

    without = send(case, "severity", severity="4", reason="")
    send(case, "severity", severity="4", reason="Only a question is left.")

    case.refresh_from_db()
    assert list(without.context["form"].errors) == ["reason"]
    assert case.proposed_severity == 4


def test_severity_one_asks_for_a_number_that_answers(send, case_in):
    case = case_in(Status.IN_PROGRESS, phone="")

    without = send(case, "severity", severity="1", reason="It stands still.", phone="")
    send(case, "severity", severity="1", reason="It stands still.", phone="+44 1224 555 011")

    case.refresh_from_db()
    assert list(without.context["form"].errors) == ["phone"]
    assert (case.severity, case.phone) == (1, "+44 1224 555 011")


@pytest.mark.clause("C-SEV-03", "C-SEV-04")
def test_a_manager_lowers_an_agreed_severity_and_nobody_raises_it(send, case_in, engineer, support_manager):
    case = case_in(Status.IN_PROGRESS)
    send(case, "severity/agreement", severity="3")

    by_engineer = send(case, "severity/reduction", severity="4", reason="Workaround.")
    raised = send(case, "severity/reduction", by=support_manager, severity="1", reason="Worse.")
    send(case, "severity/reduction", by=support_manager, severity="4", reason="Workaround.")

    case.refresh_from_db()
    assert (by_engineer.status_code, raised.status_code) == (403, 422)
    assert (case.severity, last(case)) == (4, "severity_reduced")


@pytest.mark.parametrize(
    ("status", "age", "noun", "told"),
    [
        (Status.IN_PROGRESS, HOUR, "severity", "There is no other severity to propose."),
        (Status.IN_PROGRESS, HOUR, "severity/reduction", "Only a severity that is agreed can be lowered"),
        (Status.CLOSED, 60 * DAY, "reopening", "The 30 days for reopening are over"),
    ],
)
def test_no_form_is_shown_that_would_be_refused_whatever_is_filled_in(
    browse, engineer, support_manager, case_in, status, age, noun, told
):
    case = case_in(status, at=NOON - age)
    if noun == "severity":
        operations.agree_severity(case, case.state.requested, by=engineer, at=NOON)
        operations.propose_severity(case, Severity.FOUR, by=engineer, at=NOON, reason="A question is left.")

    page = browse(support_manager).get(f"{case.get_absolute_url()}{noun}/", follow=True)

    assert page.redirect_chain[-1][0] == case.get_absolute_url()
    assert told in page.content.decode()


# Closing and coming back


@pytest.mark.clause("C-CLS-01", "C-CLS-02")
def test_a_closure_is_proposed_with_problem_and_resolution(send, case_in):
    case = case_in(Status.IN_PROGRESS)

    empty = send(case, "closure", reason="resolved", problem="", resolution="")
    send(case, "closure", reason="answered", problem="Paths flap.", resolution="New firmware.")

    case.refresh_from_db()
    assert list(empty.context["form"].errors) == ["problem", "resolution"]
    assert (case.status, case.problem, case.resolution) == (Status.CLOSURE_PROPOSED, "Paths flap.", "New firmware.")


def test_a_closure_reason_that_is_not_offered_is_refused(send, case_in):
    case = case_in(Status.IN_PROGRESS)

    response = send(case, "closure", reason="no_response", problem="a", resolution="b")

    assert list(response.context["form"].errors) == ["reason"]


@pytest.mark.clause("C-CLS-05")
def test_closing_for_no_response_says_what_is_missing_and_is_offered_when_it_may(send, browse, engineer, case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER, at=NOON - 14 * DAY)
    client = browse(engineer)
    before = client.get(case.get_absolute_url()).context["silence"]
    early = send(case, "no-response")
    for day, channel, final in ((13, Channel.EMAIL, False), (12, Channel.PHONE, False), (9, Channel.EMAIL, True)):
        operations.record_contact_attempt(
            case, channel, "Are you there?", by=engineer, at=NOON - day * DAY, announces_closure=final
        )

    after = client.get(case.get_absolute_url()).context["silence"]
    send(case, "no-response")

    case.refresh_from_db()
    assert before.missing.startswith("Closing for no response needs 3 attempts")
    assert early.status_code == 422
    assert len(after.attempts) == 3
    assert after.url == f"{case.get_absolute_url()}no-response/"
    assert (case.status, case.closure_reason) == (Status.CLOSED, "no_response")


def test_an_attempt_to_reach_the_contact_is_recorded(send, case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER)

    send(case, "contact-attempts", channel="phone", text="Rang twice.", announces_closure="")

    case.refresh_from_db()
    assert [one.channel for one in case.state.attempts] == [Channel.PHONE]


@pytest.mark.clause("C-RPN-01")
def test_staff_reopen_a_case_for_the_customer(send, case_in):
    case = case_in(Status.CLOSED)

    send(case, "reopening", body="The customer called: it is back.")

    case.refresh_from_db()
    assert (case.status, last(case)) == (Status.IN_PROGRESS, "reopened")


@pytest.mark.clause("C-RPN-02")
def test_after_the_window_a_new_case_continues_the_old_one(send, browse, case_in, customer_service):
    case = case_in(Status.CLOSED, at=NOON - 60 * DAY)

    assert offered(browse(customer_service), case) == {"follow-on"}
    send(case, "follow-on", by=customer_service, body="It is back.")

    assert Case.objects.get(follows=case).channel == Channel.PHONE


# Two at once, twice, and nonsense


def test_a_stale_form_shows_what_changed_and_keeps_the_text(browse, engineer, case_in, technical_contact):
    case, client = case_in(Status.IN_PROGRESS), browse(engineer)
    known = hidden_fields(client.get(f"{case.get_absolute_url()}messages/"))
    operations.reply_as_customer(case, "It works again.", by=technical_contact, at=LATER)

    stale = client.post(f"{case.get_absolute_url()}messages/", known | {"body": "Please reboot the host."})
    again = client.post(f"{case.get_absolute_url()}messages/", hidden_fields(stale) | {"body": "Good to hear."})

    shown = stale.content.decode()
    assert stale.status_code == 422
    assert "It works again." in shown
    assert "Please reboot the host." in shown
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("noun", "data"),
    [
        ("messages", {"body": "Once."}),
        ("notes", {"body": "Once."}),
        ("calls", {"reached": "yes", "summary": "Once."}),
        ("closure", {"reason": "resolved", "problem": "a", "resolution": "b"}),
    ],
)
def test_a_form_sent_twice_takes_effect_once(browse, engineer, case_in, noun, data):
    case, client = case_in(Status.IN_PROGRESS), browse(engineer)
    known = {"seen": str(case.version), "submission": str(uuid4())}

    answers = [client.post(f"{case.get_absolute_url()}{noun}/", known | data)["Location"] for _ in range(2)]

    case.refresh_from_db()
    assert answers == [case.get_absolute_url()] * 2
    assert len(kinds(case)) == 4


@pytest.mark.parametrize(
    ("noun", "data", "field"),
    [
        ("messages", {"body": " "}, "body"),
        ("messages", {"body": "x" * 100_001}, "body"),
        ("notes", {"body": ""}, "body"),
        ("calls", {"reached": "maybe", "summary": "x"}, "reached"),
        ("calls", {"reached": "yes", "summary": ""}, "summary"),
        ("severity", {"severity": "9", "reason": "x"}, "severity"),
        ("closure", {"reason": "resolved", "problem": "a", "resolution": "x" * 100_001}, "resolution"),
    ],
)
def test_what_is_wrong_is_said_next_to_its_field(send, case_in, noun, data, field):
    case = case_in(Status.IN_PROGRESS)

    response = send(case, noun, **data)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert len(kinds(case)) == 3


# Looks and cost


def test_the_workspace_shows_place_plan_and_what_is_not_included(browse, engineer, case_in):
    case = case_in(Status.IN_PROGRESS)

    page = browse(engineer).get(case.get_absolute_url())

    shown = page.content.decode()
    assert page.context["local"] == ("13:00 GMT", "open until 18:00 GMT")
    assert "Root cause analysis" in shown
    assert "Why this time?" in shown


def test_the_workspace_costs_the_same_for_a_short_and_a_long_log(browse, engineer, technical_contact, case_in):
    case, client = case_in(Status.IN_PROGRESS), browse(engineer)
    operations.add_note(case, "First.", by=engineer, at=NOON + HOUR)
    client.get(case.get_absolute_url())
    counted = []
    for _ in range(2):
        counted.append(len(statements(client, case.get_absolute_url())))
        for number in range(100):
            operations.add_note(case, f"Note {number}", by=engineer, at=NOON + HOUR)
            operations.reply_as_customer(case, f"Message {number}", by=technical_contact, at=NOON + HOUR)
            case_in(Status.IN_PROGRESS) if number < 20 else None

    assert counted[0] == counted[1] <= 10


@pytest.mark.parametrize("reader", ["engineer", "technical_contact"])
def test_an_open_case_hears_of_news_alone(browse, request, engineer, technical_contact, case_in, reader):
    case, client = case_in(Status.IN_PROGRESS), browse(request.getfixturevalue(reader))
    address = f"{case.get_absolute_url()}changes/"
    noted = operations.add_note(case, "Firmware bug.", by=engineer, at=LATER)

    before = client.get(address, {"since": case.version}).status_code
    operations.reply_as_customer(case, "It works again.", by=technical_contact, at=LATER)
    after = client.get(address, {"since": noted.version})

    assert before == (200 if reader == "engineer" else 204)
    assert "Something happened" in after.content.decode()
    assert client.get(address, {"since": noted.version + 1}).status_code == 204
    assert client.get(address, {"since": "x"}).status_code == 200


@pytest.mark.clause("C-STF-02")
def test_news_of_a_foreign_case_do_not_exist(browse, tokyo_contact, case_in):
    case = case_in(Status.IN_PROGRESS)

    assert browse(tokyo_contact).get(f"{case.get_absolute_url()}changes/").status_code == 404


@pytest.mark.clause("C-CLS-05")
def test_a_call_that_a_silent_contact_did_not_take_counts_as_an_attempt(send, case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER)

    send(case, "calls", reached="no", summary="Rang twice.")

    case.refresh_from_db()
    assert [one.channel for one in case.state.attempts] == [Channel.PHONE]


@pytest.mark.clause("C-CLS-05")
def test_what_is_missing_for_closing_is_counted_and_no_button_is_shown_before(send, browse, engineer, case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    send(case, "contact-attempts", channel="email", text="Are you there?", announces_closure="")

    page = browse(engineer).get(f"{case.get_absolute_url()}no-response/", follow=True)

    assert page.redirect_chain[-1][0] == case.get_absolute_url()
    assert page.context["silence"].missing.startswith(
        "1 of 3 business days; missing: a telephone call and the announcement in the last message. Closing"
    )


@pytest.mark.clause("C-LIF-03")
def test_who_comes_second_to_a_case_is_told_who_has_it(send, browse, second_engineer, case_in):
    case = case_in(Status.IN_PROGRESS)

    page = browse(second_engineer).get(f"{case.get_absolute_url()}acceptance/", follow=True)

    assert "Lena Vogt has taken this case already." in page.content.decode()
    assert send(case, "acceptance", by=second_engineer).status_code == 302
    assert last(case) == "assigned"


def test_the_list_beside_a_case_is_the_one_it_was_opened_from(browse, engineer, case_in):
    case, client = case_in(Status.IN_PROGRESS), browse(engineer)
    client.get("/desk/?view=all")

    assert client.get(case.get_absolute_url()).context["peek_name"] == "Open in every region"
    client.cookies["view"] = "no such list"
    assert client.get(case.get_absolute_url()).context["peek_name"] == "Mine, by next deadline"


# The next update


def test_the_limits_of_a_promise_are_told_before_it_is_made(browse, engineer, case_in):
    case = case_in(Status.IN_PROGRESS)

    workspace, form = (
        browse(engineer).get(f"{case.get_absolute_url()}{noun}").content.decode() for noun in ("", "messages/")
    )

    assert "at most 60 days</small>" in workspace
    assert "from now on, at most 60 days ahead; outside the customer’s business hours too." in form


def test_an_engineer_promises_the_next_update_in_the_own_time(send, browse, engineer, case_in):
    case = case_in(Status.IN_PROGRESS)

    answer = send(case, "messages", body="I look into it.", next_update_at="2026-03-04T17:30", visibility="public")

    assert answer.status_code == 302
    assert case.events.latest("seq").data["next_update_at"] == "2026-03-04T17:30:00+00:00"
    page = browse(engineer).get(case.get_absolute_url()).content.decode()
    assert "Next update" in page
    assert "it is the update you promised" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("yesterday", "Give a day and a time"),
        ("2026-03-01T12:00", "This moment lies in the past"),
        ("2026-09-01T12:00", "Choose a moment within the next 60 days."),
    ],
)
def test_an_impossible_promise_is_refused_next_to_its_field(send, case_in, typed, said):
    case = case_in(Status.IN_PROGRESS)

    answer = send(case, "messages", body="Kept text.", next_update_at=typed, visibility="public")

    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors["next_update_at"])
    assert "Kept text." in answer.content.decode()
    assert not case.events.filter(kind="replied", data__has_key="next_update_at").exists()


def test_only_engineers_are_asked_when_they_write_again(browse, engineer, support_manager, case_in):
    case = case_in(Status.IN_PROGRESS)
    shown = [
        'name="next_update_at"' in browse(person).get(f"{case.get_absolute_url()}messages/").content.decode()
        for person in (engineer, support_manager)
    ]

    assert shown == [True, False]
