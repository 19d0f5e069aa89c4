"""Files of a case: sent with a form, within the limit, and downloaded by those who see the case."""

import hashlib
import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases import operations
from cases.attachments import store
from cases.enums import Status
from cases.models import Attachment
from tests.cast import MINUTE, NOON
from tests.web.conftest import text_of
from tests.web.test_customer_new_case import files_in_store
from web.case.uploads import MOST_FILES

pytestmark = pytest.mark.usefixtures("at_one")


def upload(name: str = "host.log", content: bytes = b"line\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def answer(browse, technical_contact, case_in):
    """Send a message with files to a case."""
    case = case_in(Status.IN_PROGRESS)
    client = browse(technical_contact)

    def make(*files, body="See the files.", **headers):
        data = {"body": body, "submission": str(uuid4()), "attachments": list(files)}
        return client.post(f"{case.get_absolute_url()}messages/", data, **headers)

    make.case = case
    return make


@pytest.mark.clause("C-CUS-03", "C-RMT-03")
def test_several_files_go_with_a_message_and_stand_below_it(answer, browse, technical_contact):
    answer(upload("a.log", b"a" * 10), upload("b.tar.zst", b"b" * 2_000))

    page = browse(technical_contact).get(answer.case.get_absolute_url()).content.decode()
    stored = {one.name: (one.size, one.sha256) for one in Attachment.objects.all()}
    assert stored == {
        "a.log": (10, hashlib.sha256(b"a" * 10).hexdigest()),
        "b.tar.zst": (2_000, hashlib.sha256(b"b" * 2_000).hexdigest()),
    }
    assert "a.log" in page
    assert "2.0\N{NO-BREAK SPACE}kB" in page


def test_an_empty_file_goes_along_for_an_empty_log_tells_something(answer, browse, technical_contact):
    answer(upload("empty.log", b""), upload("host.log"))

    file = Attachment.objects.get(name="empty.log")
    response = browse(technical_contact).get(file.get_absolute_url())
    assert (file.size, b"".join(response.streaming_content)) == (0, b"")
    assert Attachment.objects.filter(name="host.log").exists()


def test_a_quotation_mark_in_a_file_name_is_shown_and_downloaded_as_it_was(answer, browse, technical_contact):
    answer(upload("the %22slow%22 host 100%.log"))  # as browsers send it

    file = Attachment.objects.get()
    page = browse(technical_contact).get(answer.case.get_absolute_url()).content.decode()
    response = browse(technical_contact).get(file.get_absolute_url())
    assert file.name == 'the "slow" host 100%.log'
    assert "the &quot;slow&quot; host 100%.log" in page
    assert response["Content-Disposition"] == r'attachment; filename="the \"slow\" host 100%.log"'


def test_a_refused_form_asks_for_its_files_again(answer):
    response = answer(upload("a.log"), body="")

    assert response.context["form"].errors == {
        "body": ["Please write a few words about your files."],
        "attachments": ["Please choose your files again: a browser does not keep them."],
    }


def test_a_refused_message_leaves_no_bytes(answer):
    before = set(files_in_store())

    response = answer(upload(), body="")

    assert response.status_code == 422
    assert set(files_in_store()) == before


def test_a_verb_that_refuses_leaves_no_bytes(browse, technical_contact, case_in):
    case, before = case_in(Status.CLOSED), set(files_in_store())

    response = browse(technical_contact).post(
        f"{case.get_absolute_url()}messages/", {"body": "Late.", "attachments": upload()}
    )

    assert response.status_code == 422
    assert set(files_in_store()) == before


class Watched(io.BytesIO):
    """A body that remembers how far it was read."""

    def read(self, *args):
        data = super().read(*args)
        self.far = max(getattr(self, "far", 0), self.tell())
        return data


def test_a_body_over_the_limit_is_refused_before_its_file_is_read_and_keeps_the_text(answer, settings):
    settings.ATTACHMENT_LIMIT_BYTES = 1024**2
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024
    boundary = "b0undary"
    text = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="body"\r\n\r\nKept text.\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="attachments"; filename="dump.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body = Watched(text + b"x" * 8 * 1024**2 + f"\r\n--{boundary}--\r\n".encode())

    response = answer_raw(answer, body, boundary)

    page = response.content.decode()
    assert response.status_code == 422
    assert "“dump.bin” was not sent: the files of one message may have 1.0\N{NO-BREAK SPACE}MB together." in page
    assert "Kept text." in page
    assert body.far < 1024**2
    assert Attachment.objects.count() == 0


def answer_raw(answer, body, boundary):
    """Post a hand-made body and say how long it is."""
    client = Client()
    client.force_login(answer.case.opened_by)
    return post_raw(client, f"{answer.case.get_absolute_url()}messages/", body, boundary)


def post_raw(client, address, body, boundary):
    kind = {"CONTENT_TYPE": f"multipart/form-data; boundary={boundary}", "CONTENT_LENGTH": str(len(body.getvalue()))}
    return client.generic("POST", address, **kind, **{"wsgi.input": body})


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("nobody", "/accounts/login/"),
        ("nobody", "/accounts/password/reset/"),
        ("nobody", "/preferences/theme/"),
        ("nobody", "/invitations/made-up/"),
        ("nobody", "/files/5f4ab0a3-5d2b-4a11-9e3e-0d9f6d0ad9a1/"),
        ("nobody", "messages/"),
        ("nobody", "/cases/new/"),
        ("contact", "/preferences/"),
        ("contact", "withdrawal/"),
        ("contact", "severity/"),
    ],
)
def test_a_file_where_none_is_taken_is_refused_unread(case_in, technical_contact, settings, who, address):
    case = case_in(Status.IN_PROGRESS)
    client = Client(enforce_csrf_checks=True)  # which reads the body before any view is asked
    if who == "contact":
        client.force_login(technical_contact)
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    boundary = "b0undary"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="name"; filename="dump.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body = Watched(head + b"x" * 9 * 1024**2 + f"\r\n--{boundary}--\r\n".encode())
    address = address if address.startswith("/") else f"{case.get_absolute_url()}{address}"

    response = post_raw(client, address, body, boundary)

    assert response.status_code == 413
    assert getattr(body, "far", 0) == 0


def test_small_files_where_none_are_taken_are_passed_over(browse, technical_contact, case_in):
    case, before = case_in(Status.IN_PROGRESS), set(files_in_store())
    data = {"resolution": "A restart helped.", "attachments": [upload(f"{n}.log") for n in range(MOST_FILES + 1)]}

    response = browse(technical_contact).post(f"{case.get_absolute_url()}withdrawal/", data)

    assert response["Location"] == case.get_absolute_url()
    assert set(files_in_store()) == before


def test_a_hundred_files_go_and_one_more_gets_a_message_with_the_text_kept(answer):
    many = answer(*(upload(f"{n}.log") for n in range(MOST_FILES + 1)))
    enough = answer(*(upload(f"{n}.log") for n in range(MOST_FILES)))

    assert many.status_code == 422
    assert "These are more than 100 files, and none was sent." in many.content.decode()
    assert "See the files." in many.content.decode()
    assert enough.status_code == 302
    assert Attachment.objects.count() == MOST_FILES


def test_a_text_of_three_million_characters_comes_back_with_a_message_beside_it(answer):
    response = answer(body="lorem " * 500_000)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["body"]
    assert "lorem " * 499_999 in response.content.decode()


@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_what_is_too_large_to_be_read_is_answered_with_what_is_allowed(browse, technical_contact, answer, kind):
    client, address = browse(technical_contact), f"{answer.case.get_absolute_url()}messages/"
    body = "x" * 9 * 1024**2
    sent = (
        {"data": {"body": body}}
        if kind == "multipart"
        else {"data": f"body={body}", "content_type": "application/x-www-form-urlencoded"}
    )

    response = client.post(address, **sent)

    page = " ".join(response.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())
    assert response.status_code == 413
    assert "The texts of a form may have 8.0 MB together, its files 2.0 GB" in page
    assert "Go back: your browser keeps what you wrote." in page


def test_more_nameless_files_than_anybody_chooses_are_too_much(answer, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    boundary = "b0undary"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="attachments"; filename="."\r\n\r\n\r\n'
    body = Watched((part * 4 + f"--{boundary}--\r\n").encode())

    assert answer_raw(answer, body, boundary).status_code == 413


def test_files_that_are_too_large_together_are_cut_off(answer, settings):
    settings.ATTACHMENT_LIMIT_BYTES = 1024**2
    before = set(files_in_store())

    response = answer(upload("a.bin", b"a" * 700_000), upload("b.bin", b"b" * 700_000))

    assert response.status_code == 422
    assert "“b.bin” was not sent" in response.content.decode()
    assert set(files_in_store()) == before


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\r\nSet-Cookie: x=1.txt", '<img src=x onerror="alert(1)">.png', "\u202egnp.exe", "ü" * 120],
)
def test_a_hostile_file_name_is_only_shown_and_only_downloaded(answer, browse, technical_contact, name):
    answer(SimpleUploadedFile("x", b"<script>alert(1)</script>", content_type="text/html"))
    file = Attachment.objects.get()
    file.name = name
    file.save()
    client = browse(technical_contact)

    page = client.get(answer.case.get_absolute_url()).content.decode()
    download = client.get(file.get_absolute_url())

    assert "<img src=x" not in page
    assert download["Content-Disposition"].startswith("attachment")
    assert "\n" not in download["Content-Disposition"]
    assert "Set-Cookie" not in download
    assert b"".join(download.streaming_content) == b"<script>alert(1)</script>"


def test_a_download_is_saved_powerless_and_not_stored(answer, browse, technical_contact):
    answer(upload("page.html", b"<script>alert(1)</script>"))

    download = browse(technical_contact).get(Attachment.objects.get().get_absolute_url())

    assert download["Content-Type"] == "application/octet-stream"
    assert download["X-Content-Type-Options"] == "nosniff"
    assert download["Content-Security-Policy"].startswith("sandbox")
    assert "no-store" in download["Cache-Control"]
    assert download.streaming


def test_a_download_leaves_a_line_in_the_log_without_the_names_of_file_or_person(
    answer, browse, technical_contact, new_york_contact, caplog
):
    answer(upload("customers-of-granite-harbor.csv"))
    file = Attachment.objects.get()

    with caplog.at_level("INFO", logger="web.case.views"):
        browse(technical_contact).get(file.get_absolute_url())
        browse(new_york_contact).get(file.get_absolute_url())

    told = f"File {file.key} of case {answer.case.number} sent to user {technical_contact.pk}"
    assert [record.getMessage() for record in caplog.records if record.name == "web.case.views"] == [told]


def test_a_file_is_only_read(answer, browse, technical_contact):
    answer(upload())

    assert browse(technical_contact).post(Attachment.objects.get().get_absolute_url()).status_code == 405


@pytest.mark.parametrize("who", ["new_york_contact", "renewal_contact", "own_sight_contact", "stranger"])
def test_a_foreign_file_answers_exactly_like_one_that_does_not_exist(request, browse, answer, who):
    answer(upload())
    client = browse(request.getfixturevalue(who))

    foreign = client.get(Attachment.objects.get().get_absolute_url())
    absent = client.get(f"/files/{uuid4()}/")

    assert foreign.status_code == absent.status_code == 404
    assert text_of(foreign) == text_of(absent)


def test_a_file_of_an_internal_note_is_for_support_alone(browse, technical_contact, engineer, case_in):
    case = case_in(Status.IN_PROGRESS)
    operations.add_note(case, "See the dump.", by=engineer, at=NOON + 9 * MINUTE, files=[store(upload("secret.log"))])
    file = Attachment.objects.get()

    answers = {who: browse(who).get(file.get_absolute_url()).status_code for who in (technical_contact, engineer)}
    page = browse(technical_contact).get(case.get_absolute_url()).content.decode()

    assert answers == {technical_contact: 404, engineer: 200}
    assert "secret.log" not in page


def test_a_file_without_a_sign_in_asks_for_one(client, answer):
    answer(upload())

    response = client.get(Attachment.objects.get().get_absolute_url())

    assert response["Location"].startswith("/accounts/login/")
