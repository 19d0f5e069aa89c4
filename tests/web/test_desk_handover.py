"""The handover on the desk: its banner, the sheet, accepting, the exception, and cases in flight."""

from datetime import date, time
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from freezegun import freeze_time

from accounts.enums import ContactRole, Layer, StaffRole
from accounts.models import RosterEntry, SupportCenter
from cases import operations
from cases.enums import Severity, Status
from cases.models import Case
from cases.operations import HandoverNotes
from notifications import letters
from notifications.enums import Template
from notifications.letters.matter import Matter
from sla import sun_moves
from tests.cast import DAY, HOUR, MINUTE, NOON, facts, kinds, make_contact, make_staff
from tests.web.conftest import hidden_fields

FIVE = NOON + 5 * HOUR  # Cambridge closes, and Denver takes over
NEXT = "Compare the two logs."


@pytest.fixture
def denver(db):
    return SupportCenter.objects.create(
        code="denver", name="Denver", region_id="americas", zone="America/Denver", telephone="+1 303 555 010"
    )


@pytest.fixture
def rita(denver):
    return make_staff("Rita Alvarez", StaffRole.SUPPORT_ENGINEER, center=denver)


@pytest.fixture
def urgent(engineer, second_engineer, emea_center, denver, rita, case_in):
    """A Severity 1 that `engineer` works on in Cambridge until five; Rita in Denver follows."""
    week = {"weekdays": list(range(7)), "from_on": date(2025, 1, 1)}
    for user, center, opens, closes in ((engineer, emea_center, 9, 17), (rita, denver, 10, 18)):
        RosterEntry.objects.create(user=user, center=center, opens=time(opens), closes=time(closes), **week)
    RosterEntry.objects.create(
        user=second_engineer, layer=Layer.ENGINEER, center=emea_center, opens=time(0), closes=time(0), **week
    )
    sun_moves.plan(NOON)
    sun_moves.move_due(NOON)
    case = case_in(Status.IN_PROGRESS, severity=Severity.ONE)
    return operations.add_note(case, "The log of the array is full.", by=engineer, at=NOON + 3 * MINUTE)


@pytest.fixture
def look(browse):
    """A page of the case at a moment, as somebody sees it."""

    def at(when, who, case, noun=""):
        with freeze_time(when):
            return browse(who).get(f"{case.get_absolute_url()}{noun}").content.decode()

    return at


@pytest.fixture
def send(browse):
    def at(when, who, case, noun, **data):
        known = {"seen": str(Case.objects.get(pk=case.pk).version), "submission": str(uuid4())}
        with freeze_time(when):
            return browse(who).post(f"{case.get_absolute_url()}{noun}", known | data)

    return at


# Before the change


@pytest.mark.clause("C-FTS-01")
def test_three_quarters_of_an_hour_before_the_workspace_asks_for_the_sheet(look, urgent, engineer):
    assert "case-handover" not in look(FIVE - 46 * MINUTE, engineer, urgent)

    page = look(FIVE - 32 * MINUTE, engineer, urgent)

    assert "Handover to Denver at 17:00 GMT" in page
    assert "in 32\xa0min" in page
    assert "Complete the sheet" in page


@pytest.mark.clause("C-FTS-01")
def test_before_that_the_sheet_is_there_to_read_and_says_when_it_opens(look, urgent, engineer):
    page = look(NOON + HOUR, engineer, urgent, "handover/")

    assert "The sheet opens for completing at 16:15 GMT." in page
    assert "Next handover: Denver" in page
    assert "The log of the array is full." in page
    assert "Isla Reid" in page
    assert "The sheet is ready" not in page


def test_what_can_be_reached_now_is_told_by_the_time_where_people_are(look, urgent, engineer, aberdeen):
    osaka = make_contact(aberdeen, "Keiko Ono", ContactRole.TECHNICAL)
    osaka.zone = "Asia/Tokyo"
    osaka.save()

    page = look(NOON, engineer, urgent, "handover/")

    assert "at work, 12:00 GMT" in page
    assert "off hours, 21:00 JST" in page
    assert "at work again Wed 4 Mar, 23:00 GMT" in page


@pytest.mark.clause("C-FTS-01")
def test_the_outgoing_engineer_completes_the_sheet(look, send, urgent, engineer):
    when = FIVE - 20 * MINUTE
    assert "The log of the array is full." in look(when, engineer, urgent, "handover/")

    answer = send(when, engineer, urgent, "handover/", next_action=NEXT, hypothesis="The log is full.")

    assert answer["Location"] == urgent.get_absolute_url()
    assert [(one["next_action"], one["change"]) for one in facts(urgent, "handover_noted")] == [
        (NEXT, FIVE.isoformat())
    ]
    assert "The sheet is ready: Lena Vogt, 16:40 GMT." in look(when, engineer, urgent)
    assert NEXT in look(when + MINUTE, engineer, urgent, "handover/")


def test_a_sheet_without_a_next_action_is_not_ready_and_keeps_what_was_typed(send, urgent, engineer):
    answer = send(FIVE - 20 * MINUTE, engineer, urgent, "handover/", hypothesis="Kept words")

    assert answer.status_code == 422
    assert "Please write a few words here." in answer.content.decode()
    assert "Kept words" in answer.content.decode()
    assert "handover_noted" not in kinds(urgent)


@pytest.mark.clause("C-FTS-01")
def test_a_sheet_from_an_older_tab_never_overwrites_a_completed_one_unread(browse, urgent, engineer, support_manager):
    address = f"{urgent.get_absolute_url()}handover/"
    mine, theirs = browse(engineer), browse(support_manager)
    with freeze_time(FIVE - 20 * MINUTE):
        old = hidden_fields(mine.get(address)) | {"next_action": "Typed in the older tab"}
        theirs.post(
            address, hidden_fields(theirs.get(address)) | {"next_action": NEXT, "hypothesis": "It is the cable."}
        )

        refused = mine.post(address, old)
        again = mine.post(address, old | hidden_fields(refused))

    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Something happened on this case since you opened this form." in page
    assert "Typed in the older tab</textarea>" in page
    assert "The sheet as it stands now" in page
    assert "It is the cable." in page
    assert again.status_code == 302
    assert [one["next_action"] for one in facts(urgent, "handover_noted")] == [NEXT, "Typed in the older tab"]


def test_a_completed_sheet_reads_as_completed_and_is_changed_on_request(look, send, urgent, engineer):
    when = FIVE - 20 * MINUTE
    send(when, engineer, urgent, "handover/", next_action=NEXT)

    page, form = (look(when + MINUTE, engineer, urgent, f"handover/{query}") for query in ("", "?change=1"))

    assert "As it was completed" in page
    assert "Change the sheet</a>" in page
    assert "Complete the sheet" not in page + form
    assert "<form" in form.partition('id="complete"')[2]
    assert f"{NEXT}</textarea>" in form


def test_a_passage_that_is_too_long_is_refused_beside_its_field_which_told_the_limit(look, send, urgent, engineer):
    when = FIVE - 20 * MINUTE
    assert look(when, engineer, urgent, "handover/").count("At most 2,000 characters.") == 5

    answer = send(when, engineer, urgent, "handover/", next_action=NEXT, hypothesis="y" * 2001)

    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "hypothesis": ["This is longer than 2,000 characters. Put the rest into an internal note."]
    }
    assert "handover_noted" not in kinds(urgent)


def test_the_sheet_begins_with_the_first_words_of_a_long_message(look, urgent, technical_contact, engineer):
    operations.reply_as_customer(
        urgent, "Please answer " + "quickly " * 200, by=technical_contact, at=NOON + 10 * MINUTE
    )

    page = look(FIVE - 20 * MINUTE, engineer, urgent, "handover/")

    begun = page.partition('name="waits_for"')[2].partition("</textarea>")[0]
    assert "Please answer quickly" in begun
    assert begun.rstrip().endswith("quickly …")
    assert len(begun) < 500


def test_a_sheet_sent_too_early_says_so(send, urgent, engineer):
    answer = send(NOON + HOUR, engineer, urgent, "handover/", next_action=NEXT)

    assert answer.status_code == 422
    assert "The handover sheet opens 45 minutes before the handover." in answer.content.decode()


@pytest.mark.clause("C-FTS-01")
def test_a_sheet_that_comes_a_minute_late_is_not_lost(browse, urgent, engineer):
    client = browse(engineer)
    address = f"{urgent.get_absolute_url()}handover/"
    with freeze_time(FIVE - MINUTE):
        form = hidden_fields(client.get(address)) | {"next_action": NEXT}
    sun_moves.move_due(FIVE)
    with freeze_time(FIVE + MINUTE):
        first = client.post(address, form)
        again = client.post(address, hidden_fields(first) | {"next_action": NEXT})

    assert (first.status_code, again.status_code) == (422, 302)
    assert "Your text is kept" in first.content.decode()
    assert [one["change"] for one in facts(urgent, "handover_noted")] == [FIVE.isoformat()]


def test_a_case_that_stays_at_home_has_no_handover(look, case_in, engineer, urgent):
    case = case_in(Status.IN_PROGRESS)

    assert "This case stays with its region." in look(FIVE - 20 * MINUTE, engineer, case, "handover/")
    assert "case-handover" not in look(FIVE - 20 * MINUTE, engineer, case)


def test_when_nobody_follows_the_banner_says_so(look, urgent, engineer):
    RosterEntry.objects.exclude(user=engineer).delete()
    sun_moves.plan(NOON + MINUTE)

    assert "Nobody takes this case over at 17:00 GMT" in look(FIVE - 20 * MINUTE, engineer, urgent)


# After it


@pytest.fixture
def arrived(urgent, engineer):
    """Handed over to Rita at five, with a sheet."""
    operations.note_handover(
        urgent, HandoverNotes(NEXT, hypothesis="The log is full."), by=engineer, at=FIVE - 20 * MINUTE, change=FIVE
    )
    sun_moves.move_due(FIVE)
    urgent.refresh_from_db()
    return urgent


@pytest.mark.clause("C-FTS-01")
def test_the_incoming_engineer_reads_the_sheet_and_accepts(look, send, arrived, rita):
    page = look(FIVE + 2 * MINUTE, rita, arrived)
    assert "This case came to you with the sun" in page
    assert "At 10:10 MST the manager on call is told. Acceptance:" in page
    sheet = look(FIVE + 2 * MINUTE, rita, arrived, "handover/")
    assert NEXT in sheet
    assert "First of 1" not in sheet
    assert "Nobody else is on duty." in sheet

    answer = send(FIVE + 3 * MINUTE, rita, arrived, "handover/acceptance/")

    assert answer["Location"] == arrived.get_absolute_url()
    assert facts(arrived, "handover_accepted") == [{"by_work": False}]
    assert "case-handover" not in look(FIVE + 4 * MINUTE, rita, arrived)


def test_accepting_twice_leads_back_to_the_case_with_a_word(send, arrived, rita):
    """A reload of the answer sends nothing again."""
    send(FIVE + 3 * MINUTE, rita, arrived, "handover/acceptance/")

    again = send(FIVE + 4 * MINUTE, rita, arrived, "handover/acceptance/")

    assert (again.status_code, again["Location"]) == (302, arrived.get_absolute_url())
    assert [str(one) for one in get_messages(again.wsgi_request)][-1] == (
        "No handover of this case waits to be accepted."
    )


@pytest.mark.clause("C-FTS-01", "C-STF-02")
def test_others_see_that_it_waits_and_only_a_manager_accepts_in_their_place(
    look, send, arrived, second_engineer, support_manager
):
    page = look(FIVE + 12 * MINUTE, second_engineer, arrived)
    assert "This case came to Rita Alvarez with the sun" in page
    assert "The manager on call has been told. Acceptance:" in page
    assert "Accept for" not in page
    assert send(FIVE + MINUTE, second_engineer, arrived, "handover/acceptance/").status_code == 403

    assert "Accept for Rita Alvarez" in look(FIVE + 12 * MINUTE, support_manager, arrived)
    assert send(FIVE + 12 * MINUTE, support_manager, arrived, "handover/acceptance/").status_code == 302


def test_the_log_tells_the_desk_everything_and_the_customer_whom_to_contact(look, arrived, engineer, technical_contact):
    desk = look(FIVE + MINUTE, engineer, arrived)
    customer = look(FIVE + MINUTE, technical_contact, arrived)

    assert "Handed over to Rita Alvarez" in desk
    assert "Handover sheet completed" in desk
    assert "is your engineer from now on (the work goes on around the clock)" in customer
    assert NEXT not in customer
    assert "On shift." not in customer


def test_changes_of_hands_in_a_row_are_one_line_for_the_customer_that_opens(
    look, arrived, engineer, rita, technical_contact
):
    operations.hand_over(arrived, engineer, at=FIVE + HOUR, change=FIVE + HOUR, why=["On shift."])
    operations.hand_over(arrived, rita, at=FIVE + 2 * HOUR, change=FIVE + 2 * HOUR, why=["On shift."])
    operations.reply(arrived, "The array is rebuilt.", by=rita, at=FIVE + 3 * HOUR)
    operations.hand_over(arrived, engineer, at=FIVE + 4 * HOUR, change=FIVE + 4 * HOUR, why=["On shift."])

    customer = look(FIVE + 5 * HOUR, technical_contact, arrived)
    desk = look(FIVE + 5 * HOUR, engineer, arrived)

    log = customer.partition('id="case-timeline"')[2]
    assert log.count("is your engineer from now on") == 4
    assert log.count("<details>") == 1
    assert "<summary>and 2 earlier changes</summary>" in log
    folded, rest = log.partition("<details>")[2].split("</details>", 1)
    assert folded.count("is your engineer from now on") == 2
    assert "The array is rebuilt." in rest
    assert "earlier change" not in desk


# The exception


@pytest.mark.clause("C-FTS-01")
def test_a_manager_puts_a_case_on_the_sun_and_takes_it_back(look, send, case_in, support_manager, engineer):
    case = case_in(Status.IN_PROGRESS, severity=Severity.TWO)
    assert "Put it on the sun" not in look(NOON + HOUR, engineer, case)
    assert "Put it on the sun" in look(NOON + HOUR, support_manager, case)

    assert send(NOON + HOUR, support_manager, case, "sun/", reason="Their fair opens.").status_code == 302
    page = look(NOON + HOUR, support_manager, case)
    assert "on the sun" in page
    assert send(NOON + HOUR, support_manager, case, "sun/end/", reason="It is over.").status_code == 302

    assert kinds(case)[-2:] == ["put_on_sun", "taken_off_sun"]


def test_why_is_asked_next_to_the_field(send, case_in, support_manager):
    answer = send(NOON + HOUR, support_manager, case_in(Status.IN_PROGRESS), "sun/", reason="")

    assert answer.status_code == 422
    assert "Please write a few words here." in answer.content.decode()


# In flight


@pytest.mark.clause("C-FTS-04", "C-FTS-01")
def test_the_sun_page_shows_the_way_of_each_case_around_the_world(browse, arrived, rita, support_manager, case_in):
    _, exception = (case_in(Status.IN_PROGRESS, severity=Severity.TWO) for _ in range(2))
    operations.put_on_sun(exception, by=support_manager, at=FIVE + MINUTE, reason="Their fair opens.")

    with freeze_time(FIVE + 2 * MINUTE):
        answer = browse(rita).get("/desk/sun/")

    flights = {one.case: one for one in answer.context["flights"]}
    assert flights.keys() == {arrived, exception}
    way = [(leg.place, leg.person.name) for leg in flights[arrived].legs]
    assert way == [("Cambridge", "Lena Vogt"), ("Denver", "Rita Alvarez")]
    stands = flights[arrived]
    assert (stands.note, stands.since, stands.next) == (
        "not accepted yet",
        "since 10:00 MST",
        "Cambridge at 18:00 MST",
    )


@pytest.mark.clause("C-FTS-01")
def test_a_case_put_on_the_sun_while_its_engineer_is_off_duty_goes_at_once(browse, urgent, support_manager, case_in):
    exception = case_in(Status.IN_PROGRESS, severity=Severity.TWO)
    sun_moves.move_due(FIVE)
    operations.put_on_sun(exception, by=support_manager, at=FIVE + MINUTE, reason="Their fair opens.")

    def flight(when):
        with freeze_time(when):
            flights = browse(support_manager).get("/desk/sun/").context["flights"]
        return next((one.next, one.note) for one in flights if one.case == exception)

    before = flight(FIVE + 2 * MINUTE)
    sun_moves.bring_strays(FIVE + 2 * MINUTE)

    assert before == ("Denver now", "to be handed over now")
    assert flight(FIVE + 3 * MINUTE) == ("Cambridge at 01:00 GMT", "not accepted yet")


@pytest.mark.parametrize(
    ("when", "note"),
    [(NOON + HOUR, "sheet opens at 16:15 GMT"), (FIVE - 20 * MINUTE, "sheet not started")],
)
def test_the_sun_page_says_how_the_handover_stands(browse, urgent, engineer, when, note):
    with freeze_time(when):
        answer = browse(engineer).get("/desk/sun/")

    assert [one.note for one in answer.context["flights"]] == [note]


# What people are told


@pytest.fixture
def letter(arrived):
    def written(template, reader, kind="handed_over"):
        event = arrived.events.get(kind=kind)
        return letters.write(template, Matter(event, template, reader, FIVE + DAY))

    return written


@pytest.mark.clause("C-RAS-02")
def test_the_customer_reads_whom_to_contact_and_how(letter, technical_contact):
    told = letter(Template.HANDED_OVER, technical_contact)

    assert told.lead == "From now on please contact Rita Alvarez, support engineer in Denver."
    assert told.next == "Lena Vogt goes off duty, and the work goes on. Everything written on the case stays with it."
    assert any("+44 1223 555 000" in item for item in told.parts[0].items)
    assert "On shift." not in str(told)


def test_the_incoming_engineer_reads_why_and_where_to_accept(letter, rita):
    told = letter(Template.HANDED_TO_YOU, rita)

    assert told.parts[0].items[0] == "On shift."
    assert told.links[0].url.endswith("/handover/")
    assert "After 10 minutes" in told.lead
