"""Addresses for programs, which cannot sign in."""

from django.urls import path

from web.feeds import views

urlpatterns = [path("rosters/<str:token>.ics", views.roster, name="roster_calendar")]
