"""Redis dies: mail and hints are late, nothing is lost, and nobody is kept from working."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import addresses
from supportportal import engines
from supportportal.caches import SteadyClient
from supportportal.health import redis_problem

PASSWORD = "correct horse battery"
LOGIN = reverse("account_login")


class OwnRedis:
    """A Redis that a test may kill."""

    def __init__(self) -> None:
        self.var = settings.VAR_DIR / f"redis-{settings.WORKER}"
        self.url = engines.redis_url(self.var)
        self.start()

    def start(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        engines.start(self.var, {"redis"})

    def stop(self) -> None:
        engines.stop(self.var)


@pytest.fixture
def own_redis(settings, monkeypatch) -> Iterator[OwnRedis]:
    """Cache and broker on a Redis of the test's own, forgotten with everything that was remembered of it."""
    own = OwnRedis()
    monkeypatch.setattr(SteadyClient, "ask_again_at", 0.0)
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": own.url}}
    yield own
    cache._cache._memory.clear()
    engines.erase(own.var)


def sign_in(client: Client, email: str, password: str = PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def test_people_sign_in_while_redis_is_dead(client, own_redis, technical_contact):
    addresses.mark_verified(technical_contact)
    own_redis.stop()

    response = sign_in(client, technical_contact.email)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get(reverse("preferences")).status_code == 200


def test_attempts_are_limited_while_redis_is_dead(client, own_redis, technical_contact):
    addresses.mark_verified(technical_contact)
    own_redis.stop()
    for _ in range(5):
        sign_in(client, technical_contact.email, "wrong")

    assert "Too many attempts" in sign_in(client, technical_contact.email).text


def test_redis_is_used_again_once_it_is_back(own_redis, monkeypatch):
    cache.set("before", 1)
    own_redis.stop()
    cache.set("meanwhile", 2)
    meanwhile = [cache.get("before"), cache.get("meanwhile")]

    own_redis.start()
    monkeypatch.setattr(SteadyClient, "ask_again_at", 0.0)
    cache.set("after", 3)

    assert meanwhile == [None, 2]
    assert [cache.get("meanwhile"), cache.get("after")] == [None, 3]


def test_a_dead_redis_is_told_once_and_asked_rarely(own_redis, caplog):
    own_redis.stop()

    for number in range(20):
        cache.set("number", number)

    assert [record.message[:24] for record in caplog.records] == ["Redis does not answer (E"]


def test_a_probe_sees_redis_go_and_come_back(own_redis, settings):
    settings.REDIS_URL = own_redis.url
    before = redis_problem()
    own_redis.stop()
    meanwhile = redis_problem()
    own_redis.start()

    assert [before, meanwhile, redis_problem()] == [None, "does not answer", None]
