"""The floors of the house."""

from importlinter.cli import lint_imports


def test_imports_go_down_the_floors():
    assert lint_imports(no_cache=True) == 0
