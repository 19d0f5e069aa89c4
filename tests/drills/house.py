"""A whole portal with engines of its own, of which every part may be killed at any moment."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis
from celery import current_app
from django.conf import settings
from django.db import OperationalError, connection

from sla.tasks import sweep
from supportportal import engines, processes
from supportportal.engines.places import Place
from supportportal.supervisor import Child, kill_group, portal_children
from tests.drills.crash import CrashPoint, Order

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds until something that must happen counts as not happening, on a busy machine too


@dataclass
class House:
    """Engines and programs of a portal under `var`, as `manage.py up` runs them; its web server is at `address`."""

    var: Path
    address: str
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return Place(self.var)

    @property
    def order(self) -> Order:
        return Order(self.folder / "crash-order")

    # Programs

    @property
    def children(self) -> dict[str, Child]:
        """The commands of production, and those of a second beat and sweeper beside the first."""
        children = {child.name: child for child in portal_children(self.folder, self.address)}
        for name in ("beat", "sweeper"):
            first, pid_file = children[name], self.folder / f"second-{name}.pid"
            own = {str(first.pid_file): str(pid_file), f"{name}@%h": f"second-{name}@%h"}
            command = [own.get(part, part) for part in first.command]
            children[f"second {name}"] = Child(f"second {name}", command, pid_file)
        for name in ("beat", "second beat"):
            beat = children[name]
            beat.command = [*beat.command, "--schedule", str(beat.pid_file.with_suffix(".schedule"))]
        return children

    @property
    def folder(self) -> Path:
        """For what its programs leave behind; apart from what else runs on the same engines."""
        folder = self.var / "house"
        folder.mkdir(exist_ok=True)
        return folder

    def start(self, name: str) -> subprocess.Popen:
        """Start a program, whatever its last run left behind."""
        child = self.children[name]
        child.pid_file.unlink(missing_ok=True)
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PORTAL_VAR": str(self.var),
            "PORTAL_TEST_DATABASE": connection.settings_dict["NAME"],
            "PORTAL_CRASH_ORDER": str(self.order.file),
            "SECRET_KEY": settings.SECRET_KEY,
        }
        for outside in ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER"):
            environment.pop(outside, None)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                child.command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        return self.running[name]

    def kill(self, name: str) -> None:
        """As the kernel kills: nothing is cleaned up, by nobody."""
        process = self.running.pop(name)
        kill_group(process.pid)
        process.wait()

    def replace(self, name: str) -> None:
        self.kill(name)
        self.start(name)

    def let_die(self, point: CrashPoint, passing: int = 1) -> None:
        """Order a death and wait until somebody died of it."""
        self.order.give(point, passing)
        self.wait_until(lambda: self.order.is_carried_out)

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Meanwhile what ended by itself starts again, as the supervisor lets it."""

        def true_of_the_living() -> bool:
            for name in [name for name, process in self.running.items() if process.poll() is not None]:
                self.replace(name)
            return true()

        wait_until(true_of_the_living)

    def tick(self) -> None:
        """What beat does every second."""
        broker = engines.broker_url(f"unix://{self.place.redis_socket}?db=1")
        with current_app.connection_for_write(broker) as connection:
            sweep.apply_async(connection=connection, queue="sweep")

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.order.file.unlink(missing_ok=True)

    # Engines

    def restart_postgres(self) -> None:
        """Immediate mode: no session ends well, nothing is written down, the next start recovers from the log."""
        self._break_engine("postgres", self.place.postgres_pid, signal.SIGQUIT, str(self.place.data))
        connection.close()

    def restart_redis(self) -> None:
        self._break_engine("redis", self.place.redis_pid, signal.SIGKILL, str(self.place.redis_socket))

    def _break_engine(self, name: str, pid_file: Path, how: signal.Signals, marker: str) -> None:
        pid = processes.living(pid_file, marker=marker)
        assert pid is not None
        assert processes.end(pid, how, marker=marker, seconds=PATIENCE)
        engines.start(self.var, {name})

    def empty_redis(self) -> None:
        with redis.Redis(unix_socket_path=str(self.place.redis_socket)) as client:
            client.flushall()


@contextmanager
def open_house(var: Path, address: str) -> Iterator[House]:
    """Running engines whose commits outlive their own death; the programs are up to the test."""
    with engines.in_use(var):
        house = House(var, address)
        try:
            yield house
        finally:
            house.close()


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """While a database restarts, nothing is true."""
    end = time.monotonic() + seconds
    while not _is(true):
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.05)


def _is(true: Callable[[], bool]) -> bool:
    try:
        return true()
    except OperationalError:
        connection.close()
        return False
