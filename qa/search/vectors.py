"""The passages' vectors: all are compared while they are few; when they are many, short codes of them first.

::

    vectors.npy     (n_passages, dim) float32, row n belongs to passage n
    codes.npy       (n_passages, dim / 4) uint8, FAISS's product quantisation with four bits for two dimensions
    codebook.faiss  what the codes stand for

Up to ``EXACT_UP_TO`` passages FAISS compares every vector with the question, and there are no codes. Beyond that it
compares the codes, some thirty times as fast, and the best of them are compared by their vectors. How many that takes
to find ``SAME_AS_EXACT`` of the nearest hundred is measured when the codebook is made. (Lists around centres, IVF, were
tried: to find as many, a question has to look into a third of them.)
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.search.arrays import ArrayWriter, read_array
from qa.search.embeddings import Vectors

_faiss: Any = faiss  # its type hints leave out some of what there is
Rows = NDArray[np.int64]
Codes = NDArray[np.uint8]
Questions = Callable[[int], Vectors]
"""So many questions as (n, dim) float32: what is measured with."""

EXACT_UP_TO = 50_000
SAME_AS_EXACT = 0.99
_NEAREST = 100
_N_QUESTIONS = 256
_LEARNED_FROM = 20_000
_MOST_CHANGED = 0.2  # of the passages, before a new codebook is made
_ROWS_AT_ONCE = 32_768


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What is known of codes: for n passages ``pool`` × n are compared by their vectors, which finds ``recall``.

    They were measured with ``made_of`` passages; ``changed`` have come or gone since.
    """

    pool: int
    recall: float
    made_of: int
    changed: int = 0

    def after(self, n_changed: int) -> CodeFacts | None:
        """The facts when some more have come or gone; None when a new codebook should be made."""
        changed = self.changed + n_changed
        return replace(self, changed=changed) if changed <= _MOST_CHANGED * self.made_of else None


class VectorIndex:
    """The vectors of one generation; row n belongs to passage n."""

    def __init__(self, vectors: Vectors, codes: Codes | None = None, codebook: Any = None, pool: int = 1) -> None:
        """``codebook`` is a faiss.IndexPQ without vectors; without one all vectors are compared."""
        faiss.omp_set_num_threads(1)  # threads cost more than they gain on one question, and contend under load
        self.vectors, self.codes, self.codebook = vectors, codes, codebook
        self._pool = pool
        if codes is None:
            self._index = faiss.IndexFlatIP(vectors.shape[1])
            self._index.add(np.ascontiguousarray(vectors))
        else:
            self._index = _fast(codebook, codes)

    @classmethod
    def read(cls, folder: Path, facts: CodeFacts | None) -> VectorIndex:
        """Raises OSError, RuntimeError or ValueError when the files can't be read."""
        vectors = read_array(folder / "vectors.npy")
        if facts is None:
            return cls(vectors)
        codebook = faiss.read_index(str(folder / "codebook.faiss"))
        return cls(vectors, read_array(folder / "codes.npy"), codebook, facts.pool)

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(self, question: Vectors, limit: int) -> tuple[list[int], list[float]]:
        """Rows and inner products of the vectors nearest to a (dim,) float32 unit vector, best first."""
        if not len(self):
            return [], []
        (scores,), (rows,) = self._index.search(question[None, :], min(limit * self._pool, len(self)))
        if self.codes is not None:
            rows = rows[rows >= 0]
            scores = self.of(rows) @ question
        order = np.lexsort((rows, -scores))[:limit]
        return rows[order].tolist(), scores[order].tolist()

    def of(self, rows: Any) -> Vectors:
        """(n, dim) float32 unit rows of the passages given."""
        return np.asarray(self.vectors[np.asarray(rows, np.int64)], np.float32)


def write_codes(
    folder: Path, origin: Rows, before: VectorIndex | None, known: CodeFacts | None, questions: Questions
) -> CodeFacts | None:
    """Adds the codes to the vectors in a folder, if there are many; what is known of them.

    ``origin`` (n,) tells for each row which of ``before`` it is a copy of, -1 when it is new; ``known`` are the facts
    of ``before``.
    """
    if len(origin) <= EXACT_UP_TO:
        return None
    vectors = read_array(folder / "vectors.npy")
    n_kept = int((origin >= 0).sum())
    facts = known.after(len(origin) + len(before) - 2 * n_kept) if known and before else None
    with _all_cores():
        codebook = before.codebook if before and facts else _codebook(vectors)
        with ArrayWriter(folder / "codes.npy", np.uint8, (codebook.sa_code_size(),)) as codes:
            for first in range(0, len(origin), _ROWS_AT_ONCE):
                chunk = slice(first, first + _ROWS_AT_ONCE)
                codes.append(_codes(codebook, vectors[chunk], origin[chunk], before if facts else None))
        facts = facts or _measured(codebook, read_array(folder / "codes.npy"), vectors, questions(_N_QUESTIONS))
    with (folder / "codebook.faiss").open("wb") as file:  # faiss itself says nothing when the disk is full
        faiss.write_index(codebook, _faiss.PyCallbackIOWriter(file.write))
    return facts


def _codebook(vectors: Vectors) -> Any:
    """What four bits of each two dimensions stand for, learned from some of the vectors."""
    sample = np.random.default_rng(0).choice(len(vectors), min(len(vectors), _LEARNED_FROM), replace=False)
    dim = vectors.shape[1]
    n_parts = dim // 2 if dim % 2 == 0 else dim
    codebook = faiss.IndexPQ(dim, n_parts, 4, faiss.METRIC_INNER_PRODUCT)
    codebook.train(vectors[np.sort(sample)])
    return codebook


def _codes(codebook: Any, vectors: Vectors, origin: Rows, before: VectorIndex | None) -> Codes:
    """(n, code_size): those of before where there are any."""
    if before is None or before.codes is None:
        return np.asarray(codebook.sa_encode(np.ascontiguousarray(vectors)), np.uint8)
    codes = before.codes[np.maximum(origin, 0)]
    is_new = origin < 0
    if is_new.any():
        codes[is_new] = codebook.sa_encode(np.ascontiguousarray(vectors[is_new]))
    return codes


def _fast(codebook: Any, codes: Codes) -> Any:
    """An index that compares codes, many at once."""
    filled: Any = faiss.clone_index(codebook)
    faiss.copy_array_to_vector(np.ascontiguousarray(codes).reshape(-1), filled.codes)
    filled.ntotal = len(codes)
    return _faiss.IndexPQFastScan(filled)


def _measured(codebook: Any, codes: Codes, vectors: Vectors, questions: Vectors) -> CodeFacts:
    """The smallest pool in which nearly all is that comparing all would find."""
    expected = _nearest(vectors, questions)
    index = _fast(codebook, codes)
    pool, recall = 1, 0.0
    while recall < SAME_AS_EXACT and pool * _NEAREST < len(codes):
        pool += 1 if pool < 4 else pool // 2
        found = index.search(questions, min(pool * _NEAREST, len(codes)))[1]
        # What is in the pool and among the nearest of all is among the nearest of the pool as well.
        pairs = zip(found, expected, strict=True)
        recall = float(np.mean([len(np.intersect1d(some, nearest)) / len(nearest) for some, nearest in pairs]))
    return CodeFacts(pool, round(recall, 4), len(codes))


def _nearest(vectors: Vectors, questions: Vectors) -> Rows:
    """(n_questions, 100): the nearest rows of each question, all compared."""
    scores = np.zeros((len(questions), 0), np.float32)
    rows = np.zeros((len(questions), 0), np.int64)
    for first in range(0, len(vectors), _ROWS_AT_ONCE):
        products = questions @ vectors[first : first + _ROWS_AT_ONCE].T
        numbers = np.broadcast_to(np.arange(first, first + products.shape[1]), products.shape)
        scores, rows = np.hstack([scores, products]), np.hstack([rows, numbers])
        best = np.argpartition(-scores, min(_NEAREST, scores.shape[1]) - 1, axis=1)[:, :_NEAREST]
        scores, rows = np.take_along_axis(scores, best, 1), np.take_along_axis(rows, best, 1)
    return rows


@contextlib.contextmanager
def _all_cores() -> Iterator[None]:
    """Building is large work, unlike asking."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(1)
