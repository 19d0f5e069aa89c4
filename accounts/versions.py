"""Telling whether something is still as somebody saw it, before it is written over."""

import hashlib
from typing import Any

from django.db.models import Model

from accounts.refusal import Refusal


class Changed(Refusal):
    """Somebody else changed it since it was looked at: `kept` is what stands now (None: nothing), named `version`."""

    def __init__(self, kept: Any, version: str):
        done = "removed" if kept is None else "changed"
        super().__init__("changed_meanwhile", f"Somebody {done} this meanwhile: look at it again.")
        self.kept, self.version = kept, version


class Gone(Refusal):
    """It is not there any more."""

    def __init__(self) -> None:
        super().__init__("gone_meanwhile", "Somebody removed this meanwhile.")


def digest(*what: object) -> str:
    """A name for exactly these values, which must write themselves alike whenever they are alike."""
    return hashlib.sha256(repr(what).encode()).hexdigest()


def version_of(row: Model | None, *, without: frozenset[str] = frozenset()) -> str:
    """A name for the row as it stands, those fields left out; "" for one that is not kept."""
    if row is None or row._state.adding:
        return ""
    return digest(*(one.value_to_string(row) for one in row._meta.concrete_fields if one.name not in without))


def require_unchanged(seen: str | None, kept: Any, version: str) -> None:
    """Raise Changed when what is `kept`, named `version`, is not what was `seen`; None: nobody looked."""
    if seen not in (None, version):
        raise Changed(kept, version)
