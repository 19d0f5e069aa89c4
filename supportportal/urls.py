"""The root of every address."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("web.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "supportportal.errors.bad_request"
handler500 = "supportportal.errors.server_error"
