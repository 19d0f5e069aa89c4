"""What every test stands on: running engines, a migrated database of its own and empty Redis."""

import os
from contextlib import ExitStack

import freezegun.api
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from hypothesis import settings as hypothesis_settings

from supportportal import engines
from tests import databases

pytest_plugins = ["tests.clause_report", "tests.chromium", "tests.cast", "tests.mail_server"]

# Playwright keeps an event loop in the thread of the test; the ORM is called there from plain functions only.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# No test is timed: a busy machine is no defect.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")

COMMITTING_FIXTURES = {"transactional_db", "django_db_reset_sequences", "live_server"}

# Freezegun's stand-in for a moment forgets `fold`, and calendars made in frozen time outlive the test that froze it.
_without_fold = freezegun.api.datetime_to_fakedatetime
freezegun.api.datetime_to_fakedatetime = lambda moment: _without_fold(moment).replace(fold=moment.fold)


def pytest_configure(config: pytest.Config) -> None:
    """Start the private engines once, before any parallel worker; they stop with the session."""
    if hasattr(config, "workerinput"):
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None):
    """Replace the database after a test that committed, once it is emptied: that loses what migrations put there."""
    yield
    mark = item.get_closest_marker("django_db")
    committed = (mark and mark.kwargs.get("transaction")) or COMMITTING_FIXTURES & set(item.fixturenames)
    if committed and nextitem:
        with item.funcargs["django_db_blocker"].unblock():
            databases.make_copy(connection)


@pytest.fixture(autouse=True)
def empty_redis():
    """No throttle or cached answer of one test reaches the next."""
    cache.clear()


@pytest.fixture
def portal(live_server, settings) -> str:
    """The address of the portal, served to a browser from the test's own database."""
    settings.PORTAL_URL = live_server.url
    return live_server.url
