"""What cases are about: the stories of `stories.toml`, told for one customer, and the phrases around them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from cases.enums import CaseType, Severity
from entitlements.models import Product

HERE = Path(__file__).parent
GUESTS = (
    "erp-db-01", "mail-02", "files-03", "dispatch-01", "claims-app-02", "archive-01", "payroll-db", "web-front-04",
    "ledger-01", "scan-gw-02", "plans-db-02", "order-entry-01", "print-01", "build-07", "tickets-db-01", "gis-02",
)  # fmt: skip
UNSUPPORTED_VERSION = {"hypervisor": "8.0.3", "console": "4.9.2", "backup": "2.8.1"}
LOG_LINES = (90, 400)


@dataclass(frozen=True)
class Log:
    """A log file that the customer sends along."""

    name: str
    text: str


@dataclass(frozen=True)
class Telling:
    """A story as it happened to one customer."""

    version: str
    subject: str
    description: str
    question: str
    answer: str
    note: str
    finding: str
    problem: str
    resolution: str
    back: str
    log: Log | None


@dataclass(frozen=True)
class Story:
    """A story as it may happen to anybody."""

    key: str
    product: str
    case_type: CaseType
    severities: frozenset[Severity]
    about_linux: bool
    script: Mapping[str, Any]

    def tell(self, rng: Random, *, hosts: str, zone: str, product: Product, at: datetime) -> Telling:
        """How it went at a customer whose hosts are named `hosts`-01 and so on, and who writes at `at` (aware)."""
        version = self.script.get("version") or _some_version(rng, product)
        names = _names(rng, hosts, version, at.astimezone(ZoneInfo(zone)))
        told = {
            "subject": self._subject(rng, names),
            "description": _one_of(rng, self.script["openings"]).format_map(names),
        }
        for name in ("question", "answer", "note", "finding", "problem", "resolution", "back"):
            told[name] = self.script[name].format_map(names)
        log = _write_log(rng, self.script["log"], names, at) if "log" in self.script else None
        return Telling(version=version, log=log, **told)

    def _subject(self, rng: Random, names: Mapping[str, str]) -> str:
        """In the words of one customer: a bare sentence gets something of the place with it."""
        pattern = _one_of(rng, self.script["subjects"])
        subject = pattern.format_map(names)
        if "{" in pattern or self.case_type is CaseType.INQUIRY:
            return subject
        return _one_of(rng, phrases("customer", "subject")).format(subject=subject, **names)


def _some_version(rng: Random, product: Product) -> str:
    """Mostly the newest, seldom one that is out of support."""
    weights = [0.5**age for age in range(len(product.versions))]
    return rng.choices([*product.versions, UNSUPPORTED_VERSION[product.code]], [*weights, 0.06])[0]


def _names(rng: Random, hosts: str, version: str, local: datetime) -> dict[str, str]:
    host, other, third = (f"{hosts}-{number:02}" for number in rng.sample(range(1, 15), 3))
    return {
        "host": host,
        "other": other,
        "third": third,
        "pool": f"pool-{rng.choice('abcd')}",
        "array": f"array-{rng.randint(1, 4)}",
        "guest": rng.choice(GUESTS),
        "count": str(rng.randint(5, 64)),
        "clock": f"{local - timedelta(minutes=rng.randint(25, 90)):%H:%M}",
        "day": f"{local - timedelta(days=rng.randint(1, 4)):%A}",
        "version": version,
    }


def _write_log(rng: Random, script: Mapping[str, str], names: Mapping[str, str], at: datetime) -> Log:
    """Some hundred lines up to the moment at which the customer looked."""
    patterns = phrases("log", script["lines"])
    count = rng.randint(*LOG_LINES)
    lines = [
        rng.choice(patterns).format(
            at=f"{at - timedelta(seconds=19 * (count - step)):%Y-%m-%dT%H:%M:%SZ}",
            step=step % 60 + 1,
            number=rng.randint(400, 99000),
            **names,
        )
        for step in range(count)
    ]
    return Log(f"{names['host']}-{script['name']}", "\n".join(lines) + "\n")


def _one_of(rng: Random, variants: Sequence[str]) -> str:
    return variants[rng.randrange(len(variants))]


@cache
def stories() -> tuple[Story, ...]:
    """Every story, in the order of the file."""
    return tuple(
        Story(
            key=one["key"],
            product=one["product"],
            case_type=CaseType(one["type"]),
            severities=frozenset(map(Severity, one["severities"])),
            about_linux=one.get("linux", False),
            script=one,
        )
        for one in _read("stories.toml")["story"]
    )


def phrases(speaker: str, occasion: str) -> Sequence[str]:
    """What `speaker` ("customer", "engineer", "service") may say on that occasion."""
    return _read("phrases.toml")[speaker][occasion]


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
