"""`manage.py replay`: a case's clocks told again from its log, fact by fact."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cases import operations
from cases.enums import HoldReason, Severity, Status
from sla.models import Milestone
from sla.operations import sweep_due
from sla.replay import replay
from tests.cast import DAY, HOUR, MINUTE, NOON


def printed(case) -> list[str]:
    output = StringIO()
    call_command("replay", case.number, stdout=output)
    return output.getvalue().splitlines()


@pytest.mark.clause("C-SLA-02")
def test_each_fact_is_printed_with_the_clock_after_it(open_case, customer_service, engineer):
    case = open_case(severity=Severity.TWO)
    operations.hold(case, by=customer_service, at=NOON + HOUR, reason=HoldReason.UNREACHABLE_CONTACT)
    operations.resume(case, by=customer_service, at=NOON + 2 * HOUR)
    operations.verify_entitlement(case, by=customer_service, at=NOON + 2 * HOUR + MINUTE)
    operations.accept(case, by=engineer, at=NOON + 2 * HOUR + 2 * MINUTE)
    operations.reply(case, "We look into it.", by=engineer, at=NOON + 150 * MINUTE)

    promise = "     First response within 2 business hours:"
    assert printed(case) == [
        f"Case {case.number}: {case.subject}",
        "",
        "  1  Wed 4 Mar 2026, 12:00 GMT Aberdeen  received, Contact",
        f"{promise} Running, due Wed 4 Mar 2026, 14:00 GMT",
        "  2  Wed 4 Mar 2026, 13:00 GMT Aberdeen  held, Customer Service",
        f"{promise} Paused",
        "  3  Wed 4 Mar 2026, 14:00 GMT Aberdeen  resumed, Customer Service",
        f"{promise} Running, due Wed 4 Mar 2026, 15:00 GMT",
        "  4  Wed 4 Mar 2026, 14:01 GMT Aberdeen  entitlement_verified, Customer Service",
        f"{promise} Running, due Wed 4 Mar 2026, 15:00 GMT",
        "  5  Wed 4 Mar 2026, 14:02 GMT Aberdeen  assigned, Support engineer",
        f"{promise} Running, due Wed 4 Mar 2026, 15:00 GMT",
        "  6  Wed 4 Mar 2026, 14:30 GMT Aberdeen  replied, Support engineer",
        f"{promise} Met, Wed 4 Mar 2026, 14:30 GMT",
        "",
        "The stored rows say the same.",
    ]


@pytest.mark.parametrize("status", Status)
def test_the_last_step_is_what_is_stored(case_in, status):
    case = case_in(status)
    sweep_due(NOON + 3 * DAY)

    *_, last = replay(case)

    stored = Milestone.objects.filter(case=case).order_by("cycle").values_list("due_at", "met_at", "breached_at")
    assert [(one.due_at, one.met_at, one.breached_at) for one in last.milestones] == list(stored)


def test_rows_that_say_otherwise_are_named(open_case):
    case = open_case()
    Milestone.objects.update(due_at=NOON)

    with pytest.raises(CommandError, match="say otherwise") as failure:
        printed(case)

    assert failure.value.returncode == 1


def test_an_unknown_case_is_refused(db):
    with pytest.raises(CommandError, match=r"There is no case 000-000-000\."):
        call_command("replay", "000-000-000")
