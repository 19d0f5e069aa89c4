"""The letter about several deadlines at once, to staff."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from cases.enums import Severity
from notifications.letters.form import Letter, Link, Part
from notifications.letters.matter import Matter
from notifications.letters.staff import noticed_late, promised


@dataclass(frozen=True, slots=True)
class Section:
    """How many notices of a kind there are, and those that are listed."""

    count: int
    listed: Sequence[Matter]


def write(late: Section, handed: Section, soon: Section) -> Letter:
    """What was missed, what was handed over, and what is due soon. At least one of them is not empty."""
    counts = {"late": late.count, "handed over": handed.count, "due soon": soon.count}
    told = [f"{count} {words}" for words, count in counts.items() if count]
    title = f"{'Handovers' if handed.count else 'Deadlines'}: {', '.join(told)}"
    parts = [*_part("Late", late), *_part("Handed over", handed), *_part("Due soon", soon)]
    inbox = Link("All your notifications", settings.PORTAL_URL + reverse("inbox"))
    return Letter(title, f"Several cases need you: {' and '.join(told)}.", "", tuple(parts), (inbox,))


def _part(heading: str, section: Section) -> list[Part]:
    if not section.count:
        return []
    links = tuple(Link(_line(matter), matter.url) for matter in section.listed)
    left = section.count - len(links)
    return [Part(heading, links=links, text=(f"The first {len(links)} of {section.count}:",) if left else ())]


def _line(matter: Matter) -> str:
    """The case, how far its promise is, and by when it was to be kept; or what became of its handover."""
    case = matter.case
    if matter.template.is_handover:
        return f"{case.number} {case.subject}, {Severity(case.severity).label.lower()}: {matter.template.label}"
    promise, due_at = promised(matter)
    share = f", {matter.data['share']} % used" if "share" in matter.data else ""
    subject = f"{case.number} {case.subject}, {Severity(case.severity).label.lower()}"
    return f"{subject}: {promise}{share}, due by {matter.told(due_at)}{noticed_late(matter)}"
