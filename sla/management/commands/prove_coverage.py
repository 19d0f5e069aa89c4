"""`manage.py prove_coverage`: whether somebody holds Severity 1 at every moment, and each gap."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sla import sun
from sla.coverage import Proof
from sla.gaps import Gap
from sla.words import spell

GAPS_FOUND = 1


class Command(BaseCommand):
    help = "Prove that somebody holds Severity 1 at every moment of the days to come; exits with 1 when there are gaps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", help="The first day in UTC, such as 2027-01-31; without it, now.")
        parser.add_argument("--days", type=int, default=sun.YEAR.days, help="For how many days (default: 366).")

    def handle(self, *args: Any, first: str | None, days: int, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days counts at least one day.")
        proof = sun.prove(_moment(first), timedelta(days=days))
        self.stdout.write(f"Severity 1 from {proof.first:%Y-%m-%d %H:%M} to {proof.last:%Y-%m-%d %H:%M} UTC")
        for gap in proof.gaps:
            self.stdout.write(_line(gap))
        self.stdout.write(_verdict(proof))
        if not proof.is_proved:
            raise SystemExit(GAPS_FOUND)


def _moment(first: str | None) -> datetime:
    if first is None:
        return timezone.now().replace(second=0, microsecond=0)
    try:
        return datetime.combine(date.fromisoformat(first), time(), UTC)
    except ValueError as error:
        raise CommandError(f"“{first}” is not a day such as 2027-01-31.") from error


def _line(gap: Gap) -> str:
    return f"  {gap.begins:%a %Y-%m-%d %H:%M} to {gap.ends:%a %Y-%m-%d %H:%M}  {gap.why}"


def _verdict(proof: Proof) -> str:
    if proof.is_proved:
        return "PROVED: somebody holds Severity 1 at every minute."
    missing = sum((gap.length for gap in proof.gaps), timedelta(0))
    gaps = "1 gap" if len(proof.gaps) == 1 else f"{len(proof.gaps)} gaps"
    return f"NOT PROVED: {gaps}, {spell(missing)} in all."
