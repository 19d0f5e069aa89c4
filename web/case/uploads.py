"""Files in forms: the limit is kept before and while they arrive.

A body that cannot be within the limit is not read any further than its first file: the text before it is kept, so
forms put their files last. A file that grows past the limit although its request promised less is cut off there.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

# Room for the text of a form and the frames of its parts, beside the files.
TEXT_ALLOWANCE_BYTES = 4 * 1024**2
OVERSIZED = "portal.oversized_file"


class LimitHandler(FileUploadHandler):
    """Stops an upload over the limit; first among the upload handlers."""

    def handle_raw_input(self, input_data: Any, meta: dict[str, Any], content_length: int, *rest: Any) -> None:
        self.hopeless = content_length > settings.ATTACHMENT_LIMIT_BYTES + TEXT_ALLOWANCE_BYTES
        self.received = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        if self.hopeless:
            self._stop()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.ATTACHMENT_LIMIT_BYTES:
            self._stop()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _stop(self) -> None:
        assert self.request is not None
        self.request.META[OVERSIZED] = self.file_name
        raise StopUpload(connection_reset=True)


def oversized(request: HttpRequest) -> str | None:
    """The name of the file at which this request was cut off, if it was."""
    return request.META.get(OVERSIZED)


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
        return [super(FilesField, self).clean(one, initial) for one in data or []]
