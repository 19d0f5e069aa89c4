"""`manage.py up`: everything of one machine, from engines to web server, under one supervisor."""

import fcntl
import hashlib
import http.client
import json
import os
import shutil
import socket
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from supportportal import demo, engines
from supportportal.supervisor import Child, Supervisor, portal_children

LOOPBACK, LAST_PORT = "127.0.0.1", 65_535
SECONDS_TO_READY = 60


class Command(BaseCommand):
    help = "Run the portal on this machine: engines, migrations, demo data, web, workers and beat. Ctrl-C ends it all."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="where to listen (8000)")
        parser.add_argument("--fresh", action="store_true", help="forget the data of this folder and start over")

    def handle(self, *args: Any, port: int, fresh: bool, **options: Any) -> None:
        var = settings.VAR_DIR
        var.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(only_one(var / "up.lock"))
            children = portal_children(var, f"{LOOPBACK}:{port}")
            self.clear(children, fresh=fresh)
            require_free(port)
            with self.step(f"PostgreSQL and Redis in {engines.home(var)}"):
                stack.enter_context(engines.in_use(var, settings.EMBEDDED_ENGINES))
            self.prepare()
            address = f"http://{LOOPBACK}:{port}"
            environment = os.environ | {"PORTAL_URL": address, "PYTHONUNBUFFERED": "1"}
            supervisor = Supervisor(children, environment, care=self.keep_engines)
            supervisor.run(when_started=lambda: self.welcome(port, address, supervisor.stopping))
            self.stdout.write("Stopping PostgreSQL and Redis.")
        self.stdout.write("Everything is stopped. The data is kept for the next start.")

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Say what is going on and how long it took."""
        self.stdout.write(f"{words} ...", ending=" ")
        self.stdout.flush()
        begun = time.monotonic()
        yield
        self.stdout.write(f"{time.monotonic() - begun:.1f} s")

    def clear(self, children: list[Child], *, fresh: bool) -> None:
        for child in children:
            if child.end_leftover():
                self.stdout.write(f"Ended a {child.name} process that a killed start had left behind.")
        if not fresh:
            return
        if settings.EMBEDDED_ENGINES != engines.EVERY_ENGINE:
            raise CommandError("--fresh deletes embedded engines only; DATABASE_URL or REDIS_URL names another one.")
        var, files = settings.VAR_DIR.resolve(), settings.MEDIA_ROOT.resolve()
        if var not in files.parents:
            raise CommandError(f"--fresh deletes nothing outside {var}; {files} is not in it (PORTAL_FILES).")
        with self.step("Forgetting the old data"):
            engines.erase(var)
            for folder in (files, var / "mail"):
                if folder.exists():
                    shutil.rmtree(folder)

    def prepare(self) -> None:
        """Bring database, static files and demo data up to date; each is skipped when nothing changed."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            with self.step("Database tables"):
                call_command("migrate", interactive=False, verbosity=0)
        with self.step("Static files"):
            gather_static()
        if not demo.is_loaded():
            self.stdout.write("Demo data ...")
            call_command("load_demo", stdout=self.stdout)
        connection.close()

    def keep_engines(self) -> None:
        try:
            engines.keep(settings.VAR_DIR, settings.EMBEDDED_ENGINES)
        except engines.EngineError as error:
            self.stderr.write(str(error))

    def welcome(self, port: int, address: str, stopping: Event) -> None:
        self.stdout.write("Web server, workers and beat are starting.")
        self.stdout.flush()
        wait_until_ready(port, stopping)
        if stopping.is_set():
            return
        self.stdout.write(f"\nThe portal is at {address}\n")
        for login in demo.logins():
            self.stdout.write(f"  {login.role:<22} {login.email:<38} {login.password}")
            self.stdout.write(f"  {'':<22} {login.try_first}")
        self.stdout.write("\nCtrl-C stops everything.\n")
        self.stdout.flush()


def port_number(text: str) -> int:
    """Raises ArgumentTypeError, which argparse shows."""
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT:
        raise ArgumentTypeError(f"{text} is no port; choose one from 1 to {LAST_PORT}.")
    return int(text)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """One supervisor per `var` folder; the kernel frees the lock of a killed one."""
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(f"The portal already runs from this folder (process {lock.read()}).") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def require_free(port: int) -> None:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((LOOPBACK, port))
        except OSError as error:
            other = f"bin/demo --port {port + 1 if port < LAST_PORT else 8000}"
            raise CommandError(f"Port {port} cannot be used ({error.strerror}). Choose another: {other}") from None


def gather_static() -> bool:
    """Lay out what browsers load, unless what is there is still right; whether it was done."""
    stamp = settings.STATIC_ROOT / ".stamp"
    digest = static_digest()
    if stamp.exists() and stamp.read_text() == digest:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest)
    return True


def static_digest() -> str:
    """Changes with any static file of any app, and with how they are stored."""
    digest = hashlib.sha256(json.dumps(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def wait_until_ready(port: int, stopping: Event) -> None:
    """Return when `/readyz` says so or `stopping` is set; after a minute say what is missing and return as well."""
    deadline = time.monotonic() + SECONDS_TO_READY
    answer = "it does not listen yet"
    while time.monotonic() < deadline:
        try:
            status, answer = ask(port, "/readyz")
        except OSError:
            status = 0
        if status == http.client.OK or stopping.wait(0.1):
            return
    print(f"Not ready after {SECONDS_TO_READY} s: {answer}", file=sys.stderr)


def ask(port: int, path: str) -> tuple[int, str]:
    door = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        door.request("GET", path)
        response = door.getresponse()
        return response.status, response.read().decode()
    finally:
        door.close()
