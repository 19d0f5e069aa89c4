"""`manage.py simulate FILE.json`: what would become of a case. Nothing is stored."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sla.simulation import simulate
from sla.stories import read_story
from sla.story_answers import as_data
from sla.story_fields import StoryError
from sla.story_terms import look_up

WRONG_STORY = 2


class Command(BaseCommand):
    help = (
        "Tell a story (docs/stories.md) and print the milestones, timers and refusals that a real case would have, as "
        "JSON. Exits with 0 for a story that was told, refusals included, and with 2 for one that is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="The story; - reads it from standard input.")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
            ending = simulate(read_story(text), look_up)
        except StoryError as error:
            raise CommandError(f"{file}, {error}", returncode=WRONG_STORY) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}", returncode=WRONG_STORY) from error
        self.stdout.write(json.dumps(as_data(ending), indent=2, ensure_ascii=False))
