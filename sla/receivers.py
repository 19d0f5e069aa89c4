"""The clocks follow the cases' logs, and the plan of the sun the rosters."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts import hints
from accounts.models import Absence, OnCall, RosterEntry, Shift, Swap
from cases.journal import case_event_recorded
from cases.models import CaseEvent
from sla import projection, tasks


@receiver(case_event_recorded, dispatch_uid="sla")
def follow_the_log(sender: type[CaseEvent], events: list[CaseEvent], **_: Any) -> None:
    """Derive again what hangs from the cases of these facts, in the same transaction."""
    projection.project(list({event.case_id: event.case for event in events}.values()))


def follow_the_rosters(sender: type[Any], **_: Any) -> None:
    """Let the changes ahead be planned anew once a line of the rosters is saved or removed.

    The pages of the sun tell who holds it from the rosters, and where cases go from the plan: until the next minute
    they would say two things.
    """
    hints.after_commit(tasks.follow_the_sun)


for line in (RosterEntry, Swap, OnCall, Absence, Shift):
    post_save.connect(follow_the_rosters, sender=line, dispatch_uid=f"sla {line.__name__} saved")
    post_delete.connect(follow_the_rosters, sender=line, dispatch_uid=f"sla {line.__name__} removed")
