"""What both sides of a case share: downloading a file, and the news that an open page asks for."""

import logging
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.models import Attachment, Case, CaseEvent
from web.case.access import about_one, person

logger = logging.getLogger(__name__)


@about_one
@require_safe
def attachment(request: HttpRequest, key: UUID) -> FileResponse:
    """A file of a case, for who may see it: streamed, saved rather than shown, and powerless if shown after all."""
    reader = person(request)
    file = Attachment.objects.visible_to(reader).select_related("case").filter(key=key).first()
    if file is None:
        raise Http404("There is no such file.")
    logger.info("File %s of case %s sent to user %s", file.key, file.case.number, reader.pk)
    content = file.file.open("rb")
    answer = FileResponse(content, as_attachment=True, filename=file.name, content_type="application/octet-stream")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def changes(request: HttpRequest, case: Case) -> HttpResponse:
    """The way to what happened on the case after the fact `since`, the last one that an open page shows; else 204."""
    since = request.GET.get("since", "")
    seen = int(since) if since.isdecimal() and len(since) < 10 else 0
    happened = CaseEvent.objects.visible_to(person(request)).filter(case=case, seq__gt=seen)
    if case.version <= seen or not happened.exists():
        return HttpResponse(status=204)
    return render(request, "cases/_news.html", {"case": case})
