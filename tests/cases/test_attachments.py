"""Files on their way in: streamed, hashed, bounded, and taken away when nothing came of them."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile, UploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.refusal import Refusal
from cases import attachments, operations, tasks
from cases.enums import Status
from cases.models import Attachment
from tests.cast import HOUR, NOON, refused

LATER = NOON + HOUR


@pytest.fixture(autouse=True)
def store(settings, tmp_path) -> Path:
    """An empty store."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(name: str = "host.log", content: bytes = b"a line\n") -> UploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def stored_bytes(store: Path) -> list[bytes]:
    return [path.read_bytes() for path in store.rglob("*") if path.is_file()]


def test_a_file_is_stored_whole_under_a_name_that_tells_nothing(store):
    file = attachments.store(upload("../../etc/Confidential plan.log", b"one\ntwo\n"))

    assert (file.name, file.size) == ("Confidential plan.log", 8)
    assert file.sha256 == hashlib.sha256(b"one\ntwo\n").hexdigest()
    assert file.path == f"attachments/{file.key.hex[:2]}/{file.key.hex}"
    assert stored_bytes(store) == [b"one\ntwo\n"]


def test_a_large_upload_is_read_in_pieces(store):
    content = os.urandom(200_000)
    large = TemporaryUploadedFile("dump.bin", "application/octet-stream", len(content), None)
    large.write(content)
    large.seek(0)
    sizes = []
    chunks = large.chunks
    large.chunks = lambda: (sizes.append(len(chunk)) or chunk for chunk in chunks())

    file = attachments.store(large)

    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert sizes == [65_536, 65_536, 65_536, 3_392]
    assert stored_bytes(store) == [content]


def test_a_file_over_the_limit_is_refused_before_it_is_read(settings, store):
    settings.ATTACHMENT_LIMIT_BYTES = 1000
    unreadable = UploadedFile(BytesIO(), "dump.bin", size=1001)
    unreadable.chunks = None

    with refused("file_too_large"):
        attachments.store(unreadable)

    assert stored_bytes(store) == []


def test_a_file_of_exactly_the_limit_is_taken(settings):
    settings.ATTACHMENT_LIMIT_BYTES = 7

    assert attachments.store(upload()).size == 7


def test_the_limit_is_told_in_a_size_that_people_read(settings):
    settings.ATTACHMENT_LIMIT_BYTES = 2 * 1024**3

    with pytest.raises(Refusal) as caught:
        attachments.require_size("dump.bin", 3 * 1024**3)

    assert caught.value.message == "dump.bin is larger than the limit of 2 GiB a file."


def test_files_hang_from_what_was_said_with_them(case_in, engineer, technical_contact):
    case = operations.reply_as_customer(
        case_in(Status.IN_PROGRESS),
        "Here are both logs.",
        by=technical_contact,
        at=LATER,
        files=[attachments.store(upload("a.log")), attachments.store(upload("b.log", b"b"))],
    )
    operations.add_note(case, "Compare.", by=engineer, at=LATER, files=[attachments.store(upload("ours.log"))])

    public = Attachment.objects.visible_to(technical_contact)
    assert sorted(public.values_list("name", "size", "message__body")) == [
        ("a.log", 7, "Here are both logs."),
        ("b.log", 1, "Here are both logs."),
    ]
    assert public.get(name="b.log").file.read() == b"b"
    assert Attachment.objects.visible_to(engineer).get(note__body="Compare.").name == "ours.log"


def test_a_file_hangs_from_exactly_one_thing(case_in):
    case = case_in(Status.RECEIVED)

    with pytest.raises(IntegrityError, match="a_file_hangs_from_a_message_or_a_note"), transaction.atomic():
        attachments.attach(case, [attachments.store(upload())], at=LATER)


def test_a_refused_verb_leaves_no_row_and_its_files_are_discarded(case_in, technical_contact, store):
    case, files = case_in(Status.CLOSED), [attachments.store(upload())]

    with refused("closed"):
        operations.reply_as_customer(case, "Late.", by=technical_contact, at=LATER, files=files)
    attachments.discard(files)

    assert not Attachment.objects.exists()
    assert stored_bytes(store) == []


def test_old_bytes_without_a_row_are_taken_away_and_nothing_else(case_in, technical_contact):
    kept, orphan, young = (attachments.store(upload(content=content)) for content in (b"kept", b"orphan", b"young"))
    operations.reply_as_customer(case_in(Status.QUEUED), "Here.", by=technical_contact, at=LATER, files=[kept])
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    for file in (kept, orphan):
        os.utime(default_storage.path(file.path), times=(two_days_ago.timestamp(),) * 2)

    assert tasks.clean_attachments() == 1

    assert [default_storage.exists(file.path) for file in (kept, orphan, young)] == [True, False, True]


def test_a_folder_of_the_store_is_looked_up_by_the_index_of_keys(case_in, technical_contact):
    files = [attachments.store(upload(content=b"kept")) for _ in range(3)]
    operations.reply_as_customer(case_in(Status.QUEUED), "Here.", by=technical_contact, at=LATER, files=files)

    with CaptureQueriesContext(connection) as queries:
        tasks.clean_attachments()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read faster without any index
        for query in queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            assert "Seq Scan" not in str(cursor.fetchall())


def test_bytes_that_the_portal_never_stored_are_taken_away_too(db, store):
    path = default_storage.save("attachments/ab/notes.txt", ContentFile(b"left here by hand"))
    old = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(default_storage.path(path), times=(old, old))

    assert tasks.clean_attachments() == 1


@pytest.mark.usefixtures("db")
def test_an_empty_store_has_nothing_to_clean():
    assert tasks.clean_attachments() == 0
