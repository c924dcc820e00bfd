"""The passages' subwords, told apart by sentence: what late interaction and reading compare a question with.

They are made once, when the index is built. Subwords never cross white space (see ``StaticModel.tokens``), so the
subwords of a sentence are a slice of its passage's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.records import Passage, Subwords
from qa.search.arrays import ArrayWriter, read_array
from qa.search.embeddings import TokenIds

Bounds = NDArray[np.int64]
Places = NDArray[np.int32]


class Tokenizer(Protocol):
    """Cuts a text into subwords."""

    def tokens(self, text: str) -> TokenIds:
        """(n_subwords,) int32."""
        ...


@dataclass(frozen=True, slots=True)
class TokenTable:
    """Subwords of all passages. Passage n has ``ids[starts[n]:starts[n + 1]]``, its title and headings first.

    ``ids`` is (n_subwords,) int32, ``starts`` (n_passages + 1,) int64. Passage n has the sentences
    ``first[n]:first[n + 1]``, and sentence m begins and ends at the passage's subwords ``begins[m]`` and ``ends[m]``;
    ``first`` is int64, the other two int32.
    """

    ids: TokenIds
    starts: Bounds
    first: Bounds
    begins: Places
    ends: Places

    def __len__(self) -> int:
        """The number of passages."""
        return len(self.starts) - 1

    @classmethod
    def of(cls, passages: Sequence[Passage], tokenizer: Tokenizer) -> TokenTable:
        """The table of passages as they are embedded: context first."""
        pieces: list[TokenIds] = []
        starts, first, begins, ends = [0], [0], [], []
        for passage in passages:
            position = 0
            for text, is_sentence in _pieces(passage):
                ids = tokenizer.tokens(text)
                pieces.append(ids)
                if is_sentence:
                    begins.append(position)
                    ends.append(position + len(ids))
                position += len(ids)
            starts.append(starts[-1] + position)
            first.append(len(begins))
        flat = np.concatenate(pieces).astype(np.int32) if pieces else np.zeros(0, np.int32)
        places = np.array(begins, np.int32), np.array(ends, np.int32)
        return cls(flat, np.array(starts, np.int64), np.array(first, np.int64), *places)

    def passages(self, rows: Sequence[int] | Bounds) -> Subwords:
        """The subwords of passages, each with its context."""
        rows = np.asarray(rows, np.int64)
        return self._between(self.starts[rows], self.starts[rows + 1])

    def contexts(self, rows: Sequence[int] | Bounds) -> Subwords:
        """The subwords of passages' titles and headings."""
        rows = np.asarray(rows, np.int64)
        return self._between(self.starts[rows], self.starts[rows] + self.begins[self.first[rows]])

    def sentences(self, rows: Sequence[int] | Bounds) -> Subwords:
        """The subwords of each sentence of passages, one passage after the other."""
        rows = np.asarray(rows, np.int64)
        numbers = _each_of(self.first[rows], self.first[rows + 1])
        opens = np.repeat(self.starts[rows], self.first[rows + 1] - self.first[rows])
        return self._between(opens + self.begins[numbers], opens + self.ends[numbers])

    def _between(self, opens: Bounds, closes: Bounds) -> Subwords:
        return Subwords(self.ids[_each_of(opens, closes)], np.cumsum(closes - opens))

    @classmethod
    def read(cls, folder: Path) -> TokenTable:
        """What a ``TokenWriter`` wrote, mapped. Raises OSError or ValueError when it is something else."""
        table = cls(*(read_array(folder / f"{name}.npy") for name in _ARRAYS))
        ends = (len(table.ids), len(table.begins), len(table.ends))
        if len(table.first) != len(table.starts) or (table.starts[-1], table.first[-1], table.first[-1]) != ends:
            raise ValueError("the tables of subwords disagree")
        return table


_ARRAYS = {"ids": np.int32, "starts": np.int64, "first": np.int64, "begins": np.int32, "ends": np.int32}
"""The fields of a table; each is a file."""


class TokenWriter:
    """Writes a table in parts, one ``.npy`` file for each of its arrays."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._arrays = {name: ArrayWriter(folder / f"{name}.npy", kind) for name, kind in _ARRAYS.items()}
        self._arrays["starts"].append([0])
        self._arrays["first"].append([0])

    def append(self, table: TokenTable, first: int = 0, end: int | None = None) -> None:
        """Adds passages ``[first:end)`` of a table, all unless told otherwise."""
        end = len(table) if end is None else end
        token, token_end = int(table.starts[first]), int(table.starts[end])
        sentence, sentence_end = int(table.first[first]), int(table.first[end])
        arrays = self._arrays
        arrays["starts"].append(table.starts[first + 1 : end + 1] + (arrays["ids"].n_rows - token))
        arrays["first"].append(table.first[first + 1 : end + 1] + (arrays["begins"].n_rows - sentence))
        arrays["ids"].append(table.ids[token:token_end])
        arrays["begins"].append(table.begins[sentence:sentence_end])
        arrays["ends"].append(table.ends[sentence:sentence_end])

    def close(self) -> None:
        """Completes the files; closing them twice does no harm."""
        with ExitStack() as stack:
            for array in self._arrays.values():
                stack.callback(array.close)


def _each_of(opens: Bounds, closes: Bounds) -> Bounds:
    """The numbers of each range ``[opens[n]:closes[n])``, one range after the other.

    >>> _each_of(np.array([3, 9]), np.array([5, 10])).tolist()
    [3, 4, 9]
    """
    lengths = closes - opens
    ends = np.cumsum(lengths)
    return np.repeat(opens - (ends - lengths), lengths) + np.arange(lengths.sum())


def _pieces(passage: Passage) -> Iterator[tuple[str, bool]]:
    """The context, then sentences and what stands between them, such as the marks of list items."""
    yield f"{passage.context}.", False
    bounds = [passage.start, *(at for sentence in passage.sentences for at in sentence), passage.end]
    for number, (start, end) in enumerate(pairwise(bounds)):
        text = passage.text[start - passage.start : end - passage.start]
        if number % 2 or text.strip():
            yield text, bool(number % 2)
