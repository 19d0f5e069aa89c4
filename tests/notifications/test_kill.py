"""A deliverer that dies like a machine without power, just after the mail server took a mail."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from accounts.enums import MailState
from accounts.outbox import LEASE
from notifications.enums import Channel
from notifications.models import Notification
from notifications.operations import deliver_due
from tests.cast import MINUTE, NOON

ROOT = Path(__file__).resolve().parents[2]
DELIVER = f"""
import django
django.setup()
from datetime import datetime
from notifications.operations import deliver_due
deliver_due(datetime.fromisoformat("{NOON.isoformat()}"))
"""


@pytest.mark.usefixtures("transactional_db")
def test_a_mail_that_was_taken_and_not_noted_is_sent_again_under_the_same_id(open_case, mail_server, settings):
    open_case()
    mail = Notification.objects.get(channel=Channel.EMAIL)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PORTAL_TEST_DATABASE": connection.settings_dict["NAME"],
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
    }
    deliverer = subprocess.Popen([sys.executable, "-c", DELIVER], cwd=ROOT, env=environment)
    mail_server.afterwards = deliverer.kill

    assert deliverer.wait(timeout=60) == -signal.SIGKILL
    mail_server.afterwards = lambda: None

    mail.refresh_from_db()
    assert (mail.state, mail.sent_at, mail.next_try_at) == (MailState.PENDING, None, NOON + LEASE)
    assert [deliver_due(NOON + MINUTE), deliver_due(NOON + LEASE)] == [0, 1]
    assert [taken["Message-ID"] for taken in mail_server.taken] == [mail.message_id] * 2
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (MailState.SENT, 2)
