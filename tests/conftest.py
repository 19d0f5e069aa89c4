"""What every test stands on: running engines, a migrated database of its own, empty Redis."""

from contextlib import ExitStack

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from supportportal import engines
from tests import databases

pytest_plugins = ["tests.clause_report", "tests.cast"]


def is_parallel_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Start the private engines once, before any parallel worker; they stop with the session."""
    if is_parallel_worker(config):
        return
    stack = ExitStack()
    stack.enter_context(engines.in_use(settings.VAR_DIR, settings.EMBEDDED_ENGINES, durable=False))
    config.add_cleanup(stack.close)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Give this process a copy of the migrated template database; migrate only when migrations changed."""
    with django_db_blocker.unblock():
        databases.make_copy(connection)
    yield
    with django_db_blocker.unblock():
        databases.drop_copy(connection)


TRANSACTIONAL_FIXTURES = {"transactional_db", "django_db_reset_sequences", "live_server", "portal"}


@pytest.fixture(autouse=True)
def untouched_seed(request, django_db_blocker):
    """Replace the database after a test that committed: emptying it would lose what migrations put there."""
    yield
    mark = request.node.get_closest_marker("django_db")
    committed = (mark and mark.kwargs.get("transaction")) or TRANSACTIONAL_FIXTURES & set(request.fixturenames)
    if committed:
        with django_db_blocker.unblock():
            databases.make_copy(connection)


@pytest.fixture(autouse=True)
def empty_redis():
    """No throttle or cached page of one test reaches the next."""
    cache.clear()
