"""Take the picture of the README from a running demo, as one of the people whom `bin/demo` lists:

    .venv/bin/python bench/screenshot.py EMAIL PASSWORD [--path /]

Needs the development dependencies (`bin/setup development`) and Chromium.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "portal.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="where the demo is")
    parser.add_argument("--path", default="/", help="which page to show")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--output", type=Path, default=PICTURE)
    options = parser.parse_args()

    options.output.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 1400, "height": 660}, color_scheme="dark" if options.dark else "light"
        )
        page.goto(f"{options.address}/accounts/login/")
        page.fill("input[name=login]", options.email)
        page.fill("input[name=password]", options.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        page.goto(options.address + options.path)
        page.screenshot(path=options.output)
        browser.close()
    print(f"{options.output} shows {options.path} as {options.email} sees it.")


if __name__ == "__main__":
    main()
