"""HTML → parts: headings, paragraphs, list items and the rows of tables; furniture (see there) is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import lxml.html
from lxml.etree import ParserError, iterwalk

from qa.errors import DocumentError
from qa.ingest import markup_data
from qa.ingest.encoding import decode
from qa.ingest.furniture import Furniture, content_of
from qa.ingest.grid import has_head, is_data_table, rows_of
from qa.ingest.hidden_mail import reveal
from qa.ingest.layout import Part
from qa.ingest.links import untold
from qa.ingest.source import Page, SavedFile
from qa.ingest.table import table_parts
from qa.text import clean, is_person_name

_BLOCKS = frozenset(
    "p li h1 h2 h3 h4 h5 h6 td th tr table dt dd dl blockquote pre div ul ol section article main body figure"
    " figcaption address details summary hr".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MARKER = "kysy-marker"
_SENTENCE = "~"  # opens the marker of an item that is no item
_SPACES = re.compile(r"[^\S\u00a0]+")
_CALLED_CONTENT = "//*[@id='main' or @id='content' or @id='main-content' or @id='maincontent']"
_MIN_CONTENT_CHARS = 40
_LAST_LIST_NUMBER = 99  # "1992. aastal …" opens a sentence, not a list


def read(file: SavedFile) -> Page:
    """Raises DocumentError for an empty or absurd page."""
    return read_html(decode(file.data, file.sidecar.charset), file.sidecar.url)


def read_html(markup: str, url: str | None = None) -> Page:
    """What a page tells; ``url`` is where it was fetched. Raises DocumentError for an empty or absurd one."""
    root = _parsed(markup)
    own = markup_data.own_address(root, url)
    # Read before the walk, which marks list items in the tree.
    about = Page(
        (),
        markup_data.title_of(root),
        re.split(r"[-_,]", markup_data.language_of(root) or "")[0].strip().lower() or None,
        own,
        markup_data.changed_of(root),
        markup_data.people_of(root),
        markup_data.versions_of(root, own),
        markup_data.published_of(root),
    )
    questions = markup_data.questions_of(root)
    return replace(about, parts=_with_questions(_content(root), questions))


def _with_questions(parts: tuple[Part, ...], questions: tuple[tuple[str, str], ...]) -> tuple[Part, ...]:
    """The parts, with questions that the page tells as data as headings; what it doesn't show of them comes last."""
    asked = dict(questions)
    kept: list[Part] = []
    level = 1
    for part in parts:
        is_question = part.kind == "paragraph" and part.text in asked
        kept.append(Part("heading", part.text, min(level + 1, 6)) if is_question else part)
        level = part.level if part.kind == "heading" and part.text not in asked else level
    shown = {part.text for part in parts}
    for question, answer in questions:
        if question not in shown and answer.strip():
            kept += (Part("heading", question, 2), *read_fragment(answer))
    return tuple(kept)


def read_fragment(markup: str) -> tuple[Part, ...]:
    """The parts of markup that is all content, such as rendered Markdown; raises as ``read_html`` does."""
    root = _parsed(markup)
    return _Page(Furniture(root, has_main=True)).read(root)


def _parsed(markup: str) -> Any:
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
        root = lxml.html.document_fromstring(markup.encode(), parser=parser)
    except ParserError:
        raise DocumentError("holds no text") from None
    if any("Excessive depth" in fault.message for fault in parser.error_log):
        raise DocumentError("has elements nested more than 2,048 deep: simplify the page")
    reveal(root)
    return root


def _content(root: Any) -> tuple[Part, ...]:
    """The parts of what the page marks as its content, else of its body."""
    body = next(iter(root.xpath("//body")), root)
    for mains in (
        root.xpath("//main | //*[@role='main']"),
        _only(root.xpath("//article")),
        root.xpath(_CALLED_CONTENT),
    ):
        parts = _Page(Furniture(mains[0], has_main=True)).read(mains[0]) if mains else ()
        if sum(len(part.text) for part in parts) >= _MIN_CONTENT_CHARS:
            return parts
    body = content_of(body)
    parts = _Page(Furniture(body, has_main=False)).read(body)
    return parts or _Page(Furniture(body, has_main=True)).read(body)


def _only(found: list[Any]) -> list[Any]:
    """One article is the page; several are what a page lists."""
    return found if len(found) == 1 else []


@dataclass(slots=True)
class _Page:
    """Collects running text until a block begins or ends, then files it as a part of the innermost role."""

    furniture: Furniture
    parts: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    heading_level: int = 0
    last_level: int = 1
    label: Any = None
    """The label of an accordion's panel that is being read: a heading below the last one."""
    link_start: int = 0
    markers: list[str | None] = field(default_factory=lambda: [None])
    """Of the items that are open, the innermost last; "" when its marker is filed already."""

    def read(self, body: Any) -> tuple[Part, ...]:
        """Walks without recursion, however deep the nesting."""
        left_out: set[Any] = set()
        walk = iterwalk(body, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                if element is not body and self.furniture.holds(element):
                    self._flush_block(element)
                    left_out.add(element)
                    walk.skip_subtree()
                elif element.tag == "table" and is_data_table(element):
                    self._flush()
                    self.parts += self._table(element)
                    left_out.add(element)
                    walk.skip_subtree()
                else:
                    self._enter(element)
            elif event == "end" and element not in left_out:
                self._leave(element)
            if event != "start" and element is not body:
                self._say(element.tail)
        self._flush()
        return tuple(self.parts)

    def _enter(self, element: Any) -> None:
        self._flush_block(element)
        if tab := self.furniture.unfolding.tabs.get(element):
            self._flush()
            self.parts.append(Part("heading", tab, min(self.last_level + 1, 6)))
        if element.tag in _HEADINGS:
            self.heading_level = self.last_level = _HEADINGS[element.tag]
        elif not self.heading_level and self.furniture.unfolding.is_label(element):
            self._flush()
            self.heading_level, self.label = min(self.last_level + 1, 6), element
        elif element.tag == "a":
            self._part_from(element.getprevious())
            self.link_start = len(self.text)
        elif element.tag == "ol":
            _number_items(element)
        elif element.tag == "li":
            # An item with a heading is a card; its lines are paragraphs.
            is_card = next(element.iter(*_HEADINGS), None) is not None
            self.markers.append(None if is_card else element.get(_MARKER, "- "))
        elif element.tag == "br":
            self.text.append("\n")
        self._say(element.text)

    def _flush_block(self, element: Any) -> None:
        if element.tag in _BLOCKS:
            self._flush()

    def _leave(self, element: Any) -> None:
        self._flush_block(element)
        if element is self.label:
            self._flush()
            self.heading_level, self.label = 0, None
        elif element.tag in _HEADINGS:
            self.heading_level = 0
        elif element.tag == "li":
            self.markers.pop()
        elif element.tag == "a":
            self._tell_link(element)

    def _part_from(self, before: Any) -> None:
        """Two links without a space between are two things, told apart by style alone."""
        if before is not None and before.tag == "a" and not (before.tail or ""):
            self.text.append("\n")

    def _tell_link(self, link: Any) -> None:
        """Says an address or number that a link holds and doesn't show: below a name that stands alone, else after."""
        shown = "".join(self.text[self.link_start :]).strip()
        value = untold(shown, link.get("href"))
        if not value:
            return
        is_first = not "".join(self.text[: self.link_start]).rpartition("\n")[2].strip()
        is_last = not (link.tail or "").strip() and (link.getnext() is None or link.getnext().tag == "br")
        if is_first and is_last:
            self._say(value if not shown else f": {value}" if not is_person_name(shown) else "")
            self.text += ["\n", value] if is_person_name(shown) else []
        else:
            self._say(f" ({value})")

    def _table(self, table: Any) -> list[Part]:
        rows = [[self._cell(cell) for cell in cells] for cells in rows_of(table)]
        captions = [part for caption in table.iter("caption") for part in _Page(self.furniture).read(caption)]
        return captions + table_parts(rows, has_head(table) or None)

    def _cell(self, cell: Any | None) -> str:
        """The text of a cell, None being one that another covers."""
        return "" if cell is None else "\n".join(part.text for part in _Page(self.furniture).read(cell))

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
