"""Everything of one machine, as `bin/demo` runs it."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import pytest
from django.conf import settings

from supportportal import engines, processes
from supportportal.supervisor import portal_children

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS_OF_PATIENCE = 120
CUSTOMER = """
from accounts.models import Organization, Region
Organization.objects.create(org_id="1", name="Brindlemere Freight", region=Region.objects.first(), country="NO")
"""


def free_port(var: Path) -> int:
    """One of a hundred that follow from `var`, so that hardly ever two test processes find the same free."""
    first = 21_000 + 100 * (crc32(str(var).encode()) % 100)
    for port in range(first, first + 100):
        with socket.socket() as door, suppress(OSError):
            door.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port from {first} on is free")


class Machine:
    """A `var` folder of its own, and the commands of the portal run with it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.started: list[subprocess.Popen[str]] = []
        self.port = free_port(var)
        self.environment = {"PATH": os.environ["PATH"], "PORTAL_VAR": str(var), "PYTHONUNBUFFERED": "1"}

    def manage(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def forget(self) -> None:
        """Leave nothing of it, running or on disk, whatever a test did to it."""
        for portal in self.started:
            portal.kill()
            portal.wait()
        for child in portal_children(self.var, ""):
            child.end_leftover()
        engines.erase(self.var)
        shutil.rmtree(self.var)

    def up(self) -> subprocess.Popen[str]:
        return self.manage("up", "--port", str(self.port))

    def get(self, path: str) -> http.client.HTTPResponse:
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        door.request("GET", path)
        return door.getresponse()

    def processes(self) -> list[str]:
        pids = [int(entry.name) for entry in processes.PROC.iterdir() if entry.name.isdigit()]
        return [line for line in map(processes.command_line, pids) if str(self.var) in line]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine that already has its tables and one customer, so that no demo is loaded."""
    machine = Machine(settings.VAR_DIR / f"up-{settings.WORKER}")
    if machine.var.exists():  # from a run that was killed
        engines.erase(machine.var)
        shutil.rmtree(machine.var)
    machine.var.mkdir(parents=True)
    with engines.in_use(machine.var, durable=False):
        assert machine.manage("migrate", "--verbosity", "0").wait() == 0
        assert machine.manage("shell", "--no-imports", "-c", CUSTOMER).wait() == 0
    yield machine
    machine.forget()


def say_until(portal: subprocess.Popen[str], words: str) -> str:
    """What it says, up to and with `words`."""
    said = ""
    patience = threading.Timer(SECONDS_OF_PATIENCE, portal.kill)
    patience.start()
    try:
        while words not in said:
            said += portal.stdout.read(1) or pytest.fail(f"it ended without saying {words!r}:\n{said}")
    finally:
        patience.cancel()
    return said


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_leaves_nothing_running(machine, ending):
    portal = machine.up()
    say_until(portal, f"The portal is at http://127.0.0.1:{machine.port}")
    assert machine.get("/readyz").status == 200
    say_until(portal, "Ctrl-C stops everything")
    running = machine.processes()

    portal.send_signal(ending)
    rest = portal.communicate(timeout=40)[0]

    assert len(running) >= 7  # PostgreSQL, Redis, the web server and its two, the workers, beat
    assert portal.returncode == 0, rest
    assert machine.processes() == []


def test_a_killed_one_does_not_hinder_the_next(machine):
    first = machine.up()
    say_until(first, "Ctrl-C stops everything")
    first.kill()
    first.wait()

    second = machine.up()

    said = say_until(second, "Ctrl-C stops everything")
    assert said.count("that a killed start had left behind") == 5  # web, worker, sweeper, relay, beat
    second.send_signal(signal.SIGINT)
    second.communicate(timeout=40)
    assert machine.processes() == []


def test_an_interrupt_while_it_gets_ready_stops_at_once(machine):
    portal = machine.up()
    say_until(portal, "beat are starting.")

    portal.send_signal(signal.SIGINT)
    rest = portal.communicate(timeout=40)[0]

    assert "The portal is at" not in rest
    assert (portal.returncode, rest.splitlines()[-1]) == (
        0,
        "Everything is stopped. The data is kept for the next start.",
    )
    assert machine.processes() == []


@pytest.fixture
def new_machine() -> Iterator[Machine]:
    machine = Machine(settings.VAR_DIR / f"interrupted-{settings.WORKER}")
    yield machine
    machine.forget()


@pytest.mark.parametrize("step", ["PostgreSQL and Redis in", "Database tables"])
def test_an_interrupt_while_it_prepares_leaves_nothing_running_and_no_traceback(new_machine, step):
    portal = new_machine.up()
    say_until(portal, step)

    portal.send_signal(signal.SIGINT)
    rest = portal.communicate(timeout=40)[0]

    assert (portal.returncode, rest.splitlines()[-1]) == (130, "Stopped.")
    assert "Traceback" not in rest
    assert new_machine.processes() == []
