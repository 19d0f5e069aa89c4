"""Who holds the sun, and the proof that somebody always does."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.enums import Layer
from accounts.seats import Away, Center, Entry, House, Pattern, Swap
from sla.coverage import LOOK_BACK, handovers, hold_at, prove
from sla.gaps import Cause

WEEKDAYS, EVERY_DAY = frozenset(range(5)), frozenset(range(7))
KRAKOW_ENGINEER, BOSTON_ENGINEER, OSAKA_ENGINEER, ON_CALL, MANAGER = 1, 2, 3, 4, 5


def center(code: str, zone: str, opens: int, closes: int, days: frozenset[int] = WEEKDAYS, **fields) -> Center:
    shift = Pattern(days, time(opens), time(closes % 24))
    return Center(code, code.title(), code, ZoneInfo(zone), (shift,), **fields)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


KRAKOW = center("krakow", "Europe/Warsaw", 8, 17)
BOSTON = center("boston", "America/New_York", 8, 18)
OSAKA = center("osaka", "Asia/Tokyo", 7, 17)
MEMBERS = {KRAKOW_ENGINEER: "krakow", BOSTON_ENGINEER: "boston", OSAKA_ENGINEER: "osaka"}
ALWAYS = Pattern(EVERY_DAY, time(0), time(0))


def house(*centers: Center, **fields) -> House:
    return House(centers or (KRAKOW, BOSTON, OSAKA), **{"members": MEMBERS} | fields)


def on_call(pattern: Pattern = ALWAYS, person: int = ON_CALL, layer: Layer = Layer.ENGINEER) -> Entry:
    return Entry(person, person, layer, KRAKOW, pattern)


@pytest.mark.clause("C-FTS-04")
def test_the_sun_passes_from_center_to_center_as_each_closes():
    day = list(handovers(house(), utc(2026, 1, 14), utc(2026, 1, 15)))

    assert [(one.at, one.from_center, one.to_center) for one in day] == [
        (utc(2026, 1, 14, 8), "osaka", "krakow"),
        (utc(2026, 1, 14, 16), "krakow", "boston"),
        (utc(2026, 1, 14, 23), "boston", "osaka"),
    ]


@pytest.mark.clause("C-FTS-04")
def test_whoever_opened_first_keeps_the_sun_while_another_opens():
    both_open = utc(2026, 1, 14, 14)

    assert hold_at(house(), both_open).center == "krakow"


@pytest.mark.clause("C-FTS-04", "C-COV-01")
def test_the_last_center_keeps_the_sun_through_the_weekend_by_its_engineers_on_call():
    saturday = hold_at(house(entries=[on_call(), on_call(person=MANAGER, layer=Layer.MANAGER)]), utc(2026, 1, 17, 12))

    assert (saturday.center, saturday.people, saturday.on_call) == ("boston", (ON_CALL,), True)
    assert saturday.managers == (MANAGER,)


@pytest.mark.clause("C-COV-01")
def test_a_year_is_proved_when_somebody_is_always_there():
    proof = prove(house(entries=[on_call()]), utc(2026, 1, 1), utc(2027, 1, 2))

    assert proof.is_proved
    assert [(before.ends, after.begins) for before, after in zip(proof.holds, proof.holds[1:], strict=False)] == [
        (after.begins, after.begins) for after in proof.holds[1:]
    ]
    assert (proof.holds[0].begins, proof.holds[-1].ends) == (proof.first, proof.last)


@pytest.mark.clause("C-COV-01")
def test_a_manager_on_call_is_named_but_fills_no_gap():
    proof = prove(house(entries=[on_call(person=MANAGER, layer=Layer.MANAGER)]), utc(2026, 1, 17), utc(2026, 1, 18))

    assert [(gap.begins, gap.ends) for gap in proof.gaps] == [(utc(2026, 1, 17), utc(2026, 1, 18))]


IN_A_WEEK = utc(2026, 1, 12), utc(2026, 1, 16)


@pytest.mark.clause("C-COV-01")
@pytest.mark.parametrize(
    ("given", "gap"),
    [
        pytest.param(
            house(absences=[Away(BOSTON_ENGINEER, utc(2026, 1, 14), utc(2026, 1, 15), "Sick leave")]),
            (utc(2026, 1, 14, 16), utc(2026, 1, 14, 22), Cause.ABSENCE, "Sick leave", (BOSTON_ENGINEER,)),
            id="absence",
        ),
        pytest.param(
            house(
                members=MEMBERS | {BOSTON_ENGINEER: "nowhere"},
                entries=[on_call(Pattern(frozenset({0, 1, 3, 4}), time(16), time(0)))],
            ),
            (utc(2026, 1, 14, 16), utc(2026, 1, 14, 22), Cause.UNFILLED, "Boston", ()),
            id="unfilled",
        ),
        pytest.param(
            house(
                KRAKOW,
                center("boston", "America/New_York", 8, 18, closed_on={date(2026, 1, 14): "Founders' Day"}),
                OSAKA,
            ),
            (utc(2026, 1, 14, 16), utc(2026, 1, 14, 22), Cause.HOLIDAY, "Boston, Founders' Day", ()),
            id="holiday",
        ),
        pytest.param(
            house(KRAKOW, center("boston", "America/New_York", 8, 18, frozenset({0, 1, 3, 4})), OSAKA),
            (utc(2026, 1, 14, 16), utc(2026, 1, 14, 22), Cause.BETWEEN, "", ()),
            id="between",
        ),
    ],
)
def test_a_gap_is_told_to_the_minute_with_its_cause(given, gap):
    found = prove(given, *IN_A_WEEK).gaps

    assert gap in found


@pytest.mark.clause("C-COV-01", "C-FTS-04")
def test_a_gap_that_summer_time_opens_says_so():
    winter = prove(house(center("boston", "America/New_York", 8, 17), OSAKA, KRAKOW), utc(2026, 3, 4), utc(2026, 3, 5))
    summer = prove(
        house(center("boston", "America/New_York", 8, 17), OSAKA, KRAKOW), utc(2026, 3, 11), utc(2026, 3, 12)
    )

    assert winter.is_proved
    assert [(gap.begins, gap.ends, gap.cause, gap.detail) for gap in summer.gaps] == [
        (utc(2026, 3, 11, 21), utc(2026, 3, 11, 22), Cause.CLOCK_CHANGE, "Boston")
    ]


def test_a_substitute_takes_the_seat_unless_absent_too():
    away = Away(BOSTON_ENGINEER, utc(2026, 1, 14), utc(2026, 1, 15), "Training", substitute=ON_CALL)
    both = [away, Away(ON_CALL, utc(2026, 1, 14, 20), utc(2026, 1, 15), "Sick leave")]

    assert prove(house(absences=[away]), *IN_A_WEEK).is_proved
    assert [gap.begins for gap in prove(house(absences=both), *IN_A_WEEK).gaps] == [utc(2026, 1, 14, 20)]


def test_a_swap_moves_one_day_to_somebody_else():
    every_other = Entry(
        7, BOSTON_ENGINEER, Layer.SHIFT, BOSTON, Pattern(WEEKDAYS, time(8), time(18), date(2026, 1, 12), every_weeks=2)
    )
    swapped = house(entries=[every_other], swaps=[Swap(7, date(2026, 1, 14), ON_CALL)])

    assert hold_at(swapped, utc(2026, 1, 14, 20)).people == (ON_CALL,)
    assert hold_at(swapped, utc(2026, 1, 15, 20)).people == (BOSTON_ENGINEER,)
    assert hold_at(swapped, utc(2026, 1, 20, 20)).is_gap


# An oracle that shares no code: it asks the wall clock of each place, every quarter of an hour or every minute.

QUARTER, MINUTE = timedelta(minutes=15), timedelta(minutes=1)
ZONES = st.sampled_from(["Europe/Warsaw", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu"])
DAYS = st.frozensets(st.integers(0, 6), min_size=1)
HOURS = st.sampled_from([time(hour, minute) for hour in (5, 8, 12, 18, 23) for minute in (0, 30)])
ODD_HOURS = st.sampled_from([time(hour, minute) for hour in (5, 8, 12, 18, 23) for minute in (1, 29, 30, 44, 59)])
STARTS = st.sampled_from([utc(2026, 3, 7), utc(2026, 3, 28), utc(2026, 4, 4), utc(2026, 10, 3), utc(2026, 10, 31)])


@st.composite
def houses(draw, hours=HOURS):
    patterns = st.builds(Pattern, DAYS, hours, hours, st.just(date(2026, 1, 1)), every_weeks=st.integers(1, 2))
    zones = draw(st.lists(ZONES, min_size=1, max_size=3))
    centers = [
        Center(f"c{place}", f"C{place}", "", ZoneInfo(zone), tuple(draw(st.lists(patterns, max_size=2))))
        for place, zone in enumerate(zones)
    ]
    some = st.sampled_from(centers)
    people = st.integers(0, 4)
    members = draw(st.dictionaries(people, some.map(lambda one: one.code)))
    layers = st.sampled_from([Layer.SHIFT, Layer.ENGINEER])
    entries = [
        Entry(number, draw(people), draw(layers), draw(some), draw(patterns))
        for number in range(draw(st.integers(0, 3)))
    ]
    first = draw(STARTS)
    quarters = st.integers(0, 4 * 24 * 4).map(lambda count: first + count * QUARTER)
    absences = [
        Away(who, begins, begins + 30 * QUARTER, "away", draw(st.none() | people))
        for who, begins in draw(st.dictionaries(people, quarters, max_size=3)).items()
    ]
    swaps = {(draw(st.integers(0, 2)), first.date() + timedelta(days=draw(st.integers(0, 3)))): draw(people)}
    return House(centers, members, entries, [Swap(*key, who) for key, who in swaps.items()], absences), first


def local_days_worked(pattern: Pattern, zone: ZoneInfo, at: datetime) -> list[date]:
    """The local days on which the work that goes on at `at` began."""
    here = at.astimezone(zone)
    overnight = pattern.closes <= pattern.opens
    today = here.time() >= pattern.opens and (overnight or here.time() < pattern.closes)
    days = [here.date()] if today else []
    if overnight and here.time() < pattern.closes:
        days.append(here.date() - timedelta(days=1))
    return [
        day
        for day in days
        if day.weekday() in pattern.weekdays
        and day >= pattern.from_on
        and (day.isocalendar().week - pattern.from_on.isocalendar().week) % pattern.every_weeks == 0
    ]


def there(given: House, at: datetime) -> tuple[dict[str, set[int]], set[int]]:
    """Who is at which center at `at`, and who is on call, by the clocks on the walls."""
    planned = []
    for entry in given.entries:
        for day in local_days_worked(entry.pattern, entry.center.zone, at):
            swap = [one.person for one in given.swaps if (one.entry, one.on) == (entry.id, day)]
            place = entry.center.code if entry.layer is Layer.SHIFT else ""
            planned.append((place, swap[0] if swap else entry.person))
    rostered = {entry.person for entry in given.entries if entry.layer is Layer.SHIFT}
    for place in given.centers:
        if any(local_days_worked(shift, place.zone, at) for shift in place.shifts):
            planned += [
                (place.code, who) for who, code in given.members.items() if code == place.code and who not in rostered
            ]
    away = {one.person: one for one in given.absences if one.begins <= at < one.ends}
    real = [(place, away[who].substitute if who in away else who) for place, who in planned]
    present = {(place, who) for place, who in real if who is not None and who not in away}
    centers = {place: {who for where, who in present if where == place} for place, _ in present if place}
    return centers, {who for place, who in present if not place}


@given(houses())
@hypothesis_settings(max_examples=60)
def test_the_proof_agrees_with_a_look_at_every_quarter_of_an_hour(example):
    given, first = example
    last = first + timedelta(days=3)
    held = list(prove(given, first, last).holds)
    since: dict[str, datetime] = {}
    holder, at = "", first - LOOK_BACK
    while at < last:
        centers, engineers = there(given, at)
        since = {code: since.get(code, at) for code in centers}
        holder = min(since, key=lambda code: (since[code], code), default=holder)
        if at >= first:
            hold = next(one for one in held if one.begins <= at < one.ends)
            assert set(hold.people) == (centers[holder] if centers else engineers), at
            assert hold.center == (holder if hold.people else ""), at
        at += QUARTER
    assert all(gap.cause for gap in prove(given, first, last).gaps)


@given(houses(ODD_HOURS), st.integers(0, 2))
@hypothesis_settings(max_examples=25)
def test_a_gap_is_exactly_the_minutes_in_which_nobody_is_there(example, days):
    given, start = example
    first = start + timedelta(days=days)
    last = first + timedelta(days=1)
    gaps = prove(given, first, last).gaps

    told = {at for gap in gaps for at in minutes(gap.begins, gap.ends)}

    assert told == {at for at in minutes(first, last) if not any(there(given, at))}


def minutes(begins: datetime, ends: datetime) -> list[datetime]:
    return [begins + count * MINUTE for count in range((ends - begins) // MINUTE)]
