"""A storm of deadlines is one mail to a person, and no miss is told twice."""

from datetime import time, timedelta

import pytest
from django.db import transaction

from accounts.enums import AbsenceReason, Layer, MailState, StaffRole
from accounts.models import Absence, Region, Shift, SupportCenter, User
from cases import journal
from cases.enums import EventKind, Severity, Status
from cases.journal import Entry
from cases.models import Case, CaseEvent
from notifications.enums import Channel, Template
from notifications.models import GATHERED_FOR, Digest, Notification
from notifications.operations import deliver_due
from sla.operations import sweep_due
from tests.cast import DAY, HOUR, MINUTE, NOON, make_staff
from tests.notifications.conftest import put_on_call
from tests.sla.crowds import received_with

SECOND = timedelta(seconds=1)
DUE_AT = NOON + 2 * HOUR  # of a case of severity 2 received at noon


@pytest.fixture
def storm(open_case, emea_shift, engineer):
    """So many cases of severity 2, all received at noon; Lena is the one engineer at work."""

    def make(count: int) -> list[Case]:
        first = open_case(severity=Severity.TWO)
        return [first, *received_with(first, count - 1)]

    return make


def bodies(mail_server, user: User) -> list[str]:
    return [mail.get_body(("plain",)).get_content() for mail in mail_server.to(user)]


def deliver_all(at) -> None:
    while deliver_due(at):
        pass


def test_a_burst_of_warnings_is_one_mail_to_one_person(storm, engineer, mail_server):
    cases = storm(60)
    sweep_due(NOON + HOUR)

    deliver_all(NOON + HOUR + GATHERED_FOR)

    (mail,) = mail_server.to(engineer)
    assert mail["Subject"] == "Deadlines: 60 due soon"
    text = mail.get_body(("plain",)).get_content()
    assert "The first 50 of 60:" in text
    assert (
        f"{cases[0].number} {cases[0].subject}, severity 2: first response, 50 % used, due by Wed 4 Mar 2026, 14:00 GMT"
        in text
    )
    assert f"http://127.0.0.1:8000/cases/{cases[0].number}/" in text


def test_every_notice_of_a_digest_is_shown_in_the_portal_and_has_the_fate_of_the_mail(storm, engineer, mail_server):
    storm(5)
    sweep_due(NOON + HOUR)
    at = NOON + HOUR + GATHERED_FOR

    deliver_all(at)

    told = Notification.objects.filter(recipient=engineer)
    assert told.filter(channel=Channel.IN_APP).count() == 5
    mails = told.filter(channel=Channel.EMAIL).values_list("state", "sent_at", "message_id")
    assert set(mails) == {(MailState.SENT, at, Digest.objects.get().message_id)}


def test_the_first_notice_waits_seconds_and_the_next_digest_a_minute(open_case, emea_shift, engineer, mail_server):
    for number in range(4):
        open_case(severity=Severity.TWO, at=NOON + 10 * number * SECOND)
    begun = NOON + HOUR

    sent = []
    for second in range(90):
        at = begun + second * SECOND
        sweep_due(at)
        sent += [second] * deliver_due(at)

    assert [second for second in sent if second] == [3, 63]
    assert [mail["Subject"][:9] for mail in mail_server.to(engineer)][1:] == ["Deadlines"]


def test_a_single_notice_is_the_mail_of_its_case(storm, engineer, mail_server):
    (case,) = storm(1)
    sweep_due(NOON + HOUR)

    deliver_all(NOON + HOUR + GATHERED_FOR)

    (mail,) = mail_server.to(engineer)
    assert mail["Subject"] == f"[{case.number}] {case.subject}"
    assert mail["References"] == f"<case-{case.number}@portal.example>"


def test_after_an_outage_all_that_is_late_is_told_in_one_digest_in_order(
    open_case, emea_shift, engineer, support_manager, mail_server
):
    """Nothing ran from noon to four: misses first, then what is still to be kept, each by when it fell due."""
    missed = [open_case(severity=Severity.TWO, at=NOON - minutes * MINUTE) for minutes in (10, 30, 20)]
    warned = open_case(severity=Severity.THREE, at=NOON - HOUR)
    put_on_call(support_manager, Layer.MANAGER)

    sweep_due(NOON + 4 * HOUR)
    deliver_all(NOON + 4 * HOUR + GATHERED_FOR)

    (text,) = bodies(mail_server, engineer)
    named = [line.split()[1] for line in text.splitlines() if line.startswith("- ")]
    assert named == [missed[1].number, missed[2].number, missed[0].number, warned.number]
    assert "due by Wed 4 Mar 2026, 13:30 GMT, noticed only at Wed 4 Mar 2026, 16:00 GMT" in text
    assert text.splitlines()[0] == "Deadlines: 3 late, 1 due soon"
    assert len(bodies(mail_server, support_manager)) == 1


def test_a_fact_that_is_late_is_stamped_with_the_moment_it_fell_due(storm):
    storm(1)

    sweep_due(NOON + HOUR)
    sweep_due(NOON + 5 * HOUR)

    facts = CaseEvent.objects.exclude(kind=EventKind.RECEIVED).order_by("seq")
    assert [(fact.at, fact.data["fell_due_at"]) for fact in facts] == [
        (NOON + HOUR, (NOON + HOUR).isoformat()),
        (NOON + 5 * HOUR, (DUE_AT + timedelta.resolution).isoformat()),
    ]


def breach(case: Case, due_at) -> None:
    with transaction.atomic():
        locked = Case.objects.locked(case.pk)
        data = {"cycle": 1, "due_at": due_at.isoformat()}
        journal.record([Entry(locked, EventKind.FIRST_RESPONSE_BREACHED, NOON + 3 * HOUR, data=data)])


def test_a_miss_is_told_once_to_each_person_however_often_it_is_recorded(case_in, engineer):
    """A due moment may move after the miss was recorded; the promise is the same, and so is the miss."""
    case = case_in(Status.IN_PROGRESS)

    breach(case, DUE_AT)
    breach(case, DUE_AT + MINUTE)

    told = Notification.objects.filter(recipient=engineer, template=Template.RESPONSE_BREACH)
    assert sorted(told.values_list("channel", flat=True)) == sorted(Channel)


def test_a_digest_to_somebody_who_left_is_dropped_with_all_it_holds(storm, engineer, mail_server):
    storm(3)
    sweep_due(NOON + HOUR)
    User.objects.filter(pk=engineer.pk).update(is_active=False)

    deliver_all(NOON + HOUR + GATHERED_FOR)

    assert mail_server.to(engineer) == []
    mails = Notification.objects.filter(recipient=engineer, channel=Channel.EMAIL)
    assert set(mails.values_list("state", "next_try_at")) == {(MailState.DROPPED, None)}


def test_a_digest_that_was_taken_and_not_noted_is_sent_again_as_it_was(storm, engineer, mail_server, monkeypatch):
    storm(2)
    sweep_due(NOON + HOUR)
    at = NOON + HOUR + GATHERED_FOR
    with monkeypatch.context() as dying:
        dying.setattr(Digest, "settle", lambda *_, **__: False)  # the worker is gone before it can
        deliver_due(at)

    deliver_all(at + MINUTE)
    deliver_all(at + 10 * MINUTE)

    first, again = mail_server.to(engineer)
    assert first["Message-ID"] == again["Message-ID"]
    assert Notification.objects.filter(recipient=engineer, state=MailState.PENDING).count() == 0


# Who is warned


@pytest.fixture
def tokyo_at_work(db) -> User:
    """On shift at every hour, far away."""
    center = SupportCenter.objects.create(
        code="tokyo", name="Tokyo", region=Region.objects.get(code="apj"), zone="Asia/Tokyo", telephone="+81 3 555 0100"
    )
    for weekday in range(7):
        Shift.objects.create(center=center, weekday=weekday, opens=time(0), closes=time(0))
    return make_staff("Aiko Tanaka", StaffRole.SUPPORT_ENGINEER, center=center)


def warn(case: Case, at) -> set[str]:
    with transaction.atomic():
        locked = Case.objects.locked(case.pk)
        data = {"cycle": 1, "share": 50, "due_at": NOON.isoformat()}
        journal.record([Entry(locked, EventKind.FIRST_RESPONSE_WARNED, at, data=data)])
    told = Notification.objects.filter(template=Template.RESPONSE_WARNING, channel=Channel.EMAIL, event__at=at)
    return {one.recipient.name for one in told}


@pytest.mark.parametrize(
    ("hours", "warned"),
    [(1, {"Lena Vogt"}), (7, {"Aiko Tanaka"})],
    ids=["the owner at work", "after the region's hours: who is at work"],
)
def test_warnings_go_to_people_on_shift(case_in, emea_shift, tokyo_at_work, second_engineer, hours, warned):
    case = case_in(Status.IN_PROGRESS)

    assert warn(case, NOON + hours * HOUR) == warned


def test_an_owner_off_shift_leaves_the_warning_to_the_region(case_in, emea_shift, engineer, second_engineer):
    case = case_in(Status.IN_PROGRESS)
    Absence.objects.create(user=engineer, reason=AbsenceReason.HOLIDAY, starts_at=NOON, ends_at=NOON + DAY)

    assert warn(case, NOON + HOUR) == {"Owen Price"}


def test_where_nobody_is_on_shift_the_warning_waits_for_the_owner(case_in, emea_shift, engineer):
    case = case_in(Status.IN_PROGRESS)

    assert warn(case, NOON + 9 * HOUR) == {"Lena Vogt"}
