"""Tests in frozen time tell the same local times as those in running time."""

import datetime
from zoneinfo import ZoneInfo

from freezegun import freeze_time


def test_frozen_time_knows_the_second_pass_of_a_repeated_hour():
    with freeze_time("2026-10-25T01:50Z"):
        assert datetime.datetime.now(datetime.UTC).astimezone(ZoneInfo("Europe/London")).fold == 1
