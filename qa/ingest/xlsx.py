"""XLSX, and XLSM without its macros: every visible sheet is a table.

Formulas are never computed: what is read is the value that was saved with them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from qa.errors import DocumentError
from qa.ingest.archive import Archive
from qa.ingest.csv import MAX_COLUMNS, MAX_ROWS
from qa.ingest.layout import Part
from qa.ingest.metadata import document_title, iso_date, title_of_name
from qa.ingest.source import Page, SavedFile
from qa.ingest.table import caption, table_parts

_MAX_EMPTY_ROWS = 10_000  # after so many the sheet is taken to have ended


def read(file: SavedFile) -> Page:
    """Raises DocumentError for a workbook that is too big or hostile."""
    archive = Archive(file.data)
    archive.check_everything()
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(file.data), read_only=True, data_only=True, keep_links=False)
    try:
        sheets = [(str(sheet.title), list(_rows(sheet))) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    finally:
        book.close()
    filled = [(title, rows) for title, rows in sheets if rows]
    parts: list[Part] = []
    for title, rows in filled:
        parts += [Part("heading", title, 2)] if len(filled) > 1 else []
        parts += table_parts(rows)
    about = book.properties
    told = caption(filled[0][1]) if len(filled) == 1 else None
    title = document_title(about.title) or told or title_of_name(file.bare_name)
    return Page(tuple(parts), title, updated=iso_date(str(about.modified)), remark=archive.remark)


def _rows(sheet: Any) -> Iterator[list[str]]:
    count = empty = 0
    for cells in sheet.iter_rows():
        row = [_shown(cell) for cell in cells[:MAX_COLUMNS]]
        while row and not row[-1]:
            row.pop()
        empty = 0 if row else empty + 1
        if row:
            count += 1
            yield row
        if empty > _MAX_EMPTY_ROWS:
            return
        if count > MAX_ROWS:
            raise DocumentError(f"has a sheet of more than {MAX_ROWS:,} rows: split it")


def _shown(cell: Any) -> str:
    """A cell as a reader of the sheet sees it, near enough: whole numbers without ".0", days without midnight."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, float):
        if "%" in str(cell.number_format):
            return f"{value * 100:.10g} %"
        return f"{value:.10g}"
    return str(value)
