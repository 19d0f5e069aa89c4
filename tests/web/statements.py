"""Counting what a page asks the database, looking up who reads it apart."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from sla.models import CaseClock

# How the session, the user, the staff profile and the standings are looked up, word for word: no affair of a page.
LOOKUPS = tuple(
    re.compile(pattern)
    for pattern in (
        r'SELECT "django_session"\."session_key", .* FROM "django_session" WHERE ',
        r'SELECT "accounts_user"\."id", .* FROM "accounts_user" WHERE "accounts_user"\."id" = \d+ LIMIT 21$',
        r'SELECT "accounts_staffprofile"\."id", .* WHERE "accounts_staffprofile"\."user_id" = \d+ ORDER BY .* LIMIT 1$',
        r'SELECT "accounts_contact"\."id", .* WHERE \("accounts_contact"\."user_id" = \d+ AND \(.*starts_at',
    )
)


def own_statements(queries: Sequence[dict[str, str]]) -> list[str]:
    """The statements of the page itself. Each look-up is left out once: asked again, it is the page's own."""
    own = [query["sql"] for query in queries]
    for lookup in LOOKUPS:
        if asked := next((sql for sql in own if lookup.match(sql)), None):
            own.remove(asked)
    return own


def statements(client: Client, address: str) -> list[str]:
    """What the page at `address` asks by itself."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return own_statements(captured.captured_queries)


def multiply(case: Case, copies: int) -> None:
    """As many more cases like this one, as rows alone."""
    first = Case.objects.order_by("-pk").values_list("pk", flat=True)[0]
    digits = (f"{number:09}" for number in range(first, first + copies))
    fields = fields_of(case, besides=("number", "submission"))
    rows = Case.objects.bulk_create(Case(**fields, number=f"{d[:3]}-{d[3:6]}-{d[6:]}") for d in digits)
    clock = fields_of(case.clock, besides=("case_id",))
    CaseClock.objects.bulk_create(CaseClock(**clock, case=row) for row in rows)


def fields_of(row: Model, *, besides: Sequence[str]) -> dict[str, Any]:
    names = {field.attname for field in row._meta.fields} - {"id", *besides}
    return {name: getattr(row, name) for name in names}
