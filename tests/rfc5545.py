"""A second reading of iCalendar, made from RFC 5545 alone: what a strict calendar program would see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

PARAMETER = r';[A-Z0-9-]+=(?:[^\x00-\x08\x0a-\x1f";:,]*|"[^"]*")'
LINE = re.compile(rf"(?P<name>[A-Z0-9-]+)(?P<parameters>(?:{PARAMETER})*):(?P<value>.*)", re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.S)
TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "X-WR-CALNAME", "UID"}


@dataclass
class Component:
    """BEGIN:NAME to END:NAME, with every property as name, parameters and value."""

    name: str
    properties: list[tuple[str, str, str]] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """The value of the property that stands there exactly once."""
        [value] = [value for known, _, value in self.properties if known == name]
        return value

    def get(self, name: str) -> str | None:
        return self[name] if any(known == name for known, _, _ in self.properties) else None

    def moment(self, name: str) -> datetime:
        """A DATE-TIME in the form of UTC (3.3.5, form 2)."""
        return datetime.strptime(self[name], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def read(content: bytes) -> Component:
    """The one VCALENDAR of this content. Raises AssertionError or ValueError for what the RFC forbids."""
    assert content.endswith(b"\r\n"), "a line is ended by CRLF (3.1)"
    assert b"\n" not in content.replace(b"\r\n", b""), "no bare LF"
    assert b"\r" not in content.replace(b"\r\n", b""), "no bare CR"
    assert max(map(len, content.split(b"\r\n"))) <= 75, "no line is longer than 75 octets (3.1)"
    for line in content.split(b"\r\n"):
        line.decode()  # folding cuts no character
    stack = [Component("")]
    for line in content.replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode().split("\r\n")[:-1]:
        found = LINE.fullmatch(line)
        assert found, f"not a content line: {line!r}"
        name, value = found["name"], found["value"]
        if name == "BEGIN":
            stack.append(Component(value))
        elif name == "END":
            part = stack.pop()
            assert part.name == value
            stack[-1].parts.append(part)
        else:
            stack[-1].properties.append((name, found["parameters"], _text(value) if name in TEXTS else value))
    [calendar] = stack.pop().parts
    assert not stack
    _require_valid(calendar)
    return calendar


def _text(value: str) -> str:
    """TEXT without its escapes (3.3.11)."""
    bare = ESCAPED.sub("", value)
    assert not re.search(r"[;,\x00-\x08\x0b-\x1f]", bare), f"not escaped: {value!r}"
    assert set(ESCAPED.findall(value)) <= set("\\;,nN")
    return ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _require_valid(calendar: Component) -> None:
    """What 3.4, 3.6 and 3.6.1 demand."""
    assert calendar.name == "VCALENDAR"
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    uids = [event["UID"] for event in calendar.parts]
    assert len(uids) == len(set(uids)), "a UID names one event"
    for event in calendar.parts:
        assert event.name == "VEVENT"
        assert event.moment("DTSTAMP")
        assert event.moment("DTSTART") < event.moment("DTEND")
        assert int(event["SEQUENCE"]) >= 0


def events(content: bytes) -> Iterator[tuple[str, datetime, datetime]]:
    """What each event is called, when it begins and when it ends."""
    for event in read(content).parts:
        yield event["SUMMARY"], event.moment("DTSTART"), event.moment("DTEND")
