"""Files in forms: the limit is kept before and while they arrive.

A body that cannot be within the limit is not read any further than its first file: the text before it is kept, so
forms put their files last. A file that grows past the limit although its request promised less is cut off there.

Only views that are marked with `access.takes_files` take files, and only from who is signed in. For everybody and
everything else a body as large as a file is refused unread, and what small files it has are passed over.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

MOST_FILES = 100
QUOTE_OF_BROWSERS = "%22"  # how a form sends a quotation mark within a file's name; a percent sign it sends as it is
CUT_OFF = "portal.cut_off"


class LimitHandler(FileUploadHandler):
    """Keeps the limits of an upload; first among the upload handlers."""

    def handle_raw_input(self, input_data: Any, meta: dict[str, Any], content_length: int, *rest: Any) -> None:
        """Raises RequestDataTooBig where nobody may send files."""
        assert self.request is not None
        self.taken = self.request.user.is_authenticated and takes_files(self.request)
        if not self.taken and content_length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("A body as large as a file, where none is taken.")
        self.hopeless = content_length > settings.ATTACHMENT_LIMIT_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self.count = self.received = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        if not self.taken:
            raise SkipFile
        self.count += 1
        if self.count > MOST_FILES:
            self._stop(
                f"These are more than {MOST_FILES} files, and none was sent. Put them into one archive, "
                "or send them with several messages; your text is kept.",
                read_on=True,
            )
        if self.hopeless:
            self._stop_at_file()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.ATTACHMENT_LIMIT_BYTES:
            self._stop_at_file()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _stop_at_file(self) -> None:
        self._stop(
            f"“{self.file_name}” was not sent: the files of one message may have {limit_in_words()} together. "
            "Choose the files again without it; your text is kept."
        )

    def _stop(self, reason: str, *, read_on: bool = False) -> None:
        """Take no more of the files. To `read_on` lets a browser that sends all before it listens hear the answer."""
        assert self.request is not None
        self.request.META[CUT_OFF] = reason
        raise StopUpload(connection_reset=not read_on)


def takes_files(request: HttpRequest) -> bool:
    """Whether the view that answers this request has a form with files."""
    match = request.resolver_match
    return match is not None and getattr(match.func, "takes_files", False)


def cut_off(request: HttpRequest) -> str:
    """Why the files of this request were not taken, for who sent them; empty when they were."""
    return request.META.get(CUT_OFF, "")


def limit_in_words() -> str:
    """What the files of one form may have together: "2.0 GB", counted as computers do."""
    return filesizeformat(settings.ATTACHMENT_LIMIT_BYTES)


class FilesInput(forms.FileInput):
    """A chooser for many files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; cleans to a list. The limit counts for all of them together."""

    widget = FilesInput

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", "Files")
        kwargs.setdefault("max_length", 255)
        kwargs.setdefault("allow_empty_file", True)  # an empty log tells something too
        super().__init__(**kwargs)

    def clean(self, data: Sequence[UploadedFile] | None, initial: Any = None) -> list[UploadedFile]:
        for one in data or []:
            one.name = (one.name or "").replace(QUOTE_OF_BROWSERS, '"')
        return [super(FilesField, self).clean(one, initial) for one in data or []]
