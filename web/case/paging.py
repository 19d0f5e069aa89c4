"""Going on in a list by key: the address carries where the last row stood, so a row that moves meanwhile hides none.

An order is a sequence of field names that ends in a unique one; "-" before a name means descending. As everywhere in
the portal, moments end in `_at`; every other key is a whole number.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from django.db.models import Model, Q

Order = Sequence[str]

SEPARATOR = "~"
BIGGEST = 2**63 - 1


def place_of(row: Model, order: Order) -> str:
    """Where a row stands in the order, in words for an address."""
    values = (reduce(getattr, _name(key).split("__"), row) for key in order)
    return SEPARATOR.join(value.isoformat() if isinstance(value, datetime) else str(value) for value in values)


def beyond(place: str, order: Order) -> Q:
    """What follows a place in the order; everything when there is no such place."""
    try:
        values = [_read(key, text) for key, text in zip(order, place.split(SEPARATOR), strict=True)]
    except ValueError:
        return Q()
    *before, last = zip(order, values, strict=True)
    further = _past(*last)
    for key, value in reversed(before):
        further = _past(key, value) | Q(**{_name(key): value}) & further
    # Said again, so that an index is entered at the place and not at its beginning.
    return _past(order[0], values[0], "e") & further


def _past(key: str, value: Any, equal: str = "") -> Q:
    return Q(**{f"{_name(key)}__{'lt' if key.startswith('-') else 'gt'}{equal}": value})


def _name(key: str) -> str:
    return key.removeprefix("-")


def _read(key: str, text: str) -> Any:
    """The value of a key. Raises ValueError for what is none."""
    if key.endswith("_at"):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return moment
    number = int(text)
    if not 0 <= number <= BIGGEST:
        raise ValueError("no such number")
    return number
