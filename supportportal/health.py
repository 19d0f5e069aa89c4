"""Is this process alive, and can the portal keep its promises?

`/healthz` says that this process answers. `/readyz` asks everything that a promise hangs from: PostgreSQL, its
migrations, Redis, and progress: a portal whose timers are not swept, or take no effect, looks well and is not. What
somebody should look at though the rest goes on, such as a case whose timers fail, is a warning and turns nothing red.

Both are answered before any other middleware, so they need no session, work while the database is down and answer to
any Host: health checks come by address, and nothing of the answer is built from the request.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now

from sla.operations import Backlog, backlog, last_swept_at
from sla.sun_moves import Lag, lag

SWEEP_IS_LATE_AFTER = timedelta(seconds=30)
TIMER_IS_LATE_AFTER = timedelta(seconds=30)
CHANGE_IS_LATE_AFTER = timedelta(minutes=2)  # many cases may change hands, one after the other


class Health:
    """Answers `/healthz` and `/readyz`: 200 or 503, JSON, never cached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.doors = {"/healthz": alive, "/readyz": ready}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door = self.doors.get(request.path)
        if door is None:
            return self.get_response(request)
        return door()


def alive() -> JsonResponse:
    return answer({})


def ready() -> JsonResponse:
    database = database_problem()
    timers, sun = (None, None) if database else (backlog(now()), lag(now()))
    return answer(
        {
            "database": database,
            "migrations": database or migrations.problem(),
            "redis": redis_problem(),
            "sweep": database or sweep_problem(),
            "timers": timers_problem(timers) if timers else database,
            "sun": sun_problem(sun) if sun else database,
        },
        {"timers": timers_warning(timers) if timers else None, "sun": sun_warning(sun) if sun else None},
    )


def answer(problems: dict[str, str | None], warnings: dict[str, str | None] | None = None) -> JsonResponse:
    """What is wrong with each part, in words that tell a stranger nothing about customers or addresses."""
    failing = any(problems.values())
    body: dict[str, Any] = {
        "status": "failing" if failing else "ok",
        "checks": {name: problem or "ok" for name, problem in problems.items()},
    }
    if told := {name: warning for name, warning in (warnings or {}).items() if warning}:
        body["warnings"] = told
    return JsonResponse(body, status=503 if failing else 200, headers={"Cache-Control": "no-store"})


def database_problem() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return "does not answer"
    return None


class Migrations:
    """Whether the database has all that this process was built for. Once it has, it is not looked up again."""

    complete = False

    def problem(self) -> str | None:
        if self.complete:
            return None
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        self.complete = not waiting
        return f"{len(waiting)} not applied" if waiting else None


migrations = Migrations()


@cache
def redis_at(url: str) -> redis.Redis:
    """One client for the process, which keeps its connection."""
    return redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2, retry=None)


def redis_problem() -> str | None:
    try:
        redis_at(settings.REDIS_URL).ping()
    except redis.RedisError:
        return "does not answer"
    return None


def sweep_problem() -> str | None:
    swept_at = last_swept_at()
    if swept_at is None:
        return "never ran"
    return f"last ran {ago(swept_at)}" if now() - swept_at > SWEEP_IS_LATE_AFTER else None


def timers_problem(timers: Backlog) -> str | None:
    """Sweeps that run and change nothing: a timer waits though its moment is long past."""
    since = timers.late_since
    return f"one was due {ago(since)}" if since and now() - since > TIMER_IS_LATE_AFTER else None


def timers_warning(timers: Backlog) -> str | None:
    if timers.set_aside_since is None:
        return None
    return f"{timers.set_aside} set aside after errors, the oldest was due {ago(timers.set_aside_since)}"


def sun_problem(sun: Lag) -> str | None:
    """Cases do not change hands: others hold Severity 1 for long, and nobody has handed it over."""
    since = sun.late_since
    return f"a change was due {ago(since)}" if since and now() - since > CHANGE_IS_LATE_AFTER else None


def sun_warning(sun: Lag) -> str | None:
    return f"a case fails to change hands, due {ago(sun.failing_since)}" if sun.failing_since else None


def ago(moment: datetime) -> str:
    return f"{(now() - moment).total_seconds():.0f} s ago"
