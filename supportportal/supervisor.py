"""Runs the web server, the workers and beat of one machine, and ends every one of them with itself.

Each child leads a process group of its own, so that Ctrl-C reaches only us and a child goes together with the processes
it forked. Its pid file lets the next supervisor end what a killed one left behind.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from supportportal import processes

SECONDS_TO_STOP = 10
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
SECONDS_UNTIL_TRUSTED = 60  # a child that ran this long starts over with the first pause
SECONDS_BETWEEN_CARE = 5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Child:
    """One program that is to run for as long as the supervisor does. Its arguments must hold its pid file."""

    name: str
    command: Sequence[str]
    pid_file: Path
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause: float = field(default=FIRST_PAUSE)

    def start(self, environment: Mapping[str, str], write: Callable[[str, str], None]) -> None:
        processes.forget_stale(self.pid_file, marker=str(self.pid_file))
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(environment),
            start_new_session=True,
        )
        self.started_at = time.monotonic()
        threading.Thread(target=self._pass_on, args=(self.process, write), daemon=True).start()

    def _pass_on(self, process: subprocess.Popen[str], write: Callable[[str, str], None]) -> None:
        assert process.stdout is not None
        for line in filter(str.strip, process.stdout):
            write(self.name, line.rstrip())

    def plan_restart(self) -> float:
        """After its death: decide when to start again, and return the pause in seconds."""
        if time.monotonic() - self.started_at > SECONDS_UNTIL_TRUSTED:
            self.pause = FIRST_PAUSE
        pause, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        self.start_again_at = time.monotonic() + pause
        return pause

    def end_leftover(self) -> bool:
        """End what a killed supervisor left running; whether there was something."""
        pid = processes.living(self.pid_file, marker=str(self.pid_file))
        if pid is None:
            return False
        processes.end(pid, signal.SIGTERM, marker=str(self.pid_file), seconds=SECONDS_TO_STOP)
        kill_group(pid)
        return True


class Supervisor:
    """Keeps children running until told to stop. `care` is called every few seconds, for what they stand on."""

    def __init__(
        self, children: Sequence[Child], environment: Mapping[str, str], care: Callable[[], None] = lambda: None
    ) -> None:
        self.children = children
        self.environment = environment
        self.care = care
        self.stopping = threading.Event()
        self.width = max(len(child.name) for child in children)
        self.writing = threading.Lock()

    def write(self, name: str, line: str) -> None:
        """One log for all: each line behind the name of whoever wrote it."""
        with self.writing:
            print(f"{name:<{self.width}} | {line}", flush=True)

    def run(self, when_started: Callable[[], None]) -> None:
        """Start everything and watch until a stop signal comes. Always ends every child.

        `when_started` is called beside that, so it may wait for something; it ends when `stopping` is set.
        """
        before = {number: signal.signal(number, lambda *_: self.stopping.set()) for number in STOP_SIGNALS}
        try:
            for child in self.children:
                child.start(self.environment, self.write)
            threading.Thread(target=when_started, daemon=True).start()
            care_at = time.monotonic()
            while not self.stopping.wait(0.2):
                self.revive()
                if time.monotonic() >= care_at:
                    self.care()
                    care_at = time.monotonic() + SECONDS_BETWEEN_CARE
        finally:
            self.end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def revive(self) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                kill_group(child.process.pid)
                pause = child.plan_restart()
                self.write(child.name, f"ended with status {child.process.returncode}; starts again in {pause:.0f} s")
                child.process = None
            elif child.process is None and time.monotonic() >= child.start_again_at:
                child.start(self.environment, self.write)

    def end_all(self) -> None:
        """Ask every child to finish what it does, and kill what is left after ten seconds."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + SECONDS_TO_STOP
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.write("stop", f"process {process.pid} did not finish in {SECONDS_TO_STOP} s and is killed")
            kill_group(process.pid)
            process.wait()
        for child in self.children:
            child.pid_file.unlink(missing_ok=True)


def kill_group(leader: int) -> None:
    """Kill what is left of a process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def portal_children(folder: Path, address: str) -> list[Child]:
    """Everything that runs, with pid files in `folder`: the web server on `address` ("127.0.0.1:8000"), a worker for
    mail and the rest, one that only sweeps, one by which cases change hands, and beat."""
    celery = [sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery", "-q", "-A", "supportportal"]
    lone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    web = [sys.executable, "-m", "gunicorn", "--bind", address, "--preload"]
    web += ["--log-level", "warning", "--graceful-timeout", "5"]

    def child(name: str, command: list[str], pid_option: str = "--pidfile") -> Child:
        pid_file = folder / f"{name}.pid"
        return Child(name, [*command, pid_option, str(pid_file)], pid_file)

    def worker(name: str, queues: str, concurrency: int) -> Child:
        own = ["--hostname", f"{name}@%h", "--queues", queues, "--concurrency", str(concurrency)]
        return child(name, [*celery, "worker", *lone, *own])

    return [
        child("web", web, "--pid"),
        worker("worker", "mail,celery", 2),
        worker("sweeper", "sweep", 1),
        worker("relay", "relay", 1),
        child("beat", [*celery, "beat"]),
    ]
