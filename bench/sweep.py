"""How fast is a sweep? Beside the least it could be: the same timers drained by set-based SQL that derives nothing.

Both drain as many due timers, of as many cases, in batches of the same size.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter

from django.db import connection, transaction

from accounts.enums import ContactRole
from accounts.models import Contact, Organization, Region, User
from cases.enums import Severity
from cases.operations import open_case
from entitlements.models import Entitlement, Product, SupportPlan
from sla.models import Timer
from sla.operations import sweep_due
from tests.sla.crowds import received_with

TIMERS, BATCH, ROUNDS = 1_000, 200, 7
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HALF_TIME = NOON + timedelta(minutes=15)  # of the half hour in which a case of severity 1 is answered

DRAIN = """
WITH due AS (
    SELECT id, case_id, fire_at FROM sla_timer WHERE state = 'pending' AND fire_at <= %(at)s
    ORDER BY fire_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), fired AS (
    UPDATE sla_timer SET state = 'fired', fired_at = %(at)s FROM due WHERE sla_timer.id = due.id
), moved AS (
    UPDATE cases_case SET version = version + 1, updated_at = %(at)s FROM due WHERE cases_case.id = due.case_id
    RETURNING cases_case.id, version
)
INSERT INTO cases_caseevent (case_id, seq, kind, at, recorded_at, role, data)
SELECT id, version, 'first_response_warned', %(at)s, %(at)s, 'system', '{"cycle": 1, "share": 50}' FROM moved
"""


def measure() -> None:
    """Print the median cost of each way to drain. Leaves its cases in the database."""
    reporter, product = make_customer()
    drains: dict[str, Callable[[], int]] = {"set-based SQL": drain, "sweep_due": lambda: sweep_due(HALF_TIME, BATCH)}
    seconds: dict[str, list[float]] = {name: [] for name in drains}
    for _ in range(ROUNDS):
        for name, run in drains.items():
            make_due(reporter, product)
            seconds[name].append(timed(run))
    floor = median(seconds["set-based SQL"])
    print(f"{TIMERS} due timers{'median ms':>20}{'per second':>14}{'x floor':>10}")
    for name, rounds in seconds.items():
        middle = median(rounds)
        print(f"{name:16}{1000 * middle:20.0f}{TIMERS / middle:14.0f}{middle / floor:10.1f}")


def timed(run: Callable[[], int]) -> float:
    begun = perf_counter()
    done = run()
    elapsed = perf_counter() - begun
    if done != TIMERS or Timer.objects.due(HALF_TIME).exists():
        raise RuntimeError(f"{done} of {TIMERS} timers took effect")
    return elapsed


def drain() -> int:
    done = 0
    with connection.cursor() as cursor:
        while True:
            with transaction.atomic():
                cursor.execute(DRAIN, {"at": HALF_TIME, "batch": BATCH})
            if not cursor.rowcount:
                return done
            done += cursor.rowcount


def make_customer() -> tuple[User, Product]:
    organization = Organization.objects.create(
        org_id="ORG-1001", name="Granite Harbor Energy", region=Region.objects.get(code="emea"), country="GB"
    )
    product = Product.objects.create(code="hypervisor", name="Hypervisor", versions=["8.4"])
    Entitlement.objects.create(
        organization=organization,
        product=product,
        plan=SupportPlan.objects.get(code=SupportPlan.STANDARD),
        reference="ORG-1001-hypervisor",
        starts_on=date(2025, 1, 1),
        ends_on=date(2027, 12, 31),
    )
    reporter = User.objects.create_user("isla.reid@example.com", "Isla Reid")
    Contact.objects.create(user=reporter, organization=organization, roles=[ContactRole.TECHNICAL])
    return reporter, product


def make_due(reporter: User, product: Product) -> None:
    """As many fresh cases as there are timers to be due, each warned of at half time."""
    (contact,) = reporter.standings.values()
    case = open_case(
        contact.organization,
        by=reporter,
        at=NOON,
        product=product,
        severity=Severity.ONE,
        subject="Hosts restart",
        description="All hosts restart.",
        phone="+44 1224 555 010",
    )
    received_with(case, TIMERS - 1)
