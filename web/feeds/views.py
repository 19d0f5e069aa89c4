"""A person's roster for calendar programs, at an address that only this person knows."""

import hashlib
from datetime import datetime, time

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from accounts import feeds
from accounts.feeds import AHEAD, BACK, Revisions
from accounts.models import RosterFeed
from web.feeds import ical
from web.feeds.throttle import Throttle

# A calendar program asks every some minutes; who guesses asks more often.
OF_ONE_FEED = Throttle("roster-feed", most=30)
IN_VAIN = Throttle("roster-feed-in-vain", most=30)


@require_safe
def roster(request: HttpRequest, token: str) -> HttpResponse:
    """The roster of the person whose secret this is; an address that opens nothing does not exist.

    Who has an up to date copy is told so before anything is written out.
    """
    source = get_adapter().get_client_ip(request)
    if IN_VAIN.is_exceeded(source):
        return _too_often()
    feed = feeds.find(token)
    if feed is None:
        IN_VAIN.count(source)
        raise Http404("There is no such calendar.")
    if OF_ONE_FEED.is_exceeded(feed.token_hash):
        return _too_often()
    OF_ONE_FEED.count(feed.token_hash)
    return _calendar(request, feed, timezone.now())


def _calendar(request: HttpRequest, feed: RosterFeed, now: datetime) -> HttpResponse:
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    events = feeds.events_of(feed.user, midnight - BACK, midnight + AHEAD)
    known = {uid: (digest, count, at) for uid, (digest, count, at) in feed.revisions.items()}
    revisions = feeds.revise(known, events, now)
    if revisions != known:
        RosterFeed.objects.filter(pk=feed.pk).update(revisions=revisions)
    name = f"Roster of {feed.user}"
    etag = _etag(name, revisions)
    answer = get_conditional_response(request, etag=etag) or HttpResponse(
        ical.written(name, events, revisions),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="roster.ics"'},
    )
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _etag(name: str, revisions: Revisions) -> str:
    """A name for exactly this calendar."""
    return f'"{hashlib.sha256(repr((name, sorted(revisions.items()))).encode()).hexdigest()[:32]}"'


def _too_often() -> HttpResponse:
    return HttpResponse(
        "Too many requests. Wait a minute.",
        status=429,
        content_type="text/plain; charset=utf-8",
        headers={"Retry-After": "60"},
    )
