"""Which engineer takes a case, and that the choice says why."""

from datetime import time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Layer, LinuxFlavor
from accounts.models import OnCall, Shift, StaffProfile
from cases.candidates import suggest, why
from cases.choice import Candidate, choose, reasons
from cases.enums import Severity, Status
from tests.cast import DAY, NOON

KNOWS = frozenset({"hypervisor"})
NAMES = {"hypervisor": "Hypervisor", "debian": "Debian"}


def someone(person: int, skills=KNOWS, open: int = 0, severe: int = 0, on_shift: bool = True) -> Candidate:
    return Candidate(person, frozenset(skills), open, severe, on_shift)


CHOICES = {
    "shift before skill": ([someone(1, on_shift=False), someone(2, skills=())], 2),
    "skill before load": ([someone(1, skills=()), someone(2, open=9, severe=3)], 2),
    "the product before the flavor": ([someone(1, skills={"debian"}), someone(2)], 2),
    "both skills before one": ([someone(1), someone(2, skills={"hypervisor", "debian"})], 2),
    "few of Severity 1 before few": ([someone(1, open=1, severe=1), someone(2, open=7)], 2),
    "few open cases": ([someone(1, open=3), someone(2, open=2)], 2),
    "equals by account": ([someone(3), someone(2), someone(5)], 2),
}


@pytest.mark.clause("C-STF-06", "C-STF-08")
@pytest.mark.parametrize(("candidates", "taker"), CHOICES.values(), ids=CHOICES)
def test_shift_then_skill_then_load_decide_whatever_the_order(candidates, taker):
    chosen = {choose(order, ["hypervisor", "debian"]).taker.person for order in permutations(candidates)}

    assert chosen == {taker}


def test_nobody_on_duty_is_nobody_chosen():
    assert choose([], ["hypervisor"]) is None


REASONS = {
    "alone": ([someone(1)], "On shift. Knows Hypervisor. Has no open case. Nobody else is on duty."),
    "on call": (
        [someone(1, skills=(), on_shift=False)],
        "On call: nobody is on shift. Does not list Hypervisor as a skill. Has no open case. Nobody else is on duty.",
    ),
    "first": (
        [someone(1, open=1), someone(2, open=4)],
        "On shift. Knows Hypervisor. Has 1 open case, none of Severity 1. First of 2 on duty by skill, then load.",
    ),
    "equal": (
        [someone(1, open=2, severe=1), someone(2, open=2, severe=1)],
        "On shift. Knows Hypervisor. Has 2 open cases, 1 of Severity 1."
        " Equal with 1 of 2 on duty; whose account is oldest goes first.",
    ),
}


@pytest.mark.clause("C-STF-06")
@pytest.mark.parametrize(("candidates", "words"), REASONS.values(), ids=REASONS)
def test_the_choice_explains_itself(candidates, words):
    assert " ".join(reasons(choose(candidates, ["hypervisor"]), NAMES)) == words


people = st.builds(
    Candidate,
    person=st.integers(1, 9),
    skills=st.frozensets(st.sampled_from(["hypervisor", "debian", "storage"])),
    open=st.integers(0, 3),
    severe=st.integers(0, 2),
    on_shift=st.booleans(),
)


@given(st.lists(people, min_size=1, max_size=6, unique_by=lambda one: one.person))
def test_nobody_on_duty_is_better_suited_than_who_is_chosen(candidates):
    taker = choose(candidates, ["hypervisor"]).taker

    alike = [one for one in candidates if one.on_shift == taker.on_shift]
    skilled = [one for one in alike if "hypervisor" in one.skills]
    assert taker.on_shift or not any(one.on_shift for one in candidates)
    assert taker in (skilled or alike)
    assert (taker.severe, taker.open, taker.person) == min(
        (one.severe, one.open, one.person) for one in skilled or alike
    )


@pytest.fixture
def staffed(emea_center, engineer, second_engineer, escalation_engineer, engineering):
    """The center's shift is on all week, and engineering sits there too."""
    StaffProfile.objects.filter(user=engineering).update(center=emea_center)
    for weekday in range(7):
        Shift.objects.create(center=emea_center, weekday=weekday, opens=time(0), closes=time(0))


@pytest.mark.clause("C-STF-06", "C-ENG-05")
def test_a_case_is_suggested_to_another_engineer_on_shift_by_skill_and_load(
    staffed, case_in, product, engineer, second_engineer, escalation_engineer
):
    case = case_in(Status.IN_PROGRESS)
    StaffProfile.objects.exclude(user=second_engineer).update(skills=[product.code])

    assert suggest(case, NOON).taker == Candidate(escalation_engineer.pk, frozenset({product.code}), 0, 0, True)


@pytest.mark.clause("C-STF-08")
def test_of_two_who_know_the_product_the_one_who_knows_the_linux_is_suggested(
    staffed, case_in, product, engineer, second_engineer, escalation_engineer
):
    case = case_in(Status.QUEUED, linux_flavor=LinuxFlavor.SUSE)
    StaffProfile.objects.filter(user__in=[engineer, second_engineer]).update(skills=[product.code])
    StaffProfile.objects.filter(user=second_engineer).update(skills=[product.code, LinuxFlavor.SUSE])
    StaffProfile.objects.filter(user=escalation_engineer).update(skills=[LinuxFlavor.SUSE])

    choice = suggest(case, NOON)

    assert choice.taker.person == second_engineer.pk
    assert why(case, choice)[:2] == ["On shift.", "Knows Hypervisor and SUSE."]


@pytest.mark.clause("C-STF-08")
def test_a_suggestion_says_which_linux_nobody_knows(staffed, case_in, product):
    case = case_in(Status.QUEUED, linux_flavor=LinuxFlavor.DEBIAN)
    StaffProfile.objects.update(skills=[product.code, LinuxFlavor.SUSE])

    said = why(case, suggest(case, NOON))

    assert said[1:3] == ["Knows Hypervisor.", "Does not list Debian as a skill."]


@pytest.mark.clause("C-STF-08")
def test_a_case_without_a_linux_asks_for_the_product_alone(staffed, case_in, product):
    case = case_in(Status.QUEUED)
    StaffProfile.objects.update(skills=[product.code, LinuxFlavor.SUSE])

    assert suggest(case, NOON).known == (product.code,)


def test_closed_cases_are_no_load(staffed, case_in, engineer):
    case_in(Status.CLOSED)
    case_in(Status.IN_PROGRESS)
    queued = case_in(Status.QUEUED)
    StaffProfile.objects.filter(user=engineer).update(skills=[queued.product.code])

    assert (suggest(queued, NOON).taker.person, suggest(queued, NOON).taker.open) == (engineer.pk, 1)


@pytest.mark.clause("C-COV-04")
@pytest.mark.parametrize(("severity", "called"), [(Severity.ONE, True), (Severity.TWO, False)])
def test_only_severity_1_calls_out_the_engineer_on_call(case_in, engineer, second_engineer, severity, called):
    case = case_in(Status.QUEUED, severity=severity)
    OnCall.objects.create(user=second_engineer, duty=Layer.ENGINEER, starts_at=NOON - DAY, ends_at=NOON + DAY)

    choice = suggest(case, NOON)

    assert (choice and choice.taker.person) == (second_engineer.pk if called else None)
