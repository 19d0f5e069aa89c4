"""The readings of unclear clauses about time, A-07 to A-14: one table each, told as stories of one week in London.

Moments are local times from Monday 12 January 2026 on; each row ends with what the clock comes to.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from sla.clock import Basis
from sla.simulation import Terms, simulate
from sla.stories import read_story
from sla.story_answers import as_data
from tests.sla.stories import STANDARD

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONDON = {
    "zone": "Europe/London",
    "hours": {"weekly": {f"{day}day": [["08:00", "18:00"]] for day in ("mon", "tues", "wednes", "thurs", "fri")}},
}
TOKYO = LONDON | {"zone": "Asia/Tokyo"}
HOLIDAY = {"zone": "Europe/London", "hours": {**LONDON["hours"], "holidays": {"2026-01-13": "Fair"}}}
HALF = {"name": "Half", "targets": {str(one): {"minutes": 60, "hours": "business"} for one in range(1, 5)}}


def moment(words: str) -> str:
    """ "Tue 10:00", and "35 10:00" for the 35th day after that Monday."""
    day, clock = words.split()
    count = DAYS.index(day) if day in DAYS else int(day)
    return f"{datetime(2026, 1, 12, tzinfo=UTC) + timedelta(days=count):%Y-%m-%d}T{clock}"


def at(when: str, fact: str, **data) -> dict:
    return {"at": moment(when), "fact": fact, **data}


def known(account, plan, on) -> Terms:
    return Terms(Basis(plan.promises or STANDARD, account.hours), plan.name, "London", account.names)


def told(*facts: dict, until: str = "") -> dict:
    story = {
        "organization": LONDON,
        "facts": [at("Mon 09:00", "received", severity=3, phone="+44 20 5550 100"), *facts],
    }
    if until:
        story["until"] = moment(until)
    return as_data(simulate(read_story(json.dumps(story)), known))


def firsts(answer: dict) -> list[dict]:
    return [one for one in answer["milestones"] if one["kind"] == "first_response"]


def due(milestone: dict) -> str:
    """When it is due, as the rows of a table tell it."""
    if milestone["due_at"] is None:
        return "held"
    local = datetime.fromisoformat(milestone["due_at"])
    return f"{DAYS[local.weekday()]} {local:%H:%M}"


VERIFIED, TAKEN = at("Mon 09:05", "verified"), at("Mon 09:10", "assigned")


@pytest.mark.clause("C-SLA-03")
@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([], id="nobody has looked yet"),
        pytest.param([at("Mon 16:00", "verified")], id="verified late"),
        pytest.param([at("Mon 09:30", "verified"), at("Mon 16:00", "assigned")], id="taken late"),
    ],
)
def test_a07_the_clock_starts_at_receipt_whatever_is_checked_afterwards(facts):
    (first,) = firsts(told(*facts))

    assert (due(first), first["explanation"]["headline"].split(" from ")[1][:7]) == ("Mon 17:00", "receipt")


@pytest.mark.parametrize(
    ("facts", "until", "comes_to", "told_so"),
    [
        pytest.param(
            [at("Mon 10:00", "replied", by="customer_service", waiting=True)], "", "Mon 17:00", "", id="a wait"
        ),
        pytest.param(
            [at("Mon 10:00", "held"), at("Mon 12:00", "resumed")],
            "",
            "Tue 09:00",
            "paused (the contact cannot be reached), 2 h not counted",
            id="a hold",
        ),
        pytest.param(
            [at("Mon 10:00", "held")], "Mon 12:00", "held", "left for when the hold ends", id="while it lasts"
        ),
        pytest.param(
            [at("Mon 10:00", "held"), at("Mon 11:00", "answered")], "", "Mon 18:00", "paused", id="the contact is heard"
        ),
        pytest.param(
            [at("Mon 17:30", "held"), at("Tue 09:00", "resumed")], "", "Mon 17:00", "", id="a hold after the miss"
        ),
    ],
)
def test_a08_only_the_one_hold_stops_a_first_response(facts, until, comes_to, told_so):
    (first,) = firsts(told(VERIFIED, *facts, until=until))

    assert due(first) == comes_to
    assert any(told_so in row[1] for row in first["explanation"]["rows"])


@pytest.mark.clause("C-SEV-04")
@pytest.mark.parametrize(
    ("agreed", "lowered", "comes_to", "state"),
    [
        pytest.param(2, 3, "Mon 17:00", "running", id="the original start and the new target"),
        pytest.param(1, 2, "Mon 11:11", "running", id="since the raise, where that stays"),
    ],
)
def test_a09_a_lowered_severity_counts_from_the_original_start(agreed, lowered, comes_to, state):
    (first,) = firsts(
        told(
            VERIFIED,
            TAKEN,
            at("Mon 09:11", "severity_proposed", severity=agreed),
            at("Mon 09:12", "severity_agreed", severity=agreed),
            at("Mon 09:20", "severity_reduced", severity=lowered),
        )
    )

    assert (due(first), first["state"]) == (comes_to, state)
    assert "lowered to" in first["explanation"]["changes"][-1]


@pytest.mark.clause("C-DOC-04", "C-FTS-03")
@pytest.mark.parametrize(
    ("change", "comes_to", "told_so"),
    [
        pytest.param({"plan": HALF}, "Mon 10:00", "1 business hour", id="a new version of the plan"),
        pytest.param({"organization": HOLIDAY}, "Mon 17:00", "8 business hours", id="a holiday that comes later"),
        pytest.param({"organization": TOKYO}, "Tue 07:00", "8 business hours", id="the organization moves"),
    ],
)
def test_a09_other_terms_count_anew_only_where_an_administrator_says_so(change, comes_to, told_so):
    (first,) = firsts(told(at("Mon 09:30", "recalculated", reason="As previewed", **change)))

    assert due(first) == comes_to
    assert "recalculated from its start (As previewed): " + told_so in first["explanation"]["changes"][0]


@pytest.mark.clause("C-DOC-04")
@pytest.mark.parametrize(
    "afterwards",
    [
        pytest.param(at("Mon 18:00", "severity_reduced", severity=4), id="lowered"),
        pytest.param(at("Mon 18:00", "recalculated", plan="longer"), id="another plan"),
        pytest.param(at("Mon 18:00", "recalculated", organization=TOKYO), id="another region"),
        pytest.param(at("Mon 18:00", "held"), id="held"),
        pytest.param(at("Mon 18:00", "replied"), id="answered"),
    ],
)
def test_a09_a_recorded_miss_stays_a_miss(afterwards):
    agreed = [at("Mon 09:11", "severity_proposed", severity=3), at("Mon 09:12", "severity_agreed", severity=3)]

    answer = told(VERIFIED, TAKEN, *agreed, afterwards, until="Wed 12:00")

    (first,) = firsts(answer)
    assert first["breached_at"] == first["due_at"] == "2026-01-12T17:00:00+00:00"
    assert first["state"] in ("breached", "late")
    assert [one["took_effect"] for one in answer["timers"] if one["kind"].endswith("breach")] == [True]


@pytest.mark.clause("C-SEV-01", "C-SEV-03")
@pytest.mark.parametrize(
    ("facts", "comes_to", "refused"),
    [
        pytest.param([at("Mon 10:00", "severity_proposed", severity=4)], "Mon 17:00", [], id="a lower wish of support"),
        pytest.param(
            [at("Mon 10:00", "severity_proposed", severity=2)], "Mon 12:00", [], id="a graver view of support"
        ),
        pytest.param(
            [at("Mon 10:00", "severity_proposed", by="contact", severity=2)], "Mon 12:00", [], id="a graver wish"
        ),
        pytest.param(
            [
                at("Mon 10:00", "severity_proposed", severity=2),
                at("Mon 10:10", "severity_proposed", severity=3),
            ],
            "Mon 17:00",
            [],
            id="up and agreed down again",
        ),
        pytest.param(
            [
                at("Mon 10:00", "severity_agreed", by="support_engineer", severity=3),
                at("Mon 10:10", "severity_proposed", by="contact", severity=1),
            ],
            "Mon 17:00",
            ["severity_not_lower"],
            id="never up once agreed",
        ),
    ],
)
def test_a10_the_graver_position_counts_until_both_agree(facts, comes_to, refused):
    answer = told(VERIFIED, TAKEN, *facts)

    assert due(firsts(answer)[0]) == comes_to
    assert [one["code"] for one in answer["refusals"]] == refused


@pytest.mark.clause("C-SEV-04")
@pytest.mark.parametrize(
    ("facts", "severity", "refused"),
    [
        pytest.param([at("Mon 11:00", "severity_proposed", severity=4)], 3, [], id="support asks"),
        pytest.param(
            [at("Mon 11:00", "severity_proposed", severity=4), at("Mon 11:05", "severity_agreed", severity=4)],
            4,
            [],
            id="the customer agrees",
        ),
        pytest.param([at("Mon 11:00", "severity_reduced", severity=4)], 4, [], id="a manager decides"),
        pytest.param([at("Mon 11:00", "severity_reduced", severity=2)], 3, ["severity_not_lower"], id="only downwards"),
    ],
)
def test_a11_who_may_lower_a_severity(facts, severity, refused):
    agreed = at("Mon 10:00", "severity_agreed", by="support_engineer", severity=3)

    answer = told(VERIFIED, TAKEN, agreed, *facts)

    assert (answer["severity"], [one["code"] for one in answer["refusals"]]) == (severity, refused)


@pytest.mark.clause("C-RPN-01", "C-RPN-02")
@pytest.mark.parametrize(
    ("when", "refused"),
    [
        pytest.param("30 23:59", [], id="the last minute of the 30th day"),
        pytest.param("31 00:00", ["reopen_window_over"], id="a minute later"),
    ],
)
def test_a13_thirty_days_end_with_the_thirtieth(when, refused):
    answer = told(VERIFIED, at("Mon 12:00", "closed"), at(when, "reopened"))

    assert [one["code"] for one in answer["refusals"]] == refused


@pytest.mark.clause("C-RPN-01")
@pytest.mark.parametrize(
    ("before", "states"),
    [
        pytest.param([at("Mon 10:00", "replied")], ["met", "running"], id="met"),
        pytest.param([at("Mon 17:30", "replied")], ["late", "running"], id="missed"),
        pytest.param([], ["stopped", "running"], id="withdrawn"),
    ],
)
def test_a14_a_reopened_case_has_a_fresh_clock_and_keeps_the_old_one(before, states):
    answer = told(
        VERIFIED,
        TAKEN,
        *before,
        at("Mon 17:40" if states[0] == "late" else "Mon 12:00", "closed"),
        at("Wed 09:00", "reopened"),
    )

    assert [one["state"] for one in firsts(answer)] == states
    assert due(firsts(answer)[1]) == "Wed 17:00"
    assert " from reopening " in firsts(answer)[1]["explanation"]["headline"]
