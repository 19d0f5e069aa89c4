"""What every form of a case carries unseen: the version of the case it was made from, and its own id."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest

from accounts.refusal import Refusal
from cases import rules
from cases.enums import Severity
from cases.models import Case
from cases.operations import Form
from cases.texts import BODY_LIMIT
from web.case.timeline import Row
from web.case.uploads import FilesField
from web.fields import PhoneField
from web.forms import PortalForm

HIDDEN = ("seen", "submission")


class OnceForm(PortalForm):
    """A form that takes effect once, however often it is sent.

    `refusals` names the field that a refusal's code speaks of; codes such as "<field>_missing" find theirs by name.
    """

    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)

    refusals: Mapping[str, str] = {}
    sent_before = False
    refusal: Refusal | None = None

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs["initial"] = {"submission": uuid4()} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    @property
    def knew(self) -> Form:
        """What the verb must know about this form."""
        return Form(seen=self.cleaned_data.get("seen"), submission=self.cleaned_data.get("submission"))

    @property
    def uploads(self) -> list[UploadedFile]:
        return self.cleaned_data.get("attachments") or []

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal next to the field it speaks of, or on top."""
        self.refusal = refusal
        by_name = refusal.code.removesuffix("_missing").removesuffix("_too_long").removesuffix("_invalid")
        field = self.refusals.get(refusal.code, by_name)
        self.add_error(field if field in self.fields else None, refusal.message)

    def ask_for_files_again(self) -> None:
        """A form that is shown again has lost its files: a browser does not keep them."""
        if self.files and "attachments" in self.fields and "attachments" not in self.errors:
            self.add_error("attachments", "Please choose your files again: a browser does not keep them.")

    @property
    def has_text(self) -> bool:
        """Whether somebody wrote something into this form that was sent."""
        return any(self.cleaned_data.get(name) for name, field in self.fields.items() if isinstance(field, TextField))

    def mend_hidden(self) -> None:
        """Replace hidden values that came back damaged, so that the next try can succeed."""
        damaged = {name: fresh for name, fresh in self.initial.items() if name in HIDDEN and name in self.errors}
        if damaged:
            for name in damaged:
                del self.errors[name]
            self.replace(**damaged)
            self.add_error(None, "Something went wrong in the browser. Please look at the form and send it again.")


class CaseForm(OnceForm):
    """A form about a case: it also knows which version of it the person saw."""

    seen = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    changed: Sequence[Row] = ()

    def __init__(self, case: Case, *args: Any, **kwargs: Any):
        kwargs["initial"] = {"seen": case.version} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.case = case

    @classmethod
    def of(cls, request: HttpRequest, case: Case, **kwargs: Any) -> Self:
        """The form as it was sent, or empty to be shown."""
        if request.method == "POST":
            return cls(case, request.POST, request.FILES, **kwargs)
        form = cls(case, **kwargs)
        first = next(iter(form.visible_fields()), None)
        if first and not isinstance(first.field.widget, forms.RadioSelect):
            first.field.widget.attrs["autofocus"] = True
        return form


class TextField(forms.CharField):
    """Markdown that somebody writes: kept as typed, with a limit that says what to do `instead`."""

    def __init__(self, *, instead: str = "Attach it as a file instead.", **kwargs: Any):
        kwargs.setdefault("max_length", BODY_LIMIT)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 5}))
        super().__init__(**kwargs)
        self.error_messages["required"] = "Please write a few words here."
        too_long = f"This is longer than {self.max_length:,} characters. {instead}"
        self.validators = [v for v in self.validators if not isinstance(v, MaxLengthValidator)]
        self.validators.append(MaxLengthValidator(self.max_length, too_long))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No `maxlength` in the browser: it would cut off a pasted text without a word."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class MessageForm(CaseForm):
    """Something written to the other side, with files."""

    body = TextField(label="Your message")
    attachments = FilesField()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.files:
            self.fields["body"].error_messages["required"] = "Please write a few words about your files."


def require_phone_field(form: forms.Form, severity: Severity | None) -> None:
    """Put what stands against the form's `phone` beside it, unless something does already."""
    try:
        if severity and "phone" in form.cleaned_data:
            rules.require_phone(severity, form.cleaned_data["phone"])
    except Refusal as refusal:
        form.add_error("phone", refusal.message)


class SeverityForm(CaseForm):
    """Another severity, put forward by one side, whose last position is in the case's field `position`."""

    position = "requested_severity"

    severity = forms.TypedChoiceField(
        label="Which severity fits?",
        coerce=lambda value: Severity(int(value)),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a severity.", "invalid_choice": "This severity cannot be chosen now."},
    )
    phone = PhoneField(label="Telephone where we reach you now", needed_for="Severity 1")
    reason = TextField(label="Why?")

    refusals: Mapping[str, str] = {"severity_not_lower": "severity"}

    def __init__(self, case: Case, *args: Any, **kwargs: Any):
        super().__init__(case, *args, **kwargs)
        lowest = Severity(case.severity) + 1 if case.severity_agreed_at else Severity.ONE
        self.fields["severity"].choices = [  # type: ignore[attr-defined]
            (one.value, f"{one.label}: {one.description}")
            for one in Severity
            if one >= lowest and one != getattr(case, self.position)
        ]
        self.fields["phone"].widget.attrs["data-only"] = "severity-1"
        self.initial.setdefault("phone", case.phone or case.contact.user.phone)
        if case.severity_agreed_at:
            del self.fields["phone"]

    def clean(self) -> None:
        """Ask for the telephone together with all else that is missing; only Severity 1 needs it (A-04)."""
        require_phone_field(self, self.cleaned_data.get("severity"))
        if self.cleaned_data.get("severity") is not Severity.ONE:
            self.cleaned_data["phone"] = ""


class AgreementForm(CaseForm):
    """A yes to the severity that the other side proposes."""

    severity = forms.TypedChoiceField(
        choices=Severity.choices(), coerce=lambda value: Severity(int(value)), widget=forms.HiddenInput
    )
