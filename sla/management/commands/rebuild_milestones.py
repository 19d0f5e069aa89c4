"""`manage.py rebuild_milestones`: derive the rows of clocks and timers from the cases' logs again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sla import operations


class Command(BaseCommand):
    help = (
        "Derive milestones, clocks and timers from the cases' logs again. The logs are the truth; this is safe anytime."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; print what differs and exit with 1 if anything does."
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            self._check()
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        rebuilt = 0
        for batch in operations.every_case():
            operations.rebuild(batch)
            rebuilt += len(batch)
        self.stdout.write(f"Derived the rows of {rebuilt} cases again.")

    def _check(self) -> None:
        checked, differing = 0, 0
        for batch in operations.every_case():
            checked += len(batch)
            for difference in operations.differences(batch):
                differing += 1
                self.stdout.write(difference)
        if differing:
            raise CommandError(f"{differing} differences in {checked} cases.", returncode=1)
        self.stdout.write(f"Stored equals recomputed in {checked} cases.")
