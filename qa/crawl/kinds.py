"""Kinds of files that are kept, by what a server calls them and by what they are."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from qa.crawl.fetch import Reply

_TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "text/markdown": ".md",
}
_UNTOLD = ("", "application/octet-stream", "binary/octet-stream", "application/zip", "application/x-download")
_SUFFIXES = frozenset(_TYPES.values())
_PARTS = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml", ".odt": "content.xml"}
_WRONG_FOR_TEXT = (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\xd0\xcf\x11\xe0")


def suffix_told(reply: Reply) -> str | None:
    """The suffix that a file's media type stands for, or its address where the type says nothing; None if not kept."""
    suffix = PurePosixPath(unquote(urlsplit(reply.url).path)).suffix.lower()
    if reply.content_type in _UNTOLD:
        return suffix if suffix in _SUFFIXES else ".html" if reply.content_type == "" else None
    told = _TYPES.get(reply.content_type)
    return suffix if told == ".txt" and suffix in (".md", ".csv") else told


def is_what_it_says(body: bytes, suffix: str) -> bool:
    """Whether a file is of the kind its suffix says.

    >>> is_what_it_says(b"%PDF-1.7", ".pdf"), is_what_it_says(b"%PDF-1.7", ".html")
    (True, False)
    """
    if suffix == ".pdf":
        return b"%PDF-" in body[:1024]
    if suffix in _PARTS:
        return _PARTS[suffix] in _names(body)
    is_utf16 = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    return not body.startswith(_WRONG_FOR_TEXT) and (is_utf16 or b"\x00" not in body[:4096])


def _names(body: bytes) -> frozenset[str]:
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return frozenset()
