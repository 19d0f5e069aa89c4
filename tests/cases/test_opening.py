"""Opening a case: by whom, for whom, and what it holds from then on."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from accounts.enums import LinuxFlavor
from accounts.models import FrozenCalendar, Holiday, User
from cases import numbers, operations
from cases.enums import Channel, Severity, Status, Turn
from cases.models import Case
from cases.operations import AlreadyDone, Form
from entitlements.models import Entitlement, Product
from tests.cast import DAY, HOUR, NOON, PHONE, contact_of, facts, fresh, kinds, refused


@pytest.mark.clause("C-LIF-01", "C-CHN-01")
def test_a_case_opened_on_the_web_has_its_number_and_its_receipt_at_once(open_case, technical_contact, aberdeen):
    case = open_case(at=NOON, severity=Severity.TWO)

    assert numbers.normalize(case.number) == case.number
    assert (case.received_at, case.channel, case.status, case.turn) == (NOON, "web", "received", "support")
    assert kinds(case) == ["received"]
    message = case.messages.get()
    assert facts(case, "received") == [
        {"requested": 2, "channel": "web", "received_at": NOON.isoformat(), "message": message.pk, "phone": PHONE}
    ]
    assert message.author == technical_contact
    assert message.body.startswith("Since Monday")


@pytest.mark.clause("C-STF-08")
@pytest.mark.parametrize(("told", "kept"), [(LinuxFlavor.UBUNTU, "linux:ubuntu"), (None, "")])
def test_a_case_keeps_the_linux_that_it_is_about(open_case, told, kept):
    open_case(linux_flavor=told)

    assert Case.objects.get().linux_flavor == kept


@pytest.mark.clause("C-STF-03")
def test_every_new_case_is_with_customer_service_first(open_case):
    assert [open_case(severity=severity).status for severity in Severity] == [Status.RECEIVED] * 4


@pytest.mark.clause("C-CHN-01")
def test_customer_service_opens_a_case_for_a_caller_as_of_the_start_of_the_call(
    open_case, customer_service, technical_contact, aberdeen
):
    case = open_case(
        by=customer_service,
        contact=contact_of(technical_contact, aberdeen),
        channel=Channel.PHONE,
        received_at=NOON - timedelta(minutes=7),
        at=NOON,
    )

    assert (case.contact.user, case.opened_by, case.channel) == (technical_contact, customer_service, "phone")
    assert case.received_at == NOON - timedelta(minutes=7)
    assert case.events.get().role == "customer_service"


@pytest.mark.parametrize("received_at", [NOON + timedelta(seconds=1), NOON - DAY - timedelta(seconds=1)])
def test_a_call_cannot_have_begun_later_than_now_or_days_ago(open_case, received_at):
    with refused("receipt_out_of_range"):
        open_case(received_at=received_at, at=NOON)


def test_customer_service_must_say_whom_support_will_talk_to(open_case, customer_service):
    with refused("contact_missing"):
        open_case(by=customer_service)


def test_the_contact_is_one_of_the_organization(open_case, customer_service, tokyo_contact, tokyo):
    with refused("contact_missing"):
        open_case(by=customer_service, contact=contact_of(tokyo_contact, tokyo))


@pytest.mark.clause("C-CON-01")
@pytest.mark.parametrize(
    "who", ["renewal_contact", "contract_administrator", "tokyo_contact", "stranger", "engineer", "administrator"]
)
def test_only_technical_contacts_third_parties_and_intake_open_cases(request, open_case, who):
    with pytest.raises(PermissionDenied):
        open_case(by=request.getfixturevalue(who))

    assert not Case.objects.exists()


@pytest.mark.clause("C-PAR-03", "C-PAR-04")
def test_what_a_third_party_opens_belongs_to_the_customer_and_says_for_whom(open_case, third_party, aberdeen, tokyo):
    for_aberdeen, for_tokyo = open_case(by=third_party), open_case(tokyo, by=third_party)

    assert [case.organization for case in (for_aberdeen, for_tokyo)] == [aberdeen, tokyo]
    for case in (for_aberdeen, for_tokyo):
        event, message = case.events.get(), case.messages.get()
        assert (event.by, event.role, event.acting_for) == (third_party, "third_party", case.organization)
        assert (message.author, message.role, message.acting_for) == (third_party, "third_party", case.organization)


@pytest.mark.clause("C-FTS-03")
def test_the_customers_place_rules_the_case_whoever_opens_it(open_case, third_party, tokyo):
    case = open_case(tokyo, by=third_party)

    assert (case.zone, case.calendar.place) == ("Asia/Tokyo", "Tokyo")


@pytest.mark.clause("C-PAR-04")
def test_a_third_party_without_a_grant_of_the_organization_opens_nothing(open_case, third_party, new_york):
    with pytest.raises(PermissionDenied):
        open_case(new_york, by=third_party)


@pytest.mark.clause("C-SLA-01")
@pytest.mark.parametrize("severity", [Severity.ONE, 1])
def test_severity_1_on_the_web_needs_a_telephone_number(open_case, severity):
    with refused("phone_missing"):
        open_case(severity=severity, phone="  ")

    assert open_case(severity=severity, phone=PHONE).severity == Severity.ONE


def test_a_contacts_own_telephone_number_stands_in_for_a_missing_one(open_case, technical_contact):
    User.objects.filter(pk=technical_contact.pk).update(phone=PHONE)

    assert open_case(by=fresh(technical_contact), severity=Severity.ONE, phone="").phone == PHONE


def test_a_customer_opens_cases_only_for_what_support_was_bought_for(open_case):
    other = Product.objects.create(code="other", name="Other Product", versions=["1"])

    with refused("never_entitled"):
        open_case(product=other)


@pytest.mark.clause("C-STF-05")
def test_an_ended_entitlement_goes_to_customer_service_rather_than_to_a_refusal(open_case, entitlement):
    Entitlement.objects.filter(pk=entitlement.pk).update(ends_on=NOON.date() - DAY)

    case = open_case()

    assert (case.status, case.verdict["outcome"], case.entitlement) == (Status.RECEIVED, "unclear", None)
    assert f"{entitlement.reference} ended on 3 Mar 2026, 1 day ago." in [one["text"] for one in case.verdict["checks"]]


def test_customer_service_takes_in_a_call_about_something_never_bought(
    open_case, customer_service, technical_contact, aberdeen
):
    other = Product.objects.create(code="other", name="Other Product", versions=["1"])

    case = open_case(by=customer_service, contact=contact_of(technical_contact, aberdeen), product=other)

    assert case.verdict["outcome"] == "not_entitled"


@pytest.mark.clause("C-DOC-01", "C-FTS-03")
def test_a_case_keeps_the_plan_and_the_calendar_of_its_receipt(open_case, entitlement):
    case = open_case()
    Holiday.objects.create(country="GB", on=NOON.date() + DAY, name="Closed for a move")

    later = open_case(at=NOON + HOUR)

    kept = Case.objects.get(pk=case.pk)
    assert (str(kept.plan_version), kept.entitlement) == ("Standard Support, version 1", entitlement)
    assert "2026-03-05" not in kept.calendar.holidays
    assert later.calendar.holidays["2026-03-05"] == "Closed for a move"


def test_two_cases_with_the_same_hours_share_one_calendar(open_case):
    open_case()
    open_case(at=NOON + HOUR)

    assert FrozenCalendar.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("subject", "   ", "subject_missing"),
        ("subject", "x" * 201, "subject_too_long"),
        ("description", "\n", "body_missing"),
        ("description", "x" * 100_001, "body_too_long"),
        ("phone", "1" * 41, "phone_too_long"),
        ("version", "8" * 41, "version_too_long"),
    ],
)
def test_wrong_text_is_refused_before_anything_is_written(open_case, field, value, code):
    with refused(code):
        open_case(**{field: value})

    assert not Case.objects.exists()


def test_what_the_database_cannot_store_is_left_out(open_case):
    case = open_case(subject="a\x00b\ud800c")

    assert Case.objects.get(pk=case.pk).subject == "abc"


def test_a_form_sent_twice_opens_one_case(open_case):
    form = Form(submission=uuid4())
    case = open_case(form=form)

    with pytest.raises(AlreadyDone) as caught:
        open_case(form=form)

    assert caught.value.case == case
    assert Case.objects.count() == 1


def test_two_people_may_send_forms_of_the_same_id(open_case, technical_contact, own_sight_contact):
    form = Form(submission=uuid4())

    assert open_case(form=form, by=technical_contact) != open_case(form=form, by=own_sight_contact)


def test_a_number_that_is_taken_is_drawn_again(open_case, monkeypatch):
    drawn = iter([12_345_678, 12_345_678, 12_345_678, 0])
    monkeypatch.setattr("cases.numbers.secrets.randbelow", lambda _: next(drawn))

    first, second = open_case(), open_case()

    assert [first.number, second.number] == ["123-456-786", "000-000-000"]


def test_a_case_may_refer_to_an_older_one_of_the_same_organization(open_case, case_in):
    old = case_in(Status.IN_PROGRESS)

    new = open_case(severity=Severity.ONE, follows=old)

    assert new.follows == old
    assert facts(old, "followed_on") == [{"number": new.number}]


def test_a_case_never_refers_to_one_that_its_opener_cannot_see(open_case, tokyo, tokyo_contact, own_sight_contact):
    foreign, unseen = open_case(tokyo, by=tokyo_contact), open_case()

    with pytest.raises(PermissionDenied):
        open_case(follows=foreign)
    with pytest.raises(PermissionDenied):
        open_case(by=own_sight_contact, follows=unseen)

    assert Case.objects.count() == 2


def test_an_instant_without_a_zone_is_a_defect_of_the_caller(case_in, engineer):
    with pytest.raises(ValueError, match="aware"):
        operations.reply(case_in(Status.IN_PROGRESS), "Hello.", by=engineer, at=NOON.replace(tzinfo=None))


def test_the_first_move_is_supports_from_the_receipt_on(open_case):
    case = open_case()

    assert (case.turn, case.turn_since_at) == (Turn.SUPPORT, NOON)
