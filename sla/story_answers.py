"""How a story came out, as JSON can say it. Standard library only; `docs/stories.md` has the fields."""

from datetime import datetime
from typing import Any

from sla.agenda import Item
from sla.explain import Explanation
from sla.simulation import Ending, Refused


def as_data(ending: Ending) -> dict[str, Any]:
    """Everything a story came to; instants are ISO 8601 in UTC, lengths whole seconds."""
    return {
        "title": ending.story.title,
        "until": ending.story.until.isoformat(),
        "status": ending.state.status.value,
        "severity": int(ending.state.severity),
        "facts": [{"at": fact.at.isoformat(), "fact": fact.kind.value, "by": fact.role.value} for fact in ending.log],
        "milestones": [_milestone(clock) for clock in ending.clocks],
        "timers": [
            *(_timer(item, took_effect=True) for item in ending.took_effect),
            *(_timer(item, took_effect=False) for item in ending.waiting),
        ],
        "refusals": [_refusal(one) for one in ending.refusals],
    }


def _milestone(clock: Explanation) -> dict[str, Any]:
    one = clock.milestone
    return {
        "kind": one.kind.value,
        "cycle": one.cycle,
        "severity": int(one.severity),
        "clause": one.clause,
        "aim": one.promise.aim,
        "state": clock.state.value,
        "started_at": one.started_at.isoformat(),
        "target_seconds": int(one.target.total_seconds()),
        "used_seconds": int(clock.used.total_seconds()),
        "hours": one.promise.hours.value,
        "due_at": _moment(one.due_at),
        "met_at": _moment(one.met_at),
        "breached_at": _moment(one.breached_at),
        "stopped_at": _moment(one.stopped_at),
        "explanation": {
            "headline": clock.headline,
            "facts": dict(clock.facts),
            "rows": [list(row) for row in (*clock.rows, clock.total)],
            "changes": list(clock.changes),
        },
    }


def _timer(item: Item, *, took_effect: bool) -> dict[str, Any]:
    return {
        "kind": item.kind.value,
        "subject": item.subject,
        "fire_at": item.fire_at.isoformat(),
        "took_effect": took_effect,
    }


def _refusal(one: Refused) -> dict[str, Any]:
    return {
        "line": one.fact.at.line,
        "at": one.fact.when.isoformat(),
        "fact": one.fact.kind.value,
        "code": one.refusal.code,
        "message": one.refusal.message,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
