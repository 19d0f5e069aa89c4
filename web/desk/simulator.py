"""What would become of a case: a story told by a manager, and its clocks drawn as those of a case (docs/stories.md)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from accounts.enums import StaffRole
from accounts.models import User
from cases.enums import Channel, EventKind
from cases.facts import Fact
from sla import clock, words
from sla.agenda import Item
from sla.promises import MilestoneKind
from sla.queries import ClockView, view_of
from sla.simulation import Ending, simulate
from sla.stories import LONGEST_STORY, StoryKind, read_story
from sla.story_fields import StoryError
from sla.story_terms import look_up

STORIES = Path(__file__).parent / "stories"
TELLERS = (StaffRole.SUPPORT_MANAGER, StaffRole.ADMIN)


@dataclass(frozen=True, slots=True)
class Example:
    """A story that stands ready."""

    key: str
    title: str
    text: str


@cache
def examples() -> Mapping[str, Example]:
    """The stories that stand ready, by their keys."""
    texts = {path.stem.partition("-")[2]: path.read_text(encoding="utf-8") for path in sorted(STORIES.glob("*.json"))}
    return {key: Example(key, json.loads(text)["title"], text) for key, text in texts.items()}


def may_tell(reader: User) -> bool:
    """Whether this person tries policies out."""
    return reader.staff_role in TELLERS


class StoryForm(forms.Form):
    """A story, typed or in a file: one of both is needed. What is wrong stands next to it with its line."""

    use_required_attribute = False  # with a file a browser would ask for the text all the same

    # No limit of the field itself: a browser would cut a longer text off without a word, and what is left is no JSON.
    story = forms.CharField(
        label="The story, in JSON",
        strip=False,
        help_text=f"At most {LONGEST_STORY:,} characters.",
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
        error_messages={"required": "Write a story, or choose a file."},
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="It is read instead of the text above.",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def clean_story(self) -> str:
        """The text, unless it is too long."""
        return _short_enough(self.cleaned_data["story"])

    def clean(self) -> None:
        """Put the text of a file where it can be read and mended."""
        if upload := self.cleaned_data.get("file"):
            self.errors.pop("story", None)
            if upload.size > LONGEST_STORY * 4:
                self.add_error("file", f"A story has at most {LONGEST_STORY:,} characters.")
                return
            try:
                text = _short_enough(upload.read().decode())
            except UnicodeDecodeError:
                self.add_error("file", "This is no text in UTF-8.")
                return
            except forms.ValidationError as error:
                self.add_error("file", error)
                return
            self.cleaned_data["story"] = text
            data = cast(QueryDict, self.data).copy()
            data["story"] = text
            self.data = data

    def told(self) -> Ending | None:
        """How the story comes out; None for one that is wrong, with the reason next to the field."""
        if not self.is_valid():
            return None
        try:
            return simulate(read_story(self.cleaned_data["story"]), look_up)
        except StoryError as error:
            self.add_error("story", f"{error}"[:1].upper() + f"{error}"[1:])
            return None


def _short_enough(text: str) -> str:
    if len(text) > LONGEST_STORY:
        raise forms.ValidationError(f"A story has at most {LONGEST_STORY:,} characters; this one has {len(text):,}.")
    return text


@dataclass(frozen=True, slots=True)
class Outcome:
    """A clock, and when it is due in the account's time."""

    view: ClockView
    due: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something of the story, or of time: `refused` says why it did not happen."""

    when: str
    what: str
    by: str
    refused: str = ""


def told_of(ending: Ending) -> dict[str, Any]:
    """Everything that the page shows of a story's end, in the account's time."""
    zone = ZoneInfo(ending.story.account.zone)
    happenings = [*_happened(ending, zone), *_refused(ending, zone)]
    return {
        "ending": ending,
        "until": words.moment(ending.story.until, zone),
        "outcomes": [
            Outcome(view_of(one), words.moment(due, zone) if (due := one.milestone.due_at) else "held")
            for one in ending.clocks
        ],
        "happenings": [happening for _, happening in sorted(happenings, key=lambda one: one[0])],
        "took_effect": [_timer(item, ending, zone) for item in ending.took_effect],
        "waiting": [_timer(item, ending, zone) for item in ending.waiting],
    }


def _happened(ending: Ending, zone: ZoneInfo) -> Iterator[tuple[Any, Happening]]:
    for fact in ending.log:
        yield (fact.at, 0), Happening(words.moment(fact.at, zone), _name(fact, ending, zone), fact.role.label)


def _refused(ending: Ending, zone: ZoneInfo) -> Iterator[tuple[Any, Happening]]:
    for one in ending.refusals:
        told = one.fact
        yield (
            (told.when, 1),
            Happening(words.moment(told.when, zone), told.kind.label, told.by.label, one.refusal.message),
        )


def _name(fact: Fact, ending: Ending, zone: ZoneInfo) -> str:
    """What happened: the words of the story where it has some."""
    if about := clock.told_of(fact):
        share = fact.data.get("share")
        which = _which(about, fact.data, ending, zone)
        return f"{about.label}{which}: {f'{share} percent of the time used' if share else 'missed'}"
    if fact.kind is EventKind.ESCALATED:
        return f"{StoryKind.ESCALATED.label}, {Channel(fact.data['channel']).label.lower()}"
    if fact.kind.value in set(StoryKind):
        return StoryKind(fact.kind.value).label
    return fact.kind.value.replace("_", " ").capitalize()


def _which(kind: MilestoneKind, data: Mapping[str, Any], ending: Ending, zone: ZoneInfo) -> str:
    """Which of several clocks of a kind `data` is about, by when it began; empty for the only one."""
    alike = [one.milestone for one in ending.clocks if one.milestone.kind is kind]
    begun = [one.started_at for one in alike if one.cycle == data.get("cycle")]
    return f" of {words.moment(begun[0], zone)}" if begun and len(alike) > 1 else ""


def _timer(item: Item, ending: Ending, zone: ZoneInfo) -> tuple[str, str]:
    share = f", {item.data['share']} percent" if "share" in item.data else ""
    which = _which(MilestoneKind(item.data.get("milestone", MilestoneKind.FIRST_RESPONSE)), item.data, ending, zone)
    return f"{item.kind.replace('_', ' ').capitalize()}{which}{share}", words.moment(item.fire_at, zone)
