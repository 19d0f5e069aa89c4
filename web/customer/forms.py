"""What a customer fills in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse

from accounts.models import Organization, User
from cases import operations
from cases.attachments import StoredFile
from cases.enums import CaseType, Severity
from cases.models import Case
from entitlements.models import Product
from web.case.forms import CaseForm, OnceForm, TextField, require_phone_field
from web.case.uploads import FilesField, limit_in_words
from web.customer.listing import STATES, Wish
from web.customer.offers import Offer
from web.fields import LinuxField, PhoneField

TRIED = (
    ("logs", "Read the log of the host or service"),
    ("docs", "Looked in the documentation"),
    ("updates", "Looked for a newer hotfix or update"),
    ("restart", "Restarted what is affected"),
    ("changes", "Checked what changed before it began"),
)
# Another organization or product brings its own products and deadlines; without script a button does. Of two requests
# under way only the later one counts: an earlier answer would promise another organization's deadlines.
REFRESH_OFFER = {
    "hx-target": "#case-offer",
    "hx-swap": "outerHTML",
    "hx-include": "#id_organization, #id_product",
    "hx-sync": "closest form:replace",
}
FILES_HINT = "Logs, pictures, traces: up to {limit} together. Leave out passwords and personal data."


class FilterForm(forms.Form):
    """Which cases to show; lives in the address."""

    q = forms.CharField(label="Find a case", required=False, max_length=200)
    state = forms.ChoiceField(required=False, choices=[(key, name) for key, (name, _) in STATES.items()])
    organization = forms.CharField(required=False, max_length=20)
    after = forms.CharField(required=False, max_length=120)

    @property
    def wish(self) -> Wish:
        """What is asked for; whatever makes no sense is left out."""
        self.is_valid()
        asked = self.cleaned_data
        return Wish(
            state=asked.get("state") or "open",
            words=asked.get("q") or "",
            organization=asked.get("organization") or "",
            after=asked.get("after") or "",
        )


class NewCaseForm(OnceForm):
    """A new case for one of the organizations the person opens cases for."""

    organization = forms.ChoiceField(
        label="For whom?",
        error_messages={
            "required": "Choose for whom the case is.",
            "invalid_choice": "Choose an organization of the list.",
        },
    )
    subject = forms.CharField(
        label="What happens, in one sentence?",
        max_length=200,
        help_text="What you see, and where. Not yet why.",
        error_messages={
            "required": "Say in one sentence what happens.",
            "max_length": "Keep this to %(limit_value)d characters; the rest fits into the description.",
        },
    )
    case_type = forms.ChoiceField(
        label="What is it about?",
        choices=CaseType.choices(),
        initial=CaseType.PROBLEM,
        error_messages={"required": "Choose what it is about.", "invalid_choice": "Choose one of the list."},
    )
    severity = forms.TypedChoiceField(
        label="How bad is it?",
        choices=Severity.choices(),
        coerce=lambda value: Severity(int(value)),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how bad it is.", "invalid_choice": "Choose one of the four severities."},
    )
    product = forms.ChoiceField(
        label="Product",
        error_messages={"required": "Choose a product.", "invalid_choice": "Choose a product of the list."},
    )
    version = forms.CharField(
        label="Version",
        max_length=40,
        required=False,
        error_messages={"max_length": "Keep the version to %(limit_value)d characters."},
    )
    linux_flavor = LinuxField()
    phone = PhoneField(label="Telephone for this case", needed_for="Severity 1")
    description = TextField(label="What did you see, since when, and what changed before?")
    tried = forms.MultipleChoiceField(
        label="Already tried?", choices=TRIED, required=False, widget=forms.CheckboxSelectMultiple
    )
    attachments = FilesField()

    refusals: Mapping[str, str] = {
        "contact_missing": "organization",
        "body_missing": "description",
        "body_too_long": "description",
        "never_entitled": "product",
    }

    def __init__(self, organizations: Sequence[Organization], offer: Offer, *args: Any, **kwargs: Any):
        """A form for one of `organizations`; its products are those of `offer`."""
        super().__init__(*args, **kwargs)
        self.organizations = {one.org_id: one for one in organizations}
        self.products = {one.code: one for one in (*offer.entitled, *offer.unclear)}
        self.choose_from("organization", [(code, str(one)) for code, one in self.organizations.items()])
        self.choose_from("product", _grouped(offer))
        for name in ("organization", "product"):
            self.fields[name].widget.attrs |= REFRESH_OFFER | {"hx-get": reverse("new_case_offer")}
        if offer.telephone:
            self.fields["product"].help_text = f"Not listed? Call Customer Service: {offer.telephone}."
        self.fields["version"].widget.attrs["list"] = "versions"
        self.fields["attachments"].help_text = FILES_HINT.format(limit=limit_in_words())
        if len(organizations) == 1:
            self.fields["organization"].widget = forms.HiddenInput()
        self.initial.setdefault("organization", offer.organization.org_id)
        if len(offer.entitled) == 1:
            self.initial.setdefault("product", offer.entitled[0].code)

    def choose_from(self, field: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def clean_organization(self) -> Organization:
        return self.organizations[self.cleaned_data["organization"]]

    def clean_product(self) -> Product:
        return self.products[self.cleaned_data["product"]]

    def clean(self) -> None:
        """Ask for the telephone together with all else that is missing (A-04)."""
        require_phone_field(self, self.cleaned_data.get("severity"))

    def open_case(self, by: User, at: datetime, files: Sequence[StoredFile]) -> Case:
        """Open the case that this valid form asks for."""
        given = self.cleaned_data
        return operations.open_case(
            given["organization"],
            by=by,
            at=at,
            product=given["product"],
            severity=given["severity"],
            subject=given["subject"],
            description=self.description_with_tried,
            version=given["version"],
            linux_flavor=given["linux_flavor"],
            case_type=CaseType(given["case_type"]),
            phone=given["phone"],
            files=files,
            form=self.knew,
        )

    @property
    def description_with_tried(self) -> str:
        """What was written, and below it what the customer ticked as already tried (C-CUS-01)."""
        names = dict(TRIED)
        tried = [f"- {names[one]}" for one in self.cleaned_data["tried"]]
        parts = [self.cleaned_data["description"]]
        return "\n\n".join(parts + (["**Already tried**\n\n" + "\n".join(tried)] if tried else []))


def _grouped(offer: Offer) -> list[tuple[str, Any]]:
    """The products of a select: those with support, then those Customer Service looks into first (A-26)."""
    covered = [(one.code, one.name) for one in offer.entitled]
    unclear = [(one.code, one.name) for one in offer.unclear]
    groups: list[tuple[str, Any]] = [("", "Choose a product")]
    groups += [("Covered by your support", covered)] if covered else []
    return groups + ([("No present support: Customer Service looks into it", unclear)] if unclear else [])


class ClosureAnswerForm(CaseForm):
    """The answer to "is this solved?"; a no says what is still open."""

    answer = forms.ChoiceField(
        label="Is this solved, and may we close the case?",
        choices=[("yes", "Yes, it is solved"), ("no", "No, keep it open")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes or no.", "invalid_choice": "Choose yes or no."},
    )
    body = TextField(label="What is still open?", required=False, help_text="Needed for a no.")
    attachments = FilesField()


class WithdrawalForm(CaseForm):
    """Why the customer closes its own case."""

    resolution = TextField(label="Why can it be closed?", help_text="For example: a restart solved it.")
