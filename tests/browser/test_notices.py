"""What one was told, and the deliveries, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from cases.enums import Status
from notifications.enums import Channel
from notifications.models import Notification
from notifications.operations import deliver_due
from tests.cast import HOUR, NOON

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_the_pages_are_accessible_and_fit(
    portal, page, client, settings, tmp_path, case_in, customer_service, scheme, width
):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "notifications.folder.EmailBackend", str(tmp_path)
    case_in(Status.CLOSED)
    deliver_due(NOON + HOUR, limit=3)
    mail = Notification.objects.filter(channel=Channel.EMAIL).earliest("pk")
    client.force_login(customer_service)
    session = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": session, "value": client.cookies[session].value, "url": portal}])
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    for path in ("/notifications/", "/desk/deliveries/", f"/desk/deliveries/{mail.key}/"):
        page.goto(portal + path)
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("link", name="See it as HTML").click()
    assert page.get_by_role("heading", name="We have received your case").is_visible()
    assert complaints == []
