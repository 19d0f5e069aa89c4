"""Stories: what would become of a case, and what is said of a story that is wrong."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import FrozenCalendar, HolidayImport
from cases.enums import Severity, Status
from cases.models import CaseEvent
from sla.queries import explanations
from sla.simulation import simulate
from sla.stories import read_story
from sla.story_answers import as_data
from sla.story_fields import StoryError
from sla.story_terms import look_up
from tests.cast import NOON

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "stories.md").read_text(encoding="utf-8"), re.DOTALL)
READY = sorted((ROOT / "web" / "desk" / "stories").glob("*.json"))
LONDON = {"region": "emea", "country": "GB", "zone": "Europe/London", "place": "Aberdeen"}

pytestmark = pytest.mark.django_db


def told(*facts: dict, **other) -> dict:
    text = json.dumps({"organization": LONDON, "facts": facts, **other})
    return as_data(simulate(read_story(text), look_up))


def at(clock: str, fact: str, **data) -> dict:
    """Something on Wednesday, 4 March 2026."""
    return {"at": f"2026-03-04T{clock}", "fact": fact, **data}


@pytest.mark.parametrize("text", [*DOCUMENTED, *(path.read_text(encoding="utf-8") for path in READY)])
def test_every_documented_and_every_ready_story_can_be_told(text):
    answer = as_data(simulate(read_story(text), look_up))

    assert answer["milestones"]
    assert json.loads(json.dumps(answer)) == answer


def test_a_story_ends_as_the_case_that_it_tells_of(case_in):
    case = case_in(Status.WAITING_FOR_CUSTOMER)
    facts = {"entitlement_verified": "verified", "assigned": "assigned", "replied": "replied", "received": "received"}
    story = []
    for event in case.events.order_by("seq"):
        data = {"severity": case.severity} if event.kind == "received" else {}
        data |= {"waiting": True} if event.kind == "replied" else {}
        story.append({"at": event.at.isoformat(), "fact": facts[event.kind], **data})

    answer = told(*story)

    (real,) = explanations(case, case.events.last().at)
    (simulated,) = answer["milestones"]
    assert simulated["explanation"]["headline"] == real.headline
    assert simulated["explanation"]["rows"] == [list(row) for row in (*real.rows, real.total)]
    assert (answer["status"], simulated["state"]) == (case.status, real.state)


def test_a_story_stores_nothing():
    before = FrozenCalendar.objects.count(), HolidayImport.objects.count(), CaseEvent.objects.count()

    told(at("12:00", "received", severity=3), until="2026-03-09T12:00")

    assert (FrozenCalendar.objects.count(), HolidayImport.objects.count(), CaseEvent.objects.count()) == before


@pytest.mark.clause("C-SLA-02")
def test_time_takes_effect_between_the_facts():
    answer = told(at("09:00", "received", severity=2), until="2026-03-04T12:00")

    assert [fact["fact"] for fact in answer["facts"]] == [
        "received",
        "first_response_warned",
        "first_response_warned",
        "first_response_breached",
    ]
    assert [timer["took_effect"] for timer in answer["timers"]] == [True, True, True]
    assert answer["milestones"][0]["breached_at"] == "2026-03-04T11:00:00+00:00"


@pytest.mark.clause("C-CLS-05")
def test_a_contact_that_never_answers_is_closed_by_time():
    days = ("2026-03-05", "2026-03-06", "2026-03-09")
    tries = [{"at": f"{day}T10:00", "fact": "attempted", "announces_closure": day == days[-1]} for day in days]
    opening = [at("09:00", "received", severity=3), at("09:05", "verified"), at("09:10", "assigned")]

    answer = told(*opening, at("09:30", "replied", waiting=True), *tries, until="2026-03-12T10:00")

    assert answer["status"] == "closed"
    assert answer["facts"][-1] == {"at": "2026-03-11T18:00:00+00:00", "fact": "closed", "by": "system"}


# Refusals


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        pytest.param([at("10:00", "assigned")], "not_verified", id="taken before the check"),
        pytest.param(
            [
                at("10:00", "severity_agreed", by="support_engineer", severity=3),
                at("10:05", "severity_proposed", by="contact", severity=2),
            ],
            "severity_not_lower",
            id="raised once agreed",
            marks=pytest.mark.clause("C-SEV-03"),
        ),
        pytest.param([at("10:00", "severity_reduced", severity=4)], "severity_not_agreed", id="lowered too soon"),
        pytest.param([at("10:00", "severity_agreed", severity=2)], "severity_not_proposed", id="agreed to nothing"),
        pytest.param([at("10:00", "severity_proposed", severity=1)], "phone_missing", id="severity 1 without a number"),
        pytest.param([at("10:00", "closed"), at("10:05", "escalated", channel="web")], "closed", id="after closing"),
        pytest.param([at("10:00", "acknowledged")], "nothing_to_acknowledge", id="nothing to acknowledge"),
        pytest.param([at("10:00", "replied", next_update="2026-03-04T09:00")], "next_update_impossible", id="past"),
        pytest.param(
            [at("10:00", "replied", by="support_manager", next_update="2026-03-05T09:00")],
            "next_update_not_yours",
            id="a manager's promise",
        ),
        pytest.param(
            [at("10:00", "closed"), {"at": "2026-04-04T12:00", "fact": "reopened"}],
            "reopen_window_over",
            id="reopened too late",
            marks=pytest.mark.clause("C-RPN-02"),
        ),
    ],
)
def test_what_no_case_allows_is_refused_and_the_story_goes_on(facts, code):
    answer = told(at("09:00", "received", severity=3), *facts)

    assert [refusal["code"] for refusal in answer["refusals"]] == [code]
    assert answer["refusals"][0]["message"]


# other terms


@pytest.mark.clause("C-DOC-04", "C-FTS-03")
@pytest.mark.parametrize(
    ("change", "due"),
    [
        pytest.param({"plan": "standard"}, "2026-03-05T10:00:00+00:00", id="the same plan"),
        pytest.param(
            {"organization": {"region": "americas", "country": "US", "zone": "America/New_York"}},
            "2026-03-04T21:00:00+00:00",
            id="another region",
        ),
        pytest.param(
            {
                "plan": {
                    "name": "Quick",
                    "targets": {str(one): {"minutes": 60 * one, "hours": "business"} for one in range(1, 5)},
                }
            },
            "2026-03-04T15:00:00+00:00",
            id="another plan",
        ),
    ],
)
def test_a_running_clock_is_counted_anew_where_an_administrator_says_so(change, due):
    answer = told(at("12:00", "received", severity=3), at("12:30", "recalculated", reason="Moved", **change))

    (milestone,) = answer["milestones"]
    assert milestone["due_at"] == due
    assert "recalculated from its start (Moved)" in milestone["explanation"]["changes"][0]


# Wrong stories

RECEIVED = '{"at": "2026-03-04T12:00", "fact": "received", "severity": 3}'


def wrong(facts: str = RECEIVED, organization: str = json.dumps(LONDON), more: str = "") -> str:
    return f'{{\n"organization": {organization},\n"facts": [\n{facts}\n]{more}\n}}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{\n nonsense", "line 2: This is not JSON", id="no JSON"),
        pytest.param("[]", "line 1: This must be an object", id="a list"),
        pytest.param("{}", "line 1: “organization” is missing", id="nothing"),
        pytest.param(wrong(facts=""), "line 3, facts: A story begins with the receipt", id="no receipt"),
        pytest.param(wrong(more=',\n"colour": 1'), "line 6, colour: There is no such field here", id="a stray field"),
        pytest.param(wrong(more=',\n"facts": []'), "line 6, facts: This field is told twice", id="told twice"),
        pytest.param(
            wrong(RECEIVED.replace("3}", "7}")), "line 4, facts[0].severity: This must be a whole number", id="severity"
        ),
        pytest.param(
            wrong(f'{RECEIVED},\n{{"at": "soon", "fact": "noted"}}'), "line 5, facts[1].at: Give a moment", id="moment"
        ),
        pytest.param(
            wrong(f'{RECEIVED},\n{{"at": "2026-03-04T11:59", "fact": "noted"}}'),
            "line 5, facts[1].at: Facts are told in the order",
            id="order",
        ),
        pytest.param(
            wrong(f'{RECEIVED},\n{{"at": "2026-03-04T12:30", "fact": "sang"}}'),
            "line 5, facts[1].fact: This must be one of received",
            id="an unknown fact",
        ),
        pytest.param(
            wrong(f'{RECEIVED},\n{{"at": "2026-03-04T12:30", "fact": "verified", "by": "contact"}}'),
            "line 5, facts[1].by: This must be one of customer_service",
            id="by whom",
        ),
        pytest.param(
            wrong(organization=json.dumps(LONDON | {"zone": "Mars/Olympus"})),
            "line 2, organization.zone: “Mars/Olympus” is not the name",
            id="zone",
        ),
        pytest.param(
            wrong(organization=json.dumps(LONDON | {"region": "moon"})),
            "line 2, organization.region: There is no region “moon”",
            id="region",
        ),
        pytest.param(
            wrong(organization=json.dumps(LONDON | {"country": "XX"})),
            "line 2, organization.country: “XX” is not a country",
            id="country",
        ),
        pytest.param(
            wrong(organization=json.dumps(LONDON | {"subdivision": "XX"})),
            "line 2, organization.subdivision: “XX” is no part of GB",
            id="subdivision",
        ),
        pytest.param(
            wrong(organization=json.dumps(LONDON | {"region": "emea\0"})),
            "line 2, organization.region: There is a character",
            id="a character that no database holds",
        ),
        pytest.param(
            wrong(organization=json.dumps(LONDON | {"place": "\ud800"})),
            "line 2, organization.place: There is a character",
            id="half a character",
        ),
        pytest.param(
            wrong(more=f',\n"until": {"9" * 5000}'), "line 1: A number in it has too many digits", id="digits"
        ),
        pytest.param(
            wrong(f'{RECEIVED},\n{{"at": "9999-12-30T10:00Z", "fact": "noted"}}'),
            "line 5, facts[1].at: Give a moment",
            id="a far year",
        ),
        pytest.param(
            wrong(",".join([RECEIVED, *['{"at": "2026-03-04T12:30", "fact": "escalated", "channel": "web"}'] * 21])),
            "facts: A story has at most 20 escalations",
            id="too many requests",
        ),
        pytest.param(wrong(more=',\n"plan": "gold"'), "line 6, plan: There is no plan “gold”", id="plan"),
        pytest.param(
            wrong(organization='{"zone": "UTC", "hours": {"weekly": {"monday": [["18:00", "08:00"]]}}}'),
            "line 2, organization.hours.weekly: These hours are impossible",
            id="hours",
        ),
        pytest.param(wrong(more=',\n"until": "2026-03-01T12:00"'), "line 6, until: The story is looked at", id="until"),
        pytest.param(
            wrong(RECEIVED.replace("3}", "1}")), "line 4, facts[0]: The case cannot be received so", id="no number"
        ),
    ],
)
def test_a_wrong_story_is_told_its_line_and_its_field(text, said):
    with pytest.raises(StoryError, match=re.escape(said)):
        simulate(read_story(text), look_up)


def test_what_other_terms_make_late_at_once_is_recorded_after_they_changed():
    plan = {"targets": {str(one): {"minutes": 60, "hours": "business"} for one in range(1, 5)}}

    answer = told(
        at("09:00", "received", severity=3),
        at("16:00", "recalculated", plan=plan, reason="Shorter"),
        until="2026-03-05T09:00",
    )

    late = [fact["at"] for fact in answer["facts"] if fact["fact"] == "first_response_breached"]
    moments = [fact["at"] for fact in answer["facts"]]
    assert late == ["2026-03-04T16:00:00+00:00"]
    assert moments == sorted(moments)


# The command


def test_the_command_prints_the_answer_as_json(tmp_path):
    path = tmp_path / "story.json"
    path.write_text(wrong(), encoding="utf-8")
    output = StringIO()

    call_command("simulate", str(path), stdout=output)

    assert json.loads(output.getvalue())["severity"] == Severity.THREE


@pytest.mark.parametrize("text", ["{", None], ids=["wrong", "absent"])
def test_the_command_fails_for_a_story_that_cannot_be_told(tmp_path, text):
    path = tmp_path / "story.json"
    if text:
        path.write_text(text, encoding="utf-8")

    with pytest.raises(CommandError) as failure:
        call_command("simulate", str(path), stdout=StringIO())

    assert failure.value.returncode == 2


def test_the_hour_of_a_story_is_told_as_its_readers_live():
    zones = ("2026-03-04T12:00", "2026-03-04T13:00 Europe/Paris", "2026-03-04T12:00Z", "2026-03-04T14:00+02:00")

    starts = {told({"at": one, "fact": "received", "severity": 3})["milestones"][0]["started_at"] for one in zones}

    assert starts == {NOON.isoformat()}
