"""Invite somebody from the machine itself, such as the first administrator."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import invitations
from accounts.enums import ContactRole, StaffRole
from accounts.models import Organization, SupportCenter
from accounts.refusal import Refusal


class Command(BaseCommand):
    help = "Invite somebody by mail: as staff (--staff ROLE) or as a contact (--org ORG-ID --role ROLE)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        side = parser.add_mutually_exclusive_group(required=True)
        side.add_argument("--staff", choices=list(StaffRole), metavar="ROLE", help=", ".join(StaffRole))
        side.add_argument("--org", metavar="ORG-ID")
        parser.add_argument("--role", action="append", default=[], choices=list(ContactRole), metavar="ROLE")
        parser.add_argument("--center", metavar="CODE", help="The support center of a member of staff.")
        parser.add_argument(
            "--show-link",
            action="store_true",
            help="Print the link as well: whoever has it has the account.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            invitation = invitations.invite(
                options["email"],
                options["name"],
                by=None,
                at=timezone.now(),
                organization=Organization.objects.get(org_id=options["org"]) if options["org"] else None,
                contact_roles=[ContactRole(role) for role in options["role"]],
                staff_role=StaffRole(options["staff"]) if options["staff"] else None,
                center=SupportCenter.objects.get(code=options["center"]) if options["center"] else None,
            )
        except (Refusal, Organization.DoesNotExist, SupportCenter.DoesNotExist) as error:
            raise CommandError(error.message if isinstance(error, Refusal) else str(error)) from error
        self.stdout.write(f"{invitation} is invited as {invitation.as_what}; the worker sends the mail.")
        if options["show_link"]:
            self.stdout.write(f"Good for seven days and one use: {invitation.link}")
