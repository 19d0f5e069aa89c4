"""The desk in a real browser: a case on its way through support, for every eye, by keyboard alone, without script."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Holiday, RosterEntry, StaffProfile, SupportCenter
from cases import operations
from cases.enums import Severity, Status
from cases.models import Case
from sla import sun_moves
from tests.cast import DAY, HOUR, MINUTE, kinds
from tests.pages import NARROW, faults, visit_as

pytestmark = pytest.mark.browser


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def cases(case_in, engineer, now) -> dict[str, Case]:
    """A case in every state, and an urgent one with a note and a missed call."""
    found = {status.value: case_in(status, at=now - 2 * HOUR) for status in Status}
    found["old"] = case_in(Status.CLOSED, at=now - 60 * DAY)
    urgent = case_in(Status.RECEIVED, at=now - 25 * MINUTE, severity=Severity.ONE, version="7.1")
    operations.accept(urgent, by=engineer, at=now - 20 * MINUTE)
    operations.add_note(urgent, "Ask for the `event log`.", by=engineer, at=now - 10 * MINUTE)
    found["urgent"] = operations.log_call(
        urgent, by=engineer, at=now - 9 * MINUTE, reached=False, summary="Voicemail left."
    )
    return found


def url(portal: str, case: Case, noun: str = "") -> str:
    return f"{portal}{case.get_absolute_url()}{f'{noun}/' if noun else ''}"


def test_a_case_goes_through_support(portal, browser, customer_service, engineer, open_case, now):
    case = open_case(at=now - HOUR)

    with visit_as(browser, portal, customer_service) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/intake/")
        page.get_by_role("link", name=case.subject).click()
        expect(page.get_by_role("heading", name="Granite Harbor Energy is entitled to support")).to_be_visible()
        page.get_by_role("button", name="Verify and pass on").click()
        expect(page.get_by_role("status")).to_contain_text("is verified")

    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/?view=unassigned")
        page.get_by_role("link", name=f"Take case {case.number}").click()
        page.get_by_role("button", name="Take the case").click()
        page.get_by_label("Your message").fill("Please send the log of host gh-07.")
        page.get_by_label("The customer’s turn next").check()
        page.get_by_role("button", name="Send to the customer").click()
        expect(page.locator("#case-head .turn")).to_have_text("Customer")
        page.get_by_role("link", name="Agree Severity 3").click()
        page.get_by_role("button", name="Agree Severity 3").click()
        page.locator("label", has=page.locator("[value=internal]")).click()
        page.get_by_label("Your message").fill("Known firmware bug.")
        page.get_by_role("button", name="Save internal note").click()
        expect(page.locator('[data-visibility="internal"]')).to_contain_text("Known firmware bug.")
        page.get_by_role("link", name="Propose closure").click()
        page.get_by_label("What was the problem?").fill("The backup froze the storage path.")
        page.get_by_label("What solved it?").fill("Update 8.4.2 removes the freeze.")
        page.get_by_role("button", name="Ask the customer").click()
        expect(page.locator("#case-head")).to_contain_text("Solution proposed")

    assert kinds(case) == [
        "received",
        "entitlement_verified",
        "assigned",
        "replied",
        "severity_agreed",
        "noted",
        "closure_proposed",
    ]


def test_the_pages_of_an_engineer_are_fit_for_everybody(portal, browser, engineer, cases):
    addresses = {
        "queue": f"{portal}/desk/",
        "world": f"{portal}/desk/?view=all",
        "empty": f"{portal}/desk/?q=nothing-like-this",
        "keys": f"{portal}/desk/keys/",
        "sun": f"{portal}/desk/sun/",
        "coverage": f"{portal}/desk/coverage/",
        "rosters": f"{portal}/desk/rosters/",
        **{name: url(portal, case) for name, case in cases.items()},
        "acceptance": url(portal, cases["queued"], "acceptance"),
        **{
            noun: url(portal, cases["waiting_for_customer"], noun)
            for noun in ("owner", "messages", "notes", "calls", "severity", "severity/agreement", "closure")
        },
        "attempt": url(portal, cases["waiting_for_customer"], "contact-attempts"),
        "reopening": url(portal, cases["closed"], "reopening"),
    }

    assert look_at(browser, portal, engineer, addresses) == {name: [] for name in addresses}


def test_the_forms_of_the_rosters_are_fit_for_everybody(portal, browser, support_manager, engineer, product):
    entry = RosterEntry.objects.create(
        user=engineer,
        center=engineer.staff.center,
        weekdays=list(range(7)),
        opens=time(9),
        closes=time(17),
        from_on=date(2025, 1, 1),
    )
    rosters = f"{portal}/desk/rosters/"
    addresses = {
        "week": rosters,
        "gaps": f"{portal}/desk/coverage/",
        "new": f"{rosters}entries/new/",
        "entry": f"{rosters}entries/{entry.key}/",
        "swap": f"{rosters}entries/{entry.key}/swap/",
        "absence": f"{rosters}absences/new/",
        "on call": f"{rosters}on-call/new/",
    }

    assert look_at(browser, portal, support_manager, addresses) == {name: [] for name in addresses}

    with visit_as(browser, portal, support_manager) as context:
        page = context.new_page()
        page.goto(addresses["entry"])
        page.get_by_label("Does what").select_option("Engineer on call")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text(f"{engineer.name} has no skill in Hypervisor.")
        assert faults(page) == []
        page.get_by_role("button", name="Save all the same").click()
        expect(page.get_by_role("status")).to_contain_text("is saved")


def test_the_pages_of_calendars_are_fit_for_everybody(portal, browser, administrator, open_case, now):
    case = open_case(severity=Severity.FOUR, at=now - MINUTE)
    tomorrow = timezone.localdate() + DAY
    Holiday.objects.create(country="GB", on=tomorrow + 9 * DAY, name="Stocktaking", closed_from=time(13))
    calendars = f"{portal}/desk/calendars/"
    addresses = {
        "list": calendars,
        "place": f"{calendars}place/?country=GB&subdivision=SCT",
        "week": f"{calendars}week/?region=emea",
        "closure": f"{calendars}closures/new/?country=GB",
        "removal": f"{calendars}closures/removal/?country=GB&on={tomorrow + 9 * DAY}&name=Stocktaking",
        "import": f"{calendars}import/?country=GB&subdivision=SCT",
    }

    assert look_at(browser, portal, administrator, addresses) == {name: [] for name in addresses}

    with visit_as(browser, portal, administrator, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(addresses["week"])
        for weekday in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
            page.get_by_label(weekday).fill("08:00-12:00, 11:00-18:00" if weekday == "Sunday" else "00:00-24:00")
        page.get_by_role("button", name="See what it would change").click()
        expect(page.get_by_role("alert")).to_contain_text("11:00-18:00 overlaps 08:00-12:00.")
        page.get_by_label("Sunday").fill("00:00-24:00")
        page.get_by_role("button", name="See what it would change").click()
        expect(page.get_by_role("region", name="Nothing is changed yet.")).to_contain_text(case.number)
        page.get_by_role("button", name="Save and count running cases anew").click()
        expect(page.get_by_role("status")).to_contain_text("Running cases counted anew: 1.")
        expect(page.get_by_role("region", name="EMEA")).to_contain_text("Every hour of every day")

    assert kinds(case) == ["received", "terms_changed"]
    with visit_as(browser, portal, administrator) as context:
        page = context.new_page()
        page.goto(addresses["week"])
        page.get_by_label("Monday").fill("09:00-12:30, 13:30-18:00")
        page.get_by_role("button", name="See what it would change").click()
        assert faults(page) == []
        page.get_by_label("Monday").fill("18:00-09:00")
        page.get_by_role("button", name="Look again").click()
        assert faults(page) == []


@pytest.mark.clause("C-RAS-01")
def test_an_absence_is_planned_with_an_eye_on_the_open_cases(
    portal, browser, support_manager, engineer, second_engineer, case_in, now
):
    case = case_in(Status.IN_PROGRESS, at=now - 2 * HOUR)
    second_engineer.staff.skills = engineer.staff.skills = [case.product.code]
    second_engineer.staff.save()

    with visit_as(browser, portal, support_manager) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/rosters/absences/new/")
        page.get_by_label("Who is away").select_option(label=engineer.name)
        page.get_by_label("From").fill(f"{now + DAY:%Y-%m-%dT00:00}")
        page.get_by_label("Until").fill(f"{now + 9 * DAY:%Y-%m-%dT00:00}")
        page.get_by_label("Who stands in").select_option(label=second_engineer.name)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="1 open case moves on")).to_be_visible()
        row = page.get_by_role("listitem").filter(has_text=case.number)
        expect(row).to_contain_text(f"{second_engineer.name}: Stands in for {engineer.name}.")
        assert faults(page) == []
        page.get_by_role("button", name="and hand over").click()
        expect(page.get_by_role("status")).to_contain_text("is saved")
        expect(page.locator("main")).to_contain_text("Hands open cases over")
        assert faults(page) == []


def test_a_roster_is_read_by_a_calendar_program(portal, browser, engineer):
    with visit_as(browser, portal, engineer, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/rosters/")
        page.get_by_role("link", name="Your calendar").click()
        page.get_by_role("button", name="Make an address").click()
        link = page.get_by_label("Copy it into your calendar program").input_value()
        assert link.startswith(f"{portal}/rosters/")

    with visit_as(browser, portal) as program:
        assert program.request.get(link).text().startswith("BEGIN:VCALENDAR")

    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/rosters/calendar/")
        expect(page.locator("main")).to_contain_text("It is not shown again.")
        assert faults(page) == []
        page.get_by_role("button", name="Replace the address").click()
        assert faults(page) == []
        page.get_by_role("button", name="Revoke it").click()
        expect(page.get_by_role("status")).to_contain_text("The address is revoked")
        assert faults(page) == []

    with visit_as(browser, portal) as program:
        assert program.request.get(link).status == 404


@pytest.fixture
def urgent(case_in, engineer, second_engineer, emea_center, now) -> Case:
    """A Severity 1 of `engineer`, who goes off duty in half an hour while `second_engineer` is there."""
    here = now.astimezone(ZoneInfo(emea_center.zone)).replace(second=0, microsecond=0)
    other = SupportCenter.objects.create(code="reading", name="Reading", region_id="emea", zone="Europe/London")
    StaffProfile.objects.filter(user=second_engineer).update(center=other)
    week = {"weekdays": list(range(7)), "from_on": date(2025, 1, 1)}
    for user, center, since, until in ((engineer, emea_center, 5, 0.5), (second_engineer, other, 1, 6)):
        hours = {"opens": (here - since * HOUR).time(), "closes": (here + until * HOUR).time()}
        RosterEntry.objects.create(user=user, center=center, **hours, **week)
    sun_moves.plan(now)
    sun_moves.move_due(now)
    return case_in(Status.IN_PROGRESS, at=now - 10 * MINUTE, severity=Severity.ONE)


@pytest.mark.clause("C-FTS-01")
def test_a_case_is_handed_over_with_the_sun(portal, browser, engineer, second_engineer, urgent):
    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.goto(url(portal, urgent))
        expect(page.get_by_role("region", name="Handover")).to_contain_text("Handover to Reading")
        assert faults(page) == []
        page.get_by_role("link", name="Complete the sheet").click()
        page.get_by_label("Next action").fill("Compare the two logs.")
        assert faults(page) == []
        page.get_by_role("button", name="The sheet is ready").click()
        expect(page.locator("#toasts")).to_contain_text("The handover sheet is ready.")

    at = timezone.now()
    operations.hand_over(urgent, second_engineer, at=at, change=at, why=["On shift."])

    with visit_as(browser, portal, second_engineer) as context:
        page = context.new_page()
        page.goto(url(portal, urgent, "handover"))
        expect(page.get_by_role("main")).to_contain_text("Compare the two logs.")
        assert faults(page) == []
        page.goto(f"{portal}/desk/sun/")
        expect(page.get_by_role("main")).to_contain_text("not accepted yet")
        assert faults(page) == []
        page.goto(url(portal, urgent))
        page.get_by_role("button", name="Accept").click()
        expect(page.locator("#toasts")).to_contain_text("The handover is accepted.")


def test_the_pages_of_customer_service_are_fit_for_everybody(portal, browser, customer_service, cases):
    addresses = {
        "intake": f"{portal}/desk/intake/",
        "caller": f"{portal}/desk/cases/new/?q=granite",
        "nobody": f"{portal}/desk/cases/new/?q=nothing-like-this",
        "phone": f"{portal}/desk/cases/new/?organization=ORG-1001",
        "verification": url(portal, cases["received"], "entitlement"),
        "urgent": url(portal, cases["urgent"], "entitlement"),
        "decided": url(portal, cases["queued"], "entitlement"),
        "refusal": url(portal, cases["received"], "refusal"),
        "hold": url(portal, cases["received"], "hold"),
        "follow-on": url(portal, cases["old"], "follow-on"),
    }

    assert look_at(browser, portal, customer_service, addresses) == {name: [] for name in addresses}


def test_the_pages_of_an_administrator_are_fit_for_everybody(portal, browser, administrator):
    addresses = {"plan": f"{portal}/desk/plan/"}

    assert look_at(browser, portal, administrator, addresses) == {name: [] for name in addresses}


def look_at(browser, portal, user, addresses: dict[str, str]) -> dict[str, list[str]]:
    """What is wrong with each page, and what the console complains about."""
    with visit_as(browser, portal, user) as context:
        page = context.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: told.append(str(error)))
        found = {}
        for name, address in addresses.items():
            response = page.goto(address)
            wrong = [] if response and response.ok else [f"answers {response and response.status}"]
            found[name] = wrong + faults(page) + told[:]
            told.clear()
    return found


def test_a_form_with_errors_is_fit_for_everybody(portal, browser, customer_service, aberdeen, technical_contact):
    with visit_as(browser, portal, customer_service) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/cases/new/?organization=ORG-1001")
        page.get_by_label("What did the caller tell?").fill("Kept words")
        page.get_by_role("button", name="Open the case").click()

        expect(page.get_by_role("alert")).to_contain_text("Choose one of the four severities.")
        expect(page.get_by_label("What did the caller tell?")).to_have_value("Kept words")
        assert faults(page) == []


def test_the_queue_is_worked_by_keyboard_alone(portal, browser, engineer, cases):
    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/")
        page.keyboard.press("j")
        first = page.locator("[data-item]").first
        expect(first).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("k")
        expect(first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(cases["urgent"].get_absolute_url()))

        page.keyboard.press("n")
        expect(page.get_by_label("Your message")).to_be_focused()
        page.keyboard.type("Never a single key in a field: c, e, ?")
        expect(page.get_by_role("button", name="Save internal note")).to_be_visible()
        expect(page.get_by_role("button", name="Send to the customer")).to_be_hidden()

        page.keyboard.press("Escape")
        page.keyboard.press("r")
        expect(page.get_by_role("button", name="Send to the customer")).to_be_visible()
        expect(page.get_by_label("Your message")).to_have_value("")
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        expect(page.get_by_label("Your message")).to_have_value("Never a single key in a field: c, e, ?")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        page.go_back()
        page.keyboard.press("c")
        expect(page.get_by_role("heading", name="Log a call")).to_be_visible()
        page.go_back()
        page.keyboard.press("g")
        page.keyboard.press("i")
        expect(page).to_have_url(f"{portal}/desk/intake/")
        page.keyboard.press("/")
        expect(page.locator("[data-key='/']").first).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("heading", name="Keys")).to_be_visible()


def test_a_deadline_that_passes_on_an_open_page_shows_it(portal, browser, engineer, open_case, now):
    case = operations.accept(open_case(at=now, severity=Severity.ONE), by=engineer, at=now)
    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.clock.install(time=now)
        page.goto(url(portal, case))
        chip, clock = page.locator("#desk-peek .deadline"), page.locator("#facts .clock")
        expect(chip).to_have_attribute("data-state", "running")

        page.clock.run_for("29:00")
        expect(clock).to_have_attribute("data-state", "soon")
        expect(chip.locator("use")).to_have_attribute("href", re.compile("#soon$"))

        page.clock.run_for("03:00")
        for place in (chip, clock, clock.locator(".ring")):
            expect(place).to_have_attribute("data-state", "breached")
        expect(clock.locator(".used")).to_have_attribute("stroke-dasharray", "100 100")
        expect(chip).to_contain_text("late")


def test_an_open_queue_follows_what_happens_and_keeps_the_focus(portal, browser, engineer, case_in, now):
    case = case_in(Status.IN_PROGRESS, at=now - HOUR)
    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.clock.install(time=now)
        page.goto(f"{portal}/desk/?view=mine")
        page.keyboard.press("j")
        other = case_in(Status.IN_PROGRESS, at=now - HOUR)
        page.clock.run_for("00:21")

        expect(page.locator(f"#row-{other.number}")).to_be_visible()
        expect(page.locator(f"#row-{case.number}")).to_be_focused()
        expect(page.locator("tr[data-cursor]")).to_contain_text(case.number)
        expect(page.locator("#view-mine .number")).to_have_text("2")
        expect(page.get_by_role("banner").get_by_label(re.compile("Notifications"))).to_be_visible()


def test_an_open_case_offers_its_news_and_keeps_what_is_being_typed(
    portal, browser, engineer, technical_contact, case_in, now
):
    case = case_in(Status.IN_PROGRESS, at=now - HOUR)
    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.clock.install(time=now)
        page.goto(url(portal, case))
        page.get_by_label("Your message").fill("Half a sentence")
        operations.reply_as_customer(case, "It works again.", by=technical_contact, at=now)
        page.clock.run_for("00:21")
        news = page.get_by_role("link", name="Something happened")
        expect(news).to_be_visible()
        expect(page.locator("#case-timeline")).not_to_contain_text("It works again.")
        assert faults(page) == []
        page.set_viewport_size(NARROW)
        bar, offered = page.get_by_role("banner").bounding_box(), news.bounding_box()
        assert offered["y"] >= bar["y"] + bar["height"]

        news.click()
        expect(page.locator("#case-timeline")).to_contain_text("It works again.")
        expect(page.get_by_label("Your message")).to_have_value("Half a sentence")
        expect(news).to_be_hidden()
        page.get_by_label("Your message").fill("Good to hear.")
        page.locator("label", has=page.locator("[value=public]")).click()
        page.get_by_role("button", name="Send to the customer").click()
        expect(page.locator("#case-timeline")).to_contain_text("Good to hear.")


def test_keys_that_are_switched_off_do_nothing(portal, browser, engineer, cases):
    with visit_as(browser, portal, engineer) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/keys/")
        page.get_by_role("button", name="Switch the keys off").click()
        page.goto(url(portal, cases["urgent"]))
        page.keyboard.press("c")

        expect(page).to_have_url(url(portal, cases["urgent"]))


def test_the_workspace_works_without_script(portal, browser, engineer, cases):
    with visit_as(browser, portal, engineer, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(url(portal, cases["urgent"]))
        page.get_by_label("More for this case").click()
        expect(page.get_by_role("link", name="Propose another severity")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Why this time?").click()
        expect(page.locator(".popover.why")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_label("Your message").fill("We are at it.")
        page.get_by_role("button", name="Send to the customer").click()

        expect(page.locator("#case-timeline")).to_contain_text("We are at it.")


def test_the_search_is_reached_where_the_bar_has_no_room_for_it(portal, browser, engineer, cases):
    with visit_as(browser, portal, engineer, viewport={"width": 1024, "height": 800}) as context:
        page = context.new_page()
        page.goto(url(portal, cases["urgent"]))
        page.keyboard.press("/")

        expect(page.locator("#queue-q")).to_be_focused()


@pytest.mark.parametrize("width", [360, 390, 896, 1024, 1440])
def test_the_workspace_fits_every_width(portal, browser, engineer, cases, width):
    engineer.zone = "Asia/Kathmandu"
    engineer.save()
    with visit_as(browser, portal, engineer, viewport={"width": width, "height": 800}) as context:
        page: Page = context.new_page()
        for address in (f"{portal}/desk/?view=all", url(portal, cases["urgent"])):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_simulator_is_for_every_eye(portal, browser, support_manager):
    with visit_as(browser, portal, support_manager) as context:
        page = context.new_page()
        page.goto(f"{portal}/desk/simulator/?example=escalations")
        page.get_by_role("button", name="Tell the story").click()
        expect(page.get_by_role("heading", name="What happened")).to_be_visible()

        assert faults(page) == []
