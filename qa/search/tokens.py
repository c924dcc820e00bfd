"""The passages' subwords, told apart by sentence: what late interaction and reading compare a question with.

They are made once, when the index is built. Subwords never cross white space (see ``StaticModel.tokens``), so the
subwords of a sentence are a slice of its passage's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.records import Passage
from qa.search.embeddings import TokenIds

Bounds = NDArray[np.int64]


class Tokenizer(Protocol):
    """Cuts a text into subwords."""

    def tokens(self, text: str) -> TokenIds:
        """(n_subwords,) int32."""
        ...


@dataclass(frozen=True, slots=True)
class TokenTable:
    """Subwords of all passages. Passage n has ``ids[starts[n]:starts[n + 1]]``, its title and headings first.

    ``ids`` is (n_subwords,) int32, ``starts`` (n_passages + 1,) int64. Passage n has the sentences
    ``first[n]:first[n + 1]``, and sentence m the subwords ``ids[begins[m]:ends[m]]``; all int64.
    """

    ids: TokenIds
    starts: Bounds
    first: Bounds
    begins: Bounds
    ends: Bounds

    def __len__(self) -> int:
        """The number of passages."""
        return len(self.starts) - 1

    @classmethod
    def of(cls, passages: Sequence[Passage], tokenizer: Tokenizer) -> TokenTable:
        """The table of passages as they are embedded: context first."""
        pieces: list[TokenIds] = []
        starts, first, begins, ends = [0], [0], [], []
        position = 0
        for passage in passages:
            for text, is_sentence in _pieces(passage):
                ids = tokenizer.tokens(text)
                pieces.append(ids)
                if is_sentence:
                    begins.append(position)
                    ends.append(position + len(ids))
                position += len(ids)
            starts.append(position)
            first.append(len(begins))
        flat = np.concatenate(pieces).astype(np.int32) if pieces else np.zeros(0, np.int32)
        return cls(flat, *(np.array(column, np.int64) for column in (starts, first, begins, ends)))

    def passage(self, row: int) -> TokenIds:
        """The subwords of a passage with its context."""
        return self.ids[self.starts[row] : self.starts[row + 1]]

    def context(self, row: int) -> TokenIds:
        """The subwords of a passage's title and heading."""
        return self.ids[self.starts[row] : self.begins[self.first[row]]]

    def sentences(self, row: int) -> list[TokenIds]:
        """The subwords of each sentence of a passage."""
        numbers = range(self.first[row], self.first[row + 1])
        return [self.ids[self.begins[number] : self.ends[number]] for number in numbers]

    def save(self, file: BinaryIO) -> None:
        """Writes the five arrays in numpy's format."""
        np.savez(file, ids=self.ids, starts=self.starts, first=self.first, begins=self.begins, ends=self.ends)

    @classmethod
    def load(cls, file: BinaryIO) -> TokenTable:
        """Reads what ``save`` wrote. Raises ValueError or KeyError when it is something else."""
        with np.load(file, allow_pickle=False) as arrays:
            table = cls(*(arrays[name] for name in ("ids", "starts", "first", "begins", "ends")))
        if len(table.first) != len(table.starts) or table.starts[-1] != len(table.ids):
            raise ValueError("its tables disagree")
        return table


def _pieces(passage: Passage) -> Iterator[tuple[str, bool]]:
    """The context, then sentences and what stands between them, such as the marks of list items."""
    yield f"{passage.context}.", False
    bounds = [passage.start, *(at for sentence in passage.sentences for at in sentence), passage.end]
    for number, (start, end) in enumerate(pairwise(bounds)):
        text = passage.text[start - passage.start : end - passage.start]
        if number % 2 or text.strip():
            yield text, bool(number % 2)
