"""Words for what was bought. Standard library only."""

from accounts.enums import Worded


class Hours(Worded):
    """In which hours a target is counted."""

    ALWAYS = "always", "24 hours, 7 days, 365 days"
    BUSINESS = "business", "Local business hours"
    EVERY_HOUR_OF_BUSINESS_DAYS = "24_5", "24 hours of each business day"


class ContactMode(Worded):
    """How telephone support works for a severity (A-04, A-22)."""

    CALL_IN = "call_in", "Call in"
    CALL_BACK = "call_back", "We call you back"


class Activity(Worded):
    """What a plan can include (C-PKG-04 to C-PKG-06)."""

    TROUBLESHOOTING = "troubleshooting", "Technical troubleshooting"
    SETUP_HELP = "setup_help", "Help with configuration, installation and upgrade issues"
    ROOT_CAUSE_ANALYSIS = "root_cause_analysis", "Root cause analysis to prevent a problem from recurring"


class Outcome(Worded):
    """What an entitlement check found."""

    ENTITLED = "entitled", "Entitled"
    UNCLEAR = "unclear", "Unclear: Customer Service decides"
    NOT_ENTITLED = "not_entitled", "Not entitled"
