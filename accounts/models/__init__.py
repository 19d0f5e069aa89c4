"""Who is who, and where."""

from accounts.models.feeds import RosterFeed
from accounts.models.letters import Invitation, InvitationQuerySet, Letter
from accounts.models.people import (
    Contact,
    ContactQuerySet,
    Organization,
    OrganizationQuerySet,
    StaffProfile,
    User,
    UserManager,
)
from accounts.models.places import (
    FrozenCalendar,
    Holiday,
    HolidayImport,
    Region,
    RegionCalendar,
    SupportCenter,
    validate_weekly,
    validate_zone,
)
from accounts.models.rosters import Absence, OnCall, RosterEntry, Shift, Swap

__all__ = [
    "Absence",
    "Contact",
    "ContactQuerySet",
    "FrozenCalendar",
    "Holiday",
    "HolidayImport",
    "Invitation",
    "InvitationQuerySet",
    "Letter",
    "OnCall",
    "Organization",
    "OrganizationQuerySet",
    "Region",
    "RegionCalendar",
    "RosterEntry",
    "RosterFeed",
    "Shift",
    "StaffProfile",
    "SupportCenter",
    "Swap",
    "User",
    "UserManager",
    "validate_weekly",
    "validate_zone",
]
