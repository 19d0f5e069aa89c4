"""A roster as iCalendar (RFC 5545), for calendar programs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import icalendar
from django.conf import settings

from accounts.feeds import Event, Revisions

MAKER = "-//Support Portal//Rosters//EN"
REFRESHED = timedelta(hours=1)
# What may stand in no text (RFC 5545, 3.1), whatever somebody called oneself.
CONTROLS = {code: " " for code in (*range(32), 127) if code != ord("\n")}


def written(name: str, events: Sequence[Event], revisions: Revisions) -> bytes:
    """The calendar of this name. All times are instants in UTC: a program shows them by its own clock."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", _text(name))
    calendar.add("refresh-interval", REFRESHED, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for event in events:
        calendar.add_component(_component(event, *revisions[event.uid][1:]))
    return calendar.to_ical()


def _component(event: Event, sequence: int, changed: str) -> icalendar.Event:
    component, changed_at = icalendar.Event(), datetime.fromisoformat(changed)
    component.add("uid", f"{event.uid}@{settings.MAIL_DOMAIN}")
    component.add("dtstamp", changed_at)
    component.add("last-modified", changed_at)
    component.add("sequence", sequence)
    component.add("dtstart", event.begins.astimezone(UTC))
    component.add("dtend", event.ends.astimezone(UTC))
    component.add("summary", _text(event.title))
    component.add("categories", [event.kind])
    component.add("transp", "OPAQUE" if event.busy else "TRANSPARENT")
    if event.place:
        component.add("location", _text(event.place))
    if event.note:
        component.add("description", _text(event.note))
    return component


def _text(value: str) -> icalendar.vText:
    return icalendar.vText(value.translate(CONTROLS))
