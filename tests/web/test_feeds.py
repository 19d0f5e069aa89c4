"""Rosters for calendar programs: what stands in them, and that only the holder of the secret reads them."""

import hashlib
import logging
import re
from datetime import UTC, date, datetime, time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from accounts import feeds
from accounts.enums import AbsenceReason, Layer, StaffRole
from accounts.feeds import Event
from accounts.models import Absence, OnCall, Region, RosterEntry, RosterFeed, StaffProfile, Swap, User
from cases.enums import Severity, Status
from supportportal.logs import JsonLines, PlainLines, without_tokens
from tests.cast import DAY, HOUR, NOON, make_staff, refused
from tests.rfc5545 import events, read
from tests.web.conftest import LATER
from web.feeds import ical

PAGE = "/desk/rosters/calendar/"
THURSDAY = date(2026, 3, 5)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of that March, in London and in UTC until its last Sunday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def entry(engineer, emea_center) -> RosterEntry:
    """Thursdays from nine to five in Cambridge, for four weeks."""
    return RosterEntry.objects.create(
        user=engineer,
        center=emea_center,
        weekdays=[3],
        opens=time(9),
        closes=time(17),
        from_on=THURSDAY,
        until_on=THURSDAY + 27 * DAY,
    )


@pytest.fixture
def address(at_one, engineer) -> str:
    return reverse("roster_calendar", args=[feeds.make(engineer, at=LATER)])


def listed(client: Client, address: str) -> list[tuple[str, datetime, datetime]]:
    return list(events(client.get(address).content))


# What stands in it


@pytest.mark.clause("C-FTS-04")
def test_shifts_turns_and_absences_stand_in_it_as_they_really_are(client, address, entry, engineer, second_engineer):
    """The second Thursday is swapped away, the third is cut by an absence, and clocks change before the fourth."""
    Swap.objects.create(entry=entry, on=THURSDAY + 7 * DAY, user=second_engineer, reason="A wedding.")
    Absence.objects.create(
        user=engineer, reason=AbsenceReason.SICK, substitute=second_engineer, starts_at=at(19, 12), ends_at=at(20, 12)
    )
    emea = Region.objects.get(code="emea")
    OnCall.objects.create(user=engineer, duty=Layer.ENGINEER, starts_at=at(7, 6), ends_at=at(9, 6))
    OnCall.objects.create(user=second_engineer, duty=Layer.ENGINEER, region=emea, starts_at=at(7, 6), ends_at=at(9, 6))

    assert listed(client, address) == [
        ("Shift, Cambridge", at(5, 9), at(5, 17)),
        ("Engineer on call, everywhere", at(7, 6), at(9, 6)),
        ("Shift, Cambridge", at(19, 9), at(19, 12)),
        ("Away", at(19, 12), at(20, 12)),
        ("Shift, Cambridge", at(26, 9), at(26, 17)),
    ]


@pytest.mark.clause("C-FTS-04")
def test_a_substitute_finds_what_there_is_to_take_over(client, at_one, entry, engineer, second_engineer):
    Absence.objects.create(
        user=engineer, reason=AbsenceReason.SICK, substitute=second_engineer, starts_at=at(19, 12), ends_at=at(20, 12)
    )
    Swap.objects.create(entry=entry, on=THURSDAY + 7 * DAY, user=second_engineer, reason="A wedding.")
    RosterEntry.objects.create(
        user=second_engineer,
        center=entry.center,
        weekdays=[0],
        opens=time(22),
        closes=time(6),
        from_on=date(2026, 3, 9),
        until_on=date(2026, 3, 9),
    )

    token = feeds.make(second_engineer, at=LATER)

    assert listed(client, reverse("roster_calendar", args=[token])) == [
        ("Shift, Cambridge", at(9, 22), at(10, 6)),
        ("Shift, Cambridge", at(12, 9), at(12, 17)),
        ("Shift, Cambridge", at(19, 12), at(19, 17)),
    ]


def test_daylight_saving_moves_the_instants_of_a_shift(client, address, entry):
    entry.until_on = date(2026, 4, 2)
    entry.save()

    assert [begins for _, begins, _ in listed(client, address)][-2:] == [
        at(26, 9),
        datetime(2026, 4, 2, 8, tzinfo=UTC),
    ]


def test_it_reaches_four_weeks_back_and_half_a_year_ahead(client, address, entry):
    entry.from_on, entry.until_on = date(2025, 1, 1), None
    entry.save()

    found = [begins for _, begins, _ in listed(client, address)]

    assert (found[0].date(), found[-1].date()) == (date(2026, 2, 5), date(2026, 8, 27))


def test_no_case_and_no_illness_stands_in_it(client, address, entry, case_in, engineer):
    case = case_in(Status.IN_PROGRESS, severity=Severity.ONE)
    Absence.objects.create(user=engineer, reason=AbsenceReason.SICK, starts_at=at(19, 0), ends_at=at(20, 0))

    text = client.get(address).content.decode()

    assert "SUMMARY:Away" in text
    assert not [word for word in (case.number, case.subject, "Granite", "Sick", "sick") if word in text]


def test_a_name_that_is_written_to_break_the_format_stays_a_name(client, address, entry, engineer):
    """And a long one is folded between its characters."""
    hostile = "Ł; BEGIN:VEVENT, \\n END:VCALENDAR\r\nATTACH:x " + "ćwierć" * 12
    User.objects.filter(pk=engineer.pk).update(name=hostile)

    calendar = read(client.get(address).content)

    assert calendar["X-WR-CALNAME"] == f"Roster of {hostile}".replace("\r", " ")
    assert {part.name for part in calendar.parts} == {"VEVENT"}


# icalendar writes a backslash before an N as the line break that they stand for in RFC 5545.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n;,\\"), max_size=200).filter(
    lambda text: "\\N" not in text
)


@given(title=texts, place=texts, note=texts)
def test_any_words_survive_being_written_and_read(title, place, note):
    event = Event("0" * 32, "Shift", title, place, note, True, NOON, NOON + HOUR)

    [part] = read(ical.written("Roster", [event], feeds.revise({}, [event], NOON))).parts

    assert part["SUMMARY"] == title
    assert (part.get("LOCATION") or "", part.get("DESCRIPTION") or "") == (place, note)


# What a program is told of changes


def test_uids_stay_and_only_what_changed_says_so(client, address, entry, engineer):
    absence = Absence.objects.create(
        user=engineer, reason=AbsenceReason.HOLIDAY, starts_at=at(14, 0), ends_at=at(15, 0)
    )
    first = {one["UID"]: one for one in read(client.get(address).content).parts}

    absence.starts_at -= DAY
    absence.save()
    with freeze_time(LATER + HOUR):
        second = {one["UID"]: one for one in read(client.get(address).content).parts}

    assert first.keys() == second.keys()
    assert {one["SEQUENCE"] for one in first.values()} == {"0"}
    changed = {uid for uid in first if first[uid].properties != second[uid].properties}
    assert [(second[uid]["SUMMARY"], second[uid]["SEQUENCE"]) for uid in changed] == [("Away", "1")]
    assert {second[uid].moment("LAST-MODIFIED") for uid in changed} == {LATER + HOUR}
    assert {second[uid].moment("LAST-MODIFIED") for uid in first.keys() - changed} == {LATER}


def test_who_has_it_already_is_told_so_and_gets_nothing_twice(client, address, entry, monkeypatch):
    first = client.get(address)
    monkeypatch.setattr(ical, "written", None)  # would fail

    with CaptureQueriesContext(connection) as queries:
        again = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == first["Cache-Control"] == "private, no-cache"
    assert not [one for one in queries if one["sql"].startswith(("INSERT", "UPDATE"))]
    assert len(queries) <= 12


def test_a_change_makes_the_copy_old(client, address, entry):
    first = client.get(address)
    entry.opens = time(10)
    entry.save()

    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_it_costs_the_same_for_one_person_and_for_fifty_entries(client, address, entry, second_engineer):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    statements()
    one = statements()
    RosterEntry.objects.bulk_create(
        RosterEntry(
            user=second_engineer, center=entry.center, weekdays=[0], opens=time(1), closes=time(2), from_on=THURSDAY
        )
        for _ in range(50)
    )

    assert statements() == one


def test_it_says_what_it_is(client, address, entry):
    answer, head = client.get(address), client.head(address)

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'inline; filename="roster.ics"'
    assert not answer.cookies
    assert (head.status_code, head.content) == (200, b"")


# The secret


def test_only_its_hash_is_kept(engineer):
    token = feeds.make(engineer, at=NOON)

    stored = RosterFeed.objects.get()
    assert stored.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert len(token) >= 43
    assert token not in str(RosterFeed.objects.values().get())


@pytest.mark.parametrize("how", ["revoked", "replaced", "off", "no longer staff", "unknown"])
def test_a_secret_that_is_worth_nothing_answers_like_any_address_that_is_not_there(client, address, engineer, how):
    assert client.get(address).status_code == 200
    if how == "revoked":
        assert feeds.revoke(engineer)
    elif how == "replaced":
        feeds.make(engineer, at=LATER)
    elif how == "off":
        User.objects.filter(pk=engineer.pk).update(is_active=False)
    elif how == "no longer staff":
        StaffProfile.objects.filter(user=engineer).delete()
    else:
        address = reverse("roster_calendar", args=["x" * 43])

    refusal, nothing = client.get(address), client.get("/rosters/nothing/here/")

    assert (refusal.status_code, nothing.status_code) == (404, 404)
    assert refusal.content == nothing.content


def test_customers_get_no_address(technical_contact):
    with refused("not_staff"):
        feeds.make(technical_contact, at=NOON)


def test_an_address_takes_no_other_method(client, address):
    assert {client.generic(method, address).status_code for method in ("POST", "PUT", "DELETE")} == {405}


def test_guessing_is_slowed_down_by_where_it_comes_from_and_asking_by_the_calendar(client, address):
    guesses = [client.get(f"/rosters/{number}.ics").status_code for number in range(31)]

    assert guesses == [404] * 30 + [429]
    refusal = client.get(address)
    assert (refusal.status_code, refusal["Retry-After"]) == (429, "60")
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert [elsewhere.get(address).status_code for _ in range(31)] == [200] * 30 + [429]

    with freeze_time(LATER + 2 * HOUR):
        assert client.get(address).status_code == 200


def test_counting_goes_on_when_the_cache_is_emptied(client, address):
    client.get("/rosters/nothing.ics")
    cache.clear()

    assert client.get("/rosters/nothing.ics").status_code == 404


@pytest.mark.parametrize("lines", [JsonLines(), PlainLines()], ids=["json", "plain"])
def test_no_line_of_a_log_holds_the_secret(client, address, lines, caplog, monkeypatch):
    """An error names the address of its page, and Django's own server names every one."""
    token = re.search(r"rosters/(.+)\.ics", address)[1]
    monkeypatch.setattr(feeds, "events_of", None)
    client.raise_request_exception = False

    assert client.get(address).status_code == 500
    Client(enforce_csrf_checks=True).post(address)

    told = [lines.format(record) for record in caplog.records]
    assert any("/rosters/[token]" in line for line in told)
    assert token not in str(told)
    served = logging.LogRecord("django.server", logging.INFO, "", 0, '"GET %s HTTP/1.1" 200', (address,), None)
    assert lines.format(served).count("/rosters/[token]") == 1
    assert logging.getLogger("django.server").handlers == []


def test_the_pages_of_rosters_keep_their_address_in_the_log():
    assert without_tokens("/desk/rosters/absences/new/") == "/desk/rosters/absences/new/"


# The page


def test_an_address_is_made_shown_once_replaced_and_revoked(at_one, browse, client, engineer, entry):
    mine = browse(engineer)
    assert "No program reads your roster now." in mine.get(PAGE).content.decode()

    made = mine.post(PAGE, {"make": "1"}, follow=True)

    first = made.context["link"]
    assert made.redirect_chain == [(PAGE, 302)]
    assert f">{first}</textarea>" in made.content.decode()
    assert client.get(_path(first)).status_code == 200
    again = mine.get(PAGE).content.decode()
    assert "It is not shown again." in again
    assert _path(first) not in again

    second = mine.post(PAGE, {"make": "1"}, follow=True).context["link"]
    assert (client.get(_path(first)).status_code, client.get(_path(second)).status_code) == (404, 200)

    assert mine.post(PAGE, {"revoke": "1"})["Location"] == PAGE
    assert client.get(_path(second)).status_code == 404
    assert not RosterFeed.objects.exists()


def test_loading_the_page_again_that_showed_an_address_makes_no_other(at_one, browse, client, engineer, entry):
    mine = browse(engineer)
    shown = mine.post(PAGE, {"make": "1"}, follow=True)
    link = shown.context["link"]

    again = mine.generic(shown.request["REQUEST_METHOD"], shown.request["PATH_INFO"])

    assert again.context["link"] == ""
    assert client.get(_path(link)).status_code == 200


def test_the_address_on_its_way_to_its_page_is_for_its_owner_and_that_page_alone(at_one, browse, engineer, entry):
    mine, other = browse(engineer), browse(make_staff("Tom Ash", StaffRole.SUPPORT_ENGINEER))
    mine.post(PAGE, {"make": "1"})
    cookie = mine.cookies["made_roster_address"]

    other.cookies["made_roster_address"] = cookie.value

    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (PAGE, True, "Strict", 60)
    assert other.get(PAGE).context["link"] == ""


def test_the_profile_leads_staff_to_their_calendar(at_one, browse, engineer, technical_contact):
    staff, customer = (
        browse(one).get(reverse("preferences")).content.decode() for one in (engineer, technical_contact)
    )

    assert staff.count(f'href="{PAGE}"') == 2  # in the menu and on the page
    assert PAGE not in customer


def _path(link: str) -> str:
    return "/" + link.split("/", 3)[3]


@pytest.mark.clause("C-STF-02")
def test_the_page_is_for_staff_and_about_the_own_roster_alone(
    at_one, browse, technical_contact, engineer, support_manager
):
    assert browse(technical_contact).get(PAGE).status_code == 404
    assert browse(technical_contact).post(PAGE, {"make": "1"}).status_code == 404
    browse(support_manager).post(PAGE, {"make": "1"})

    assert list(RosterFeed.objects.values_list("user", flat=True)) == [support_manager.pk]
    assert browse(engineer).get("/desk/rosters/").content.decode().count(PAGE) == 2
