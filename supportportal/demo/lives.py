"""The life of a case: who does what next, and when that person gets round to it.

A step is a generator: it yields the moment (aware UTC) at which something is done, and does it when it is resumed.
Lives know nothing of each other; whoever plays them resumes all of them in the order of their moments.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Concatenate, ParamSpec

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.enums import StaffRole
from accounts.models import User
from cases import attachments, operations
from cases.attachments import StoredFile
from cases.candidates import suggest_among, why
from cases.enums import CaseType, Channel, ClosureReason, HoldReason, ReassignmentReason, Severity
from cases.models import Case
from sla import sun
from sla.calendars import Calendar, add_open_time, is_open, next_opening
from sla.promises import MilestoneKind
from supportportal.demo.casting import Cast, Customer, Member, Opener
from supportportal.demo.stories import Story, Telling, phrases

P = ParamSpec("P")
Steps = Iterator[datetime]
Step = Callable[["Life"], Steps]
Verb = Callable[Concatenate[Case, P], Case]

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PROPOSALS_WITH_A_LETTER = 0.3
PROMISED_AHEAD = (150 * MINUTE, 360 * MINUTE, 600 * MINUTE, 1200 * MINUTE)  # of the engineer's hours


@dataclass(frozen=True)
class Part:
    """What is settled before a life begins.

    `response_share` says at which share of the promised time an engineer answers first; over 1 is too late.
    `by_phone` means that Customer Service takes the case down for the caller; `comes_back_at` (aware) settles when a
    closed case is reopened.
    """

    steps: Sequence[Step]
    customer: Customer
    opener: Opener
    story: Story
    severity: Severity
    begins_at: datetime
    response_share: float
    by_phone: bool = False
    engineer: str = ""
    comes_back_at: datetime | None = None


class Life:
    """One case, from its receipt on."""

    def __init__(self, cast: Cast, part: Part, rng: Random, stored: list[StoredFile]):
        self.cast, self.part, self.rng, self.stored = cast, part, rng, stored
        self.customer = part.customer
        self.product = cast.products[part.story.product]
        self.at = part.begins_at
        self.telling: Telling = part.story.tell(
            rng, hosts=part.customer.hosts, zone=self.customer.hours.zone, product=self.product, at=part.begins_at
        )
        self.opened: Case | None = None
        self.clock_from = part.begins_at
        self.owner: Member | None = None
        self.calm = part.severity is not Severity.ONE
        self.rounds = count(1)

    def play(self) -> Steps:
        """Yield the moment of each next thing that is done; it is done when the iterator goes on."""
        for step in self.part.steps:
            yield from step(self)

    @property
    def case(self) -> Case:
        """The case as it is now; a life knows one from its first step on."""
        assert self.opened
        return self.opened

    # Time

    def moment(self, at: datetime) -> datetime:
        """Not before `at`, and never before what was done last; to the second, as clocks of people go."""
        self.at = max(at, self.at + timedelta(seconds=self.rng.randint(20, 90)))
        return self.at

    def after(self, hours: Calendar, least: int, most: int) -> datetime:
        """So many minutes of somebody's working time later; in real time while production stands still."""
        minutes = self.rng.uniform(least, most)
        if not self.calm:
            return self.moment(self.at + max(minutes / 8, 2) * MINUTE)
        return self.moment(add_open_time(hours, self.at, minutes * MINUTE))

    def after_customer(self, least: int, most: int) -> datetime:
        return self.after(self.customer.hours, least, most)

    def after_owner(self, least: int, most: int) -> datetime:
        return self.after(self.engineer.hours, least, most)

    def after_days(self, least: float, most: float) -> datetime:
        """Some days later, when customer and engineer are both at work."""
        at = self.at + self.rng.uniform(least, most) * DAY
        hours = (self.customer.hours, self.engineer.hours)
        while not all(is_open(one, at) for one in hours):
            at = max(next_opening(one, at) for one in hours)
        return self.moment(at)

    def share_of_promise(self, share: float) -> datetime:
        """When this share of the time promised for the first response is used up."""
        promise = self.cast.promises.of(MilestoneKind.FIRST_RESPONSE, Severity(self.case.severity))
        return add_open_time(promise.calendar(self.customer.hours), self.clock_from, promise.target * share)

    def settled_in(self, hours: Calendar, at: datetime) -> datetime:
        """`at` when it lies in these hours, else some minutes after they begin again."""
        opens = next_opening(hours, at)
        return opens if opens == at else opens + self.rng.uniform(3, 40) * MINUTE

    # People

    @property
    def engineer(self) -> Member:
        """Who has the case: a case that follows the sun passes on by itself."""
        assert self.owner
        if self.case.state.follows_sun and (owner := self._owner_now()):
            self.owner = self.cast.member(owner)
        return self.owner

    def _owner_now(self) -> int | None:
        return Case.objects.values_list("owner", flat=True).get(pk=self.case.pk)

    @property
    def writer(self) -> User:
        """Who writes for the customer: the opener, or a colleague once the opener's right has ended."""
        opener = self.part.opener
        gone = opener.ends_at and self.at >= opener.ends_at
        return (self.customer.colleague_of(opener) if gone else opener).contact.user

    @property
    def home_engineers(self) -> list[Member]:
        """The engineers of the customer's region, first those who know the product."""
        team = [one for one in self.cast.engineers if one.region == self.customer.organization.region_id]
        return [one for one in team if self.part.story.product in one.skills] or team

    def service_at(self, at: datetime) -> tuple[User, datetime]:
        """Who of Customer Service of the region takes it up from `at` on, and when."""
        region = self.customer.organization.region_id
        team = [one for one in self.cast.customer_service if one.region == region]
        member = self.cast.first_at_work(team, at, self.rng)
        return member.user, self.settled_in(member.hours, at)

    def responder_at(self, at: datetime) -> tuple[Member, datetime]:
        """Who takes the case from `at` on, and when: for Severity 1 whoever is at work anywhere, or on call."""
        if self.calm:
            chosen = [one for one in self.home_engineers if one.key == self.part.engineer]
            member = self.cast.first_at_work(chosen or self.home_engineers, at, self.rng)
            return member, self.settled_in(member.hours, at)
        awake = [one for one in self.cast.engineers if is_open(one.hours, at)]
        return (self.rng.choice(awake) if awake else self.cast.on_call(at)), at

    # Words

    def phrase(self, speaker: str, occasion: str, **names: str) -> str:
        variants = phrases(speaker, occasion)
        names |= {
            "customer": self.writer.get_short_name(),
            "engineer": self.owner.user.get_short_name() if self.owner else "all",
            "company": self.customer.organization.name,
        }
        return variants[self.rng.randrange(len(variants))].format_map(names)

    def letter(self, speaker: str, *paragraphs: str) -> str:
        return "\n\n".join((self.phrase(speaker, "hello"), *paragraphs))

    def first_letter(self, *paragraphs: str) -> str:
        return "\n\n".join((self.phrase("engineer", "first_hello"), *paragraphs))

    def file(self) -> list[StoredFile]:
        """The customer's log, stored; nothing when the story has none."""
        log = self.telling.log
        if log is None:
            return []
        self.stored.append(attachments.store(SimpleUploadedFile(log.name, log.text.encode(), "text/plain")))
        return self.stored[-1:]

    # Doing

    def act(self, verb: "Verb[P]", *args: P.args, **kwargs: P.kwargs) -> None:
        self.opened = verb(self.case, *args, **kwargs)

    # Steps: intake

    def open(self) -> Steps:
        yield self.moment(self.part.begins_at)
        if self.part.by_phone:
            yield from self._take_down_the_call()
            return
        words = [self.telling.description]
        if self.part.opener.contact.is_third_party:
            words.insert(0, self.phrase("customer", "on_behalf"))
        self._open_by(self.part.opener.contact.user, *words)

    def _take_down_the_call(self) -> Steps:
        """Whoever of Customer Service is at work anywhere takes the call (C-STF-01)."""
        called_at = self.at
        member = self.cast.first_at_work(self.cast.customer_service, called_at, self.rng)
        at = self.settled_in(member.hours, called_at)
        yield self.moment(at + self.rng.uniform(5, 11) * MINUTE)
        self._open_by(
            member.user,
            self.phrase("customer", "phoned"),
            "> " + self.telling.description.replace("\n", "\n> "),
            channel=Channel.PHONE,
            received_at=max(called_at, at),
        )

    def _open_by(self, by: User, *words: str, **how: Any) -> None:
        contact = self.part.opener.contact
        self.opened = operations.open_case(
            self.customer.organization,
            by=by,
            at=self.at,
            contact=contact,
            product=self.product,
            version=self.telling.version,
            linux_flavor=self.customer.linux if self.part.story.about_linux else None,
            severity=self.part.severity,
            case_type=self.part.story.case_type,
            subject=self.telling.subject,
            description="\n\n".join(words),
            phone=contact.user.phone,
            **how,
        )
        self.clock_from = self.case.received_at

    def verify(self) -> Steps:
        """Customer Service verifies the entitlement, unless it did so beside the work."""
        if self.case.verified_at:
            return
        service, at = self.service_at(self._soon_after_receipt())
        yield self.moment(at)
        self._verify_by(service)

    def verify_meanwhile(self) -> Steps:
        """Beside the work on a Severity 1, if anybody of Customer Service is at work anywhere (A-26)."""
        if awake := [one for one in self.cast.customer_service if is_open(one.hours, self.at + 3 * MINUTE)]:
            yield self.moment(self.at + 2 * MINUTE)
            self._verify_by(self.rng.choice(awake).user)

    def _verify_by(self, service: User) -> None:
        unclear = self.case.verdict["outcome"] != "entitled"
        override = self.phrase("service", "override") if unclear else ""
        self.act(operations.verify_entitlement, by=service, at=self.at, override=override)

    def _soon_after_receipt(self) -> datetime:
        """Customer Service looks at it in the first quarter of the time that is promised for the answer."""
        return self.share_of_promise(min(self.part.response_share, 1) * self.rng.uniform(0.08, 0.3))

    def refuse(self) -> Steps:
        service, at = self.service_at(self._soon_after_receipt())
        yield self.moment(at)
        self.act(operations.refuse, by=service, at=self.at, reason=self.phrase("service", "refusal"))

    def hold(self) -> Steps:
        """Nobody answers the telephone number: Customer Service asks in writing and stops the clock."""
        service, at = self.service_at(self._soon_after_receipt())
        yield self.moment(at)
        self.act(
            operations.log_call, by=service, at=self.at, reached=False, summary=self.phrase("engineer", "missed_call")
        )
        yield self.moment(self.at)
        self.act(operations.reply, self.phrase("service", "unreachable"), by=service, at=self.at)
        yield self.moment(self.at)
        self.act(operations.hold, HoldReason.UNREACHABLE_CONTACT, by=service, at=self.at)

    def turn_up(self) -> Steps:
        """The contact writes, and the clock runs again."""
        yield self.after_customer(60, 400)
        before = self.at
        self.act(
            operations.reply_as_customer,
            "Sorry, I was in the machine room. The hosts are at our main site.",
            by=self.writer,
            at=before,
        )
        self.clock_from += self.at - before

    def intake_note(self) -> Steps:
        service, at = self.service_at(self.at + 3 * MINUTE)
        yield self.moment(at)
        self.act(operations.add_note, self.phrase("service", "note"), by=service, at=self.at)

    # Steps: the engineers' work

    def accept(self) -> Steps:
        member, at = self.responder_at(self.share_of_promise(self.part.response_share * 0.6))
        yield self.moment(at)
        if not self.calm and (owner := self._owner_now()):  # it came with the sun
            self.owner = self.cast.member(owner)
            return
        self.act(operations.accept, by=member.user, at=self.at)
        self.owner = member

    def be_assigned(self) -> Steps:
        """The manager of the region chooses the engineer."""
        member, at = self.responder_at(self.share_of_promise(self.part.response_share * 0.6))
        yield self.moment(at)
        manager = self.cast.manager_of(self.customer.organization.region_id)
        self.act(operations.assign, member.user, by=manager.user, at=self.at)
        self.owner = member

    def ask(self) -> Steps:
        """The first response, with a question."""
        yield self._when_response_is_due()
        text = self.first_letter(self.phrase("engineer", "intro"), self.telling.question)
        self.act(operations.reply, text, by=self.engineer.user, at=self.at, waiting=True)

    def explain(self) -> Steps:
        """The first response answers the question right away."""
        yield self._when_response_is_due()
        text = self.first_letter(self.telling.finding)
        self.act(operations.reply, text, by=self.engineer.user, at=self.at, waiting=True)

    def _when_response_is_due(self) -> datetime:
        at = self.share_of_promise(self.part.response_share)
        return self.moment(self.settled_in(self.engineer.hours, at) if self.calm else at)

    def ring(self) -> Steps:
        """A call that reaches the contact: for Severity 1 the first response."""
        yield self._when_response_is_due() if not self.calm else self.after_owner(10, 40)
        occasion = "answered_call" if self.calm else "urgent_call"
        self.act(
            operations.log_call,
            by=self.engineer.user,
            at=self.at,
            reached=True,
            summary=self.phrase("engineer", occasion),
        )

    def ring_in_vain(self) -> Steps:
        yield self.after_owner(5, 30)
        self.act(
            operations.log_call,
            by=self.engineer.user,
            at=self.at,
            reached=False,
            summary=self.phrase("engineer", "missed_call"),
        )

    def inquire(self) -> Steps:
        """The question, when the contact has been spoken to before."""
        yield self.after_owner(8, 30)
        self.act(
            operations.reply,
            self.letter("engineer", self.telling.question),
            by=self.engineer.user,
            at=self.at,
            waiting=True,
        )

    def note(self) -> Steps:
        yield self.after_owner(4, 25)
        self.act(operations.add_note, self.telling.note, by=self.engineer.user, at=self.at)

    def escalation_note(self) -> Steps:
        yield self.after_owner(30, 120)
        self.act(operations.add_note, self.phrase("engineer", "escalation_note"), by=self.engineer.user, at=self.at)

    def report(self) -> Steps:
        """Still looking: the customer hears so, and by when it hears more."""
        yield self.after_owner(240, 540)
        text = self.letter("engineer", self.phrase("engineer", "still_looking"))
        until = add_open_time(self.engineer.hours, self.at, self.rng.choice(PROMISED_AHEAD)).replace(second=0)
        self.act(operations.reply, text, by=self.engineer.user, at=self.at, next_update_at=until)

    def work_around(self) -> Steps:
        yield self.after_owner(40, 200)
        text = self.letter("engineer", self.phrase("engineer", "workaround"))
        self.act(operations.reply, text, by=self.engineer.user, at=self.at)

    def find(self) -> Steps:
        """What was found, and what the customer is asked to do; with a Severity 1 the worst is over."""
        yield self.after_owner(50, 320)
        text = self.letter("engineer", self.phrase("engineer", "thanks"), self.telling.finding)
        self.act(operations.reply, text, by=self.engineer.user, at=self.at, waiting=True)

    def find_again(self) -> Steps:
        yield self.after_owner(90, 420)
        text = self.letter("engineer", self.phrase("engineer", "second_finding"))
        self.act(operations.reply, text, by=self.engineer.user, at=self.at, waiting=True)

    # Steps: changing hands

    def complete_the_sheet(self, case: Case, at: datetime, change: datetime) -> None:
        """Prepare the handover of `change` for who takes over then (C-FTS-01)."""
        notes = operations.HandoverNotes(
            next_action=self.phrase("engineer", "next_action"),
            hypothesis=self.telling.note,
            last_action=self.phrase("engineer", "last_action"),
            waits_for=self.phrase("engineer", "waits_for"),
        )
        assert case.owner
        operations.note_handover(case, notes, by=case.owner, at=at, change=change)

    def be_put_on_sun(self) -> Steps:
        """The manager lets a case that is not Severity 1 go round the clock (A-12)."""
        yield self.after_owner(20, 90)
        manager = self.cast.manager_of(self.engineer.region)
        self.act(operations.put_on_sun, by=manager.user, at=self.at, reason=self.phrase("engineer", "on_the_sun"))

    def be_taken_off_sun(self) -> Steps:
        yield self.after_owner(20, 90)
        manager = self.cast.manager_of(self.engineer.region)
        self.act(operations.take_off_sun, by=manager.user, at=self.at, reason=self.phrase("engineer", "off_the_sun"))
        assert self.case.owner_id
        self.owner = self.cast.member(self.case.owner_id)

    def come_with_the_sun(self) -> Steps:
        """A few minutes ago the case came to somebody else on duty, who has not looked yet."""
        yield self.moment(self.cast.now - 4 * MINUTE)
        on_duty = [who for who in sun.hold_at(self.at).people if who != self.engineer.user.pk]
        if choice := suggest_among(self.case, on_duty, on_shift=on_duty):
            taker = self.cast.member(choice.taker.person).user
            self.act(operations.hand_over, taker, at=self.at, change=self.at, why=why(self.case, choice))

    def hand_to_senior(self) -> Steps:
        yield self.after_owner(30, 200)
        team = self._colleagues()
        seniors = [one for one in team if one.role is StaffRole.ESCALATION_ENGINEER]
        reason = ReassignmentReason.SENIOR if seniors else ReassignmentReason.SKILLS
        self._give_to(self.rng.choice(seniors or team), reason)

    def hand_to_colleague(self) -> Steps:
        yield self.after_owner(100, 300)
        self._give_to(
            self.rng.choice(self._colleagues()),
            self.rng.choice([ReassignmentReason.HOLIDAY, ReassignmentReason.SKILLS]),
        )

    def _colleagues(self) -> list[Member]:
        """The other engineers of the region who are not away now."""
        team = [one for one in self.cast.engineers if one.region == self.engineer.region and one is not self.owner]
        return [one for one in team if not one.is_away(self.at)]

    def _give_to(self, member: Member, reason: ReassignmentReason) -> None:
        note = self.phrase("engineer", reason)
        self.act(operations.assign, member.user, by=self.engineer.user, at=self.at, reason=reason, note=note)
        self.owner = member

    # Steps: the customer's answers

    def answer(self) -> Steps:
        yield self.after_customer(30, 420)
        text = self.letter("customer", self.telling.answer)
        self.act(operations.reply_as_customer, text, by=self.writer, at=self.at, files=self.file())

    def add_more(self) -> Steps:
        yield self.after_customer(40, 200)
        self.act(operations.reply_as_customer, self.phrase("customer", "more"), by=self.writer, at=self.at)

    def ask_for_news(self) -> Steps:
        yield self.after_customer(200, 500)
        self.act(operations.reply_as_customer, self.phrase("customer", "asks_for_news"), by=self.writer, at=self.at)

    def react(self) -> Steps:
        """It worked; what follows is no longer urgent."""
        yield self.after_customer(40, 500)
        text = self.letter("customer", self.phrase("customer", "reaction"))
        self.act(operations.reply_as_customer, text, by=self.writer, at=self.at)
        self.calm = True

    def withdraw(self) -> Steps:
        yield self.after_customer(60, 600)
        self.act(operations.withdraw, by=self.writer, at=self.at, resolution=self.phrase("customer", "found_alone"))

    # Steps: severity

    def agree(self) -> Steps:
        """The engineer agrees to the severity that the customer asked for."""
        yield self.after_owner(2, 12)
        self.act(operations.agree_severity, Severity(self.case.severity), by=self.engineer.user, at=self.at)

    def suggest_lower(self) -> Steps:
        yield self.after_owner(15, 60)
        lower = Severity(self.case.severity + 1)
        reason = self.phrase("engineer", "lower", severity=str(lower.value))
        self.act(operations.propose_severity, lower, by=self.engineer.user, at=self.at, reason=reason)

    def agree_to_lower(self) -> Steps:
        yield self.after_customer(20, 200)
        lower = Severity(self.case.proposed_severity or self.case.severity + 1)
        self.act(operations.agree_severity, lower, by=self.writer, at=self.at)

    def ask_for_lower(self) -> Steps:
        yield self.after_customer(60, 240)
        lower = Severity(self.case.severity + 1)
        self.act(
            operations.propose_severity, lower, by=self.writer, at=self.at, reason="The workaround helps us along."
        )

    def agree_to_wish(self) -> Steps:
        yield self.after_owner(10, 60)
        self.act(operations.agree_severity, Severity(self.case.requested_severity), by=self.engineer.user, at=self.at)

    def ask_for_higher(self) -> Steps:
        yield self.after_customer(30, 150)
        higher = Severity(self.case.severity - 1)
        reason = self.phrase("customer", "worse")
        self.act(operations.propose_severity, higher, by=self.writer, at=self.at, reason=reason)

    def be_reduced(self) -> Steps:
        """The manager lowers the severity without waiting for the customer (C-SEV-04)."""
        yield self.after_days(1.5, 2.5)
        lower = Severity(self.case.severity + 1)
        manager = self.cast.manager_of(self.engineer.region)
        reason = self.phrase("engineer", "managers_reduction", severity=str(lower.value))
        self.act(operations.reduce_severity, lower, by=manager.user, at=self.at, reason=reason)

    # Steps: closing and coming back

    def propose(self) -> Steps:
        yield self.after_owner(60, 400)
        inquiry = self.part.story.case_type is CaseType.INQUIRY
        if self.rng.random() < PROPOSALS_WITH_A_LETTER:
            text = self.letter("engineer", self.phrase("engineer", "closing"))
            self.act(operations.reply, text, by=self.engineer.user, at=self.at, waiting=True)
            yield self.moment(self.at)
        again = next(self.rounds) > 1
        self.act(
            operations.propose_closure,
            by=self.engineer.user,
            at=self.at,
            problem=self.telling.problem,
            resolution=self.phrase("engineer", "second_resolution") if again else self.telling.resolution,
            reason=ClosureReason.ANSWERED if inquiry else ClosureReason.RESOLVED,
        )

    def confirm(self) -> Steps:
        yield self.after_customer(20, 900)
        self.act(operations.confirm_closure, by=self.writer, at=self.at)

    def reject(self) -> Steps:
        yield self.after_customer(60, 500)
        text = f"{self.phrase('customer', 'not_solved')} {self.telling.back}"
        self.act(operations.reject_closure, text, by=self.writer, at=self.at)

    def remind_by_mail(self) -> Steps:
        yield self.after_days(0.9, 1.6)
        self._attempt(Channel.EMAIL, "attempt_mail")

    def remind_by_phone(self) -> Steps:
        yield self.after_days(0.9, 1.6)
        self._attempt(Channel.PHONE, "attempt_phone")

    def announce_closure(self) -> Steps:
        yield self.after_days(0.9, 1.6)
        self._attempt(Channel.EMAIL, "attempt_last", announces_closure=True)

    def _attempt(self, channel: Channel, occasion: str, *, announces_closure: bool = False) -> None:
        text = self.phrase("engineer", occasion)
        self.act(
            operations.record_contact_attempt,
            channel,
            text,
            by=self.engineer.user,
            at=self.at,
            announces_closure=announces_closure,
        )

    def reopen(self) -> Steps:
        yield self.moment(self.part.comes_back_at) if self.part.comes_back_at else self.after_days(3, 14)
        text = f"{self.phrase('customer', 'it_is_back')} {self.telling.back}"
        self.act(operations.reopen, text, by=self.writer, at=self.at)
        self.clock_from = self.at
        self.calm = self.case.severity != Severity.ONE
        self.owner = self.cast.member(self.case.owner_id) if self.case.owner_id else None

    def respond_again(self) -> Steps:
        """The first response after a reopening, by the engineer of before or by who takes it now."""
        if self.owner is None:
            yield from self.accept()
        yield self._when_response_is_due()
        text = self.letter("engineer", self.phrase("engineer", "second_finding"))
        self.act(operations.reply, text, by=self.engineer.user, at=self.at, waiting=True)

    def follow_on(self) -> Steps:
        """Too late to reopen: a new case refers to the old one (C-RPN-02)."""
        assert self.case.reopenable_until
        yield self.moment(
            next_opening(self.customer.hours, self.case.reopenable_until + self.rng.uniform(0.3, 5) * DAY)
        )
        text = f"{self.phrase('customer', 'long_ago')} {self.telling.back}"
        self.act(operations.open_follow_on, text, by=self.writer, at=self.at)
        self.clock_from = self.case.received_at
        self.owner = None
