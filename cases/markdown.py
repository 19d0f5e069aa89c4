"""Text that people wrote, turned into HTML that is safe to show. The only place where HTML is made from text.

Two independent walls: the parser escapes every tag it is given, and the sanitizer keeps only what is listed here.
"""

import nh3
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

TAGS = {
    *("p", "br", "hr", "blockquote", "ul", "ol", "li", "strong", "em", "s", "a"),
    *("code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "pre": {"tabindex"}}

# A "#" begins a comment in most logs and scripts, so it makes no heading; remote images are never fetched.
_parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
_parser.enable(["linkify", "strikethrough", "table"]).disable(
    ["heading", "lheading", "image", "html_inline", "html_block"]
)
# "install.sh" and "notes.md" are files, not web sites: only whole addresses become links.
_parser.linkify = LinkifyIt(options={"fuzzy_link": False})


def to_html(text: str) -> SafeString:
    """Render `text` (Markdown, of any origin) as sanitized HTML."""
    clean = nh3.clean(
        _parser.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
        set_tag_attribute_values={"pre": {"tabindex": "0"}},  # what scrolls must be reachable by keyboard
    )
    return mark_safe(clean)  # noqa: S308  (sanitized one line above)
