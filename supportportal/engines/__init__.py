"""Private PostgreSQL and Redis servers for a machine that has none: demo, development and tests.

The binaries come from two wheels (the `embedded` extra). This package keeps their data under `var/`, reaches
them only through unix sockets in a private folder, and starts and stops them. Production names its own
servers in `DATABASE_URL` and `REDIS_URL` and never comes here.

The addresses are computed from `var` alone, so that reading the settings starts nothing. Whoever needs the
engines wraps its work in `in_use`: the first one in starts them, the last one out stops them, and engines
that outlived a killed process are simply taken over.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

from supportportal.engines.places import Place
from supportportal.engines.servers import DATABASE, SERVERS, USER, EngineError

__all__ = [
    "EngineError",
    "broker_url",
    "cache_url",
    "erase",
    "home",
    "in_use",
    "keep",
    "local_secret",
    "postgres_settings",
    "redis_url",
    "running",
    "start",
    "stop",
]

EVERY_ENGINE = frozenset(SERVERS)


def local_secret(var: Path) -> str:
    """The secret key of a local machine: made once, kept in `var`, readable by its owner only."""
    path = var / "secret_key"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        draft = var / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)  # of two first starters at once, one wins and both read the same key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def postgres_settings(var: Path) -> dict[str, Any]:
    """Django's DATABASES entry for the embedded PostgreSQL of `var`."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": USER,
        "HOST": str(Place(var).sockets),
    }


def redis_url(var: Path) -> str:
    """The address of the embedded Redis of `var`, in the form of `REDIS_URL`."""
    return f"unix://{Place(var).redis_socket}?db=0"


def cache_url(url: str) -> str:
    """`REDIS_URL` as Django's cache wants it: unchanged."""
    return url


def broker_url(url: str) -> str:
    """`REDIS_URL` as Celery wants it, which names a unix socket in its own way."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"


@contextmanager
def in_use(var: Path, engines: Collection[str] = EVERY_ENGINE, *, durable: bool = True) -> Iterator[None]:
    """Keep `engines` of `var` running inside the block; the last user out stops them.

    `durable=False` is for data that may be lost with the machine's power, as in tests. Raises EngineError.
    """
    if not engines:
        yield
        return
    var.mkdir(parents=True, exist_ok=True)
    with (var / "engines.users").open("a") as users:
        try:
            with _alone(var):
                fcntl.flock(users, fcntl.LOCK_SH)
                start(var, engines, durable=durable)
            yield
        finally:
            with _alone(var):
                if _is_last_out(users):
                    stop(var)


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    """One process at a time starts or stops engines; the kernel frees the lock of a killed one."""
    with (var / "engines.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last_out(users: IO[str]) -> bool:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def keep(var: Path, engines: Collection[str] = EVERY_ENGINE) -> None:
    """Start again what died while in use. Raises EngineError."""
    with _alone(var):
        start(var, engines)


def start(var: Path, engines: Collection[str] = EVERY_ENGINE, *, durable: bool = True) -> None:
    """Start what is not running yet and return when it answers. Raises EngineError."""
    place = Place(var)
    place.prepare()
    for name in engines:
        if not SERVERS[name].answers(place):
            SERVERS[name].start(place, durable=durable)


def stop(var: Path) -> None:
    """Stop what runs, after it has finished its writes. Stopping twice does no harm. Raises EngineError."""
    for server in SERVERS.values():
        server.stop(Place(var))


def running(var: Path) -> frozenset[str]:
    """The names of the engines of `var` that answer now."""
    return frozenset(name for name, server in SERVERS.items() if server.answers(Place(var)))


def home(var: Path) -> Path:
    """Where the engines of `var` keep their data."""
    return Place(var).home


def erase(var: Path) -> None:
    """Stop the engines and delete all their data."""
    stop(var)
    for folder in (Place(var).home, Place(var).sockets):
        if folder.exists():
            shutil.rmtree(folder)
