"""The folder that a crawl fills: one file a page, as it was served, and beside it what the server told of it.

::

    crawled/
      crawl.json                    start addresses and options, for the next time
      www.example.org/fi/index.html
      www.example.org/fi/index.html.meta.json
      .crawl/                       state, lock, files being written

A file's name follows from its address alone, save where two would be the same. Files are written beside, synced, and
put in place by a rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from qa.disk import sync, sync_folder
from qa.errors import CrawlError

META = ".meta.json"
_MAX_SEGMENT_CHARS = 48
_MAX_SEGMENTS = 12
_DIGEST_CHARS = 10
_HOSTILE = re.compile(r"[^\w.\-]+|\.{2,}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|readme)(?:\..*)?", re.IGNORECASE)
_SUFFIXES = re.compile(r"\.(?:html?|xhtml|php|aspx?|jsp|pdf|docx|odt|xlsx|csv|txt|md)$")


def file_name(url: str, suffix: str, *, is_taken: Callable[[str], bool] = lambda name: False) -> str:
    """The file of an address, below the folder: host, path, suffix; with a digest where that alone won't do.

    >>> file_name("https://example.org/fi/yhteystiedot/", ".html")
    'example.org/fi/yhteystiedot/index.html'
    >>> file_name("https://example.org/fi?page=2", ".html")
    'example.org/fi-43d36eaa2d.html'
    """
    parts = urlsplit(url)
    told = [unquote(segment) for segment in parts.path.removeprefix("/").split("/")]
    told[-1] = _SUFFIXES.sub("", told[-1]) or "index"
    # A folder's name has no dot, so that it is never that of a file.
    safe = [*(_safe(segment).replace(".", "-") for segment in told[:-1][:_MAX_SEGMENTS]), _safe(told[-1])]
    name = "/".join([_safe(parts.netloc.replace(":", "_")), *safe])
    if told != safe or parts.query or is_taken(name):
        name += "-" + hashlib.sha256(url.encode()).hexdigest()[:_DIGEST_CHARS]
    return name + suffix


def _safe(segment: str) -> str:
    """A name that any file system takes and that shows what it is: small letters, digits, dots, hyphens."""
    small = _HOSTILE.sub("-", unicodedata.normalize("NFC", segment.casefold())).strip(".-")[:_MAX_SEGMENT_CHARS]
    return f"{small}_" if not small or _RESERVED.fullmatch(small) else small.rstrip(".-")


class Store:
    """The folder of one crawl; open it with ``opened``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inside = folder / ".crawl"
        self._unfinished = self.inside / "unfinished"

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """Held by one process at a time. Raises CrawlError when another holds it, or the folder can't be written."""
        try:
            self.inside.mkdir(parents=True, exist_ok=True)
            handle = (self.inside / "LOCK").open("a+")
        except OSError as error:
            raise CrawlError(f"{self.folder} can't be written ({error.strerror}): choose another --out") from None
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.seek(0)
                holder = handle.read().strip() or "unknown"
                raise CrawlError(f"{self.folder} is being crawled by process {holder}: wait for it") from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            shutil.rmtree(self._unfinished, ignore_errors=True)
            self._unfinished.mkdir()
            yield self

    def save(self, file: str, body: bytes, meta: Mapping[str, Any]) -> None:
        """Writes a page, then what is told of it. Raises CrawlError when the disk won't take it."""
        self.write(file, body)
        self.note(file, meta)

    def note(self, file: str, meta: Mapping[str, Any]) -> None:
        """Writes what is told of a page, unless it stands there already but for the time it was fetched."""
        before = self.meta(file)
        if {**before, "fetched": None} != {**meta, "fetched": None}:
            self.write(file + META, json.dumps(meta, ensure_ascii=False, indent=1).encode() + b"\n")

    def meta(self, file: str) -> dict[str, Any]:
        """What is told of a page; empty when that is missing or damaged."""
        try:
            found = json.loads((self.folder / (file + META)).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def read(self, file: str, sha256: str) -> bytes | None:
        """A saved page; None when it is missing or was altered."""
        try:
            body = (self.folder / file).read_bytes()
        except OSError:
            return None
        return body if hashlib.sha256(body).hexdigest() == sha256 else None

    def sweep(self, files: frozenset[str]) -> None:
        """Removes pages with a note that are none of ``files``: a crawl that was killed may leave one."""
        for note in sorted(self.folder.rglob(f"*{META}")):
            file = note.relative_to(self.folder).as_posix().removesuffix(META)
            if file not in files:
                self.remove(file)

    def remove(self, file: str) -> None:
        """Removes a page, what is told of it, and folders that are empty then."""
        for name in (file + META, file):
            (self.folder / name).unlink(missing_ok=True)
        for folder in PurePosixPath(file).parents[:-1]:
            try:
                (self.folder / folder).rmdir()
            except OSError:
                return

    def write(self, file: str, body: bytes) -> None:
        """Writes a file whole or not at all. Raises CrawlError."""
        place = self.folder / file
        beside = self._unfinished / hashlib.sha256(file.encode()).hexdigest()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(body)
            sync(beside)
            beside.replace(place)
            sync_folder(place.parent)
        except OSError as error:
            raise CrawlError(f"{place} can't be written ({error.strerror}); run it again to go on") from None
