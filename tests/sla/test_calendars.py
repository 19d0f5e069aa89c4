"""Open hours and the arithmetic of open time."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accounts.models import FrozenCalendar
from sla.bases import calendar_of
from sla.calendars import (
    ALWAYS_OPEN,
    Calendar,
    Window,
    _timeline,
    add_open_time,
    always_open,
    business_day,
    day_bounds,
    every_hour_of_business_days,
    hours_on,
    is_open,
    next_opening,
    open_time_between,
    open_until,
    windows,
    windows_on,
)
from tests.sla import oracle

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EIGHT_TO_SIX = [(time(8), time(18))]
WHOLE_DAY = [(time(0), time(0))]
WORKING_WEEK = dict.fromkeys(range(5), EIGHT_TO_SIX)
EVERY_DAY = dict.fromkeys(range(7), EIGHT_TO_SIX)

LONDON = Calendar("Europe/London", WORKING_WEEK)
CHRISTMAS = Calendar("Europe/London", WORKING_WEEK, frozenset({date(2026, 12, 25), date(2026, 12, 28)}))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# Business hours


@pytest.mark.clause("C-COV-02")
@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        pytest.param("2026-03-03T09:00", 2, "2026-03-03T11:00", id="within a day"),
        pytest.param("2026-03-06T17:00", 2, "2026-03-09T09:00", id="over a weekend"),
        pytest.param("2026-03-06T17:00", 1, "2026-03-06T18:00", id="used up exactly at closing"),
        pytest.param("2026-03-03T07:00", 8, "2026-03-03T16:00", id="received before opening"),
        pytest.param("2026-03-03T18:00", 2, "2026-03-04T10:00", id="received at closing"),
        pytest.param("2026-03-07T12:00", 8, "2026-03-09T16:00", id="received at the weekend"),
        pytest.param("2026-12-24T16:00", 8, "2026-12-29T14:00", id="over Christmas"),
        pytest.param("2026-12-31T17:00", 8, "2027-01-01T15:00", id="over the year's end"),
        pytest.param("2026-03-02T08:00", 50, "2026-03-06T18:00", id="a whole week's hours"),
        pytest.param("2026-03-03T09:00", 0, "2026-03-03T09:00", id="nothing, when open"),
        pytest.param("2026-03-06T18:00", 0, "2026-03-09T08:00", id="nothing, at closing"),
        pytest.param("2026-03-03T08:00", 0, "2026-03-03T08:00", id="nothing, at opening"),
    ],
)
def test_business_hours_are_counted_from_eight_to_six_on_business_days(start, hours, due):
    assert add_open_time(CHRISTMAS, utc(start), hours * HOUR) == utc(due)


@pytest.mark.clause("C-COV-02")
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-03-03T07:59:59.999999", False, id="before opening"),
        pytest.param("2026-03-03T08:00", True, id="at opening"),
        pytest.param("2026-03-03T17:59:59.999999", True, id="before closing"),
        pytest.param("2026-03-03T18:00", False, id="at closing"),
        pytest.param("2026-03-07T12:00", False, id="on Saturday"),
        pytest.param("2026-12-25T12:00", False, id="on a holiday"),
    ],
)
def test_hours_are_half_open(at, expected):
    assert is_open(CHRISTMAS, utc(at)) is expected


@pytest.mark.clause("C-COV-01")
def test_severity_one_hours_never_close():
    saturday_night = utc("2026-12-26T23:50")

    assert add_open_time(ALWAYS_OPEN, saturday_night, 30 * MINUTE) == utc("2026-12-27T00:20")
    assert open_time_between(ALWAYS_OPEN, utc("2026-01-01T00:00"), utc("2028-01-01T00:00")) == timedelta(days=730)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        pytest.param("2026-03-03T03:10", "2026-03-03T04:10", id="at night"),
        pytest.param("2026-03-03T23:30", "2026-03-04T00:30", id="over midnight"),
        pytest.param("2026-03-06T23:30", "2026-03-09T00:30", id="over the weekend"),
        pytest.param("2026-12-24T23:45", "2026-12-29T00:45", id="over Christmas"),
        pytest.param("2026-03-06T23:00", "2026-03-07T00:00", id="used up as Saturday begins"),
    ],
)
def test_an_escalation_hour_runs_day_and_night_on_business_days(start, due):
    round_the_clock = every_hour_of_business_days(CHRISTMAS)

    assert add_open_time(round_the_clock, utc(start), HOUR) == utc(due)


def test_a_day_may_have_a_break():
    madrid = Calendar("Europe/Madrid", {0: [(time(16), time(19)), (time(9), time(14))]})
    monday = local("Europe/Madrid", "2026-06-01T13:00")

    assert add_open_time(madrid, monday, 2 * HOUR) == local("Europe/Madrid", "2026-06-01T17:00")


def test_hours_that_touch_are_one_window():
    touching = Calendar("UTC", {0: [(time(8), time(12)), (time(12), time(0))], 1: [(time(0), time(6))]})

    assert list(windows(touching, utc("2026-03-01T00:00"), utc("2026-03-05T00:00"))) == [
        Window(utc("2026-03-02T08:00"), utc("2026-03-03T06:00"))
    ]


def test_windows_are_cut_to_the_span_and_run_over_the_years_end():
    assert list(windows(always_open("Asia/Tokyo"), utc("2025-06-01T12:00"), utc("2027-02-01T12:00"))) == [
        Window(utc("2025-06-01T12:00"), utc("2027-02-01T12:00"))
    ]


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "America/New_York", "UTC", "Pacific/Kiritimati"])
def test_no_minute_is_lost_at_the_years_end_of_any_zone(zone):
    start, end = utc("2026-12-30T00:00"), utc("2027-01-03T00:00")

    assert list(windows(always_open(zone), start, end)) == [Window(start, end)]


def test_a_business_day_has_hours_and_is_no_holiday():
    days = {day: business_day(CHRISTMAS, date(2026, 12, day)) for day in range(24, 30)}

    assert days == {24: True, 25: False, 26: False, 27: False, 28: False, 29: True}


@pytest.mark.parametrize(
    ("at", "closes"),
    [
        ("2026-03-03T07:59", None),
        ("2026-03-03T08:00", "2026-03-03T18:00"),
        ("2026-03-03T17:59", "2026-03-03T18:00"),
        ("2026-03-03T18:00", None),
        ("2026-03-07T12:00", None),
        ("2026-12-25T12:00", None),
    ],
)
def test_what_is_open_is_open_until_it_closes(at, closes):
    assert open_until(CHRISTMAS, utc(at)) == (utc(closes) if closes else None)


def test_hours_that_touch_at_midnight_or_at_new_year_close_at_their_common_end():
    sydney = Calendar("Australia/Sydney", {3: [(time(20), time(0))], 4: [(time(0), time(11, 30))]})

    assert open_until(sydney, utc("2026-12-31T12:00")) == utc("2027-01-01T00:30")
    assert open_until(ALWAYS_OPEN, utc("2026-12-31T12:00")) == utc("2027-01-07T12:00")


CHRISTMAS_EVE = date(2026, 12, 24)
HALF_CHRISTMAS = Calendar(LONDON.zone, WORKING_WEEK, CHRISTMAS.holidays, {CHRISTMAS_EVE: time(13)})


@pytest.mark.clause("C-COV-02")
@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        pytest.param("2026-12-24T11:00", 2, "2026-12-24T13:00", id="used up exactly when it closes"),
        pytest.param("2026-12-24T12:00", 2, "2026-12-29T09:00", id="over the half day"),
        pytest.param("2026-12-24T15:00", 1, "2026-12-29T09:00", id="received after it closed"),
        pytest.param("2026-12-24T13:00", 0, "2026-12-29T08:00", id="nothing, as it closes"),
    ],
)
def test_a_half_day_counts_until_it_closes(start, hours, due):
    assert add_open_time(HALF_CHRISTMAS, utc(start), hours * HOUR) == utc(due)
    assert business_day(HALF_CHRISTMAS, CHRISTMAS_EVE)


def test_round_the_clock_hours_end_on_a_half_day_when_it_closes():
    round_the_clock = every_hour_of_business_days(HALF_CHRISTMAS)

    assert windows_on(round_the_clock, CHRISTMAS_EVE) == [Window(utc("2026-12-24T00:00"), utc("2026-12-24T13:00"))]


@pytest.mark.parametrize(
    ("closes", "hours"),
    [
        pytest.param(time(13), [(time(9), time(13))], id="in the morning"),
        pytest.param(time(15), [(time(9), time(14))], id="in the break"),
        pytest.param(time(17), [(time(9), time(14)), (time(16), time(17))], id="in the evening"),
        pytest.param(time(21), [(time(9), time(14)), (time(16), time(20))], id="after hours"),
        pytest.param(time(9), [], id="as it opens"),
    ],
)
def test_a_half_day_cuts_what_lies_behind_it(closes, hours):
    monday = date(2026, 6, 1)
    madrid = Calendar("Europe/Madrid", {0: [(time(9), time(14)), (time(16), time(20))]}, half_days={monday: closes})

    assert list(hours_on(madrid, monday)) == hours
    assert business_day(madrid, monday) is bool(hours)


def test_a_half_day_of_a_closed_day_changes_nothing():
    saturday, holiday = date(2026, 12, 26), date(2026, 12, 25)

    assert Calendar(LONDON.zone, WORKING_WEEK, CHRISTMAS.holidays, {saturday: time(9), holiday: time(9)}) == CHRISTMAS


def test_the_next_opening_after_closing_is_the_next_morning():
    assert next_opening(CHRISTMAS, utc("2026-12-24T18:00")) == utc("2026-12-29T08:00")


# What is refused


@pytest.mark.parametrize(
    ("zone", "weekly", "holidays", "message"),
    [
        pytest.param("Etc/GMT+5", WORKING_WEEK, (), "zone of a place", id="fixed offset"),
        pytest.param("EST", WORKING_WEEK, (), "zone of a place", id="fixed offset by a short name"),
        pytest.param("+01:00", WORKING_WEEK, (), "zone of a place", id="offset"),
        pytest.param("Europe/Atlantis", WORKING_WEEK, (), "known zone", id="unknown place"),
        pytest.param("Europe/", WORKING_WEEK, (), "known zone", id="no place"),
        pytest.param("Europe/../../etc/passwd", WORKING_WEEK, (), "known zone", id="a path"),
        pytest.param("UTC", {}, (), "opens at some time", id="never open"),
        pytest.param("UTC", {0: []}, (), "opens at some time", id="no hours"),
        pytest.param("UTC", {7: EIGHT_TO_SIX}, (), "weekdays", id="no such weekday"),
        pytest.param("UTC", {0: [(time(8), time(8))]}, (), "closes after", id="empty"),
        pytest.param("UTC", {0: [(time(18), time(8))]}, (), "closes after", id="reversed"),
        pytest.param("UTC", {0: [(time(8), time(12)), (time(11), time(18))]}, (), "overlap", id="overlapping"),
        pytest.param("UTC", {0: [(time(8), time(0)), (time(9), time(10))]}, (), "overlap", id="after midnight"),
        pytest.param("UTC", {0: [(time(8, tzinfo=UTC), time(18))]}, (), "without a zone", id="hours with a zone"),
        pytest.param("UTC", WORKING_WEEK, {utc("2026-12-25T00:00")}, "plain local date", id="holiday instant"),
    ],
)
def test_a_calendar_that_makes_no_sense_cannot_be_built(zone, weekly, holidays, message):
    with pytest.raises(ValueError, match=message):
        Calendar(zone, weekly, frozenset(holidays))


NAIVE, AWARE = datetime(2026, 3, 3, 9), utc("2026-03-03T09:00")  # noqa: DTZ001


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda: add_open_time(LONDON, NAIVE, HOUR), id="add to a naive moment"),
        pytest.param(lambda: add_open_time(LONDON, NAIVE, 0 * HOUR), id="add nothing to a naive moment"),
        pytest.param(lambda: add_open_time(LONDON, AWARE, -MINUTE), id="add less than nothing"),
        pytest.param(lambda: open_time_between(LONDON, NAIVE, AWARE), id="between, naive start"),
        pytest.param(lambda: open_time_between(LONDON, AWARE, NAIVE), id="between, naive end"),
        pytest.param(lambda: open_time_between(LONDON, AWARE, AWARE - MINUTE), id="between, end first"),
        pytest.param(lambda: windows(LONDON, AWARE, AWARE - MINUTE), id="windows, end first"),
        pytest.param(lambda: is_open(LONDON, NAIVE), id="is open, naive"),
        pytest.param(lambda: next_opening(LONDON, NAIVE), id="next opening, naive"),
        pytest.param(lambda: next_opening(LONDON, datetime.max.replace(tzinfo=UTC)), id="at the end of time"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(ask):
    with pytest.raises(ValueError, match=r"time zone|negative|before it starts|no open time left"):
        ask()


def test_equal_calendars_are_one_key():
    same = Calendar("Europe/London", {weekday: tuple(EIGHT_TO_SIX) for weekday in reversed(range(5))})

    assert same == LONDON
    assert {same: "found"}[LONDON] == "found"
    assert CHRISTMAS != LONDON


# When clocks are changed

NIGHTS = {weekday: [(time(0), time(6))] for weekday in range(7)}


def hours_at(zone: str, weekly, on: date) -> list[tuple[str, float]]:
    """The day's windows: when each opens in UTC, and its length in hours."""
    return [(f"{w.opens:%d %H:%M}", w.length / HOUR) for w in windows_on(Calendar(zone, weekly), on)]


@pytest.mark.clause("C-COV-02")
@pytest.mark.parametrize(
    ("zone", "weekly", "on", "expected"),
    [
        pytest.param("Europe/London", EVERY_DAY, "2026-03-28", [("28 08:00", 10)], id="London, winter"),
        pytest.param("Europe/London", EVERY_DAY, "2026-03-29", [("29 07:00", 10)], id="London, day of the change"),
        pytest.param("Europe/London", EVERY_DAY, "2026-10-25", [("25 08:00", 10)], id="London, back again"),
        pytest.param("Europe/London", NIGHTS, "2026-03-29", [("29 00:00", 5)], id="London, a short night"),
        pytest.param("Europe/London", NIGHTS, "2026-10-25", [("24 23:00", 7)], id="London, a long night"),
        pytest.param("America/New_York", NIGHTS, "2026-03-08", [("08 05:00", 5)], id="New York, a short night"),
        pytest.param("America/New_York", NIGHTS, "2026-11-01", [("01 04:00", 7)], id="New York, a long night"),
        pytest.param("Australia/Lord_Howe", NIGHTS, "2026-10-04", [("03 13:30", 5.5)], id="Lord Howe, forward"),
        pytest.param("Australia/Lord_Howe", NIGHTS, "2026-04-05", [("04 13:00", 6.5)], id="Lord Howe, back"),
        pytest.param("Asia/Kolkata", EVERY_DAY, "2026-03-29", [("29 02:30", 10)], id="Kolkata"),
        pytest.param("Asia/Kathmandu", EVERY_DAY, "2026-03-29", [("29 02:15", 10)], id="Kathmandu"),
        pytest.param("Asia/Kathmandu", NIGHTS, "1986-01-01", [("31 18:30", 5.75)], id="Kathmandu moves a quarter"),
        pytest.param("Asia/Tokyo", EVERY_DAY, "2026-03-29", [("28 23:00", 10)], id="Tokyo"),
        pytest.param("America/Santiago", NIGHTS, "2025-09-07", [("07 04:00", 5)], id="Santiago skips midnight"),
        pytest.param("America/Havana", NIGHTS, "2025-11-02", [("02 04:00", 7)], id="Havana repeats midnight"),
        pytest.param("Pacific/Apia", EVERY_DAY, "2011-12-29", [("29 18:00", 10)], id="Apia, last day behind"),
        pytest.param("Pacific/Apia", EVERY_DAY, "2011-12-30", [], id="Apia skips a day"),
        pytest.param("Pacific/Apia", EVERY_DAY, "2011-12-31", [("30 18:00", 10)], id="Apia, first day ahead"),
        pytest.param("Pacific/Kwajalein", EVERY_DAY, "1993-08-21", [], id="Kwajalein skips a day"),
    ],
)
def test_a_day_opens_and_closes_by_the_wall_clock_and_lasts_as_long_as_it_really_does(zone, weekly, on, expected):
    assert hours_at(zone, weekly, date.fromisoformat(on)) == expected


@pytest.mark.parametrize(
    ("zone", "on", "interval", "expected"),
    [
        pytest.param("Europe/London", "2026-03-29", ("01:30", "03:00"), [("29 01:00", 1)], id="opening skipped"),
        pytest.param("Europe/London", "2026-03-29", ("00:00", "01:30"), [("29 00:00", 1)], id="closing skipped"),
        pytest.param("Europe/London", "2026-03-29", ("01:00", "02:00"), [], id="both skipped"),
        pytest.param("Europe/London", "2026-10-25", ("01:30", "03:00"), [("25 00:30", 2.5)], id="opening repeated"),
        pytest.param("Europe/London", "2026-10-25", ("00:00", "01:30"), [("24 23:00", 1.5)], id="closing repeated"),
        pytest.param("Europe/London", "2026-10-25", ("01:00", "02:00"), [("25 00:00", 2)], id="both at the edges"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", ("02:10", "03:00"), [("03 15:30", 0.5)], id="half an hour"),
    ],
)
def test_a_time_that_clocks_skip_is_their_jump_and_one_they_repeat_its_first_pass(zone, on, interval, expected):
    opens, closes = map(time.fromisoformat, interval)
    day = date.fromisoformat(on)

    assert hours_at(zone, {day.weekday(): [(opens, closes)]}, day) == expected


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        pytest.param("Europe/London", "2026-03-29", 23, id="forward"),
        pytest.param("Europe/London", "2026-10-25", 25, id="back"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", 23.5, id="half an hour forward"),
        pytest.param("Pacific/Apia", "2011-12-30", 0, id="a day that never was"),
        pytest.param("Asia/Tokyo", "2026-03-29", 24, id="no change"),
    ],
)
def test_a_local_day_is_as_long_as_it_really_was(zone, on, hours):
    assert day_bounds(always_open(zone), date.fromisoformat(on)).length == hours * HOUR


@pytest.mark.clause("C-COV-02")
def test_eight_business_hours_over_the_change_to_summer_time_end_by_the_wall_clock():
    friday = local("Europe/London", "2026-03-27T15:00")

    due = add_open_time(LONDON, friday, 8 * HOUR)

    assert due == local("Europe/London", "2026-03-30T13:00") == utc("2026-03-30T12:00")


def test_a_day_that_apia_skipped_gives_no_hours():
    apia = Calendar("Pacific/Apia", EVERY_DAY)
    thursday = local("Pacific/Apia", "2011-12-29T16:00")

    assert add_open_time(apia, thursday, 3 * HOUR) == local("Pacific/Apia", "2011-12-31T09:00")


# Laws

# Moments around which clocks were changed, or a day was skipped or repeated.
TURNS = {
    "Europe/London": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "America/Santiago": ("2025-04-06T03:00", "2025-09-07T04:00"),
    "America/Havana": ("2025-03-09T05:00", "2025-11-02T05:00"),
    "America/St_Johns": ("2010-03-14T03:31", "2010-11-07T02:31"),
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-03-22T02:00"),
    "Asia/Kolkata": ("2026-01-01T00:00",),
    "Asia/Kathmandu": ("1985-12-31T18:30", "2026-01-01T00:00"),
    "Asia/Tokyo": ("2026-01-01T00:00",),
    "Pacific/Apia": ("2011-09-24T14:00", "2011-12-30T10:00"),
    "Pacific/Kwajalein": ("1969-09-30T13:00", "1993-08-21T12:00"),
    "UTC": ("2026-01-01T00:00",),
}
DAY_MINUTES = 24 * 60


@st.composite
def weeks(draw):
    """Any week of at most three intervals a day, to the quarter of an hour."""
    week = {}
    for weekday in draw(st.sets(st.integers(0, 6), min_size=1)):
        edges = sorted(draw(st.sets(st.integers(0, DAY_MINUTES // 15), min_size=2, max_size=6)))
        times = [time(edge // 4 % 24, edge % 4 * 15) for edge in edges]
        week[weekday] = list(zip(times[::2], times[1::2], strict=False))
    return week


@st.composite
def calendars_and_moments(draw, unit=timedelta.resolution):
    """A calendar with some holidays, and a moment within five days of a change of its clocks."""
    zone = draw(st.sampled_from(sorted(TURNS)))
    turn = utc(draw(st.sampled_from(TURNS[zone])))
    span = timedelta(days=5) // unit
    moment = turn + draw(st.integers(-span, span)) * unit
    nearby = st.integers(-7, 14).map(lambda days: (turn + timedelta(days=days)).date())
    holidays = draw(st.frozensets(nearby, max_size=5))
    quarters = st.integers(0, DAY_MINUTES // 15 - 1).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
    half_days = draw(st.dictionaries(nearby, quarters, max_size=5))
    weekly = draw(st.one_of(weeks(), st.sampled_from([WORKING_WEEK, EVERY_DAY, dict.fromkeys(range(5), WHOLE_DAY)])))
    return Calendar(zone, weekly, holidays, half_days), moment


amounts = st.timedeltas(timedelta(0), timedelta(days=20))


@pytest.mark.clause("C-COV-01", "C-COV-02")
@settings(max_examples=120, deadline=None)
@given(calendars_and_moments(unit=MINUTE), st.integers(0, 20 * 60))
def test_a_walk_through_every_minute_finds_the_same_due_moment(calendar_and_start, minutes):
    calendar, start = calendar_and_start

    assert add_open_time(calendar, start, minutes * MINUTE) == oracle.add(calendar, start, minutes)


@settings(max_examples=100, deadline=None)
@given(calendars_and_moments(unit=MINUTE), st.integers(0, 10 * DAY_MINUTES))
def test_a_walk_through_every_minute_finds_the_same_open_time(calendar_and_start, minutes):
    calendar, start = calendar_and_start
    end = start + minutes * MINUTE

    assert open_time_between(calendar, start, end) == oracle.between(calendar, start, end)


@settings(max_examples=150, deadline=None)
@given(calendars_and_moments(), amounts)
def test_the_open_time_until_the_due_moment_is_the_allowance(calendar_and_start, amount):
    calendar, start = calendar_and_start

    assert open_time_between(calendar, start, add_open_time(calendar, start, amount)) == amount


@settings(max_examples=150, deadline=None)
@given(calendars_and_moments(), amounts)
def test_a_due_moment_lies_in_open_hours_or_at_their_end(calendar_and_start, amount):
    calendar, start = calendar_and_start

    due = add_open_time(calendar, start, amount)

    assert due >= start
    assert is_open(calendar, due) or (amount and is_open(calendar, due - timedelta.resolution))


@settings(max_examples=150, deadline=None)
@given(calendars_and_moments(), amounts, amounts)
def test_a_longer_allowance_is_never_due_earlier(calendar_and_start, amount, more):
    calendar, start = calendar_and_start

    assert add_open_time(calendar, start, amount) <= add_open_time(calendar, start, amount + more)


@settings(max_examples=150, deadline=None)
@given(calendars_and_moments(), amounts, amounts)
def test_an_allowance_may_be_counted_in_two_parts(calendar_and_start, first, second):
    calendar, start = calendar_and_start
    assume(second)

    in_parts = add_open_time(calendar, add_open_time(calendar, start, first), second)

    assert in_parts == add_open_time(calendar, start, first + second)


@settings(max_examples=150, deadline=None)
@given(calendars_and_moments(), amounts, amounts)
def test_open_time_adds_up_over_any_cut(calendar_and_start, first, second):
    calendar, start = calendar_and_start
    cut, end = start + first, start + first + second

    parts = open_time_between(calendar, start, cut) + open_time_between(calendar, cut, end)

    assert parts == open_time_between(calendar, start, end)


@settings(max_examples=150, deadline=None)
@given(calendars_and_moments(), amounts)
def test_windows_are_apart_in_order_and_add_up(calendar_and_start, length):
    calendar, start = calendar_and_start

    found = list(windows(calendar, start, start + length))

    assert all(earlier.closes < later.opens for earlier, later in pairwise(found))
    assert sum((window.length for window in found), timedelta(0)) == open_time_between(calendar, start, start + length)
    assert all(is_open(calendar, window.opens) and not window.length <= timedelta(0) for window in found)


def written(week: dict) -> dict[str, list[list[str]]]:
    """A week as an account's calendar keeps it."""
    return {
        str(weekday): [[f"{opens:%H:%M}", f"{closes:%H:%M}" if closes != time(0) else "24:00"] for opens, closes in day]
        for weekday, day in week.items()
    }


@settings(max_examples=150, deadline=None)
@given(calendars_and_moments())
def test_an_accounts_calendar_and_the_arithmetic_agree_on_days_and_their_ends(calendar_and_moment):
    calendar, moment = calendar_and_moment
    frozen = FrozenCalendar(
        zone=calendar.zone,
        weekly=written(calendar.weekly),
        holidays={day.isoformat(): "Closed" for day in calendar.holidays},
        half_days={day.isoformat(): [f"{shut:%H:%M}", "Closed"] for day, shut in calendar.half_days.items()},
    )
    assert calendar_of(frozen) == calendar

    for day in (moment.astimezone(calendar.tz).date() + timedelta(days=days) for days in range(-6, 7)):
        hours = windows_on(calendar, day)
        assert frozen.is_business_day(day) == business_day(calendar, day)
        if hours and len(hours) == len(hours_on(calendar, day)):
            assert frozen.close_of_business(day) == hours[-1].closes


def test_a_business_day_that_ends_in_a_skipped_hour_ends_where_the_clocks_jump():
    calendar = FrozenCalendar(zone="Europe/London", weekly={"6": [["00:00", "01:30"]]}, holidays={})

    assert calendar.close_of_business(date(2026, 3, 29)) == utc("2026-03-29T01:00")


def test_a_span_without_length_holds_no_window():
    monday_noon = utc("2026-01-12T12:00")

    assert list(windows(ALWAYS_OPEN, monday_noon, monday_noon)) == []


@settings(max_examples=50, deadline=None)
@given(calendars_and_moments(), st.integers(1, 25))
def test_years_of_open_time_are_counted_exactly(calendar_and_start, years):
    calendar, start = calendar_and_start
    end = start.replace(year=start.year + years, day=min(start.day, 28))
    found = windows(calendar, start, end)

    assert open_time_between(calendar, start, end) == sum((window.length for window in found), timedelta(0))


@settings(max_examples=25, deadline=None)
@given(calendars_and_moments(), st.permutations([0, -11, 3, -40, 25]))
def test_what_was_asked_before_changes_no_answer(calendar_and_start, years):
    calendar, start = calendar_and_start
    moments = [start.replace(year=start.year + more, day=min(start.day, 28)) for more in years]
    fresh = [add_open_time(_unasked(calendar), moment, 30 * HOUR) for moment in moments]

    used = _unasked(calendar)

    assert [add_open_time(used, moment, 30 * HOUR) for moment in moments] == fresh


def _unasked(calendar: Calendar) -> Calendar:
    """An equal calendar that shares no table with another."""
    _timeline.cache_clear()
    return Calendar(calendar.zone, calendar.weekly, calendar.holidays, calendar.half_days)
