"""Handing out the parts: for each plot a customer, a contact, a story, a severity and the moment at which it begins."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

from cases.enums import CaseType, Severity
from entitlements.models import Entitlement, SupportPlan
from sla.calendars import Calendar, add_open_time, is_open, next_opening, open_time_between
from sla.projection import promises_of
from sla.promises import MilestoneKind, Promises
from supportportal.demo.casting import Cast, Customer, Opener
from supportportal.demo.lives import DAY, MINUTE, Part
from supportportal.demo.plots import Plot
from supportportal.demo.stories import Story, stories

TRIES = 500
OUT_OF_HOURS = 0.08
LOOK_BACK = range(30 * 24 * 60)  # minutes


class Director:
    """Hands out parts so that no customer tells the same story twice while it has another."""

    def __init__(self, cast: Cast, now: datetime, rng: Random):
        self.cast, self.now, self.rng = cast, now, rng
        self.told: set[tuple[str, str]] = set()
        standard = SupportPlan.objects.get(code=SupportPlan.STANDARD)
        self.promises: Promises = promises_of(standard.version_on(now.date()))
        self.entitled: dict[tuple[str, str], list[tuple[date, date]]] = {}
        organizations = {one.organization.pk: one.key for one in cast.customers.values()}
        for one in Entitlement.objects.select_related("product"):
            key = (organizations[one.organization_id], one.product.code)
            self.entitled.setdefault(key, []).append((one.starts_on, one.ends_on))

    def part(self, plot: Plot) -> Part:
        """A part for `plot`. Raises LookupError when the cast does not allow one."""
        for customer, severity, begins_at in self._occasions(plot):
            if found := self._stories(plot, customer, severity, begins_at):
                story = self.rng.choice(found)
                self.told.add((customer.key, story.key))
                return Part(
                    steps=plot.steps,
                    customer=customer,
                    opener=self._opener(plot, customer),
                    story=story,
                    severity=severity,
                    begins_at=begins_at,
                    response_share=self.rng.uniform(*plot.shares),
                    by_phone=plot.by_phone,
                    engineer=plot.engineer,
                )
        raise LookupError(f"Nobody can play {plot}.")

    def _occasions(self, plot: Plot) -> Iterator[tuple[Customer, Severity, datetime]]:
        for _ in range(TRIES):
            severity = self.rng.choice(plot.severities)
            if plot.due_in:
                yield self._due_soon(plot, severity, self.now + self.rng.uniform(*plot.due_in) * MINUTE)
            else:
                customer = self.rng.choice(self._weighted(plot))
                yield customer, severity, self._some_time(plot, customer, severity)

    def _weighted(self, plot: Plot) -> list[Customer]:
        customers = [one for one in self.cast.customers.values() if plot.customer in ("", one.key)]
        return [one for one in customers for _ in range(one.share)]

    def _some_time(self, plot: Plot, customer: Customer, severity: Severity) -> datetime:
        """A moment in the plot's days at which somebody would write: Severity 1 at any time, others mostly at work."""
        least, most = plot.days_ago
        for _ in range(60):
            at = self.now - self.rng.uniform(least, most) * DAY
            if severity is Severity.ONE or is_open(customer.hours, at):
                return at
            if not plot.by_phone and self.rng.random() < OUT_OF_HOURS / 2:
                return at
        return add_open_time(customer.hours, next_opening(customer.hours, at), self.rng.uniform(5, 240) * MINUTE)

    def _due_soon(self, plot: Plot, severity: Severity, due_at: datetime) -> tuple[Customer, Severity, datetime]:
        """Who must be answered by about `due_at`: the nearest moment at which a deadline can lie, and its beginning."""
        promise = self.promises.of(MilestoneKind.FIRST_RESPONSE, severity)
        step = 15 * MINUTE if due_at > self.now else -15 * MINUTE
        while True:
            ready = [one for one in self._weighted(plot) if is_open(promise.calendar(one.hours), due_at)]
            if ready:
                customer = self.rng.choice(ready)
                begins_at = start_of(promise.calendar(customer.hours), promise.target, due_at)
                return customer, severity, begins_at
            due_at += step

    def _stories(self, plot: Plot, customer: Customer, severity: Severity, at: datetime) -> Sequence[Story]:
        fitting = [
            one
            for one in stories()
            if severity in one.severities
            and (not plot.inquiry or one.case_type is CaseType.INQUIRY)
            and self._cover(customer, one.product, at) == plot.cover
        ]
        return [one for one in fitting if (customer.key, one.key) not in self.told]

    def _cover(self, customer: Customer, product: str, at: datetime) -> str:
        """What the entitlement check will say."""
        day = at.astimezone(customer.hours.tz).date()
        spans = self.entitled.get((customer.key, product))
        if not spans:
            return "not_entitled"
        return "entitled" if any(first <= day <= last for first, last in spans) else "unclear"

    def _opener(self, plot: Plot, customer: Customer) -> Opener:
        if plot.opener:
            return next(one for one in customer.openers if one.key == plot.opener)
        return self.rng.choice([one for one in customer.openers if not one.contact.is_third_party])


def start_of(calendar: Calendar, amount: timedelta, end: datetime) -> datetime:
    """The last minute from which `amount` of open time passes until `end` (aware)."""
    minutes = bisect_left(LOOK_BACK, amount, key=lambda back: open_time_between(calendar, end - back * MINUTE, end))
    return end - minutes * MINUTE
