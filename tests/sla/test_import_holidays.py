"""`manage.py import_holidays`: look first, then pin, and move running clocks only when an administrator says so."""

import holidays
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from freezegun import freeze_time

from accounts.models import Holiday
from cases.enums import Severity
from tests.cast import DAY, NOON

TOMORROW = (NOON + DAY).date()


@pytest.fixture
def running(open_case, monkeypatch):
    """A case that is due tomorrow, and a package that by now calls tomorrow a holiday."""
    case = open_case(severity=Severity.THREE, at=NOON)
    rows = Holiday.objects.filter(country="GB", subdivision="SCT", on__year=2026, source=Holiday.Source.LIBRARY)
    told = dict(rows.values_list("on", "name")) | {TOMORROW: "Day of Rest"}
    monkeypatch.setattr(holidays, "country_holidays", lambda *_, **__: told)
    with freeze_time(NOON):
        yield case


def command(*given: str) -> None:
    call_command("import_holidays", "gb", "2026", "--subdivision", "sct", *given)


@pytest.mark.clause("C-COV-02", "C-DOC-04")
def test_a_look_names_the_days_and_the_clocks_and_changes_nothing(running, capsys):
    command()

    printed = capsys.readouterr().out
    assert "  + 2026-03-05 Day of Rest" in printed
    assert f"  case {running.number}: " in printed
    assert "1 days differ; 1 running clocks would move." in printed
    assert not Holiday.objects.filter(on=TOMORROW).exists()


def test_a_day_that_is_closed_by_hand_already_is_told_as_kept(running, capsys):
    Holiday.objects.create(country="GB", subdivision="SCT", on=TOMORROW, name="Day of Rest")

    command()

    printed = capsys.readouterr().out
    assert "  = 2026-03-05 Day of Rest: kept, closed by hand\n" in printed
    assert "0 days differ" in printed


@pytest.mark.clause("C-DOC-04")
def test_pinning_moves_no_running_clock(running):
    due_at = running.clock.due_at

    command("--apply")

    running.clock.refresh_from_db()
    assert Holiday.objects.filter(on=TOMORROW, name="Day of Rest").exists()
    assert running.clock.due_at == due_at


@pytest.mark.clause("C-DOC-04")
def test_an_administrator_lets_running_clocks_move(running, administrator, capsys):
    due_at = running.clock.due_at

    command("--apply", "--count-anew", administrator.email)

    running.clock.refresh_from_db()
    assert running.clock.due_at == due_at + DAY
    assert "Counted anew: 1 cases." in capsys.readouterr().out


@pytest.mark.parametrize(
    "given", [["--count-anew", "nobody@example.com"], ["--apply", "--count-anew", "nobody@example.com"]]
)
def test_nobody_else_moves_clocks(running, given):
    with pytest.raises(CommandError):
        command(*given)

    assert not Holiday.objects.filter(on=TOMORROW).exists()


def test_an_unknown_country_is_refused(db):
    with pytest.raises(CommandError, match="is not a country"):
        call_command("import_holidays", "XX", "2026")
