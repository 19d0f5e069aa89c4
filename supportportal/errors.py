"""What is answered when something broke."""

import sys

import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

SECONDS_TO_RETRY = 30
ENGINE_IS_GONE = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)


def server_error(request: HttpRequest) -> HttpResponse:
    """A plain 503 with Retry-After while PostgreSQL or Redis cannot answer, and the page for a defect otherwise.

    Django calls this while it handles the exception, wherever it was raised: in a view, in the session or in
    another middleware. The 503 page is rendered without a request, so nothing of it asks the database again.
    """
    if isinstance(sys.exception(), ENGINE_IS_GONE):
        page = loader.get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": str(SECONDS_TO_RETRY)})
    return defaults.server_error(request)
