"""Addresses of a case. Both sides share them; each names its own view."""

from django.urls import URLPattern, path

from web.case import views

urlpatterns: list[URLPattern] = [
    path("files/<uuid:key>/", views.attachment, name="attachment"),
]
