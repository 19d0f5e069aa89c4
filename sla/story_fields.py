"""JSON that is read field by field, with care: whatever is wrong is refused with its line. Standard library only."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from accounts.enums import Worded
from accounts.local_time import instant_of
from cases.enums import Severity

W = TypeVar("W", bound=Worded)
YEARS = range(1970, 2101)


class StoryError(ValueError):
    """A story that cannot be told: `line` counts from 1, `place` is the field ("facts[2].at"; "" for the whole)."""

    def __init__(self, line: int, place: str, message: str):
        super().__init__(f"line {line}{f', {place}' if place else ''}: {message}")
        self.line, self.place, self.message = line, place, message


def read_fields(text: str) -> "Fields":
    """The object that this JSON is. Raises StoryError for one that is not sound, or tells a field twice."""
    try:
        value = json.loads(text)
        lines = _lines_of(text)
    except json.JSONDecodeError as error:
        raise StoryError(error.lineno, "", f"This is not JSON: {error.msg}.") from error
    except StoryError:
        raise
    except ValueError as error:
        raise StoryError(1, "", "A number in it has too many digits.") from error
    except RecursionError as error:
        raise StoryError(1, "", "This is nested too deeply.") from error
    return Spot((), lines).object(value)


Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Spot:
    """A place in a story: the way to it, and the lines of all places."""

    path: Path
    lines: Mapping[Path, int] = field(repr=False)

    @property
    def line(self) -> int:
        return self.lines[self.path]

    def refuse(self, message: str, *names: str | int) -> NoReturn:
        """Raise StoryError for this place, or for what stands under it."""
        path = (*self.path, *names)
        known = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in self.lines)
        raise StoryError(self.lines[known], _place(path), message)

    def object(self, value: Any) -> "Fields":
        if not isinstance(value, dict):
            self.refuse("This must be an object, in braces.")
        return Fields(self, value)

    def under(self, name: str | int) -> "Spot":
        return Spot((*self.path, name), self.lines)


def _place(path: Path) -> str:
    return "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in path).lstrip(".")


_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def _lines_of(text: str) -> dict[Path, int]:
    """The line of every value of this JSON, which is sound, by the way to it."""
    lines: dict[Path, int] = {}
    marks = _marks(text)

    def walk(path: Path, mark: str, line: int) -> None:
        if path in lines:
            raise StoryError(line, _place(path), "This field is told twice.")
        lines[path] = line
        count = 0
        while mark in "{[" and (item := next(marks))[0] not in "}]":
            if item[0] == ",":
                continue
            if mark == "[":
                walk((*path, count), *item)
                count += 1
            else:
                next(marks)  # the colon
                walk((*path, json.loads(item[0])), next(marks)[0], item[1])

    walk((), *next(marks))
    return lines


def _marks(text: str) -> Iterator[tuple[str, int]]:
    line, position = 1, 0
    for match in _MARK.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        yield match[0], line


def is_plain(text: str) -> bool:
    """Whether a page and a database can hold this text: no NUL, and no half of a character."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


class Fields:
    """The fields of an object, taken one by one; `end` refuses those that nobody took."""

    def __init__(self, at: Spot, value: Mapping[str, Any]):
        self.at, self.value, self.taken = at, value, set[str]()
        if not all(map(is_plain, value)):
            at.refuse("The name of a field holds a character that no text may hold.")

    def take(self, name: str, default: Any = None, *, needed: bool = False) -> Any:
        self.taken.add(name)
        if name not in self.value:
            if needed:
                self.at.refuse(f"“{name}” is missing.")
            return default
        return self.value[name]

    def end(self) -> None:
        for name in self.value:
            if name not in self.taken:
                known = ", ".join(sorted(self.taken))
                self.at.refuse(f"There is no such field here; there are {known}.", name)

    def text(self, name: str, default: str = "", *, needed: bool = False) -> str:
        value = self.take(name, default, needed=needed)
        if not isinstance(value, str) or (needed and not value.strip()):
            self.at.refuse("This must be a text, in quotation marks.", name)
        if not is_plain(value):
            self.at.refuse("There is a character in it that no text may hold.", name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.take(name, default)
        if not isinstance(value, bool):
            self.at.refuse("This must be true or false.", name)
        return value

    def number(self, name: str, least: int, most: int) -> int:
        value = self.take(name, needed=True)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.at.refuse(f"This must be a whole number from {least} to {most:,}.", name)
        return value

    def severity(self) -> Severity:
        return Severity(self.number("severity", 1, 4))

    def choice(self, name: str, words: type[W], default: W | None = None, among: tuple[W, ...] = ()) -> W:
        value = self.take(name, default, needed=default is None)
        among = among or tuple(words)
        if value not in [one.value for one in among]:
            self.at.refuse(f"This must be one of {', '.join(among)}.", name)
        return words(value)

    def object(self, name: str, *, needed: bool = False) -> "Fields":
        return self.at.under(name).object(self.take(name, {}, needed=needed))

    def items(self, name: str) -> Iterator[tuple[Spot, Any]]:
        value = self.take(name, needed=True)
        if not isinstance(value, list):
            self.at.refuse("This must be a list, in square brackets.", name)
        for number, item in enumerate(value):
            yield self.at.under(name).under(number), item

    def moment(self, name: str, zone: ZoneInfo) -> datetime:
        """An instant: UTC or with an offset, or local time, in `zone` unless its own zone stands behind it."""
        value = self.text(name, needed=True)
        clock, _, named = value.partition(" ")
        try:
            told = datetime.fromisoformat(clock)
            if "T" not in clock:
                raise ValueError("a day alone")
            if told.year not in YEARS:
                raise ValueError("a year far away")
            if told.tzinfo:
                return told.astimezone(UTC)
            return instant_of(told, ZoneInfo(named) if named else zone)
        except (ValueError, OverflowError, KeyError, OSError):
            self.at.refuse(
                "Give a moment such as 2026-03-04T12:00 (local), 2026-03-04T12:00 Asia/Tokyo or 2026-03-04T12:00Z, "
                f"from {YEARS[0]} to {YEARS[-1]}.",
                name,
            )
