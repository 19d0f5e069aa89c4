"""bin/setup: that .venv holds exactly what is locked, shown with a Python that only writes down what it is told."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# Makes a virtual environment of itself; an installation fails while there is a file `broken`.
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo made >>said ;;
    "-m pip install"*) for last; do :; done; echo "$last" >>said; [ ! -e broken ] ;;
esac
"""
DEMO, DEVELOPMENT = "requirements/demo.txt", "requirements/development.txt"


class Checkout:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "requirements"):
            (folder / name).mkdir()
        shutil.copy(ROOT / "bin" / "setup", folder / "bin")
        (folder / "bin" / "python3").write_text(PYTHON)
        (folder / "bin" / "python3").chmod(0o755)
        self.lock("django==5.2.19", "pytest==9.2.0")

    def lock(self, always: str, development: str) -> None:
        entry = "{} \\\n    --hash=sha256:0\n"
        (self.folder / DEMO).write_text(entry.format(always))
        (self.folder / DEVELOPMENT).write_text(entry.format(always) + entry.format(development))

    def setup(self, wanted: str) -> tuple[int, list[str]]:
        """The status, and what was done: an environment made anew, or a lock installed."""
        said = self.folder / "said"
        said.write_text("")
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        ran = subprocess.run([self.folder / "bin" / "setup", wanted], env=environment, capture_output=True, check=False)
        return ran.returncode, said.read_text().split()


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path)


def test_a_second_run_has_nothing_to_do(checkout):
    assert checkout.setup("demo") == (0, ["made", DEMO])
    assert checkout.setup("demo") == (0, [])


def test_development_adds_to_the_demo_and_is_left_alone_by_it(checkout):
    checkout.setup("demo")

    assert checkout.setup("development") == (0, [DEVELOPMENT])
    assert checkout.setup("demo") == (0, [])
    assert checkout.setup("development") == (0, [])


def test_what_is_not_locked_any_more_goes(checkout):
    checkout.setup("development")
    checkout.lock("django==5.2.20", "pytest==9.2.0")

    assert checkout.setup("demo") == (0, ["made", DEMO])


def test_an_installation_that_broke_off_starts_over(checkout):
    checkout.setup("demo")
    (checkout.folder / "broken").touch()
    broken = checkout.setup("development")
    (checkout.folder / "broken").unlink()

    assert broken == (1, [DEVELOPMENT])
    assert checkout.setup("demo") == (0, ["made", DEMO])
