"""The mark `clause("C-SLA-02")`, and the report of how much of the guide the tests have shown.

An unknown clause is an error. The report stands before pytest's last line and counts passing tests only.
"""

from collections.abc import Iterable

import pytest

from entitlements.guide import clauses

PROPERTY = "clause"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        ids = [id for mark in item.iter_markers("clause") for id in mark.args]
        if unknown := sorted(set(ids) - clauses().keys()):
            raise pytest.UsageError(f"{item.nodeid}: the guide has no clause {', '.join(unknown)}")
        item.user_properties += [(PROPERTY, id) for id in ids]  # travels with the report from a parallel worker


def pytest_terminal_summary(terminalreporter) -> None:
    passed = terminalreporter.stats.get("passed", ())
    shown = {id for report in passed for name, id in report.user_properties if name == PROPERTY}
    mute = {clause.id for clause in clauses().values() if clause.nothing_to_show}
    terminalreporter.section("the guide's clauses")
    for title, ids in (
        ("shown", shown),
        ("not yet shown", clauses().keys() - shown - mute),
        ("nothing to show", mute - shown),
    ):
        terminalreporter.write_line(f"{title}: {len(ids)} of {len(clauses())}")
        terminalreporter.write_line(_in_order(ids))


def _in_order(ids: Iterable[str]) -> str:
    """The ids in the guide's order, grouped by subject: "C-SLA 01 02, C-CLS 01"."""
    groups: dict[str, list[str]] = {}
    for id in clauses():
        if id in ids:
            subject, _, number = id.rpartition("-")
            groups.setdefault(subject, []).append(number)
    return "  " + ", ".join(f"{subject} {' '.join(numbers)}" for subject, numbers in groups.items())
