"""Handing out the parts: for each plot a customer, a contact, a story, a severity and the moment at which it begins."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from cases.enums import CaseType, Severity
from entitlements.models import Entitlement
from sla.calendars import Calendar, add_open_time, is_open, next_opening, open_time_between
from sla.promises import MilestoneKind
from supportportal.demo.casting import Cast, Customer, Opener
from supportportal.demo.lives import DAY, MINUTE, Part
from supportportal.demo.plots import Plot
from supportportal.demo.stories import Story, stories

TRIES = 200
JUST_NOW = 3 * MINUTE
OUT_OF_HOURS = 0.08
LOOK_BACK = range(30 * 24 * 60)  # minutes


@dataclass(frozen=True)
class Occasion:
    """Who writes, how bad it is and when it begins; aware UTC."""

    customer: Customer
    severity: Severity
    begins_at: datetime
    comes_back_at: datetime | None = None


class Director:
    """Hands out parts so that no customer tells the same story twice while it has another."""

    def __init__(self, cast: Cast, now: datetime, rng: Random):
        self.cast, self.now, self.rng = cast, now, rng
        self.told: set[tuple[str, str]] = set()
        self.entitled: dict[tuple[str, str], list[tuple[date, date]]] = {}
        organizations = {one.organization.pk: one.key for one in cast.customers.values()}
        for one in Entitlement.objects.select_related("product"):
            key = (organizations[one.organization_id], one.product.code)
            self.entitled.setdefault(key, []).append((one.starts_on, one.ends_on))

    def part(self, plot: Plot) -> Part:
        """A part for `plot`, with a story that is new to its customer if one can be found.

        Raises LookupError when the cast does not allow the plot at all.
        """
        told_before = None
        for occasion in self._occasions(plot):
            fitting = self._stories(plot, occasion)
            if new := [one for one in fitting if (occasion.customer.key, one.key) not in self.told]:
                return self._given(plot, occasion, self.rng.choice(new))
            if fitting:
                told_before = (occasion, self.rng.choice(fitting))
        if told_before is None:
            raise LookupError(f"Nobody can play {plot}.")
        return self._given(plot, *told_before)

    def _given(self, plot: Plot, occasion: Occasion, story: Story) -> Part:
        self.told.add((occasion.customer.key, story.key))
        return Part(
            steps=plot.steps,
            customer=occasion.customer,
            opener=self._opener(plot, occasion.customer),
            story=story,
            severity=occasion.severity,
            begins_at=occasion.begins_at,
            response_share=self.rng.uniform(*plot.shares),
            by_phone=plot.by_phone,
            engineer=plot.engineer,
            comes_back_at=occasion.comes_back_at,
        )

    def _occasions(self, plot: Plot) -> Iterator[Occasion]:
        for _ in range(TRIES):
            severity = self.rng.choice(plot.severities)
            if not plot.due_in:
                customer = self.rng.choice(self._weighted(plot))
                yield Occasion(customer, severity, self._some_time(plot, customer, severity))
                continue
            due_at = self.now + self.rng.uniform(*plot.due_in) * MINUTE
            customer, clock_from = self._due_soon(plot, severity, due_at)
            if clock_from > self.now - JUST_NOW:
                continue
            if plot.comes_back:
                yield Occasion(customer, severity, self._some_time(plot, customer, severity), clock_from)
            else:
                yield Occasion(customer, severity, clock_from)

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

    def _due_soon(self, plot: Plot, severity: Severity, due_at: datetime) -> tuple[Customer, datetime]:
        """Who must be answered by `due_at` or the nearest moment at which a deadline can lie, and since when."""
        promise = self.cast.promises.of(MilestoneKind.FIRST_RESPONSE, severity)
        step = 15 * MINUTE if due_at > self.now else -15 * MINUTE
        able = [one for one in self._weighted(plot) if self._stories(plot, Occasion(one, severity, self.now))]
        while True:
            ready = [one for one in able if is_open(promise.calendar(one.hours), due_at)]
            if ready:
                customer = self.rng.choice(ready)
                return customer, start_of(promise.calendar(customer.hours), promise.target, due_at)
            due_at += step

    def _stories(self, plot: Plot, occasion: Occasion) -> Sequence[Story]:
        return [
            one
            for one in stories()
            if occasion.severity in one.severities
            and (not plot.inquiry or one.case_type is CaseType.INQUIRY)
            and self._cover(occasion.customer, one.product, occasion.begins_at) == plot.cover
        ]

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
