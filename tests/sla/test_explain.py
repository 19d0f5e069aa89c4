"""Why this time? Each deadline lays out its hours until the arithmetic closes."""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.enums import Side
from sla import words
from sla.calendars import Calendar, always_open, every_hour_of_business_days
from sla.clock import ClockState, milestones
from sla.explain import Bar, Explanation, SpanKind, as_text, explain
from tests.sla.stories import (
    LONDON,
    STANDARD,
    agreed,
    at,
    closed,
    held,
    proposed,
    received,
    reduced,
    reopened,
    replied,
    resumed,
    story,
)
from tests.sla.test_clock import logs

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
ST_ANDREW = date(2026, 11, 30)
SCOTLAND = Calendar(LONDON.zone, LONDON.weekly, frozenset({ST_ANDREW}))
ASKED = datetime(2026, 11, 27, 13, 5, tzinfo=UTC)


def why(*told, now: datetime | str, calendar: Calendar = LONDON, names=None, place: str = "") -> Explanation:
    milestone = milestones(story(*told), STANDARD, calendar)[-1]
    moment = at(now) if isinstance(now, str) else now
    return explain(milestone, "Standard Support, version 3", names or {}, now=moment, place=place)


def rows(explanation: Explanation) -> list[tuple[str, str, str]]:
    return [(day.name, day.amount, day.why) for day in explanation.days]


@pytest.fixture
def in_aberdeen() -> Explanation:
    now = datetime(2026, 11, 27, 14, 22, tzinfo=UTC)
    return why(received(ASKED), now=now, calendar=SCOTLAND, names={ST_ANDREW: "St Andrew's Day"}, place="Aberdeen")


@pytest.mark.clause("C-SLA-03", "C-COV-02")
def test_a_deadline_over_a_weekend_and_a_holiday_explains_itself(in_aberdeen):
    assert in_aberdeen.headline == "8 business hours from receipt end on Tuesday at 11:05 in Aberdeen"
    assert in_aberdeen.promise == "First response for Severity 3 within 8 business hours"
    assert in_aberdeen.calendar == "Monday to Friday, 08:00 to 18:00, Europe/London"
    assert (in_aberdeen.used, in_aberdeen.left) == (77 * MINUTE, 403 * MINUTE)
    assert rows(in_aberdeen) == [
        ("Fri 27", "4 h 55", "13:05 to 18:00"),
        ("Sat 28 to Sun 29", "none", "weekend"),
        ("Mon 30", "none", "St Andrew's Day"),
        ("Tue 1", "3 h 05", "08:00 to 11:05"),
    ]


def test_the_ribbon_draws_open_spent_and_coming_hours_in_percent_of_each_day(in_aberdeen):
    friday, weekend, _, tuesday = in_aberdeen.days

    assert (friday.open, friday.spent, friday.ahead) == ((Bar(33.3, 41.7),), (Bar(54.5, 5.4),), (Bar(59.9, 15.1),))
    assert (friday.now_x, friday.due_x) == (59.9, None)
    assert (weekend.open, weekend.spent, weekend.ahead, weekend.now_x) == ((), (), (), None)
    assert (tuesday.open, tuesday.spent, tuesday.ahead) == ((Bar(33.3, 41.7),), (), (Bar(33.3, 12.9),))
    assert (tuesday.now_x, tuesday.due_x) == (None, 46.2)


def test_the_terminal_prints_the_rows_of_the_page(in_aberdeen):
    assert as_text(in_aberdeen, "Europe/Oslo") == (
        "8 business hours from receipt end on Tuesday at 11:05 in Aberdeen\n"
        "\n"
        "Promise   First response for Severity 3 within 8 business hours (C-SLA-03), Standard Support, version 3\n"
        "Calendar  Monday to Friday, 08:00 to 18:00, Europe/London\n"
        "Started   Fri 27 Nov 2026, 13:05 GMT Aberdeen = Fri 27 Nov 2026, 14:05 CET\n"
        "Due       Tue 1 Dec 2026, 11:05 GMT Aberdeen = Tue 1 Dec 2026, 12:05 CET\n"
        "State     Running, 1 h 17 min used\n"
        "\n"
        "Fri 27              13:05 to 18:00          counted           4 h 55 min  total 4 h 55 min\n"
        "                    18:00 to 24:00          night\n"
        "Sat 28 to Sun 29    weekend\n"
        "Mon 30              00:00 to 24:00          St Andrew's Day\n"
        "Tue 1               00:00 to 08:00          night\n"
        "                    08:00 to 11:05          counted            3 h 5 min  total 8 h"
    )


@pytest.mark.clause("C-SLA-01", "C-COV-01")
def test_round_the_clock_nothing_is_skipped():
    explanation = why(received("Sat 23:50", 1), now="Sat 23:55")

    assert explanation.headline == "30 minutes from receipt end on Sunday at 00:20 in London"
    assert explanation.calendar == "Every hour of every day, Europe/London"
    assert rows(explanation) == [("Sat 17", "10 min", "23:50 to 24:00"), ("Sun 18", "20 min", "00:00 to 00:20")]
    assert {span.kind for day in explanation.days for span in day.spans} == {SpanKind.COUNTED}


def test_a_hold_is_a_line_of_its_own():
    explanation = why(received("Mon 09:00", 2), held("Mon 10:30"), resumed("Wed 09:00"), now="Wed 09:10")

    assert [(span.kind, span.hours, span.why) for day in explanation.days for span in day.spans] == [
        (SpanKind.COUNTED, "09:00 to 10:30", "counted"),
        (SpanKind.PAUSED, "10:30 to 18:00", "The contact cannot be reached"),
        (SpanKind.NIGHT, "18:00 to 24:00", "night"),
        (SpanKind.PAUSED, "00:00 to 24:00", "The contact cannot be reached"),
        (SpanKind.NIGHT, "00:00 to 08:00", "night"),
        (SpanKind.PAUSED, "08:00 to 09:00", "The contact cannot be reached"),
        (SpanKind.COUNTED, "09:00 to 09:30", "counted"),
    ]
    assert explanation.days[0].paused == (Bar(43.8, 31.2),)


def test_a_held_clock_tells_what_is_left():
    explanation = why(received("Mon 09:00", 2), held("Mon 10:30"), now="next Fri 12:00")

    assert explanation.headline == "Paused with 30 min of 2 business hours left"
    assert (explanation.state, explanation.left) == (ClockState.PAUSED, 30 * MINUTE)
    assert rows(explanation) == [
        ("Mon 12", "1 h 30", "09:00 to 10:30"),
        ("Tue 13 to Fri 23", "none", "The contact cannot be reached"),
    ]


def test_a_long_closure_is_one_row():
    closure = [date(2026, 8, 3) + timedelta(days=day) for day in range(21)]
    calendar = Calendar(LONDON.zone, LONDON.weekly, frozenset(closure))
    friday = datetime(2026, 7, 31, 16, tzinfo=UTC)

    explanation = why(received(friday), now=friday, calendar=calendar, names=dict.fromkeys(closure, "Summer closure"))

    assert rows(explanation) == [
        ("Fri 31", "1 h", "17:00 to 18:00"),
        ("Sat 1 to Sun 2", "none", "weekend"),
        ("Mon 3 to Sun 23", "none", "Summer closure"),
        ("Mon 24", "7 h", "08:00 to 15:00"),
    ]
    assert explanation.headline == "8 business hours from receipt end on Monday 24 August at 15:00 in London"


def test_a_holiday_without_a_name_is_still_a_holiday():
    explanation = why(received(ASKED), now=ASKED, calendar=SCOTLAND)

    assert explanation.days[2].why == "holiday"


def test_a_break_is_told_from_a_night():
    madrid = Calendar("Europe/Madrid", {0: [(time(9), time(14)), (time(16), time(19))]})

    explanation = why(received("Mon 12:00", 2), now="Mon 12:00", calendar=madrid)

    assert [(span.kind, span.hours) for span in explanation.days[0].spans] == [
        (SpanKind.COUNTED, "13:00 to 14:00"),
        (SpanKind.BREAK, "14:00 to 16:00"),
        (SpanKind.COUNTED, "16:00 to 17:00"),
    ]
    assert rows(explanation) == [("Mon 12", "2 h", "13:00 to 14:00 and 16:00 to 17:00")]


@pytest.mark.clause("C-SEV-04")
def test_a_new_severity_tells_the_due_moment_before_and_after():
    explanation = why(received("Mon 09:00", 1), agreed("Mon 09:05", 1), reduced("Mon 09:20", 2), now="Mon 09:30")

    assert explanation.changes == (
        "Mon 12 Jan 2026, 09:20 GMT: lowered to Severity 2: 2 business hours, due Mon 12 Jan 2026, 11:00 GMT; "
        "until then 30 minutes, due Mon 12 Jan 2026, 09:30 GMT",
    )
    assert as_text(explanation).endswith(explanation.changes[0])


@pytest.mark.clause("C-SEV-01")
def test_a_raised_severity_is_explained_from_its_raise():
    explanation = why(received("Mon 09:00", 3), proposed("Mon 12:00", 1, Side.CUSTOMER), now="Mon 12:10")

    assert explanation.headline == "30 minutes from the raise of its severity end on Monday at 12:30 in London"
    assert (explanation.used, explanation.left) == (10 * MINUTE, 20 * MINUTE)
    assert rows(explanation) == [("Mon 12", "30 min", "12:00 to 12:30")]
    assert explanation.changes == (
        "Mon 12 Jan 2026, 12:00 GMT: Severity 1 proposed: 30 minutes, due Mon 12 Jan 2026, 12:30 GMT; "
        "until then 8 business hours, due Mon 12 Jan 2026, 17:00 GMT",
    )
    assert "Raised    Mon 12 Jan 2026, 12:00 GMT London\n" in as_text(explanation)


def test_a_raise_that_changes_no_deadline_says_so():
    explanation = why(received("Mon 09:00", 3), proposed("Mon 16:45", 1, Side.CUSTOMER), now="Mon 16:50")

    assert explanation.headline == "8 business hours from receipt end on Monday at 17:00 in London"
    assert explanation.changes == (
        "Mon 12 Jan 2026, 16:45 GMT: Severity 1 proposed: 30 minutes from then end later, "
        "so it stays 8 business hours, due Mon 12 Jan 2026, 17:00 GMT",
    )


@pytest.mark.parametrize(
    ("told", "now", "headline"),
    [
        pytest.param([], "Mon 12:00", "2 business hours from receipt ended on Monday at 11:00 in London", id="missed"),
        pytest.param([closed("Mon 10:00")], "Mon 12:00", "Withdrawn with 1 h of 2 business hours left", id="withdrawn"),
        pytest.param(
            [replied("Mon 10:00"), closed("Tue 10:00"), reopened("Wed 10:00")],
            "Wed 10:00",
            "2 business hours from reopening end on Wednesday at 12:00 in London",
            id="reopened",
        ),
    ],
)
def test_the_headline_says_how_the_clock_stands(told, now, headline):
    assert why(received("Mon 09:00", 2), *told, now=now).headline == headline


def test_a_met_clock_spends_no_more():
    explanation = why(received("Mon 09:00", 2), replied("Mon 10:00"), now="Fri 10:00")

    assert (explanation.state, explanation.used) == (ClockState.MET, HOUR)
    assert (explanation.days[0].spent, explanation.days[0].ahead) == ((Bar(37.5, 4.2),), (Bar(41.7, 4.1),))


def test_a_day_on_which_clocks_change_says_so():
    saturday_night = datetime(2026, 3, 28, 23, 50, tzinfo=UTC)

    explanation = why(received(saturday_night, 1), now=saturday_night)

    assert [day.note for day in explanation.days] == ["", "clocks change, a day of 23 h"]


def test_seconds_are_told_so_that_they_add_up():
    asked = ASKED.replace(second=23, microsecond=512_000)

    explanation = why(received(asked), now=asked, calendar=SCOTLAND)

    counted = [span for day in explanation.days for span in day.spans if span.counted]
    assert [(span.hours, span.amount, span.total) for span in counted] == [
        ("13:05:23 to 18:00", "4 h 54 min 37 s", "4 h 54 min 37 s"),
        ("08:00 to 11:05:23", "3 h 5 min 23 s", "8 h"),
    ]
    assert [day.amount for day in explanation.days if not day.closed] == ["4 h 55", "3 h 05"]


@pytest.mark.parametrize(
    ("calendar", "text"),
    [
        pytest.param(always_open("UTC"), "Every hour of every day, UTC", id="always"),
        pytest.param(every_hour_of_business_days(LONDON), "Monday to Friday, all day, Europe/London", id="all hours"),
        pytest.param(
            Calendar("Asia/Dubai", {day: [(time(8), time(18))] for day in (0, 1, 2, 3, 6)}),
            "Monday to Thursday, 08:00 to 18:00; Sunday, 08:00 to 18:00, Asia/Dubai",
            id="another weekend",
        ),
        pytest.param(
            Calendar("Asia/Tokyo", {4: [(time(9), time(12)), (time(20), time(0))], 5: [(time(9), time(12))]}),
            "Friday, 09:00 to 12:00 and 20:00 to 24:00; Saturday, 09:00 to 12:00, Asia/Tokyo",
            id="several intervals",
        ),
        pytest.param(
            Calendar("Asia/Tokyo", {5: [(time(9), time(12))], 6: [(time(9), time(12))]}),
            "Saturday and Sunday, 09:00 to 12:00, Asia/Tokyo",
            id="two days",
        ),
    ],
)
def test_a_calendar_describes_itself(calendar, text):
    assert words.opening_hours(calendar) == text


def test_a_zone_without_letters_is_named_by_its_offset():
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert words.moment(moment, always_open("Asia/Kathmandu").tz) == "Thu 1 Jan 2026, 05:45 UTC+05:45"
    assert words.place_of(always_open("America/Argentina/Buenos_Aires")) == "Buenos Aires"


# Laws

CALENDARS = [
    LONDON,
    Calendar("Europe/London", LONDON.weekly, frozenset({date(2026, 1, 14), date(2026, 1, 19), date(2026, 1, 20)})),
    Calendar("Asia/Kathmandu", {day: [(time(9), time(13)), (time(14), time(17, 30))] for day in range(6)}),
    Calendar("America/New_York", {0: [(time(20), time(0))], 1: [(time(0), time(4))], 3: [(time(0), time(0))]}),
]


def told(length: str) -> timedelta:
    units = {"h": HOUR, "min": MINUTE, "s": SECOND}
    return sum((int(n) * units[unit] for n, unit in re.findall(r"(\d+) (h|min|s)", length)), timedelta(0))


@settings(max_examples=300, deadline=None)
@given(logs(), st.sampled_from(CALENDARS), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_counted_spans_add_up_to_the_target(log, calendar, passed):
    now = log[-1].at + passed
    for milestone in milestones(log, STANDARD, calendar):
        explanation = explain(milestone, "Standard Support", {}, now=now)
        spans = [span for day in explanation.days for span in day.spans]
        counted = sum((span.counted for span in spans), timedelta(0))

        assert counted == (milestone.target if milestone.due_at else explanation.used)
        assert explanation.used + explanation.left == milestone.target
        assert (
            sum((told(span.amount) for span in spans if span.counted), timedelta(0)) == -(-counted // SECOND) * SECOND
        )
        assert all(before.end == after.begin for before, after in pairwise(spans))
        if milestone.due_at:
            assert (spans[0].begin, spans[-1].end) == (milestone.counts_from, milestone.due_at)


@settings(max_examples=300, deadline=None)
@given(logs(), st.sampled_from(CALENDARS), st.integers(0, 4000))
def test_the_ribbon_stays_within_its_days_and_agrees_with_what_is_used(log, calendar, minutes):
    now = log[-1].at + minutes * MINUTE
    for milestone in milestones(log, STANDARD, calendar):
        days = explain(milestone, "Standard Support", {}, now=now).days
        bars = [bar for day in days for bar in (*day.open, *day.spent, *day.ahead, *day.paused)]

        assert all(bar.x >= 0 and bar.width >= 0 and bar.x + bar.width <= 100.05 for bar in bars)
        assert sum(day.due_x is not None for day in days) == (milestone.due_at is not None)
        assert sum(day.now_x is not None for day in days) <= 1
        assert as_text(explain(milestone, "Standard Support", {}, now=now))
