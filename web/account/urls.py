"""Addresses of this part of the portal."""

from django.urls import path

from web.account import views

urlpatterns = [
    path("", views.home, name="home"),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/theme/", views.theme, name="theme"),
    path("preferences/sessions/<str:key>/end/", views.end_session, name="end_session"),
    path("preferences/security/", views.security, name="account_security"),
    path("invitations/", views.accept_invitation, name="accept_invitation"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
]
