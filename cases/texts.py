"""Texts on their way into a case. Standard library only."""

import re

from accounts.refusal import Refusal

SUBJECT_LIMIT = 200
SHORT_LIMIT = 40
SHEET_LIMIT = 2_000  # of each passage of a handover sheet, which somebody reads at the start of a shift
BODY_LIMIT = 100_000

# What PostgreSQL cannot store: the zero character and halves of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def cleaned(text: str, field: str, limit: int = BODY_LIMIT) -> str:
    """The text without its edges and without what cannot be stored. Raises Refusal when it is longer than `limit`."""
    kept = _UNSTORABLE.sub("", text).strip()
    if len(kept) > limit:
        raise Refusal(f"{field}_too_long", f"Please use at most {limit:,} characters here; these are {len(kept):,}.")
    return kept


def required(text: str, field: str, limit: int = BODY_LIMIT) -> str:
    """The cleaned text. Raises Refusal when nothing is left of it, or when it is longer than `limit`."""
    if not (kept := cleaned(text, field, limit)):
        raise Refusal(f"{field}_missing", "Please write a few words here.")
    return kept
