"""HTML → parts: headings, paragraphs and list items; menus, scripts, forms and footers are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from qa.errors import DocumentError
from qa.ingest.layout import Part
from qa.text import clean

_LEFT_OUT = ("script", "style", "template", "noscript", "nav", "header", "footer", "aside", "form", "iframe", "svg")
_TEXT_TAGS = ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "dt", "dd", "blockquote", "pre", "div")
_BLOCK_TAGS = frozenset(_TEXT_TAGS) | {"ul", "ol", "table", "section", "article", "main", "body"}
_MAX_DEPTH = 200  # deeper nesting is no page but an attack on the parser's recursion


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What an HTML file tells of itself."""

    parts: tuple[Part, ...]
    title: str | None
    language: str | None
    url: str | None


def read_html(markup: str) -> HtmlPage:
    """Parts, title, language and canonical address of a page. Raises DocumentError for absurd nesting."""
    if _nesting(markup) > _MAX_DEPTH:
        raise DocumentError(f"elements are nested more than {_MAX_DEPTH} deep: simplify the page")
    soup = BeautifulSoup(markup, "html.parser")
    root = soup.find("html")
    language = str(root.get("lang") or "") if isinstance(root, Tag) else ""
    canonical = soup.find("link", rel="canonical")
    url = str(canonical.get("href") or "") if isinstance(canonical, Tag) else ""
    title = clean(soup.title.get_text()) if soup.title else None
    for tag in soup(_LEFT_OUT):
        tag.decompose()
    body = next((tag for tag in map(soup.find, ("main", "article", "body")) if isinstance(tag, Tag)), soup)
    return HtmlPage(tuple(_parts(body)), title or None, language.split("-")[0].lower() or None, url or None)


def _nesting(markup: str) -> int:
    depth = deepest = 0
    for closing, name in re.findall(r"<(/?)(div|span|ul|ol|li|table|section|b|i|em|blockquote|font|p)\b", markup):
        depth = max(0, depth - 1) if closing else depth + (name != "p")
        deepest = max(deepest, depth)
    return deepest


def _parts(element: Tag) -> list[Part]:
    """Parts below an element: its own loose text as paragraphs, block children recursively."""
    parts: list[Part] = []
    loose: list[str] = []

    def flush() -> None:
        text = clean("".join(loose)).replace("\n", " ")
        if text:
            parts.append(_part(element, text))
        loose.clear()

    for child in element.children:
        if isinstance(child, Tag) and _holds_blocks(child):
            flush()
            parts += _parts(child)
        elif isinstance(child, Tag):
            loose.append("\n" if child.name == "br" else child.get_text())
        elif type(child) is NavigableString:  # comments and doctypes are subclasses
            loose.append(str(child))
    flush()
    return parts


def _holds_blocks(tag: Tag) -> bool:
    return tag.name in _BLOCK_TAGS or tag.find(_BLOCK_TAGS) is not None


def _part(element: Tag, text: str) -> Part:
    name = element.name
    if re.fullmatch(r"h[1-6]", name):
        return Part("heading", text, int(name[1]))
    item = element if name == "li" else element.find_parent("li")
    if isinstance(item, Tag):
        return Part("item", text, marker=_marker(item))
    return Part("paragraph", text)


def _marker(item: Tag) -> str:
    if item.parent is None or item.parent.name != "ol":
        return "- "
    return f"{1 + len(item.find_previous_siblings('li'))}. "
