"""Case numbers that people can read aloud. Standard library only.

Nine digits in threes, "418-226-305": eight of chance, so that no number tells of another, and a check digit that
catches every single wrong digit and every swap of neighbors (Damm's algorithm).
"""

import re
import secrets

_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
PATTERN = r"\d{3}-?\d{3}-?\d{3}"


def draw() -> str:
    """A new number; whether it is free is for the database to say."""
    digits = f"{secrets.randbelow(10**8):08d}"
    return _grouped(digits + str(_check(digits)))


def normalize(text: str) -> str | None:
    """The number as it is stored, from what somebody typed or heard; None when it cannot be one."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{9}", digits) or _check(digits) != 0:
        return None
    return _grouped(digits)


def _check(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim


def _grouped(digits: str) -> str:
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
