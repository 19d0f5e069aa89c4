"""What a letter is made of. Text and HTML are set from the same letter, so they never say different things."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from cases.markdown import to_html


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """A passage under a heading: sentences, a list, a list of links, then what somebody wrote (Markdown)."""

    heading: str
    text: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    written: str = ""

    @property
    def underline(self) -> str:
        """What makes the heading one in plain text."""
        return "-" * len(self.heading)

    @property
    def written_html(self) -> SafeString:
        return to_html(self.written)


@dataclass(frozen=True, slots=True)
class Letter:
    """`lead` is the one thing to know, `next` what to do or expect; `signature` names who wrote, line by line."""

    title: str
    lead: str
    next: str = ""
    parts: tuple[Part, ...] = ()
    links: tuple[Link, ...] = ()
    signature: tuple[str, ...] = ()
