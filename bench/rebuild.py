"""How long does it take to prove that what is stored of the clocks is what the logs say? Beside reading the logs alone.

The cases are those of `bench.policy`: a hundred lives led by verbs, copied with their logs, clocks and timers.
"""

from time import perf_counter

from django.core.management import call_command

from bench.policy import make_quarter
from cases.models import Case, CaseEvent

CASES = 10_000


def measure() -> None:
    """Print the cost of one check, and of a rebuild that finds nothing to write. Leaves its cases in the database."""
    make_quarter(CASES)
    begun = perf_counter()
    facts = sum(1 for _ in CaseEvent.objects.order_by("case", "seq").values_list("kind", "at", "data").iterator())
    rows = {"floor: read the logs": perf_counter() - begun}
    for name, arguments in (("--check", ["--check"]), ("rebuild, nothing differs", [])):
        begun = perf_counter()
        call_command("rebuild_milestones", *arguments)
        rows[name] = perf_counter() - begun
    floor = rows["floor: read the logs"]
    print(f"{Case.objects.count()} cases, {facts} facts{'seconds':>16}{'x floor':>10}")
    for name, seconds in rows.items():
        print(f"{name:32}{seconds:10.2f}{seconds / floor:10.1f}")
