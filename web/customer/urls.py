"""Addresses that customers alone use. Those of one case stand in `web.case.urls`: both sides share them."""

from django.urls import URLPattern, path

from web.customer import views

urlpatterns: list[URLPattern] = [
    path("cases/", views.home, name="cases"),
    path("cases/new/", views.new_case, name="new_case"),
    path("cases/new/offer/", views.promise, name="new_case_offer"),
]
