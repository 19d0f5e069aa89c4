"""Who may do what to a case of Aberdeen's, opened by its technical contact."""

import pytest

from accounts.enums import CaseSight, ContactRole
from accounts.models import Contact, User
from accounts.permissions import may
from cases import operations
from cases.enums import Status, Verb
from cases.models import Attachment, Case, CaseEvent, Message, Note
from tests.cast import DAY, NOON, STAFF, contact_of, fresh, make_contact

CUSTOMER = {"technical_contact", "third_party"}
ENGINEERS = {"engineer", "second_engineer", "escalation_engineer", "engineering"}
INTAKE = {"customer_service", "support_manager"}
WORKERS = ENGINEERS | {"support_manager"}
DESK = WORKERS | {"customer_service"}

RIGHTS: dict[Verb, set[str]] = {
    Verb.OPEN: INTAKE,
    Verb.VIEW: CUSTOMER | set(STAFF),
    Verb.VERIFY_ENTITLEMENT: INTAKE,
    Verb.REFUSE: INTAKE,
    Verb.HOLD: INTAKE,
    Verb.RESUME: INTAKE,
    Verb.ACCEPT: ENGINEERS,
    Verb.ASSIGN: DESK,
    Verb.REPLY: DESK,
    Verb.NOTE: DESK,
    Verb.LOG_CALL: DESK,
    Verb.REPLY_AS_CUSTOMER: CUSTOMER,
    Verb.PROPOSE_SEVERITY: CUSTOMER | WORKERS,
    Verb.AGREE_SEVERITY: CUSTOMER | WORKERS,
    Verb.REDUCE_SEVERITY: {"support_manager"},
    Verb.PROPOSE_CLOSURE: WORKERS,
    Verb.CONFIRM_CLOSURE: CUSTOMER,
    Verb.REJECT_CLOSURE: CUSTOMER,
    Verb.WITHDRAW: CUSTOMER,
    Verb.RECORD_CONTACT_ATTEMPT: DESK,
    Verb.CLOSE_FOR_NO_RESPONSE: WORKERS,
    Verb.REOPEN: CUSTOMER | DESK,
    Verb.FOLLOW_ON: CUSTOMER | INTAKE,
    Verb.CHANGE_TERMS: {"administrator"},
    Verb.HAND_OVER: set(),  # the portal's own
    Verb.NOTE_HANDOVER: {"support_manager"},
    Verb.ACCEPT_HANDOVER: {"support_manager"},
    Verb.PUT_ON_SUN: {"support_manager"},
    Verb.TAKE_OFF_SUN: {"support_manager"},
}


@pytest.mark.clause("C-CON-01", "C-CON-06", "C-PAR-04", "C-STF-02")
def test_who_may(cast, open_case):
    case = open_case()

    assert {verb: {name for name, person in cast.people.items() if may(person, verb, case)} for verb in Verb} == RIGHTS


@pytest.mark.clause("C-FTS-01")
def test_a_handover_is_between_who_has_the_case_and_who_had_it(cast, case_in, second_engineer):
    case = case_in(Status.IN_PROGRESS, severity=1)
    parts = (Verb.NOTE_HANDOVER, Verb.ACCEPT_HANDOVER)

    def who() -> list[set[str]]:
        return [{name for name, person in cast.people.items() if may(person, verb, case)} for verb in parts]

    assert who() == [{"engineer", "support_manager"}] * 2
    case = operations.hand_over(case, second_engineer, at=NOON + DAY, change=NOON + DAY, why=[])
    assert who() == [{"engineer", "second_engineer", "support_manager"}, {"second_engineer", "support_manager"}]
    case = operations.accept_handover(case, by=second_engineer, at=NOON + DAY)
    assert who() == [{"second_engineer", "support_manager"}] * 2


@pytest.mark.clause("C-CON-01", "C-PAR-01")
def test_who_may_open_a_case_for_aberdeen(cast, aberdeen):
    able = {name for name, person in cast.people.items() if may(person, Verb.OPEN, aberdeen)}

    assert able == CUSTOMER | {"own_sight_contact"} | INTAKE


def test_every_answer_has_its_reason(cast, open_case):
    case = open_case()

    reasons = {may(person, verb, case).reason for person in cast.people.values() for verb in Verb}

    assert all(reason.endswith(".") for reason in reasons)


@pytest.mark.clause("C-PAR-06")
@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": NOON},
        {"starts_at": NOON.replace(year=2126)},
        {"liability_accepted_at": None},
    ],
    ids=["ended", "not begun", "liability not accepted"],
)
def test_a_grant_out_of_force_gives_nothing(open_case, third_party, aberdeen, tokyo, change):
    of_aberdeen, of_tokyo = open_case(), open_case(tokyo, by=third_party)
    Contact.objects.filter(user=third_party, organization=aberdeen).update(**change)
    partner = fresh(third_party)

    assert not any(may(partner, verb, of_aberdeen) for verb in Verb)
    assert not may(partner, Verb.OPEN, aberdeen)
    assert list(Case.objects.visible_to(partner)) == [of_tokyo]


@pytest.mark.parametrize("who", ["technical_contact", "third_party", "engineer", "support_manager"])
def test_an_account_that_is_off_sees_and_does_nothing(request, case_in, who):
    case = case_in(Status.CLOSED)
    person = request.getfixturevalue(who)
    User.objects.filter(pk=person.pk).update(is_active=False)
    person = fresh(person)

    assert not any(may(person, verb, case) for verb in Verb)
    for model in (Case, CaseEvent, Message, Note, Attachment, Contact):
        assert not model.objects.visible_to(person).exists(), model


@pytest.mark.clause("C-PAR-04")
def test_a_third_party_sees_the_cases_of_its_grants_and_no_others(
    open_case, third_party, tokyo, tokyo_contact, new_york, new_york_contact
):
    of_aberdeen, of_tokyo = open_case(), open_case(tokyo, by=tokyo_contact)
    open_case(new_york, by=new_york_contact)

    assert set(Case.objects.visible_to(third_party)) == {of_aberdeen, of_tokyo}


def test_a_contact_of_own_sight_sees_what_it_opened_and_what_is_about_it(
    open_case, own_sight_contact, customer_service, aberdeen
):
    open_case()
    opened = open_case(by=own_sight_contact)
    called = open_case(by=customer_service, contact=contact_of(own_sight_contact, aberdeen))

    assert set(Case.objects.visible_to(own_sight_contact)) == {opened, called}
    assert may(own_sight_contact, Verb.REPLY_AS_CUSTOMER, called)


@pytest.mark.clause("C-CON-06")
@pytest.mark.parametrize("who", ["renewal_contact", "contract_administrator"])
def test_renewal_and_contract_contacts_see_no_cases(request, case_in, who):
    case_in(Status.CLOSED)

    assert not Case.objects.visible_to(request.getfixturevalue(who)).exists()


@pytest.mark.clause("C-ROL-01")
def test_one_person_may_hold_several_roles_in_several_organizations(open_case, tokyo, aberdeen):
    person = make_contact(aberdeen, "Ada Both", ContactRole.RENEWAL, ContactRole.TECHNICAL)
    make_contact(tokyo, "Ada Both", ContactRole.RENEWAL, user=person, sees=CaseSight.ALL)

    assert may(person, Verb.OPEN, aberdeen)
    assert not may(person, Verb.OPEN, tokyo)


def test_a_right_that_ends_is_gone_at_the_next_request(open_case, technical_contact, aberdeen):
    case = open_case()
    Contact.objects.filter(user=technical_contact).update(ends_at=NOON + DAY)

    assert not may(fresh(technical_contact), Verb.VIEW, case)


def test_a_record_is_never_changed(case_in, engineer, administrator):
    case = case_in(Status.IN_PROGRESS)

    for person in (engineer, administrator):
        assert not may(person, "change", case.messages.first())
        assert not may(person, "delete", case.events.first())


def test_a_model_without_a_rule_is_a_defect(engineer):
    with pytest.raises(LookupError, match="No permission rule"):
        may(engineer, Verb.VIEW, engineer)
