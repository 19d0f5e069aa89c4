"""The floors of the house."""

import subprocess
import sys
from pathlib import Path

LINT = Path(sys.executable).with_name("lint-imports")


def test_imports_go_down_the_floors():
    """In a process of its own: the linter sets up logging, which silences every logger of its process."""
    linted = subprocess.run([LINT, "--no-cache"], capture_output=True, text=True, check=False)

    assert linted.returncode == 0, linted.stdout
