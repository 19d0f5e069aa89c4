"""What a new version of a plan would have meant for the last quarter."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings

from cases import operations
from cases.enums import EventKind, HoldReason, Severity
from entitlements import operations as entitlements
from entitlements.drafts import Draft, Target
from entitlements.enums import ContactMode, Hours
from entitlements.models import SupportPlan
from sla.clock import milestones
from sla.policy import Outcome, Pair, Tally, outcome, total
from sla.policy_preview import preview, promises_of_draft
from sla.projection import derive
from tests.cast import DAY, HOUR, MINUTE, NOON, refused
from tests.sla.stories import LONDON, STANDARD
from tests.sla.test_clock import QUICK, logs

ONE_HOUR = promises_of_draft(
    Draft(
        effective_on=date(2026, 4, 1),
        channels=["web"],
        included=[],
        excluded=[],
        targets=[Target(severity, 60, Hours.BUSINESS, ContactMode.CALL_BACK, "C-SLA-02") for severity in range(1, 5)],
    )
)
NOW = NOON + 5 * DAY


@pytest.fixture
def answered(open_case, customer_service, engineer):
    """A case opened at `at` and answered so much later, if at all."""

    def make(after=None, *, at=NOON, severity=Severity.THREE):
        case = open_case(at=at, severity=severity, phone="+44 1224 555 010")
        operations.verify_entitlement(case, by=customer_service, at=at)
        if after is not None:
            operations.accept(case, by=engineer, at=at + after)
            operations.reply(case, "We look into it.", by=engineer, at=at + after)
        return case

    return make


def standard() -> SupportPlan:
    return SupportPlan.objects.get(code=SupportPlan.STANDARD)


@pytest.mark.parametrize(
    ("due", "met", "stopped", "expected"),
    [
        pytest.param(2, 1, None, Outcome.KEPT, id="answered in time"),
        pytest.param(2, 2, None, Outcome.KEPT, id="answered at the due moment"),
        pytest.param(2, 3, None, Outcome.MISSED, id="answered late"),
        pytest.param(2, None, 1, Outcome.WITHDRAWN, id="closed before"),
        pytest.param(2, None, 3, Outcome.MISSED, id="closed too late"),
        pytest.param(2, None, None, Outcome.MISSED, id="never answered"),
        pytest.param(9, None, None, Outcome.RUNNING, id="still time"),
        pytest.param(None, None, None, Outcome.RUNNING, id="on hold"),
    ],
)
def test_what_became_of_a_promise(due, met, stopped, expected):
    moments = [None if hours is None else NOON + hours * HOUR for hours in (due, met, stopped)]

    assert outcome(*moments, NOON + 5 * HOUR) is expected


@pytest.mark.clause("C-DOC-03")
def test_the_last_quarters_cases_are_counted_by_the_old_and_the_new_promises(answered):
    answered(30 * MINUTE)
    answered(2 * HOUR)
    answered(DAY)
    answered(2 * HOUR, severity=Severity.ONE)
    answered(None, at=NOW - 2 * HOUR)
    answered(2 * HOUR, at=NOON - 200 * DAY)

    pairs = preview(standard(), ONE_HOUR, NOW)

    assert pairs[Severity.THREE] == Pair(Tally(kept=2, missed=1, running=1), Tally(kept=1, missed=3), 2, 0)
    assert pairs[Severity.ONE] == Pair(Tally(missed=1), Tally(missed=1))
    assert total(pairs) == Pair(Tally(kept=2, missed=2, running=1), Tally(kept=1, missed=4), 2, 0)
    assert (total(pairs).before.share_kept, total(pairs).after.share_kept) == (50, 20)


def test_holds_and_raises_count_under_the_new_promises_too(open_case, answered, customer_service, engineer):
    held = open_case(at=NOON)
    operations.hold(held, by=customer_service, at=NOON + HOUR / 2, reason=HoldReason.UNREACHABLE_CONTACT)
    operations.resume(held, by=customer_service, at=NOON + 3 * HOUR)
    raised = open_case(at=NOON, severity=Severity.FOUR)
    operations.propose_severity(raised, Severity.TWO, by=engineer, at=NOON + HOUR / 4, reason="Worse.")
    for case in (held, raised):
        operations.verify_entitlement(case, by=customer_service, at=NOON + 3 * HOUR)
        operations.accept(case, by=engineer, at=NOON + 200 * MINUTE)
        operations.reply(case, "We look into it.", by=engineer, at=NOON + 200 * MINUTE)

    pairs = preview(standard(), ONE_HOUR, NOW)

    assert pairs[Severity.THREE] == Pair(Tally(kept=1), Tally(kept=1))
    assert pairs[Severity.TWO] == Pair(Tally(missed=1), Tally(missed=1))


def test_the_same_promises_change_no_outcome(answered, case_in):
    answered(DAY)
    for number, severity in enumerate(Severity):
        answered(number * HOUR, severity=severity)
    same = derive([answered(None)])
    promises = next(iter(same.values())).milestones[0]
    assert promises.target == 8 * HOUR

    pairs = preview(standard(), STANDARD, NOW)

    assert all(pair.before == pair.after and not pair.newly_missed for pair in pairs.values())
    assert total(pairs).before.kept + total(pairs).before.missed == 6


@settings(max_examples=60)
@given(logs())
def test_a_clock_without_holds_or_other_severities_is_due_its_target_after_its_start(log):
    """What the preview rests on when it does not fold a log."""
    bending = {EventKind.HELD, EventKind.SEVERITY_PROPOSED, EventKind.SEVERITY_REDUCED, EventKind.TERMS_CHANGED}
    facts = [fact for fact in log if fact.kind not in bending | {EventKind.RESUMED, EventKind.SEVERITY_AGREED}]
    straight = [replace(fact, seq=seq) for seq, fact in enumerate(facts, start=1)]

    for milestone in milestones(straight, QUICK, LONDON):
        promise = QUICK.of(milestone.kind, milestone.severity)
        assert milestone.terms == (milestone.term,)
        assert milestone.promise == promise
        assert milestone.counts_from == milestone.started_at


# A new version


def draft(**changes) -> Draft:
    targets = [Target(severity, 60, Hours.BUSINESS, ContactMode.CALL_BACK, "C-SLA-02") for severity in range(1, 5)]
    given = {"effective_on": date(2026, 4, 1), "channels": ["web"], "included": [], "excluded": [], "targets": targets}
    return Draft(**given | changes)


@pytest.mark.clause("C-DOC-01", "C-DOC-03", "C-DOC-04")
def test_a_new_version_holds_from_its_day_and_the_old_one_stays_readable(db, administrator):
    old = standard().versions.get()
    before = list(old.targets.values_list("severity", "minutes", "hours"))

    new = entitlements.add_version(standard(), draft(), by=administrator, at=NOON)

    assert (new.number, new.made_by, new.made_at) == (2, administrator, NOON)
    assert standard().version_on(date(2026, 3, 31)) == old
    assert standard().version_on(date(2026, 4, 1)) == new
    assert list(old.targets.values_list("severity", "minutes", "hours")) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"effective_on": date(2026, 3, 3)}, "effective_on_past", id="in the past"),
        pytest.param({"channels": []}, "channels_missing", id="no channel"),
        pytest.param({"included": ["setup_help"], "excluded": ["setup_help"]}, "excluded_contradicts", id="in and out"),
        pytest.param({"targets": []}, "targets_missing", id="no targets"),
        pytest.param(
            {"targets": [Target(s, 0, Hours.ALWAYS, ContactMode.CALL_IN, "") for s in range(1, 5)]},
            "minutes_1_impossible",
            id="no time at all",
        ),
    ],
)
def test_what_no_plan_can_promise_is_refused_and_changes_nothing(db, administrator, changes, code):
    with refused(code):
        entitlements.add_version(standard(), draft(**changes), by=administrator, at=NOON)

    assert standard().versions.count() == 1


def test_one_version_takes_effect_on_a_day(db, administrator):
    entitlements.add_version(standard(), draft(), by=administrator, at=NOON)

    with refused("effective_on_taken"):
        entitlements.add_version(standard(), draft(), by=administrator, at=datetime(2026, 3, 5, tzinfo=UTC))
