"""Loading the demo: when it is refused, that it repeats itself, and that it is all or nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.core.management import CommandError, call_command
from django.db import transaction
from freezegun import freeze_time

from accounts.models import Organization
from cases.enums import Status
from cases.models import Case, CaseEvent, Message
from sla.models import CaseClock
from supportportal.demo import playing
from supportportal.demo.backstage import Backstage

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


class Undo(Exception):
    """Ends a transaction whose effects nobody needs any more."""


def load(cases: int, now: datetime = NOW, seed: int = playing.SEED) -> None:
    with freeze_time(now):  # rights are read by the clock
        playing.load(now, cases=cases, seed=seed, say=lambda words: None)


@pytest.mark.django_db
def test_the_same_moment_and_seed_give_the_same_past():
    first = once(seed=3)

    assert len(first) > 100
    assert first == once(seed=3)
    assert first != once(seed=4)


def once(seed: int) -> list[tuple]:
    """What happened in a small demo, without the keys that are drawn anew."""
    try:
        with transaction.atomic():
            load(25, seed=seed)
            facts = CaseEvent.objects.order_by("at", "case__subject", "seq")
            happened = list(facts.values_list("at", "kind", "by__email", "case__subject", "case__organization__name"))
            said = list(Message.objects.order_by("at", "body").values_list("body", flat=True))
            raise Undo
    except Undo:
        return [*happened, *said]


@pytest.mark.django_db
def test_a_portal_in_use_is_not_mixed_with_the_demo(aberdeen):
    with pytest.raises(CommandError, match=r"bin/demo --fresh"):
        call_command("load_demo")


@pytest.mark.django_db
def test_production_has_no_demo(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="not for production"):
        call_command("load_demo")

    assert not Organization.objects.exists()


@pytest.mark.django_db
def test_a_demo_that_fails_leaves_nothing_behind(monkeypatch):
    def fail(*_):
        raise RuntimeError("out of paper")

    monkeypatch.setattr(Backstage, "catch_up", fail)
    before = files()

    with pytest.raises(RuntimeError, match="out of paper"):
        load(5)

    assert not Organization.objects.exists()
    assert files() == before


def files() -> set[Path]:
    return {path for path in Path(portal.MEDIA_ROOT).rglob("*") if path.is_file()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "now",
    [
        pytest.param(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), id="as the clocks change in Europe, a Sunday"),
        pytest.param(datetime(2027, 1, 1, 3, 0, tzinfo=UTC), id="on New Year's Day"),
    ],
)
def test_the_demo_can_be_loaded_on_any_day(now):
    load(45, now=now)

    assert set(Case.objects.values_list("status", flat=True)) >= {Status.RECEIVED, Status.IN_PROGRESS, Status.CLOSED}
    assert CaseClock.objects.filter(due_at__gt=now).exists()
