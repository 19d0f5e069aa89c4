"""The pages of business hours and holidays. Staff read them; administrators change them after seeing what that does."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import Holiday, Region, RegionCalendar
from accounts.permissions import may
from web.case.access import person
from web.case.doors import UNPROCESSABLE
from web.case.times import Times
from web.desk.calendar_forms import (
    ChangeForm,
    ClosureCountForm,
    ClosureForm,
    ClosureRemovalForm,
    ImportForm,
    WeekCountForm,
    WeekForm,
    WeekRemovalForm,
)
from web.desk.calendars import calendars_page, look_page, place_page


def calendars(request: HttpRequest) -> HttpResponse:
    """Every region's hours, and the places whose holidays count."""
    reader = person(request)
    return render(request, "desk/calendars.html", calendars_page(reader, Times(reader, timezone.now())))


def place(request: HttpRequest) -> HttpResponse:
    """The coming year of a country, or of a part of it."""
    reader = person(request)
    page = place_page(*_place(request), reader, Times(reader, timezone.now()))
    if page is None:
        raise Http404("There is no such place.")
    return render(request, "desk/calendar_place.html", page)


def week(request: HttpRequest) -> HttpResponse:
    """The weekly hours of a region, or of a country that has its own."""
    region, country = _region(request)
    return _change(request, lambda data: WeekForm(region, country, data), reverse("calendars"))


def new_week(request: HttpRequest) -> HttpResponse:
    """Weekly hours of its own for a country."""
    region, _ = _region(request)
    return _change(request, lambda data: WeekForm(region, "", data, new=True), reverse("calendars"))


def week_removal(request: HttpRequest) -> HttpResponse:
    """A country without hours of its own again."""
    region, country = _region(request)
    get_object_or_404(RegionCalendar.objects.exclude(country=""), region=region, country=country)
    return _change(request, lambda data: WeekRemovalForm(region, country, data), reverse("calendars"))


def week_count(request: HttpRequest) -> HttpResponse:
    """Running cases counted by the weekly hours as they stand (A-09)."""
    region, country = _region(request)
    return _change(request, lambda data: WeekCountForm(region, country, data), reverse("calendars"))


def closure(request: HttpRequest) -> HttpResponse:
    """A new closure."""
    country, subdivision = _place(request)
    initial = {"country": country, "subdivision": subdivision}
    return _change(
        request,
        lambda data: ClosureForm(country, subdivision, data, initial=initial),
        _address_of(country, subdivision),
    )


def closure_removal(request: HttpRequest) -> HttpResponse:
    """A closure that is taken back: named by its place, its day and its name."""
    country, subdivision = _place(request)
    try:
        on = date.fromisoformat(_asked(request, "on"))
    except ValueError as error:
        raise Http404("There is no such closure.") from error
    kept = Holiday.objects.filter(source=Holiday.Source.ADMIN, on=on, name=_asked(request, "name"))
    row = get_object_or_404(kept, country=country, subdivision=subdivision)
    return _change(request, lambda data: ClosureRemovalForm(row, data), _address_of(country, subdivision))


def holiday_import(request: HttpRequest) -> HttpResponse:
    """Public holidays from the package."""
    country, subdivision = _place(request)
    year = timezone.localdate().year
    initial = {"country": country, "subdivision": subdivision, "year": year, "last_year": year + 1}
    return _change(
        request,
        lambda data: ImportForm(country, subdivision, data, initial=initial),
        _address_of(country, subdivision),
    )


def closure_count(request: HttpRequest) -> HttpResponse:
    """Running cases counted by the closures as they stand (A-09)."""
    country, subdivision = _place(request)
    return _change(
        request,
        lambda data: ClosureCountForm(country, subdivision, data),
        _address_of(country, subdivision),
    )


def _region(request: HttpRequest) -> tuple[Region, str]:
    return get_object_or_404(Region, code=_asked(request, "region")), _asked(request, "country")


def _place(request: HttpRequest) -> tuple[str, str]:
    return _asked(request, "country")[:2].upper(), _asked(request, "subdivision")[:8].upper()


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "")


def _address_of(country: str, subdivision: str) -> str:
    if not country:
        return reverse("calendars")
    return f"{reverse('calendar_place')}?{urlencode({'country': country, 'subdivision': subdivision})}"


def _change(request: HttpRequest, make: Callable[[QueryDict | None], ChangeForm], back: str) -> HttpResponse:
    """Show a change as a form, then what it would do, then make it; count running cases anew only when asked to."""
    reader, now = person(request), timezone.now()
    if not (decision := may(reader, "keep", RegionCalendar)):
        raise PermissionDenied(decision.reason)
    form = make(request.POST if request.method == "POST" else None)
    page: dict[str, Any] = {"form": form, "back": back}
    look = form.look(reader, now) if form.is_valid() else None
    if look:
        wanted = {"save", "count"} & set(request.POST)
        if wanted and form.save(look, reader, now):
            counted = form.count(reader, now) if "count" in wanted else None
            messages.success(request, _said(form, counted))
            return redirect(back)
        page |= look_page(look, Times(reader, now))
        form.show(look)
    return render(request, "desk/calendar_change.html", page, status=UNPROCESSABLE if form.errors else 200)


def _said(form: ChangeForm, counted: int | None) -> str:
    done = [form.done] if form.changes_rows else []
    return " ".join([*done, *([] if counted is None else [f"Running cases counted anew: {counted}."])])
