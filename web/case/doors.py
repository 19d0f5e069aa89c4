"""The one place where a verb's refusals become answers.

A view hands its form and the verb to `carry_out`: the case comes back when the verb took effect (now, or when the same
form was sent before), None when the form must be shown again, with the message at its place and everything typed kept.
"""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.refusal import Refusal
from cases import attachments
from cases.attachments import StoredFile
from cases.models import Case
from cases.operations import AlreadyDone, Stale
from web.case.access import person
from web.case.forms import CaseForm, OnceForm
from web.case.timeline import timeline
from web.case.times import Times
from web.case.uploads import cut_off

Verb = Callable[[Sequence[StoredFile]], Case]

UNPROCESSABLE = 422


def carry_out(request: HttpRequest, form: OnceForm, verb: Verb) -> Case | None:
    """Let `verb` (called with the stored files) take effect, and return its case; None when it was refused.

    After a refusal the form holds the message, and `form.changed` has the rows of what happened since it was shown;
    after `Stale` it can be sent again. Bytes of files whose verb took no effect are deleted again. PermissionDenied
    passes.
    """
    case = _attempt(request, form, verb)
    if case is None:
        form.ask_for_files_again()
    return case


def _attempt(request: HttpRequest, form: OnceForm, verb: Verb) -> Case | None:
    if not _is_in_order(request, form):
        return None
    try:
        files = _store(form)
    except Refusal as refusal:
        form.add_error("attachments", refusal.message)
        return None
    try:
        return verb(files)
    except AlreadyDone as done:
        attachments.discard(files)
        form.sent_before = True
        return done.case
    except Refusal as refusal:
        attachments.discard(files)
        _tell(request, form, refusal)
        return None
    except BaseException:
        attachments.discard(files)
        raise


def tell_done(request: HttpRequest, form: OnceForm, done: str) -> None:
    """Say on the next page that this form took effect; the browser then forgets what it kept of it."""
    sent = str(form.cleaned_data.get("submission") or "")
    messages.success(request, "This was already sent." if form.sent_before else done, extra_tags=sent)


def status_of(form: OnceForm) -> int:
    """The status of a page that shows `form`: 422 once it was sent and refused."""
    return UNPROCESSABLE if form.is_bound else 200


def _is_in_order(request: HttpRequest, form: OnceForm) -> bool:
    """Whether the form can go to its verb; otherwise it says what to do."""
    form.is_valid()
    form.mend_hidden()
    if reason := cut_off(request):
        form.add_error("attachments", reason)
    return not form.errors


def _store(form: OnceForm) -> list[StoredFile]:
    """Bring the form's files into the store: all of them, or none when one is refused."""
    files: list[StoredFile] = []
    try:
        for upload in form.uploads:
            files.append(attachments.store(upload))
    except Refusal:
        attachments.discard(files)
        raise
    return files


def _tell(request: HttpRequest, form: OnceForm, refusal: Refusal) -> None:
    if isinstance(form, CaseForm) and (seen := form.cleaned_data.get("seen")):
        reader = person(request)
        form.changed = timeline(form.case, reader, Times(reader, timezone.now()), after=seen)
    if isinstance(refusal, Stale):
        form.replace(seen=refusal.events[-1].seq)
        kept = "Your text is kept: look, then send." if form.has_text else "Please look, then send again."
        refusal = Refusal(refusal.code, f"Something happened on this case since you opened this form. {kept}")
    form.refuse(refusal)
