"""Settings under production, each in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "a-secret-of-fifty-and-more-characters-that-nobody-else-has-0123456789",
    "ALLOWED_HOSTS": "support.example.com,www.example.com",
    "PORTAL_URL": "https://support.example.com",
    "DATABASE_URL": "postgres://portal:secret@db:5432/portal",
    "REDIS_URL": "redis://redis:6379/0",
    "EMAIL_URL": "smtp+tls://mailer:secret@mail:587",
    "DEFAULT_FROM_EMAIL": "Support <support@example.com>",
    "SUPPORT_PHONE": "+44 1224 555 000",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "PORTAL_VAR": os.environ["PORTAL_VAR"]}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=bare | environment, capture_output=True, text=True, check=False)


def test_the_deployment_check_has_nothing_to_say():
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert (checked.returncode, checked.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.parametrize("missing", sorted(PRODUCTION.keys() - {"PORTAL_ENV"}))
def test_production_names_what_is_missing(missing):
    started = manage("check", **(PRODUCTION | {missing: ""}))

    assert started.returncode != 0
    assert f"PORTAL_ENV=production needs {missing} (see .env.example)." in started.stderr


def test_production_refuses_debug():
    assert "DEBUG must be off" in manage("check", **(PRODUCTION | {"DEBUG": "true"})).stderr


def test_a_file_meant_for_production_is_not_read_by_a_demo_or_a_test(tmp_path):
    copy = tmp_path / "supportportal"
    shutil.copytree(ROOT / "supportportal", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".env").write_text("EMAIL_URL=smtp://mail:25\n")
    code = "from supportportal import settings; print(settings.BASE_DIR, settings.EMAIL_BACKEND)"
    environment = {"PATH": os.environ["PATH"], "PORTAL_VAR": os.environ["PORTAL_VAR"]}

    shown = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert shown.stdout == f"{tmp_path} notifications.folder.EmailBackend\n"


def test_an_unknown_kind_of_machine_is_refused():
    assert "it must be 'local' or 'production'" in manage("check", PORTAL_ENV="staging").stderr


def test_production_logs_one_json_object_a_line():
    code = "import logging; logging.getLogger('cases').warning('late')"
    shown = manage("shell", "--no-imports", "-c", code, **PRODUCTION)

    assert '"level": "WARNING", "logger": "cases", "message": "late"}' in shown.stderr
