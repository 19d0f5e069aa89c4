"""What the names of a story mean in this portal: regions, countries and plans, read and never written."""

from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.calendars import as_of, require_place
from accounts.models import Organization, Region
from accounts.refusal import Refusal
from entitlements.models import PlanVersion
from sla.bases import calendar_of, promises_of
from sla.clock import Basis
from sla.promises import Promises
from sla.simulation import Terms
from sla.stories import Account, Plan
from sla.words import place_of


def look_up(account: Account, plan: Plan, at: datetime) -> Terms:
    """The business hours and promises that a case received at `at` (aware) would get.

    Raises StoryError for a region, country or plan that the portal does not know.
    """
    name, promises = _promises(account, plan, at)
    if account.hours:
        place = account.place or place_of(account.hours)
        return Terms(Basis(promises, account.hours), name, place, account.names)
    hours = as_of(_organization(account), at)
    return Terms(Basis(promises, calendar_of(hours)), name, hours.place, hours.closure_names)


def _organization(account: Account) -> Organization:
    region = Region.objects.filter(code=account.region).first()
    if region is None:
        known = ", ".join(Region.objects.values_list("code", flat=True))
        account.at.refuse(f"There is no region “{account.region}”; there are {known}.", "region")
    try:
        require_place(account.country, account.subdivision)
    except Refusal as refusal:
        account.at.refuse(refusal.message, "subdivision" if refusal.code.startswith("subdivision") else "country")
    if not region.calendars.exists():
        account.at.refuse(f"The region “{account.region}” has no business hours yet.", "region")
    return Organization(
        region=region,
        country=account.country,
        subdivision=account.subdivision,
        zone=account.zone,
        city=account.place,
    )


def _promises(account: Account, plan: Plan, at: datetime) -> tuple[str, Promises]:
    if plan.promises:
        return plan.name, plan.promises
    on = at.astimezone(ZoneInfo(account.zone)).date()
    versions = PlanVersion.objects.complete().filter(plan__code=plan.name, effective_on__lte=on)
    version = versions.select_related("plan").prefetch_related("targets").order_by("effective_on").last()
    if version is None:
        plan.at.refuse(f"There is no plan “{plan.name}” on {on}.")
    return str(version), promises_of(version)
