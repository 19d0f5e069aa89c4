"""Keeping the rosters: who may, what cannot be, and what speaks against a line."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from hypothesis import given
from hypothesis import strategies as st

from accounts import rostering
from accounts.conflicts import Kind, clashes, lacking, on_holidays, seats_of, unfit, without_person
from accounts.enums import AbsenceReason, Layer, StaffRole
from accounts.models import Absence, OnCall, RosterEntry, Swap
from accounts.seats import Away, Center, Entry, House, Pattern, Seat, Span, misses_a_day
from tests.cases.test_at_once import at_once, refusals
from tests.cast import DAY, HOUR, NOON, make_staff, refused

MONDAY = date(2026, 3, 2)


@pytest.fixture
def entry(engineer, emea_center) -> RosterEntry:
    """Weekdays from nine to five, from Monday on; not saved."""
    return RosterEntry(
        user=engineer, center=emea_center, weekdays=[0, 1, 2, 3, 4], opens=time(9), closes=time(17), from_on=MONDAY
    )


# A change holds from a day


def entries() -> list[tuple[time, date, date | None]]:
    return list(RosterEntry.objects.order_by("from_on").values_list("closes", "from_on", "until_on"))


@pytest.mark.clause("C-FTS-04")
def test_a_change_leaves_the_days_before_it_as_they_were_and_takes_later_swaps_along(
    entry, support_manager, engineer, second_engineer
):
    rostering.keep(entry, by=support_manager)
    before, after, own = (
        Swap.objects.create(entry=entry, on=on, user=user, reason="A wedding.")
        for on, user in (
            (date(2026, 3, 3), second_engineer),
            (date(2026, 3, 12), second_engineer),
            (date(2026, 3, 13), support_manager),
        )
    )
    LogEntry.objects.all().delete()
    entry.closes, entry.user = time(18), support_manager

    later = rostering.keep(entry, by=support_manager, since=date(2026, 3, 11))

    first = RosterEntry.objects.exclude(pk=later.pk).get()
    assert entries() == [(time(17), MONDAY, date(2026, 3, 10)), (time(18), date(2026, 3, 11), None)]
    assert (first.user, later.user, first.key == later.key) == (engineer, support_manager, False)
    assert dict(Swap.objects.values_list("pk", "entry")) == {before.pk: first.pk, after.pk: later.pk}
    assert not Swap.objects.filter(pk=own.pk).exists()
    assert sorted(LogEntry.objects.values_list("object_id", "action_flag")) == sorted(
        [(str(later.pk), 1), (str(first.pk), 2), (str(own.pk), 3)]
    )


@pytest.mark.clause("C-FTS-04")
@pytest.mark.parametrize("since", [None, MONDAY, date(2026, 3, 11)], ids=str)
def test_a_swap_of_a_day_that_is_no_longer_worked_is_undone_and_noted(entry, support_manager, second_engineer, since):
    rostering.keep(entry, by=support_manager)
    kept, undone = (
        Swap.objects.create(entry=entry, on=on, user=second_engineer, reason="A wedding.")
        for on in (date(2026, 3, 12), date(2026, 3, 13))
    )
    entry.weekdays = [0, 1, 2, 3]

    rostering.keep(entry, by=support_manager, since=since)

    assert list(Swap.objects.values_list("pk", flat=True)) == [kept.pk]
    assert LogEntry.objects.filter(object_id=str(undone.pk), action_flag=3).exists()


def test_an_entry_that_becomes_duty_of_managers_takes_no_engineer_along(entry, support_manager, second_engineer):
    rostering.keep(entry, by=support_manager)
    Swap.objects.create(entry=entry, on=date(2026, 3, 12), user=second_engineer, reason="A wedding.")
    entry.layer, entry.user = Layer.MANAGER, support_manager

    rostering.keep(entry, by=support_manager, since=date(2026, 3, 11))

    assert not Swap.objects.exists()


@pytest.mark.clause("C-FTS-04")
@pytest.mark.parametrize(
    ("since", "first"),
    [(date(2026, 3, 18), date(2026, 3, 18)), (date(2026, 3, 11), date(2026, 3, 16))],
    ids=["in a week that is worked", "in one that is not"],
)
def test_a_change_keeps_the_rhythm_of_the_weeks(entry, support_manager, since, first):
    entry.every_weeks = 2
    rostering.keep(entry, by=support_manager)
    entry.closes = time(18)

    later = rostering.keep(entry, by=support_manager, since=since)

    assert later.from_on == first
    assert [later.pattern.falls_on(date(2026, 3, day)) for day in (20, 27)] == [True, False]


WHOLE = {
    "from the first day": ({"closes": time(18)}, MONDAY, (time(18), MONDAY, None)),
    "from long before": ({"closes": time(18)}, date(2025, 1, 1), (time(18), MONDAY, None)),
    "of the last day alone": (
        {"until_on": date(2026, 3, 31)},
        date(2026, 3, 11),
        (time(17), MONDAY, date(2026, 3, 31)),
    ),
    "with no day before it": ({"closes": time(18), "weekdays": [0]}, date(2026, 3, 3), None),
}


@pytest.mark.parametrize(("changed", "since", "becomes"), WHOLE.values(), ids=WHOLE)
def test_a_change_that_parts_nothing_stays_one_entry(entry, support_manager, changed, since, becomes):
    if becomes is None:
        entry.weekdays = [2]
    rostering.keep(entry, by=support_manager)
    for name, value in changed.items():
        setattr(entry, name, value)

    rostering.keep(entry, by=support_manager, since=since)

    assert entries() == [becomes or (time(18), since, None)]


@pytest.mark.parametrize(
    ("changed", "since", "code"),
    [
        ({"closes": time(18)}, date(2026, 6, 1), "holds_from_after_end"),
        ({"closes": time(18)}, date(9999, 12, 31), "holds_from_far"),
        ({"closes": time(18), "until_on": date(2026, 3, 9)}, date(2026, 3, 11), "until_on_before_change"),
        ({"until_on": date(2026, 3, 9)}, date(2026, 3, 11), "until_on_before_change"),
        ({"weekdays": [0], "until_on": date(2026, 3, 12)}, date(2026, 3, 10), "weekdays_never"),
        ({"from_on": date(2026, 3, 9)}, date(2026, 3, 11), "from_on_before_change"),
    ],
    ids=str,
)
def test_a_change_that_cannot_hold_from_its_day_is_refused_and_changes_nothing(
    entry, support_manager, changed, since, code
):
    entry.until_on = date(2026, 5, 1)
    rostering.keep(entry, by=support_manager)
    for name, value in changed.items():
        setattr(entry, name, value)

    with refused(code):
        rostering.keep(entry, by=support_manager, since=since)

    assert entries() == [(time(17), MONDAY, date(2026, 5, 1))]


# Who may, and what cannot be


@pytest.mark.clause("C-STF-02")
def test_managers_and_administrators_keep_rosters_and_it_is_noted(entry, support_manager, administrator):
    rostering.keep(entry, by=support_manager)
    entry.closes = time(18)
    rostering.keep(entry, by=administrator)
    rostering.remove(entry, by=support_manager)

    assert not RosterEntry.objects.exists()
    assert list(LogEntry.objects.order_by("pk").values_list("user", "action_flag")) == [
        (support_manager.pk, 1),
        (administrator.pk, 2),
        (support_manager.pk, 3),
    ]


@pytest.mark.clause("C-STF-02")
def test_nobody_else_does(entry, engineer, customer_service, technical_contact):
    for person in (engineer, customer_service, technical_contact):
        with pytest.raises(PermissionDenied):
            rostering.keep(entry, by=person)

    assert not RosterEntry.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"weekdays": []}, "weekdays_missing"),
        ({"every_weeks": 0}, "every_weeks_impossible"),
        ({"every_weeks": 53}, "every_weeks_impossible"),
        ({"until_on": date(2026, 3, 1)}, "until_on_before_from_on"),
        ({"weekdays": [6], "until_on": date(2026, 3, 7)}, "weekdays_never"),
        ({"layer": Layer.MANAGER}, "user_other_role"),
        ({"from_on": date(9999, 12, 31)}, "from_on_far"),
        ({"until_on": date(9999, 12, 31)}, "until_on_far"),
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_is_refused(entry, support_manager, wrong, code):
    for name, value in wrong.items():
        setattr(entry, name, value)

    with refused(code):
        rostering.keep(entry, by=support_manager)

    assert not RosterEntry.objects.exists()


def test_customers_are_in_no_roster(entry, support_manager, technical_contact):
    entry.user = technical_contact

    with refused("user_not_staff"):
        rostering.keep(entry, by=support_manager)


def test_customer_service_is_never_the_engineer_on_call(support_manager, customer_service):
    turn = OnCall(user=customer_service, duty=Layer.ENGINEER, starts_at=NOON, ends_at=NOON + HOUR)

    with refused("user_other_role"):
        rostering.keep(turn, by=support_manager)


@pytest.mark.parametrize(("hours", "code"), [(0, "ends_at_same"), (-1, "ends_at_before_starts_at")])
def test_an_end_that_is_not_after_the_beginning_is_refused(support_manager, engineer, hours, code):
    span = {"starts_at": NOON, "ends_at": NOON + hours * HOUR}

    for row in (
        OnCall(user=engineer, duty=Layer.ENGINEER, **span),
        Absence(user=engineer, reason=AbsenceReason.SICK, **span),
    ):
        with refused(code):
            rostering.keep(row, by=support_manager)


def test_nobody_stands_in_for_oneself_nor_does_a_customer(support_manager, engineer, technical_contact):
    absence = Absence(user=engineer, reason=AbsenceReason.SICK, starts_at=NOON, ends_at=NOON + DAY)

    for substitute, code in ((engineer, "substitute_same"), (technical_contact, "substitute_not_staff")):
        absence.substitute = substitute
        with refused(code):
            rostering.keep(absence, by=support_manager)


def test_a_swap_is_of_a_day_that_is_worked_by_somebody_else_and_once(entry, support_manager, engineer, second_engineer):
    rostering.keep(entry, by=support_manager)
    third = make_staff("Ines Colleague", StaffRole.SUPPORT_ENGINEER)

    def swap(on=MONDAY, user=second_engineer, reason="A wedding."):
        return rostering.keep(Swap(entry=entry, on=on, user=user, reason=reason), by=support_manager)

    with refused("on_not_worked"):
        swap(on=date(2026, 3, 7))
    with refused("user_same"):
        swap(user=engineer)
    with refused("reason_missing"):
        swap(reason=" ")
    swap()
    with refused("on_taken"):
        swap(user=third)

    assert [(one.on, one.user) for one in entry.swaps.all()] == [(MONDAY, second_engineer)]


# Two keepers


@pytest.mark.clause("C-STF-02")
def test_what_a_keeper_did_not_see_is_neither_changed_nor_removed(entry, support_manager):
    rostering.keep(entry, by=support_manager)
    shown = rostering.version(entry)
    entry.closes = time(18)
    rostering.keep(entry, by=support_manager, seen=shown)
    entry.closes = time(19)

    for verb in (rostering.keep, rostering.remove):
        with refused("changed_meanwhile"):
            verb(entry, by=support_manager, seen=shown)

    assert RosterEntry.objects.get().closes == time(18)


def test_what_a_sweep_writes_into_an_absence_is_no_change_of_it(support_manager, engineer):
    absence = Absence(user=engineer, reason=AbsenceReason.SICK, starts_at=NOON, ends_at=NOON + DAY)
    rostering.keep(absence, by=support_manager)
    shown = rostering.version(absence)
    Absence.objects.update(rehomed_at=NOON)
    absence.ends_at += HOUR

    rostering.keep(absence, by=support_manager, seen=shown)

    assert Absence.objects.get().ends_at == NOON + DAY + HOUR


def test_no_day_of_an_entry_that_is_gone_is_swapped(entry, support_manager, second_engineer):
    rostering.keep(entry, by=support_manager)
    swap = Swap(entry=entry, on=MONDAY, user=second_engineer, reason="A wedding.")
    RosterEntry.objects.all().delete()

    with refused("gone_meanwhile"):
        rostering.keep(swap, by=support_manager)


@pytest.mark.django_db(transaction=True)
def test_of_two_swaps_of_a_day_at_once_one_is_refused(entry, support_manager, second_engineer):
    rostering.keep(entry, by=support_manager)
    third = make_staff("Ines Colleague", StaffRole.SUPPORT_ENGINEER)

    def swap(user):
        mine = Swap(entry=RosterEntry.objects.get(), on=MONDAY, user=user, reason="A wedding.")
        return lambda: rostering.keep(mine, by=support_manager)

    outcomes = at_once(swap(second_engineer), swap(third))

    assert refusals(outcomes) == ["on_taken"]
    assert Swap.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_of_a_line_at_once_one_is_refused(entry, support_manager):
    rostering.keep(entry, by=support_manager)
    shown = rostering.version(entry)

    def change(closes):
        mine = RosterEntry.objects.get()
        mine.closes = closes
        return lambda: rostering.keep(mine, by=support_manager, seen=shown)

    assert refusals(at_once(change(time(18)), change(time(19)))) == ["changed_meanwhile"]


# What speaks against a line, in the pure part

ANNA, BORIS = 1, 2
WARSAW = Center("krakow", "Kraków", "emea", ZoneInfo("Europe/Warsaw"), ())
WEEKDAYS = Pattern(frozenset(range(5)), time(9), time(17), MONDAY)
FIRST, LAST = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC)
NAMES = {"krakow": "Kraków"}


def entry_of(person: int, pattern: Pattern = WEEKDAYS, layer: Layer = Layer.SHIFT) -> Entry:
    return Entry(person, person, layer, WARSAW, pattern)


def test_an_absence_speaks_against_each_day_it_touches():
    away = Away(ANNA, datetime(2026, 3, 4, 12, tzinfo=UTC), datetime(2026, 3, 6, 5, tzinfo=UTC), "Sick leave")
    wanted = seats_of(entry_of(ANNA), FIRST, LAST)

    (found,) = clashes(House([WARSAW], {}, absences=[away]), wanted, NAMES)

    assert (found.kind, found.person, found.detail, found.times) == (Kind.AWAY, ANNA, "Sick leave", 2)
    assert found.first.begins == away.begins


def test_two_shifts_at_once_are_a_conflict_but_on_call_during_a_shift_is_none():
    wanted = seats_of(entry_of(ANNA), FIRST, LAST)
    night = Pattern(frozenset({0}), time(16), time(2), MONDAY)

    (twice,) = clashes(House([WARSAW], {}, [entry_of(ANNA, night)]), wanted, NAMES)
    on_call = list(clashes(House([WARSAW], {}, [entry_of(ANNA, night, Layer.ENGINEER)]), wanted, NAMES))

    assert (twice.kind, twice.detail, twice.times) == (Kind.DOUBLE, "On shift, Kraków", 2)
    assert on_call == []


def test_who_gets_a_roster_no_longer_works_every_shift_of_the_center():
    staffed = Center("krakow", "Kraków", "emea", ZoneInfo("Europe/Warsaw"), (WEEKDAYS,))
    house = House([staffed], {ANNA: "krakow"})
    wanted = seats_of(entry_of(ANNA), FIRST, LAST)

    assert [one.kind for one in clashes(house, wanted, NAMES)] == [Kind.DOUBLE]
    assert list(clashes(without_person(house, ANNA), wanted, NAMES)) == []


def test_a_public_holiday_at_the_center_speaks_against_a_shift_alone():
    holidays = {date(2026, 3, 4): "Founders' Day", date(2026, 3, 8): "A Sunday"}

    shift = [one.detail for one in on_holidays(entry_of(ANNA), holidays, FIRST, LAST)]
    called = list(on_holidays(entry_of(ANNA, layer=Layer.ENGINEER), holidays, FIRST, LAST))

    assert (shift, called) == (["Founders' Day"], [])


@pytest.mark.clause("C-DEL-01", "C-STF-08")
@pytest.mark.parametrize(
    ("layer", "skills", "missing"),
    [
        (Layer.ENGINEER, {"a", "b"}, []),
        (Layer.ENGINEER, {"a"}, ["Beta"]),
        (Layer.SHIFT, {"a", "b"}, []),
        (Layer.SHIFT, {"a"}, ["Beta"]),
        (Layer.SHIFT, {"other"}, ["Alpha, Beta"]),
        (Layer.MANAGER, set(), []),
    ],
)
def test_what_an_engineer_does_not_know_is_told_on_shift_and_on_call(layer, skills, missing):
    seats = [Seat(ANNA, layer, "", None, FIRST, LAST), Seat(BORIS, layer, "", None, FIRST, LAST)]

    found = lacking(seats, {ANNA: skills}, {"a": "Alpha", "b": "Beta"})

    assert [(one.person, one.detail) for one in found] == [(ANNA, detail) for detail in missing]


UNFIT = {
    "an engineer for an engineer": ("escalation_engineer", "support_engineer", Layer.SHIFT, []),
    "an administrator for an engineer": ("admin", "support_engineer", Layer.SHIFT, ["support_engineer"]),
    "Engineering for an engineer": ("engineering", "support_engineer", Layer.SHIFT, ["support_engineer"]),
    "Customer Service for Customer Service": ("customer_service", "customer_service", Layer.SHIFT, []),
    "an engineer for a manager's shift": ("support_engineer", "support_manager", Layer.SHIFT, []),
    "an engineer for a manager on call": ("support_engineer", "support_manager", Layer.MANAGER, ["support_manager"]),
}


@pytest.mark.clause("C-RAS-01", "C-STF-02")
@pytest.mark.parametrize(("role", "of", "layer", "lacks"), UNFIT.values(), ids=UNFIT)
def test_who_takes_over_needs_the_role_for_it(role, of, layer, lacks):
    left = [Seat(BORIS, layer, "", None, FIRST, LAST)]

    assert [one.detail for one in unfit(ANNA, role, of, left, Span(FIRST, LAST))] == lacks


def test_cases_are_for_engineers_though_no_shift_is_left():
    assert [one.kind for one in unfit(ANNA, "admin", "support_engineer", [], Span(FIRST, LAST))] == [Kind.ROLE]


HALF_HOURS = st.integers(0, 47).map(lambda count: time(count // 2, 30 * (count % 2)))
PATTERNS = st.builds(
    Pattern,
    st.frozensets(st.integers(0, 6), min_size=1),
    HALF_HOURS,
    HALF_HOURS,
    st.just(MONDAY),
    every_weeks=st.just(1),
)


@given(PATTERNS, PATTERNS)
def test_double_booked_means_that_some_moment_is_worked_twice(one, other):
    house = House([WARSAW], {}, [entry_of(ANNA, other)])
    wanted = seats_of(entry_of(ANNA, one), FIRST, LAST)
    begins = min((seat.begins for seat in wanted), default=FIRST)
    ends = max((seat.ends for seat in wanted), default=FIRST)

    found = any(clash.kind is Kind.DOUBLE for clash in clashes(house, wanted, NAMES))

    moments, at = [], begins
    while at < ends:
        moments.append(at)
        at += HOUR / 2
    assert found == any(_works(one, at) and _works(other, at) for at in moments)


def _works(pattern: Pattern, at: datetime) -> bool:
    """By the clock on the wall in Warsaw."""
    here = at.astimezone(ZoneInfo("Europe/Warsaw"))
    overnight = pattern.closes <= pattern.opens
    today = here.time() >= pattern.opens and (overnight or here.time() < pattern.closes)
    yesterday = overnight and here.time() < pattern.closes
    return (today and _falls(pattern, here.date())) or (yesterday and _falls(pattern, here.date() - DAY))


def _falls(pattern: Pattern, day: date) -> bool:
    return day.weekday() in pattern.weekdays and day >= MONDAY


# What an absence costs


def shift(day: int, first: int = 9, last: int = 17) -> Span:
    """A shift on a day of that March."""
    return Span(datetime(2026, 3, day, first, tzinfo=UTC), datetime(2026, 3, day, last, tzinfo=UTC))


WEEK = [shift(day) for day in range(2, 7)] + [shift(7, 10, 13)]
ABSENCES = {
    "a morning": (WEEK, shift(2, 9, 12), False),
    "one shift": (WEEK, shift(2), True),
    "a local day": (WEEK, Span(shift(2).begins - 9 * HOUR, shift(2).begins + 15 * HOUR), True),
    "noon to noon": (WEEK, Span(shift(2, 12).begins, shift(3, 12).begins), True),
    "an afternoon and an hour": (WEEK, Span(shift(2, 14).begins, shift(3, 10).begins), False),
    "a short Saturday": (WEEK, shift(7, 0, 20), True),
    "a free Sunday": (WEEK, Span(shift(8, 0).begins, shift(9, 0).begins), False),
    "without shifts, a day": ([], Span(shift(2).begins, shift(3).begins), True),
    "without shifts, less": ([], shift(2), False),
}


@pytest.mark.clause("C-RAS-01")
@pytest.mark.parametrize(("shifts", "away", "misses"), ABSENCES.values(), ids=ABSENCES)
def test_how_much_work_an_absence_misses(shifts, away, misses):
    assert misses_a_day(shifts, away) is misses
