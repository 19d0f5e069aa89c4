"""What administrators keep about products, plans and entitlements."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from accounts.admin_site import KeptByAdministrators
from entitlements.enums import Activity
from entitlements.models import SEVERITIES, Entitlement, PlanTarget, PlanVersion, Product, SupportPlan


@admin.register(Product)
class ProductAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["name", "code", "versions"]
    search_fields = ["name", "code"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(SupportPlan)
class SupportPlanAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["name", "code"]
    search_fields = ["name", "code"]


class PlanTargetFormSet(forms.BaseInlineFormSet):
    """One target for each severity, neither fewer nor twice: a version is never changed afterwards."""

    def clean(self) -> None:
        super().clean()
        given = sorted(form.cleaned_data["severity"] for form in self.forms if "severity" in form.cleaned_data)
        if not any(self.errors) and given != list(SEVERITIES):
            raise forms.ValidationError("Give one target for each severity, from 1 to 4.", code="targets_missing")


class PlanTargetInline(KeptByAdministrators, admin.TabularInline):
    model = PlanTarget
    formset = PlanTargetFormSet
    extra = 0
    min_num = max_num = len(SEVERITIES)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_add_permission(request)


class PlanVersionForm(forms.ModelForm):
    included = forms.MultipleChoiceField(choices=Activity.choices(), widget=forms.CheckboxSelectMultiple)
    excluded = forms.MultipleChoiceField(
        choices=Activity.choices(), widget=forms.CheckboxSelectMultiple, required=False
    )


@admin.register(PlanVersion)
class PlanVersionAdmin(KeptByAdministrators, admin.ModelAdmin):
    """Versions are only added: cases are judged by the one that was in force when they were received (C-DOC-01)."""

    list_display = ["plan", "number", "effective_on"]
    list_filter = ["plan"]
    list_select_related = ["plan"]
    form = PlanVersionForm
    inlines = [PlanTargetInline]

    def has_change_permission(self, request: HttpRequest, obj: PlanVersion | None = None) -> bool:
        return obj is None and super().has_change_permission(request)


@admin.register(Entitlement)
class EntitlementAdmin(KeptByAdministrators, admin.ModelAdmin):
    list_display = ["reference", "organization", "product", "plan", "starts_on", "ends_on"]
    list_filter = ["product", "plan"]
    list_select_related = ["organization", "product", "plan"]
    search_fields = ["reference", "organization__name", "organization__org_id"]
    autocomplete_fields = ["organization", "product", "plan"]
