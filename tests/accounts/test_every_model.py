"""No model with customer data goes without a scoped query and a rule, and both always give the same answer."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model

from accounts.models import Contact, Organization, User
from accounts.permissions import may
from cases import attachments, operations
from cases.enums import Status
from cases.models import Attachment, Case, CaseEvent, Message, Note
from entitlements.models import Entitlement
from tests.cast import DAY, HOUR, NOON, Cast, fresh

KNOWN = {Organization, Contact, Entitlement, Case, CaseEvent, Message, Note, Attachment}


def holds_customer_data(model: type[Model]) -> bool:
    """Whether a row leads to an organization: its own, its case's, or that of what it hangs from."""
    seen: set[type[Model]] = set()
    waiting = [model]
    while waiting:
        seen.add(one := waiting.pop())
        waiting += {field.related_model for field in one._meta.concrete_fields if field.related_model} - seen
    return Organization in seen


def customer_models() -> list[type[Model]]:
    """Those of the portal's own apps."""
    own = [app for app in apps.get_app_configs() if app.path == str(settings.BASE_DIR / app.name)]
    return [model for app in own for model in app.get_models() if holds_customer_data(model)]


MODELS = customer_models()


def test_the_walk_finds_what_holds_customer_data():
    assert set(MODELS) >= KNOWN
    assert User not in MODELS


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_with_customer_data_has_its_scoped_query_and_its_rule(model, stranger):
    stranger.is_active = False

    assert not model.objects.visible_to(stranger).exists()
    assert not may(stranger, "view", model())  # raises LookupError without a rule


@pytest.fixture
def world(cast, case_in, open_case, tokyo, new_york, settings, tmp_path) -> Cast:
    """Cases of three organizations, one with everything that can hang from it."""
    settings.MEDIA_ROOT = tmp_path
    people = cast.people
    full = case_in(Status.CLOSED)
    case_in(Status.WAITING_FOR_CUSTOMER, by=people["own_sight_contact"])
    open_case(tokyo, by=people["third_party"])
    open_case(tokyo, by=people["tokyo_contact"])
    open_case(new_york, by=people["new_york_contact"])
    file, internal = (attachments.store(SimpleUploadedFile(name, b"x")) for name in ("a.log", "b.log"))
    operations.add_note(full, "See b.log.", by=people["engineer"], at=NOON + HOUR, files=[internal])
    operations.reopen(full, "See a.log.", by=people["technical_contact"], at=NOON + HOUR, files=[file])
    assert all(model.objects.exists() for model in KNOWN)
    return cast


def disagreements(people: dict[str, User]) -> Iterator[str]:
    """What somebody sees by only one of the two forms of the answer."""
    for model in MODELS:
        rows = list(model.objects.all())
        for name, person in people.items():
            seen = set(model.objects.visible_to(person).values_list("pk", flat=True))
            allowed = {row.pk for row in rows if may(person, "view", row)}
            if seen != allowed:
                yield f"{name}: {model.__name__} {sorted(seen ^ allowed)}"


CHANGES = {
    "in force": {},
    "ended": {"ends_at": NOON},
    "not begun": {"starts_at": NOON + 36500 * DAY},
    "unaccepted": {"liability_accepted_at": None},
}


@pytest.mark.clause("C-PAR-04")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_scoped_query_and_the_permission_give_the_same_answer(world, change):
    Contact.objects.filter(organization__org_id="ORG-1001").update(**change)

    assert list(disagreements({name: fresh(person) for name, person in world.people.items()})) == []


def test_they_agree_also_about_accounts_that_are_off(world):
    User.objects.update(is_active=False)

    assert list(disagreements({name: fresh(person) for name, person in world.people.items()})) == []
