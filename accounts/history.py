"""The history that administrators read: who added, changed or removed what they keep."""

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.models import User


def note(row: Model, flag: int, *, by: User) -> None:
    """Note that `by` did this to the row: ADDITION, CHANGE or DELETION of Django's admin."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message="" if flag == DELETION else "[]",
    )
