"""What follows from facts: people are told."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounts import hints
from cases.journal import case_event_recorded
from cases.models import CaseEvent
from notifications import operations, tasks


@receiver(case_event_recorded)
def tell(sender: type[CaseEvent], events: Sequence[CaseEvent], **_: Any) -> None:
    """Write the outbox in the verb's transaction: a fact and its notifications are there together or not at all."""
    if operations.tell(events):
        hints.after_commit(tasks.deliver)
