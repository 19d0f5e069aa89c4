"""The portal in a real browser."""

import pytest

pytestmark = pytest.mark.browser


def test_a_browser_reaches_the_portal(portal, page):
    response = page.goto(f"{portal}/healthz")

    assert response.status == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {"status": "ok", "checks": {}}
