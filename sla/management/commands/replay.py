"""`manage.py replay CASE`: each fact of a case with the clocks after it, and whether the stored rows agree."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.models import Case
from cases.numbers import normalize
from sla.projection import differences
from sla.replay import as_lines


class Command(BaseCommand):
    help = "Tell a case's clocks again from its log, fact by fact; exits with 1 if the stored rows say otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", help="The case's number, with or without hyphens.")

    def handle(self, *args: Any, case: str, **options: Any) -> None:
        found = Case.objects.filter(number=normalize(case) or case)
        one = found.select_related("calendar", "plan_version__plan").first()
        if one is None:
            raise CommandError(f"There is no case {case}.")
        self.stdout.write(f"Case {one.number}: {one.subject}\n\n")
        for line in as_lines(one):
            self.stdout.write(line)
        wrong = list(differences([one]))
        for sentence in wrong:
            self.stdout.write(sentence)
        if wrong:
            raise CommandError("The stored rows say otherwise.", returncode=1)
        self.stdout.write("\nThe stored rows say the same.")
