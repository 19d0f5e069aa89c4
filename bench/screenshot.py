"""Take the picture of the README from a running demo:  .venv/bin/python bench/screenshot.py [--role "Support engineer"]

Needs the development dependencies (`bin/setup development`), Chromium and a `bin/demo` that is up.
"""

import argparse
import os
import shutil
from pathlib import Path

import django
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="where the demo is")
    parser.add_argument("--role", default="", help="sign in as the first demo login whose role holds this")
    parser.add_argument("--path", default="/", help="which page to show")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "portal.png")
    options = parser.parse_args()

    login = next(login for login in demo_logins() if options.role.lower() in login.role.lower())
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 1440, "height": 900}, color_scheme="dark" if options.dark else "light"
        )
        page.goto(f"{options.address}/accounts/login/")
        page.fill("input[name=login]", login.email)
        page.fill("input[name=password]", login.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        page.goto(options.address + options.path)
        page.screenshot(path=options.output)
        browser.close()
    print(f"{options.output}: {options.path} as {login.email} ({login.role})")


def demo_logins():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportportal.settings")
    django.setup()
    from supportportal import demo

    return demo.logins()


if __name__ == "__main__":
    main()
