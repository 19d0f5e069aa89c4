"""Telephone numbers as people write them. Standard library only."""

import re

from accounts.refusal import Refusal

DIGITS_NEEDED = 6
_SPELLED = re.compile(r"[+0-9()./\s-]+(?:(?:ext\.?|x)[\s.]*[0-9]+)?", re.IGNORECASE | re.ASCII)


def require_number(text: str) -> None:
    """Raise Refusal for what nobody can dial: words, or fewer than six digits. An extension ("ext. 12") may follow."""
    if not _SPELLED.fullmatch(text) or sum(character.isdigit() for character in text) < DIGITS_NEEDED:
        raise Refusal("phone_invalid", "Write a telephone number with its country code, such as +44 1223 555 010.")
