"""The coverage page: the verdict, the year's strips, each gap with its cause and who could fill it."""

import re
from datetime import UTC, date, datetime, time

import pytest

from accounts.enums import AbsenceReason, Layer
from accounts.models import Absence, OnCall, RosterEntry, Shift
from entitlements.models import Product
from sla import gap_watch
from tests.cast import DAY, HOUR, NOON
from tests.web.rosters.asking import text_of
from tests.web.statements import statements

pytestmark = pytest.mark.usefixtures("at_one")

COVERAGE = "/desk/coverage/"


@pytest.fixture
def proved(second_engineer, emea_center) -> RosterEntry:
    """Working hours in Cambridge, and one engineer on call day and night."""
    Shift.objects.bulk_create(
        Shift(center=emea_center, weekday=weekday, opens=time(9), closes=time(17)) for weekday in range(5)
    )
    return RosterEntry.objects.create(
        user=second_engineer,
        layer=Layer.ENGINEER,
        center=emea_center,
        weekdays=list(range(7)),
        opens=time(0),
        closes=time(0),
        from_on=date(2025, 1, 1),
    )


@pytest.fixture
def gap(proved, second_engineer) -> Absence:
    return Absence.objects.create(
        user=second_engineer, reason=AbsenceReason.SICK, starts_at=NOON + 6 * HOUR, ends_at=NOON + 8 * HOUR
    )


@pytest.mark.clause("C-COV-01")
def test_a_year_without_a_gap_is_called_proved(proved, browse, engineer):
    page = browse(engineer).get(COVERAGE)

    assert "Proved: somebody holds Severity 1 at every minute." in text_of(page)
    assert len(page.context["weeks"]) == 53
    assert not any(week.empty for week in page.context["weeks"])


@pytest.mark.clause("C-COV-01", "C-FTS-04")
def test_a_gap_is_told_to_the_minute_with_its_cause_and_who_could_fill_it(
    gap, browse, engineer, second_engineer, support_manager
):
    read = browse(engineer).get(COVERAGE)
    kept = browse(support_manager).get(COVERAGE)

    text = text_of(read)
    assert "Not proved: 1 gap, 2 h in all." in text.replace("\xa0", " ")
    assert "Wed 4 Mar, 18:00 GMT to 20:00 GMT" in text
    assert f"Away (sick leave): {second_engineer.name}" in text
    assert [one.name for one in read.context["gaps"][0].fillers] == [engineer.name]
    assert "/desk/rosters/on-call/new/" not in read.content.decode()
    (link,) = re.findall(r'href="(/desk/rosters/on-call/new/\?[^"]+)"', kept.content.decode())
    form = browse(support_manager).get(link.replace("&amp;", "&")).context["form"]
    assert (form.initial["starts_at"], form.initial["ends_at"]) == (gap.starts_at, gap.ends_at)


FIRST_PASS = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
REPEATED = {"first pass": FIRST_PASS, "second pass": FIRST_PASS + HOUR}


@pytest.mark.clause("C-COV-01")
@pytest.mark.parametrize("begins", REPEATED.values(), ids=REPEATED)
def test_a_gap_in_the_hour_that_clocks_show_twice_is_filled_by_its_link(
    proved, browse, engineer, second_engineer, support_manager, begins
):
    """In London it lies from 01:10 to 01:40, once by summer time and once an hour later."""
    manager, ends = browse(support_manager), begins + HOUR / 2
    engineer.staff.skills = list(Product.objects.values_list("code", flat=True))
    engineer.staff.save()
    Absence.objects.create(user=second_engineer, reason=AbsenceReason.SICK, starts_at=begins, ends_at=ends)
    (link,) = re.findall(
        r'href="(/desk/rosters/on-call/new/\?[^"]+)"', manager.get(COVERAGE).content.decode().replace("&amp;", "&")
    )
    shown = manager.get(link).content.decode()
    typed = {"starts_at": "2026-10-25T01:10", "ends_at": "2026-10-25T01:40"}

    saved = manager.post(link, typed | {"user": engineer.pk, "duty": "engineer", "region": ""})

    assert [f'value="{moment}"' in shown for moment in typed.values()] == [True, True]
    assert saved.status_code == 302
    turn = OnCall.objects.get()
    assert (turn.starts_at, turn.ends_at) == (begins, ends)
    assert "Proved" in text_of(manager.get(COVERAGE))


@pytest.mark.clause("C-COV-01")
def test_the_strip_shows_the_gap_in_its_week(gap, browse, engineer):
    weeks = browse(engineer).get(COVERAGE).context["weeks"]

    (piece,) = [piece for piece in weeks[0].pieces if piece.look == "gap"]
    assert (piece.x, piece.width) == ("39.29%", "1.19%")  # 66 hours into the week, 2 of its 168
    assert weeks[0].empty.replace("\xa0", " ") == "2 h"
    assert not any(week.empty for week in weeks[1:])


def test_what_is_past_looks_other_than_what_is_not_covered_and_now_is_marked(gap, browse, engineer):
    """It is Wednesday, one o'clock: 61 of the week's 168 hours have passed."""
    answer = browse(engineer).get(COVERAGE)

    this, following, *_, last = answer.context["weeks"]
    assert [(bar.x, bar.width) for bar in this.outside] == [("0.00%", "36.31%")]
    assert (this.now, following.now, following.outside) == ("36.31%", "", [])
    assert [(bar.x, bar.width) for bar in last.outside] == [("57.14%", "42.86%")]  # the year ends on a Friday
    assert answer.content.decode().count('<line class="now"') == 2  # in the legend and in this week


def test_a_strip_tells_in_words_who_holds_what_of_the_week(gap, browse, engineer):
    weeks = browse(engineer).get(COVERAGE).context["weeks"]

    told = [week.told.replace("\xa0", " ") for week in weeks[:2]]
    assert told == ["Cambridge 20 h, on call 3 d 13 h, nobody 2 h", "on call 5 d 8 h, Cambridge 1 d 16 h"]


def test_the_page_costs_the_same_for_one_gap_and_for_many(gap, browse, engineer, second_engineer):
    one = len(statements(browse(engineer), COVERAGE))
    for days in range(1, 20):
        Absence.objects.create(
            user=second_engineer,
            reason=AbsenceReason.SICK,
            starts_at=gap.starts_at + days * DAY,
            ends_at=gap.ends_at + days * DAY,
        )

    assert len(statements(browse(engineer), COVERAGE)) == one


@pytest.mark.clause("C-COV-01")
def test_managers_find_known_gaps_among_their_notifications(gap, browse, engineer, support_manager):
    gap_watch.watch(NOON)

    assert "Coverage of Severity 1 has a gap" in text_of(browse(support_manager).get("/notifications/"))
    assert "Coverage of Severity 1" not in text_of(browse(engineer).get("/notifications/"))


def test_it_exists_for_staff_alone(browse, technical_contact):
    assert browse(technical_contact).get(COVERAGE).status_code == 404
