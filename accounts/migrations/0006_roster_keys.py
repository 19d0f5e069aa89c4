import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models


def key_of(model: str) -> migrations.AddField:
    """A key for each row; those that are there get theirs from the database, each its own."""
    return migrations.AddField(
        model,
        "key",
        models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False),
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_rosters")]

    operations = [key_of("rosterentry"), key_of("oncall"), key_of("absence")]
