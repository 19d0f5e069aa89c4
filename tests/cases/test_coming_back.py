"""Reopening within the window, and the new case after it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from accounts.enums import LinuxFlavor
from cases import operations, rules
from cases.enums import Status
from cases.models import Case
from cases.operations import AlreadyDone, Form
from tests.cast import DAY, HOUR, MINUTE, NOON, facts, kinds, refused

# Closed on 4 March in Aberdeen: the 30th day after is 3 April, in summer time.
WINDOW_ENDS = datetime(2026, 4, 3, 23, tzinfo=UTC)


@pytest.mark.clause("C-RPN-01")
def test_a_closed_case_reopens_until_the_end_of_the_thirtieth_day(case_in, technical_contact):
    case = case_in(Status.CLOSED)
    assert case.reopenable_until == WINDOW_ENDS

    case = operations.reopen(case, "It is back.", by=technical_contact, at=WINDOW_ENDS - MINUTE)

    assert (case.status, case.closed_at, case.reopenings, case.reopenable_until) == (Status.IN_PROGRESS, None, 1, None)
    assert (case.problem, case.resolution, case.closure_reason) == ("", "", "")
    assert facts(case, "reopened")[0]["message"] == case.messages.latest("pk").pk


@pytest.mark.clause("C-RPN-01", "C-RPN-02")
def test_at_the_end_of_the_window_a_new_case_is_due(case_in, technical_contact):
    case = case_in(Status.CLOSED)
    before = kinds(case), case.messages.count()

    with refused("reopen_window_over"):
        operations.reopen(case, "It is back.", by=technical_contact, at=WINDOW_ENDS)

    assert (kinds(case), case.messages.count()) == before


@pytest.mark.clause("C-RPN-01")
@pytest.mark.parametrize(
    ("zone", "closed_at", "ends_at"),
    [
        ("Asia/Tokyo", "2026-03-04T14:59+00:00", "2026-04-03T15:00+00:00"),
        ("Asia/Tokyo", "2026-03-04T15:00+00:00", "2026-04-04T15:00+00:00"),
        ("America/New_York", "2026-03-01T12:00+00:00", "2026-04-01T04:00+00:00"),
        ("Asia/Kolkata", "2026-01-01T00:00+00:00", "2026-01-31T18:30+00:00"),
        ("Africa/Cairo", "2026-03-24T12:00+00:00", "2026-04-23T22:00+00:00"),
    ],
    ids=["Tokyo before midnight", "Tokyo at midnight", "New York over a DST change", "half an hour", "no midnight"],
)
def test_the_window_counts_calendar_days_where_the_account_is(zone, closed_at, ends_at):
    ends = rules.reopen_window_ends(datetime.fromisoformat(closed_at), zone)

    assert ends == datetime.fromisoformat(ends_at)


@pytest.mark.clause("C-RPN-01")
def test_the_window_begins_anew_with_the_last_closure(case_in, technical_contact):
    case = operations.reopen(case_in(Status.CLOSED), "It is back.", by=technical_contact, at=NOON + 29 * DAY)

    case = operations.withdraw(case, by=technical_contact, at=NOON + 30 * DAY, resolution="Gone again.")

    assert case.reopenable_until > WINDOW_ENDS + 28 * DAY
    assert operations.reopen(case, "Back.", by=technical_contact, at=NOON + 59 * DAY).reopenings == 2


@pytest.mark.clause("C-RPN-01")
def test_only_a_closed_case_is_reopened_or_followed(case_in, technical_contact):
    case = case_in(Status.IN_PROGRESS)

    with refused("not_closed"):
        operations.reopen(case, "Hello.", by=technical_contact, at=NOON + HOUR)
    with refused("not_closed"):
        operations.open_follow_on(case, "Hello.", by=technical_contact, at=NOON + HOUR)


@pytest.mark.clause("C-RPN-02")
def test_after_the_window_a_new_linked_case_carries_the_text_over(case_in, third_party, aberdeen):
    old = case_in(Status.CLOSED)

    new = operations.open_follow_on(old, "It is back after months.", by=third_party, at=WINDOW_ENDS)

    assert (new.follows, new.organization, new.status) == (old, aberdeen, Status.RECEIVED)
    assert (new.product, new.severity, new.subject, new.phone) == (old.product, old.severity, old.subject, old.phone)
    assert (new.opened_by, new.contact.user) == (third_party, third_party)
    assert new.messages.get().body == "It is back after months."
    assert facts(old, "followed_on") == [{"number": new.number}]


@pytest.mark.clause("C-RPN-02", "C-STF-08")
@pytest.mark.parametrize("linux", [LinuxFlavor.SUSE, None])
def test_a_new_linked_case_is_about_the_same_linux(case_in, technical_contact, linux):
    old = case_in(Status.CLOSED, linux_flavor=linux)

    new = operations.open_follow_on(old, "It is back.", by=technical_contact, at=WINDOW_ENDS)

    assert new.linux_flavor == old.linux_flavor == (linux or "")


@pytest.mark.clause("C-RPN-02")
def test_customer_service_opens_the_new_case_for_the_contact_who_calls(case_in, customer_service, technical_contact):
    new = operations.open_follow_on(
        case_in(Status.CLOSED), "Called: it is back.", by=customer_service, at=WINDOW_ENDS, channel="phone"
    )

    assert (new.contact.user, new.opened_by, new.channel) == (technical_contact, customer_service, "phone")


@pytest.mark.clause("C-RPN-02")
def test_within_the_window_the_history_stays_together(case_in, technical_contact):
    with refused("still_reopenable"):
        operations.open_follow_on(case_in(Status.CLOSED), "Hello.", by=technical_contact, at=WINDOW_ENDS - MINUTE)

    assert Case.objects.count() == 1


def test_a_form_sent_twice_follows_once_and_leads_to_the_new_case(case_in, technical_contact):
    old, form = case_in(Status.CLOSED), Form(submission=uuid4())
    form = Form(seen=old.version, submission=form.submission)
    new = operations.open_follow_on(old, "It is back.", by=technical_contact, at=WINDOW_ENDS, form=form)

    with pytest.raises(AlreadyDone) as caught:
        operations.open_follow_on(old, "It is back.", by=technical_contact, at=WINDOW_ENDS, form=form)

    assert caught.value.case == new
    assert Case.objects.count() == 2


@pytest.mark.parametrize("who", ["own_sight_contact", "tokyo_contact", "renewal_contact", "administrator"])
def test_who_may_not_reopen(request, case_in, who):
    with pytest.raises(PermissionDenied):
        operations.reopen(case_in(Status.CLOSED), "Hello.", by=request.getfixturevalue(who), at=NOON + DAY)
