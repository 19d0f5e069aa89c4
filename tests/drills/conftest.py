"""The drills' own portal, in place of the engines that other tests share.

Fixtures that make people and cases ask for `db`; here that is a fresh database of the drills' own PostgreSQL.
"""

import os
import socket
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from supportportal import engines
from tests import databases
from tests.drills.house import House, open_house


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`bin/drills` names the rounds of every drill; without, one round of a few stands for all."""
    drills = getattr(metafunc.module, "DRILLS", {})
    if "drill" in metafunc.fixturenames:
        rounds = int(os.environ.get("PORTAL_DRILLS", "0"))
        cases = [(name, one) for name in drills for one in range(rounds)] or [("all at once", 0)]
        metafunc.parametrize("drill", [name for name, _ in cases], ids=[f"{name}-{one}" for name, one in cases])


@pytest.fixture(scope="module")
def engines_apart(django_test_environment, django_db_blocker) -> Iterator[House]:
    """A house whose PostgreSQL this process talks to meanwhile."""
    var = settings.VAR_DIR / f"drills-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    theirs, name = dict(connection.settings_dict), settings.DATABASES["default"]["NAME"]
    with open_house(var, f"127.0.0.1:{_free_port()}") as house, django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(engines.postgres_settings(var))
        try:
            yield house
        finally:
            connection.close()
            connection.settings_dict.update(theirs)
            settings.DATABASES["default"]["NAME"] = name


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.fixture
def house(engines_apart) -> Iterator[House]:
    """An empty house: a fresh database, an empty Redis, nothing running."""
    databases.make_copy(connection)
    engines_apart.empty_redis()
    yield engines_apart
    engines_apart.close()
    databases.drop_copy(connection)


@pytest.fixture
def db(house) -> None:
    """What people and cases are made in."""
