"""Log lines for machines, and which lines are worth one."""

import json
import logging
import re
from collections.abc import Collection
from datetime import UTC, datetime

# A mailed link opens an account, and a calendar's address a roster: the address may be logged, its token not.
SECRET_LINK = re.compile(
    r"(/(?:invitations|accounts/confirm-email|accounts/password/reset/key|(?<!/desk/)rosters)/)[^/\s\"'?]+"
)


def without_tokens(text: str) -> str:
    """The text with the tokens of mailed links and calendars blacked out."""
    return SECRET_LINK.sub(r"\1[token]", text)


class PlainLines(logging.Formatter):
    """Lines for people: time, level, logger, message and, after an error, its traceback."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message and, after an error, its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return without_tokens(json.dumps(entry, ensure_ascii=False))


class NotAbout(logging.Filter):
    """Drops lines about requests to `paths`: a probe asks every few seconds and reads the answer itself."""

    def __init__(self, paths: Collection[str]) -> None:
        super().__init__()
        self.paths = paths

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return getattr(request, "path", None) not in self.paths
