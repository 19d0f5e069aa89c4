"""What one was told, and the deliveries, in a real browser."""

import pytest

from cases.enums import Status
from notifications.enums import Channel
from notifications.models import Notification
from notifications.operations import deliver_due
from tests.cast import HOUR, NOON
from tests.pages import faults, visit_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_are_fit_for_everybody(portal, browser, settings, tmp_path, case_in, customer_service):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "notifications.folder.EmailBackend", str(tmp_path)
    case_in(Status.CLOSED)
    deliver_due(NOON + HOUR, limit=3)
    mail = Notification.objects.filter(channel=Channel.EMAIL).earliest("pk")
    complaints: list[str] = []
    with visit_as(browser, portal, customer_service) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        found = {}
        for path in ("/notifications/", "/desk/deliveries/", f"/desk/deliveries/{mail.key}/"):
            page.goto(portal + path)
            found[path] = faults(page)

        page.get_by_role("link", name="See it as HTML").click()
        assert page.get_by_role("heading", name="We have received your case").is_visible()

    assert found == {path: [] for path in found}
    assert complaints == []
