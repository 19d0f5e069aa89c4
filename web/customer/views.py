"""The customer's pages of cases: the list, a new case, and one case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Organization
from cases.models import Case
from notifications.operations import mark_case_read
from web.case.access import FORM, person, private, takes_files
from web.case.doors import carry_out, status_of, tell_done
from web.case.times import Times
from web.customer.case_page import case_page
from web.customer.forms import FilterForm, NewCaseForm
from web.customer.listing import STATES, closed_lately, elsewhere, listing, of_number, summary
from web.customer.offers import Offer, offer, organizations_of, targets


@private
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """My cases: whose turn it is first, then the next deadline."""
    reader = person(request)
    if reader.staff_role:
        return redirect("queue")
    form = FilterForm(request.GET)
    wish = form.wish
    if case := of_number(reader, wish.words):
        return redirect(case)
    times = Times(reader, timezone.now())
    organizations = [contact.organization for contact in reader.standings.values()]
    page = {
        "form": form,
        "wish": wish,
        "states": [(name, wish.query(state=key), key == wish.state) for key, (name, _) in STATES.items()],
        "organizations": organizations,
        "targets": targets(organizations, times.today),
        "summary": summary(reader),
        "listing": listing(reader, wish, times),
        "elsewhere": elsewhere(reader, wish),
        "closed_lately": closed_lately(reader, times) if wish.plain else (),
        "may_open": bool(organizations_of(reader)),
    }
    return render(request, "cases/home.html", page)


@takes_files
@private
@require_http_methods(FORM)
def new_case(request: HttpRequest) -> HttpResponse:
    """The form for a new case, with the deadline that each severity would get."""
    reader = person(request)
    organizations = organizations_of(reader)
    if not organizations:
        return _not_opening(request)
    offered = _offer(request, organizations)
    if request.method != "POST" or "show" in request.POST:
        initial = request.POST.dict() | {"tried": request.POST.getlist("tried")}
        form = NewCaseForm(organizations, offered, initial=initial)
    else:
        form = NewCaseForm(organizations, offered, request.POST, request.FILES)
        if case := carry_out(request, form, lambda files: form.open_case(reader, timezone.now(), files)):
            tell_done(request, form, f"Case {case.number} is open.")
            return redirect(case)
    page = {"form": form, "offer": offered, "organizations": organizations}
    return render(request, "cases/new.html", page, status=status_of(form))


@private
@require_safe
def promise(request: HttpRequest) -> HttpResponse:
    """The fragment of the new-case form that tells deadlines as of now, and the products after another choice."""
    organizations = organizations_of(person(request))
    if not organizations:
        return _not_opening(request)
    offered = _offer(request, organizations)
    form = NewCaseForm(organizations, offered, initial=request.GET.dict())
    page = {
        "form": form,
        "offer": offered,
        "organizations": organizations,
        "chosen_anew": request.htmx.trigger != "case-offer",  # type: ignore[attr-defined]
    }
    return render(request, "cases/_offer.html", page)


def _not_opening(request: HttpRequest) -> HttpResponse:
    """Why this reader opens no cases, and whom to call about it."""
    organizations = [contact.organization for contact in person(request).standings.values()]
    telephones = [(one, one.support_phone) for one in organizations]
    return render(request, "cases/not_opening.html", {"telephones": telephones}, status=403)


def _offer(request: HttpRequest, organizations: list[Organization]) -> Offer:
    """The offer for the organization and product asked for, else for the first."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen = next((one for one in organizations if one.org_id == asked.get("organization")), organizations[0])
    reader = person(request)
    return offer(reader, chosen, asked.get("product", ""), Times(reader, timezone.now()))


def show_case(request: HttpRequest, case: Case) -> HttpResponse:
    """One case: where it stands, what happened, and what to do."""
    reader, now = person(request), timezone.now()
    mark_case_read(reader, case, now)
    return render(request, "cases/case.html", case_page(case, reader, Times(reader, now)))
