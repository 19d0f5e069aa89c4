"""Mail that goes nowhere: on a machine without a mail server every mail becomes a file, so that it can be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMail
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes each mail to `EMAIL_FILE_PATH`, named by its Message-ID: the same mail sent twice is one file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            message = mail.message()
            path = _path(str(message["Message-ID"]))
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".draft")
            draft.write_bytes(message.as_bytes())
            draft.rename(path)
        return len(email_messages)


@dataclass(frozen=True, slots=True)
class StoredMail:
    headers: list[tuple[str, str]]
    text: str
    html: str


def is_used() -> bool:
    """Whether mail is kept in the folder here."""
    return settings.EMAIL_BACKEND == "notifications.folder.EmailBackend"


def read(message_id: str) -> StoredMail | None:
    """The mail with this Message-ID, or None when the folder does not hold it."""
    path = _path(message_id)
    if not path.is_file():
        return None
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    return StoredMail([(name, str(value)) for name, value in mail.items()], _part(mail, "plain"), _part(mail, "html"))


def _part(mail: ParsedMail, kind: str) -> str:
    body = mail.get_body((kind,))
    return body.get_content() if body else ""


def _path(message_id: str) -> Path:
    return Path(settings.EMAIL_FILE_PATH) / (re.sub(r"[^\w.@-]", "", message_id, flags=re.ASCII) + ".eml")
