"""What a deployment is told about the portal, held against the portal itself."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from supportportal.celery import app as celery
from supportportal.supervisor import portal_children

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = (ROOT / "supportportal" / "settings.py").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PORTAL_SERVICES = ["migrate", "web", "worker", "sweeper", "relay", "beat"]


def variables_of_settings() -> set[str]:
    read = set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', SETTINGS))
    assert {"SECRET_KEY", "DATABASE_URL", "PORTAL_ENV"} <= read, "the pattern no longer finds what settings read"
    return read


EXAMPLE = re.findall(r"^(#?)([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
OF_COMPOSE = re.findall(r"\$\{([A-Z_]+):([?-])([^}]*)\}", (ROOT / "docker-compose.yml").read_text())


def test_the_example_names_once_what_settings_and_compose_read():
    of_compose = {name for name, _, _ in OF_COMPOSE}

    assert sorted(name for _, name, _ in EXAMPLE) == sorted(variables_of_settings() | of_compose)


def test_the_example_leaves_out_what_compose_has_a_default_for_and_shows_it():
    shown = {name: default for commented, name, default in EXAMPLE if commented}

    assert {name for commented, name, _ in EXAMPLE if not commented} == {n for n, how, _ in OF_COMPOSE if how == "?"}
    assert {name: default for name, how, default in OF_COMPOSE if how == "-"}.items() <= shown.items()


@pytest.mark.parametrize("image", [*re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)])
def test_the_image_stands_on_a_version(image):
    assert re.search(r":\d+\.\d+\.\d+", image)


@pytest.mark.parametrize("service", ["postgres", "redis"])
def test_an_engine_is_of_a_version(service):
    assert re.search(r":\d+\.\d+", COMPOSE["services"][service]["image"])


def test_postgres_is_ready_when_it_takes_connections_from_others():
    """While its cluster is made it listens on its socket only."""
    test = COMPOSE["services"]["postgres"]["healthcheck"]["test"]

    assert test == ["CMD", "pg_isready", "--host", "127.0.0.1", "--username", "portal", "--dbname", "portal"]


def test_redis_makes_room_by_itself():
    command = " ".join(COMPOSE["services"]["redis"]["command"])

    assert "--maxmemory 256mb --maxmemory-policy allkeys-lru" in command


@pytest.mark.parametrize("service", ["web", "worker"])
def test_work_in_progress_may_finish(service):
    """As long as the slowest request or mail may take, and no shorter than what the process itself waits."""
    assert COMPOSE["services"][service]["stop_grace_period"] == "40s"


@pytest.mark.parametrize("service", PORTAL_SERVICES)
def test_a_service_is_given_all_that_production_demands(service):
    demanded = re.search(r"DEMANDED_IN_PRODUCTION = \(([^)]*)\)", SETTINGS)

    assert set(re.findall(r'"(\w+)"', demanded[1])) <= COMPOSE["services"][service]["environment"].keys()


def test_services_can_be_scaled():
    for name in ("web", "worker", "sweeper", "relay"):
        service = COMPOSE["services"][name]
        assert "container_name" not in service
        assert all(re.fullmatch(r"127\.0\.0\.1:\d+-\d+:8000", port) for port in service.get("ports", []))


def queues_of(command: list[str]) -> set[str]:
    return set(command[command.index("--queues") + 1].split(",")) if "--queues" in command else set()


@pytest.mark.parametrize(
    "commands",
    [
        [COMPOSE["services"][name]["command"] for name in ("worker", "sweeper", "relay")],
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


def imports_of(source: Path) -> set[str]:
    """The packages that a module imports by name."""
    nodes = list(ast.walk(ast.parse(source.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names}


def test_everything_imported_is_declared():
    """What another package happens to bring may go with its next version."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {re.split(r"[\[=]", pin)[0] for pin in pyproject["project"]["dependencies"]}
    apps = pyproject["tool"]["importlinter"]["root_packages"]
    imported = {name for app in apps for source in (ROOT / app).rglob("*.py") for name in imports_of(source)}
    foreign = imported - sys.stdlib_module_names - set(apps)
    packages = packages_distributions()

    assert {name for name in foreign if declared.isdisjoint(package.lower() for package in packages[name])} == set()
