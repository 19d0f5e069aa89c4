"""What the tests of pages share: somebody signed in, at a moment that does not move."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from freezegun import freeze_time

from accounts.models import User
from tests.cast import HOUR, NOON

LATER = NOON + HOUR


@pytest.fixture
def at_one() -> datetime:
    """The doors' clock stands at one o'clock, an hour after the usual case was opened."""
    with freeze_time(LATER):
        yield LATER


@pytest.fixture
def browse() -> Callable[[User], Client]:
    """A browser in which this person is signed in."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make


def text_of(response) -> str:
    """The body of a page without what differs at every look: the form token, and the address asked for."""
    body = response.content.decode().replace(response.request["PATH_INFO"], "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)


def hidden_fields(response) -> dict[str, str]:
    """What the form of a page carries unseen."""
    form = response.context["form"]
    return {name: str(form[name].value() or "") for name in ("seen", "looked", "submission") if name in form.fields}
