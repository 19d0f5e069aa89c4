"""Every address of the portal has a rule, and what is foreign cannot be told from what does not exist."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.enums import AbsenceReason, Layer, StaffRole
from accounts.models import Absence, OnCall, RosterEntry, User
from cases import operations
from cases.attachments import store
from cases.enums import Status
from cases.models import Attachment, Case, CaseEvent, Message
from notifications.enums import Channel
from notifications.models import Notification
from tests.cast import CUSTOMERS, HOUR, MINUTE, NOON, STAFF, Cast, fresh
from tests.web.conftest import text_of
from web.account.sessions import key_of
from web.case.access import Rule

pytestmark = pytest.mark.usefixtures("at_one")

# Open to everybody on purpose.
PUBLIC = {
    "theme": "a cookie of the browser: nothing of anybody's is read or written",
    "invitation": "for who holds the mailed token, of which only the hash is kept",
    "roster_calendar": "for who holds the secret of a member of staff, of which only the hash is kept",
    "accept_invitation": "for the session that such a token was opened in",
}
# Not ours: each has the rule of its own maker.
THIRD_PARTY = {
    "accounts/": ("allauth.",),  # signing in, and the account of who is signed in
    "admin/": ("django.", "accounts.admin"),  # AdminSite.has_permission at every address
}
# The probes /healthz and /readyz are answered by a middleware and have no address here.


@dataclass(frozen=True)
class Route:
    """An address with its view; `takes` are the names in it."""

    path: str
    name: str
    view: Callable
    takes: tuple[str, ...]


def routes() -> list[Route]:
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, path)
        else:
            assert isinstance(pattern, URLPattern)
            yield Route(path, pattern.name or "", pattern.callback, tuple(pattern.pattern.converters))


def third_party(route: Route) -> bool:
    makers = next((makers for prefix, makers in THIRD_PARTY.items() if route.path.startswith(prefix)), ())
    return getattr(route.view, "view_class", route.view).__module__.startswith(makers)


OURS = [route for route in routes() if not third_party(route)]
ABOUT_ONE = [route for route in OURS if route.takes and route.name not in PUBLIC]


def test_every_address_has_a_rule():
    without = [route.path for route in OURS if route.name not in PUBLIC and not hasattr(route.view, "rule")]

    assert without == []
    assert {route.name for route in OURS} > set(PUBLIC)


def test_an_address_that_names_an_object_asks_who_sees_it():
    asking = {route.path for route in ABOUT_ONE if route.view.rule in (Rule.OBJECT, Rule.STAFF)}

    assert asking == {route.path for route in ABOUT_ONE}
    assert {name for route in ABOUT_ONE for name in route.takes} == {"number", "key"}


def test_a_rule_is_kept_for_who_is_not_signed_in(client, db):
    for route in OURS:
        if route.name in PUBLIC:
            continue
        for method in ("GET", "POST"):
            answer = client.generic(method, reverse(route.name, kwargs=absent(route)))
            assert answer["Location"].startswith("/accounts/login/"), (method, route.path)


def absent(route: Route) -> dict[str, str]:
    """Names of nothing."""
    return {name: "000-000-000" if name == "number" else str(uuid4()) for name in route.takes}


# Foreign and absent


@pytest.fixture
def world(cast: Cast, case_in, engineer, new_york, new_york_contact, tokyo, tokyo_contact, settings, tmp_path) -> Cast:
    """In each organization a case with a file, a note with a file, and mails; everybody is signed in somewhere."""
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "notifications.folder.EmailBackend", str(tmp_path)
    opened = [
        case_in(Status.CLOSURE_PROPOSED),
        case_in(Status.IN_PROGRESS, organization=tokyo, by=tokyo_contact),
        case_in(Status.WAITING_FOR_CUSTOMER, organization=new_york, by=new_york_contact),
    ]
    for case in opened:
        at = NOON + 20 * MINUTE
        files = [store(SimpleUploadedFile("host.log", b"line"))]
        case = operations.reply(case, "See the file.", by=engineer, at=at, files=files)
        operations.add_note(case, "SECRET", by=engineer, at=at, files=[store(SimpleUploadedFile("dump", b"SECRET"))])
    hours = {"weekdays": [0], "opens": time(9), "closes": time(17), "from_on": NOON.date()}
    RosterEntry.objects.create(user=engineer, center=engineer.staff.center, **hours)
    span = {"user": engineer, "starts_at": NOON, "ends_at": NOON + HOUR}
    Absence.objects.create(reason=AbsenceReason.SICK, **span)
    OnCall.objects.create(duty=Layer.ENGINEER, **span)
    UserSession.objects.bulk_create(
        UserSession(user=person, session_key=f"{name:x<32}", ip="192.0.2.1") for name, person in cast.people.items()
    )
    return cast


def foreign(route: Route, person: User) -> list[dict[str, str]]:
    """Names of everything that exists and is not this person's to see."""
    if "number" in route.takes:
        hidden = Case.objects.exclude(pk__in=Case.objects.visible_to(person))
        return [{"number": number} for number in hidden.values_list("number", flat=True)]
    return [{"key": key} for key in FOREIGN_KEYS[route.name](person)]


def _foreign_files(person: User) -> list[str]:
    seen = {one.pk for one in Attachment.objects.all() if _sees_file(person, one)}
    return [str(one.key) for one in Attachment.objects.exclude(pk__in=seen)]


def _sees_file(person: User, file: Attachment) -> bool:
    """Said once more in other words than the portal's own."""
    return bool(person.staff_role) or (file.note_id is None and Case.objects.visible_to(person).contains(file.case))


def _foreign_mails(person: User) -> list[str]:
    mails = Notification.objects.filter(channel=Channel.EMAIL)
    return [] if person.staff_role else [str(one.key) for one in mails]


def _foreign_sessions(person: User) -> list[str]:
    return [key_of(session) for session in UserSession.objects.exclude(user=person)]


def _foreign_to_customers(model: type[RosterEntry] | type[Absence] | type[OnCall]) -> Callable[[User], list[str]]:
    return lambda person: [] if person.staff_role else [str(one.key) for one in model.objects.all()]


FOREIGN_KEYS = {
    "roster_entry": _foreign_to_customers(RosterEntry),
    "roster_swap": _foreign_to_customers(RosterEntry),
    "absence": _foreign_to_customers(Absence),
    "on_call": _foreign_to_customers(OnCall),
    "attachment": _foreign_files,
    "delivery": _foreign_mails,
    "delivery_html": _foreign_mails,
    "end_session": _foreign_sessions,
}


def record() -> tuple[int, ...]:
    """How much there is of what an intruder might add or take away."""
    kept = (CaseEvent, Message, Attachment, Notification, UserSession, RosterEntry, Absence, OnCall)
    return tuple(model.objects.count() for model in kept)


@pytest.mark.clause("C-PAR-04", "C-STF-02")
@pytest.mark.parametrize("who", [*CUSTOMERS, *STAFF])
def test_what_is_foreign_answers_exactly_like_what_does_not_exist(world, browse, who):
    person = fresh(world.people[who])
    client = browse(person)
    before, tried = record(), 0

    for route in ABOUT_ONE:
        nothing = reverse(route.name, kwargs=absent(route))
        for method in ("GET", "POST"):
            expected = client.generic(method, nothing)
            assert expected.status_code in (404, 405), (method, nothing)
            for names in foreign(route, person):
                answer = client.generic(method, reverse(route.name, kwargs=names))
                tried += 1
                assert answer.status_code == expected.status_code, (method, route.path, names)
                assert text_of(answer) == text_of(expected), (method, route.path, names)
        assert 404 in {client.generic(method, nothing).status_code for method in ("GET", "POST")}, route.path

    assert tried > 0
    assert record() == before


DESK = {"case_owner", "case_messages", "case_notes", "case_calls", "case_contact_attempts", "case_reopening"}
INTAKE = {"case_entitlement", "case_refusal", "case_hold", "case_resumption", "case_follow_on"}
ENGINEERS = {"case_severity", "case_severity_agreement", "case_closure", "case_no_response"}
HANDOVER, SUN = {"case_handover", "case_handover_acceptance"}, {"case_sun", "case_sun_end"}
OPEN_TO = {
    StaffRole.CUSTOMER_SERVICE: DESK | INTAKE,
    StaffRole.SUPPORT_ENGINEER: DESK | ENGINEERS | {"case_acceptance"},
    StaffRole.ESCALATION_ENGINEER: DESK | ENGINEERS | {"case_acceptance"},
    StaffRole.SUPPORT_MANAGER: DESK | INTAKE | ENGINEERS | HANDOVER | {"case_severity_reduction", *SUN},
    StaffRole.ENGINEERING: DESK | ENGINEERS | {"case_acceptance"},
    StaffRole.ADMIN: set(),
}
OWNERS = {"engineer"}  # who has the case, beside managers, prepares its handover and accepts it
READ_BY_ALL_STAFF = {"case", "case_changes", "case_entitlement", "case_handover"}


@pytest.mark.clause("C-STF-02")
@pytest.mark.parametrize("who", STAFF)
def test_what_a_role_does_not_include_is_refused_at_every_address_of_a_case(world, browse, who):
    """With the reason: that the case exists is no secret from staff."""
    person = fresh(world.people[who])
    client = browse(person)
    case, before = Case.objects.get(organization__org_id="ORG-1001"), record()
    of_a_case = {route.name for route in ABOUT_ONE if route.takes == ("number",)}

    answers = {
        (method, name): client.generic(method, reverse(name, args=[case.number])).status_code
        for name in of_a_case - OPEN_TO[role(person)] - (HANDOVER if who in OWNERS else set())
        for method in ("GET", "POST")
        if name not in READ_BY_ALL_STAFF or (method == "POST" and name in ("case_entitlement", "case_handover"))
    }

    assert answers == dict.fromkeys(answers, 403)
    assert len(answers) >= 2
    assert record() == before


def role(person: User) -> StaffRole:
    assert person.staff_role is not None
    return person.staff_role
