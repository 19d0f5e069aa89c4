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
from sla.clock import Basis, ClockState, milestones
from sla.explain import Explanation, as_text, explain
from sla.ribbon import Bar
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
    terms_changed,
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
    return [tuple(row) for row in explanation.rows]


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
        ("Fri 27 Nov, 13:05 to 18:00", "counted", "4 h 55 min"),
        ("Fri 27 Nov, 18:00 to Tue 1 Dec, 08:00", "night, weekend and St Andrew's Day, 86 h not counted", ""),
        ("Tue 1 Dec, 08:00 to 11:05", "counted", "3 h 5 min"),
    ]
    assert tuple(in_aberdeen.total) == ("", "8 business hours", "8 h")
    assert [told for _, told in in_aberdeen.key] == [
        "used, 1 h 17 min",
        "to come, 6 h 43 min",
        "not counted",
        "now, 14:22",
        "due",
    ]


@pytest.mark.clause("C-COV-02")
def test_a_half_day_explains_itself():
    on = date(2026, 12, 24)
    calendar = Calendar(LONDON.zone, LONDON.weekly, frozenset({date(2026, 12, 25)}), {on: time(13)})
    names = {on: "Christmas Eve, closed from 13:00", date(2026, 12, 25): "Christmas Day"}
    asked = datetime(2026, 12, 24, 9, tzinfo=UTC)

    explanation = why(received(asked), now=asked, calendar=calendar, names=names)

    assert rows(explanation) == [
        ("Thu 24 Dec, 09:00 to 13:00", "counted", "4 h"),
        (
            "Thu 24 Dec, 13:00 to Mon 28 Dec, 08:00",
            "Christmas Eve, closed from 13:00, Christmas Day, weekend and night, 91 h not counted",
            "",
        ),
        ("Mon 28 Dec, 08:00 to 12:00", "counted", "4 h"),
    ]


@pytest.mark.clause("C-DOC-04")
def test_other_terms_tell_what_was_due_before_and_since():
    log = story(received("Mon 13:00"), terms_changed("Mon 14:00", "Holidays of 2026"))
    tuesday = at("Tue 00:00").date()
    closed_tuesday = Calendar(LONDON.zone, LONDON.weekly, frozenset({tuesday}))
    (milestone,) = milestones(log, STANDARD, LONDON, {2: Basis(STANDARD, closed_tuesday)})

    explanation = explain(milestone, "Standard Support, version 1", {tuesday: "Fair"}, now=at("Mon 15:00"))

    assert explanation.changes == (
        "Mon 12 Jan 2026, 14:00 GMT: recalculated from its start (Holidays of 2026): 8 business hours, "
        "due Wed 14 Jan 2026, 11:00 GMT; until then 8 business hours, due Tue 13 Jan 2026, 11:00 GMT",
    )
    assert dict(explanation.facts)["Calendar"].endswith("; changed by an administrator since receipt")
    assert rows(explanation)[1][1] == "night and Fair, 38 h not counted"


def test_the_ribbon_draws_open_spent_and_coming_hours_in_percent_of_each_day(in_aberdeen):
    friday, weekend, monday, tuesday = in_aberdeen.days
    assert [day.name for day in in_aberdeen.days] == ["Fri 27", "Sat 28 to Sun 29", "Mon 30", "Tue 1"]

    assert (friday.open, friday.spent, friday.ahead) == ((Bar(33.3, 41.7),), (Bar(54.5, 5.4),), (Bar(59.9, 15.1),))
    assert (friday.now_x, friday.due_x) == (59.9, None)
    assert (weekend.open, weekend.spent, weekend.ahead, weekend.now_x) == ((), (), (), None)
    assert (monday.open, monday.spent, monday.ahead) == ((), (), ())
    assert (tuesday.open, tuesday.spent, tuesday.ahead) == ((Bar(33.3, 41.7),), (), (Bar(33.3, 12.9),))
    assert (tuesday.now_x, tuesday.due_x) == (None, 46.2)


def test_the_terminal_prints_the_rows_of_the_page(in_aberdeen):
    assert as_text(in_aberdeen, "Europe/Oslo") == (
        "8 business hours from receipt end on Tuesday at 11:05 in Aberdeen\n"
        "\n"
        "Promise   First response for Severity 3 within 8 business hours (C-SLA-03), Standard Support, version 3\n"
        "Calendar  Monday to Friday, 08:00 to 18:00, Europe/London; fixed at receipt\n"
        "Receipt   Fri 27 Nov 2026, 13:05 GMT Aberdeen = Fri 27 Nov 2026, 14:05 CET\n"
        "Due       Tue 1 Dec 2026, 11:05 GMT Aberdeen = Tue 1 Dec 2026, 12:05 CET\n"
        "State     Running\n"
        "\n"
        "Fri 27 Nov, 13:05 to 18:00             counted           4 h 55 min\n"
        "Fri 27 Nov, 18:00 to Tue 1 Dec, 08:00  night, weekend and St Andrew's Day, 86 h not counted\n"
        "Tue 1 Dec, 08:00 to 11:05              counted            3 h 5 min\n"
        "                                       8 business hours         8 h\n"
        "\n"
        "used, 1 h 17 min; to come, 6 h 43 min"
    )


@pytest.mark.clause("C-SLA-01", "C-COV-01")
def test_round_the_clock_nothing_is_skipped():
    explanation = why(received("Sat 23:50", 1), now="Sat 23:55")

    assert explanation.headline == "30 minutes from receipt end on Sunday at 00:20 in London"
    assert explanation.calendar == "Every hour of every day, Europe/London"
    assert rows(explanation) == [("Sat 17 Jan, 23:50 to Sun 18 Jan, 00:20", "counted", "30 min")]
    assert "closed" not in dict(explanation.key)


def test_a_hold_is_a_line_of_its_own():
    explanation = why(received("Mon 09:00", 2), held("Mon 10:30"), resumed("Wed 09:00"), now="Wed 09:10")

    assert rows(explanation) == [
        ("Mon 12 Jan, 09:00 to 10:30", "counted", "1 h 30 min"),
        (
            "Mon 12 Jan, 10:30 to Wed 14 Jan, 09:00",
            "paused (the contact cannot be reached), 46 h 30 min not counted",
            "",
        ),
        ("Wed 14 Jan, 09:00 to 09:30", "counted", "30 min"),
    ]
    assert explanation.days[0].paused == (Bar(43.8, 56.2),)
    assert ("paused", "paused") in explanation.key


def test_a_held_clock_tells_what_is_left():
    explanation = why(received("Mon 09:00", 2), held("Mon 10:30"), now="next Fri 12:00")

    assert explanation.headline == "Paused with 30 min of 2 business hours left"
    assert (explanation.state, explanation.left) == (ClockState.PAUSED, 30 * MINUTE)
    assert rows(explanation) == [
        ("Mon 12 Jan, 09:00 to 10:30", "counted", "1 h 30 min"),
        (
            "Mon 12 Jan, 10:30 to Fri 23 Jan, 12:00",
            "paused (the contact cannot be reached), 265 h 30 min not counted",
            "",
        ),
        ("", "left for when the hold ends", "30 min"),
    ]
    assert [told for _, told in explanation.balance] == ["used, 1 h 30 min", "left, 30 min"]


def test_a_long_closure_is_one_row():
    closure = [date(2026, 8, 3) + timedelta(days=day) for day in range(21)]
    calendar = Calendar(LONDON.zone, LONDON.weekly, frozenset(closure))
    friday = datetime(2026, 7, 31, 16, tzinfo=UTC)

    explanation = why(received(friday), now=friday, calendar=calendar, names=dict.fromkeys(closure, "Summer closure"))

    assert rows(explanation) == [
        ("Fri 31 Jul, 17:00 to 18:00", "counted", "1 h"),
        ("Fri 31 Jul, 18:00 to Mon 24 Aug, 08:00", "night, weekend and Summer closure, 566 h not counted", ""),
        ("Mon 24 Aug, 08:00 to 15:00", "counted", "7 h"),
    ]
    assert [day.name for day in explanation.days] == ["Fri 31", "Sat 1 to Sun 2", "Mon 3 to Sun 23", "Mon 24"]
    assert explanation.headline == "8 business hours from receipt end on Monday 24 August at 15:00 in London"


def test_a_holiday_without_a_name_is_still_a_holiday():
    explanation = why(received(ASKED), now=ASKED, calendar=SCOTLAND)

    assert explanation.rows[1].why == "night, weekend and holiday, 86 h not counted"


def test_a_break_is_told_from_a_night():
    madrid = Calendar("Europe/Madrid", {0: [(time(9), time(14)), (time(16), time(19))]})

    explanation = why(received("Mon 12:00", 2), now="Mon 12:00", calendar=madrid)

    assert rows(explanation) == [
        ("Mon 12 Jan, 13:00 to 14:00", "counted", "1 h"),
        ("Mon 12 Jan, 14:00 to 16:00", "break, 2 h not counted", ""),
        ("Mon 12 Jan, 16:00 to 17:00", "counted", "1 h"),
    ]


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
    assert rows(explanation) == [("Mon 12 Jan, 12:00 to 12:30", "counted", "30 min")]
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
    assert explanation.key == [
        ("spent", "used, 1 h"),
        ("ahead", "left unused, 1 h"),
        ("closed", "not counted"),
        ("due", "due"),
    ]


def test_an_answer_before_the_hours_begin_uses_nothing_and_is_told_as_it_was():
    explanation = why(received("Mon 06:00", 2), replied("Mon 06:03"), now="Mon 06:10")

    assert [told for _, told in explanation.balance] == ["used, 0 min", "left unused, 2 h"]
    assert "State     Met, answered in 3 min\n" in as_text(explanation)


def test_a_late_answer_is_told_by_how_much():
    explanation = why(received("Mon 09:00", 2), replied("Mon 11:21:30"), now="Mon 12:00")

    assert explanation.balance == [("spent", "used, 2 h")]
    assert "State     Met late, answered 22 min late\n" in as_text(explanation)


@pytest.mark.parametrize(
    ("asked", "why_counted"),
    [
        pytest.param(datetime(2026, 3, 29, 0, 50, tzinfo=UTC), "counted, clocks go forward 1 h", id="spring"),
        pytest.param(datetime(2026, 10, 25, 0, 50, tzinfo=UTC), "counted, clocks go back 1 h", id="autumn"),
    ],
)
def test_hours_in_which_clocks_change_say_so(asked, why_counted):
    assert [row.why for row in why(received(asked, 1), now=asked).rows] == [why_counted]


def test_seconds_are_told_so_that_they_add_up():
    asked = ASKED.replace(second=23, microsecond=512_000)

    explanation = why(received(asked), now=asked + HOUR + SECOND / 3, calendar=SCOTLAND)

    assert [(row.when, row.amount) for row in explanation.rows if row.amount] == [
        ("Fri 27 Nov, 13:05:23 to 18:00", "4 h 54 min 37 s"),
        ("Tue 1 Dec, 08:00 to 11:05:23", "3 h 5 min 23 s"),
    ]
    assert [told for _, told in explanation.balance] == ["used, 1 h", "to come, 7 h"]


def test_a_hold_is_told_to_the_second_whatever_its_fractions():
    hold = datetime(2026, 1, 12, 8, 58, 43, 900_000, tzinfo=UTC)

    explanation = why(received("Mon 00:59"), held(hold), now=hold + timedelta(days=1))

    assert explanation.headline == "Paused with 7 h 1 min 17 s of 8 business hours left"
    assert [(row.when, row.amount) for row in explanation.rows if row.amount] == [
        ("Mon 12 Jan, 08:00 to 08:58:43", "58 min 43 s"),
        ("", "7 h 1 min 17 s"),
    ]


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


def shown(when: str, year: int) -> timedelta:
    """The wall time between both ends of a row, as a reader would subtract them."""
    ends = re.fullmatch(r"\w+ (\d+ \w+), (\S+) to (?:\w+ (\d+ \w+), )?(\S+)", when)
    assert ends
    first_day, begin, last_day, end = ends.groups()

    def moment(day: str, clock: str) -> datetime:
        hours, minutes, *seconds = map(int, clock.split(":"))
        midnight = datetime.strptime(f"{day} {year}", "%d %b %Y").replace(tzinfo=UTC)
        return midnight + timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))

    return moment(last_day or first_day, end) - moment(first_day, begin)


@settings(max_examples=400, deadline=None)
@given(logs(), st.sampled_from(CALENDARS), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_all_that_is_shown_adds_up_to_the_target(log, calendar, passed):
    now = log[-1].at + passed
    for milestone in milestones(log, STANDARD, calendar):
        explanation = explain(milestone, "Standard Support", {}, now=now)
        target = told(explanation.total.amount)

        assert target == milestone.target
        assert sum((told(row.amount) for row in explanation.rows), timedelta(0)) == target
        assert sum((told(text) for _, text in explanation.balance), timedelta(0)) == target
        assert explanation.used + explanation.left == target
        if explanation.headline.startswith(("Paused", "Withdrawn")):
            assert told(explanation.headline.partition(" of ")[0]) == explanation.left


@settings(max_examples=400, deadline=None)
@given(logs(), st.sampled_from(CALENDARS), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_each_row_tells_the_time_between_the_moments_it_names(log, calendar, passed):
    for milestone in milestones(log, STANDARD, calendar):
        explanation = explain(milestone, "Standard Support", {}, now=log[-1].at + passed)
        for row in explanation.rows:
            if row.when and "clocks go" not in row.why:
                length = row.amount or row.why.removesuffix(" not counted").rpartition(", ")[2]
                assert told(length) == shown(row.when, 2026)


@settings(max_examples=200, deadline=None)
@given(logs(), st.sampled_from(CALENDARS), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_rows_leave_no_gap_and_the_terminal_prints_them_all(log, calendar, passed):
    for milestone in milestones(log, STANDARD, calendar):
        explanation = explain(milestone, "Standard Support", {}, now=log[-1].at + passed)
        printed = [" ".join(line.split()) for line in as_text(explanation).splitlines()]
        first = words.stretch(milestone.counts_from, milestone.counts_from, calendar.tz).partition(" to ")[0]
        timed = [row.when for row in explanation.rows if row.when]

        assert all(" ".join(filter(None, row)) in printed for row in (*explanation.rows, explanation.total))
        assert not timed or timed[0].startswith(first)
        assert all(
            after.partition(" to ")[0].endswith(before.rpartition(" ")[2]) or before.endswith("24:00")
            for before, after in pairwise(timed)
        )


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
