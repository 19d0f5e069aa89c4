"""Addresses that staff alone use. Those of one case stand in `web.case.urls`: both sides share them."""

from django.urls import URLPattern, path

from cases.enums import Verb
from web.case.access import FORM, takes_files
from web.desk import calendar_views, roster_views, views
from web.desk.access import desk

urlpatterns: list[URLPattern] = [
    path("desk/", desk(views.queue), name="queue"),
    path("desk/intake/", desk(views.intake), name="intake"),
    path("desk/cases/new/", takes_files(desk(views.phone_case, methods=FORM, verb=Verb.OPEN)), name="phone_case"),
    path("desk/sun/", desk(views.sun), name="sun"),
    path("desk/coverage/", desk(roster_views.coverage), name="coverage"),
    path("desk/rosters/", desk(roster_views.rosters), name="rosters"),
    path("desk/rosters/calendar/", desk(roster_views.calendar, methods=FORM), name="roster_feed"),
    path("desk/rosters/entries/new/", desk(roster_views.entry, methods=FORM), name="new_roster_entry"),
    path("desk/rosters/entries/<uuid:key>/", desk(roster_views.entry, methods=FORM), name="roster_entry"),
    path("desk/rosters/entries/<uuid:key>/swap/", desk(roster_views.swap, methods=FORM), name="roster_swap"),
    path("desk/rosters/absences/new/", desk(roster_views.absence, methods=FORM), name="new_absence"),
    path("desk/rosters/absences/<uuid:key>/", desk(roster_views.absence, methods=FORM), name="absence"),
    path("desk/rosters/on-call/new/", desk(roster_views.on_call, methods=FORM), name="new_on_call"),
    path("desk/rosters/on-call/<uuid:key>/", desk(roster_views.on_call, methods=FORM), name="on_call"),
    path("desk/plan/", desk(views.plan, methods=FORM), name="plan"),
    path("desk/plan/running-cases/", desk(views.count_by_plan, methods=["POST"]), name="count_by_plan"),
    path("desk/calendars/", desk(calendar_views.calendars), name="calendars"),
    path("desk/calendars/place/", desk(calendar_views.place), name="calendar_place"),
    path("desk/calendars/week/", desk(calendar_views.week, methods=FORM), name="calendar_week"),
    path("desk/calendars/week/new/", desk(calendar_views.new_week, methods=FORM), name="new_calendar_week"),
    path("desk/calendars/week/removal/", desk(calendar_views.week_removal, methods=FORM), name="calendar_week_removal"),
    path("desk/calendars/week/running-cases/", desk(calendar_views.week_count, methods=FORM), name="count_by_week"),
    path("desk/calendars/closures/new/", desk(calendar_views.closure, methods=FORM), name="new_closure"),
    path(
        "desk/calendars/closures/removal/", desk(calendar_views.closure_removal, methods=FORM), name="closure_removal"
    ),
    path(
        "desk/calendars/closures/running-cases/",
        desk(calendar_views.closure_count, methods=FORM),
        name="count_by_closures",
    ),
    path("desk/calendars/import/", desk(calendar_views.holiday_import, methods=FORM), name="holiday_import"),
    path("desk/simulator/", takes_files(desk(views.simulator, methods=FORM)), name="simulator"),
    path("desk/keys/", desk(views.keys, methods=FORM), name="keys"),
]
