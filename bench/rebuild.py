"""How long does it take to prove that stored equals recomputed? Beside the least it needs: reading every log."""

from time import perf_counter

from bench.policy import make_quarter
from cases.models import Case, CaseEvent
from sla import operations

CASES = 10_000


def measure() -> None:
    """Print how long the check takes for ten thousand cases. Leaves them in the database."""
    make_quarter(CASES)
    for batch in operations.every_case():  # copies come without timers
        operations.rebuild(batch)
    begun = perf_counter()
    facts = sum(1 for _ in CaseEvent.objects.order_by("case", "seq").values_list("kind", "at", "data").iterator())
    read = perf_counter() - begun
    begun = perf_counter()
    differing = sum(1 for batch in operations.every_case() for _ in operations.differences(batch))
    checked = perf_counter() - begun
    print(f"{Case.objects.count()} cases, {facts} facts{'s':>14}{'x floor':>10}")
    print(f"{'floor: read the logs':30}{read:8.2f}{1.0:10.1f}")
    print(f"{f'check, {differing} differences':30}{checked:8.2f}{checked / read:10.1f}")
