"""The pages of the desk: queue, intake, a case opened by telephone, verification, a case's workspace, sun and plan."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import Organization, Region
from accounts.permissions import may
from cases import operations
from cases.enums import Severity, Verb
from cases.models import Case
from cases.numbers import normalize
from entitlements.models import SupportPlan
from sla.recalculation import apply_plan
from web.case.access import person
from web.case.doors import UNPROCESSABLE, carry_out, status_of
from web.case.times import Times
from web.desk import callers
from web.desk import queue as queues
from web.desk.forms import CallerForm, FilterForm, PhoneCaseForm, VerificationForm
from web.desk.intake import intake as intake_of
from web.desk.intake import verification
from web.desk.plan import versions, what_it_would_mean
from web.desk.plan_form import VersionForm
from web.desk.simulator import StoryForm, examples, may_tell, told_of
from web.desk.sun import sun_page
from web.desk.workspace import workspace

A_YEAR = 365 * 24 * 3600
VIEW = "view"  # the cookie that names the list somebody looks at, to stand beside the cases opened from it


def queue(request: HttpRequest) -> HttpResponse:
    """Open cases, next deadline first. A whole case number in the search goes straight to the case."""
    reader = person(request)
    times = Times(reader, timezone.now())
    views = queues.views_of(reader, times.now)
    wish = FilterForm(request.GET).wish(views)
    if (number := normalize(wish.words)) and (case := Case.objects.visible_to(reader).filter(number=number).first()):
        return redirect(case)
    page = {
        "view": views[wish.view],
        "wish": wish,
        "menu": queues.menu(views, wish, queues.counts(reader, views)),
        "listing": queues.listing(reader, views[wish.view], wish, times),
        "regions": Region.objects.all(),
        "severities": Severity,
    }
    if _is_refresh(request):
        return render(request, "desk/_listing.html", page)
    response = render(request, "desk/queue.html", page)
    response.set_cookie(VIEW, wish.view, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def intake(request: HttpRequest) -> HttpResponse:
    """Customer Service's queue: what is not verified yet, next deadline first."""
    reader = person(request)
    page = {
        "intake": intake_of(reader, Times(reader, timezone.now())),
        "may_open": may(reader, Verb.OPEN, Case),
    }
    return render(request, "desk/_intake.html" if _is_refresh(request) else "desk/intake.html", page)


def _is_refresh(request: HttpRequest) -> bool:
    """Whether an open page asks for its list again."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def phone_case(request: HttpRequest) -> HttpResponse:
    """Open a case for somebody who calls: first find the organization, then fill in the form (C-CHN-01, C-STF-03)."""
    asked = CallerForm(request.GET).asked
    if asked["organization"]:
        return _phone_form(request, asked["organization"], asked["caller"])
    found = callers.find(person(request), asked["q"])
    return render(request, "desk/caller.html", {"q": asked["q"], "found": found, "most": callers.MOST})


def _phone_form(request: HttpRequest, org_id: str, email: str) -> HttpResponse:
    reader, now = person(request), timezone.now()
    organization = Organization.objects.visible_to(reader).select_related("region").filter(org_id=org_id).first()
    if organization is None:
        raise Http404("There is no such organization.")
    contacts = callers.callers_of(reader, organization, now)
    if request.method == "POST":
        form = PhoneCaseForm(organization, contacts, request.POST, request.FILES)
        if case := carry_out(request, form, lambda files: form.open_case(reader, timezone.now(), files)):
            messages.success(request, f"Case {case.number} is open.")
            return redirect("case_entitlement", case.number)
    else:
        caller = next((one.pk for one in contacts if one.user.email == email), None)
        form = PhoneCaseForm(organization, contacts, initial={"contact": caller, "received_at": now})
    page = {"form": form, "organization": organization, "contacts": contacts}
    return render(request, "desk/phone_case.html", page, status=status_of(form))


def keys(request: HttpRequest) -> HttpResponse:
    """Which keys there are, and the switch for them; kept on this device."""
    if request.method != "POST":
        return render(request, "desk/keys.html")
    response = redirect("keys")
    off = request.POST.get("keys") == "off"
    response.set_cookie("keys", "off" if off else "on", max_age=A_YEAR, samesite="Lax", secure=request.is_secure())
    return response


# One case


def show_case(request: HttpRequest, case: Case) -> HttpResponse:
    """The workspace of a case."""
    reader = person(request)
    page = workspace(case, reader, Times(reader, timezone.now()), request.COOKIES.get(VIEW, ""))
    return render(request, "desk/case.html", page)


def verify(request: HttpRequest, case: Case) -> HttpResponse:
    """The evidence about a case's entitlement on one screen, and Customer Service's yes (C-STF-05)."""
    reader, now = person(request), timezone.now()
    page = verification(case, reader, Times(reader, now))
    form = VerificationForm.of(request, case, entitled=page["judgement"].outcome == "entitled")
    if request.method == "POST":
        verified = carry_out(
            request,
            form,
            lambda files: operations.verify_entitlement(case, by=reader, at=now, override=form.reason, form=form.knew),
        )
        if verified:
            messages.success(request, f"Case {case.number} is verified and waits for an engineer.")
            return redirect("intake")
    return render(request, "desk/verification.html", page | {"form": form}, status=status_of(form))


def sun(request: HttpRequest) -> HttpResponse:
    """Follow the sun: who holds Severity 1, and the proof that somebody always will."""
    reader = person(request)
    return render(request, "desk/sun.html", sun_page(reader, Times(reader, timezone.now())))


def plan(request: HttpRequest) -> HttpResponse:
    """What the plan promises, in each version; administrators look at what a new one would mean, then save it."""
    reader, now = person(request), timezone.now()
    standard = SupportPlan.objects.get(code=SupportPlan.STANDARD)
    page: dict[str, Any] = {"plan": standard, "versions": versions(standard), "may_simulate": may_tell(reader)}
    if not (decision := may(reader, "add_version", standard)):
        if request.method == "POST":
            raise PermissionDenied(decision.reason)
        return render(request, "desk/plan.html", page)
    form = VersionForm(page["versions"][0].version, now.date(), request.POST or None)
    if "save" in request.POST and (saved := form.save(reader, now)):
        messages.success(request, f"{saved} is in force from {saved.effective_on:%-d %B %Y}.")
        return redirect("plan")
    if form.is_bound and not form.wrong_fields:
        page |= what_it_would_mean(standard, form.draft, Times(reader, now))
        form.remember(form.draft)
    return render(request, "desk/plan.html", page | {"form": form}, status=UNPROCESSABLE if form.errors else 200)


def count_by_plan(request: HttpRequest) -> HttpResponse:
    """Let the clocks of running cases be counted by the version in force, at an administrator's word (A-09)."""
    reader, now = person(request), timezone.now()
    standard = SupportPlan.objects.get(code=SupportPlan.STANDARD)
    if not (decision := may(reader, "add_version", standard)):
        raise PermissionDenied(decision.reason)
    count = apply_plan(standard.version_on(now.date()), by=reader, at=now)
    messages.success(request, f"Running cases counted anew: {count}.")
    return redirect("plan")


def simulator(request: HttpRequest) -> HttpResponse:
    """What would become of a case: managers tell a story and see its clocks; nothing is stored."""
    if not may_tell(person(request)):
        raise PermissionDenied("The simulator is for managers.")
    if request.method == "POST":
        form = StoryForm(request.POST, request.FILES)
        ending = form.told()
    else:
        ready = examples().get(request.GET.get("example", ""), next(iter(examples().values())))
        form, ending = StoryForm(initial={"story": ready.text}), None
    page = {"form": form, "examples": examples().values(), **(told_of(ending) if ending else {})}
    return render(request, "desk/simulator.html", page, status=UNPROCESSABLE if form.errors else 200)
