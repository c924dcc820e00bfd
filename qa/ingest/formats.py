"""Which reader reads which file. A new format is a module with ``read(file: SavedFile) -> Page`` and a line here.

The suffix says what a file is, and its first bytes must agree: a PDF called ``page.txt`` is named, not read as text.
Readers are imported when the first file of theirs is read, so asking a question never loads them.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from qa.errors import DocumentError
from qa.ingest.source import Page, Reader, SavedFile


@dataclass(frozen=True, slots=True)
class Format:
    """``kind`` is what the first bytes show, empty where that doesn't matter.

    A bounded format is read in a process of its own (see ``bounded``).
    """

    module: str
    kind: str = "text"
    is_bounded: bool = False


UNREAD = (
    ".doc .dot .dotx .dotm .xls .xlt .xltx .xltm .xlsb .ods .ppt .pptx .pptm .pps .ppsx .odp .rtf .pages .numbers .key"
    " .epub .eml .msg .mht .mhtml"
)
_MARKDOWN = Format("qa.ingest.markdown")
_HTML = Format("qa.ingest.html")
_WORD = Format("qa.ingest.docx", "DOCX", is_bounded=True)
_SHEET = Format("qa.ingest.xlsx", "XLSX", is_bounded=True)
FORMATS = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".txt": Format("qa.ingest.plain"),
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".pdf": Format("qa.ingest.pdf", "PDF", is_bounded=True),
    ".docx": _WORD,
    ".docm": _WORD,
    ".odt": Format("qa.ingest.odt", "ODT", is_bounded=True),
    ".xlsx": _SHEET,
    ".xlsm": _SHEET,
    ".csv": Format("qa.ingest.csv"),
    ".tsv": Format("qa.ingest.csv"),
    ".xml": Format("qa.ingest.xml"),
    **dict.fromkeys(UNREAD.split(), Format("qa.ingest.other", kind="")),
}
SUFFIXES = tuple(suffix for suffix, format_ in FORMATS.items() if format_.kind)
"""Of the formats that are read; the others are named."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "office file with a password"
_MAGIC = (
    (b"\x1f\x8b", "gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!", "RAR archive"),
    (b"\x89PNG", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF8", "GIF picture"),
    (b"MZ", "Windows program"),
    (b"\x7fELF", "program"),
    (b"{\\rtf", "RTF"),
)
_MEMBERS = (("word/document.xml", "DOCX"), ("xl/workbook.xml", "XLSX"))
_ADVICE = {
    _ENCRYPTED: "save it without one",
    "office file of an old kind": "save it as DOCX or XLSX",
    "RTF": "save it as DOCX or ODT",
    "PDF": "rename it to end in .pdf",
    "DOCX": "rename it to end in .docx",
    "XLSX": "rename it to end in .xlsx",
    "ODT": "rename it to end in .odt",
}


def format_of(file: SavedFile) -> Format:
    """The format of a file. Raises DocumentError when its first bytes say something else than its suffix."""
    expected = FORMATS[file.suffix]
    found = kind_of(file.data)
    if found == expected.kind or not expected.kind:
        return expected
    if found == "text":
        raise DocumentError(f"is no {expected.kind}, whatever its name says: save it anew, or rename it to what it is")
    article = "an" if found[0] in "RoO" else "a"
    raise DocumentError(
        f"is {article} {found}, which isn't what ends in {file.suffix}: {_ADVICE.get(found, 'remove it')}"
    )


def kind_of(data: bytes) -> str:
    """What the bytes of a file show it to be; "text" when they show nothing.

    >>> kind_of(b"%PDF-1.7 ..."), kind_of(b"Town twinning")
    ('PDF', 'text')
    """
    if b"%PDF-" in data[:1_024] and not re.match(rb"\s*[<\w#-]", data[:20]):
        return "PDF"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_archive(data)
    if data.startswith(_OLE):
        is_locked = "EncryptedPackage".encode("utf-16-le") in data[:2_000_000]
        return _ENCRYPTED if is_locked else "office file of an old kind"
    kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), "text")
    # "MZ" may open a text; a program holds zero bytes.
    return "text" if kind == "Windows program" and b"\x00" not in data[:1_024] else kind


def _kind_of_archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                with archive.open("mimetype") as opened:
                    return "ODT" if b"opendocument.text" in opened.read(200) else "OpenDocument file"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        return "damaged ZIP archive"
    return next((kind for member, kind in _MEMBERS if member in names), "ZIP archive")


def read_page(file: SavedFile, format_: Format) -> Page:
    """What stands in a file, read here and now. Raises DocumentError when it can't be read."""
    reader = cast(Reader, import_module(format_.module).read)
    return reader(file)
