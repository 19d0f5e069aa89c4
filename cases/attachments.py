"""Files on their way in: streamed to the store before the transaction, rows within it.

The order of writing keeps both consistent: bytes without a row are garbage that `discard` or the cleaner takes away; a
row without bytes cannot come to be.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from accounts.refusal import Refusal
from cases.models import ATTACHMENTS, Attachment, Case, Message, Note, stored_path

UNNAMED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes in the store that no row names yet."""

    key: uuid.UUID
    path: str
    name: str
    size: int
    sha256: str


def store(upload: UploadedFile) -> StoredFile:
    """Stream `upload` into the store under a random name, counting and hashing on the way.

    Raises Refusal for a file over the limit; nothing of it stays.
    """
    require_size(upload.name or "", upload.size or 0)
    key = uuid.uuid4()
    digest = hashlib.sha256()
    size = 0
    for chunk in upload.chunks():
        digest.update(chunk)
        size += len(chunk)
    upload.seek(0)
    path = default_storage.save(stored_path(key), File(upload.file))
    return StoredFile(key, path, PurePath(upload.name or "file").name[:255], size, digest.hexdigest())


def require_size(name: str, size: int) -> None:
    """Raise Refusal for a file of `size` bytes over the limit."""
    limit = settings.ATTACHMENT_LIMIT_BYTES
    if size > limit:
        raise Refusal("file_too_large", f"{name} is larger than the limit of {limit / 1024**3:.3g} GiB a file.")


def attach(
    case: Case,
    files: Sequence[StoredFile],
    *,
    at: datetime,
    message: Message | None = None,
    note: Note | None = None,
) -> None:
    """Write the rows of stored files, inside the verb's transaction."""
    Attachment.objects.bulk_create(
        Attachment(
            key=one.key,
            case=case,
            message=message,
            note=note,
            name=one.name,
            file=one.path,
            size=one.size,
            sha256=one.sha256,
            at=at,
        )
        for one in files
    )


def discard(files: Iterable[StoredFile]) -> None:
    """Take stored files away again, after a verb that was refused."""
    for one in files:
        default_storage.delete(one.path)


def clean_orphans(at: datetime) -> int:
    """Delete stored bytes that no row names and that are a day old by `at` (aware); return how many.

    A day, because a verb that is under way names its files when it commits.
    """
    deleted = 0
    for paths in _stored_paths():
        keys = [key for path in paths if (key := _key_of(path))]
        named = set(Attachment.objects.filter(key__in=keys).values_list("file", flat=True))
        for path in set(paths) - named:
            if at - default_storage.get_modified_time(path) > UNNAMED_FOR:
                default_storage.delete(path)
                deleted += 1
    return deleted


def _key_of(path: str) -> uuid.UUID | None:
    """The key that is the file's name; None for a file that the portal did not store."""
    try:
        return uuid.UUID(hex=PurePath(path).name)
    except ValueError:
        return None


def _stored_paths() -> Iterator[list[str]]:
    """The paths of the whole store, folder by folder."""
    try:
        folders, _ = default_storage.listdir(ATTACHMENTS)
    except FileNotFoundError:  # nothing was ever stored
        return
    for folder in folders:
        _, names = default_storage.listdir(f"{ATTACHMENTS}/{folder}")
        yield [f"{ATTACHMENTS}/{folder}/{name}" for name in names]
