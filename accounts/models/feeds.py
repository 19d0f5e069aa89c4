"""Rosters as calendars for other programs."""

from django.db import models

from accounts.models.people import User


class RosterFeed(models.Model):
    """That whoever knows a secret address may read when this person works; of the secret only its hash is kept.

    `revisions` says of each event, by its UID: the digest of its content, how often that changed, and since when.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="roster_feed")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField()
    revisions = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Calendar of {self.user}"
