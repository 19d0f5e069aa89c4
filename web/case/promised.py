"""What is promised of a case before it is sent: by when each severity is answered."""

from dataclasses import dataclass

from accounts.models import Organization
from cases.enums import Severity
from entitlements.enums import Hours
from sla import words
from sla.explain import Explanation
from sla.promises import Promise
from web.case.times import Moment, Times


@dataclass(frozen=True, slots=True)
class Answer:
    """By when a case of this severity would be answered, and why then; `allowed` is the promise in words."""

    severity: Severity
    description: str
    allowed: str
    due: Moment
    explanation: Explanation
    anchor: str


def answer_by(organization: Organization, severity: Severity, explanation: Explanation, times: Times) -> Answer:
    """The answer that this explanation of a case not yet opened promises."""
    milestone = explanation.milestone
    assert milestone.due_at is not None  # only a hold takes it away, and nothing is held yet
    return Answer(
        severity=severity,
        description=severity.description,
        allowed=allowed(milestone.promise),
        due=times.moment(milestone.due_at, organization.own_zone, organization.place),
        explanation=explanation,
        anchor=f"why-severity-{severity}",
    )


def allowed(promise: Promise) -> str:
    """What is promised, in words: "30 minutes, day and night"."""
    return f"{words.allowance(promise)}{', day and night' if promise.hours is Hours.ALWAYS else ''}"
