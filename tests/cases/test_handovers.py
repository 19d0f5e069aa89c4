"""A case is handed over with the sun, prepared for that and accepted; and a manager's exception."""

import pytest

from accounts.models import SupportCenter
from cases import operations
from cases.enums import EventKind, Severity, Status
from cases.handover_sheet import sheet
from cases.operations import HandoverNotes
from tests.cast import DAY, HOUR, MINUTE, NOON, facts, kinds, refused

CHANGE = NOON + 5 * HOUR
WHY = ["On shift.", "Has no open case."]
NOTES = HandoverNotes(
    next_action="Compare the two event logs.",
    hypothesis="The array loses its paths when its log is full.",
    last_action="Asked for the event log.",
    waits_for="Whether {host} came back.",
    contacts="Isla answers until midnight.",
)


@pytest.fixture
def urgent(case_in):
    """A Severity 1 that `engineer` works on."""
    return case_in(Status.IN_PROGRESS, severity=Severity.ONE)


@pytest.fixture
def hand_over(urgent, second_engineer):
    def do(case=urgent, to=second_engineer, at=CHANGE, change=CHANGE):
        return operations.hand_over(case, to, at=at, change=change, why=WHY)

    return do


@pytest.mark.clause("C-FTS-01", "C-RAS-01")
def test_a_case_passes_to_the_next_center_and_says_why(hand_over, engineer, second_engineer, support_manager):
    denver = SupportCenter.objects.create(code="denver", name="Denver", region_id="americas", zone="America/Denver")
    second_engineer.staff.center = denver
    second_engineer.staff.save()

    case = hand_over()

    assert (case.owner, case.handed_over_at, case.outgoing) == (second_engineer, CHANGE, engineer)
    assert facts(case, "handed_over") == [
        {
            "owner": second_engineer.pk,
            "before": engineer.pk,
            "case_manager": support_manager.pk,
            "change": "2026-03-04T17:00:00+00:00",
            "from_center": "cambridge",
            "to_center": "denver",
            "why": WHY,
        }
    ]


@pytest.mark.clause("C-FTS-01")
def test_a_case_nobody_has_taken_begins_with_its_handover(open_case, hand_over, second_engineer):
    case = hand_over(open_case(severity=Severity.ONE))

    assert (case.status, case.owner) == (Status.IN_PROGRESS, second_engineer)


@pytest.mark.clause("C-FTS-01")
def test_for_one_change_a_case_is_handed_over_once(hand_over, engineer, urgent):
    hand_over()

    with refused("already_handed_over"):
        hand_over(to=engineer)

    assert hand_over(to=engineer, at=CHANGE + DAY, change=CHANGE + DAY).owner == engineer
    assert kinds(urgent).count("handed_over") == 2


def test_who_has_the_case_is_not_handed_it(hand_over, engineer):
    with refused("same_owner"):
        hand_over(to=engineer)


@pytest.mark.clause("C-COV-04")
def test_other_severities_stay_at_home(case_in, hand_over):
    with refused("not_on_sun"):
        hand_over(case_in(Status.IN_PROGRESS, severity=Severity.TWO))


@pytest.mark.clause("C-FTS-01")
def test_a_case_that_nobody_can_take_is_kept_and_that_is_told_once(urgent, engineer):
    operations.keep_handover(urgent, at=CHANGE, change=CHANGE)

    with refused("already_handed_over"):
        operations.keep_handover(urgent, at=CHANGE + MINUTE, change=CHANGE)
    assert facts(urgent, "handover_kept") == [
        {"change": "2026-03-04T17:00:00+00:00", "owner": engineer.pk, "center": "cambridge"}
    ]


# Accepting


@pytest.mark.clause("C-FTS-01")
def test_the_new_engineer_accepts(hand_over, second_engineer):
    case = operations.accept_handover(hand_over(), by=second_engineer, at=CHANGE + MINUTE)

    assert (case.handed_over_at, case.outgoing) == (None, None)
    assert facts(case, "handover_accepted") == [{"by_work": False}]
    with refused("nothing_to_accept"):
        operations.accept_handover(case, by=second_engineer, at=CHANGE + MINUTE)


@pytest.mark.clause("C-FTS-01")
@pytest.mark.parametrize(
    "work",
    [
        lambda case, **who: operations.reply(case, "I go on with it.", **who),
        lambda case, **who: operations.log_call(case, reached=True, summary="Said hello.", **who),
    ],
    ids=["reply", "call"],
)
def test_going_on_with_the_case_accepts_it(hand_over, second_engineer, work):
    case = work(hand_over(), by=second_engineer, at=CHANGE + MINUTE)

    assert case.handed_over_at is None
    assert facts(case, "handover_accepted") == [{"by_work": True}]


def test_others_who_write_do_not_accept_for_the_new_engineer(hand_over, engineer, second_engineer):
    case = operations.reply(hand_over(), "One more thing from me.", by=engineer, at=CHANGE + MINUTE)
    case = operations.add_note(case, "Look at the log.", by=second_engineer, at=CHANGE + MINUTE)

    assert case.handed_over_at == CHANGE


def test_a_case_given_to_somebody_else_waits_no_more(hand_over, engineer, support_manager):
    case = operations.assign(hand_over(), engineer, by=support_manager, at=CHANGE + MINUTE, reason="other")

    assert (case.handed_over_at, case.outgoing) == (None, None)
    assert "handover_accepted" not in kinds(case)


def test_a_closed_case_waits_for_nobody_and_comes_back_to_its_region(case_in, support_manager, technical_contact):
    case = case_in(Status.IN_PROGRESS)
    operations.put_on_sun(case, by=support_manager, at=CHANGE, reason="Quarter end.")

    case = operations.withdraw(case, by=technical_contact, at=CHANGE + MINUTE, resolution="Found it.")

    assert (case.on_sun, case.handed_over_at) == (False, None)


# The sheet


@pytest.mark.clause("C-FTS-01")
def test_the_outgoing_engineer_completes_the_sheet_from_three_quarters_of_an_hour_before(urgent, engineer):
    with refused("sheet_not_open"):
        operations.note_handover(urgent, NOTES, by=engineer, at=CHANGE - 46 * MINUTE, change=CHANGE)

    case = operations.note_handover(urgent, NOTES, by=engineer, at=CHANGE - 45 * MINUTE, change=CHANGE)

    [noted] = facts(case, "handover_noted")
    assert (noted["change"], noted["next_action"]) == ("2026-03-04T17:00:00+00:00", NOTES.next_action)
    assert sheet(case.events.log()).noted.data == noted


def test_the_next_action_is_never_left_open(urgent, engineer):
    with refused("next_action_missing"):
        operations.note_handover(urgent, HandoverNotes(" "), by=engineer, at=CHANGE, change=CHANGE)


@pytest.mark.clause("C-FTS-01")
def test_the_sheet_tells_from_the_log_what_the_next_engineer_needs(urgent, engineer, technical_contact):
    until = CHANGE + 2 * HOUR
    case = operations.reply(urgent, "Here is what we know.", by=engineer, at=NOON + HOUR, next_update_at=until)
    told = sheet(case.events.log())
    assert (told.action.kind, told.asked, told.next_update_at) == (EventKind.REPLIED, None, until)

    operations.reply_as_customer(case, "Thank you.", by=technical_contact, at=NOON + 2 * HOUR)
    case = operations.reply(case, "Did it come back?", by=engineer, at=NOON + 3 * HOUR, waiting=True)
    case = operations.add_note(case, "I think the log is full.", by=engineer, at=NOON + 4 * HOUR)

    told = sheet(case.events.log())
    seqs = [fact and fact.seq for fact in (told.note, told.action, told.asked, told.heard, told.handover)]
    assert seqs == [case.version, case.version, case.version - 1, case.version - 2, None]
    assert told.next_update_at is None


# A manager's exception


@pytest.mark.clause("C-FTS-01")
def test_a_manager_puts_a_case_on_the_sun_and_takes_it_back(case_in, support_manager, hand_over):
    case = case_in(Status.IN_PROGRESS, severity=Severity.TWO)

    case = operations.put_on_sun(case, by=support_manager, at=NOON + HOUR, reason="Their fair opens on Monday.")
    assert case.state.follows_sun
    case = hand_over(case)
    case = operations.take_off_sun(case, by=support_manager, at=CHANGE + HOUR, reason="The fair is over.")

    assert not case.state.follows_sun
    assert [facts(case, "put_on_sun"), facts(case, "taken_off_sun")] == [
        [{"reason": "Their fair opens on Monday."}],
        [{"reason": "The fair is over."}],
    ]


def test_an_exception_needs_its_reason(case_in, support_manager):
    with refused("reason_missing"):
        operations.put_on_sun(case_in(Status.IN_PROGRESS), by=support_manager, at=NOON + HOUR, reason="")
