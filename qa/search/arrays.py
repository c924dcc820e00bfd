"""Arrays on disk that grow while they are written and are mapped, not read, when they are used."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

_COPIED_AT_ONCE = 1 << 18  # bytes


class ArrayWriter:
    """Writes a ``.npy`` file row by row; ``row_shape`` is the shape of a row, () for a column of numbers.

    Closing it twice does no harm.
    """

    def __init__(self, file: Path, dtype: DTypeLike, row_shape: tuple[int, ...] = ()) -> None:
        self.n_rows = 0
        self._dtype = np.dtype(dtype)
        self._row_shape = row_shape
        self._file = file.open("wb")
        self._write_header()
        self._body_at = self._file.tell()

    def append(self, rows: Any) -> None:
        """Adds rows: (n, *row_shape)."""
        rows = np.ascontiguousarray(rows, dtype=self._dtype)
        self._file.write(rows.data)
        self.n_rows += len(rows)

    def copy(self, file: Path, first: int, end: int) -> None:
        """Adds rows ``[first:end)`` of another such file as they are."""
        with file.open("rb") as source:
            npy.read_magic(source)
            npy.read_array_header_1_0(source)
            row_bytes = self._dtype.itemsize * math.prod(self._row_shape)
            copy_bytes(source, self._file, source.tell() + first * row_bytes, (end - first) * row_bytes)
        self.n_rows += end - first

    def close(self) -> None:
        """Sets the number of rows: until then the file says that it has none."""
        if self._file.closed:
            return
        with self._file:
            self._file.seek(0)
            self._write_header()
            at = self._file.tell()
        if at != self._body_at:  # numpy leaves room in the header for the number to grow into
            raise ValueError(f"{self._file.name}: the header doesn't fit")

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error:
            self._file.close()
        else:
            self.close()

    def _write_header(self) -> None:
        about = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False}
        npy.write_array_header_1_0(self._file, {**about, "shape": (self.n_rows, *self._row_shape)})


def copy_bytes(source: IO[bytes], target: IO[bytes], at: int, n_bytes: int) -> None:
    """Copies a stretch of a file, by reading it: through a map each page would cost a fault. Raises ValueError."""
    source.seek(at)
    while n_bytes:
        chunk = source.read(min(n_bytes, _COPIED_AT_ONCE))
        if not chunk:
            raise ValueError(f"{source.name} has become shorter")
        target.write(chunk)
        n_bytes -= len(chunk)


def read_array(file: Path) -> NDArray[Any]:
    """The array of a ``.npy`` file, mapped into memory. Raises ValueError or OSError when it is something else."""
    # A plain view: slicing numpy's own class of mapped arrays takes ten times as long.
    array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return array
