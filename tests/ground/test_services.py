"""The services of docker-compose.yml, each by its own command, in production, on the engines of the tests."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import pytest
import yaml
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OF_THE_IMAGE = json.loads(re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1])
GIVEN = {
    "SECRET_KEY": "a-secret-of-fifty-and-more-characters-that-nobody-else-has-0123456789",
    "ALLOWED_HOSTS": "support.example.com",
    "PORTAL_URL": "https://support.example.com",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "DEFAULT_FROM_EMAIL": "Support <support@example.com>",
    "SUPPORT_PHONE": "+44 1224 555 000",
    "POSTGRES_PASSWORD": "secret",
}
SECONDS_TO_READY = 90


def filled_in(text: str) -> str:
    """What Compose makes of `${NAME:-default}` and `${NAME:?complaint}`."""
    return re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda found: GIVEN.get(found[1], found[2]), text)


class Deployment:
    """The services on the test's own database and Redis."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.door = var / "web.sock"
        database = connection.settings_dict
        where = {name.lower(): database[name] for name in ("HOST", "PORT", "USER", "PASSWORD") if database[name]}
        self.differs = {
            "DATABASE_URL": f"postgres:///{database['NAME']}?{urlencode(where)}",
            "REDIS_URL": settings.REDIS_URL,
            "PORTAL_VAR": str(var),
            # What this machine is warned of (no static files, Celery as root) does not concern the image.
            "PYTHONWARNINGS": "ignore",
        }

    def start(self, service: str) -> subprocess.Popen[str]:
        """Run the service as Compose does, but for where it listens, keeps its files and finds its engines."""
        command = SERVICES[service].get("command", OF_THE_IMAGE)
        moved = {"0.0.0.0:8000": f"unix:{self.door}", "/tmp/beat-schedule": str(self.var / "beat-schedule")}
        environment = {name: filled_in(value) for name, value in SERVICES[service]["environment"].items()}
        surroundings = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PORTAL_ENV": "production"}
        return subprocess.Popen(
            [moved.get(word, word) for word in command],
            cwd=ROOT,
            env=surroundings | environment | self.differs,
            stdout=(self.var / f"{service}.log").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )

    def said(self, service: str) -> str:
        return (self.var / f"{service}.log").read_text()

    def ask(self, path: str) -> tuple[int, str]:
        """What the web service answers, by its socket."""
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.door))
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def wait_until_ready(self) -> None:
        deadline, answer = time.monotonic() + SECONDS_TO_READY, (0, "")
        while answer[0] != http.client.OK:
            assert time.monotonic() < deadline, f"not ready: {answer}\n" + "\n".join(map(self.said, LASTING))
            time.sleep(0.1)
            try:
                answer = self.ask("/readyz")
            except OSError:
                continue


LASTING = [name for name, service in SERVICES.items() if "build" in service and service["restart"] != "no"]


@pytest.fixture
def deployment(transactional_db) -> Iterator[Deployment]:
    with TemporaryDirectory(prefix="services-") as var:  # short, for the socket in it
        yield Deployment(Path(var))


def test_every_service_starts_by_its_command_and_together_they_keep_promises(deployment):
    migrate = deployment.start("migrate")
    assert migrate.wait(timeout=SECONDS_TO_READY) == 0, deployment.said("migrate")

    running = {service: deployment.start(service) for service in LASTING}
    try:
        deployment.wait_until_ready()
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        endings = {service: process.wait(timeout=40) for service, process in running.items()}

    assert endings == dict.fromkeys(LASTING, 0)
    lines = [json.loads(line) for line in deployment.said("web").splitlines()]
    assert any(line["logger"] == "gunicorn.error" and "Starting gunicorn" in line["message"] for line in lines)
