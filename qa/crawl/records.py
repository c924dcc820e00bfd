"""The records that travel between the rooms of the crawl."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """An address to fetch.

    ``depth`` is its distance in links from a start address or sitemap, ``hops`` the redirects on the way. ``insist``
    keeps the page although it names another address as its own.
    """

    url: str
    depth: int = 0
    hops: int = 0
    last_modified: str | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    insist: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that is saved: its file below the folder, and what a conditional request needs."""

    url: str
    file: str
    sha256: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one address.

    ``word`` is added, changed, unchanged, removed, duplicate, redirect, skipped or failed; ``reason`` says why;
    ``same_as`` is the address under which a duplicate is kept. ``keep`` is saved from now on; ``drop`` says that what
    was saved is gone; ``links`` are the addresses found; ``is_asked`` says that its host was asked.
    """

    word: str
    reason: str | None = None
    same_as: str | None = None
    keep: Kept | None = None
    drop: bool = False
    links: tuple[Entry, ...] = ()
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report."""

    url: str
    outcome: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a crawl did: where it started, one line an address, files kept now, bytes fetched, seconds."""

    starts: tuple[str, ...]
    lines: tuple[Line, ...]
    files: int
    size: int
    seconds: float
    is_resumed: bool = False

    def of(self, *outcomes: str) -> tuple[Line, ...]:
        """The lines with one of these outcomes."""
        return tuple(line for line in self.lines if line.outcome in outcomes)

    @property
    def lost(self) -> tuple[Line, ...]:
        """Start addresses that lead nowhere."""
        return tuple(line for line in self.of("failed", "removed", "skipped") if line.url in self.starts)

    @property
    def reasons(self) -> dict[str, int]:
        """How many addresses were passed over, by reason, the most frequent first."""
        counts = Counter(line.reason or line.outcome for line in self.of("duplicate", "redirect", "skipped", "failed"))
        return dict(counts.most_common())
