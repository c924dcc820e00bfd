"""DOCX (and DOCM, whose macros aren't looked at) → parts, from the XML in it.

Kept are headings by style or outline level, lists with their numbers, tables, text boxes, footnotes, and what content
controls hold. Headers, footers, comments, deleted text and tables of contents are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qa.ingest.archive import Archive
from qa.ingest.layout import Part
from qa.ingest.links import untold
from qa.ingest.metadata import document_title, iso_date
from qa.ingest.source import Page, SavedFile
from qa.ingest.table import table_parts, untabbed

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_MODIFIED = "{http://purl.org/dc/terms/}modified"
_LEFT_OUT = frozenset((f"{_W}del", f"{_W}moveFrom", f"{_W}txbxContent", f"{_W}pPr", f"{_W}rPr", _FALLBACK))
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_MAX_STYLE_DEPTH = 20
_MAX_TITLE_CHARS = 90


def read(file: SavedFile) -> Page:
    """Raises DocumentError for an archive or XML that can't be trusted."""
    archive = Archive(file.data)
    body = archive.xml("word/document.xml").find(f"{_W}body")
    word = _Word.of(archive)
    parts = [] if body is None else list(untabbed(word.parts(body)))
    notes = (archive.xml_if_there(f"word/{name}.xml") for name in ("footnotes", "endnotes"))
    parts += [part for root in notes if root is not None for part in word.parts(root)]
    about = archive.xml_if_there("docProps/core.xml")
    told = {} if about is None else {child.tag: child.text for child in about}
    title = word.title or document_title(told.get(f"{_DUBLIN_CORE}title"))
    return Page(
        tuple(parts),
        title,
        told.get(f"{_DUBLIN_CORE}language"),
        updated=iso_date(told.get(_MODIFIED)),
        remark=archive.remark,
    )


@dataclass(slots=True)
class _Word:
    """What the styles, lists and links of a document are, and how far its lists have counted."""

    styles: dict[str, Any]
    numbers: dict[str, dict[int, bool]]
    links: dict[str, str]
    title: str | None = None
    last_level: int = 1
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)

    @classmethod
    def of(cls, archive: Archive) -> _Word:
        styles = archive.xml_if_there("word/styles.xml")
        links = archive.xml_if_there("word/_rels/document.xml.rels")
        return cls(
            {} if styles is None else {str(style.get(f"{_W}styleId")): style for style in styles.iter(f"{_W}style")},
            _numberings(archive.xml_if_there("word/numbering.xml")),
            {} if links is None else {str(link.get("Id")): str(link.get("Target")) for link in links},
        )

    def parts(self, element: Any) -> Iterator[Part]:
        """Of all blocks below an element, in the order of the page."""
        for block in element:
            if block.tag == f"{_W}p":
                yield from self._paragraph(block)
            elif block.tag == f"{_W}tbl":
                yield from self._table(block)
            elif block.tag not in _LEFT_OUT and not _is_contents(block):
                yield from self.parts(block)

    def _paragraph(self, paragraph: Any) -> Iterator[Part]:
        name, level, listed = self._role(paragraph)
        text = self._text(paragraph).strip()
        if text and not name.startswith("toc "):
            if name == "title" and not self.title:
                self.title = " ".join(text.split())
            level = level or (0 if listed or not _is_bold_title(paragraph, text) else min(self.last_level + 1, 6))
            if level:
                yield Part("heading", " ".join(text.split()), level)
            elif listed:
                yield Part("item", text, marker=self._marker(*listed))
            else:
                yield from (Part("paragraph", line) for line in text.split("\n"))
        for box in paragraph.iter(f"{_W}txbxContent"):
            if not any(above.tag == _FALLBACK for above in box.iterancestors()):
                yield from self.parts(box)

    def _role(self, paragraph: Any) -> tuple[str, int, tuple[str, int] | None]:
        """The name of a paragraph's style, its level as a heading (0 for none), and its list and depth there."""
        own = paragraph.find(f"{_W}pPr")
        style = _value(own, "pStyle")
        name, level, listed = "", _outline(own), _list_of(own)
        for _ in range(_MAX_STYLE_DEPTH):
            about = self.styles.get(style or "")
            if about is None:
                break
            properties = about.find(f"{_W}pPr")
            name = name or (_value(about, "name") or "").lower()
            level = _outline(properties) if level is None else level
            listed = listed or _list_of(properties)
            style = _value(about, "basedOn")
        level = {"title": 1, "subtitle": 0}.get(name, level or 0)
        self.last_level = level or self.last_level
        return name, level, listed if listed and listed[0] in self.numbers else None

    def _marker(self, number: str, depth: int) -> str:
        if not self.numbers[number].get(depth):
            return "- "
        self.counts[number, depth] += 1
        for deeper in [key for key in self.counts if key[0] == number and key[1] > depth]:
            del self.counts[deeper]
        return f"{self.counts[number, depth]}. "

    def _text(self, element: Any) -> str:
        """The running text below an element, with the addresses that it only links to."""
        told: list[str] = []
        for child in element:
            if child.tag == f"{_W}t":
                told.append(child.text or "")
            elif child.tag in _SIGNS:
                told.append(_SIGNS[child.tag])
            elif child.tag == f"{_W}hyperlink":
                text = self._text(child)
                value = untold(text, self.links.get(child.get(_R_ID, "")))
                told.append(f"{text} ({value})" if value else text)
            elif child.tag not in _LEFT_OUT:
                told.append(self._text(child))
        return "".join(told)

    def _table(self, table: Any) -> Iterator[Part]:
        rows: list[list[Any]] = [list(_cells(row)) for row in table.iter(f"{_W}tr") if _table_of(row) is table]
        if max(map(len, rows), default=0) < 2:  # a frame around text
            for row in rows:
                for cell, _ in row:
                    yield from self.parts(cell)
            return
        texts: list[list[str]] = []
        for row in rows:
            texts.append([])
            for cell, is_continued in row:
                above = texts[-2][len(texts[-1]) :][:1] if is_continued and len(texts) > 1 else []
                texts[-1].append("".join(above) or "\n".join(part.text for part in self.parts(cell)))
        has_head = table.find(f"{_W}tr/{_W}trPr/{_W}tblHeader") is not None
        yield from table_parts(texts, has_head or None)


def _cells(row: Any) -> Iterator[tuple[Any, bool]]:
    """Cells of a row and whether each goes on from the one above; one over several columns stands in the first."""
    for cell in row.iter(f"{_W}tc"):
        if _row_of(cell) is not row:
            continue
        about = cell.find(f"{_W}tcPr")
        merge = None if about is None else about.find(f"{_W}vMerge")
        yield cell, merge is not None and merge.get(f"{_W}val", "continue") == "continue"
        for _ in range(min(200, int(_value(about, "gridSpan") or 1)) - 1):
            yield (), False


def _row_of(cell: Any) -> Any:
    return next(cell.iterancestors(f"{_W}tr"))


def _table_of(row: Any) -> Any:
    return next(row.iterancestors(f"{_W}tbl"))


def _value(element: Any | None, name: str) -> str | None:
    found = None if element is None else element.find(f"{_W}{name}")
    return None if found is None else found.get(f"{_W}val")


def _is_bold_title(paragraph: Any, text: str) -> bool:
    """Whether a paragraph is set in bold type alone, as headings are that have no style."""
    runs = [run for run in paragraph.iter(f"{_W}r") if "".join(run.itertext(f"{_W}t")).strip()]
    bold = [run.find(f"{_W}rPr/{_W}b") for run in runs]
    are_bold = all(mark is not None and mark.get(f"{_W}val", "1") not in ("0", "false") for mark in bold)
    return bool(runs) and are_bold and len(text) <= _MAX_TITLE_CHARS and not re.search(r"[.!:;,…]$|\n|\t", text)


def _outline(properties: Any | None) -> int | None:
    value = _value(properties, "outlineLvl")
    return (int(value) + 1 if int(value) < 6 else 0) if value and value.isdigit() else None


def _list_of(properties: Any | None) -> tuple[str, int] | None:
    numbering = None if properties is None else properties.find(f"{_W}numPr")
    number = _value(numbering, "numId")
    depth = _value(numbering, "ilvl") or "0"
    return (number, int(depth)) if number and depth.isdigit() else None


def _numberings(root: Any | None) -> dict[str, dict[int, bool]]:
    """List → depth → whether its items are numbered; "0" isn't among them, which takes a paragraph out of its list."""
    if root is None:
        return {}
    kinds = {
        kind.get(f"{_W}abstractNumId"): {
            int(level.get(f"{_W}ilvl")): _value(level, "numFmt") not in ("bullet", "none", None)
            for level in kind.iter(f"{_W}lvl")
        }
        for kind in root.iter(f"{_W}abstractNum")
    }
    return {
        str(number.get(f"{_W}numId")): kinds.get(_value(number, "abstractNumId"), {})
        for number in root.iter(f"{_W}num")
    }


def _is_contents(block: Any) -> bool:
    gallery = block.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
    return gallery is not None and gallery.get(f"{_W}val") == "Table of Contents"
