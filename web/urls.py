"""The pages' addresses."""

from django.urls import include, path

urlpatterns = [
    path("", include("web.account.urls")),
    path("", include("web.customer.urls")),
    path("", include("web.case.urls")),
    path("", include("web.desk.urls")),
    path("", include("web.notices.urls")),
    path("", include("web.feeds.urls")),
]
