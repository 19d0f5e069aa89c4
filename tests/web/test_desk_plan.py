"""A support plan's page: what each version promises, and what a new one would have meant before it is saved."""

from datetime import timedelta
from typing import Any

import pytest

from cases.enums import Status
from entitlements.models import PlanVersion, SupportPlan
from tests.cast import NOON

pytestmark = pytest.mark.usefixtures("at_one")

PLAN, COUNT = "/desk/plan/", "/desk/plan/running-cases/"


def wanted(**other) -> dict[str, Any]:
    """The form filled in: Severity 2 within one business hour, the rest as the guide has it."""
    hours = {"hours_1": "always", "hours_2": "business", "hours_3": "business", "hours_4": "business"}
    minutes = {"minutes_1": "30", "minutes_2": "60", "minutes_3": "240", "minutes_4": "480"}
    contact = {"contact_1": "call_in", "contact_2": "call_back", "contact_3": "call_back", "contact_4": "call_back"}
    rules = {"channels": ["web", "phone"], "included": ["troubleshooting", "setup_help"]}
    return hours | minutes | contact | rules | {"effective_on": f"{NOON + timedelta(days=30):%Y-%m-%d}"} | other


def save(client, **other):
    """Look at a version, then save it."""
    looked = client.post(PLAN, wanted(look="1", **other)).context["form"]["looked"].value()
    return client.post(PLAN, wanted(save="1", looked=looked, **other))


@pytest.fixture
def admin_page(browse, administrator):
    return browse(administrator)


@pytest.mark.clause("C-DOC-03")
def test_staff_read_what_is_promised_and_only_administrators_change_it(browse, engineer, technical_contact, admin_page):
    read = browse(engineer).get(PLAN).content.decode()

    assert "8 business hours" in read
    assert "A new version" not in read
    assert "A new version" in admin_page.get(PLAN).content.decode()
    assert browse(engineer).post(PLAN, wanted(save="1")).status_code == 403
    assert browse(technical_contact).get(PLAN).status_code == 404


def test_what_is_counted_on_one_side_only_is_explained(admin_page, case_in):
    """The case still runs as it was promised, and would have been missed by half an hour."""
    case_in(Status.QUEUED)

    page = admin_page.post(PLAN, wanted(look="1", minutes_3="30")).content.decode()

    assert "Neither kept nor missed, so not counted above: as promised 1 still running." in page


@pytest.mark.clause("C-DOC-03", "C-DOC-04")
def test_a_new_version_shows_what_it_would_mean_before_it_is_saved(admin_page, case_in):
    case = case_in(Status.QUEUED)

    page = admin_page.post(PLAN, wanted(look="1", minutes_3="30"))

    text = page.content.decode()
    assert page.status_code == 200
    assert "The last quarter, as it was and as it would have been" in text
    assert "1 would move if they were counted by this version" in text
    assert case.number in text
    assert PlanVersion.objects.count() == 1


@pytest.mark.clause("C-DOC-04")
def test_a_saved_version_moves_no_running_clock(admin_page, case_in):
    case = case_in(Status.QUEUED)
    due_at = case.clock.due_at

    saved = save(admin_page)

    case.clock.refresh_from_db()
    latest = SupportPlan.objects.get(code=SupportPlan.STANDARD).versions.first()
    assert saved.status_code == 302
    assert (latest.number, latest.targets.get(severity=2).minutes) == (2, 60)
    assert case.clock.due_at == due_at


@pytest.mark.clause("C-DOC-03", "C-PKG-04", "C-PKG-06")
def test_a_version_may_change_what_else_is_promised(admin_page):
    save(admin_page, channels=["web"], included=["troubleshooting", "root_cause_analysis"], contact_2="call_in")

    latest = SupportPlan.objects.get(code=SupportPlan.STANDARD).versions.first()
    assert (latest.channels, latest.included, latest.excluded) == (
        ["web"],
        ["troubleshooting", "root_cause_analysis"],
        ["setup_help"],
    )
    assert latest.targets.get(severity=2).contact_mode == "call_in"


@pytest.mark.clause("C-DOC-03")
def test_a_plan_that_nobody_can_reach_is_refused_next_to_the_channels(admin_page):
    page = admin_page.post(PLAN, wanted(look="1", channels=[]))

    assert page.status_code == 422
    assert page.context["form"].errors["channels"] == ["Choose at least one channel."]


@pytest.mark.clause("C-DOC-03")
def test_only_what_was_looked_at_is_saved(admin_page):
    looked = admin_page.post(PLAN, wanted(look="1")).context["form"]["looked"].value()

    other = admin_page.post(PLAN, wanted(save="1", looked=looked, minutes_3="30"))

    assert other.status_code == 422
    assert "This is not what you looked at." in other.content.decode()
    assert "The last quarter, as it was and as it would have been" in other.content.decode()
    assert PlanVersion.objects.count() == 1


@pytest.mark.clause("C-DOC-04")
def test_running_clocks_move_only_when_an_administrator_says_so(browse, admin_page, engineer, case_in):
    case = case_in(Status.QUEUED)
    due_at = case.clock.due_at
    save(admin_page, effective_on=f"{NOON:%Y-%m-%d}", minutes_3="60")

    refused = browse(engineer).post(COUNT)
    case.clock.refresh_from_db()
    kept = case.clock.due_at
    admin_page.post(COUNT)

    case.clock.refresh_from_db()
    assert (refused.status_code, kept) == (403, due_at)
    assert case.clock.due_at < due_at


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"effective_on": "2020-01-01"}, "A version takes effect today or later"),
        ({"effective_on": "soon"}, "Choose a day."),
        ({"minutes_2": "0"}, "greater than or equal to 1"),
        ({"minutes_2": "many"}, "Give whole minutes."),
        ({"hours_2": "never"}, "Select a valid choice."),
    ],
)
def test_an_impossible_version_is_refused_next_to_its_field(admin_page, wrong, said):
    page = admin_page.post(PLAN, wanted(save="1", **wrong))

    assert page.status_code == 422
    assert said in page.content.decode()
    assert PlanVersion.objects.count() == 1
