"""What is answered when something broke."""

import sys

import redis
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.template.defaultfilters import filesizeformat
from django.views import defaults

from web.case.uploads import limit_in_words

SECONDS_TO_RETRY = 30
TOO_MUCH = (RequestDataTooBig, TooManyFilesSent, TooManyFieldsSent)
ENGINE_IS_GONE = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A plain 413 that says what is allowed for a body that is too large to be read, and the usual page otherwise."""
    if not isinstance(exception, TOO_MUCH):
        return defaults.bad_request(request, exception)
    allowed = {"texts": filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE), "files": limit_in_words()}
    return HttpResponse(loader.get_template("413.html").render(allowed), status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """A plain 503 with Retry-After while PostgreSQL or Redis cannot answer, and the page for a defect otherwise.

    Django calls this while it handles the exception, wherever it was raised: in a view, in the session or in
    another middleware. The 503 page is rendered without a request, so nothing of it asks the database again.
    """
    if isinstance(sys.exception(), ENGINE_IS_GONE):
        page = loader.get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": str(SECONDS_TO_RETRY)})
    return defaults.server_error(request)
