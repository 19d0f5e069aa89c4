"""Days that somebody can mean. What a slip of the finger makes is far away, and takes for ever to look through."""

from datetime import date

from accounts.refusal import Refusal

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


def require_near(field: str, day: date | None) -> None:
    """Raise Refusal, its code beginning with the field, for a day that nobody means; None is no day."""
    if day and not EARLIEST <= day <= LATEST:
        raise Refusal(f"{field}_far", f"Choose a day from {EARLIEST.year} to {LATEST.year}.")
