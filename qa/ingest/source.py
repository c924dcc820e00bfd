"""What goes into a reader and what comes out of it: the saved file, and the page that stands in it.

This is the whole contract of a format. A reader is a function ``read(file: SavedFile) -> Page`` in a module of its own;
``formats`` says which suffix it reads. It raises DocumentError, in words for a person, for what it can't read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Protocol

from qa.errors import DocumentError
from qa.ingest.layout import Part
from qa.ingest.person import Person
from qa.settings import Settings

SIDECAR = ".meta.json"
_MAX_SIDECAR_BYTES = 100_000
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost; beyond it the file is refused."""

    max_file_mb: int
    max_read_s: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(settings.max_file_mb, settings.max_read_s)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What is known of a file that was fetched, from ``<name>.meta.json`` beside it.

    ``versions`` are the addresses of the same page in every language, as the page or its site's sitemap tells.
    """

    url: str | None = None
    charset: str | None = None
    language: str | None = None
    last_modified: str | None = None
    versions: tuple[str, ...] = ()

    @classmethod
    def beside(cls, file: Path) -> Sidecar:
        """The sidecar of a file; empty when there is none. Raises DocumentError for one that can't be read."""
        path = file.with_name(file.name + SIDECAR)
        try:
            if not path.is_file():
                return cls()
            with path.open("rb") as opened:
                told = json.loads(opened.read(_MAX_SIDECAR_BYTES))
        except (OSError, ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise DocumentError(f"has a {path.name} that can't be read: remove it, or crawl the page again")
        charset = _line(told, "charset") or _charset_in(_line(told, "content_type"))
        alternates = told.get("alternates")
        alternates = alternates if isinstance(alternates, dict) else {}
        versions = tuple(str(url) for code, url in alternates.items() if code != "x-default")
        return cls(_line(told, "url"), charset, _line(told, "language"), _line(told, "last_modified"), versions)


def _line(told: Mapping[str, Any], key: str) -> str | None:
    value = told.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _charset_in(content_type: str | None) -> str | None:
    """
    >>> _charset_in('text/html; charset="ISO-8859-15"')
    'ISO-8859-15'
    """
    _, found, charset = (content_type or "").partition("charset=")
    return charset.split(";")[0].strip(" \"'") or None if found else None


@dataclass(frozen=True, slots=True)
class SavedFile:
    """The bytes of a file and what is known besides; ``suffix`` is in small letters, with its dot."""

    name: str
    data: bytes
    suffix: str = ""
    sidecar: Sidecar = field(default_factory=Sidecar)

    @property
    def bare_name(self) -> str:
        """The name without what says the format."""
        return PurePath(self.name).stem

    @classmethod
    def load(cls, file: Path, limits: Limits) -> SavedFile:
        """Raises DocumentError for what is no ordinary file, is too big or can't be read."""
        try:
            if not file.is_file():
                raise DocumentError("is no ordinary file")
            size, data = file.stat().st_size, b""
            if size <= limits.max_file_mb * _MEGABYTE:
                data = file.read_bytes()
        except OSError as error:
            raise DocumentError(f"can't be read: {error.strerror}") from None
        if size > limits.max_file_mb * _MEGABYTE:
            most = f"at most {limits.max_file_mb} MB are read: split it, or raise max_file_mb"
            raise DocumentError(f"is {size / _MEGABYTE:,.0f} MB; {most}")
        return cls(file.name, data, file.suffix.lower(), Sidecar.beside(file))


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader found. All but ``parts`` is what the file tells of itself, None where it doesn't.

    ``people`` are told as data, besides those that stand in the parts; ``versions`` are the addresses of the same page
    in every language; ``updated`` and ``published`` are ISO dates; ``remark`` says what was left
    out so that it can do no harm; ``matter`` is front matter, which goes before all else.
    """

    parts: tuple[Part, ...] = ()
    title: str | None = None
    language: str | None = None
    url: str | None = None
    updated: str | None = None
    people: tuple[Person, ...] = ()
    versions: tuple[str, ...] = ()
    published: str | None = None
    remark: str | None = None
    matter: Mapping[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """What the module of each format offers as ``read``."""

    def __call__(self, file: SavedFile) -> Page: ...
