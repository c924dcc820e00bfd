"""What is still to be fetched, what has been, and what is kept: a SQLite file, so that a killed crawl goes on.

All that one address brings about – what became of it, the links found, the file kept or removed – is one transaction,
made after the file itself is safe on disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import TracebackType

from qa.crawl.addresses import shape_of
from qa.crawl.records import Entry, Kept, Line, Outcome
from qa.errors import CrawlError

MAX_ALIKE = 500
"""Addresses of one shape that are followed; an endless calendar has no more than that many pages for us."""
MAX_KNOWN = 1_000_000
"""Addresses that one run knows at most, however many pages and sitemaps list."""

_TABLES = """
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL, is_listed INTEGER NOT NULL,
    pages INTEGER NOT NULL, bytes INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS queue (
    position INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, depth INTEGER NOT NULL, hops INTEGER NOT NULL,
    last_modified TEXT, alternates TEXT NOT NULL, insist INTEGER NOT NULL, shape TEXT,
    outcome TEXT, reason TEXT, same_as TEXT
);
CREATE INDEX IF NOT EXISTS waiting ON queue (outcome, depth, position);
CREATE INDEX IF NOT EXISTS alike ON queue (shape);
CREATE TABLE IF NOT EXISTS kept (
    url TEXT PRIMARY KEY, file TEXT NOT NULL, stem TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL,
    etag TEXT, last_modified TEXT
);
CREATE INDEX IF NOT EXISTS contents ON kept (sha256);
"""


class Frontier:
    """The state of one folder's crawl; use as a context, which closes it."""

    def __init__(self, file: Path) -> None:
        try:
            self._db = sqlite3.connect(file, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise CrawlError(f"{file} can't be used ({error}): remove it, and all is fetched again") from None
        self._taken: set[str] = set()
        self._known = self.counts[1]

    def __enter__(self) -> Frontier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def begin(self, plan: str) -> bool:
        """Opens a run, or goes on with the one that was broken off if its plan was the same; True if it goes on."""
        if self._db.execute("SELECT 1 FROM run WHERE plan = ?", (plan,)).fetchone():
            return True
        with self._transaction():
            self._db.execute("DELETE FROM queue")
            self._db.execute("REPLACE INTO run VALUES (1, ?, 0, 0, 0)", (plan,))
        self._known = 0
        return False

    def finish(self) -> None:
        """Closes the run: the next one starts afresh."""
        self._db.execute("DELETE FROM run")

    @property
    def is_listed(self) -> bool:
        """Whether this run has read the sitemaps."""
        return bool(self._one("SELECT COUNT(*) FROM run WHERE is_listed"))

    def set_listed(self) -> None:
        """Notes that this run has read the sitemaps."""
        self._db.execute("UPDATE run SET is_listed = 1")

    def add(self, entries: Iterable[Entry]) -> int:
        """Puts addresses into the queue that aren't in it yet; how many."""
        with self._transaction():
            return sum(self._add(entry) for entry in entries)

    def _add(self, entry: Entry) -> int:
        if self._known >= MAX_KNOWN or self._one("SELECT COUNT(*) FROM queue WHERE url = ?", entry.url):
            return 0
        shape = shape_of(entry.url) if entry.depth else None
        alike = self._one("SELECT COUNT(*) FROM (SELECT 1 FROM queue WHERE shape = ? LIMIT ?)", shape, MAX_ALIKE)
        outcome, reason = ("skipped", "too many alike") if shape and alike >= MAX_ALIKE else (None, None)
        if outcome and self._one("SELECT COUNT(*) FROM queue WHERE reason = ? AND shape IS NULL", reason) >= MAX_ALIKE:
            return 0
        self._db.execute(
            "INSERT INTO queue (url, depth, hops, last_modified, alternates, insist, shape, outcome, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.url,
                entry.depth,
                entry.hops,
                entry.last_modified,
                json.dumps(entry.alternates),
                entry.insist,
                None if outcome else shape,
                outcome,
                reason,
            ),
        )
        self._known += 1
        return 1

    def take(self) -> Entry | None:
        """The next address that waits, nearest first; None when none does (others may be under way)."""
        rows = self._db.execute(
            "SELECT url, depth, hops, last_modified, alternates, insist FROM queue WHERE outcome IS NULL"
            " ORDER BY depth, position LIMIT ?",
            (len(self._taken) + 1,),
        )
        for url, depth, hops, last_modified, alternates, insist in rows.fetchall():
            if url not in self._taken:
                self._taken.add(url)
                pairs = tuple((str(code), str(address)) for code, address in json.loads(alternates))
                return Entry(url, depth, hops, last_modified, pairs, bool(insist))
        return None

    def settle(self, url: str, outcome: Outcome, size: int = 0) -> None:
        """Notes all that came of an address at once; ``size`` are the bytes fetched since the last one."""
        with self._transaction():
            self._db.execute(
                "UPDATE queue SET outcome = ?, reason = ?, same_as = ? WHERE url = ?",
                (outcome.word, outcome.reason, outcome.same_as, url),
            )
            if outcome.drop:
                self._db.execute("DELETE FROM kept WHERE url = ?", (url,))
            if outcome.keep:
                kept = outcome.keep
                self._db.execute(
                    "REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)",
                    (kept.url, kept.file, stem_of(kept.file), kept.sha256, kept.etag, kept.last_modified),
                )
            for entry in outcome.links:
                self._add(entry)
            self._db.execute("UPDATE run SET pages = pages + ?, bytes = bytes + ?", (outcome.is_asked, size))
        self._taken.discard(url)

    def skip_waiting(self, reason: str) -> None:
        """Skips all that waits and isn't under way."""
        waiting = [row[0] for row in self._db.execute("SELECT url FROM queue WHERE outcome IS NULL")]
        with self._transaction():
            for url in waiting:
                if url not in self._taken:
                    self._db.execute("UPDATE queue SET outcome = 'skipped', reason = ? WHERE url = ?", (reason, url))

    def revisit(self) -> int:
        """Queues what the links did not lead to, when all else is done; how many addresses.

        These are pages that are kept but no longer linked, and duplicates of pages that are not kept after all.
        """
        unlinked = self._db.execute("SELECT url FROM kept WHERE url NOT IN (SELECT url FROM queue)").fetchall()
        added = self.add(Entry(url) for (url,) in unlinked)
        lonely = "same_as IS NOT NULL AND NOT insist AND same_as NOT IN (SELECT url FROM kept)"
        changed = self._db.execute(f"UPDATE queue SET outcome = NULL, same_as = NULL, insist = 1 WHERE {lonely}")
        return added + changed.rowcount

    def kept(self, url: str) -> Kept | None:
        """The saved page of an address."""
        row = self._db.execute(
            "SELECT url, file, sha256, etag, last_modified FROM kept WHERE url = ?", (url,)
        ).fetchone()
        return Kept(*row) if row else None

    def twin(self, sha256: str, url: str) -> str | None:
        """Another address whose saved page has the same content."""
        row = self._db.execute("SELECT url FROM kept WHERE sha256 = ? AND url != ?", (sha256, url)).fetchone()
        return str(row[0]) if row else None

    def is_taken(self, stem: str) -> bool:
        """Whether a page is kept in a file of that name, whatever its suffix."""
        return self._db.execute("SELECT 1 FROM kept WHERE stem = ?", (stem,)).fetchone() is not None

    def files(self) -> frozenset[str]:
        """All files that are kept."""
        return frozenset(str(row[0]) for row in self._db.execute("SELECT file FROM kept"))

    @property
    def counts(self) -> tuple[int, int]:
        """Addresses of this run that are settled, and all that are known."""
        settled = self._one("SELECT COUNT(*) FROM queue WHERE outcome IS NOT NULL")
        return settled, self._one("SELECT COUNT(*) FROM queue")

    @property
    def spent(self) -> tuple[int, int]:
        """Addresses asked for and bytes fetched in this run."""
        pages, size = self._db.execute("SELECT pages, bytes FROM run").fetchone() or (0, 0)
        return int(pages), int(size)

    def lines(self) -> tuple[Line, ...]:
        """What became of every address of the run, in the order found."""
        rows = self._db.execute("SELECT url, outcome, reason FROM queue WHERE outcome IS NOT NULL ORDER BY position")
        return tuple(Line(*row) for row in rows)

    def _one(self, query: str, *values: object) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


def stem_of(file: str) -> str:
    """A file's name without its suffix, which is what a document is called."""
    return PurePosixPath(file).with_suffix("").as_posix()


class _Transaction:
    """All or nothing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.execute("ROLLBACK" if kind else "COMMIT")
