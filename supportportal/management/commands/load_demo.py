"""`manage.py load_demo`: fill an empty database with the demo."""

import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from supportportal import demo
from supportportal.demo import playing


class Command(BaseCommand):
    help = "Fill an empty database with invented customers, staff and the cases of the last ninety days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=playing.CASES, help=f"how many cases ({playing.CASES})")
        parser.add_argument("--seed", type=int, default=playing.SEED, help="another seed, another past")

    def handle(self, *args: Any, cases: int, seed: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo is not for production: its people and their password are public.")
        if demo.is_loaded():
            raise CommandError("There are organizations already. The demo fills an empty database: bin/demo --fresh.")
        begun = time.monotonic()
        statuses = playing.load(timezone.now(), cases=cases, seed=seed, say=self.say)
        told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        self.say(f"{sum(statuses.values())} cases in {time.monotonic() - begun:.0f} s: {told}.")

    def say(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()
