"""Addresses of one case. Both sides share them: each names its own view, and whoever has none is refused."""

from django.urls import URLPattern, path

from web.case import views
from web.case.access import PAGE, sided, takes_files
from web.customer import acts
from web.customer.views import show_case
from web.desk import acts as desk
from web.desk import handover
from web.desk.views import show_case as show_workspace
from web.desk.views import verify

urlpatterns: list[URLPattern] = [
    path("files/<uuid:key>/", views.attachment, name="attachment"),
    path("cases/<str:number>/", sided(customer=show_case, staff=show_workspace, methods=PAGE), name="case"),
    path(
        "cases/<str:number>/changes/",
        sided(customer=views.changes, staff=views.changes, methods=PAGE),
        name="case_changes",
    ),
    path("cases/<str:number>/entitlement/", sided(staff=verify), name="case_entitlement"),
    path("cases/<str:number>/refusal/", sided(staff=desk.refuse), name="case_refusal"),
    path("cases/<str:number>/hold/", sided(staff=desk.hold), name="case_hold"),
    path("cases/<str:number>/hold/end/", sided(staff=desk.resume), name="case_resumption"),
    path("cases/<str:number>/acceptance/", sided(staff=desk.accept), name="case_acceptance"),
    path("cases/<str:number>/owner/", sided(staff=desk.assign), name="case_owner"),
    path("cases/<str:number>/handover/", sided(staff=handover.sheet), name="case_handover"),
    path(
        "cases/<str:number>/handover/acceptance/",
        sided(staff=desk.accept_handover),
        name="case_handover_acceptance",
    ),
    path("cases/<str:number>/sun/", sided(staff=desk.put_on_sun), name="case_sun"),
    path("cases/<str:number>/sun/end/", sided(staff=desk.take_off_sun), name="case_sun_end"),
    path(
        "cases/<str:number>/messages/", takes_files(sided(customer=acts.reply, staff=desk.reply)), name="case_messages"
    ),
    path("cases/<str:number>/notes/", takes_files(sided(staff=desk.add_note)), name="case_notes"),
    path("cases/<str:number>/calls/", sided(staff=desk.log_call), name="case_calls"),
    path(
        "cases/<str:number>/severity/",
        sided(customer=acts.propose_severity, staff=desk.propose_severity),
        name="case_severity",
    ),
    path(
        "cases/<str:number>/severity/agreement/",
        sided(customer=acts.agree_severity, staff=desk.agree_severity),
        name="case_severity_agreement",
    ),
    path("cases/<str:number>/severity/reduction/", sided(staff=desk.reduce_severity), name="case_severity_reduction"),
    path("cases/<str:number>/closure/", sided(staff=desk.propose_closure), name="case_closure"),
    path(
        "cases/<str:number>/closure/answer/",
        takes_files(sided(customer=acts.answer_closure)),
        name="case_closure_answer",
    ),
    path("cases/<str:number>/withdrawal/", sided(customer=acts.withdraw), name="case_withdrawal"),
    path(
        "cases/<str:number>/contact-attempts/",
        sided(staff=desk.record_contact_attempt),
        name="case_contact_attempts",
    ),
    path("cases/<str:number>/no-response/", sided(staff=desk.close_for_no_response), name="case_no_response"),
    path(
        "cases/<str:number>/reopening/",
        takes_files(sided(customer=acts.reopen, staff=desk.reopen)),
        name="case_reopening",
    ),
    path(
        "cases/<str:number>/follow-on/",
        takes_files(sided(customer=acts.follow_on, staff=desk.follow_on)),
        name="case_follow_on",
    ),
]
