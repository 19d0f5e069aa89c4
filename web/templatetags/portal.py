"""The design system's parts as template tags. State and moments come from the engine, words are made here.

Tags that tell how long something still takes read the present moment from the context (`now`), so that everything
on one page agrees; moments are shown in the reader's zone, which is Django's current time zone.
"""

import re
from datetime import datetime
from typing import Any
from zlib import crc32

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from cases.enums import Severity, Turn
from cases.markdown import to_html
from sla import words as sla_words
from sla.explain import Explanation
from sla.queries import ClockView
from web import words
from web.account.sessions import key_of

register = template.Library()
register.filter("markdown", to_html)
register.filter("filesize", words.size)
register.filter("browser", words.browser)
register.filter("session_key", key_of)

TONES = 6
TOAST_ICONS = {"success": "check", "warning": "warning", "error": "warning"}
# The engine's states that have no look of their own borrow one.
LOOKS = {"stopped": "paused"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture of the sprite, silent for screen readers: words always stand beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.simple_tag
def telephone(number: str) -> SafeString:
    """A number that a tap calls; its extension is for the person to say."""
    dialled = re.sub(r"[^+0-9]", "", re.split(r"[a-z]", number.lower())[0])
    return format_html('<a class="number nowrap" href="tel:{}">{}</a>', dialled, number)


@register.filter
def toast_icon(level: str) -> str:
    return TOAST_ICONS.get(level, "info")


@register.inclusion_tag("portal/severity.html")
def severity(level: int, short: bool = False) -> dict[str, Any]:
    """Bars and words: "Severity 2", or "Sev 2" in narrow places (`short=True`)."""
    level = Severity(level)
    return {
        "level": level.value,
        "picture": f"severity-{level.value}",
        "words": f"Sev {level.value}" if short else level.label,
    }


@register.inclusion_tag("portal/avatar.html")
def avatar(user: User, side: str = "", size: str = "") -> dict[str, Any]:
    """Initials: square for staff, round for customers. In lists, name the `side`: asking the user costs a query."""
    if not side and user.staff_role:
        side = "staff"
    return {
        "initials": words.initials(user.name),
        "tone": crc32(user.email.encode()) % TONES + 1,
        "side": side,
        "size": size,
    }


@register.inclusion_tag("portal/turn.html", takes_context=True)
def turn(context: Context, whose: str) -> dict[str, Any]:
    """Whose move it is, told from the reader's side."""
    staff_reads = bool(context.get("bar") and context["bar"].staff)
    told = {
        Turn.CUSTOMER: ("customer", "Customer" if staff_reads else "Your turn"),
        Turn.SUPPORT: ("support", "With us"),
        Turn.NOBODY: ("none", "Closed"),
    }
    half, text = told[Turn(whose)]
    return {"half": half, "words": text}


@register.inclusion_tag("portal/deadline.html", takes_context=True)
def deadline(
    context: Context, state: str, due_at: datetime | None, text: str = "", soon_at: datetime | None = None
) -> dict[str, Any]:
    """The chip of a list: shape and words of a clock's state; `text` replaces the words of one that stands still."""
    return {"look": LOOKS.get(state, state), **_told(context, state, due_at, text, soon_at)}


@register.inclusion_tag("portal/fuse.html")
def fuse(state: str, share_used: int | None) -> dict[str, Any]:
    """How much of an allowance is used, as a line; nothing where that is not known."""
    return {"look": LOOKS.get(state, state), "share": share_used}


@register.inclusion_tag("portal/clock.html", takes_context=True)
def clock(context: Context, view: ClockView) -> dict[str, Any]:
    """A promise in full: ring, what is promised, the moment in both zones, and "Why this time?"."""
    explanation, milestone = view.explanation, view.explanation.milestone
    answered = sla_words.answered(milestone.started_at, milestone.met_at, milestone.breached_at)
    return {
        "view": view,
        "look": LOOKS.get(view.state, view.state),
        "now": _now(context),
        "zone": milestone.calendar.zone,
        "place": explanation.place,
        **_told(context, view.state, view.due_at, answered, milestone.soon_at),
    }


@register.inclusion_tag("portal/moment.html", takes_context=True)
def moment(context: Context, instant: datetime, zone: str = "", place: str = "", form: str = "full") -> dict[str, Any]:
    """A moment in the reader's zone, then in the account's when its clock differs.

    `form` is "full" (Tue 1 Dec, 12:05 CET), "day" or "time".
    """
    reader, now = timezone.get_current_timezone_name(), context.get("now") or timezone.now()
    other = ""
    if zone and not words.same_clock(instant, reader, zone):
        same_day = words.day(instant, reader, now) == words.day(instant, zone, now)
        other = words.time_of_day(instant, zone) if same_day else words.moment(instant, zone, now)
    return {"iso": words.iso(instant), "own": _written(instant, reader, now, form), "other": other, "place": place}


@register.inclusion_tag("portal/why.html")
def why(explanation: Explanation, anchor: str = "") -> dict[str, Any]:
    """The popover that explains a deadline (`sla.explain.Explanation`), in the account's time."""
    return {"explanation": explanation, "anchor": anchor or why_anchor(explanation)}


def why_anchor(explanation: Explanation) -> str:
    """The id of an explanation's popover, the same at each look: "why-first-response-1"."""
    return f"why-{explanation.milestone.kind}-{explanation.milestone.cycle}".replace("_", "-")


def _now(context: Context) -> datetime:
    return context.get("now") or timezone.now()


def _written(instant: datetime, zone: str, now: datetime, form: str) -> str:
    match form:
        case "day":
            return words.day(instant, zone, now)
        case "time":
            return words.time_of_day(instant, zone)
        case "full":
            return words.moment(instant, zone, now)
        case _:
            raise template.TemplateSyntaxError(f"A moment has no form {form!r}.")


STANDING_STILL = {"met": "answered", "late": "answered late", "paused": "paused", "stopped": "no longer needed"}


def _told(context: Context, state: str, due_at: datetime | None, text: str, soon_at: datetime | None) -> dict[str, str]:
    """The words of a state, and, while it moves, the moments by which the browser moves it on."""
    if due_at is not None and state not in STANDING_STILL:
        soon = words.iso(soon_at) if soon_at else ""
        return {"words": words.countdown(due_at, _now(context)), "counts_to": words.iso(due_at), "soon": soon}
    return {"words": text or STANDING_STILL.get(state, ""), "counts_to": "", "soon": ""}
