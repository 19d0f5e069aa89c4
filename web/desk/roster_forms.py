"""The lines of a roster as forms: a repeating entry, a swap, an absence, a turn on call set by hand."""

import calendar
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from accounts.enums import ON_CALL, AbsenceReason, Layer
from accounts.local_time import instant_of
from accounts.models import Absence, OnCall, Region, RosterEntry, SupportCenter, Swap, User
from accounts.refusal import Refusal
from accounts.rostering import Row, require_possible, version
from accounts.rosters import misses_a_working_day
from web import words
from web.desk.kept_forms import SeenForm

DAYS = [(number, name[:3]) for number, name in enumerate(calendar.day_name)]


_OF_THE_LIST = {"required": "Choose something of the list.", "invalid_choice": "Choose something of the list."}


class StaffField(forms.ModelChoiceField):
    """Somebody of support who may sign in."""

    def __init__(self, **kwargs: Any):
        staff = User.objects.filter(is_active=True, staff__isnull=False).order_by("name")
        kwargs.setdefault("empty_label", "Choose somebody")
        super().__init__(staff, **kwargs)
        self.error_messages["required"] = "Choose somebody."
        self.error_messages["invalid_choice"] = "Choose a member of staff of the list."


class MomentField(forms.DateTimeField):
    """A moment by the reader's clock, which the form names.

    Of an hour that the clock shows twice the first pass is meant, unless `proposed`, an aware moment, is left as it was
    written here; an hour that it skips ends where it jumps.
    """

    proposed: datetime | None = None

    def __init__(self, **kwargs: Any):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)
        self.error_messages |= {"required": "Give a day and a time.", "invalid": "Give a day and a time."}

    def to_python(self, value: Any) -> datetime | None:
        if self.proposed and value == self.widget.format_value(self.prepare_value(self.proposed)):
            return self.proposed
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone" or not error.params:
                raise
            here = ZoneInfo(timezone.get_current_timezone_name())
            return instant_of(error.params["datetime"], here)


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any):
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)
        self.error_messages |= {"required": "Choose a day.", "invalid": "Choose a day."}


class HoursField(forms.TimeField):
    def __init__(self, **kwargs: Any):
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)
        self.error_messages |= {"required": "Give a time.", "invalid": "Give a time, such as 07:30."}


class RowForm(SeenForm):
    """A line of a roster. Once valid, `row` is what it asks for, not saved, and holds `since` a day; None: throughout.

    Fields that are `apart` are none of the row's.
    """

    noun: ClassVar[str]
    beside: ClassVar[Sequence[Sequence[str]]]
    apart: ClassVar[frozenset[str]] = frozenset({"seen"})
    since: date | None = None

    def __init__(self, row: Row, data: Any = None, *, initial: dict[str, Any] | None = None):
        """`initial` goes before what stands in `row`."""
        kept = {name: getattr(row, name, None) for name in self.base_fields}
        super().__init__(data, initial=kept | {"seen": version(row)} | (initial or {}))
        self.row = row
        for name, field in self.fields.items():
            if isinstance(field, MomentField):
                field.proposed = self.initial.get(name)
                zone = timezone.get_current_timezone_name()
                field.help_text = f"By your clock, {words.zone_name(timezone.now(), zone)}."

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        """The fields as they stand beside each other."""
        return [[self[name] for name in names if name in self.fields] for names in self.beside]

    def clean(self) -> dict[str, Any]:
        """What cannot be is told next to its field."""
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            for name in given.keys() - self.apart:
                setattr(self.row, name, given[name])
            try:
                require_possible(self.row)
            except Refusal as refusal:
                self.refuse(refusal)
        return given

    def otherwise(self, kept: Row) -> Iterator[str]:
        for field in type(self)(kept).visible_fields():
            if field.name not in self.apart and field.field.has_changed(field.initial, self[field.name].data):
                yield f"{field.label}: {_written(field)}"


def _written(field: forms.BoundField) -> str:
    """The value of a field as people read it."""
    choices: dict[Any, str] = dict(getattr(field.field, "choices", ()))
    match field.value():
        case None | "":
            return choices.get("", "empty")
        case datetime() as at:
            return f"{at:%a} {at.day} {at:%b %Y, %H:%M}"
        case date() as on:
            return f"{on:%a} {on.day} {on:%b %Y}"
        case time() as hour:
            return f"{hour:%H:%M}"
        case list() as several:
            return ", ".join(str(choices.get(one, one)) for one in several)
        case _:
            return str(choices.get(field.value(), field.initial))


class EntryForm(RowForm):
    """Repeating work at a center or on call by its clock."""

    noun = "roster entry"
    beside = (
        ("user", "layer"),
        ("center", "every_weeks"),
        ("weekdays",),
        ("opens", "closes"),
        ("from_on", "until_on"),
        ("holds_from",),
    )
    apart = frozenset({"seen", "holds_from"})
    row: RosterEntry

    user = StaffField(label="Who")
    layer = forms.ChoiceField(label="Does what", choices=Layer.choices(), error_messages=_OF_THE_LIST)
    center = forms.ModelChoiceField(
        SupportCenter.objects.all(),
        label="Center",
        empty_label=None,
        help_text="Its clock counts.",
        error_messages={"required": "Choose a center.", "invalid_choice": "Choose a center of the list."},
    )
    weekdays = forms.TypedMultipleChoiceField(
        label="On which days",
        choices=DAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "row"}),
        error_messages={
            "required": "Choose at least one day of the week.",
            "invalid_choice": "Choose days of the week, Monday to Sunday.",
        },
    )
    opens = HoursField(label="Begins")
    closes = HoursField(label="Ends", help_text="Not after the beginning: on the next day. 00:00 is midnight.")
    every_weeks = forms.IntegerField(
        label="Every so many weeks",
        min_value=1,
        max_value=52,
        help_text="1 is every week; counted from the week of the first day.",
        error_messages={
            "required": "Every how many weeks?",
            "invalid": "Give a whole number of weeks.",
            "min_value": "A roster repeats every 1 to 52 weeks.",
            "max_value": "A roster repeats every 1 to 52 weeks.",
        },
    )
    from_on = DayField(label="First day")
    until_on = DayField(label="Last day", required=False, help_text="Empty: until further notice.")
    holds_from = DayField(label="The change holds from")

    def __init__(self, row: RosterEntry, data: Any = None, *, initial: dict[str, Any] | None = None):
        """An entry that began before today, at its center, is asked from when on it changes: an ended one too."""
        today = timezone.localdate(timezone=ZoneInfo(row.center.zone)) if row.pk else date.min
        super().__init__(row, data, initial={"holds_from": today} | (initial or {}))
        if row.pk and row.from_on < today:
            first = f"{row.from_on.day} {row.from_on:%b %Y}"
            told = f"Days before it stay as they were. To change it from its first day, choose {first}."
            self.fields["holds_from"].help_text = told
        else:
            del self.fields["holds_from"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        self.since = given.get("holds_from")
        return given


class SwapForm(RowForm):
    """Somebody else takes one day of an entry."""

    noun = "swap"
    beside = (("on", "user"), ("reason",))
    row: Swap

    on = DayField(label="Day")
    user = StaffField(label="Who takes it")
    reason = forms.CharField(
        label="Why?",
        max_length=200,
        error_messages={"required": "Say why.", "max_length": "Keep it to %(limit_value)d characters."},
    )


class AbsenceForm(RowForm):
    """Time in which somebody gets no work."""

    noun = "absence"
    beside = (("user", "reason"), ("starts_at", "ends_at"), ("substitute", "hands_over"))
    row: Absence

    user = StaffField(label="Who is away")
    reason = forms.ChoiceField(label="Why", choices=AbsenceReason.choices(), error_messages=_OF_THE_LIST)
    starts_at = MomentField(label="From")
    ends_at = MomentField(label="Until")
    substitute = StaffField(
        label="Who stands in",
        required=False,
        empty_label="Nobody",
        help_text="Takes the shifts and turns on call meanwhile.",
    )
    hands_over = forms.TypedChoiceField(
        label="The open cases",
        choices=[
            ("usual", "Hand over if away for a working day or longer"),
            ("yes", "Hand over to others"),
            ("no", "Leave with who is away"),
        ],
        coerce={"usual": None, "yes": True, "no": False}.get,
        help_text="Who takes which is shown before anything is saved.",
        error_messages={"required": "Say what becomes of them.", "invalid_choice": "Choose something of the list."},
    )

    def __init__(self, row: Absence, data: Any = None, *, initial: dict[str, Any] | None = None):
        chosen = "usual" if row.pk is None else "yes" if row.hands_over else "no"
        super().__init__(row, data, initial={"hands_over": chosen} | (initial or {}))

    def clean(self) -> dict[str, Any]:
        """Unless somebody chose, a short absence leaves the cases where they are."""
        given = super().clean()
        if not self.errors and self.row.hands_over is None:
            self.row.hands_over = misses_a_working_day(self.row.user_id, self.row.starts_at, self.row.ends_at)
        return given


class OnCallForm(RowForm):
    """A turn on call, set by hand."""

    noun = "turn on call"
    beside = (("user", "duty"), ("starts_at", "ends_at"), ("region",))
    row: OnCall

    user = StaffField(label="Who")
    duty = forms.ChoiceField(
        label="Does what", choices=[(one.value, one.label) for one in ON_CALL], error_messages=_OF_THE_LIST
    )
    region = forms.ModelChoiceField(
        Region.objects.all(),
        label="For which region",
        required=False,
        empty_label="Everywhere",
        help_text="Only an engineer on call everywhere can hold the sun.",
        error_messages=_OF_THE_LIST,
    )
    starts_at = MomentField(label="From")
    ends_at = MomentField(label="Until")
