"""Test databases: one migrated template per state of the migrations, and a quick copy of it per process.

All of it is done under one lock in PostgreSQL, so parallel processes may ask at once.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = 7_305_113
TEMPLATE_PREFIX = "test_template_"


def make_copy(connection: BaseDatabaseWrapper) -> None:
    """Point `connection` at a fresh copy of the migrated template."""
    connection.close()
    with _maintenance(connection) as cursor:
        template = TEMPLATE_PREFIX + _migrations_digest()
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATE_PREFIX])
        present = {name for (name,) in cursor.fetchall()}
        if template not in present:
            for outdated in present:
                cursor.execute(f'DROP DATABASE "{outdated}" WITH (FORCE)')
            _build(connection, cursor, template)
        copy = _copy_name()
        cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}"')
    _use(connection, copy)


def drop_copy(connection: BaseDatabaseWrapper) -> None:
    connection.close()
    with _maintenance(connection) as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{_copy_name()}" WITH (FORCE)')


def _build(connection: BaseDatabaseWrapper, cursor, template: str) -> None:
    """Migrate beside and rename, so that an interrupted build is never taken for a template."""
    draft = f"{template}_draft"
    cursor.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{draft}"')
    _use(connection, draft)
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{template}"')


def _use(connection: BaseDatabaseWrapper, name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


@contextmanager
def _maintenance(connection: BaseDatabaseWrapper) -> Iterator:
    """A cursor on the server's own database, alone among the test processes."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield cursor


def _copy_name() -> str:
    return f"test_portal_{settings.WORKER}"


def _migrations_digest() -> str:
    """Changes with any migration of any installed app, and with Django."""
    digest = hashlib.sha256(django.__version__.encode())
    for app in apps.get_app_configs():
        for path in sorted((Path(app.path) / "migrations").glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]
