"""The browser of the browser tests: the system's Chromium. Without one they are skipped, and loudly."""

import os
import shutil

import pytest

PATH = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REASON = "there is no `chromium` on this machine: NOTHING WAS TRIED IN A BROWSER"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": PATH, "args": ARGUMENTS}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if PATH or not item.get_closest_marker("browser"):
        return
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(REASON, pytrace=False)
    pytest.skip(REASON)


def pytest_terminal_summary(terminalreporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if REASON in str(report.longrepr)]
    if skipped:
        terminalreporter.section(f"{len(skipped)} BROWSER TESTS SKIPPED", red=True, bold=True)
        terminalreporter.write_line(REASON)
