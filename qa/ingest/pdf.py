"""PDF → parts. Scripts, forms and attachments aren't looked at, and nothing in it is run.

A PDF without text is refused by name, since a scanned page answers nothing before it went through OCR.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from typing import Any

from qa.errors import DocumentError
from qa.ingest.lines import Line, Mark, Piece, lines_of
from qa.ingest.metadata import document_title
from qa.ingest.page_text import parts_of
from qa.ingest.source import Page, SavedFile

_MAX_PAGES = 2_000
_MAX_CHARS = 20_000_000
_LETTERS_OF_A_PAGE = 10  # a scanned page may bear a stamp
_MAX_UNREADABLE = 0.1
_PATHS = frozenset((b"re", b"m", b"l", b"c", b"v", b"y"))
_PAINTS = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s"))
_ENDS = frozenset((b"n", b"W", b"W*"))
_MIN_MARK_PT, _MAX_MARK_PT = 1.0, 9.0
_MAX_POINTS = 100  # of a bullet; a map has more
_MAX_MARKS = 2_000  # of a page
_ENCRYPTED = "is encrypted: save it without a password"


def read(file: SavedFile) -> Page:
    """Raises DocumentError for a PDF that is encrypted, scanned, too long or broken."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pdf = PdfReader(io.BytesIO(file.data))
        _unlock(pdf)
        count = len(pdf.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise DocumentError(f"is a damaged PDF ({type(error).__name__}): print it to PDF anew") from None
    if count > _MAX_PAGES:
        raise DocumentError(f"has {count:,} pages; at most {_MAX_PAGES:,} are read: split it")
    pages = _lines(pdf)
    letters = sum(letter.isalpha() for page in pages for line in page for letter in line.text)
    if letters < _LETTERS_OF_A_PAGE * count and any(map(_has_picture, pdf.pages)):
        raise DocumentError("holds page images without text: run OCR first (ocrmypdf, for instance)")
    title, updated = _properties(pdf)
    return Page(tuple(parts_of(pages)), title, updated=updated, remark=_remark(pdf))


def _unlock(pdf: Any) -> None:
    """Opens what only forbids changes; what needs a password is refused."""
    from pypdf.errors import DependencyError

    if not pdf.is_encrypted:
        return
    try:
        is_open = bool(pdf.decrypt(""))
    except (DependencyError, NotImplementedError):
        is_open = False
    if not is_open:
        raise DocumentError(_ENCRYPTED)


def _lines(pdf: Any) -> list[list[Line]]:
    pages: list[list[Line]] = []
    unreadable = chars = 0
    for number, page in enumerate(pdf.pages):
        try:
            pages.append(lines_of(number, float(page.mediabox.top) or 1.0, *_pieces(page)))
        except Exception:  # whatever a broken page does to the library
            unreadable += 1
            continue
        chars += sum(len(line.text) for line in pages[-1])
        if chars > _MAX_CHARS:
            raise DocumentError(f"holds more than {_MAX_CHARS:,} letters: split it")
    if unreadable > _MAX_UNREADABLE * len(pdf.pages):
        raise DocumentError(f"has {unreadable} damaged pages of {len(pdf.pages)}: print it to PDF anew")
    return pages


def _pieces(page: Any) -> tuple[list[Piece], list[Mark]]:
    """The pieces of text on a page in the order in which they were set, and its bullets that are drawn."""
    pieces: list[Piece] = []
    drawing = _Drawing()

    def note(text: str, page_matrix: Any, text_matrix: Any, font: Any, size: float) -> None:
        if not text:
            return
        a, b, c, d, e, f = page_matrix
        x, y = text_matrix[4] * a + text_matrix[5] * c + e, text_matrix[4] * b + text_matrix[5] * d + f
        scale = math.hypot(text_matrix[2] * a + text_matrix[3] * c, text_matrix[2] * b + text_matrix[3] * d)
        name = str(font.get("/BaseFont", "")).lower() if font else ""
        is_bold = any(word in name for word in ("bold", "black", "heavy", "semibold", "demi"))
        pieces.append(Piece(text, x, y, abs(size) * scale or 1.0, is_bold))

    page.extract_text(visitor_text=note, visitor_operand_before=drawing.note)
    return pieces, drawing.marks


@dataclass(slots=True)
class _Drawing:
    """Follows what a page draws, and keeps the places of what is as small and round or square as a bullet."""

    marks: list[Mark] = field(default_factory=list)
    xs: list[float] = field(default_factory=list)
    ys: list[float] = field(default_factory=list)

    def note(self, operator: bytes, operands: Any, matrix: Any, _text_matrix: Any) -> None:
        """Called by the library with each operator of the page."""
        if operator in _PATHS:
            self._add([float(operand) for operand in operands], matrix, is_box=operator == b"re")
        elif operator in _PAINTS:
            self._keep()
        elif operator not in _ENDS:
            return
        if operator not in _PATHS:
            self.xs.clear()
            self.ys.clear()

    def _add(self, told: list[float], matrix: Any, *, is_box: bool) -> None:
        if is_box:
            x, y, width, height = told
            told = [x, y, x + width, y + height]
        a, b, c, d, e, f = matrix
        for x, y in zip(told[::2], told[1::2], strict=True):
            self.xs.append(x * a + y * c + e)
            self.ys.append(x * b + y * d + f)

    def _keep(self) -> None:
        if not self.xs or len(self.xs) > _MAX_POINTS or len(self.marks) >= _MAX_MARKS:
            return
        left, low = min(self.xs), min(self.ys)
        width, height = max(self.xs) - left, max(self.ys) - low
        if _MIN_MARK_PT <= width <= _MAX_MARK_PT and 0.6 < width / max(height, 0.01) < 1.7:
            self.marks.append(Mark(left, low + height / 2))


def _remark(pdf: Any) -> str | None:
    """What of the file is left out because it could be run."""
    try:
        told = (pdf.trailer["/Root"].get(key) for key in ("/OpenAction", "/Names"))
        opening, names = (value.get_object() if value is not None else {} for value in told)
        is_run = isinstance(opening, dict) and opening.get("/S") in ("/JavaScript", "/Launch")
        return "holds a script: it was left out" if is_run or "/JavaScript" in names else None
    except (AttributeError, TypeError, KeyError, ValueError, RecursionError):
        return None


def _has_picture(page: Any) -> bool:
    try:
        pictures = page["/Resources"]["/XObject"].get_object().values()
        return any(picture.get_object().get("/Subtype") == "/Image" for picture in pictures)
    except (KeyError, AttributeError, TypeError, RecursionError):
        return False


def _properties(pdf: Any) -> tuple[str | None, str | None]:
    """Title and day of the last change, as far as they are told."""
    try:
        about = pdf.metadata
        changed = about.modification_date or about.creation_date
        return document_title(about.title), changed.date().isoformat() if changed else None
    except (AttributeError, ValueError, TypeError, KeyError):
        return None, None
