"""What the portal says of itself, and to people while it cannot work."""

from datetime import timedelta
from types import ModuleType

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.urls import path
from django.utils.timezone import now

from sla.models import SunChange, Timer
from supportportal import health
from supportportal.errors import server_error
from supportportal.urls import urlpatterns

GONE = "/nowhere"


@pytest.fixture
def swept(monkeypatch):
    """Say when the last sweep was."""

    def at(moment):
        monkeypatch.setattr(health, "last_swept_at", lambda: moment)

    at(now())
    return at


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """One that has not been asked yet."""
    monkeypatch.setattr(health, "migrations", health.Migrations())
    health.redis_at.cache_clear()


@pytest.fixture
def no_database(transactional_db):
    """PostgreSQL is gone, as every new connection finds."""
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = GONE
    yield
    connection.close()
    connection.settings_dict["HOST"] = host


def test_a_living_process_says_so_under_any_name(client):
    response = client.get("/healthz", headers={"host": "10.0.0.7"})

    assert (response.status_code, response.json()) == (200, {"status": "ok", "checks": {}})
    assert response.headers["Cache-Control"] == "no-store"
    assert response.cookies == {}


@pytest.mark.django_db
def test_a_portal_that_keeps_its_promises_is_ready(client, swept):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "redis": "ok", "sweep": "ok", "timers": "ok", "sun": "ok"},
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ago", "words"), [(None, "never ran"), (timedelta(seconds=31), "last ran 31 s ago"), (timedelta(seconds=29), "ok")]
)
def test_a_portal_whose_timers_are_not_swept_is_not_ready(client, swept, ago, words):
    swept(ago and now() - ago)

    response = client.get("/readyz")

    assert response.json()["checks"]["sweep"] == words
    assert response.status_code == (200 if words == "ok" else 503)


@pytest.mark.parametrize(("ago", "words"), [(31, "one was due 31 s ago"), (29, "ok")])
def test_a_portal_whose_sweeps_leave_a_timer_waiting_is_not_ready(client, swept, open_case, ago, words):
    case = open_case(at=now())
    case.timers.update(fire_at=now() + timedelta(hours=1))
    Timer.objects.filter(pk=case.timers.first().pk).update(fire_at=now() - timedelta(seconds=ago))

    response = client.get("/readyz")

    assert response.json()["checks"]["timers"] == words
    assert response.status_code == (200 if words == "ok" else 503)


def test_a_case_whose_timers_fail_is_a_warning_and_turns_nothing_red(client, swept, open_case):
    case = open_case(at=now())
    case.timers.update(
        state="failed", fire_at=now() - timedelta(hours=1), next_try_at=now() + timedelta(minutes=1), attempts=3
    )

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["warnings"] == {
        "timers": f"{case.timers.count()} set aside after errors, the oldest was due 3600 s ago"
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("ago", "words"), [(121, "a change was due 121 s ago"), (119, "ok")])
def test_a_portal_whose_cases_do_not_change_hands_is_not_ready(client, swept, ago, words):
    at = now() - timedelta(seconds=ago)
    SunChange.objects.create(at=at, try_at=at, from_center="cambridge", to_center="denver")

    response = client.get("/readyz")

    assert response.json()["checks"]["sun"] == words
    assert response.status_code == (200 if words == "ok" else 503)


@pytest.mark.django_db
def test_a_case_that_fails_to_change_hands_is_a_warning_and_turns_nothing_red(client, swept):
    at = now() - timedelta(hours=1)
    SunChange.objects.create(at=at, try_at=now(), from_center="cambridge", to_center="denver", attempts=2)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["warnings"] == {"sun": "a case fails to change hands, due 3600 s ago"}


@pytest.mark.django_db
def test_a_portal_with_tables_missing_is_not_ready(client, swept):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    response = client.get("/readyz")

    assert (response.status_code, response.json()["checks"]["migrations"]) == (503, "1 not applied")


@pytest.mark.django_db
def test_a_probe_that_comes_every_second_looks_up_what_may_change_and_connects_no_more(
    client, swept, django_assert_num_queries
):
    client.get("/readyz")
    connection = redis_connection()

    with django_assert_num_queries(4):  # SELECT 1, late timers, failed timers, the sun; `swept` answers for the sweep
        assert client.get("/readyz").status_code == 200

    assert redis_connection() == connection


def redis_connection() -> int:
    """Which connection the probe asks Redis by: every new one has another number."""
    return health.redis_at(settings.REDIS_URL).client_id()


@pytest.mark.django_db
def test_a_portal_without_redis_is_not_ready(client, swept, settings):
    settings.REDIS_URL = f"unix://{GONE}"

    response = client.get("/readyz")

    assert (response.status_code, response.json()["checks"]["redis"]) == (503, "does not answer")


def test_a_portal_without_its_database_is_not_ready(client, swept, no_database):
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": "does not answer",
        "migrations": "does not answer",
        "redis": "ok",
        "sweep": "does not answer",
        "timers": "does not answer",
        "sun": "does not answer",
    }


def test_people_get_a_plain_page_and_a_time_to_try_again(client, no_database):
    client.raise_request_exception = False
    client.cookies["portal_session"] = "the session cannot be looked up"

    response = client.get("/admin/")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert "not available for a moment" in response.text


@pytest.mark.parametrize(
    ("error", "status"),
    [(redis.ConnectionError("gone"), 503), (OperationalError("gone"), 503), (ValueError("a defect"), 500)],
    ids=["Redis is gone", "PostgreSQL is gone", "a defect"],
)
def test_an_outage_is_told_from_a_defect(client, settings, error, status):
    def broken(request):
        raise error

    addresses = ModuleType("addresses")
    addresses.urlpatterns = [*urlpatterns, path("broken/", broken)]
    addresses.handler500 = server_error
    settings.ROOT_URLCONF = addresses
    client.raise_request_exception = False

    response = client.get("/broken/")

    assert (response.status_code, "Retry-After" in response.headers) == (status, status == 503)


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused_with_a_plain_page(client):
    client.raise_request_exception = False

    response = client.get("/accounts/login/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "We could not read that request" in response.text
    assert "evil" not in response.text


def test_pages_stay_out_of_caches_and_use_no_sensors(client, db):
    response = client.get("/admin/login/")

    assert response.headers["Cache-Control"].count("no-") >= 1
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
