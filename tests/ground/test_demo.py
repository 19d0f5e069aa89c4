"""The demo: loaded once at a reduced size, a Tuesday morning in Europe, and looked at from all sides."""

import re
import string
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.test import RequestFactory
from freezegun import freeze_time

from accounts.enums import TAKER_ROLES, AbsenceReason, ContactRole, Layer, StaffRole
from accounts.models import Absence, Contact, Holiday, Organization, StaffProfile, SupportCenter, User
from accounts.permissions import may
from accounts.rosters import Roster
from cases.enums import ClosureReason, EventKind, Severity, Status, Verb
from cases.facts import replay
from cases.journal import case_event_recorded
from cases.models import Attachment, Case, CaseEvent, Message
from cases.rehoming import plan
from entitlements.models import Entitlement
from notifications.models import Notification
from sla.clock import state_at
from sla.models import CaseClock, Milestone, Timer
from sla.operations import differences
from supportportal import demo
from supportportal.demo import playing
from supportportal.demo.stories import phrases, stories

pytestmark = pytest.mark.xdist_group("demo")
ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CASES = 100
HALF_HOUR = timedelta(minutes=30)


class Undo(Exception):
    """Ends a transaction whose effects nobody needs any more."""


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The demo as of `NOW`, once for the tests of this file that only look at it."""
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                with freeze_time(NOW):
                    playing.load(NOW, cases=CASES, say=lambda words: None)
                yield
                raise Undo
        except Undo:
            assert not Organization.objects.exists()


@pytest.fixture
def played(loaded, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def cases() -> list[Case]:
    return list(Case.objects.order_by("received_at", "subject"))


# What there is to see


def test_the_demo_has_as_many_cases_as_were_asked_for(played):
    assert Case.objects.count() == CASES


def test_every_status_and_every_severity_is_there(played):
    assert set(Case.objects.values_list("status", flat=True)) == set(Status)
    assert set(Case.objects.values_list("severity", flat=True)) == set(Severity)


def test_cases_closed_for_every_reason(played):
    closed = Case.objects.filter(status=Status.CLOSED)

    assert set(closed.values_list("closure_reason", flat=True)) == set(ClosureReason)


def test_every_kind_of_fact_happened(played):
    elsewhere = {  # told in stories, or what the demo's rosters leave no room for
        EventKind.HANDOVER_KEPT,
        EventKind.ESCALATED,
        EventKind.ESCALATION_ACKNOWLEDGED,
        EventKind.CALL_BACK_REQUESTED,
    }

    assert set(CaseEvent.objects.values_list("kind", flat=True)) == set(EventKind) - elsewhere


def test_clocks_stand_in_every_state(played):
    states = {str(state_at(one, NOW)) for one in Milestone.objects.all()}

    assert states == {"running", "soon", "breached", "met", "late", "paused", "stopped"}


def test_the_desk_is_alive(played):
    soon = CaseClock.objects.filter(due_at__gt=NOW, due_at__lte=NOW + timedelta(hours=2))
    missed = CaseClock.objects.filter(due_at__lt=NOW)

    assert soon.count() >= 5
    assert missed.count() >= 2


def test_most_promises_were_kept(played):
    answered = Milestone.objects.exclude(met_at=None)
    in_time = sum(one.breached_at is None for one in answered)

    assert 0.8 < in_time / answered.count() < 0.99


def test_a_severity_one_is_worked_on_before_it_is_verified(played):
    provisional = [
        case
        for case in Case.objects.filter(severity=Severity.ONE)
        if [fact.kind for fact in case.events.log()][1:2] == [EventKind.ASSIGNED]
    ]

    assert provisional


def test_proposals_of_both_sides_wait_for_an_answer(played):
    waiting = [case.state for case in Case.objects.open() if case.proposed_severity and not case.severity_agreed_at]

    assert any(state.proposed > state.requested for state in waiting)
    assert any(state.requested < state.proposed for state in waiting)


def test_partners_and_telephone_open_cases_too(played):
    assert Case.objects.filter(channel="phone", opened_by__staff__role=StaffRole.CUSTOMER_SERVICE).exists()
    idris = User.objects.get(email="idris.fenwick@corvane.example")
    assert Case.objects.filter(opened_by=idris).values("organization").distinct().count() == 2


def test_entitlements_are_in_every_situation(played):
    outcomes = {case.verdict["outcome"] for case in cases()}
    today = NOW.date()

    assert outcomes == {"entitled", "unclear", "not_entitled"}
    assert Entitlement.objects.filter(ends_on__lt=today).exists()
    assert Entitlement.objects.filter(starts_on__gt=today).exists()


def test_customers_sit_in_three_regions_and_nine_zones(played):
    assert Counter(Organization.objects.values_list("region", flat=True)) == {"americas": 3, "emea": 3, "apj": 3}
    assert Organization.objects.values("zone").distinct().count() == 9
    assert set(Holiday.objects.values_list("country", flat=True)) >= {
        "GB",
        "DE",
        "NO",
        "CA",
        "US",
        "BR",
        "AU",
        "IN",
        "JP",
    }


def test_all_roles_are_played(played):
    assert set(StaffProfile.objects.values_list("role", flat=True)) == set(StaffRole)
    assert {role for one in Contact.objects.all() for role in one.roles} == set(ContactRole)
    assert set(Absence.objects.values_list("reason", flat=True)) <= set(AbsenceReason)
    assert Contact.objects.filter(sees="own").exists()
    assert Contact.objects.filter(ends_at__lt=NOW).exists()
    assert Contact.objects.filter(roles__contains=["third_party"], liability_accepted_at=None).exists()


@pytest.mark.clause("C-STF-08")
def test_some_cases_are_about_a_linux_that_some_engineer_knows(played):
    asked = {flavor for flavor in Case.objects.values_list("linux_flavor", flat=True).distinct() if flavor}
    skills = StaffProfile.objects.filter(role__in=TAKER_ROLES).values_list("skills", flat=True)

    assert len(asked) >= 3
    assert asked <= {skill for some in skills for skill in some}
    assert Case.objects.filter(linux_flavor="").exists()


@pytest.mark.clause("C-RAS-01")
def test_somebody_is_about_to_go_away_and_hand_over_to_a_substitute(played):
    absence = Absence.objects.get(hands_over=True)

    moves = plan(absence, absence.starts_at)

    assert absence.starts_at > NOW
    assert [move for move in moves if move.case.severity > Severity.ONE]
    assert {move.taker for move in moves if move.case.severity > Severity.ONE} == {absence.substitute}


@pytest.mark.clause("C-SCP-05", "C-COV-01")
def test_an_engineer_and_every_manager_are_on_call_at_any_time(played):
    first = NOW - timedelta(days=90)
    roster = Roster.between(first, NOW + timedelta(days=60))
    regions = ("americas", "emea", "apj")
    alone = [
        at
        for at in (first + step * 5 * HALF_HOUR for step in range(150 * 48 // 5))
        if not roster.on_call(Layer.ENGINEER, "emea", at)
        or not all(roster.on_call(Layer.MANAGER, region, at) for region in regions)
    ]

    assert alone == []


@pytest.mark.clause("C-FTS-01")
def test_the_shifts_of_the_centers_cover_every_weekday_hour(played):
    roster = Roster.between(NOW, NOW + timedelta(days=400))
    regions = list(SupportCenter.objects.values_list("region", flat=True))
    hours = (NOW + timedelta(days=3 * day) + step * HALF_HOUR for day in range(122) for step in range(48))
    weekdays = [at for at in hours if at.weekday() in range(1, 4)]  # Monday and Friday are weekend somewhere

    assert [at for at in weekdays if not any(roster.on_shift(region, at) for region in regions)] == []


# That it is true


def test_every_case_is_what_its_log_folds_to(played):
    for case in cases():
        assert replay(case.events.log()) == case.state


def test_clocks_and_timers_are_what_the_logs_say(played):
    assert differences(cases()) == []


def test_facts_are_in_order_and_none_lies_in_the_future(played):
    for case in cases():
        moments = [fact.at for fact in case.events.log()]
        assert moments == sorted(moments)
        assert case.received_at <= moments[0]
        assert moments[-1] <= NOW


def test_nothing_is_left_for_the_next_sweep(played):
    assert not Timer.objects.due(NOW).exists()


def test_what_the_sweep_recorded_carries_the_moment_of_its_timer(played):
    breaches = CaseEvent.objects.filter(kind=EventKind.FIRST_RESPONSE_BREACHED)

    assert breaches
    for breach in breaches:
        assert breach.at - datetime.fromisoformat(breach.data["due_at"]) == timedelta(microseconds=1)


AFTER_CLOSING = timedelta(minutes=3)


def test_staff_write_in_their_shifts_unless_production_stands_still(played):
    roster = Roster.between(NOW - timedelta(days=90), NOW)
    urgent = CaseEvent.objects.filter(kind=EventKind.RECEIVED, data__requested=1).values("case")
    letters = Message.objects.filter(author__staff__isnull=False).exclude(case__in=urgent)
    outside = [
        letter
        for letter in letters.select_related("author__staff__center")
        if not any(
            roster.on_shift(letter.author.staff.center.region_id, at, set(StaffRole))
            for at in (letter.at, letter.at - AFTER_CLOSING)
        )
    ]

    assert outside == []


def test_customers_mostly_write_on_their_working_days(played):
    letters = Message.objects.filter(author__staff=None).exclude(case__severity=Severity.ONE)
    days = Counter(
        one.case.calendar.is_business_day(local_day(one)) for one in letters.select_related("case__calendar")
    )

    assert days[True] / days.total() > 0.95


def local_day(message: Message) -> date:
    return message.at.astimezone(ZoneInfo(message.case.zone)).date()


@pytest.mark.clause("C-CLS-05")
def test_nobody_is_given_up_before_three_attempts(played):
    silent = Case.objects.filter(closure_reason=ClosureReason.NO_RESPONSE)

    assert silent
    for case in silent:
        attempts = [fact for fact in case.events.log() if fact.kind is EventKind.CONTACT_ATTEMPTED]
        assert len({fact.at.date() for fact in attempts}) >= 3
        assert {fact.data["channel"] for fact in attempts} == {"email", "phone"}


@pytest.mark.clause("C-RPN-02")
def test_what_came_back_too_late_is_a_new_case(played):
    for case in Case.objects.exclude(follows=None).select_related("follows__calendar"):
        assert case.received_at >= case.follows.reopenable_until


def test_people_are_told_of_the_last_two_days_only(played):
    assert Notification.objects.filter(channel="email", state="pending").exists()
    assert not Notification.objects.filter(event__at__lt=NOW - playing.NEWS).exists()


def test_the_log_is_followed_again_afterwards(played):
    following = {str(receiver) for receiver in case_event_recorded._live_receivers(CaseEvent)[0]}

    assert len(following) == 2
    assert not any("Backstage" in one for one in following)


# What is read


def test_no_customer_tells_the_same_story_twice(played):
    told = Counter(Case.objects.filter(follows=None).values_list("organization", "subject"))

    assert max(told.values()) == 1


def test_no_text_shows_a_seam(played):
    texts = [
        *Message.objects.values_list("body", flat=True),
        *Case.objects.values_list("subject", flat=True),
        *Case.objects.values_list("problem", flat=True),
        *Case.objects.values_list("resolution", flat=True),
    ]

    assert [text for text in texts if "{" in text or "}" in text or " ," in text] == []


def test_customers_send_logs_along(played):
    one = Attachment.objects.filter(name__endswith=".log").first()

    assert one is not None
    assert one.size == len(one.file.read()) > 1000


def test_there_are_more_stories_than_one_customer_needs():
    assert len(stories()) >= 40
    assert len({story.key for story in stories()}) == len(stories())


def test_phrases_name_only_what_is_known():
    known = {"customer", "engineer", "company", "severity", "subject", "pool", "host"}
    used = {
        name
        for speaker in ("customer", "engineer", "service")
        for occasion in read_occasions(speaker)
        for text in phrases(speaker, occasion)
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }

    assert used <= known


def read_occasions(speaker: str) -> list[str]:
    return list(tomllib.loads((ROOT / "supportportal/demo/phrases.toml").read_text())[speaker])


# Signing in


def test_everybody_to_sign_in_as_exists_and_can(played):
    for login in demo.logins():
        user = authenticate(RequestFactory().post("/"), email=login.email, password=login.password)
        assert user == User.objects.get(email=login.email)
        assert user.emailaddress_set.get().verified


def test_all_share_one_hash_so_that_it_is_made_once(played):
    (hashed,) = set(User.objects.values_list("password", flat=True))

    assert check_password(demo.PASSWORD, hashed)


@freeze_time(NOW)  # rights are read by the clock
def test_each_login_has_something_to_do(played):
    by_role = {login.role: User.objects.get(email=login.email) for login in demo.logins()}

    assert Case.objects.visible_to(by_role["Technical contact"]).filter(status=Status.CLOSURE_PROPOSED).exists()
    assert Case.objects.open().filter(owner=by_role["Support engineer"]).count() >= 3
    everything = Case.objects.visible_to(by_role["Technical contact"]).count()
    assert 0 < Case.objects.visible_to(by_role["Sees own cases only"]).count() < everything
    assert not Case.objects.visible_to(by_role["Renewal contact"]).exists()
    assert len(by_role["Partner of two customers"].standings) == 2


@freeze_time(NOW)
def test_a_right_that_has_ended_is_gone(played):
    contact = Contact.objects.get(user__email="sunniva.larkhall@corvane.example")

    assert Case.objects.filter(contact=contact).exists()
    assert not Case.objects.visible_to(contact.user).exists()
    assert not may(contact.user, Verb.OPEN, contact.organization)


def test_the_readme_lists_everybody_to_sign_in_as():
    listed = re.findall(r"^\| (.+) \| `(\S+@\S+)` \| (.+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert listed == [(login.role, login.email, login.try_first) for login in demo.logins()]


def test_the_password_stands_in_the_demo_and_the_readme_only():
    grep = subprocess.run(["git", "grep", "-l", demo.PASSWORD], cwd=ROOT, capture_output=True, text=True, check=False)

    assert set(grep.stdout.split()) <= {"supportportal/demo/__init__.py", "README.md"}
