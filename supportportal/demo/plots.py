"""The plots of the demo: what may happen to a case, how often, and when it began.

A plot names the steps of a life. Past lives have run to their end; those that began lately stop where the plot stops,
so that there are cases in every state now, some with a deadline in the next hours and some past it.
"""

from dataclasses import dataclass
from itertools import chain

from cases.enums import Severity
from supportportal.demo.lives import Life, Step

ONE, TWO, THREE, FOUR = Severity
Script = tuple[Step, ...]

QUEUED: Script = (Life.open, Life.verify)
TAKEN: Script = (*QUEUED, Life.accept)
ASKED: Script = (*TAKEN, Life.ask)
ANSWERED: Script = (*ASKED, Life.agree, Life.answer)
FOUND: Script = (*ANSWERED, Life.note, Life.find)
PROPOSED: Script = (*FOUND, Life.react, Life.propose)
SOLVED: Script = (*PROPOSED, Life.confirm)

LONG: Script = (
    *(Life.open, Life.verify, Life.be_assigned, Life.ask, Life.agree, Life.answer, Life.note, Life.report),
    *(Life.add_more, Life.work_around, Life.escalation_note, Life.hand_to_senior, Life.ring, Life.find),
)
EXPLAINED: Script = (*TAKEN, Life.explain)

URGENT_TAKEN: Script = (Life.open, Life.accept)
URGENT: Script = (*URGENT_TAKEN, Life.ring, Life.agree, Life.inquire, Life.verify_meanwhile)
URGENT_FOUND: Script = (*URGENT, Life.answer, Life.note, Life.find)

ON_SUN: Script = (*ANSWERED, Life.note, Life.be_put_on_sun)

REJECTED: Script = (*PROPOSED, Life.reject, Life.find_again)
SILENT: Script = (*FOUND, Life.remind_by_mail)
REOPENED: Script = (*SOLVED, Life.reopen)

LOWERED: Script = (*TAKEN, Life.ask, Life.suggest_lower, Life.agree_to_lower, Life.answer, Life.find)
REDUCED: Script = (*ANSWERED, Life.work_around, Life.ring, Life.be_reduced, Life.find)


@dataclass(frozen=True)
class Plot:
    """A kind of life. `count` is how many of 250; `days_ago` when it began (from, to).

    `due_in` says in how many minutes from now (from, to) a first response is due; negative is missed. It decides when
    the case began or, where the plot ends with a reopening, when the case came back.
    `cover` is what the entitlement check finds. `customer`, `opener` and `engineer` are keys, empty for anybody.
    """

    steps: Script
    count: int
    days_ago: tuple[float, float] = (12, 89)
    due_in: tuple[float, float] | None = None
    severities: tuple[Severity, ...] = (TWO, THREE, THREE, FOUR)
    shares: tuple[float, float] = (0.15, 0.85)
    cover: str = "entitled"
    by_phone: bool = False
    inquiry: bool = False
    customer: str = ""
    opener: str = ""
    engineer: str = ""

    @property
    def comes_back(self) -> bool:
        return self.steps[-1] is Life.reopen

    @property
    def cases(self) -> int:
        """How many cases come of it: a follow-on is one more."""
        return 1 + self.steps.count(Life.follow_on)


OPEN_DAYS = (3.5, 8)

PAST = (
    Plot(SOLVED, 18),
    Plot((*TAKEN, Life.note, Life.ask, Life.agree, Life.answer, Life.find, Life.react, Life.propose, Life.confirm), 12),
    Plot((*LONG, Life.react, Life.propose, Life.confirm), 12, days_ago=(20, 89), severities=(TWO, TWO, THREE)),
    Plot((*EXPLAINED, Life.agree, Life.react, Life.propose, Life.confirm), 14, severities=(FOUR,), inquiry=True),
    Plot((*SILENT, Life.remind_by_phone, Life.announce_closure), 7, days_ago=(24, 89), severities=(THREE, FOUR)),
    Plot((*REJECTED, Life.react, Life.propose, Life.confirm), 7, days_ago=(20, 89)),
    Plot(
        (*REOPENED, Life.respond_again, Life.react, Life.propose, Life.confirm),
        count=8,
        days_ago=(38, 89),
        severities=(TWO, THREE),
    ),
    Plot((*LOWERED, Life.react, Life.propose, Life.confirm), 8, severities=(TWO, TWO, THREE)),
    Plot((*REDUCED, Life.react, Life.propose, Life.confirm), 5, days_ago=(20, 89), severities=(TWO,)),
    Plot(
        (*URGENT_FOUND, Life.react, Life.verify, Life.propose, Life.confirm), 10, severities=(ONE,), shares=(0.2, 0.9)
    ),
    Plot((*URGENT_FOUND, Life.react, Life.verify, Life.propose, Life.confirm), 2, severities=(ONE,), shares=(1.2, 1.9)),
    Plot(SOLVED, 9, shares=(1.08, 1.9)),
    Plot(SOLVED, 8, by_phone=True, severities=(TWO, THREE)),
    Plot((*QUEUED, Life.accept, Life.withdraw), 3, severities=(THREE, FOUR)),
    Plot((*ANSWERED, Life.withdraw), 4),
    Plot((Life.open, Life.withdraw), 1, severities=(FOUR,)),
    Plot((Life.open, Life.refuse), 5, cover="not_entitled", by_phone=True, severities=(THREE, FOUR)),
    Plot(SOLVED, 4, cover="unclear", severities=(THREE,)),
    Plot((Life.open, Life.hold, Life.turn_up, *ANSWERED[1:], Life.find, Life.react, Life.propose, Life.confirm), 2),
    Plot(SOLVED, 6, customer="brindlemere", opener="idris"),
    Plot(SOLVED, 3, customer="ostrey", opener="idris"),
    Plot(SOLVED, 3, days_ago=(40, 89), customer="veyle", opener="sunniva"),
    Plot((*SOLVED, Life.follow_on, *ANSWERED[1:], Life.find, Life.react, Life.propose, Life.confirm), 3, (74, 89)),
)

PRESENT = (
    # Customer Service has not looked yet, or waits for somebody.
    Plot((Life.open,), 3, due_in=(35, 110), severities=(TWO,), shares=(1, 1)),
    Plot((Life.open,), 3, due_in=(60, 440), severities=(THREE, FOUR)),
    Plot((Life.open,), 2, due_in=(120, 430), severities=(THREE,), cover="unclear"),
    Plot((Life.open,), 1, due_in=(200, 430), severities=(FOUR,), cover="not_entitled", by_phone=True),
    Plot((Life.open,), 1, due_in=(18, 26), severities=(ONE,)),
    Plot((Life.open, Life.hold), 2, days_ago=(0.7, 3), severities=(THREE,)),
    # In the queue, near the deadline and past it.
    Plot(QUEUED, 3, due_in=(5, 70), severities=(TWO,), shares=(0.3, 0.5)),
    Plot(QUEUED, 4, due_in=(20, 330), severities=(THREE, THREE, FOUR)),
    Plot(QUEUED, 2, due_in=(-100, -8), severities=(TWO, THREE)),
    # Taken and not yet answered.
    Plot(TAKEN, 3, due_in=(8, 60), severities=(TWO,), shares=(0.2, 0.4), customer="brindlemere", engineer="piotr"),
    Plot((*TAKEN, Life.note), 3, due_in=(30, 300), severities=(THREE, FOUR), shares=(0.2, 0.4)),
    Plot((*TAKEN, Life.note), 2, due_in=(20, 240), shares=(0.2, 0.4), customer="quillmere", engineer="piotr"),
    Plot((*TAKEN, Life.note, Life.ring_in_vain), 2, due_in=(-160, -5), severities=(TWO, THREE), shares=(0.2, 0.5)),
    Plot(URGENT_TAKEN, 1, due_in=(6, 14), severities=(ONE,), shares=(0.2, 0.4)),
    # Being worked on.
    Plot((*URGENT, Life.answer, Life.note), 2, days_ago=(0.25, 0.6), severities=(ONE,), shares=(0.2, 0.7)),
    Plot(ANSWERED, 2, days_ago=OPEN_DAYS),
    Plot(ANSWERED, 2, OPEN_DAYS, customer="quillmere", engineer="piotr"),
    Plot((*ANSWERED, Life.note, Life.report, Life.add_more), 4, days_ago=OPEN_DAYS),
    Plot((*LONG[:-1], Life.ask_for_news), 2, days_ago=(7, 12), severities=(TWO, THREE)),
    Plot(REJECTED[:-1], 2, days_ago=(7, 11)),
    Plot((*ANSWERED, Life.hand_to_colleague), 2, days_ago=OPEN_DAYS),
    Plot((*TAKEN, Life.ask, Life.suggest_lower), 2, days_ago=(1.5, 4), severities=(TWO, THREE)),
    Plot((*ASKED, Life.suggest_lower), 1, (1.5, 4), severities=(TWO,), customer="brindlemere", opener="maren"),
    Plot((*ASKED, Life.ask_for_higher), 2, days_ago=(1.5, 4), severities=(THREE,)),
    Plot((*ANSWERED, Life.work_around, Life.ask_for_lower), 2, days_ago=OPEN_DAYS, severities=(TWO, THREE)),
    Plot((*ANSWERED, Life.work_around, Life.ask_for_lower, Life.agree_to_wish), 1, (7, 11), severities=(TWO,)),
    # Waiting for the customer.
    Plot(ASKED, 3, days_ago=(1.5, 5)),
    Plot(FOUND, 2, days_ago=OPEN_DAYS),
    Plot(FOUND, 1, OPEN_DAYS, customer="veyle", engineer="piotr"),
    Plot(SILENT, 2, days_ago=(7, 11), severities=(THREE, FOUR)),
    Plot((*SILENT, Life.remind_by_phone), 2, days_ago=(8, 12), severities=(THREE, FOUR)),
    Plot(FOUND, 1, OPEN_DAYS, customer="brindlemere", opener="maren", engineer="piotr"),
    # Solved, says support.
    Plot(PROPOSED, 4, days_ago=(5, 9)),
    Plot(PROPOSED, 2, days_ago=(5, 9), customer="brindlemere", opener="maren", engineer="piotr"),
    Plot(PROPOSED, 1, days_ago=(5, 9), customer="brindlemere", opener="rhuaridh"),
    # Come back, or closed lately.
    Plot(REOPENED, 2, days_ago=(22, 28), due_in=(40, 300), severities=(TWO, THREE)),
    Plot(REOPENED, 1, (22, 28), due_in=(30, 90), severities=(TWO,), customer="brindlemere", engineer="piotr"),
    Plot((*REOPENED, Life.respond_again), 2, days_ago=(28, 36), severities=(TWO, THREE)),
    Plot((*SOLVED, Life.follow_on, Life.verify, Life.accept, Life.ask), 1, days_ago=(62, 70)),
    Plot((*EXPLAINED, Life.agree, Life.react, Life.propose, Life.confirm), 8, (4, 8), severities=(FOUR,), inquiry=True),
    Plot(ASKED, 1, days_ago=(2, 5), customer="brindlemere", opener="idris"),
    Plot(ANSWERED, 1, days_ago=(3, 6), customer="ostrey", opener="idris"),
    Plot(SOLVED, 1, days_ago=(12, 20), customer="brindlemere", opener="rhuaridh"),
    Plot(ANSWERED, 1, days_ago=(3, 6), customer="brindlemere", opener="rhuaridh"),
)

# Around the world: a Severity 1 that has seen every center, one that waits to be accepted, and a manager's exceptions.
SUN = (
    Plot((*URGENT, Life.answer, Life.note), 1, days_ago=(1.1, 1.4), severities=(ONE,), shares=(0.2, 0.7)),
    Plot((*URGENT, Life.note, Life.come_with_the_sun), 1, (0.2, 0.3), severities=(ONE,), shares=(0.2, 0.5)),
    Plot(ON_SUN, 1, days_ago=(1.5, 4), severities=(TWO,)),
    Plot((*ON_SUN, Life.find, Life.be_taken_off_sun, Life.react, Life.propose, Life.confirm), 1, severities=(TWO,)),
)


def plots(cases: int) -> list[Plot]:
    """The plots that make so many cases: every kind at least once, in about the same proportions.

    For fewer cases than there are kinds, some kinds only, those of the present first.
    """
    kinds = [*PRESENT, *PAST, *SUN]
    least = sum(plot.cases for plot in kinds)
    if cases < least:
        return kinds[:cases]
    whole = sum(plot.count * plot.cases for plot in kinds)
    wanted = [max(1, int(plot.count * cases / whole)) for plot in kinds]
    while made := sum(number * plot.cases for number, plot in zip(wanted, kinds, strict=True)) - cases:
        plainest = kinds.index(PAST[0]) if made < 0 else wanted.index(max(wanted))
        wanted[plainest] += 1 if made < 0 else -1
    return list(chain.from_iterable([plot] * number for plot, number in zip(kinds, wanted, strict=True)))
