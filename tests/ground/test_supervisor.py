"""One supervisor over everything that runs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from django.core.management import CommandError, call_command

from supportportal import engines, processes
from supportportal.management.commands.up import gather_static, only_one, require_free
from supportportal.supervisor import Child, Supervisor

# Writes its pid file, forks a process as a worker does, and sleeps. Ignores SIGTERM when told to be stubborn.
PROGRAM = """
import os, signal, sys, time
open(sys.argv[1], "w").write(str(os.getpid()))
if "stubborn" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
print("awake", flush=True)
time.sleep(600)
"""

PLAIN_STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture
def child(tmp_path):
    def make(name: str, *arguments: str) -> Child:
        pid_file = tmp_path / f"{name}.pid"
        return Child(name, [sys.executable, "-c", PROGRAM, str(pid_file), *arguments], pid_file)

    return make


def alive(marker: str) -> list[int]:
    pids = (int(entry.name) for entry in processes.PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and marker in processes.command_line(pid)]


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited for 20 s in vain"
        time.sleep(0.02)


def run_until(supervisor: Supervisor, condition) -> None:
    """Run the supervisor and send it what Ctrl-C sends once `condition` holds."""

    def interrupt() -> None:
        try:
            wait_for(condition)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    supervisor.run(when_started=thread.start)
    thread.join()


def test_an_interrupt_ends_every_process_and_its_forks(child, tmp_path, monkeypatch):
    monkeypatch.setattr("supportportal.supervisor.SECONDS_TO_STOP", 1)

    run_until(
        Supervisor([child("gentle"), child("other", "stubborn")], os.environ),
        lambda: len(alive(str(tmp_path))) == 4,
    )

    wait_for(lambda: alive(str(tmp_path)) == [])
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_is_started_again(child, tmp_path, capsys):
    one = child("one")

    def killed_and_back() -> bool:
        pid = processes.living(one.pid_file, marker=str(one.pid_file))
        if pid and "first" not in seen:
            seen["first"] = pid
            os.kill(pid, signal.SIGKILL)
        return bool(pid) and pid != seen["first"]

    seen: dict[str, int] = {}
    run_until(Supervisor([one], os.environ), killed_and_back)

    wait_for(lambda: alive(str(tmp_path)) == [])
    assert "one | ended with status -9; starts again in 1 s" in capsys.readouterr().out


def test_pauses_between_starts_grow_up_to_a_limit(child):
    one = child("one")
    one.started_at = time.monotonic()

    assert [one.plan_restart() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_what_a_killed_supervisor_left_is_ended(child, tmp_path):
    one = child("one")
    subprocess.Popen(one.command, start_new_session=True)
    wait_for(lambda: len(alive(str(tmp_path))) == 2)

    assert one.end_leftover()

    wait_for(lambda: alive(str(tmp_path)) == [])
    assert not one.end_leftover()


def test_a_taken_port_is_told_with_a_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=rf"Port {port} cannot be used .* bin/demo --port {port + 1}"):
            require_free(port)


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999", "http"])
def test_a_port_that_cannot_be_is_told_before_anything_starts(port, monkeypatch):
    monkeypatch.setattr(engines, "in_use", lambda *_: pytest.fail("started engines"))

    with pytest.raises(CommandError, match=rf"argument --port: {port} is no port; choose one from 1 to 65535"):
        call_command("up", "--port", port)


def test_fresh_deletes_nothing_outside_the_folder_of_the_portal(settings, tmp_path, monkeypatch):
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "var", tmp_path / "attachments"
    settings.EMBEDDED_ENGINES = engines.EVERY_ENGINE
    settings.MEDIA_ROOT.mkdir()
    monkeypatch.setattr(engines, "erase", lambda *_: pytest.fail("erased engines"))

    with pytest.raises(CommandError, match=r"--fresh deletes nothing outside .*/var; .*/attachments is not in it"):
        call_command("up", "--fresh")

    assert settings.MEDIA_ROOT.exists()


def test_static_files_are_gathered_again_when_they_were_deleted(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = settings.STORAGES | {"staticfiles": PLAIN_STATIC}
    gather_static()
    made = sorted(path.name for path in settings.STATIC_ROOT.iterdir())
    shutil.rmtree(settings.STATIC_ROOT)

    assert gather_static()

    assert sorted(path.name for path in settings.STATIC_ROOT.iterdir()) == made
    assert not gather_static()


def test_two_supervisors_of_one_folder_are_one_too_many(tmp_path):
    refused = pytest.raises(CommandError, match=rf"already runs from this folder \(process {os.getpid()}\)")

    with only_one(tmp_path / "up.lock"), refused, only_one(tmp_path / "up.lock"):
        pass
