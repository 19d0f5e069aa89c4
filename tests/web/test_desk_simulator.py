"""The simulator's page: managers tell a story and see what would become of a case."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cases.models import Case
from web.desk.simulator import examples

pytestmark = pytest.mark.usefixtures("at_one")

PAGE = "/desk/simulator/"


@pytest.fixture
def manager_page(browse, support_manager):
    return browse(support_manager)


def test_the_page_is_for_managers(browse, engineer, technical_contact, administrator, manager_page):
    assert browse(technical_contact).get(PAGE).status_code == 404
    assert browse(engineer).get(PAGE).status_code == 403
    assert browse(engineer).post(PAGE, {"story": "{}"}).status_code == 403
    assert browse(administrator).get(PAGE).status_code == 200
    assert f'href="{PAGE}"' in manager_page.get(PAGE).content.decode()
    assert f'href="{PAGE}"' not in browse(engineer).get("/desk/sun/").content.decode()


@pytest.mark.parametrize("key", examples())
def test_a_ready_story_fills_the_form_and_can_be_told(manager_page, key):
    page = manager_page.get(PAGE, {"example": key})
    answer = manager_page.post(PAGE, {"story": page.context["form"]["story"].value()})

    text = answer.content.decode()
    assert answer.status_code == 200
    assert examples()[key].title.split("'")[0] in text
    assert "Why this time?" in text
    assert Case.objects.count() == 0


def test_a_file_is_told_and_shown(manager_page):
    story = examples()["weekend"].text

    answer = manager_page.post(PAGE, {"file": SimpleUploadedFile("story.json", story.encode())})

    assert "8 business hours from receipt" in answer.content.decode()
    assert answer.context["form"]["story"].value() == story


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"story": ""}, "Write a story, or choose a file."),
        ({"story": "nonsense"}, "Line 1: This is not JSON"),
        ({"story": " " * 200_001}, "A story has at most 200,000 characters; this one has 200,001."),
        ({"file": SimpleUploadedFile("story.json", b" " * 200_001)}, "this one has 200,001."),
        ({"story": '{"a": 1,\n"a": 2}'}, "Line 2, a: This field is told twice."),
        ({"story": "{}"}, "Line 1: “organization” is missing"),
        ({"file": SimpleUploadedFile("story.json", b"\xff\xfe")}, "This is no text in UTF-8."),
    ],
    ids=["empty", "no JSON", "too long", "too long a file", "told twice", "wrong", "not text"],
)
def test_a_wrong_story_is_answered_next_to_its_field(manager_page, sent, said):
    answer = manager_page.post(PAGE, sent)

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_text_is_never_cut_off_by_the_browser_and_is_not_called_optional(manager_page):
    page = manager_page.get(PAGE).content.decode()

    field = page.partition('for="id_story"')[2].partition("</textarea>")[0]
    assert "maxlength" not in field
    assert "optional" not in field
    assert "At most 200,000 characters." in page


def test_of_several_escalations_each_line_says_which(manager_page):
    asked = ',{"at": "2026-03-05T1%d:00", "fact": "escalated", "channel": "phone"}'
    story = (
        '{"organization": {"region": "emea", "country": "GB", "zone": "Europe/London", "place": "London"}, "facts": ['
        '{"at": "2026-03-04T12:00", "fact": "received", "severity": 3}'
        ',{"at": "2026-03-04T12:10", "fact": "verified"}, {"at": "2026-03-04T12:20", "fact": "assigned"}'
        f'{asked % 0}{asked % 3}], "until": "2026-03-09T12:00"}}'
    )

    answer = manager_page.post(PAGE, {"story": story})

    lines = [what for what, _ in answer.context["took_effect"]]
    assert [line for line in lines if "breach" in line and "cknowledgement" in line] == [
        "Acknowledgement breach of Thu 5 Mar 2026, 10:00 GMT",
        "Acknowledgement breach of Thu 5 Mar 2026, 13:00 GMT",
    ]
    told = [one.what for one in answer.context["happenings"]]
    assert "Acknowledgement of the escalation of Thu 5 Mar 2026, 13:00 GMT: missed" in told


def test_a_refusal_stands_where_it_happened(manager_page):
    text = manager_page.post(PAGE, {"story": examples()["severities"].text}).content.decode()

    assert "can only become less severe" in text
    assert "refused" in text
