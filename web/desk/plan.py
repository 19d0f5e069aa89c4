"""What a support plan promises in each of its versions, and what a new one would have meant (C-DOC-03)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.enums import Severity
from entitlements.drafts import Draft
from entitlements.models import PlanVersion, SupportPlan
from sla.bases import promises_of
from sla.policy import Pair, Tally, total
from sla.policy_preview import preview, promises_of_draft
from sla.promises import MilestoneKind
from sla.recalculation import moves, promises_instead, running_under
from sla.words import allowance
from web.case.times import Times

MOVES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in words."""

    version: PlanVersion
    promised: list[tuple[Severity, str]]


def versions(plan: SupportPlan) -> list[VersionRow]:
    """Every version of the plan, the newest first."""
    return [_row(version) for version in plan.versions.complete().prefetch_related("targets").select_related("made_by")]


def _row(version: PlanVersion) -> VersionRow:
    promises = promises_of(version)
    kind = MilestoneKind.FIRST_RESPONSE
    return VersionRow(version, [(one, allowance(promises.of(kind, one))) for one in Severity])


def what_it_would_mean(plan: SupportPlan, draft: Draft, times: Times) -> dict[str, Any]:
    """The last quarter's promises under old and new, and the running clocks that would move if they were asked to."""
    promises = promises_of_draft(draft)
    pairs = preview(plan, promises, times.now)
    rows: list[tuple[str, Pair]] = [(severity.label, pair) for severity, pair in pairs.items()]
    whole = total(pairs)
    touched = list(moves(running_under(plan), promises_instead(promises), times.now))
    return {
        "outcomes": [*rows, ("All", whole)],
        "uncounted": _uncounted(whole),
        "touched": len(touched),
        "moves": [
            (one.case, _told(one.before, times), _told(one.after, times), one.missed) for one in touched[:MOVES_SHOWN]
        ],
    }


def _uncounted(whole: Pair) -> str:
    """What is neither kept nor missed, on either side: why both need not come to the same number. Empty for none."""
    sides = {"as promised": _open_ends(whole.before), "by this version": _open_ends(whole.after)}
    return "; ".join(f"{side} {told}" for side, told in sides.items() if told)


def _open_ends(tally: Tally) -> str:
    ends = {"still running": tally.running, "withdrawn before they were due": tally.withdrawn}
    return " and ".join(f"{count} {how}" for how, count in ends.items() if count)


def _told(at: datetime | None, times: Times) -> str:
    return times.moment(at).reader if at else "held"
