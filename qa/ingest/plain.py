"""Plain text → parts. Headings have no mark in plain text, so they are told by their shape."""

from __future__ import annotations

import re

from qa.errors import DocumentError
from qa.ingest.encoding import decode
from qa.ingest.layout import Part
from qa.ingest.source import Page, SavedFile

_BULLET = re.compile(r"^\s*([-*•–·▪◦]|\d{1,2}[.)])\s+(?=\S)")
_WEB_ADDRESS = re.compile(r"https?://\S+")
_MAX_HEADING_CHARS = 120
_SENTENCE_END = (".", "!", ":", ";", ",", "…")


def read(file: SavedFile) -> Page:
    """Raises DocumentError for a list of addresses, which is for the crawler."""
    source = decode(file.data, file.sidecar.charset)
    lines = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    if lines and all(_WEB_ADDRESS.fullmatch(line) for line in lines):
        raise DocumentError("lists web addresses and holds no text itself: fetch the pages with `qa crawl --list`")
    return Page(read_plain(source))


def read_plain(source: str) -> tuple[Part, ...]:
    """Parts of a text whose lines are paragraphs; a bullet opens an item, a short bare line is a heading."""
    lines = [line.rstrip() for line in source.splitlines()]
    full = [line for line in lines if line.strip()]
    parts: list[Part] = []
    number = 0
    for position, line in enumerate(full):
        bullet = _BULLET.match(line)
        # "26. kongressen ble …" is a sentence; a list counts from 1.
        if bullet and bullet[1][0].isdigit() and int(bullet[1][:-1]) not in (1, number + 1):
            bullet = None
        number = int(bullet[1][:-1]) if bullet and bullet[1][0].isdigit() else 0
        is_last = position + 1 == len(full)
        parts.append(_item(line, bullet) if bullet else _prose(line, is_last))
    return tuple(parts)


def _item(line: str, bullet: re.Match[str]) -> Part:
    marker = bullet[1] if bullet[1][0].isdigit() else "-"
    return Part("item", line[bullet.end() :], marker=f"{marker} ")


def _prose(line: str, is_last: bool) -> Part:
    is_heading = not is_last and _looks_like_heading(line)
    return Part("heading", line, 2) if is_heading else Part("paragraph", line)


def _looks_like_heading(line: str) -> bool:
    """Short, without the end of a sentence, opening with a capital or digit.

    >>> _looks_like_heading("Town twinning"), _looks_like_heading("It is the oldest form.")
    (True, False)
    """
    line = line.strip()
    opens_well = line[:1].isupper() or line[:1].isdigit()
    return len(line) <= _MAX_HEADING_CHARS and opens_well and not line.endswith(_SENTENCE_END)
