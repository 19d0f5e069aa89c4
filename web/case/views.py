"""What both sides of a case share: downloading a file."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest

from cases.models import Attachment
from web.case.access import person, private


@private
def attachment(request: HttpRequest, key: UUID) -> FileResponse:
    """A file of a case, for who may see it: streamed, saved rather than shown, and powerless if shown after all."""
    file = Attachment.objects.visible_to(person(request)).filter(key=key).first()
    if file is None:
        raise Http404("There is no such file.")
    content = file.file.open("rb")
    answer = FileResponse(content, as_attachment=True, filename=file.name, content_type="application/octet-stream")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
