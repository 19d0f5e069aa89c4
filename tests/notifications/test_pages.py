"""The list of what one was told, and the staff's list of deliveries."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import MailState
from accounts.models import Contact, User
from accounts.permissions import may
from cases import operations as cases
from cases.enums import ReassignmentReason, Status
from notifications import queries
from notifications.enums import Channel
from notifications.models import Notification
from notifications.operations import deliver_due
from tests.cast import HOUR, NOON, fresh

INBOX, DELIVERIES = "/notifications/", "/desk/deliveries/"


@pytest.fixture
def visit(client):
    """What somebody sees at an address."""

    def get(user: User, path: str):
        client.force_login(user)
        return client.get(path)

    return get


@pytest.fixture
def kept_mail(settings, tmp_path) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "notifications.folder.EmailBackend", str(tmp_path)


# One's own list


def test_the_inbox_tells_what_happened_and_what_is_new(case_in, technical_contact, visit):
    case = case_in(Status.WAITING_FOR_CUSTOMER)

    answer = visit(technical_contact, INBOX).content.decode()

    told = ["There is a new message for you", "Whom to contact from now on", "We have received your case"]
    assert [headline for headline in told if f'">{headline}</a>' in answer] == told
    assert answer.count(">New<") == 3
    assert case.number in answer
    assert "3 new" in answer


def test_one_or_all_notifications_are_marked_as_read(case_in, technical_contact, client):
    case_in(Status.WAITING_FOR_CUSTOMER)
    client.force_login(technical_contact)
    first = queries.inbox(technical_contact).first()

    client.post(reverse("notifications_read"), {"key": first.key})
    assert queries.unread_count(fresh(technical_contact)) == 2

    client.post(reverse("notifications_read"))
    assert queries.unread_count(fresh(technical_contact)) == 0


def test_who_opens_a_case_has_read_what_was_told_of_it(case_in, technical_contact, visit):
    seen, other = case_in(Status.WAITING_FOR_CUSTOMER), case_in(Status.RECEIVED)
    told_to_others = Notification.objects.exclude(recipient=technical_contact).unread()
    unread_by_others = told_to_others.count()

    visit(technical_contact, seen.get_absolute_url())

    unread = queries.inbox(technical_contact).unread()
    assert {one.event.case for one in unread} == {other}
    assert told_to_others.count() == unread_by_others


def test_nobody_marks_what_was_told_to_others(case_in, technical_contact, tokyo_contact, client):
    case_in(Status.RECEIVED)
    client.force_login(tokyo_contact)

    client.post(reverse("notifications_read"), {"key": queries.inbox(technical_contact).get().key})
    client.post(reverse("notifications_read"))

    assert queries.unread_count(technical_contact) == 1


@pytest.mark.parametrize(("key", "status"), [("x", 404), ("' OR 1=1", 404), ("0" * 32, 302)])
def test_a_wrong_key_changes_nothing(case_in, technical_contact, client, key, status):
    case_in(Status.RECEIVED)
    client.force_login(technical_contact)

    assert client.post(reverse("notifications_read"), {"key": key}).status_code == status

    assert queries.unread_count(technical_contact) == 1


def test_a_hundred_and_more_are_counted_as_99_plus(case_in, technical_contact, visit, django_assert_num_queries):
    for _ in range(34):
        case_in(Status.WAITING_FOR_CUSTOMER)
    reader = fresh(technical_contact)
    assert reader.standings  # every page has asked for these before
    assert not reader.staff_role

    with django_assert_num_queries(1):
        assert queries.unread_count(reader) == 100

    answer = visit(technical_contact, INBOX).content.decode()
    assert 'aria-label="Notifications, 99+ unread"' in answer


def test_older_notifications_are_a_page_away(case_in, technical_contact, visit):
    for _ in range(20):
        case_in(Status.WAITING_FOR_CUSTOMER)

    first = visit(technical_contact, INBOX)
    second = visit(technical_contact, f"{INBOX}?after={first.context['more']}")

    keys = [row.notification.pk for row in (*first.context["rows"], *second.context["rows"])]
    assert keys == sorted(keys, reverse=True)
    assert (len(first.context["rows"]), len(set(keys)), second.context["more"]) == (50, 60, None)


def test_a_bad_page_key_shows_the_first_page(case_in, technical_contact, visit):
    case_in(Status.RECEIVED)

    assert len(visit(technical_contact, f"{INBOX}?after=nonsense").context["rows"]) == 1


@pytest.mark.clause("C-PAR-06")
def test_what_was_told_about_a_case_goes_with_the_right_to_see_it(open_case, third_party, visit):
    open_case(by=third_party)
    Contact.objects.filter(user=third_party).update(ends_at=NOON)

    assert visit(third_party, INBOX).context["rows"] == []
    assert queries.unread_count(fresh(third_party)) == 0


def test_what_was_told_to_staff_goes_with_the_work_for_support(case_in, engineer, second_engineer, aberdeen, visit):
    case = case_in(Status.IN_PROGRESS)
    cases.assign(case, second_engineer, by=engineer, at=NOON + HOUR, reason=ReassignmentReason.LOAD)
    assert [row.notification.template for row in visit(second_engineer, INBOX).context["rows"]] == ["given_to_you"]

    second_engineer.profile.delete()
    Contact.objects.create(user=second_engineer, organization=aberdeen, roles=["technical"])

    reader = fresh(second_engineer)
    assert visit(reader, INBOX).context["rows"] == []
    assert queries.unread_count(reader) == 0
    assert not may(reader, "view", Notification.objects.filter(recipient=reader).first())


def test_the_inbox_takes_as_many_statements_for_fifty_rows_as_for_one(
    case_in, technical_contact, client, django_assert_num_queries
):
    client.force_login(technical_contact)
    own = 3  # rows, number of unread, business hours of the bar
    behind = 4  # session, user, staff profile, standings

    case_in(Status.RECEIVED)
    with django_assert_num_queries(own + behind):
        client.get(INBOX)

    for _ in range(20):
        case_in(Status.WAITING_FOR_CUSTOMER)
    with django_assert_num_queries(own + behind):
        client.get(INBOX)


# Deliveries


def test_staff_see_every_delivery_with_its_state(case_in, customer_service, visit, kept_mail):
    case_in(Status.WAITING_FOR_CUSTOMER)
    deliver_due(NOON + HOUR, limit=1)

    answer = visit(customer_service, DELIVERIES).content.decode()
    waiting = visit(customer_service, f"{DELIVERIES}?state=pending")

    assert answer.count('data-label="State"') == 3
    assert [f">{state.label}</a>" in answer for state in MailState] == [True] * 4
    assert {row.state for row in waiting.context["rows"]} == {MailState.PENDING}
    assert len(waiting.context["rows"]) == 2


def test_a_kept_mail_is_read_as_text_and_as_html_without_rights_of_its_own(
    open_case, technical_contact, customer_service, visit, kept_mail
):
    case = open_case(description="<script>alert(1)</script>")
    deliver_due(NOON + HOUR)
    mail = Notification.objects.get(channel=Channel.EMAIL)

    text = visit(customer_service, f"{DELIVERIES}{mail.key}/")
    html = visit(customer_service, f"{DELIVERIES}{mail.key}/html/")

    assert f"[{case.number}] Virtual machines pause during backup" in text.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text.content.decode()
    assert "<h1>We have received your case</h1>" in html.content.decode()
    policy = {part.strip() for part in html["Content-Security-Policy"].split(";")}
    assert policy == {
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "sandbox",
    }


def test_without_a_folder_there_is_no_copy_to_read(open_case, customer_service, visit):
    open_case()
    mail = Notification.objects.get(channel=Channel.EMAIL)

    assert visit(customer_service, f"{DELIVERIES}{mail.key}/").status_code == 200
    assert visit(customer_service, f"{DELIVERIES}{mail.key}/html/").status_code == 404


@pytest.mark.parametrize("path", ["", "{key}/", "{key}/html/"])
def test_deliveries_do_not_exist_for_customers(open_case, technical_contact, visit, kept_mail, path):
    open_case()
    deliver_due(NOON + HOUR)
    mail = Notification.objects.get(channel=Channel.EMAIL)

    assert visit(technical_contact, DELIVERIES + path.format(key=mail.key)).status_code == 404


@pytest.mark.parametrize("path", [INBOX, DELIVERIES])
def test_who_is_not_signed_in_is_asked_to(path, db):
    answer = Client().get(path)

    assert answer.status_code == 302
    assert "next=" in answer["Location"]


def test_the_rule_and_the_query_give_the_same_answer(case_in, cast, tokyo, third_party):
    case_in(Status.CLOSED)
    case_in(Status.IN_PROGRESS, organization=tokyo, by=third_party)

    for person in cast.people.values():
        reader = fresh(person)
        seen = set(Notification.objects.visible_to(reader).values_list("pk", flat=True))
        allowed = {one.pk for one in Notification.objects.all() if may(fresh(person), "view", one)}
        assert seen == allowed, person
