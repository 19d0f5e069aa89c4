"""Who is who, and where."""

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
from accounts.models.rosters import Absence, OnCall, Shift

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
    "Shift",
    "StaffProfile",
    "SupportCenter",
    "User",
    "UserManager",
    "validate_weekly",
    "validate_zone",
]
