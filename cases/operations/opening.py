"""Opening a case, and the one that continues a case of the past."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.calendars import freeze
from accounts.enums import LinuxFlavor
from accounts.models import Contact, Organization, User
from accounts.permissions import may
from accounts.refusal import Refusal
from accounts.standing import may_open_cases
from cases import numbers, rules
from cases.attachments import StoredFile
from cases.enums import (
    CaseType,
    Channel,
    EventKind,
    Severity,
    Side,
    Verb,
)
from cases.models import Case
from cases.operations.frame import NO_FORM, Act, AlreadyDone, Form, acting
from cases.texts import SHORT_LIMIT, SUBJECT_LIMIT, cleaned, required
from entitlements import operations as entitlements
from entitlements.models import Product


@transaction.atomic
def open_case(
    organization: Organization,
    *,
    by: User,
    at: datetime,
    product: Product,
    severity: Severity,
    subject: str,
    description: str,
    contact: Contact | None = None,
    version: str = "",
    linux_flavor: LinuxFlavor | None = None,
    case_type: CaseType = CaseType.PROBLEM,
    channel: Channel = Channel.WEB,
    received_at: datetime | None = None,
    phone: str = "",
    files: Sequence[StoredFile] = (),
    follows: Case | None = None,
    form: Form = NO_FORM,
) -> Case:
    """Open a case for `organization` and return it; its number exists from this moment.

    `contact` is whom support talks to: the opener's own contact unless Customer Service opens it for a caller.
    `received_at` (aware) is the start of the call; `at` for the web. The first-response clock starts there (A-07).
    A customer opens cases for products that support was bought for; what is unclear goes to Customer Service (A-26).
    Severity 1 needs a telephone number (A-04): `phone`, or else the contact's own. `follows` is an older case that this
    one refers to (A-10, C-RPN-02).
    Guide: C-LIF-01, C-CHN-01, C-CON-01, C-PAR-03, C-STF-03.
    """
    if not (decision := may(by, Verb.OPEN, organization)):
        raise PermissionDenied(decision.reason)
    _require_not_opened(form, by)
    severity, case_type, channel = Severity(severity), CaseType(case_type), Channel(channel)
    contact = _contact_for(organization, by, contact)
    phone = cleaned(phone, "phone", SHORT_LIMIT) or contact.user.phone
    rules.require_phone(severity, phone)
    received_at = received_at or at
    rules.require_recent_receipt(received_at, at)
    local_day = received_at.astimezone(ZoneInfo(organization.own_zone)).date()
    version = cleaned(version, "version", SHORT_LIMIT)
    verdict = entitlements.check(
        organization, product, version, on=local_day, contact=may_open_cases(contact.standing, at)
    )
    if not by.staff_role:
        entitlements.require_ever_bought(verdict, product)
    case = Case(
        organization=organization,
        contact=contact,
        opened_by=by,
        channel=channel,
        case_type=case_type,
        product=product,
        product_version=version,
        linux_flavor=linux_flavor or "",
        subject=required(subject, "subject", SUBJECT_LIMIT),
        received_at=received_at,
        calendar=freeze(organization, received_at),
        plan_version=entitlements.plan_for(verdict, on=local_day),
        entitlement_id=verdict.entitlement,
        verdict=verdict.as_data(),
        follows=follows,
        severity=severity,
        requested_severity=severity,
    )
    _insert(case, form)
    act = Act(case, by, at)
    act.record(
        EventKind.RECEIVED,
        requested=int(severity),
        channel=channel,
        received_at=received_at.isoformat(),
        message=act.say(description, files),
        phone=phone,
    )
    if follows:
        _refer(follows, case, by=by, at=at)
    return case


def _contact_for(organization: Organization, by: User, chosen: Contact | None) -> Contact:
    contact = chosen or by.standings.get(organization.pk)
    if contact is None or contact.organization_id != organization.pk:
        raise Refusal("contact_missing", "Choose the contact whom support will talk to.")
    return contact


def _opened_before(form: Form, by: User) -> Case | None:
    return Case.objects.filter(submission=form.submission, opened_by=by).first() if form.submission else None


def _require_not_opened(form: Form, by: User) -> None:
    if before := _opened_before(form, by):
        raise AlreadyDone(before)


def _insert(case: Case, form: Form) -> None:
    """Insert the case under a free number. Raises AlreadyDone when the same form opens one at this very moment."""
    if form.submission:
        case.submission = form.submission
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        _require_not_opened(form, case.opened_by)
        if not Case.objects.filter(number=case.number).exists():
            raise
        case.number = numbers.draw()
        _insert(case, form)


def _refer(old: Case, new: Case, *, by: User, at: datetime) -> None:
    """Tell the log of `old` that `new` refers to it."""
    locked = Case.objects.locked(old.pk)
    if locked.organization_id != new.organization_id or not may(by, Verb.VIEW, locked):
        raise PermissionDenied("A case refers only to a case of the same organization.")
    Act(locked, by, at).record(EventKind.FOLLOWED_ON, number=new.number)


@transaction.atomic
def open_follow_on(
    case: Case,
    body: str,
    *,
    by: User,
    at: datetime,
    channel: Channel = Channel.WEB,
    files: Sequence[StoredFile] = (),
    form: Form = NO_FORM,
) -> Case:
    """Open the new case that continues `case` after its reopen window, and return the new one (C-RPN-02)."""
    Case.objects.locked(case.pk)  # a second click waits here for the first, and then finds what it opened
    _require_not_opened(form, by)
    with acting(case, Verb.FOLLOW_ON, by=by, at=at, form=form) as act:
        old = act.case
        assert old.closed_at is not None
        rules.require_after_reopen_window(old.closed_at, old.zone, at)
        return open_case(
            old.organization,
            by=by,
            at=at,
            product=old.product,
            severity=Severity(old.severity),
            subject=old.subject,
            description=body,
            contact=None if act.side is Side.CUSTOMER else old.contact,
            version=old.product_version,
            linux_flavor=LinuxFlavor(old.linux_flavor) if old.linux_flavor else None,
            case_type=CaseType(old.case_type),
            channel=channel,
            phone=old.phone,
            files=files,
            follows=old,
            form=form,
        )
