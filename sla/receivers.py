"""The clocks follow the cases' logs."""

from typing import Any

from django.dispatch import receiver

from cases.journal import case_event_recorded
from cases.models import CaseEvent
from sla import projection


@receiver(case_event_recorded, dispatch_uid="sla")
def follow_the_log(sender: type[CaseEvent], events: list[CaseEvent], **_: Any) -> None:
    """Derive again what hangs from the cases of these facts, in the same transaction."""
    projection.project(list({event.case_id: event.case for event in events}.values()))
