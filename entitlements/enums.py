"""Words for what was bought. Standard library only."""

from accounts.enums import Worded


class Hours(Worded):
    """The hours in which a promise counts its time."""

    ALWAYS = "always", "Around the clock"
    BUSINESS = "business", "Business hours"
    EVERY_HOUR_OF_BUSINESS_DAYS = "every_hour_of_business_days", "All hours of business days"


class ContactMode(Worded):
    """Who calls whom (C-PKG-03)."""

    CALL_IN = "call_in", "Call-in"
    CALL_BACK = "call_back", "Call-back"
