"""What must be true of a portal however often its parts died.

By arithmetic of its own: at severity 1 every minute counts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.enums import EventKind
from cases.models import Case, CaseEvent
from notifications.enums import Channel
from notifications.models import Notification
from sla import operations
from sla.models import Timer

ALLOWANCE = timedelta(minutes=30)
WARNED, BREACHED = EventKind.FIRST_RESPONSE_WARNED, EventKind.FIRST_RESPONSE_BREACHED
Promised = dict[tuple[int, str, int], datetime]
"""When something falls due (aware UTC), by case, fact and share (100 for the miss itself)."""


def promised(cases: Iterable[Case], shares: Iterable[int]) -> Promised:
    """The moments at which these shares of the half hour of each case are used up."""
    return {
        (case.pk, BREACHED if share == 100 else WARNED, share): case.received_at.replace(microsecond=0)
        + ALLOWANCE * share / 100
        for case in cases
        for share in shares
    }


@dataclass(frozen=True)
class Count:
    """What was found, for the line that a drill prints."""

    timers: int
    cases: int

    def __str__(self) -> str:
        return f"{self.timers} timers once each, none early; {self.cases} cases replay"


def effects() -> int:
    """How many facts of the sweep are committed; each with its timer."""
    facts = CaseEvent.objects.filter(kind__in=[WARNED, BREACHED]).count()
    assert facts == Timer.objects.filter(state=Timer.State.FIRED).count()
    return facts


def settled(due: Promised) -> bool:
    """Whether as much took effect as was promised."""
    return CaseEvent.objects.filter(kind__in=[WARNED, BREACHED]).count() >= len(due)


def require(due: Promised) -> Count:
    """Fail unless every timer took effect exactly once and none early, and all that is stored follows from the logs."""
    facts = list(CaseEvent.objects.filter(kind__in=[WARNED, BREACHED]).order_by("case", "seq"))
    keys = [(fact.case_id, fact.kind, fact.data.get("share", 100)) for fact in facts]
    assert Counter(keys) == Counter(due.keys()), "not every timer took effect exactly once"
    moments = [(due[key], fact) for key, fact in zip(keys, facts, strict=True)]
    early = [fact for moment, fact in moments if min(fact.at, fact.recorded_at) < moment]
    assert early == [], f"{len(early)} took effect before they were due"
    _require_rows(len(due))
    _require_told(facts)
    return Count(len(due), _require_replay())


def _require_rows(fired: int) -> None:
    assert Timer.objects.filter(state=Timer.State.FIRED).count() == fired
    assert not Timer.objects.filter(state=Timer.State.FAILED).exists()


def _require_told(facts: list[CaseEvent]) -> None:
    """Each fact is told, to each of its people once on each channel."""
    told = Counter(Notification.objects.filter(event__in=facts).values_list("event", "recipient", "channel"))
    assert set(told.values()) <= {1}
    people = {(event, recipient) for event, recipient, _ in told}
    assert len(told) == len(people) * len(Channel)
    assert {event for event, _ in people} == {fact.pk for fact in facts}


def _require_replay() -> int:
    """Every case's facts have no gap, and its rows are those that its log gives."""
    cases = 0
    for batch in operations.every_case():
        assert operations.differences(batch) == [], "what is stored is not what the log says"
        logs = CaseEvent.objects.filter(case__in=batch).order_by("case", "seq").values_list("case", "seq")
        last = dict(logs)
        assert last == {case.pk: case.version for case in batch}
        assert len(logs) == sum(last.values())
        cases += len(batch)
    return cases
