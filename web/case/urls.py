"""Addresses of one case. Both sides share them: each names its own view, and whoever has none is refused."""

from django.urls import URLPattern, path

from web.case import views
from web.case.access import PAGE, sided
from web.customer import acts
from web.customer.views import show_case

urlpatterns: list[URLPattern] = [
    path("files/<uuid:key>/", views.attachment, name="attachment"),
    path("cases/<str:number>/", sided(customer=show_case, methods=PAGE), name="case"),
    path("cases/<str:number>/messages/", sided(customer=acts.reply), name="case_messages"),
    path("cases/<str:number>/severity/", sided(customer=acts.propose_severity), name="case_severity"),
    path("cases/<str:number>/severity/agreement/", sided(customer=acts.agree_severity), name="case_severity_agreement"),
    path("cases/<str:number>/closure/answer/", sided(customer=acts.answer_closure), name="case_closure_answer"),
    path("cases/<str:number>/withdrawal/", sided(customer=acts.withdraw), name="case_withdrawal"),
    path("cases/<str:number>/reopening/", sided(customer=acts.reopen), name="case_reopening"),
    path("cases/<str:number>/follow-on/", sided(customer=acts.follow_on), name="case_follow_on"),
]
