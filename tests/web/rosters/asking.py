"""How the pages of rosters are asked: forms as a browser fills them in."""

import re

from accounts.models import Absence, OnCall, RosterEntry
from tests.web.conftest import hidden_fields

ROSTERS = "/desk/rosters/"
WEEKDAYS = list(range(5))
LINES = {"entries": RosterEntry, "absences": Absence, "on-call": OnCall}


def wanted(person, **other) -> dict[str, object]:
    """The form of an entry filled in: Saturdays from nine to five in Cambridge."""
    filled = {
        "user": person.pk,
        "layer": "shift",
        "center": person.staff.center_id,
        "weekdays": ["5"],
        "opens": "09:00",
        "closes": "17:00",
        "every_weeks": "1",
        "from_on": "2026-03-09",
        "until_on": "",
        "holds_from": "2025-01-01",
    }
    return filled | other


def seen(client, address, **query) -> dict[str, str]:
    """What the form carries unseen: how the line stood when it was shown."""
    return hidden_fields(client.get(address, query))


def removed(client, address):
    """Ask for the line to be removed, and say yes to what is told then."""
    form = {"remove": "1"} | seen(client, address)
    page = client.post(address, form)
    assert page.status_code == 422
    return client.post(address, form | hidden_fields(page) | {"despite": page.context["despite"]})


def text_of(response) -> str:
    """What a page says, its words parted by single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()).replace("&#x27;", "'")


def told(page) -> list[str]:
    """What speaks against a line, as the page says it."""
    return page.context["conflicts"]


def address_of(row) -> str:
    where = next(name for name, model in LINES.items() if isinstance(row, model))
    return f"{ROSTERS}{where}/{row.key}/"
