"""HTML → parts: headings, paragraphs and list items; menus, scripts, forms and footers are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import lxml.html
from lxml.etree import ParserError, iterwalk

from qa.errors import DocumentError
from qa.ingest.encoding import decode
from qa.ingest.layout import Part
from qa.ingest.source import Page, SavedFile
from qa.text import clean

_LEFT_OUT = frozenset(
    "script style template noscript nav header footer aside form iframe svg math object button select head".split()
)
_BLOCKS = frozenset(
    "p li h1 h2 h3 h4 h5 h6 td th tr table dt dd dl blockquote pre div ul ol section article main body figure"
    " figcaption address details summary hr".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MARKER = "kysy-marker"
_SENTENCE = "~"  # opens the marker of an item that is no item
_SPACES = re.compile(r"[^\S\u00a0]+")
_LAST_LIST_NUMBER = 99  # "1992. aastal …" opens a sentence, not a list


def read(file: SavedFile) -> Page:
    """Raises DocumentError for an empty or absurd page."""
    return read_html(decode(file.data, file.sidecar.charset))


def read_html(markup: str) -> Page:
    """Parts, title, language and canonical address of a page. Raises DocumentError for an empty or absurd one."""
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
        root = lxml.html.document_fromstring(markup.encode(), parser=parser)
    except ParserError:
        raise DocumentError("holds no text") from None
    if any("Excessive depth" in fault.message for fault in parser.error_log):
        raise DocumentError("has elements nested more than 2,048 deep: simplify the page")
    language = str(root.get("lang") or "").split("-")[0].lower()
    titles = root.xpath("//head/title//text()")
    canonical = root.xpath("//link[@rel='canonical']/@href")
    body = next(iter(root.xpath("//main") or root.xpath("//article") or root.xpath("//body")), root)
    title = clean(" ".join(titles)).replace("\n", " ")
    return Page(_Page().read(body), title or None, language or None, str(canonical[0]) if canonical else None)


@dataclass(slots=True)
class _Page:
    """Collects running text until a block begins or ends, then files it as a part of the innermost role."""

    parts: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    heading_level: int = 0
    markers: list[str | None] = field(default_factory=lambda: [None])
    """Of the items that are open, the innermost last; "" when its marker is filed already."""

    def read(self, body: Any) -> tuple[Part, ...]:
        """Walks without recursion, however deep the nesting."""
        walk = iterwalk(body, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                self._enter(element)
                if element.tag in _LEFT_OUT:
                    walk.skip_subtree()
            elif event == "end" and element.tag not in _LEFT_OUT:
                self._leave(element)
            if event != "start" and element is not body:
                self._say(element.tail)
        self._flush()
        return tuple(self.parts)

    def _enter(self, element: Any) -> None:
        if element.tag in _BLOCKS:
            self._flush()
        if element.tag in _HEADINGS:
            self.heading_level = _HEADINGS[element.tag]
        elif element.tag == "ol":
            _number_items(element)
        elif element.tag == "li":
            self.markers.append(element.get(_MARKER, "- "))
        elif element.tag == "br":
            self.text.append("\n")
        if element.tag not in _LEFT_OUT:
            self._say(element.text)

    def _leave(self, element: Any) -> None:
        if element.tag in _BLOCKS:
            self._flush()
        if element.tag in _HEADINGS:
            self.heading_level = 0
        elif element.tag == "li":
            self.markers.pop()

    def _say(self, text: str | None) -> None:
        self.text.append(_SPACES.sub(" ", text or ""))

    def _flush(self) -> None:
        """Files the running text; lines that the page breaks itself are parts of their own."""
        for line in filter(None, clean("".join(self.text)).split("\n")):
            marker = self.markers[-1]
            if self.heading_level:
                self.parts.append(Part("heading", line, self.heading_level))
            elif marker is None:
                self.parts.append(Part("paragraph", line))
            elif marker.startswith(_SENTENCE):
                self.parts.append(Part("paragraph", marker.removeprefix(_SENTENCE) + line))
                self.markers[-1] = None
            else:
                self.parts.append(Part("item", line, marker=marker))
                self.markers[-1] = ""
        self.text.clear()


def _number_items(numbered: Any) -> None:
    """Notes on each item the marker that its page shows.

    What Markdown takes for a list may be sentences that open with an ordinal or a year: "1992. aastal …".
    """
    items = [child for child in numbered if child.tag == "li"]
    number = (_whole(numbered.get("start")) or 1) - 1
    for item in items:
        own = _whole(item.get("value"))
        number = number + 1 if own is None else own
        is_sentence = number > _LAST_LIST_NUMBER or (len(items) == 1 and number != 1)
        item.set(_MARKER, f"{_SENTENCE if is_sentence else ''}{number}. ")


def _whole(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"\d{1,9}", value) else None
