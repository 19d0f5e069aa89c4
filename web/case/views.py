"""What both sides of a case share: downloading a file."""

import logging
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from cases.models import Attachment
from web.case.access import person, private

logger = logging.getLogger(__name__)


@private
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
