"""Each subword of a question looks for its nearest subword in every text: where asking spends most of its time.

All cosines of the question's subwords with the texts' are one product of two matrices, made a stretch at a time so that
a stretch stays in the processor's cache between being collected and being multiplied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qa.records import Subwords
from qa.search.embeddings import StaticModel, TokenIds, Vectors

_ROWS_AT_ONCE = 256
_BLOCK = 16
_STEPS = np.arange(_BLOCK)[:, None]


class Cosines:
    """The cosines of some subwords with those of texts. What was compared once isn't again: a question is searched
    with and then read with, and what is read was found.

    It belongs to one question; threads must not share it.
    """

    def __init__(self, model: StaticModel, tokens: TokenIds) -> None:
        self._vectors = model.unit_token_vectors
        self._asked = np.ascontiguousarray(self._vectors[tokens].T)
        self._known = np.zeros((0, len(tokens)), np.float32)  # a row a subword compared
        self._rows: NDArray[np.int64] | None = None  # of each subword of the vocabulary; -1 before it is compared

    def nearest(self, texts: Subwords) -> Vectors:
        """(n_texts, n_tokens) float32: the highest cosine of each subword with any of a text's; 0 for an empty text."""
        found = np.zeros((len(texts), self._known.shape[1]), np.float32)
        if not len(texts.ids) or not found.size:
            return found
        rows = self._rows_of(texts.ids.astype(np.int64))
        lengths = np.diff(texts.ends, prepend=0)
        # Blocks of some rows are reduced all at once, then the blocks of a text: many short reductions take five times
        # as long. In the last block of a text its last subword stands in for those that are missing.
        n_blocks = -(-lengths // _BLOCK)
        first = np.cumsum(n_blocks) - n_blocks
        at = _BLOCK * np.arange(n_blocks.sum()) + np.repeat(texts.ends - lengths - _BLOCK * first, n_blocks)
        places = np.minimum(at + _STEPS, np.repeat(texts.ends - 1, n_blocks))
        best = self._known.take(rows.take(places), axis=0).max(axis=0)
        filled = lengths > 0
        found[filled] = np.maximum.reduceat(best, first[filled], axis=0)
        return found

    def _rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n_ids,): the row of each id among the known, which are then all of them."""
        if self._rows is None:
            self._rows = np.full(len(self._vectors), -1, np.int64)
        rows = self._rows.take(ids)
        new = ids[rows < 0]
        if not len(new):
            return rows
        # Of equal ids one is left standing in the table; sorting, as numpy.unique does, takes ten times as long.
        order = np.arange(len(new))
        self._rows[new] = order
        distinct = new[self._rows.take(new) == order]
        self._rows[distinct] = len(self._known) + order[: len(distinct)]
        self._known = np.concatenate([self._known, self._compared(distinct)])
        return self._rows.take(ids)

    def _compared(self, ids: NDArray[np.int64]) -> Vectors:
        """(n_ids, n_tokens): the cosines of subwords with those asked for."""
        cosines = np.empty((len(ids), self._asked.shape[1]), np.float32)
        collected = np.empty((min(_ROWS_AT_ONCE, len(ids)), len(self._asked)), np.float32)
        for first in range(0, len(ids), _ROWS_AT_ONCE):
            some = ids[first : first + _ROWS_AT_ONCE]
            rows = self._vectors.take(some, axis=0, out=collected[: len(some)], mode="clip")
            np.matmul(rows, self._asked, out=cosines[first : first + len(some)])
        return cosines
