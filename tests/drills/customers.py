"""Customers who open cases over HTTP and send a form again, the same, until it is answered."""

import http.client
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from accounts.models import User
from cases.models import Case
from tests.drills.house import House, wait_until


@dataclass
class Customer:
    """Somebody who opens one case after the other; `answered` holds the submissions that the portal confirmed."""

    address: str
    cookies: str
    token: str
    filled: dict[str, str]
    answered: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def at_the_door(cls, address: str, user: User, **filled: str) -> "Customer":
        """Signed in as `user`, with a form filled in."""
        client = Client()
        client.force_login(user)
        token = _get_new_csrf_string()
        cookies = {
            settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
            settings.CSRF_COOKIE_NAME: token,
        }
        return cls(address, "; ".join(f"{name}={value}" for name, value in cookies.items()), token, filled)

    def open_cases(self) -> None:
        """Until leaving; the last form is sent until it is answered too."""
        while not self.leaving.is_set():
            submission = str(uuid4())
            self.sent.append(submission)
            wait_until(partial(self.send, submission))
            self.answered.append(submission)
            time.sleep(0.2)

    def send(self, submission: str) -> bool:
        """Whether the portal confirmed it. A refusal of the form itself is a failure of the test."""
        body = urlencode(self.filled | {"submission": submission, "csrfmiddlewaretoken": self.token})
        headers = {"Cookie": self.cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection(self.address, timeout=5)
        try:
            connection.request("POST", "/cases/new/", body, headers)
            status = connection.getresponse().status
        except (TimeoutError, OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if status not in {302, 500, 503}:
            raise AssertionError(f"the form was answered with {status}")
        return status == 302


@contextmanager
def opening_cases(customer: Customer, house: House) -> Iterator[None]:
    """Meanwhile the customer opens cases; fails if a form of theirs was refused or never answered."""
    with ThreadPoolExecutor(1) as thread:
        opening = thread.submit(customer.open_cases)
        try:
            yield
        finally:
            customer.leaving.set()
            house.wait_until(opening.done)
            opening.result()


def require_one_case_each(customer: Customer) -> int:
    """Every confirmed form opened one case, and none two."""
    opened = list(Case.objects.filter(submission__in=customer.sent).values_list("submission", flat=True))
    assert sorted(map(str, opened)) == sorted(customer.answered)
    return len(opened)
