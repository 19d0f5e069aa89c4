"""The commands: milestones again from the logs, and deadlines explained in a terminal."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from freezegun import freeze_time

from cases.enums import Severity, Status
from sla.models import CaseClock, Milestone, Timer
from sla.operations import sweep_due
from tests.cast import DAY, HOUR, NOON


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_stored_equals_recomputed_after_the_verbs_and_a_sweep(open_case, case_in):
    open_case()
    case_in(Status.CLOSURE_PROPOSED)
    case_in(Status.CLOSED)
    sweep_due(NOON + DAY)

    assert run("rebuild_milestones", "--check") == "Stored equals recomputed in 3 cases.\n"


def test_the_check_prints_what_differs_changes_nothing_and_fails(open_case):
    case = open_case(severity=Severity.TWO)
    Milestone.objects.update(due_at=NOON)
    CaseClock.objects.all().delete()
    Timer.objects.filter(subject="1:50").delete()
    Timer.objects.filter(subject="1:80").update(fire_at=NOON)
    output = StringIO()

    with pytest.raises(CommandError, match="5 differences in 1 cases") as failure:
        call_command("rebuild_milestones", "--check", stdout=output)

    assert failure.value.returncode == 1
    assert output.getvalue().splitlines() == [
        f"{case.number}: milestone “First response, cycle 1” is wrong or missing",
        f"{case.number}: case clock “First response due 2026-03-04 14:00:00+00:00” is wrong or missing",
        f"{case.number}: timer “first_response_warning 1:50 at 2026-03-04 13:00:00+00:00” is missing",
        f"{case.number}: timer “first_response_warning 1:80 at 2026-03-04 13:36:00+00:00” is missing",
        f"{case.number}: timer “first_response_warning 1:80 at 2026-03-04 12:00:00+00:00” should not be there",
    ]
    assert Milestone.objects.get().due_at == NOON


def test_rebuilding_makes_the_check_pass(open_case):
    open_case()
    Milestone.objects.update(due_at=NOON)
    CaseClock.objects.all().delete()
    Timer.objects.update(fire_at=NOON)

    assert run("rebuild_milestones") == "Derived the rows of 1 cases again.\n"
    assert run("rebuild_milestones", "--check") == "Stored equals recomputed in 1 cases.\n"


@pytest.mark.parametrize("spelling", [str, lambda number: number.replace("-", "")], ids=["hyphens", "digits"])
def test_a_deadline_explains_itself_in_a_terminal(open_case, spelling):
    case = open_case(severity=Severity.TWO)

    with freeze_time(NOON + HOUR):
        text = run("explain", spelling(case.number), "--zone", "Asia/Tokyo")

    assert text.startswith(f"Case {case.number}: Virtual machines pause during backup\n")
    for words in ("C-SLA-02", "Standard Support, version 1", "14:00 GMT Aberdeen = Wed 4 Mar 2026, 23:00 JST"):
        assert words in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["000-000-000"], "There is no case 000-000-000."),
        (["nonsense"], "There is no case nonsense."),
        (["000-000-000", "--zone", "Mars/Olympus"], "“Mars/Olympus” is not the name of a time zone"),
    ],
)
def test_what_cannot_be_explained_is_said(arguments, words):
    with pytest.raises(CommandError, match=words):
        run("explain", *arguments)
