"""What administrators keep about people, places and hours."""

import calendar
from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import invitations
from accounts.admin_site import KeptByAdministrators
from accounts.enums import CaseSight, ContactRole, LinuxFlavor, StaffRole
from accounts.models import (
    Absence,
    Contact,
    Holiday,
    Invitation,
    OnCall,
    Organization,
    Region,
    RegionCalendar,
    RosterEntry,
    Shift,
    StaffProfile,
    SupportCenter,
    Swap,
    User,
)
from accounts.refusal import Refusal


class RolesField(forms.MultipleChoiceField):
    """The roles of a contact, as boxes to tick."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=ContactRole.choices(), widget=forms.CheckboxSelectMultiple, **kwargs)


@admin.register(User)
class UserAdmin(KeptByAdministrators, admin.ModelAdmin):
    """People. A password is never set here: whoever needs one is invited, or resets it by mail."""

    list_display = ["name", "email", "zone", "is_active", "date_joined"]
    list_filter = ["is_active"]
    search_fields = ["name", "email"]
    fields = ["email", "name", "zone", "phone", "is_active"]
    actions = ["reset_second_factor"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["email"] if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.email = obj.email.lower()
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    @admin.action(description="Remove the second factor and end all sessions (lost telephone)")
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        Authenticator.objects.filter(user__in=people).delete()
        for session in UserSession.objects.filter(user__in=people):
            session.end()
        for person in people:
            self.log_change(request, person, "Second factor removed, sessions ended.")
        self.message_user(request, "They sign in with their password next, and set up a new second factor.")


class ContactForm(forms.ModelForm):
    roles = RolesField()


@admin.register(Contact)
class ContactAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["user", "organization", "roles_text", "sees", "starts_at", "ends_at"]
    list_filter = ["organization"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__name", "user__email", "organization__name"]
    autocomplete_fields = ["user", "organization", "granted_by"]
    form = ContactForm


class StaffProfileForm(forms.ModelForm):
    """What a member of staff does. Flavors of Linux are skills as products are, as boxes to tick (C-STF-08)."""

    flavors = forms.MultipleChoiceField(
        label="Knows Linux",
        choices=LinuxFlavor.choices(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Of those who know the product, whoever knows the Linux of a case is suggested for it first.",
    )

    class Meta:
        model = StaffProfile
        fields = ["user", "role", "manager", "center", "skills"]
        help_texts = {"skills": "Codes of products, with commas between."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        flavors = {flavor.value for flavor in LinuxFlavor}
        known = self.instance.skills
        self.initial["flavors"] = [skill for skill in known if skill in flavors]
        self.initial["skills"] = [skill for skill in known if skill not in flavors]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        told["skills"] = list(dict.fromkeys([*told.get("skills", []), *told.get("flavors", [])]))
        return told


@admin.register(StaffProfile)
class StaffProfileAdmin(KeptByAdministrators, admin.ModelAdmin):
    form = StaffProfileForm
    list_display = ["user", "role", "center", "manager"]
    list_filter = ["role", "center"]
    list_select_related = ["user", "center", "manager"]
    search_fields = ["user__name", "user__email"]
    autocomplete_fields = ["user", "manager"]


class InvitationForm(forms.ModelForm):
    """A new invitation; the verb behind it checks what belongs together."""

    contact_roles = RolesField(required=False, help_text="For a contact of the organization.")

    class Meta:
        model = Invitation
        fields = ["email", "name", "organization", "contact_roles", "sees", "staff_role", "center", "manager"]

    def clean(self) -> dict[str, Any]:
        """Ask the verb's own checks, so that a refusal stands in the form."""
        told = super().clean() or {}
        if not self.errors:
            try:
                given = as_arguments(told)
                invitations.require_sensible(
                    email=given["email"],
                    organization=given["organization"],
                    contact_roles=given["contact_roles"],
                    staff_role=given["staff_role"],
                )
            except Refusal as refusal:
                raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
        return told


def as_arguments(told: dict[str, Any]) -> dict[str, Any]:
    """The form's values as `invitations.invite` takes them."""
    return told | {
        "contact_roles": [ContactRole(role) for role in told["contact_roles"]],
        "sees": CaseSight(told["sees"]),
        "staff_role": StaffRole(told["staff_role"]) if told["staff_role"] else None,
    }


@admin.register(Invitation)
class InvitationAdmin(KeptByAdministrators, admin.ModelAdmin):
    """Inviting is adding one here; what was sent is never changed, only revoked or sent again."""

    list_display = ["name", "email", "as_what", "created_at", "expires_at", "accepted_at", "revoked_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "email"]
    autocomplete_fields = ["organization", "manager"]
    form = InvitationForm
    actions = ["send_again", "revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: Invitation, form: forms.ModelForm, change: bool) -> None:
        sent = invitations.invite(**as_arguments(form.cleaned_data), by=_who(request), at=timezone.now())
        obj.pk, obj.email = sent.pk, sent.email

    @admin.action(description="Send again, with a new link")
    def send_again(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        self._each(request, chosen, invitations.send_again, "sent again")

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        self._each(request, chosen, invitations.revoke, "revoked")

    def _each(self, request: HttpRequest, chosen: QuerySet[Invitation], verb: Any, done: str) -> None:
        for invitation in chosen:
            try:
                verb(invitation, by=_who(request), at=timezone.now())
            except Refusal as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
            else:
                self.message_user(request, f"{invitation}: {done}.")


def _who(request: HttpRequest) -> User:
    """The administrator behind the request; nobody else reaches these views."""
    return cast(User, request.user)


@admin.register(Organization)
class OrganizationAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["org_id", "name", "region", "country", "subdivision", "zone"]
    list_filter = ["region"]
    search_fields = ["org_id", "name"]


class RegionCalendarInline(KeptByAdministrators, admin.TabularInline):
    model = RegionCalendar
    extra = 0


@admin.register(Region)
class RegionAdmin(KeptByAdministrators, admin.ModelAdmin):
    """Regions and their weekly hours. A case keeps the calendar of its receipt, so a change moves no running clock."""

    list_display = ["code", "name", "countries_text", "anchor_zone"]
    inlines = [RegionCalendarInline]


@admin.register(Holiday)
class HolidayAdmin(KeptByAdministrators, admin.ModelAdmin):
    """Public holidays as they were pinned, and closures that administrators add; only those are theirs to change."""

    list_display = ["on", "name", "country", "subdivision", "source"]
    list_filter = ["source", "country"]
    date_hierarchy = "on"
    fields = ["country", "subdivision", "on", "name"]
    may_be_deleted = True

    def has_change_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return _is_closure(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return _is_closure(obj) and super().has_delete_permission(request, obj)


def _is_closure(holiday: Holiday | None) -> bool:
    return holiday is None or holiday.source == Holiday.Source.ADMIN


class ShiftInline(KeptByAdministrators, admin.TabularInline):
    model = Shift
    extra = 0
    may_be_deleted = True


@admin.register(SupportCenter)
class SupportCenterAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["name", "region", "zone", "telephone"]
    inlines = [ShiftInline]


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days of the week, as boxes to tick; cleans to numbers, of which Monday is 0."""

    def __init__(self, **kwargs: Any) -> None:
        names = list(enumerate(calendar.day_name))
        super().__init__(choices=names, coerce=int, widget=forms.CheckboxSelectMultiple, **kwargs)


class RosterEntryForm(forms.ModelForm):
    weekdays = WeekdaysField()


class SwapInline(KeptByAdministrators, admin.TabularInline):
    model = Swap
    extra = 0
    autocomplete_fields = ["user"]
    may_be_deleted = True


@admin.register(RosterEntry)
class RosterEntryAdmin(KeptByAdministrators, admin.ModelAdmin):
    form = RosterEntryForm
    list_display = ["user", "layer", "center", "opens", "closes", "every_weeks", "from_on", "until_on"]
    list_filter = ["center", "layer"]
    list_select_related = ["user", "center"]
    autocomplete_fields = ["user"]
    inlines = [SwapInline]
    may_be_deleted = True


@admin.register(OnCall)
class OnCallAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["user", "duty", "region", "starts_at", "ends_at"]
    list_filter = ["duty", "region"]
    list_select_related = ["user", "region"]
    date_hierarchy = "starts_at"
    autocomplete_fields = ["user"]
    may_be_deleted = True


@admin.register(Absence)
class AbsenceAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["user", "reason", "starts_at", "ends_at", "substitute"]
    list_filter = ["reason"]
    list_select_related = ["user", "substitute"]
    date_hierarchy = "starts_at"
    autocomplete_fields = ["user", "substitute"]
    may_be_deleted = True
