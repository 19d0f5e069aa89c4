"""The stylesheets: each is linked once, and none has rules for what no page shows."""

import re
from pathlib import Path

from django.conf import settings

CSS, TEMPLATES = settings.BASE_DIR / "static" / "css", settings.BASE_DIR / "templates"
TAGS = settings.BASE_DIR / "web" / "templatetags"
SCRIPTS = settings.BASE_DIR / "static" / "js"
CLASSES_OF_AN_ATTRIBUTE = re.compile(r'class="((?:[^"{]|\{%.*?%\}|\{\{.*?\}\})*)"')
CLASSES_OF_A_SCRIPT = re.compile(r'className = "([^"]*)"')
CLASSES_OF_A_BLOCK = re.compile(r"block main_class %\}([^{]*)")


def names(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z][\w-]*", text))


def classes_on_pages() -> set[str]:
    found: set[str] = set()
    for template in (*TEMPLATES.rglob("*.html"), *TAGS.glob("*.py")):
        text = template.read_text()
        for attribute in (*CLASSES_OF_AN_ATTRIBUTE.findall(text), *CLASSES_OF_A_BLOCK.findall(text)):
            found |= names(attribute)
    for script in SCRIPTS.glob("*.js"):
        found |= names(" ".join(CLASSES_OF_A_SCRIPT.findall(script.read_text())))
    return found


def classes_in_styles(path: Path) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return {
        name for selector in re.findall(r"([^{}]+)\{", text) for name in re.findall(r"\.([A-Za-z][\w-]*)", selector)
    }


def test_each_stylesheet_is_linked_once_and_each_link_has_its_file():
    linked = re.findall(r"static 'css/([^']+)'", (TEMPLATES / "_styles.html").read_text())

    assert sorted(linked) == sorted(str(path.relative_to(CSS)) for path in CSS.rglob("*.css"))


def test_every_class_with_a_rule_is_used_by_a_page():
    used = classes_on_pages()

    unused = {path.name: classes_in_styles(path) - used for path in CSS.rglob("*.css")}

    assert {name: some for name, some in unused.items() if some} == {}
