"""The daily look at coverage: each new gap is told to the managers once."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import letters
from accounts.enums import StaffRole
from accounts.models import User
from sla import sun
from sla.gaps import Gap
from sla.models import CoverageGap, Heartbeat
from sla.words import moment

MOST_TOLD = 20
COVERAGE = "coverage"


@transaction.atomic
def watch(at: datetime) -> list[Gap]:
    """Prove the year from `at` (aware) on, keep its gaps, tell every manager of new ones and return those.

    A gap is new unless it overlaps one that was known. Two looks at once come one after the other.
    """
    last, _ = Heartbeat.objects.select_for_update().get_or_create(name=COVERAGE, defaults={"at": at})
    known = list(CoverageGap.objects.all())
    found = [(gap, _known_since(gap, known)) for gap in sun.prove(at).gaps]
    CoverageGap.objects.all().delete()
    CoverageGap.objects.bulk_create(_row(gap, since or at) for gap, since in found)
    new = [gap for gap, since in found if since is None]
    if new:
        for manager in User.objects.filter(is_active=True, staff__role=StaffRole.SUPPORT_MANAGER):
            _tell(manager, new, at)
    last.at = at
    last.save()
    return new


def _known_since(gap: Gap, known: Sequence[CoverageGap]) -> datetime | None:
    """When a gap that overlaps this one was found first."""
    found = (one.found_at for one in known if one.begins_at < gap.ends and gap.begins < one.ends_at)
    return min(found, default=None)


def _row(gap: Gap, found_at: datetime) -> CoverageGap:
    return CoverageGap(
        begins_at=gap.begins, ends_at=gap.ends, cause=gap.cause, detail=gap.detail[:300], found_at=found_at
    )


def gaps_ahead(reader: User, at: datetime) -> int:
    """How many gaps that are known and not over at `at` (aware) this person is told of: managers are."""
    if reader.staff_role is not StaffRole.SUPPORT_MANAGER:
        return 0
    return CoverageGap.objects.filter(ends_at__gt=at).count()


def _tell(manager: User, gaps: Sequence[Gap], at: datetime) -> None:
    count = "a gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
    lines = [_line(gap, ZoneInfo(manager.zone)) for gap in gaps[:MOST_TOLD]]
    if len(gaps) > MOST_TOLD:
        lines.append(f"... and {len(gaps) - MOST_TOLD} more.")
    body = "\n".join(
        [
            "Nobody holds Severity 1:",
            "",
            *lines,
            "",
            "Who could fill it, and the form that does:",
            settings.PORTAL_URL + reverse("coverage"),
        ]
    )
    letters.write(manager.email, f"Coverage of Severity 1 has {count}", body, at=at)


def _line(gap: Gap, zone: ZoneInfo) -> str:
    return f"{moment(gap.begins, zone)} to {moment(gap.ends, zone)}: {gap.why}"
