"""Stands in the way of Django's command: the user that it makes has no role here and reaches nothing."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError


class Command(createsuperuser.Command):
    help = "Not how accounts are made here: use `invite`."

    def handle(self, *args: Any, **options: Any) -> str:
        raise CommandError(
            "Accounts are made by invitation. For an administrator: "
            'manage.py invite you@example.com "Name" --staff admin'
        )
