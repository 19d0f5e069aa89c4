"""Who stands for whom, who is on call, who is away."""

from datetime import UTC, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import AbsenceReason, ContactRole, Layer, StaffRole, Worded
from accounts.models import (
    Absence,
    Contact,
    OnCall,
    Region,
    Shift,
    StaffProfile,
    User,
    validate_zone,
)
from accounts.rosters import Roster, is_away, is_on_shift
from accounts.standing import Standing, in_force, may_open_cases, works_on_cases
from cases.enums import ActorRole, Status
from tests.cast import DAY, HOUR, NOON, contact_of, make_staff


def standing(*roles: ContactRole, starts_at=None, ends_at=None, accepted=NOON, active=True) -> Standing:
    return Standing("Granite Harbor Energy", roles, starts_at, ends_at, accepted, active)


@pytest.mark.clause("C-PAR-05", "C-PAR-06")
@pytest.mark.parametrize(
    ("contact", "allowed", "reason"),
    [
        (standing(ContactRole.TECHNICAL), True, "A contact of Granite Harbor Energy."),
        (standing(ContactRole.TECHNICAL, accepted=None), True, "A contact of Granite Harbor Energy."),
        (standing(ContactRole.THIRD_PARTY, starts_at=NOON), True, "A contact of Granite Harbor Energy."),
        (standing(ContactRole.THIRD_PARTY, starts_at=NOON + HOUR), False, "has not begun yet."),
        (standing(ContactRole.THIRD_PARTY, ends_at=NOON), False, "has ended."),
        (standing(ContactRole.THIRD_PARTY, ends_at=NOON + HOUR), True, "A contact of Granite Harbor Energy."),
        (standing(ContactRole.THIRD_PARTY, accepted=None), False, "has not accepted liability for this third party"),
        (standing(ContactRole.TECHNICAL, active=False), False, "This account is switched off."),
    ],
)
def test_a_contact_is_in_force_from_its_start_until_just_before_its_end(contact, allowed, reason):
    decision = in_force(contact, NOON)

    assert decision.allowed is allowed
    assert reason in decision.reason


@pytest.mark.clause("C-CON-01", "C-CON-06", "C-PAR-01")
@pytest.mark.parametrize(
    ("roles", "works"),
    [
        ([ContactRole.TECHNICAL], True),
        ([ContactRole.THIRD_PARTY], True),
        ([ContactRole.RENEWAL], False),
        ([ContactRole.CONTRACT], False),
        ([ContactRole.RENEWAL, ContactRole.TECHNICAL], True),
        ([], False),
    ],
)
def test_technical_contacts_and_third_parties_work_on_cases(roles, works):
    assert bool(works_on_cases(standing(*roles))) is works
    assert bool(may_open_cases(standing(*roles), NOON)) is works
    assert not may_open_cases(standing(*roles, ends_at=NOON), NOON)


instants = st.one_of(st.none(), st.sampled_from([NOON - HOUR, NOON, NOON + HOUR]))


@given(
    starts_at=instants,
    ends_at=instants,
    accepted=instants,
    active=st.booleans(),
    role=st.sampled_from(ContactRole),
    at=st.sampled_from([NOON - HOUR, NOON, NOON + HOUR]),
)
def test_the_query_and_the_rule_agree_on_who_is_in_force(
    django_db_blocker, django_db_setup, starts_at, ends_at, accepted, active, role, at
):
    with django_db_blocker.unblock(), transaction.atomic():
        person = User.objects.create_user("somebody@example.com", "Somebody", is_active=active)
        contact = Contact.objects.create(
            user=person,
            organization=Region.objects.get(code="emea").organizations.create(org_id="ORG-1", name="One"),
            roles=[role],
            starts_at=starts_at,
            ends_at=ends_at,
            liability_accepted_at=accepted,
        )

        assert Contact.objects.in_force(at).contains(contact) == bool(in_force(contact.standing, at))
        transaction.set_rollback(True)


def test_a_third_party_holds_no_other_role(third_party, aberdeen):
    contact = contact_of(third_party, aberdeen)
    contact.roles = [ContactRole.THIRD_PARTY, ContactRole.RENEWAL]

    with pytest.raises(IntegrityError, match="third_party_has_no_other_role"), transaction.atomic():
        contact.save()


def test_colleagues_see_each_other_and_a_third_party_sees_itself(
    technical_contact, renewal_contact, third_party, tokyo_contact, aberdeen
):
    def seen(person):
        return set(Contact.objects.visible_to(person).values_list("user__name", flat=True))

    assert seen(renewal_contact) == {technical_contact.name, renewal_contact.name, third_party.name}
    assert seen(third_party) == {third_party.name}
    assert seen(tokyo_contact) == {tokyo_contact.name, third_party.name}


def test_nobody_is_both_staff_and_a_contact(engineer, technical_contact, third_party, aberdeen):
    contact = Contact(user=engineer, organization=aberdeen, roles=[ContactRole.TECHNICAL])
    profile = StaffProfile(user=technical_contact, role=StaffRole.SUPPORT_ENGINEER)

    for row in (contact, profile):
        with pytest.raises(ValidationError, match="staff and customers stay apart"):
            row.clean()
        with pytest.raises(IntegrityError, match="both staff and a contact"), transaction.atomic():
            row.save()
    with pytest.raises(IntegrityError, match="both staff and a contact"), transaction.atomic():
        Contact.objects.filter(user=third_party).update(user=engineer)


def test_an_address_belongs_to_one_person_however_it_is_written(technical_contact):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(technical_contact.email.upper(), "Somebody Else")

    assert User.objects.get_by_natural_key(technical_contact.email.upper()) == technical_contact


def test_an_address_is_looked_up_by_its_index(technical_contact):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert "one_user_per_email" in User.objects.with_email("Isla.Reid@example.com").explain()


def test_the_back_office_is_for_the_role_of_an_administrator(administrator, support_manager, technical_contact):
    assert [person.is_staff for person in (administrator, support_manager, technical_contact)] == [True, False, False]


def test_an_absence_covers_its_start_and_not_its_end(engineer, second_engineer):
    Absence.objects.create(user=engineer, reason=AbsenceReason.SICK, starts_at=NOON, ends_at=NOON + DAY)

    moments = [NOON - HOUR, NOON, NOON + DAY - HOUR, NOON + DAY]
    assert [Roster.between(at, at).is_available(engineer.pk, at) for at in moments] == [True, False, False, True]
    assert [is_away(engineer.profile, at) for at in moments] == [False, True, True, False]
    assert Roster.between(NOON, NOON).is_available(second_engineer.pk, NOON)


def test_a_center_is_staffed_in_its_shifts_by_its_own_clock(emea_center, engineer, engineering):
    Shift.objects.create(center=emea_center, weekday=2, opens=time(9), closes=time(17))
    Shift.objects.create(center=emea_center, weekday=3, opens=time(16), closes=time(0))

    hours = [datetime(2026, 7, day, hour, tzinfo=UTC) for day, hour in [(1, 7), (1, 8), (1, 15), (1, 16), (2, 22)]]
    roster = Roster.between(hours[0], hours[-1])
    assert [is_on_shift(engineer.profile, at) for at in hours] == [False, True, True, False, True]
    assert [roster.on_shift("emea", at) for at in hours] == [[], [engineer.pk], [engineer.pk], [], [engineer.pk]]
    assert not is_on_shift(engineering.profile, hours[1])
    Absence.objects.create(user=engineer, reason=AbsenceReason.SICK, starts_at=hours[1], ends_at=hours[2])
    assert [is_on_shift(engineer.profile, at) for at in hours[1:3]] == [False, True]


@pytest.fixture
def manager_in_tokyo(db):
    return make_staff("Yuki Tanaka", StaffRole.SUPPORT_MANAGER)


def on_duty(user, region: str | None, **given) -> OnCall:
    entry = {"duty": Layer.MANAGER, "starts_at": NOON, "ends_at": NOON + DAY} | given
    return OnCall.objects.create(user=user, region_id=region, **entry)


def managers_on_call(region: str | None, at: datetime) -> list[int]:
    return Roster.between(at, at).on_call(Layer.MANAGER, region, at)


def test_the_regions_roster_comes_before_the_worldwide_one(support_manager, manager_in_tokyo):
    on_duty(support_manager, None)
    on_duty(manager_in_tokyo, "apj")

    assert managers_on_call("apj", NOON) == [manager_in_tokyo.pk]
    assert managers_on_call("emea", NOON) == managers_on_call(None, NOON) == [support_manager.pk]
    assert Roster.between(NOON, NOON).on_call(Layer.ENGINEER, "apj", NOON) == []


def test_who_is_away_or_off_or_not_on_yet_is_not_called(support_manager, manager_in_tokyo):
    on_duty(support_manager, None)
    on_duty(manager_in_tokyo, "apj")
    Absence.objects.create(user=manager_in_tokyo, reason=AbsenceReason.SICK, starts_at=NOON, ends_at=NOON + HOUR)

    assert managers_on_call("apj", NOON) == [support_manager.pk]
    assert managers_on_call("apj", NOON + HOUR) == [manager_in_tokyo.pk]
    assert managers_on_call(None, NOON - HOUR) == managers_on_call(None, NOON + DAY) == []
    User.objects.update(is_active=False)
    assert managers_on_call(None, NOON) == []


@pytest.mark.parametrize("name", ["Europe/London", "Asia/Kolkata", "UTC"])
def test_named_zones_are_right(name):
    validate_zone(name)


@pytest.mark.parametrize(
    "name", ["Etc/GMT+2", "Etc/UTC", "GMT+2", "EST", "Europe/Atlantis", "../../etc/passwd", "", "\x00"]
)
def test_anything_else_is_no_zone(name):
    with pytest.raises(ValidationError):
        validate_zone(name)


def test_every_staff_role_can_act_on_a_case():
    assert {role.value for role in StaffRole} <= {role.value for role in ActorRole}


@pytest.mark.parametrize("words", [ContactRole, StaffRole, Status], ids=lambda words: words.__name__)
def test_words_are_values_with_labels(words: type[Worded]):
    assert words.choices() == [(one.value, one.label) for one in words]
    assert all(words(one.value) is one and one.label for one in words)
