"""`manage.py explain CASE`: the deadlines of a case with their reasons, as its page shows them."""

from argparse import ArgumentParser
from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases.models import Case
from cases.numbers import normalize
from sla.explain import as_text
from sla.queries import explanations


class Command(BaseCommand):
    help = "Explain every deadline of a case until the arithmetic closes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", help="The case's number, with or without hyphens.")
        parser.add_argument("--zone", help="Also tell moments in this zone, for example Asia/Tokyo.")

    def handle(self, *args: Any, case: str, zone: str | None, **options: Any) -> None:
        if zone and zone not in available_timezones():
            raise CommandError(f"“{zone}” is not the name of a time zone such as Asia/Tokyo.")
        found = Case.objects.filter(number=normalize(case) or case)
        one = found.select_related("calendar", "plan_version__plan").first()
        if one is None:
            raise CommandError(f"There is no case {case}.")
        texts = [as_text(explanation, zone) for explanation in explanations(one, timezone.now())]
        self.stdout.write(f"Case {one.number}: {one.subject}\n\n" + "\n\n\n".join(texts))
