"""HTML → parts: headings, paragraphs and list items; menus, scripts, forms and footers are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import lxml.html
from lxml.etree import ParserError

from qa.errors import DocumentError
from qa.ingest.layout import Part
from qa.text import clean

_LEFT_OUT = frozenset(
    "script style template noscript nav header footer aside form iframe svg math object button select head".split()
)
_BLOCKS = frozenset(
    "p li h1 h2 h3 h4 h5 h6 td th tr table dt dd dl blockquote pre div ul ol section article main body figure"
    " figcaption address details summary hr".split()
)
_SPACES = re.compile(r"[^\S\u00a0]+")
_LAST_LIST_NUMBER = 99  # "1992. aastal …" opens a sentence, not a list


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What an HTML file tells of itself."""

    parts: tuple[Part, ...]
    title: str | None
    language: str | None
    url: str | None


def read_html(markup: str) -> HtmlPage:
    """Parts, title, language and canonical address of a page. Raises DocumentError when there is no element in it."""
    try:
        # The parser itself cuts absurd nesting (at 256), so that the walk below can't run out of stack.
        root = lxml.html.document_fromstring(markup.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    except ParserError:
        raise DocumentError("holds no text") from None
    language = str(root.get("lang") or "").split("-")[0].lower()
    titles = root.xpath("//head/title//text()")
    canonical = root.xpath("//link[@rel='canonical']/@href")
    body = next(iter(root.xpath("//main") or root.xpath("//article") or root.xpath("//body")), root)
    page = _Page()
    page.walk(body)
    page.flush()
    title = clean(" ".join(titles)).replace("\n", " ")
    return HtmlPage(tuple(page.parts), title or None, language or None, str(canonical[0]) if canonical else None)


@dataclass(slots=True)
class _Page:
    """Collects running text until a block begins or ends, then files it as a part of the innermost role."""

    parts: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    heading_level: int = 0
    marker: str | None = None
    ordinal: str = ""

    def walk(self, element: Any) -> None:
        tag = element.tag if isinstance(element.tag, str) else ""  # comments have a function for a tag
        if not tag or tag in _LEFT_OUT:
            return
        outer = self.heading_level, self.marker
        if tag in _BLOCKS:
            self.flush()
            self._enter(element, tag)
        if tag == "br":
            self.text.append("\n")
        self.text.append(_SPACES.sub(" ", element.text or ""))
        for child in element:
            self.walk(child)
            self.text.append(_SPACES.sub(" ", child.tail or ""))
        if tag in _BLOCKS:
            self.flush()
            self.heading_level, self.marker = outer

    def flush(self) -> None:
        """Files the running text; lines that the page breaks itself are parts of their own."""
        for line in clean("".join(self.text)).split("\n"):
            if not line:
                continue
            line, self.ordinal = self.ordinal + line, ""
            if self.heading_level:
                self.parts.append(Part("heading", line, self.heading_level))
            elif self.marker is not None:
                self.parts.append(Part("item", line, marker=self.marker))
                self.marker = ""  # what follows in the same item has no marker of its own
            else:
                self.parts.append(Part("paragraph", line))
        self.text.clear()

    def _enter(self, element: Any, tag: str) -> None:
        if re.fullmatch(r"h[1-6]", tag):
            self.heading_level = int(tag[1])
        elif tag == "li":
            number = _number(element)
            if number is None or _is_list(element):
                self.marker = "- " if number is None else f"{number}. "
            else:  # a sentence that opens with an ordinal, taken for a list by Markdown
                self.ordinal = f"{number}. "


def _number(item: Any) -> int | None:
    """The number of an item as its page shows it; None in a list without numbers."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return None
    own = _whole(item.get("value"))
    if own is not None:
        return own
    before = item.getprevious()
    while before is not None and before.tag != "li":
        before = before.getprevious()
    if before is None:
        number = _whole(parent.get("start"))
        number = 1 if number is None else number
    else:
        number = (_whole(before.get("value")) or 0) + 1
    item.set("value", str(number))  # so that the next item needs to look back only once
    return number


def _is_list(item: Any) -> bool:
    """False for a sentence in the guise of an item: numbered like a year, or a single one that isn't the first."""
    number = _number(item) or 0
    alone = sum(child.tag == "li" for child in item.getparent()) == 1
    return number <= _LAST_LIST_NUMBER and not (alone and number != 1)


def _whole(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"\d{1,9}", value) else None
