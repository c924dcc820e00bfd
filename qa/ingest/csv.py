"""CSV and TSV: contacts, questions and answers, or any table. Cells stay text, those that open with "=" too."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from qa.errors import DocumentError
from qa.ingest.encoding import decode
from qa.ingest.metadata import title_of_name
from qa.ingest.source import Page, SavedFile
from qa.ingest.table import caption, table_parts

MAX_ROWS = 50_000
MAX_COLUMNS = 200
_MAX_CELL_CHARS = 100_000
_SAMPLE_LINES = 20


def read(file: SavedFile) -> Page:
    """Raises DocumentError for a file that is too long or no CSV."""
    source = decode(file.data, file.sidecar.charset)
    delimiter = "\t" if file.suffix == ".tsv" else _delimiter(source)
    rows = _rows(source, delimiter)
    return Page(tuple(table_parts(rows)), caption(rows) or title_of_name(file.bare_name))


def _rows(source: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(_MAX_CELL_CHARS)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(source, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                rows.append(row[:MAX_COLUMNS])
            if len(rows) > MAX_ROWS:
                raise DocumentError(f"has more than {MAX_ROWS:,} rows: split it")
    except csv.Error as error:
        raise DocumentError(f"is no proper CSV ({error}): save it anew") from None
    return rows


def _delimiter(source: str) -> str:
    """The sign that parts most of the first lines into the same number of cells.

    >>> _delimiter("name;email\\nAda, PhD;ada@x.org\\n")
    ';'
    """
    lines = [line for line in source[:20_000].splitlines() if line.strip()][:_SAMPLE_LINES]
    return max(",;\t|", key=lambda sign: (_steadiness(line.count(sign) for line in lines), sign == ","))


def _steadiness(counts: Iterable[int]) -> float:
    found = list(counts)
    same = max((found.count(number) for number in set(found) if number), default=0)
    return same + min(max(found, default=0), 10) / 100
