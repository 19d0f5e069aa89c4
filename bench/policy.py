"""How long does a new version of a plan take to preview? Beside the least it needs: reading the clocks of the quarter.

A hundred lives are led by verbs, over the quarter and in three zones; each is then copied until there are as many cases
as asked for. One life in ten is held or raised before its answer, and one in twenty has not been answered.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

from django.db import connection

from accounts.enums import ContactRole, StaffRole
from accounts.models import Contact, Organization, Region, StaffProfile, User
from cases import operations
from cases.enums import HoldReason, Severity
from cases.models import Case, CaseEvent
from entitlements.drafts import Draft, Target
from entitlements.enums import Activity, ContactMode, Hours
from entitlements.models import Entitlement, Product, SupportPlan
from sla.models import CaseClock, Milestone
from sla.policy import total
from sla.policy_preview import preview, promises_of_draft
from sla.recalculation import moves, promises_instead, running_under

CASES, LIVES, ROUNDS = 100_000, 100, 3
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PLACES = (("emea", "GB", "Europe/London"), ("apj", "JP", "Asia/Tokyo"), ("americas", "US", "America/New_York"))

DRAFT = Draft(
    effective_on=date(2026, 12, 1),
    channels=["web", "phone"],
    included=[Activity.TROUBLESHOOTING],
    excluded=[],
    targets=[
        Target(1, 15, Hours.ALWAYS, ContactMode.CALL_IN, "C-SLA-01"),
        Target(2, 60, Hours.BUSINESS, ContactMode.CALL_BACK, "C-SLA-02"),
        Target(3, 240, Hours.BUSINESS, ContactMode.CALL_BACK, "C-SLA-03"),
        Target(4, 600, Hours.EVERY_HOUR_OF_BUSINESS_DAYS, ContactMode.CALL_BACK, "C-SLA-04"),
    ],
)


def measure() -> None:
    """Print how long each part takes. Leaves its cases in the database."""
    make_quarter(CASES)
    plan, promises = SupportPlan.objects.get(code=SupportPlan.STANDARD), promises_of_draft(DRAFT)
    read = best(lambda: sum(1 for _ in Milestone.objects.values_list("severity", "due_at", "met_at").iterator()))
    kept = best(lambda: preview(plan, promises, NOW))
    touched = best(lambda: list(moves(running_under(plan), promises_instead(promises), NOW)))
    whole = total(preview(plan, promises, NOW))
    running = running_under(plan).count()
    print(f"{Case.objects.count()} cases of a quarter{'s':>12}{'x floor':>10}")
    rows = {
        "floor: read the clocks": read,
        "kept and missed, old and new": kept,
        f"{running} running clocks": touched,
        "the whole preview": kept + touched,
    }
    for name, seconds in rows.items():
        print(f"{name:30}{seconds:8.2f}{seconds / read:10.1f}")
    print(f"old {whole.before}\nnew {whole.after}")


def best(run: Callable[[], object]) -> float:
    """The median of a few rounds, in seconds."""
    rounds = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        run()
        rounds.append(perf_counter() - begun)
    return sorted(rounds)[ROUNDS // 2]


def make_quarter(cases: int) -> None:
    """So many cases, a multiple of the lives."""
    product = Product.objects.create(code="storage", name="Storage", versions=["8.4"])
    reporters = [make_customer(product, *place) for place in PLACES]
    manager, clerk, engineer = (
        make_staff(role) for role in (StaffRole.SUPPORT_MANAGER, StaffRole.CUSTOMER_SERVICE, StaffRole.SUPPORT_ENGINEER)
    )
    StaffProfile.objects.filter(user=engineer).update(manager=manager)
    lives = [lead(number, reporters[number % 3], clerk, engineer, product) for number in range(LIVES)]
    copy(lives, cases // LIVES - 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def lead(number: int, reporter: User, clerk: User, engineer: User, product: Product) -> Case:
    """One life: opened, perhaps held or raised, verified, taken and answered, some of them late."""
    waiting = number % 20 == 7
    at = NOW - HOUR if waiting else NOW - DAY * (2 + number * 85 / LIVES)
    (contact,) = reporter.standings.values()
    severity = Severity(2 + number % 3)
    case = operations.open_case(
        contact.organization,
        by=reporter,
        at=at,
        product=product,
        severity=severity,
        subject="Hosts restart",
        description="All hosts restart.",
        phone="+44 1224 555 010",
    )
    operations.verify_entitlement(case, by=clerk, at=at + MINUTE)
    if number % 20 == 3:
        operations.hold(case, by=clerk, at=at + 5 * MINUTE, reason=HoldReason.UNREACHABLE_CONTACT)
        operations.resume(case, by=clerk, at=at + 2 * HOUR)
    if number % 20 == 11:
        operations.propose_severity(case, Severity.TWO, by=engineer, at=at + 5 * MINUTE, reason="It is worse.")
    if not waiting:
        answered_at = at + 20 * MINUTE + HOUR * (number % 29)
        operations.accept(case, by=engineer, at=answered_at)
        operations.reply(case, "We look into it.", by=engineer, at=answered_at, waiting=True)
    return case


def copy(lives: Sequence[Case], times: int) -> None:
    """Every life so many times more: the case, its log, its clocks."""
    ids = [case.pk for case in lives]
    fresh = {"number": "lpad((case_id * 100000 + turn)::text, 11, '0')", "submission": "gen_random_uuid()"}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE life AS SELECT nextval('cases_case_id_seq') AS id, case_id, turn"
            " FROM unnest(%s::bigint[]) AS case_id, generate_series(1, %s) AS turn",
            [ids, times],
        )
        columns = [field.column for field in Case._meta.concrete_fields if field.column != "id"]
        values = ", ".join(fresh.get(name, f'one."{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"INSERT INTO cases_case (id, {names}) SELECT life.id, {values}"  # noqa: S608
            " FROM life JOIN cases_case one ON one.id = life.case_id"
        )
        for model in (CaseEvent, Milestone, CaseClock):
            columns = [field.column for field in model._meta.concrete_fields if field.column not in ("id", "case_id")]
            names = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(f'one."{name}"' for name in columns)
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} (case_id, {names}) SELECT life.id, {values}"  # noqa: S608
                f" FROM life JOIN {model._meta.db_table} one ON one.case_id = life.case_id"
            )
        cursor.execute("DROP TABLE life")


def make_customer(product: Product, region: str, country: str, zone: str) -> User:
    organization = Organization.objects.create(
        org_id=f"ORG-{country}",
        name=f"Customer in {zone}",
        region=Region.objects.get(code=region),
        country=country,
        zone=zone,
    )
    Entitlement.objects.create(
        organization=organization,
        product=product,
        plan=SupportPlan.objects.get(code=SupportPlan.STANDARD),
        reference=f"{organization.org_id}-storage",
        starts_on=date(2025, 1, 1),
        ends_on=date(2027, 12, 31),
    )
    reporter = User.objects.create_user(f"reporter.{country.lower()}@example.com", f"Reporter of {country}")
    Contact.objects.create(user=reporter, organization=organization, roles=[ContactRole.TECHNICAL])
    return reporter


def make_staff(role: StaffRole) -> User:
    user = User.objects.create_user(f"{role}@support.example", role.label)
    StaffProfile.objects.create(user=user, role=role)
    return user
