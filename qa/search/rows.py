"""Records on disk, one JSON line each, decoded when they are asked for.

``passages.jsonl`` holds the lines and ``passages.npy`` where each begins, so that row n is found without reading the
others. An index of a million passages is opened without reading any.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from qa.search.arrays import ArrayWriter, copy_bytes, read_array

T = TypeVar("T")

Plain = list[Any]
"""A record as JSON knows it: its fields in order."""


class RowsWriter(Generic[T]):
    """Writes records one after another; ``plain`` turns one into what JSON knows."""

    def __init__(self, folder: Path, name: str, plain: Callable[[T], Plain]) -> None:
        self.n_rows = 0
        self._plain = plain
        self._lines = (folder / f"{name}.jsonl").open("wb")
        self._bounds = ArrayWriter(folder / f"{name}.npy", np.int64)
        self._at = 0
        self._bounds.append([0])

    def append(self, records: Sequence[T]) -> None:
        """Adds records."""
        lines = [_line(self._plain(record)) for record in records]
        self._lines.write(b"".join(lines))
        self._added(np.cumsum([len(line) for line in lines], dtype=np.int64))

    def copy(self, rows: Rows[T], first: int, end: int) -> None:
        """Adds rows ``[first:end)`` of another file as they are."""
        at, end_at = int(rows.bounds[first]), int(rows.bounds[end])
        with rows.file.open("rb") as source:
            copy_bytes(source, self._lines, at, end_at - at)
        self._added(rows.bounds[first + 1 : end + 1] - at)

    def close(self) -> None:
        """Completes the files; closing them twice does no harm."""
        try:
            self._lines.close()
        finally:
            self._bounds.close()

    def _added(self, ends: NDArray[np.int64]) -> None:
        """``ends`` is where each of the lines just written ends, counted from where the first begins."""
        self._bounds.append(self._at + ends)
        self._at += int(ends[-1]) if len(ends) else 0
        self.n_rows += len(ends)


class Rows(Sequence[T]):
    """The records that a ``RowsWriter`` wrote; ``record`` is the opposite of its ``plain``. Threads may share it.

    The ``n_cached`` records used last are kept.
    """

    def __init__(self, folder: Path, name: str, record: Callable[[Plain], T], n_cached: int) -> None:
        """Raises OSError or ValueError when the files can't be read."""
        self.file = folder / f"{name}.jsonl"
        self.bounds = bounds = read_array(folder / f"{name}.npy")
        self._lines = lines = _mapped(self.file)
        if bounds.ndim != 1 or not len(bounds) or bounds[-1] != len(lines):
            raise ValueError(f"{name}.jsonl and {name}.npy disagree")

        def decoded(row: int) -> T:
            return record(json.loads(lines[bounds[row] : bounds[row + 1]].decode("utf-8", "surrogatepass")))

        # No methods: a cache that knows this object would keep its files open until the next collection of garbage.
        self._decoded = decoded
        self.row: Callable[[int], T] = lru_cache(n_cached)(decoded)
        """The record of a row from 0 on; for those who ask often."""

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @overload
    def __getitem__(self, row: int) -> T: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[T]: ...
    def __getitem__(self, row: int | slice) -> T | Sequence[T]:
        if isinstance(row, slice):
            return [self.row(number) for number in range(*row.indices(len(self)))]
        number = row + len(self) if row < 0 else row
        if not 0 <= number < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        return self.row(number)

    def __iter__(self) -> Iterator[T]:
        """All in order; those that aren't kept are decoded and forgotten."""
        return (self._decoded(row) for row in range(len(self)))

    def plain(self) -> list[Plain]:
        """All at once as JSON knows them, for records that are small: much faster than one by one."""
        lines = bytes(self._lines).decode("utf-8", "surrogatepass").removesuffix("\n").replace("\n", ",")
        told: list[Plain] = json.loads(f"[{lines}]")
        return told


def _line(plain: Plain) -> bytes:
    """One line; a name of a file may hold bytes that are no UTF-8, which Python keeps as surrogates."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def _mapped(file: Path) -> mmap.mmap | bytes:
    """The bytes of a file, read as they are used."""
    with file.open("rb") as opened:
        if not file.stat().st_size:  # nothing can't be mapped
            return b""
        return mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
