"""ODT → parts, from the XML in it.

Kept are headings by their outline level, lists with their numbers, tables, frames and notes. Headers, footers,
comments, deleted text and indexes are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qa.errors import DocumentError
from qa.ingest.archive import Archive
from qa.ingest.layout import Part
from qa.ingest.links import untold
from qa.ingest.metadata import document_title, iso_date
from qa.ingest.source import Page, SavedFile
from qa.ingest.table import table_parts, untabbed

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT = f"{{{_OASIS}text:1.0}}"
_TABLE = f"{{{_OASIS}table:1.0}}"
_DRAW = f"{{{_OASIS}drawing:1.0}}"
_OFFICE = f"{{{_OASIS}office:1.0}}"
_MANIFEST = f"{{{_OASIS}manifest:1.0}}"
_STYLE = f"{{{_OASIS}style:1.0}}"
_STYLE_NAME = f"{_STYLE}name"
_HREF = "{http://www.w3.org/1999/xlink}href"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_INDEXES = "table-of-content illustration-index table-index object-index user-index alphabetical-index bibliography"
_LEFT_OUT = frozenset(f"{_TEXT}{name}" for name in ("tracked-changes", "sequence-decls", *_INDEXES.split())) | {
    f"{_OFFICE}annotation",
    f"{_OFFICE}forms",
}
_APART = frozenset((f"{_TEXT}note", f"{_DRAW}frame", f"{_DRAW}custom-shape"))  # told after the paragraph they stand in
_MAX_SPACES = 100
_MAX_COLUMNS = 200


def read(file: SavedFile) -> Page:
    """Raises DocumentError for an archive or XML that can't be trusted, and for an encrypted document."""
    archive = Archive(file.data)
    manifest = archive.xml_if_there("META-INF/manifest.xml")
    if manifest is not None and next(manifest.iter(f"{_MANIFEST}encryption-data"), None) is not None:
        raise DocumentError("is encrypted: save it without a password")
    content = archive.xml("content.xml")
    styles = archive.xml_if_there("styles.xml")
    writer = _Writer(_numbered_lists(content, styles), _titles(content))
    parts = untabbed(part for text in content.iter(f"{_OFFICE}text") for part in writer.parts(text))
    meta = archive.xml_if_there("meta.xml")
    about = {} if meta is None else {child.tag: child.text for group in meta for child in group}
    return Page(
        tuple(parts),
        document_title(about.get(f"{_DUBLIN_CORE}title")),
        about.get(f"{_DUBLIN_CORE}language"),
        updated=iso_date(about.get(f"{_DUBLIN_CORE}date")),
        remark=archive.remark,
    )


@dataclass(slots=True)
class _Writer:
    """``numbered`` are the names of the list styles whose items bear numbers, ``titles`` those of a title's styles."""

    numbered: frozenset[str]
    titles: frozenset[str]

    def parts(self, element: Any) -> Iterator[Part]:
        """Of all blocks below an element, in the order of the page."""
        for block in element:
            if block.tag == f"{_TEXT}h":
                level = block.get(f"{_TEXT}outline-level", "1")
                yield Part("heading", " ".join(_text(block).split()), min(6, int(level)) if level.isdigit() else 1)
            elif block.tag == f"{_TEXT}p" and block.get(f"{_TEXT}style-name") in self.titles:
                yield Part("heading", " ".join(_text(block).split()), 1)
            elif block.tag == f"{_TEXT}p":
                yield from (Part("paragraph", line) for line in _text(block).split("\n") if line.strip())
            elif block.tag == f"{_TEXT}list":
                yield from self._list(block, str(block.get(f"{_TEXT}style-name")))
            elif block.tag == f"{_TABLE}table":
                yield from self._table(block)
            elif block.tag not in _LEFT_OUT:
                yield from self.parts(block)
            if block.tag in (f"{_TEXT}h", f"{_TEXT}p"):
                yield from (part for apart in _outermost(block) for part in self.parts(apart))

    def _list(self, listed: Any, style: str) -> Iterator[Part]:
        number = 0
        for item in listed:
            is_first = item.tag == f"{_TEXT}list-item"
            number += is_first
            for block in item:
                if block.tag == f"{_TEXT}list":
                    yield from self._list(block, str(block.get(f"{_TEXT}style-name", style)))
                    continue
                for part in self.parts((block,)):
                    marker = f"{number}. " if style in self.numbered else "- "
                    yield Part("item", part.text, marker=marker) if is_first and part.kind == "paragraph" else part
                    is_first = False

    def _table(self, table: Any) -> Iterator[Part]:
        rows = [row for row in table.iter(f"{_TABLE}table-row") if next(row.iterancestors(f"{_TABLE}table")) is table]
        cells = [list(_cells(row)) for row in rows]
        if max(map(len, cells), default=0) < 2:  # a frame around text
            yield from (part for row in cells for cell in row for part in self.parts(cell))
            return
        texts = [["\n".join(part.text for part in self.parts(cell)) for cell in row] for row in cells]
        has_head = table.find(f"{_TABLE}table-header-rows") is not None
        yield from table_parts(texts, has_head or None)


def _cells(row: Any) -> Iterator[Any]:
    """Cells of a row; one that stands for many alike stands in as many columns, and those it covers are empty."""
    columns = 0
    for cell in row:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell") or columns >= _MAX_COLUMNS:
            continue
        repeated = _whole(cell.get(f"{_TABLE}number-columns-repeated"), _MAX_COLUMNS - columns)
        if len(cell) or columns:  # trailing empty cells are cut by the table
            for _ in range(repeated):
                columns += 1
                yield cell
        else:
            columns += 1
            yield cell


def _text(element: Any) -> str:
    """The running text of a paragraph, with the addresses that it only links to."""
    told = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            told.append(" " * _whole(child.get(f"{_TEXT}c"), _MAX_SPACES))
        elif child.tag == f"{_TEXT}tab":
            told.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            told.append("\n")
        elif child.tag == f"{_TEXT}a":
            text = _text(child)
            value = untold(text, child.get(_HREF))
            told.append(f"{text} ({value})" if value else text)
        elif child.tag not in _APART and child.tag not in _LEFT_OUT:
            told.append(_text(child))
        told.append(child.tail or "")
    return "".join(told)


def _outermost(paragraph: Any) -> Iterator[Any]:
    """Frames and the bodies of notes that stand in a paragraph."""
    for child in paragraph:
        if child.tag == f"{_TEXT}note":
            yield from child.iterfind(f"{_TEXT}note-body")
        elif child.tag in _APART:
            yield child
        else:
            yield from _outermost(child)


def _whole(value: str | None, most: int) -> int:
    return min(int(value), most) if value and value.isdigit() else 1


def _titles(content: Any) -> frozenset[str]:
    own = content.iter(f"{_STYLE}style")
    return frozenset(
        ("Title", *(str(s.get(_STYLE_NAME)) for s in own if s.get(f"{_STYLE}parent-style-name") == "Title"))
    )


def _numbered_lists(*roots: Any | None) -> frozenset[str]:
    """Names of the list styles whose first level is numbered."""
    styles = [style for root in roots if root is not None for style in root.iter(f"{_TEXT}list-style")]
    return frozenset(
        str(style.get(_STYLE_NAME))
        for style in styles
        if len(style) and style[0].tag.endswith("list-level-style-number")
    )
