"""The verbs: everything that can happen to a case, each one transaction.

Every verb takes who acts (`by`; None is the portal itself), when (`at`, aware UTC) and, from a form, what that form
knew (`form`). It locks the case, asks the permission and the transition table, checks its rule, records one fact and
returns the fresh case. A severity, channel or reason may come as its plain value.

Errors: Refusal when a rule says no; `Stale` when the form did not know what happened meanwhile; `AlreadyDone` when the
same form was sent before; PermissionDenied when the person may not do this at all.
"""

from cases.operations.closing import (
    close_for_no_response,
    confirm_closure,
    propose_closure,
    record_contact_attempt,
    reject_closure,
    withdraw,
)
from cases.operations.coming_back import reopen
from cases.operations.frame import NO_FORM, AlreadyDone, Form, Stale
from cases.operations.handovers import HandoverNotes, accept_handover, hand_over, keep_handover, note_handover
from cases.operations.intake import hold, recheck, refuse, resume, verify_entitlement
from cases.operations.opening import open_case, open_follow_on
from cases.operations.owners import accept, assign
from cases.operations.severity import agree_severity, propose_severity, reduce_severity
from cases.operations.sun import put_on_sun, take_off_sun
from cases.operations.talking import add_note, log_call, reply, reply_as_customer
from cases.operations.terms import change_terms

__all__ = [
    "NO_FORM",
    "AlreadyDone",
    "Form",
    "HandoverNotes",
    "Stale",
    "accept",
    "accept_handover",
    "add_note",
    "agree_severity",
    "assign",
    "change_terms",
    "close_for_no_response",
    "confirm_closure",
    "hand_over",
    "hold",
    "keep_handover",
    "log_call",
    "note_handover",
    "open_case",
    "open_follow_on",
    "propose_closure",
    "propose_severity",
    "put_on_sun",
    "recheck",
    "record_contact_attempt",
    "reduce_severity",
    "refuse",
    "reject_closure",
    "reopen",
    "reply",
    "reply_as_customer",
    "resume",
    "take_off_sun",
    "verify_entitlement",
    "withdraw",
]
