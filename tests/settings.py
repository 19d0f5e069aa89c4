"""The portal's settings under test: a `var` folder of its own, and what differs per parallel worker."""

import os
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("PORTAL_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test"))

from supportportal import engines
from supportportal.settings import *  # noqa: F403
from supportportal.settings import CACHES, DATABASES, INSTALLED_APPS, REDIS_URL, STORAGES, VAR_DIR

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def redis_of_this_worker(url: str) -> str:
    """Parallel workers must not see each other's keys, and each may empty its own."""
    number = 1 + int(WORKER.removeprefix("gw"))
    address = url.partition("?")[0]
    return (
        f"{address}?db={number}"
        if address.startswith("unix:")
        else urlsplit(address)._replace(path=f"/{number}").geturl()
    )


REDIS_URL = redis_of_this_worker(REDIS_URL)
CACHES["default"]["LOCATION"] = engines.cache_url(REDIS_URL)
CELERY_BROKER_URL = engines.broker_url(REDIS_URL)

MEDIA_ROOT = VAR_DIR / "files" / WORKER
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# For a process that a test starts: the test's own copy of the database, and where its death may be ordered.
if copy := os.environ.get("PORTAL_TEST_DATABASE"):
    DATABASES["default"]["NAME"] = copy
if order := os.environ.get("PORTAL_CRASH_ORDER"):
    CRASH_ORDER = Path(order)
    INSTALLED_APPS = [*INSTALLED_APPS, "tests.drills.crash.CrashPoints"]
