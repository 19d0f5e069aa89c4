"""The private PostgreSQL and Redis."""

import os
import signal
import stat
import subprocess
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from supportportal import engines, processes
from supportportal.engines import servers
from supportportal.engines.places import LONGEST_SOCKET_PATH, EngineUser, Place

BOTH = frozenset({"postgres", "redis"})


@pytest.fixture
def var():
    folder = settings.VAR_DIR / f"engines-{settings.WORKER}"
    yield folder
    engines.erase(folder)


def remember(var: Path, word: str) -> None:
    with psycopg2.connect(host=str(Place(var).sockets), dbname="portal", user="portal") as session:
        session.cursor().execute(f"CREATE TABLE {word} ()")


def remembers(var: Path, word: str) -> bool:
    with psycopg2.connect(host=str(Place(var).sockets), dbname="portal", user="portal") as session:
        cursor = session.cursor()
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [word])
        return cursor.fetchone()[0]


def test_engines_run_while_in_use_and_keep_their_data(var):
    with engines.in_use(var, durable=False):
        assert engines.running(var) == BOTH
        remember(var, "promise")
    assert engines.running(var) == set()

    with engines.in_use(var, durable=False):
        assert remembers(var, "promise")


def test_the_last_user_stops_them(var):
    with engines.in_use(var, durable=False):
        with engines.in_use(var, durable=False):
            pass
        assert engines.running(var) == BOTH

    assert engines.running(var) == set()


def test_what_killed_engines_leave_behind_does_not_hinder_a_start(var):
    engines.start(var)
    remember(var, "promise")
    place = Place(var)
    for pid_file, marker in ((place.postgres_pid, place.data), (place.redis_pid, place.redis_socket)):
        pid = processes.living(pid_file, marker=str(marker))
        assert processes.end(pid, signal.SIGKILL, marker=str(marker), seconds=10)
        assert pid_file.exists()

    with engines.in_use(var):
        assert engines.running(var) == BOTH
        assert remembers(var, "promise")


def test_an_interrupt_in_the_middle_of_a_start_leaves_no_engine_behind(var, monkeypatch):
    start_process = subprocess.Popen

    def interrupted(*arguments, **options):
        process = start_process(*arguments, **options)
        os.kill(os.getpid(), signal.SIGINT)
        return process

    monkeypatch.setattr(servers.subprocess, "Popen", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), engines.in_use(var, {"redis"}):
            pytest.fail("took no notice")
    finally:
        signal.signal(signal.SIGINT, before)

    assert engines.running(var) == set()


def test_only_their_owner_reaches_sockets_and_data(var):
    with engines.in_use(var, durable=False):
        modes = {stat.S_IMODE(folder.stat().st_mode) for folder in (Place(var).sockets, Place(var).data)}

        assert modes == {0o700}


def test_a_reused_process_number_is_not_taken_for_the_engine(tmp_path):
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n")

    assert processes.living(pid_file, marker="a folder that this process never heard of") is None

    processes.forget_stale(pid_file, marker="a folder that this process never heard of")
    assert not pid_file.exists()


def test_a_deep_folder_gets_short_sockets():
    deep = settings.VAR_DIR / ("deep" * 30)

    assert len(bytes(Place(deep).postgres_socket)) <= LONGEST_SOCKET_PATH
    assert Place(deep).data.is_relative_to(deep)


def test_a_folder_closed_to_the_engines_is_left_alone(tmp_path):
    tmp_path.chmod(0o700)
    somebody = EngineUser(65534, 65534, is_other=True)

    assert not somebody.reaches(tmp_path / "var")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://redis:6379/0", "redis://redis:6379/0"),
        ("rediss://user:word@redis:6380/3", "rediss://user:word@redis:6380/3"),
        ("unix:///var/run/redis.sock?db=2", "redis+socket:///var/run/redis.sock?virtual_host=2"),
        ("unix:///var/run/redis.sock", "redis+socket:///var/run/redis.sock?virtual_host=0"),
    ],
)
def test_one_address_serves_cache_and_broker(url, broker):
    assert (engines.cache_url(url), engines.broker_url(url)) == (url, broker)


def test_the_local_secret_is_made_once_and_private(tmp_path):
    secret = engines.local_secret(tmp_path)

    assert engines.local_secret(tmp_path) == secret
    assert len(secret) >= 50
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()] == [0o600]
