"""Addresses that staff alone use. Those of one case stand in `web.case.urls`: both sides share them."""

from django.urls import URLPattern, path

from cases.enums import Verb
from web.case.access import FORM, takes_files
from web.desk import views
from web.desk.access import desk

urlpatterns: list[URLPattern] = [
    path("desk/", desk(views.queue), name="queue"),
    path("desk/intake/", desk(views.intake), name="intake"),
    path("desk/cases/new/", takes_files(desk(views.phone_case, methods=FORM, verb=Verb.OPEN)), name="phone_case"),
    path("desk/sun/", desk(views.sun), name="sun"),
    path("desk/plan/", desk(views.plan, methods=FORM), name="plan"),
    path("desk/plan/running-cases/", desk(views.count_by_plan, methods=["POST"]), name="count_by_plan"),
    path("desk/simulator/", takes_files(desk(views.simulator, methods=FORM)), name="simulator"),
    path("desk/keys/", desk(views.keys, methods=FORM), name="keys"),
]
