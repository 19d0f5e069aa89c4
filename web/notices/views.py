"""What the reader was told, and, for staff, what was mailed to whom and how it went."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.enums import MailState
from notifications import folder, operations, queries
from notifications.enums import Channel
from notifications.models import Notification
from sla import gap_watch
from web.case.access import person, private
from web.case.times import Times

# A mail may have its style block, and nothing else.
MAIL_POLICY = {
    "default-src": NONE,
    "style-src": UNSAFE_INLINE,
    "base-uri": NONE,
    "frame-ancestors": NONE,
    "sandbox": True,
}
TONES = {MailState.PENDING: "ours", MailState.SENT: "good", MailState.FAILED: "bad", MailState.DROPPED: "warn"}


@dataclass(frozen=True, slots=True)
class Row:
    """A notification with what a template needs in words."""

    notification: Notification
    when: str
    iso: str
    state: MailState
    tone: str


@private
@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """The way to the notifications with their number, for the bar of an open page."""
    return render(request, "_unread.html")


@private
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What the reader was told, newest first."""
    reader = person(request)
    found, more = queries.page(queries.inbox(reader), _key(request.GET.get("after", "")))
    page = {"rows": _rows(request, found), "more": more, "gaps": gap_watch.gaps_ahead(reader, timezone.now())}
    return render(request, "notices/inbox.html", page)


@private
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notification as read (`key`), or all of them."""
    key = request.POST.get("key", "")
    operations.mark_read(person(request), timezone.now(), [_known(key)] if key else None)
    return redirect("inbox")


def deliveries(request: HttpRequest) -> HttpResponse:
    """Every mail with how it stands, newest first."""
    state = next((state for state in MailState if state == request.GET.get("state")), None)
    found, more = queries.page(queries.deliveries(person(request), state), _key(request.GET.get("after", "")))
    context = {"rows": _rows(request, found), "more": more, "state": state, "states": list(MailState)}
    return render(request, "notices/deliveries.html", {**context, "kept": folder.is_used()})


def delivery(request: HttpRequest, key: UUID) -> HttpResponse:
    """One mail: how it stands and, where mail is kept in a folder, what it says."""
    mail = _delivery(request, key)
    (row,) = _rows(request, [mail])
    context = {"row": row, "mail": mail, "stored": folder.read(mail.message_id) if folder.is_used() else None}
    return render(request, "notices/delivery.html", context)


@csp(MAIL_POLICY)  # type: ignore[arg-type]  # its types know only views without arguments
def delivery_html(request: HttpRequest, key: UUID) -> HttpResponse:
    """The mail's own HTML under a policy of its own: no script, no form, no address but its style block."""
    stored = folder.read(_delivery(request, key).message_id) if folder.is_used() else None
    if stored is None:
        raise Http404
    return HttpResponse(stored.html)


def _delivery(request: HttpRequest, key: UUID) -> Notification:
    return get_object_or_404(queries.deliveries(person(request)), key=key, channel=Channel.EMAIL)


def _rows(request: HttpRequest, found: Sequence[Notification]) -> list[Row]:
    times = Times(person(request), timezone.now())
    return [
        Row(
            one,
            times.short(one.created_at),
            one.created_at.isoformat(),
            MailState(one.state),
            TONES[MailState(one.state)],
        )
        for one in found
    ]


def _key(text: str) -> UUID | None:
    """The key of a row to go on from; None, the first page, for what is no key."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _known(text: str) -> UUID:
    key = _key(text)
    if key is None:
        raise Http404
    return key
