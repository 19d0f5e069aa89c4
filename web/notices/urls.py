"""Addresses of what people were told: the reader's own list, and every delivery for staff."""

from django.urls import path

from web.desk.access import desk
from web.notices import views

urlpatterns = [
    path("notifications/", views.inbox, name="inbox"),
    path("notifications/unread/", views.unread, name="unread"),
    path("notifications/read/", views.read, name="notifications_read"),
    path("desk/deliveries/", desk(views.deliveries), name="deliveries"),
    path("desk/deliveries/<uuid:key>/", desk(views.delivery), name="delivery"),
    path("desk/deliveries/<uuid:key>/html/", desk(views.delivery_html), name="delivery_html"),
]
