"""What staff fill in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Contact, Organization, User
from accounts.standing import works_on_cases
from cases import operations
from cases.attachments import StoredFile
from cases.enums import CaseType, Channel, ClosureReason, HoldReason, ReassignmentReason, Severity, Verb
from cases.models import Case
from cases.operations import HandoverNotes
from cases.rules import NEXT_UPDATE_WITHIN
from cases.texts import SHEET_LIMIT
from cases.transitions import is_legal
from entitlements.models import Product
from web.case.forms import CaseForm, MessageForm, OnceForm, SeverityForm, TextField
from web.case.uploads import FilesField
from web.desk.queue import View, Wish
from web.fields import LinuxField, PhoneField


def severity_choice(**kwargs: Any) -> forms.TypedChoiceField:
    """A choice of one of the four severities, each with what it means."""
    return forms.TypedChoiceField(
        choices=[(one.value, f"{one.label}: {one.description}") for one in Severity],
        coerce=lambda value: Severity(int(value)),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the four severities."},
        **kwargs,
    )


class FilterForm(forms.Form):
    """What the queue shows; lives in the address, and whatever makes no sense is left out."""

    view = forms.CharField(required=False, max_length=20)
    region = forms.SlugField(required=False, max_length=20)
    severity = forms.ChoiceField(required=False, choices=[(str(one.value), one.label) for one in Severity])
    q = forms.CharField(required=False, max_length=200)
    after = forms.CharField(required=False, max_length=80)

    def wish(self, views: Mapping[str, View]) -> Wish:
        """What is asked for; the first of `views` unless another is."""
        self.is_valid()
        asked = self.cleaned_data
        view = asked.get("view", "")
        return Wish(
            view=view if view in views else next(iter(views)),
            region=asked.get("region", ""),
            severity=asked.get("severity", ""),
            words=asked.get("q", ""),
            after=asked.get("after", ""),
        )


class CallerForm(forms.Form):
    """For whom somebody calls; lives in the address, and whatever makes no sense is left out."""

    q = forms.CharField(required=False, max_length=200)
    organization = forms.CharField(required=False, max_length=20)
    caller = forms.CharField(required=False, max_length=254)

    @property
    def asked(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ReplyForm(MessageForm):
    """A message to the customer. `visibility` is what the composer showed: an internal note never goes out."""

    waiting = forms.BooleanField(label="The customer’s turn next", required=False)
    next_update_at = forms.DateTimeField(
        label="I will write again by",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "Give a day and a time, such as 2026-11-27T14:05."},
    )
    visibility = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ("body", "waiting", "next_update_at", "attachments")
    refusals: Mapping[str, str] = {"next_update_impossible": "next_update_at"}

    def __init__(self, case: Case, *args: Any, may_promise: bool, **kwargs: Any):
        super().__init__(case, *args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["next_update_at"].help_text = (
            f"In your time, {zone}, from now on, at most {NEXT_UPDATE_WITHIN.days} days ahead; outside the customer’s "
            "business hours too. The customer is told; empty promises nothing."
        )
        if not may_promise:
            del self.fields["next_update_at"]

    def clean_visibility(self) -> str:
        if self.cleaned_data["visibility"] == "internal":
            raise forms.ValidationError("This was marked as an internal note, so it was not sent. Choose again.")
        return "public"


class NoteForm(MessageForm):
    """An internal note."""

    body = TextField(label="Internal note", help_text="Support staff read it. The customer never sees it.")

    field_order = ("body", "attachments")


class CallForm(CaseForm):
    """A telephone call with the contact."""

    reached = forms.TypedChoiceField(
        label="Did you reach somebody?",
        choices=[("yes", "Yes, we spoke"), ("no", "No, nobody answered")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes or no."},
    )
    summary = TextField(label="What was said or tried?", help_text="Support staff read it. The customer sees the call.")

    refusals: Mapping[str, str] = {"text_missing": "summary", "text_too_long": "summary"}

    def __init__(self, case: Case, *args: Any, **kwargs: Any):
        super().__init__(case, *args, **kwargs)
        self.counts = is_legal(case.state, Verb.RECORD_CONTACT_ATTEMPT)
        if self.counts:
            self.fields["reached"].choices = [  # type: ignore[attr-defined]
                ("yes", "Yes, we spoke"),
                ("no", "No, nobody answered: it counts as an attempt to reach"),
            ]

    @property
    def is_attempt(self) -> bool:
        """Whether this valid form tells of a call to a contact whose answer is waited for, which nobody took (A-15)."""
        return self.counts and not self.cleaned_data["reached"]


class OwnerForm(CaseForm):
    """Who works on the case from now on."""

    owner = forms.ModelChoiceField(
        User.objects.none(),
        label="Engineer",
        empty_label="Choose an engineer",
        error_messages={"required": "Choose an engineer.", "invalid_choice": "Choose an engineer of the list."},
    )
    reason = forms.ChoiceField(
        label="Why does it change hands?",
        choices=[("", "Choose a reason"), *ReassignmentReason.choices()],
        error_messages={"required": "Say why the case changes hands."},
        help_text="The customer reads it.",
    )
    note = TextField(label="Note for the engineer", required=False, help_text="The customer does not see it.")

    refusals: Mapping[str, str] = {"same_owner": "owner", "engineer_away": "owner", "not_an_engineer": "owner"}

    def __init__(
        self,
        case: Case,
        *args: Any,
        engineers: Sequence[tuple[str, Sequence[User]]],
        suggestion: str,
        **kwargs: Any,
    ):
        """`engineers` are offered in named groups, with the `suggestion` beside them."""
        super().__init__(case, *args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = User.objects.filter(pk__in=[user.pk for _, some in engineers for user in some])
        owner.help_text = suggestion
        owner.choices = [("", owner.empty_label), *((name, [(u.pk, str(u)) for u in some]) for name, some in engineers)]
        if not case.owner_id:
            del self.fields["reason"]

    @property
    def given_reason(self) -> ReassignmentReason | None:
        return ReassignmentReason(self.cleaned_data["reason"]) if self.cleaned_data.get("reason") else None


def sheet_text(label: str, *, rows: int, help_text: str = "", required: bool = False) -> TextField:
    """A passage of the handover sheet."""
    return TextField(
        label=label,
        required=required,
        max_length=SHEET_LIMIT,
        instead="Put the rest into an internal note.",
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=f"{help_text} At most {SHEET_LIMIT:,} characters.".strip(),
    )


class HandoverForm(CaseForm):
    """The handover sheet, completed by who goes off duty."""

    next_action = sheet_text("Next action", rows=3, help_text="What the next engineer does first.", required=True)
    hypothesis = sheet_text("Hypothesis", rows=3)
    last_action = sheet_text("Last action", rows=3)
    waits_for = sheet_text("What the customer waits for", rows=2)
    contacts = sheet_text("Whom to reach, and how", rows=2, help_text="What the list of contacts does not know.")

    @property
    def notes(self) -> HandoverNotes:
        given = self.cleaned_data
        return HandoverNotes(**{field.name: given[field.name] for field in fields(HandoverNotes)})


class SunForm(CaseForm):
    """Why a case goes on the sun, or comes back from it."""

    reason = TextField(label="Why?", help_text="Support staff read it. The customer is told what changes, not why.")


class ProposalForm(SeverityForm):
    """Another severity, put forward by support. Severity 1 needs a number that answers (A-04)."""

    position = "proposed_severity"
    phone = PhoneField(label="Telephone of the contact", needed_for="Severity 1")

    def __init__(self, case: Case, *args: Any, **kwargs: Any):
        super().__init__(case, *args, **kwargs)
        self.fields["reason"].help_text = "The customer reads it."


class ReductionForm(SeverityForm):
    """A lower severity, decided by a manager (C-SEV-04)."""

    position = "severity"

    def __init__(self, case: Case, *args: Any, **kwargs: Any):
        super().__init__(case, *args, **kwargs)
        self.fields["reason"].help_text = "The customer reads it."


class ClosureForm(CaseForm):
    """The closure question with what makes its summary (C-CLS-02)."""

    reason = forms.ChoiceField(
        label="How did it end?",
        choices=[(one.value, one.label) for one in (ClosureReason.RESOLVED, ClosureReason.ANSWERED)],
        widget=forms.RadioSelect,
        initial=ClosureReason.RESOLVED,
    )
    problem = TextField(label="What was the problem?", widget=forms.Textarea(attrs={"rows": 3}))
    resolution = TextField(label="What solved it?", help_text="The customer is asked whether this solves it.")

    refusals: Mapping[str, str] = {"reason_not_proposable": "reason"}


class AttemptForm(CaseForm):
    """An attempt to reach a contact who does not answer (A-15)."""

    channel = forms.ChoiceField(
        label="How?",
        choices=[(Channel.EMAIL.value, "A message, sent now"), (Channel.PHONE.value, "A call that nobody took")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you tried."},
    )
    text = TextField(label="The message, or what you tried by telephone")
    announces_closure = forms.BooleanField(
        label="This announces that the case closes without an answer",
        required=False,
        help_text="Only a message can: the customer reads it.",
    )

    refusals: Mapping[str, str] = {
        "body_missing": "text",
        "body_too_long": "text",
        "announcement_not_written": "announces_closure",
    }


class VerificationForm(CaseForm):
    """Customer Service's yes. Against the check it needs a reason (C-STF-05)."""

    override = TextField(
        label="Why is it accepted all the same?",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stored with the case. The customer does not see it.",
    )

    def __init__(self, case: Case, *args: Any, entitled: bool, **kwargs: Any):
        super().__init__(case, *args, **kwargs)
        missing = "The check did not find a present entitlement: say why the case is accepted."
        self.fields["override"].error_messages["required"] = missing
        if entitled:
            del self.fields["override"]

    @property
    def reason(self) -> str:
        return self.cleaned_data.get("override", "")


class RefusalForm(CaseForm):
    """Customer Service's no, in words for the customer (C-CLS-04)."""

    reason = TextField(
        label="What the customer reads",
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text="It goes out as it stands here, and the case closes.",
    )


class HoldForm(CaseForm):
    """The one hold that stops a first-response clock (A-08)."""

    reason = forms.ChoiceField(
        label="Why?",
        choices=HoldReason.choices(),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why the clock stops."},
    )


def _by_standing(contacts: Sequence[Contact]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The contacts as groups of a choice: who follows cases, and who is told nothing of them (C-CON-01)."""
    groups: dict[bool, list[tuple[int, str]]] = {True: [], False: []}
    for one in contacts:
        groups[bool(works_on_cases(one.standing))].append((one.pk, f"{one.user}, {one.roles_text}"))
    if groups[True]:
        yield "Follow cases", groups[True]
    if groups[False]:
        yield "Are told nothing of cases: name a technical contact", groups[False]


class PhoneCaseForm(OnceForm):
    """A case opened on the telephone, for a contact of `organization`."""

    contact = forms.ModelChoiceField(
        Contact.objects.none(),
        label="Who calls?",
        empty_label="Choose the contact",
        error_messages={"required": "Choose who calls.", "invalid_choice": "Choose a contact of the list."},
    )
    received_at = forms.DateTimeField(
        label="When did the call begin?",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M"),
        error_messages=dict.fromkeys(("required", "invalid"), "Give a day and a time, such as 2026-11-27T14:05."),
    )
    phone = PhoneField(label="Telephone for this case", needed_for="Severity 1")
    subject = forms.CharField(
        label="What happens, in one sentence?",
        max_length=200,
        help_text="What the caller sees, and where.",
        error_messages={"required": "Say in one sentence what happens."},
    )
    case_type = forms.ChoiceField(label="What is it about?", choices=CaseType.choices(), initial=CaseType.PROBLEM)
    severity = severity_choice(label="How bad is it?")
    product = forms.ModelChoiceField(
        Product.objects.all(),
        label="Product",
        empty_label="Choose a product",
        error_messages={"required": "Choose a product.", "invalid_choice": "Choose a product of the list."},
    )
    version = forms.CharField(label="Version", max_length=40, required=False)
    linux_flavor = LinuxField()
    description = TextField(label="What did the caller tell?", help_text="The customer reads it as the first message.")
    attachments = FilesField()

    refusals: Mapping[str, str] = {
        "contact_missing": "contact",
        "phone_missing": "phone",
        "receipt_out_of_range": "received_at",
    }

    def __init__(self, organization: Organization, contacts: Sequence[Contact], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.organization = organization
        chooser = self.fields["contact"]
        assert isinstance(chooser, forms.ModelChoiceField)
        chooser.queryset = Contact.objects.filter(pk__in=[one.pk for one in contacts])
        chooser.choices = [("", chooser.empty_label), *_by_standing(contacts)]
        zone = timezone.get_current_timezone_name()
        self.fields["received_at"].help_text = f"In your time, {zone}. The clock starts there; at most a day ago."

    def open_case(self, by: User, at: datetime, files: Sequence[StoredFile]) -> Case:
        """Open the case that this valid form asks for (C-CHN-01, C-STF-03)."""
        given = self.cleaned_data
        return operations.open_case(
            self.organization,
            by=by,
            at=at,
            contact=given["contact"],
            received_at=given["received_at"],
            channel=Channel.PHONE,
            product=given["product"],
            severity=given["severity"],
            subject=given["subject"],
            description=given["description"],
            version=given["version"],
            linux_flavor=given["linux_flavor"],
            case_type=CaseType(given["case_type"]),
            phone=given["phone"],
            files=files,
            form=self.knew,
        )
