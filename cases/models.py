"""The case and what hangs from it."""

import uuid
from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.enums import CaseSight, ContactRole, LinuxFlavor
from accounts.models import Contact, FrozenCalendar, Organization, User
from cases import numbers, rules
from cases.enums import (
    INTERNAL_KINDS,
    ActorRole,
    CaseType,
    Channel,
    ClosureReason,
    EventKind,
    Severity,
    Status,
    Turn,
)
from cases.facts import Attempt, Fact, State, turn_of
from entitlements.models import Entitlement, PlanVersion, Product


def sights_of(actor: User) -> dict[CaseSight, list[int]]:
    """The organizations whose cases this person may work on now, by how much of them it sees (C-CON-01, C-PAR-04)."""
    sights: dict[CaseSight, list[int]] = {sight: [] for sight in CaseSight}
    for organization, contact in actor.standings.items():
        if {ContactRole.TECHNICAL, ContactRole.THIRD_PARTY} & set(contact.roles):
            sights[CaseSight(contact.sees)].append(organization)
    return sights


ON_SUN = ~Q(status=Status.CLOSED) & (Q(severity=Severity.ONE) | Q(on_sun=True))


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, actor: User) -> Self:
        """The cases this person may see now; the only door to a case. The same answer as `may(actor, "view", case)`."""
        if not actor.is_active:
            return self.none()
        if actor.staff_role:
            return self
        sights = sights_of(actor)
        return self.filter(
            Q(organization__in=sights[CaseSight.ALL])
            | Q(organization__in=sights[CaseSight.OWN]) & (Q(contact__user=actor) | Q(opened_by=actor))
        )

    def locked(self, pk: int) -> "Case":
        """The fresh row, locked until the transaction ends: what hangs from a case is changed under this lock only."""
        return (
            self.select_for_update(of=("self",)).select_related("organization", "calendar", "contact__user").get(pk=pk)
        )

    def open(self) -> Self:
        return self.exclude(status=Status.CLOSED)

    def on_sun(self) -> Self:
        """The open cases that follow the sun; the same answer as `State.follows_sun` (A-12)."""
        return self.filter(ON_SUN)


class Case(models.Model):
    """One request for support, from receipt to closure.

    The fields under "state" are what the log folds to (`cases.facts.State`); only `cases.journal` writes them.
    """

    number = models.CharField(max_length=11, unique=True, default=numbers.draw, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="cases")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="cases")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    submission = models.UUIDField(default=uuid.uuid4, help_text="The id of the form that opened it.")
    channel = models.CharField(max_length=10, choices=Channel.choices())
    case_type = models.CharField(max_length=20, choices=CaseType.choices(), default=CaseType.PROBLEM)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="cases")
    product_version = models.CharField(max_length=40, blank=True)
    linux_flavor = models.CharField(
        max_length=20, choices=LinuxFlavor.choices(), blank=True, help_text="Empty for none, or when it is not known."
    )
    subject = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    calendar = models.ForeignKey(FrozenCalendar, on_delete=models.PROTECT, related_name="+")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    entitlement = models.ForeignKey(Entitlement, null=True, on_delete=models.PROTECT, related_name="cases")
    verdict = models.JSONField(help_text="The entitlement check with its evidence, as of receipt or verification.")
    follows = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by")

    # State
    status = models.CharField(max_length=24, choices=Status.choices(), default=Status.RECEIVED)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices())
    requested_severity = models.PositiveSmallIntegerField(choices=Severity.choices())
    proposed_severity = models.PositiveSmallIntegerField(choices=Severity.choices(), null=True)
    severity_agreed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="owned_cases")
    case_manager = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="The owner's manager (A-20)."
    )
    phone = models.CharField(max_length=40, blank=True)
    held_at = models.DateTimeField(null=True)
    responded_at = models.DateTimeField(null=True)
    attempts = models.JSONField(default=list)
    problem = models.TextField(blank=True)
    resolution = models.TextField(blank=True)
    closure_reason = models.CharField(max_length=20, choices=ClosureReason.choices(), blank=True)
    closure_proposed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopenings = models.PositiveSmallIntegerField(default=0)
    turn_since_at = models.DateTimeField(null=True)
    on_sun = models.BooleanField(default=False, help_text="Follows the sun by a manager's exception (A-12).")
    handed_over_at = models.DateTimeField(null=True, help_text="While its owner has not accepted it.")
    outgoing = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="Who had it until that handover."
    )
    version = models.PositiveIntegerField(default=0, help_text="The `seq` of the last fact.")
    updated_at = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    # Fields whose value and name are the same here and in `State`; the others are translated in `hold_state`.
    SAME_AS_STATE = (
        "status",
        "severity",
        "severity_agreed_at",
        "verified_at",
        "phone",
        "held_at",
        "responded_at",
        "problem",
        "resolution",
        "closure_proposed_at",
        "closed_at",
        "reopenings",
        "turn_since_at",
        "on_sun",
        "handed_over_at",
        "version",
        "updated_at",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["opened_by", "submission"], name="a_form_sent_twice_opens_one_case"),
            models.CheckConstraint(
                condition=Q(status=Status.CLOSED, closed_at__isnull=False)
                | ~Q(status=Status.CLOSED) & Q(closed_at=None),
                name="closed_case_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CLOSED) | ~Q(problem="") & ~Q(resolution="") & ~Q(closure_reason=""),
                name="closed_case_has_its_summary",
            ),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=4), name="severity_is_a_severity"),
        ]
        indexes = [
            models.Index(fields=["organization", "-updated_at", "-id"], name="case_of_organization"),
            models.Index(fields=["owner", "status"], name="case_of_owner"),
            models.Index(fields=["status", "received_at", "id"], name="case_by_status"),
            # Looked through whenever others take Severity 1 over, and every minute.
            models.Index(fields=["id"], name="case_on_sun", condition=ON_SUN),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="agreed_severity_never_rises",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__severity_agreed_at__isnull=False)
                & (
                    pgtrigger.Q(new__severity__lt=pgtrigger.F("old__severity"))
                    | pgtrigger.Q(new__severity_agreed_at__isnull=True)
                ),
                func="RAISE EXCEPTION 'an agreed severity never rises (C-SEV-03)';",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("case", args=[self.number])

    @property
    def state(self) -> State:
        return State(
            requested=Severity(self.requested_severity),
            status=Status(self.status),
            proposed=Severity(self.proposed_severity) if self.proposed_severity else None,
            severity_agreed_at=self.severity_agreed_at,
            verified_at=self.verified_at,
            owner=self.owner_id,
            case_manager=self.case_manager_id,
            phone=self.phone,
            held_at=self.held_at,
            responded_at=self.responded_at,
            attempts=tuple(
                Attempt(datetime.fromisoformat(one["at"]), Channel(one["channel"]), one["announces_closure"])
                for one in self.attempts
            ),
            problem=self.problem,
            resolution=self.resolution,
            closure_reason=ClosureReason(self.closure_reason) if self.closure_reason else None,
            closure_proposed_at=self.closure_proposed_at,
            closed_at=self.closed_at,
            reopenings=self.reopenings,
            turn_since_at=self.turn_since_at,
            on_sun=self.on_sun,
            handed_over_at=self.handed_over_at,
            outgoing=self.outgoing_id,
            version=self.version,
            updated_at=self.updated_at,
        )

    def hold_state(self, state: State) -> set[str]:
        """Take over what the log folds to; `cases.journal` saves it. Returns the names of the fields that changed."""
        held = {name: getattr(state, name) for name in self.SAME_AS_STATE} | {
            "requested_severity": state.requested,
            "proposed_severity": state.proposed,
            "owner_id": state.owner,
            "case_manager_id": state.case_manager,
            "outgoing_id": state.outgoing,
            "closure_reason": state.closure_reason or "",
            "attempts": [
                {"at": one.at.isoformat(), "channel": one.channel, "announces_closure": one.announces_closure}
                for one in state.attempts
            ],
        }
        changed = {name for name, value in held.items() if getattr(self, name) != value}
        for name in changed:
            setattr(self, name, held[name])
        return changed

    @property
    def turn(self) -> Turn:
        return turn_of(Status(self.status))

    @property
    def zone(self) -> str:
        """The account's zone, frozen at receipt (A-01)."""
        return self.calendar.zone

    @property
    def reopenable_until(self) -> datetime | None:
        """The first aware instant at which this closed case can no longer be reopened; None while it is open."""
        return rules.reopen_window_ends(self.closed_at, self.zone) if self.closed_at else None

    @property
    def closable_for_no_response_at(self) -> datetime | None:
        """When the attempts made so far allow closing for no response; None while they do not (A-15)."""
        return rules.closable_for_no_response_at(
            self.state.attempts,
            zone=self.zone,
            has_phone=bool(self.phone),
            is_business_day=self.calendar.is_business_day,
            close_of_business=self.calendar.close_of_business,
        )


class CaseEventQuerySet(models.QuerySet["CaseEvent"]):
    def visible_to(self, actor: User) -> Self:
        """The facts of the cases this person may see; customers without what is internal."""
        events = self.filter(case__in=Case.objects.visible_to(actor))
        return events if actor.staff_role else events.exclude(kind__in=INTERNAL_KINDS)

    def log(self) -> list[Fact]:
        """These events as plain facts, oldest first."""
        return [event.fact for event in self.order_by("case", "seq")]


class CaseEvent(models.Model):
    """One fact of a case's log. Append-only: the database refuses update and delete.

    `at` is when it took effect, `recorded_at` when it was written. `acting_for` is set when a third party did it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=ActorRole.choices())
    acting_for = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    submission = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    objects = CaseEventQuerySet.as_manager()

    class Meta:
        ordering = ["case", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="one_fact_per_place_in_the_log"),
            models.UniqueConstraint(fields=["case", "submission"], name="a_form_sent_twice_takes_effect_once"),
        ]
        triggers = [pgtrigger.Protect(name="log_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    @property
    def fact(self) -> Fact:
        return Fact(self.seq, EventKind(self.kind), self.at, ActorRole(self.role), self.data)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, actor: User) -> Self:
        return self.filter(case__in=Case.objects.visible_to(actor))


class Message(models.Model):
    """Something said between the customer and support; both sides see it. An internal note is another thing: `Note`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=ActorRole.choices())
    acting_for = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    body = models.TextField(help_text="Markdown.")

    objects = MessageQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.author}: {self.body[:60]}"


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, actor: User) -> Self:
        """Staff only: for everybody else there are no notes."""
        return self if actor.staff_role else self.none()


class Note(models.Model):
    """What support writes to itself: a table of its own, so that no page, export or mail of a customer can hold it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    body = models.TextField(help_text="Markdown.")

    objects = NoteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.author}: {self.body[:60]}"


ATTACHMENTS = "attachments"


def stored_path(key: uuid.UUID) -> str:
    """Where the file of this key lies in the store: nothing of the customer's goes into its name."""
    return f"{ATTACHMENTS}/{key.hex[:2]}/{key.hex}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, actor: User) -> Self:
        """Files of messages for who sees the case; files of notes for staff."""
        files = self.filter(case__in=Case.objects.visible_to(actor))
        return files if actor.staff_role else files.filter(note=None)


class Attachment(models.Model):
    """A file of a message or of an internal note. `name` is what the sender called it: shown, never trusted."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attachments")
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="attachments")
    note = models.ForeignKey(Note, null=True, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=255)
    file = models.FileField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=False, note=None) | Q(message=None, note__isnull=False),
                name="a_file_hangs_from_a_message_or_a_note",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("attachment", args=[self.key])
