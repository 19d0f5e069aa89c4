"""The parts of the design system: what each template tag writes."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.utils import timezone

from accounts.models import User
from cases.markdown import to_html
from sla.calendars import Calendar
from sla.clock import milestones
from sla.explain import explain
from sla.queries import ClockView
from tests.sla.stories import LONDON, STANDARD, received, replied, story
from web import words

NOW = datetime(2026, 11, 27, 14, 22, tzinfo=UTC)  # a Friday
DUE = datetime(2026, 12, 1, 11, 5, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def render(source: str, zone: str = "Europe/Oslo", **context) -> str:
    with timezone.override(zone):
        html = engines["django"].from_string("{% load portal %}" + source).render({"now": NOW} | context)
    return " ".join(html.split())


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


# Words


@pytest.mark.parametrize(
    ("due", "told"),
    [
        (NOW + 2 * HOUR + 10 * MINUTE, "in 2 h 10 min"),
        (NOW + 6 * MINUTE, "in 6 min"),
        (NOW + timedelta(seconds=1), "in 1 min"),
        (NOW, "in 0 min"),
        (NOW + 3 * DAY + 20 * HOUR + 43 * MINUTE, "in 3 d 20 h"),
        (NOW + DAY + 5 * MINUTE, "in 1 d 5 min"),
        (NOW - 22 * MINUTE, "22 min late"),
        (NOW - timedelta(minutes=22, seconds=59), "22 min late"),
        (NOW - timedelta(seconds=30), "just late"),
        (NOW - timedelta(seconds=59), "just late"),
        (NOW - MINUTE, "1 min late"),
        (NOW - 26 * HOUR, "1 d 2 h late"),
    ],
)
def test_a_countdown_names_its_two_largest_parts(due, told):
    assert words.countdown(due, NOW).replace("\u00a0", " ") == told


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (412_000_000, "412 MB"),
        (3_800_000_000, "3.8 GB"),
        (9_960_000_000, "10 GB"),
        (2 * 1024**3, "2.1 GB"),
    ],
)
def test_sizes_are_decimal(count, told):
    assert words.size(count).replace("\u00a0", " ") == told


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maren Tveitdal", "MT"),
        ("Callum Reid-Strachan", "CR"),
        ("Oonagh van der Berg", "OB"),
        ("Cher", "C"),
        (" ", "?"),
    ],
)
def test_initials_are_of_the_first_and_the_last_name(name, letters):
    assert words.initials(name) == letters


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("curl/8.5", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_call_it(header, told):
    assert words.browser(header) == told


# Moments


@pytest.mark.parametrize(
    ("reader", "source", "told"),
    [
        ("Europe/Oslo", '{% moment at "Europe/London" "Aberdeen" %}', "Tue 1 Dec, 12:05 CET (11:05 GMT Aberdeen)"),
        ("Europe/London", '{% moment at "Europe/London" "Aberdeen" %}', "Tue 1 Dec, 11:05 GMT"),
        ("Europe/Lisbon", '{% moment at "Europe/London" "Aberdeen" %}', "Tue 1 Dec, 11:05 WET (11:05 GMT Aberdeen)"),
        ("Pacific/Auckland", '{% moment at "UTC" "HQ" %}', "Wed 2 Dec, 00:05 NZDT (Tue 1 Dec, 11:05 UTC HQ)"),
        ("Asia/Kathmandu", "{% moment at %}", "Tue 1 Dec, 16:50 UTC+05:45"),
        ("Europe/Oslo", '{% moment at form="time" %}', "12:05 CET"),
        ("Europe/Oslo", '{% moment at form="day" %}', "Tue 1 Dec"),
    ],
)
def test_the_reader_s_zone_comes_first_then_the_account_s_if_its_clock_differs(reader, source, told):
    html = render(source, zone=reader, at=DUE)

    assert text_of(html) == told
    assert 'datetime="2026-12-01T11:05:00Z"' in html


def test_another_year_is_said():
    assert text_of(render('{% moment at form="day" %}', at=DUE - 366 * DAY)) == "Sun 30 Nov 2025"


# Severity, turn, people


def test_severity_is_bars_and_words():
    assert text_of(render("{% severity 2 %}")) == "Severity 2"
    assert text_of(render("{% severity 2 short=True %}")) == "Sev 2"
    assert "#severity-2" in render("{% severity 2 %}")


@pytest.mark.parametrize(
    ("whose", "customer_reads", "staff_reads"),
    [("customer", "Your turn", "Customer"), ("support", "With us", "With us"), ("nobody", "Closed", "Closed")],
)
def test_the_turn_is_told_from_the_reader_s_side(whose, customer_reads, staff_reads):
    class StaffBar:
        staff = True

    assert text_of(render("{% turn whose %}", whose=whose)) == customer_reads
    assert text_of(render("{% turn whose %}", whose=whose, bar=StaffBar())) == staff_reads


def test_an_avatar_is_square_for_staff_and_keeps_its_tone(engineer, technical_contact):
    first, again = render("{% avatar user %}", user=engineer), render("{% avatar user %}", user=engineer)

    assert first == again
    assert 'data-side="staff"' in first
    assert "data-side" not in render("{% avatar user %}", user=technical_contact)


def test_a_named_side_costs_no_query(engineer, django_assert_num_queries):
    someone = User.objects.get(pk=engineer.pk)

    with django_assert_num_queries(0):
        render('{% avatar user side="staff" %}', user=someone)


# Clocks


@pytest.mark.parametrize(
    ("state", "due", "told", "counts"),
    [
        ("running", DUE, "in 3 d 20 h", True),
        ("soon", NOW + 6 * MINUTE, "in 6 min", True),
        ("breached", NOW - 22 * MINUTE, "22 min late", True),
        ("met", DUE, "answered", False),
        ("late", DUE, "answered late", False),
        ("paused", None, "paused", False),
        ("stopped", DUE, "no longer needed", False),
    ],
)
def test_each_state_of_a_deadline_has_its_words_and_only_what_moves_is_counted_on(state, due, told, counts):
    html = render("{% deadline state due %}", state=state, due=due)

    assert text_of(html) == told
    assert ("data-countdown" in html) is counts


def test_a_fuse_says_how_much_is_used_and_nothing_where_that_is_not_known():
    burning = render("{% fuse state share %}", state="soon", share=80)

    assert 'data-state="soon"' in burning
    assert 'aria-label="80 percent of the time is used"' in burning
    assert '<rect width="80%" height="4"/>' in burning
    assert render("{% fuse state share %}", state="paused", share=None) == ""


def view_of(*log, now: datetime = NOW) -> ClockView:
    calendar = Calendar(LONDON.zone, LONDON.weekly, frozenset({(DUE - DAY).date()}))
    milestone = milestones(story(*log), STANDARD, calendar)[-1]
    explanation = explain(milestone, "Standard Support, version 3", {(DUE - DAY).date(): "St Andrew's Day"}, now=now)
    return ClockView(
        kind=milestone.kind.label,
        state=explanation.state,
        due_at=milestone.due_at,
        met_at=milestone.met_at,
        share_used=16,
        anchor="why-first-response-1",
        explanation=explanation,
    )


ASKED = datetime(2026, 11, 27, 13, 5, tzinfo=UTC)


def test_a_clock_shows_what_is_promised_both_zones_and_the_way_to_its_explanation():
    html = render("{% clock view %}", view=view_of(received(ASKED)))

    assert text_of(html) == ("First response in 3 d 20 h Tue 1 Dec, 12:05 CET (11:05 GMT London) Why this time?")
    assert 'popovertarget="why-first-response-1"' in html
    assert 'aria-label="16 percent of the time is used"' in html


def test_an_answered_clock_says_how_long_the_answer_took():
    html = render("{% clock view %}", view=view_of(received(ASKED), replied(ASKED + 9 * MINUTE)))

    assert "answered in 9 min" in text_of(html)
    assert "data-countdown" not in html


def test_an_explanation_draws_each_day_and_its_sums():
    html = render("{% why explanation %}", explanation=view_of(received(ASKED)).explanation)

    assert 'id="why-first-response-1"' in html
    assert (
        "Fri 27 Nov, 13:05 to 18:00 counted 4 h 55 min Fri 27 Nov, 18:00 to Tue 1 Dec, 08:00 night, weekend and"
        in text_of(html)
    )
    assert "used, 1 h 17 min to come, 6 h 43 min" in text_of(html)
    assert "3 h 5 min 8 business hours 8 h Promise" in text_of(html)
    assert '<rect class="spent" x="54.5%" width="5.4%"' in html
    assert "style=" not in html


def test_every_picture_that_templates_and_code_name_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (settings.BASE_DIR / "static/icons.svg").read_text()))
    named = {
        name
        for path in Path(settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }

    assert named
    assert named - drawn == set()


# Text that people wrote


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<iframe src='https://evil.example'></iframe>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x](  javascript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "[x](https://e.example/ 'a\" onmouseover=\"alert(1)')",
        "<style>body{display:none}</style>",
        "<form action=https://evil.example><input name=password></form>",
        "<base href=https://evil.example>",
        "<!--<img src=x onerror=alert(1)>-->",
        "```html\n<script>alert(1)</script>\n```",
        "`<script>alert(1)</script>`",
        '<https://e.example/"onmouseover=alert(1)>',
        "\u202e<b onclick=alert(1)>x</b>",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    ],
)
def test_hostile_text_becomes_harmless(hostile):
    html = to_html(hostile)
    tags = re.findall(r"<(/?[a-zA-Z!][^>]*)>", html)

    assert {re.split(r"[\s/]", tag.lstrip("/"))[0] for tag in tags} <= {"p", "a", "pre", "code", "br", "strong", "em"}
    assert not any(re.search(r"\son\w+\s*=", re.sub(r'"[^"]*"', '""', tag)) for tag in tags)
    assert all(href.startswith(("http://", "https://", "mailto:")) for href in re.findall(r'href="([^"]*)"', html))
    assert "src=" not in "".join(tags)


def test_links_are_marked_as_somebody_else_s():
    assert 'rel="noopener nofollow ugc"' in to_html("see https://docs.example/a?b=1&c=2")


def test_the_words_of_a_log_stay_as_they_are():
    html = to_html("# not a heading\ninstall.sh and notes.md\n\n```\n# root\n```")

    assert "# not a heading<br>" in html
    assert "install.sh and notes.md" in html
    assert "<a " not in html
    assert '<pre tabindex="0"><code># root' in html


def test_what_writers_mean_is_kept():
    html = to_html("**b** *e* ~~s~~ `c`\n\n- one\n- two\n\n> said\n\n|a|b|\n|-|-|\n|1|2|")

    for kept in (
        "<strong>b</strong>",
        "<em>e</em>",
        "<s>s</s>",
        "<code>c</code>",
        "<li>one</li>",
        "<blockquote>",
        "<td>1</td>",
    ):
        assert kept in html
