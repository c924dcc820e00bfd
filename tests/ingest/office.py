"""Office files made for tests: DOCX and XLSX by the libraries that many programs use, ODT and hostile ones by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import docx
import openpyxl

Piece = tuple[str, Any]
"""("heading", (level, text)), ("paragraph", text), ("item", text), ("number", text) or ("table", rows)."""

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_ROOT = (
    f'xmlns:office="{_ODF}office:1.0" xmlns:text="{_ODF}text:1.0" xmlns:table="{_ODF}table:1.0" '
    f'xmlns:style="{_ODF}style:1.0" xmlns:draw="{_ODF}drawing:1.0" xmlns:meta="{_ODF}meta:1.0" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_LISTS = (
    '<office:automatic-styles><text:list-style style:name="B"><text:list-level-style-bullet text:level="1"/>'
    '</text:list-style><text:list-style style:name="N"><text:list-level-style-number text:level="1"/>'
    "</text:list-style></office:automatic-styles>"
)


def docx_of(pieces: Sequence[Piece], title: str = "", mimetype: str = "") -> bytes:
    document = docx.Document()
    document.core_properties.title = title
    for kind, told in pieces:
        if kind == "heading":
            document.add_heading(told[1], told[0])
        elif kind == "table":
            table = document.add_table(len(told), len(told[0]))
            for row, cells in zip(table.rows, told, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        else:
            style = {"item": "List Bullet", "number": "List Number"}.get(kind)
            document.add_paragraph(told, style)
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def odt_of(pieces: Sequence[Piece], title: str = "", date: str = "") -> bytes:
    body = "".join(_odt_piece(kind, told) for kind, told in pieces)
    meta = f"<office:meta><dc:title>{escape(title)}</dc:title><dc:date>{date}</dc:date></office:meta>"
    return odt_with(body, meta)


def odt_with(body: str, meta: str = "", **others: str) -> bytes:
    """An ODT around the XML of a body; ``others`` are members by their names (``__`` stands for ``/``)."""
    content = f"<office:document-content {_ROOT}>{_LISTS}<office:body><office:text>{body}</office:text></office:body>"
    members = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"{content}</office:document-content>",
        "meta.xml": f"<office:document-meta {_ROOT}>{meta}</office:document-meta>",
    }
    return zip_of(members | {name.replace("__", "/"): text for name, text in others.items()})


def _odt_piece(kind: str, told: Any) -> str:
    if kind == "heading":
        return f'<text:h text:outline-level="{told[0]}">{escape(told[1])}</text:h>'
    if kind == "table":
        rows = "".join(
            "<table:table-row>"
            + "".join(f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in row)
            + "</table:table-row>"
            for row in told
        )
        return f"<table:table>{rows}</table:table>"
    if kind in ("item", "number"):
        style = "B" if kind == "item" else "N"
        item = f"<text:list-item><text:p>{escape(told)}</text:p></text:list-item>"
        return f'<text:list text:style-name="{style}">{item}</text:list>'
    return f"<text:p>{escape(told)}</text:p>"


def xlsx_of(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def zip_of(members: Mapping[str, str | bytes]) -> bytes:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return saved.getvalue()


def with_member(data: bytes, name: str, content: str | bytes) -> bytes:
    """The archive with a member added or put in another's place."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members: dict[str, str | bytes] = {each: archive.read(each) for each in archive.namelist()}
    return zip_of(members | {name: content})
