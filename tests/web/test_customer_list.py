"""My cases: what a customer finds there, in which order, and what it costs."""

import pytest

from accounts.enums import CaseSight
from cases import operations
from cases.enums import Severity, Status
from tests.cast import DAY, HOUR, MINUTE, NOON, contact_of
from web.customer import listing

pytestmark = pytest.mark.usefixtures("at_one")


def numbers(response) -> list[str]:
    """The cases of the list, in its order."""
    return [row.number for _, rows in response.context["listing"].groups for row in rows]


@pytest.mark.clause("C-TRK-01")
def test_the_list_shows_whose_turn_it_is_before_the_next_deadline(browse, technical_contact, case_in):
    slow = case_in(Status.IN_PROGRESS, severity=Severity.FOUR)
    urgent = case_in(Status.RECEIVED, severity=Severity.ONE)
    asked = case_in(Status.WAITING_FOR_CUSTOMER)

    response = browse(technical_contact).get("/cases/")

    assert numbers(response) == [asked.number, urgent.number, slow.number]
    assert "One case waits for you, two are with us." in response.content.decode()


def test_a_card_shows_how_much_of_the_time_is_used(browse, technical_contact, open_case):
    open_case(severity=Severity.TWO)

    assert 'aria-label="50 percent of the time is used"' in browse(technical_contact).get("/cases/").content.decode()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("open", {"mine", "theirs"}),
        ("yours", {"mine"}),
        ("ours", {"theirs"}),
        ("closed", {"closed"}),
        ("all", {"mine", "theirs", "closed"}),
        ("nonsense", {"mine", "theirs"}),
    ],
)
def test_the_list_is_narrowed_by_state(browse, technical_contact, case_in, state, expected):
    cases = {
        "mine": case_in(Status.CLOSURE_PROPOSED),
        "theirs": case_in(Status.QUEUED),
        "closed": case_in(Status.CLOSED),
    }

    response = browse(technical_contact).get("/cases/", {"state": state})

    assert set(numbers(response)) == {cases[name].number for name in expected}


def test_a_case_is_found_by_its_number_and_by_words_of_its_subject(browse, technical_contact, open_case):
    wanted = open_case(subject="Console stays black for encrypted guests")
    open_case(subject="Backup pauses hosts")
    client = browse(technical_contact)

    by = {
        text: numbers(client.get("/cases/", {"q": text}))
        for text in (
            wanted.number[:7],
            "black console",
            "ENCRYPTED",
            "black backup",
        )
    }

    assert by == {text: [] if text == "black backup" else [wanted.number] for text in by}


def test_a_whole_number_leads_to_its_case_in_any_state(browse, technical_contact, case_in):
    closed = case_in(Status.CLOSED)
    client = browse(technical_contact)

    answers = [client.get("/cases/", {"q": text}) for text in (closed.number, closed.number.replace("-", ""))]

    assert [answer["Location"] for answer in answers] == [closed.get_absolute_url()] * 2


def test_the_number_of_a_foreign_case_finds_nothing(browse, tokyo_contact, case_in):
    response = browse(tokyo_contact).get("/cases/", {"q": case_in(Status.CLOSED).number})

    assert "No case fits" in response.content.decode()


def test_words_that_fit_only_closed_cases_say_so_and_lead_there(browse, technical_contact, case_in):
    closed = case_in(Status.CLOSED, subject="Console stays black")
    client = browse(technical_contact)

    pages = {state: client.get("/cases/", {"q": "black", "state": state}) for state in ("open", "yours", "closed")}
    there = client.get(f"/cases/{pages['open'].context['elsewhere'][0][1]}")

    assert ">1 closed case fits</a>" in pages["open"].content.decode()
    assert ">1 closed case fits</a>" in pages["yours"].content.decode()
    assert pages["closed"].context["elsewhere"] == []
    assert numbers(there) == [closed.number]


@pytest.mark.clause("C-TRK-01")
def test_what_waits_longest_for_the_customer_stands_first(browse, technical_contact, case_in):
    late = case_in(Status.WAITING_FOR_CUSTOMER, at=NOON + 10 * MINUTE)
    early = case_in(Status.CLOSURE_PROPOSED)

    response = browse(technical_contact).get("/cases/")

    assert numbers(response) == [early.number, late.number]


def test_a_search_that_finds_nothing_says_so_and_leads_on(browse, technical_contact, open_case):
    open_case()

    page = browse(technical_contact).get("/cases/", {"q": "no such words"}).content.decode()

    assert "No case fits" in page
    assert "Show all cases" in page


@pytest.mark.parametrize("text", ["x" * 10_000, "nul\x00byte", "<script>alert(1)</script>", "%_\\'\"", "\u202eevil"])
def test_hostile_searches_find_nothing_and_break_nothing(browse, technical_contact, open_case, text):
    open_case()

    response = browse(technical_contact).get("/cases/", {"q": text, "after": text, "organization": text[:50]})

    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


@pytest.mark.clause("C-PAR-03", "C-PAR-04")
def test_a_third_party_sees_for_whom_each_case_is_and_can_choose(
    browse, third_party, technical_contact, open_case, aberdeen, tokyo, new_york, new_york_contact
):
    ours = open_case(by=third_party)
    theirs = open_case(tokyo, by=third_party)
    foreign = open_case(new_york, by=new_york_contact)
    client = browse(third_party)

    both = client.get("/cases/")
    one = client.get("/cases/", {"organization": tokyo.org_id})

    assert set(numbers(both)) == {ours.number, theirs.number}
    assert {row.organization for _, rows in both.context["listing"].groups for row in rows} == {
        "Granite Harbor Energy",
        "Kaede Mobility",
    }
    assert foreign.number not in both.content.decode()
    assert numbers(one) == [theirs.number]
    seen_by_customer = browse(technical_contact).get("/cases/").content.decode()
    assert "opened by Marta Puig of Tramontana IT for Granite Harbor Energy" in seen_by_customer


@pytest.mark.clause("C-CON-01")
def test_a_renewal_contact_sees_no_case_and_learns_who_does(browse, renewal_contact, open_case):
    open_case()

    page = browse(renewal_contact).get("/cases/").content.decode()

    assert "Technical contacts of your organization open and follow cases." in page
    assert "New case</a></div>" not in page


def test_a_contact_of_own_sight_sees_only_its_own(browse, own_sight_contact, open_case):
    open_case()
    own = open_case(by=own_sight_contact)

    assert contact_of(own_sight_contact, own.organization).sees == CaseSight.OWN
    assert numbers(browse(own_sight_contact).get("/cases/")) == [own.number]


@pytest.mark.clause("C-RPN-01")
def test_a_closed_case_says_until_when_it_can_be_reopened(browse, technical_contact, case_in):
    case_in(Status.CLOSED, at=NOON - DAY)

    page = browse(technical_contact).get("/cases/").content.decode()

    assert "Can be reopened until" in page
    assert "Thu 2 Apr, 23:59 BST" in page


@pytest.mark.parametrize("state", ["open", "all"])
def test_pages_go_on_by_key_and_show_every_case_once(browse, technical_contact, open_case, monkeypatch, state):
    monkeypatch.setattr(listing, "PAGE", 2)
    opened = [open_case(at=NOON + place * MINUTE, severity=Severity(1 + place % 4)) for place in range(5)]
    operations.reply_as_customer(opened[3], "More.", by=technical_contact, at=NOON + HOUR)
    client = browse(technical_contact)
    address, seen, pages = f"/cases/?state={state}", [], 0

    while address:
        response = client.get(address)
        seen += numbers(response)
        pages += 1
        more = response.context["listing"].more
        address = f"/cases/{more}" if more else ""

    assert pages == 3
    assert sorted(seen) == sorted(case.number for case in opened)


@pytest.mark.parametrize("state", ["open", "all"])
def test_a_case_that_moves_between_two_pages_hides_no_other(
    browse, technical_contact, engineer, case_in, monkeypatch, state
):
    monkeypatch.setattr(listing, "PAGE", 2)
    cases = [case_in(Status.IN_PROGRESS, at=NOON + place * MINUTE) for place in range(5)]
    client = browse(technical_contact)
    first = client.get("/cases/", {"state": state})
    last_shown = next(case for case in cases if case.number == numbers(first)[-1])

    operations.reply(last_shown, "Which host?", by=engineer, at=NOON + HOUR, waiting=True)
    rest = client.get(f"/cases/{first.context['listing'].more}")

    left = {case.number for case in cases} - set(numbers(first))
    assert len(numbers(rest)) == 2
    assert set(numbers(rest)) <= left


@pytest.mark.parametrize("after", ["nonsense", "1~2026-03-04T12:00:00~1", "1~2", f"0~2026-03-04T12:00:00Z~{'9' * 40}"])
def test_a_place_that_is_none_begins_anew(browse, technical_contact, open_case, after):
    case = open_case()

    assert numbers(browse(technical_contact).get("/cases/", {"after": after})) == [case.number]


def test_who_is_not_signed_in_is_asked_to(client):
    response = client.get("/cases/")

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_staff_find_cases_at_their_desk(browse, engineer):
    assert browse(engineer).get("/cases/")["Location"] == "/desk/"
