"""`manage.py replay CASE`: each fact of a case, and its clocks as they stood then."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.facts import Fact
from sla import words
from sla.bases import calendar_of
from sla.explain import in_a_line
from sla.management.named_case import named_case
from sla.queries import replayed


class Command(BaseCommand):
    help = "Print each fact of a case with the clocks after it, in the words of `explain` and the account's time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", help="The case's number, with or without hyphens.")

    def handle(self, *args: Any, case: str, **options: Any) -> None:
        one = named_case(case)
        zone = calendar_of(one.calendar).tz
        self.stdout.write(f"Case {one.number}: {one.subject}")
        for fact, explanations in replayed(one):
            self.stdout.write(f"\n{fact.seq:3}  {words.moment(fact.at, zone)}: {_told(fact)}")
            for explanation in explanations:
                self.stdout.write(f"     {in_a_line(explanation)}")
                for change in explanation.changes:
                    self.stdout.write(f"       - {change}")


def _told(fact: Fact) -> str:
    """A fact as the log has it: "severity agreed by contact (severity 2)"."""
    data = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in fact.data.items() if _is_short(value))
    return f"{fact.kind.replace('_', ' ')} by {fact.role.label.lower()}{f' ({data})' if data else ''}"


def _is_short(value: object) -> bool:
    """Whether a line has room for it: no evidence, and nothing that says nothing."""
    return value not in (None, "") and not isinstance(value, dict | list)
