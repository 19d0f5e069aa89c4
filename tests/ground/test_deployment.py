"""What a deployment is told about the portal, held against the portal itself."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from supportportal.celery import app as celery
from supportportal.supervisor import portal_children

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = (ROOT / "supportportal" / "settings.py").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PORTAL_SERVICES = ["migrate", "web", "worker", "sweeper", "beat"]


def variables_of_settings() -> set[str]:
    read = set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', SETTINGS))
    assert {"SECRET_KEY", "DATABASE_URL", "PORTAL_ENV"} <= read, "the pattern no longer finds what settings read"
    return read


def variables_of_example() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_the_example_names_exactly_what_settings_and_compose_read():
    of_compose = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))

    assert variables_of_example() == variables_of_settings() | of_compose


@pytest.mark.parametrize("service", PORTAL_SERVICES)
def test_a_service_is_given_all_that_production_demands(service):
    demanded = re.search(r"DEMANDED_IN_PRODUCTION = \(([^)]*)\)", SETTINGS)

    assert set(re.findall(r'"(\w+)"', demanded[1])) <= COMPOSE["services"][service]["environment"].keys()


def test_services_can_be_scaled():
    for name in ("web", "worker", "sweeper"):
        service = COMPOSE["services"][name]
        assert "container_name" not in service
        assert all(re.fullmatch(r"127\.0\.0\.1:\d+-\d+:8000", port) for port in service.get("ports", []))


def queues_of(command: list[str]) -> set[str]:
    return set(command[command.index("--queues") + 1].split(",")) if "--queues" in command else set()


@pytest.mark.parametrize(
    "commands",
    [
        [COMPOSE["services"][name]["command"] for name in ("worker", "sweeper")],
        [child.command for child in portal_children(ROOT, "127.0.0.1:8000")],
    ],
    ids=["compose", "supervisor"],
)
def test_somebody_takes_every_hint_and_whoever_sweeps_does_nothing_else(commands):
    taken = [queues for command in commands if (queues := queues_of(command))]
    ticks = {tick["task"] for tick in settings.CELERY_BEAT_SCHEDULE.values()}
    used = {celery.amqp.router.route({}, task)["queue"].name for task in ticks}

    assert settings.CELERY_TASK_ROUTES.keys() <= ticks
    assert used == set().union(*taken)
    assert {"sweep"} in taken
    assert celery.amqp.router.route({}, "sla.tasks.sweep")["queue"].name == "sweep"
    assert len([queues for queues in taken if "sweep" in queues]) == 1


def test_every_lasting_service_has_a_health_check():
    image_has_one = "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    without = [
        name
        for name, service in COMPOSE["services"].items()
        if name != "migrate" and "healthcheck" not in service and not (image_has_one and "build" in service)
    ]

    assert without == []


def test_the_image_runs_as_an_ordinary_user():
    users = re.findall(r"^USER (\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert users == ["portal"]


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("production", []), ("demo", ["embedded"]), ("development", ["embedded", "dev"])],
)
def test_the_lock_agrees_with_the_project(lock, extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + [pin for extra in extras for pin in project["optional-dependencies"][extra]]
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    locked = set(re.findall(r"^([\w.-]+==[\w.]+)", text, re.MULTILINE))

    assert {re.sub(r"\[.*\]", "", pin) for pin in asked} - locked == set()


@pytest.mark.parametrize("lock", ["production", "demo", "development"])
def test_the_lock_has_a_hash_for_everything_and_no_address(lock):
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]

    assert all("--hash=sha256:" in entry for entry in entries)
    assert re.findall(r"https?://|file:|--index|--find-links", text) == []


def test_production_and_tests_run_the_same_versions():
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (ROOT / "requirements" / f"{lock}.txt").read_text(), re.MULTILINE))

    assert pins("production") <= pins("demo") <= pins("development")
