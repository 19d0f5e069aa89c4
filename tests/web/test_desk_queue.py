"""The queue of the desk: its order, its views, what it finds, and what it costs."""

import pytest

from cases.enums import Severity, Status
from tests.cast import MINUTE, NOON
from web.desk import queue

pytestmark = pytest.mark.usefixtures("at_one")


def numbers(response) -> list[str]:
    """The cases of the page, in its order."""
    return [row.number for _, rows in response.context["listing"].groups for row in rows]


def counts(response) -> dict[str, str]:
    """What stands beside each view."""
    return {f"{group}: {place.name}": place.count for group, places in response.context["menu"] for place in places}


def test_the_queue_begins_with_the_next_deadline(browse, engineer, case_in):
    slow = case_in(Status.QUEUED, severity=Severity.FOUR)
    urgent = case_in(Status.QUEUED, at=NOON + 50 * MINUTE, severity=Severity.ONE)
    answered = case_in(Status.WAITING_FOR_CUSTOMER)
    late = case_in(Status.QUEUED, severity=Severity.ONE)

    response = browse(engineer).get("/desk/?view=all")

    assert numbers(response) == [late.number, urgent.number, slow.number, answered.number]
    assert [name for name, _ in response.context["listing"].groups] == [
        "Past their deadline",
        "Due today",
        "Later",
        "Without a running clock",
    ]


def test_a_row_tells_its_deadline_in_utc_and_how_much_of_the_time_is_used(browse, engineer, case_in):
    engineer.zone = "Asia/Tokyo"
    engineer.save()
    case_in(Status.QUEUED, severity=Severity.TWO)

    page = browse(engineer).get("/desk/?view=all").content.decode()

    assert '<time datetime="2026-03-04T14:00:00Z">23:00 JST</time>' in page
    assert 'aria-label="50 percent of the time is used"' in page


def test_each_view_holds_its_cases_and_says_how_many(
    browse, engineer, second_engineer, case_in, tokyo, tokyo_contact, customer_service
):
    mine = case_in(Status.IN_PROGRESS)
    waiting = case_in(Status.WAITING_FOR_CUSTOMER)
    proposed = case_in(Status.CLOSURE_PROPOSED)
    nobodys = case_in(Status.QUEUED, severity=Severity.ONE)
    far = case_in(Status.QUEUED, organization=tokyo, by=tokyo_contact)
    case_in(Status.CLOSED)
    client = browse(engineer)

    shown = {view: set(numbers(client.get("/desk/", {"view": view}))) for view in ("", *queue.views_of(engineer, NOON))}

    near = {mine.number, waiting.number, proposed.number, nobodys.number}
    assert shown == {
        "": {mine.number, waiting.number, proposed.number},
        "mine": {mine.number, waiting.number, proposed.number},
        "my-waiting": {waiting.number},
        "my-proposed": {proposed.number},
        "unassigned": {nobodys.number},
        "region": near,
        "all": near | {far.number},
        "breached": {nobodys.number},
        "waiting": {waiting.number},
        "proposed": {proposed.number},
    }
    assert counts(client.get("/desk/")) == {
        "Mine: Mine, by next deadline": "3",
        "Mine: Waiting for the customer": "1",
        "Mine: Solution proposed": "1",
        "Team EMEA: Nobody’s yet": "1",
        "Team EMEA: Open in EMEA": "4",
        "World: Open in every region": "5",
        "World: Past their deadline": "1",
        "World: Waiting for the customer": "1",
        "World: Solution proposed": "1",
    }


def test_who_owns_no_cases_begins_with_the_region_or_the_world(browse, customer_service, administrator, case_in):
    case_in(Status.QUEUED)

    own_region = browse(customer_service).get("/desk/")
    no_region = browse(administrator).get("/desk/")

    assert own_region.context["view"].name == "Nobody’s yet"
    assert no_region.context["view"].name == "Open in every region"


def test_counts_stop_at_the_cap(browse, engineer, case_in, monkeypatch):
    monkeypatch.setattr(queue, "COUNT_CAP", 2)
    for _ in range(4):
        case_in(Status.QUEUED)

    assert counts(browse(engineer).get("/desk/"))["World: Open in every region"] == "2+"


def test_the_queue_is_narrowed_by_region_and_severity(browse, engineer, case_in, tokyo, tokyo_contact):
    case_in(Status.QUEUED)
    grave = case_in(Status.QUEUED, severity=Severity.TWO)
    far = case_in(Status.QUEUED, organization=tokyo, by=tokyo_contact, severity=Severity.TWO)
    client = browse(engineer)

    found = [
        set(numbers(client.get("/desk/", {"view": "all"} | narrowed)))
        for narrowed in ({"severity": "2"}, {"region": "apj"}, {"region": "emea", "severity": "2"}, {"region": "mars"})
    ]

    assert found == [{grave.number, far.number}, {far.number}, {grave.number}, set()]


def test_a_case_number_leads_to_its_case_and_words_find_closed_cases_too(browse, engineer, case_in):
    closed = case_in(Status.CLOSED, subject="Console stays black")
    client = browse(engineer)

    jumps = [client.get("/desk/", {"q": text})["Location"] for text in (closed.number, closed.number.replace("-", " "))]
    found = {q: numbers(client.get("/desk/", {"q": q})) for q in ("BLACK", "granite", "org-1001", "nothing")}

    assert jumps == [closed.get_absolute_url()] * 2
    assert found == {"BLACK": [closed.number], "granite": [closed.number], "org-1001": [closed.number], "nothing": []}


def test_the_queue_goes_on_by_key_and_shows_each_case_once(browse, engineer, case_in, monkeypatch):
    monkeypatch.setattr(queue, "PAGE", 2)
    cases = {case_in(Status.QUEUED).number for _ in range(3)} | {case_in(Status.WAITING_FOR_CUSTOMER).number}
    client = browse(engineer)

    seen, address = [], "?view=all"
    while address:
        response = client.get(f"/desk/{address}")
        seen += numbers(response)
        address = response.context["listing"].more

    assert len(seen) == 4
    assert set(seen) == cases


@pytest.mark.parametrize(
    "asked",
    [
        {"view": "nonsense"},
        {"after": "nonsense"},
        {"after": "2026-03-04T12:00:00~1"},
        {"after": "2026-03-04T12:00:00+00:00~-1"},
        {"after": f"2026-03-04T12:00:00+00:00~{'9' * 40}"},
        {"severity": "7"},
        {"severity": "one"},
        {"region": "x" * 5000},
        {"q": "x" * 5000},
        {"q": "nul\x00byte"},
        {"q": "<script>alert(1)</script>"},
    ],
    ids=repr,
)
def test_an_address_that_makes_no_sense_shows_a_queue_all_the_same(browse, engineer, case_in, asked):
    case_in(Status.QUEUED)

    response = browse(engineer).get("/desk/", asked)

    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_an_engineer_takes_a_waiting_case_from_the_queue_and_customer_service_does_not(
    browse, engineer, customer_service, case_in
):
    case = case_in(Status.QUEUED)
    unverified = case_in(Status.RECEIVED)

    offered = browse(engineer).get("/desk/?view=all").content.decode()

    assert f"{case.get_absolute_url()}acceptance/" in offered
    assert f"{unverified.get_absolute_url()}acceptance/" not in offered
    assert "Take it" not in browse(customer_service).get("/desk/?view=all").content.decode()


@pytest.mark.clause("C-STF-02")
@pytest.mark.parametrize("address", ["/desk/", "/desk/intake/", "/desk/cases/new/", "/desk/keys/"])
def test_the_desk_does_not_exist_for_customers(cast, browse, client, address):
    answers = {name: browse(user).get(address).status_code for name, user in cast.customers.items()}

    assert set(answers.values()) == {404}
    assert client.get(address)["Location"].startswith("/accounts/login/")


def test_everybody_of_support_sees_the_queue(cast, browse):
    answers = {name: browse(user).get("/desk/").status_code for name, user in cast.staff.items()}

    assert set(answers.values()) == {200}


def test_switching_the_keys_off_is_kept_on_the_device(browse, engineer):
    client = browse(engineer)
    assert "js/keys" in client.get("/desk/").content.decode()

    client.post("/desk/keys/", {"keys": "off"})
    off = client.get("/desk/").content.decode()
    client.post("/desk/keys/", {"keys": "on"})

    assert "js/keys" not in off
    assert "js/keys" in client.get("/desk/").content.decode()


@pytest.mark.parametrize(("address", "place"), [("/desk/?view=all", "desk-filter"), ("/desk/intake/", "<h1")])
def test_an_open_list_is_fetched_again_without_the_page_around_it(browse, customer_service, case_in, address, place):
    case, client = case_in(Status.RECEIVED), browse(customer_service)

    whole = client.get(address).content.decode()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert place in whole
    assert place not in part
    assert case.number in part


@pytest.mark.parametrize("words", ["isla", "isla.reid@example.com", "Vogt", "lena.vogt@example.com"])
def test_a_case_is_found_by_its_contact_and_its_owner(browse, engineer, case_in, words):
    case = case_in(Status.IN_PROGRESS)

    assert case.number in browse(engineer).get("/desk/", {"q": words}).content.decode()
    assert case.number not in browse(engineer).get("/desk/", {"q": "Somebody else"}).content.decode()
