"""The pages of the rosters and of coverage. Staff read them, managers and administrators keep the rosters."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import DateField, DateTimeField, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts import feeds, rostering
from accounts.days import EARLIEST, LATEST
from accounts.enums import AbsenceReason, Layer
from accounts.feeds import AHEAD, BACK
from accounts.models import Absence, OnCall, RosterEntry, RosterFeed, SupportCenter, Swap
from accounts.permissions import may
from accounts.refusal import Refusal
from accounts.versions import Changed, Gone, digest
from web.case.access import person
from web.case.doors import UNPROCESSABLE
from web.case.times import Times
from web.desk.coverage import coverage_page
from web.desk.rehoming import Moves, moves_of
from web.desk.roster_conflicts import conflicts_of
from web.desk.roster_forms import AbsenceForm, EntryForm, OnCallForm, RowForm, SwapForm
from web.desk.rosters import WeekForm, roster_page

MADE = "made_roster_address"
SHOWN_WITHIN = 60  # seconds


def rosters(request: HttpRequest) -> HttpResponse:
    """A center's week: who is on which shift, who is on call, who is away."""
    reader = person(request)
    page = roster_page(reader, WeekForm(request.GET), Times(reader, timezone.now()))
    return render(request, "desk/rosters.html", page)


def coverage(request: HttpRequest) -> HttpResponse:
    """Whether somebody holds Severity 1 at every minute of the year ahead, and who could fill what nobody does."""
    reader = person(request)
    return render(request, "desk/coverage.html", coverage_page(reader, Times(reader, timezone.now())))


def calendar(request: HttpRequest) -> HttpResponse:
    """The secret address of the reader's own roster: made, shown once, replaced, revoked.

    The page that shows it is not the answer to the form: loaded again it would replace the address that was just
    copied. In between a signed cookie carries it, for a minute and to this page alone: we keep no copy.
    """
    reader = person(request)
    if "revoke" in request.POST:
        feeds.revoke(reader)
        messages.success(request, "The address is revoked: no program reads your roster any more.")
        moved = redirect("roster_feed")
        moved.delete_cookie(MADE, path=reverse("roster_feed"), samesite="Strict")
        return moved
    if request.method == "POST":
        moved = redirect("roster_feed")
        moved.set_signed_cookie(
            MADE,
            feeds.make(reader, at=timezone.now()),
            salt=str(reader.pk),
            max_age=SHOWN_WITHIN,
            path=reverse("roster_feed"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
        return moved
    token = request.get_signed_cookie(MADE, None, salt=str(reader.pk), max_age=SHOWN_WITHIN)
    link = settings.PORTAL_URL + reverse("roster_calendar", args=[token]) if token and feeds.find(token) else ""
    made = RosterFeed.objects.filter(user=reader).first()
    page = {
        "link": link,
        "webcal": f"webcal:{link.partition(':')[2]}" if link else "",
        "made": Times(reader, timezone.now()).moment(made.made_at).reader if made else "",
        "weeks_back": BACK.days // 7,
        "weeks_ahead": AHEAD.days // 7,
    }
    answer = render(request, "desk/feed.html", page)
    if request.method == "GET":
        answer.delete_cookie(MADE, path=reverse("roster_feed"), samesite="Strict")
    return answer


def entry(request: HttpRequest, key: UUID | None = None) -> HttpResponse:
    """A repeating entry, new or changed."""
    row = get_object_or_404(RosterEntry.objects.select_related("user"), key=key) if key else _new_entry(request)
    return _edit(request, EntryForm, row)


def swap(request: HttpRequest, key: UUID) -> HttpResponse:
    """Somebody else takes one day of an entry, or gives it back; the address names the day, the form may move it."""
    kept = get_object_or_404(RosterEntry.objects.select_related("user", "center"), key=key)
    on = _given(DateField(), request.GET.get("on") or request.POST.get("on")) or timezone.localdate()
    row = Swap.objects.select_related("user").filter(entry=kept, on=on).first() or Swap(entry=kept, on=on)
    return _edit(request, SwapForm, row)


def absence(request: HttpRequest, key: UUID | None = None) -> HttpResponse:
    """An absence with who stands in, new or changed."""
    row = get_object_or_404(Absence, key=key) if key else Absence(reason=AbsenceReason.HOLIDAY)
    return _edit(request, AbsenceForm, row)


def on_call(request: HttpRequest, key: UUID | None = None) -> HttpResponse:
    """A turn on call set by hand, new or changed."""
    row = get_object_or_404(OnCall, key=key) if key else OnCall(duty=Layer.ENGINEER)
    return _edit(request, OnCallForm, row)


def _new_entry(request: HttpRequest) -> RosterEntry:
    reader = person(request)
    code = request.GET.get("center", "").replace("\0", "")
    own = reader.profile.center if reader.profile else None
    center = SupportCenter.objects.filter(code=code).first() or own
    return RosterEntry(layer=Layer.SHIFT, weekdays=[0, 1, 2, 3, 4], center=center, from_on=timezone.localdate())


def _edit(request: HttpRequest, make: Callable[..., RowForm], row: rostering.Row) -> HttpResponse:
    """Show a line of the rosters as a form; save it when it can be and what speaks against it was seen."""
    reader, times = person(request), Times(person(request), timezone.now())
    if not (decision := may(reader, "keep", RosterEntry)):
        raise PermissionDenied(decision.reason)
    back = _week_of(row) if row.pk else reverse("rosters")
    removing = "remove" in request.POST
    if removing and not row.pk:
        raise Http404("It is removed already.")
    seen, accepted = request.POST.get("seen", ""), request.POST.get("despite", "")
    form = make(row, None if removing else request.POST or None, initial=_proposed(request))
    conflicts: list[str] = []
    despite = ""
    moves: Moves | None = None
    try:
        if removing or (request.method == "POST" and form.is_valid()):
            conflicts = conflicts_of(row, reader, times, seen=seen, since=form.since, removing=removing)
            moves = moves_of(row, reader, times) if isinstance(row, Absence) and not removing else None
            weighed = [*conflicts, *(moves.in_short() if moves else ()), *(["Remove it?"] if removing else ())]
            despite = digest(weighed) if weighed else ""
            if accepted == despite or not despite:
                said = f"The {form.noun} of {row.user} is {'removed' if removing else 'saved'}."
                if removing:
                    rostering.remove(row, by=reader, seen=seen)
                else:
                    row = rostering.keep(row, by=reader, seen=seen, since=form.since)
                messages.success(request, said)
                return redirect(back if removing else _week_of(row))
    except Gone as gone:
        raise Http404(gone.message) from gone
    except Refusal as refusal:
        if isinstance(refusal, Changed) and removing:
            row, conflicts = refusal.kept, [refusal.message]
            form = make(row)
        else:
            form.refuse(refusal)
    page = {
        "form": form,
        "row": row,
        "noun": form.noun,
        "back": back,
        "conflicts": conflicts,
        "moves": moves,
        "despite": despite,
        "removing": removing,
        "rehomed": times.moment(row.rehomed_at).reader if isinstance(row, Absence) and row.rehomed_at else "",
    }
    status = UNPROCESSABLE if form.errors or conflicts or moves or removing else 200
    return render(request, "desk/roster_form.html", page, status=status)


def _proposed(request: HttpRequest) -> dict[str, Any]:
    """What a link to an empty form proposes: whom, and from when to when; whatever makes no sense is left out."""
    asked = {
        "starts_at": _given(DateTimeField(), request.GET.get("from")),
        "ends_at": _given(DateTimeField(), request.GET.get("to")),
        "user": request.GET.get("who") if request.GET.get("who", "").isdecimal() else None,
    }
    return {name: value for name, value in asked.items() if value}


def _given(field: DateField | DateTimeField, text: str | None) -> Any:
    try:
        given = field.to_python(text)
    except ValidationError:
        return None
    return given if given and EARLIEST.year < given.year < LATEST.year else None


def _week_of(row: rostering.Row) -> str:
    """The week in which the line begins, at the center it is about."""
    center: SupportCenter | None
    match row:
        case RosterEntry():
            center, day = row.center, max(row.from_on, timezone.localdate())
        case Swap():
            center, day = row.entry.center, row.on
        case _:
            profile = row.user.profile
            center, day = (profile.center if profile else None), timezone.localdate(row.starts_at)
    asked: dict[str, date | str] = {"week": day}
    if center:
        asked["center"] = center.code
    return f"{reverse('rosters')}?{urlencode(asked)}"
