"""Looking at pages in a real browser: as somebody, in both themes, as narrow as a telephone, with axe-core."""

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import User

NARROW, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def visit_as(browser: Browser, portal: str, user: User | None = None, **options) -> BrowserContext:
    """A browser in which `user` is signed in (nobody when None)."""
    context = browser.new_context(**{"viewport": WIDE, **options})
    if user:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": portal}])
    return context


def faults(page: Page) -> list[str]:
    """What is wrong with the open page, wide by day and narrow by night: axe's findings and sideways overflow."""
    found = []
    for theme, size in (("light", WIDE), ("dark", NARROW)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size(size)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if overflow > 0:
            found.append(f"{theme}: {overflow} px too wide")
        results = Axe().run(page, options=RULES)
        found += [
            f"{theme}: {fault['id']}: {fault['help']}: {node['html']}"
            for fault in results.response["violations"]
            for node in fault["nodes"]
        ]
    page.set_viewport_size(WIDE)
    return found
