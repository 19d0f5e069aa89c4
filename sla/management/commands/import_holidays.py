"""`manage.py import_holidays COUNTRY YEAR`: what a year of public holidays would change; with `--apply`, change it."""

from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.holiday_imports import Difference, Kind, difference, import_holidays
from accounts.models import User
from accounts.refusal import Refusal
from sla.recalculation import Move, apply_closures, closures_of_now, previewed, running_in
from sla.words import moment

SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.RENAMED: "~", Kind.MOVED: ">", Kind.KEPT: "="}


class Command(BaseCommand):
    help = (
        "Compare a year of public holidays with what is pinned, and name the running clocks that would move. Nothing "
        "changes without --apply; running cases keep their hours unless --count-anew names who decides (A-09)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("country", help="ISO 3166 code, such as GB.")
        parser.add_argument("year", type=int)
        parser.add_argument("--subdivision", default="", help="State or province as the package names it, such as SCT.")
        parser.add_argument("--apply", action="store_true", help="Pin these holidays.")
        parser.add_argument(
            "--count-anew", metavar="EMAIL", help="With --apply: this administrator lets the running clocks move too."
        )

    def handle(
        self, *args: Any, country: str, year: int, subdivision: str, apply: bool, count_anew: str | None, **options: Any
    ) -> None:
        if count_anew and not apply:
            raise CommandError("--count-anew goes with --apply.")
        by, at = _administrator(count_anew) if count_anew else None, timezone.now()
        place = country.upper(), subdivision.upper(), year
        cases = running_in(*place[:2])
        try:
            found = difference(*place)
            moves = previewed(lambda: import_holidays(*place, by=by, at=at), cases, closures_of_now(), at)
            self._tell(found, moves)
            if apply:
                import_holidays(*place, by=by, at=at, seen=found.token)
                self.stdout.write("Pinned.")
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        if by:
            count = apply_closures(cases, by=by, at=at, reason=f"Public holidays of {place[0]} {year} were corrected.")
            self.stdout.write(f"Counted anew: {count} cases.")

    def _tell(self, found: Difference, moves: list[Move]) -> None:
        if not found.changes:
            self.stdout.write(f"Nothing differs from release {found.release}.")
        for line in found.lines:
            more = f", before {line.before}" if line.before else ""
            more = f": {line.kind}" if line.kind is Kind.KEPT else more
            self.stdout.write(f"  {SIGNS[line.kind]} {line.on} {line.name}{more}")
        for move in moves:
            zone = move.case.calendar.zone
            before, after = (moment(at, ZoneInfo(zone)) if at else "held" for at in (move.before, move.after))
            self.stdout.write(f"  case {move.case.number}: {before} becomes {after}{', missed' if move.missed else ''}")
        self.stdout.write(f"{len(found.changes)} days differ; {len(moves)} running clocks would move.")


def _administrator(email: str) -> User:
    user = User.objects.with_email(email).first()
    if user is None or user.staff_role is not StaffRole.ADMIN:
        raise CommandError(f"{email} is no administrator.")
    return user
