"""What surrounds every page: bar, theme, zone, and the pages for errors."""

from datetime import UTC, date, datetime, time

import pytest
from django.template import loader
from django.test import Client, RequestFactory
from django.urls import reverse
from freezegun import freeze_time

from accounts.calendars import freeze
from accounts.models import Holiday, Shift, SupportCenter
from tests.cast import fresh
from web.bar import Bar
from web.watch import business_hours, centers_on_shift, shifts_around, watch_line

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)


def at(hour: int, minute: int = 0, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def bar_for(user, path: str = "/") -> Bar:
    request = RequestFactory().get(path)
    request.user = fresh(user)
    return Bar(request, WEDNESDAY)


# The bar


@pytest.mark.parametrize(
    ("path", "current"),
    [("/cases/", "Cases"), ("/cases/418-226-305/", "Cases"), ("/cases/new/", "New case"), ("/preferences/", None)],
)
def test_the_bar_marks_the_place_where_the_reader_is(technical_contact, path, current):
    links = bar_for(technical_contact, path).links

    assert [link.name for link in links if link.current] == ([current] if current else [])


def test_staff_and_customers_have_different_places(engineer, technical_contact):
    assert [link.name for link in bar_for(engineer).links] == [
        "Queue",
        "Customer Service",
        "Follow the sun",
        "Promises",
        "Deliveries",
    ]
    assert [link.name for link in bar_for(technical_contact).links] == ["Cases", "New case"]


@pytest.mark.clause("C-CON-01")
def test_who_opens_no_cases_is_not_led_to_a_new_one(renewal_contact):
    assert [link.name for link in bar_for(renewal_contact).links] == ["Cases"]


def test_the_start_page_leads_each_side_to_its_first_place(client, engineer, technical_contact):
    for user, place in ((engineer, "/desk/"), (technical_contact, "/cases/")):
        client.force_login(user)
        assert client.get("/")["Location"] == place


def test_the_bar_says_what_the_reader_is(engineer, technical_contact, third_party, stranger):
    assert bar_for(engineer).role == "Support engineer, Cambridge"
    assert bar_for(technical_contact).role == "Technical contact, Granite Harbor Energy"
    assert bar_for(third_party).role == "Acts for 2 organizations"
    assert bar_for(stranger).role == "No organization"


@pytest.mark.clause("C-COV-01", "C-COV-02")
@pytest.mark.parametrize(
    ("now", "told"),
    [
        (at(7, 59), "Aberdeen closed until 08:00 GMT; Severity 1 always open"),
        (at(8), "Aberdeen open until 18:00 GMT"),
        (at(17, 59), "Aberdeen open until 18:00 GMT"),
        (at(18), "Aberdeen closed until the next business day; Severity 1 always open"),
        (at(12, day=7), "Aberdeen closed until the next business day; Severity 1 always open"),
    ],
    ids=["before", "opening", "late", "closing", "saturday"],
)
def test_customers_see_whether_their_business_hours_run(aberdeen, now, told):
    freeze(aberdeen, WEDNESDAY)

    watch = business_hours(aberdeen, now)

    assert f"{watch.who} {watch.what}" == told


@pytest.mark.clause("C-COV-02")
def test_a_closure_is_not_told_as_open(aberdeen):
    freeze(aberdeen, WEDNESDAY)
    Holiday.objects.create(country="GB", on=date(2026, 3, 4), name="Inventory")

    assert business_hours(aberdeen, WEDNESDAY).who == "Aberdeen closed"


@pytest.mark.clause("C-COV-02")
def test_a_holiday_of_another_part_of_the_country_closes_nothing(aberdeen):
    freeze(aberdeen, WEDNESDAY)
    kept_in_england = {"country": "GB", "subdivision": "", "source": Holiday.Source.LIBRARY}
    Holiday.objects.create(on=date(2026, 3, 4), name="English Day", **kept_in_england)

    assert business_hours(aberdeen, WEDNESDAY).who == "Aberdeen open"


def test_nothing_is_claimed_while_the_holidays_are_not_known(aberdeen):
    assert business_hours(aberdeen, WEDNESDAY) is None


def test_the_hours_cost_one_query(aberdeen, django_assert_num_queries):
    freeze(aberdeen, WEDNESDAY)

    with django_assert_num_queries(1):
        business_hours(aberdeen, WEDNESDAY)


@pytest.fixture
def two_centers(emea_center):
    tokyo = SupportCenter.objects.create(
        code="tokyo", name="Tokyo", region=emea_center.region, zone="Asia/Tokyo", telephone="+81 3 5555 0100"
    )
    for center, opens, closes in ((emea_center, time(8), time(18)), (tokyo, time(14), time(0))):
        for weekday in range(5):
            Shift.objects.create(center=center, weekday=weekday, opens=opens, closes=closes)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (at(14, 59), "Cambridge and Tokyo on shift until 19:00 and 16:00 CET"),
        (at(15), "Cambridge on shift until 19:00 CET"),
        (at(7), "Tokyo on shift until 16:00 CET"),
        (at(18), "No center is on shift; engineers are on call"),
    ],
)
def test_staff_see_which_centers_are_on_shift_each_until_when_in_their_own_time(
    two_centers, django_assert_num_queries, now, told
):
    with django_assert_num_queries(1):
        watch = centers_on_shift(shifts_around(now), now, "Europe/Warsaw")

    assert f"{watch.who} {watch.what}" == told


@pytest.mark.clause("C-FTS-01")
def test_the_watch_line_shows_the_shifts_of_the_day_in_utc_and_which_is_on(two_centers):
    line = watch_line(shifts_around(at(6)), at(6))

    # Tokyo works from 14:00 to midnight of its own time.
    assert [(part.x, part.width, part.holds) for part in line.parts] == [
        ("33.33", "41.67", False),
        ("20.83", "41.67", True),
    ]
    assert line.now == "25.00"
    assert line.title == "The day in UTC, now 06:00. On shift: Tokyo 05:00 to 15:00; Cambridge 08:00 to 18:00."


@pytest.mark.clause("C-FTS-01")
def test_shifts_of_a_center_that_overlap_or_touch_are_one(two_centers, emea_center):
    for opens, closes in ((time(17), time(20)), (time(20), time(22))):
        Shift.objects.create(center=emea_center, weekday=2, opens=opens, closes=closes)

    watch, line = (
        centers_on_shift(shifts_around(at(16)), at(16), "Europe/London"),
        watch_line(shifts_around(at(16)), at(16)),
    )

    assert f"{watch.who} {watch.what}" == "Cambridge on shift until 22:00 GMT"
    assert line.title.endswith("On shift: Tokyo 05:00 to 15:00; Cambridge 08:00 to 22:00.")


def test_a_shift_over_midnight_in_utc_is_cut_at_both_ends_of_the_day(emea_center):
    auckland = SupportCenter.objects.create(
        code="auckland", name="Auckland", region=emea_center.region, zone="Pacific/Auckland", telephone="+64 9 555 0100"
    )
    for weekday in range(5):
        Shift.objects.create(center=auckland, weekday=weekday, opens=time(8), closes=time(18))

    saturday, friday, monday = (watch_line(shifts_around(at(3, day=day)), at(3, day=day)) for day in (7, 6, 2))

    # UTC+13: Friday's shift begins on Thursday in UTC, and Monday's on Sunday.
    assert saturday.title.endswith("On shift: no center.")
    assert friday.title.endswith("On shift: Auckland 00:00 to 05:00.")
    assert monday.title.endswith("On shift: Auckland 00:00 to 05:00; Auckland 19:00 to 24:00.")


def test_the_day_in_utc_is_told_in_utc_whoever_reads(client, engineer, two_centers):
    engineer.zone = "Asia/Tokyo"
    engineer.save()
    client.force_login(engineer)

    with freeze_time(at(22, 5)):
        page = client.get(reverse("preferences")).content.decode()

    assert "The day in UTC, now 22:05. On shift: " in page
    assert "Times: Asia/Tokyo" in page


def test_names_of_people_and_organizations_cannot_break_the_bar(client, technical_contact):
    technical_contact.name = "<b>Isla</b> & Co"
    technical_contact.save()
    client.force_login(technical_contact)

    page = client.get(reverse("preferences")).content.decode()

    assert "<b>Isla</b>" not in page
    assert "&lt;b&gt;Isla&lt;/b&gt; &amp; Co" in page


# Theme and preferences


def test_the_theme_is_kept_in_a_cookie_and_written_by_the_server(client, db):
    response = client.post(reverse("theme"), {"theme": "dark", "next": reverse("account_login")})

    assert response["Location"] == reverse("account_login")
    assert '<html lang="en" data-theme="dark">' in client.get(reverse("account_login")).content.decode()


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "foo",
        "preferences",
        "x\x00",
        "",
    ],
)
def test_the_theme_leads_nowhere_else(client, db, back):
    assert client.post(reverse("theme"), {"theme": "light", "next": back})["Location"] == "/"


@pytest.mark.parametrize("value", ["system", "purple", '"><script>'])
def test_any_other_theme_follows_the_system(client, db, value):
    client.post(reverse("theme"), {"theme": value})

    assert '<html lang="en">' in client.get(reverse("account_login")).content.decode()


def test_the_theme_is_changed_by_post_alone(client, db):
    assert client.get(reverse("theme")).status_code == 405


def test_a_reader_keeps_name_zone_and_telephone(client, technical_contact):
    client.force_login(technical_contact)

    client.post(reverse("preferences"), {"name": "Isla R. Reid", "zone": "Asia/Tokyo", "phone": "+81 3 5555 0199"})

    user = fresh(technical_contact)
    assert (user.name, user.zone, user.phone) == ("Isla R. Reid", "Asia/Tokyo", "+81 3 5555 0199")
    assert 'data-zone="Asia/Tokyo"' in client.get(reverse("preferences")).content.decode()


def test_what_is_not_theirs_to_keep_is_ignored(client, technical_contact):
    client.force_login(technical_contact)

    client.post(
        reverse("preferences"),
        {"name": "Isla", "zone": "UTC", "email": "root@example.com", "is_staff": "on", "is_superuser": "on"},
    )

    user = fresh(technical_contact)
    assert (user.email, user.is_staff, user.is_superuser) == ("isla.reid@example.com", False, False)


def test_a_wrong_zone_is_refused_beside_its_field_and_the_rest_is_kept(client, technical_contact):
    client.force_login(technical_contact)

    response = client.post(reverse("preferences"), {"name": "Typed name", "zone": "Mars/Olympus", "phone": ""})
    page = response.content.decode()

    assert response.status_code == 422
    assert 'role="alert"' in page
    assert '<a href="#id_zone">Time zone</a>' in page
    assert 'aria-invalid="true" aria-describedby="id_zone_helptext id_zone_error"' in page
    assert 'value="Typed name"' in page


def test_a_refused_name_stays_in_its_field_and_off_the_bar(client, technical_contact):
    client.force_login(technical_contact)

    page = client.post(reverse("preferences"), {"name": "Typed name", "zone": "Mars/Olympus"}).content.decode()

    assert 'aria-label="Isla Reid: account and theme"' in page
    assert page.count("Typed name") == 1


def test_an_empty_form_of_preferences_is_refused_and_other_methods_are_not_known(client, technical_contact):
    client.force_login(technical_contact)

    assert client.post(reverse("preferences")).status_code == 422
    assert client.put(reverse("preferences")).status_code == 405


# Errors


@pytest.mark.parametrize("name", ["400", "403", "404", "413", "429", "500", "503"])
def test_the_page_of_an_error_needs_neither_request_nor_database(name):
    page = loader.get_template(f"{name}.html").render()

    assert "<h1>" in page
    assert 'class="bar"' not in page


def test_what_is_not_there_says_so_in_the_portal_s_own_page(client, technical_contact):
    client.force_login(technical_contact)

    response = client.get("/nothing/here/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
    assert 'class="bar"' in response.content.decode()


def test_a_form_from_before_signing_in_is_explained(db):
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "a", "password": "b"})

    assert response.status_code == 403
    assert "The form was too old to be sent" in response.content.decode()


def test_no_page_of_an_account_asks_for_inline_code(client, technical_contact):
    client.force_login(technical_contact)
    for name in ("preferences", "account_security", "account_email", "mfa_index", "usersessions_list"):
        page = client.get(reverse(name), follow=True).content.decode()
        assert "style=" not in page
        assert "<style" not in page
        assert "onclick" not in page
