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
from sla.models import CoverageGap
from sla.words import moment

TOLD_ALL = 20


@transaction.atomic
def watch(at: datetime) -> list[CoverageGap]:
    """Prove the year from `at` (aware) on, keep its gaps, tell every manager of new ones and return those.

    A gap is new unless it overlaps one that was known. Of two looks at once the second finds what the first kept.
    """
    known = list(CoverageGap.objects.select_for_update())
    found = sun.prove(at).gaps
    new = [gap for gap in found if not any(one.begins_at < gap.ends and gap.begins < one.ends_at for one in known)]
    CoverageGap.objects.all().delete()
    kept = CoverageGap.objects.bulk_create(
        CoverageGap(begins_at=gap.begins, ends_at=gap.ends, cause=gap.cause, detail=gap.detail[:300], found_at=at)
        for gap in found
    )
    if new:
        for manager in User.objects.filter(is_active=True, staff__role=StaffRole.SUPPORT_MANAGER):
            _tell(manager, new, at)
    beginnings = {gap.begins for gap in new}
    return [row for row in kept if row.begins_at in beginnings]


def gaps_ahead(reader: User, at: datetime) -> int:
    """How many gaps that are known and not over at `at` (aware) this person is told of: managers are."""
    if reader.staff_role is not StaffRole.SUPPORT_MANAGER:
        return 0
    return CoverageGap.objects.filter(ends_at__gt=at).count()


def _tell(manager: User, gaps: Sequence[Gap], at: datetime) -> None:
    count = "a gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
    lines = [_line(gap, ZoneInfo(manager.zone)) for gap in gaps[:TOLD_ALL]]
    if len(gaps) > TOLD_ALL:
        lines.append(f"... and {len(gaps) - TOLD_ALL} more.")
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
    detail = f", {gap.detail}" if gap.detail else ""
    return f"{moment(gap.begins, zone)} to {moment(gap.ends, zone)}: {gap.cause.label}{detail}"
