"""The follow-the-sun page: who holds Severity 1 now, who takes it next, and the gaps of the year ahead."""

from datetime import date, time

import pytest
from freezegun import freeze_time

from accounts.enums import AbsenceReason, Layer
from accounts.models import Absence, RosterEntry, Shift, SupportCenter
from cases.enums import Severity
from tests.cast import HOUR, NOON
from tests.web.statements import multiply, statements

pytestmark = pytest.mark.usefixtures("at_one")

SUN = "/desk/sun/"


@pytest.fixture
def rostered(engineer, second_engineer, emea_center):
    """Cambridge from nine to five, Denver from five to one, and an engineer on call day and night."""
    denver = SupportCenter.objects.create(code="denver", name="Denver", region_id="americas", zone="America/Denver")
    for center, opens, closes in ((emea_center, 9, 17), (denver, 10, 18)):
        Shift.objects.bulk_create(
            Shift(center=center, weekday=weekday, opens=time(opens), closes=time(closes)) for weekday in range(7)
        )
    week = {"weekdays": list(range(7)), "from_on": date(2025, 1, 1)}
    RosterEntry.objects.create(user=second_engineer, center=denver, opens=time(10), closes=time(18), **week)
    return RosterEntry.objects.create(
        user=second_engineer, layer=Layer.ENGINEER, center=denver, opens=time(0), closes=time(0), **week
    )


@pytest.fixture
def sun(browse, engineer):
    def page() -> str:
        return browse(engineer).get(SUN).content.decode()

    return page


@pytest.mark.clause("C-FTS-04")
def test_it_says_who_holds_the_sun_and_who_takes_it_when(rostered, sun, engineer):
    page = sun()

    assert "Cambridge holds the sun. Denver takes it at 17:00 GMT." in page
    assert engineer.name in page


@pytest.mark.clause("C-COV-01")
def test_a_year_without_a_gap_is_called_proved(rostered, sun):
    page = sun()

    assert "Proved minute by minute until Fri 5 Mar 2027, 00:00 GMT" in page
    assert "to fill" not in page


@pytest.mark.clause("C-COV-01")
def test_a_gap_is_shown_with_its_cause_and_what_closes_it(rostered, sun, second_engineer):
    Absence.objects.create(
        user=second_engineer, reason=AbsenceReason.SICK, starts_at=NOON + 6 * HOUR, ends_at=NOON + 8 * HOUR
    )

    page = sun()

    assert "1 to fill" in page
    assert "Wed 4 Mar, 18:00 GMT to 20:00 GMT" in page
    assert f"Away (sick leave): {second_engineer.name}." in page
    assert "Name a substitute, or put somebody on call." in page


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Warsaw", "Pacific/Auckland"])
def test_the_days_of_the_week_are_those_of_utc_wherever_it_is_read(rostered, browse, engineer, zone):
    """It is Wednesday, one o'clock: the first row is Wednesday's, and its fourteenth hour is now."""
    engineer.zone = zone
    engineer.save()

    answer = browse(engineer).get(SUN)

    days = answer.context["days"]
    assert [(day.name, day.number) for day in days][:2] == [("Wed", 4), ("Thu", 5)]
    assert [hour for hour, one in enumerate(days[0].hours) if one.now] == [13]
    assert '<th scope="row">Wed <small>4</small></th>' in answer.content.decode()


def test_a_handover_of_another_day_is_told_with_its_day(rostered, browse, engineer):
    with freeze_time(NOON + 6 * HOUR):
        page = browse(engineer).get(SUN).content.decode()

    assert "Denver holds the sun. Cambridge takes it on Thu 5 Mar at 09:00 GMT." in page


@pytest.mark.clause("C-COV-01")
def test_the_proof_ends_at_the_same_moment_on_both_pages(rostered, browse, engineer):
    page, proof = (browse(engineer).get(address).content.decode() for address in (SUN, "/desk/coverage/"))

    assert "until Fri 5 Mar 2027, 00:00 GMT" in page
    assert "to Fri 5 Mar 2027, 00:00 GMT" in proof


@pytest.mark.clause("C-COV-01")
def test_without_anybody_it_says_so(sun):
    assert "Nobody holds the sun." in sun()


@pytest.mark.clause("C-FTS-04")
def test_each_open_severity_1_is_in_flight(rostered, sun, open_case):
    urgent = open_case(severity=Severity.ONE)
    ordinary = open_case(severity=Severity.TWO)

    page = sun()

    assert urgent.number in page
    assert ordinary.number not in page


def test_the_page_costs_the_same_for_one_case_and_for_fifty(rostered, browse, engineer, open_case):
    urgent = open_case(severity=Severity.ONE)
    one = len(statements(browse(engineer), SUN))
    multiply(urgent, 49)

    assert len(statements(browse(engineer), SUN)) == one


def test_it_exists_for_staff_alone(browse, technical_contact):
    assert browse(technical_contact).get(SUN).status_code == 404
