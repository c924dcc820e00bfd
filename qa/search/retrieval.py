"""A question → Hits: BM25 and FAISS propose, late interaction joins them, one weighted sum ranks.

The weights differ by whether question and passage share a language: BM25 is the best single ranker within a
language and nearly blind across languages, the embedding the other way round. ``python -m training.retrieval``
learns them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.records import Hit
from qa.search.embeddings import Vectors
from qa.search.interaction import Query
from qa.search.store import Generation

_FILE = Path(__file__).with_name("retrieval.toml")
_RETURNED = 40  # hits: a page's other language versions among them
_KIN = frozenset(("nb", "nn", "da"))
"""Languages close enough that each other's words are mostly found by BM25."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Passages that a ranker proposes, with what each ranker says of them.

    ``rows`` (n,) int64 are their numbers in the index; ``parts`` (n, 3) float32 are cosine, BM25 (1 for the best
    passage of this question) and MaxSim; ``is_same_language`` (n,) says whether the question's language is theirs.
    """

    rows: NDArray[np.int64]
    parts: Vectors
    is_same_language: NDArray[np.bool_]

    def scores(self, same: Vectors, other: Vectors) -> Vectors:
        """(n,) float32: the weighted sum of the parts; ``same`` and ``other`` are (3,)."""
        return np.asarray(np.where(self.is_same_language, self.parts @ same, self.parts @ other), np.float32)


class Retriever:
    """Searches one generation of the index."""

    def __init__(self, generation: Generation, candidates: int) -> None:
        self._generation = generation
        self._candidates = candidates

    def search(self, query: Query, vector: Vectors, language: str) -> list[Hit]:
        """Hits best first, at most forty.

        ``vector`` is the question's, (dim,) float32 of length 1.
        """
        if not self._generation.passages:
            return []
        found = self.propose(query, vector, language)
        scores = found.scores(*weights())
        best = np.argsort(-scores, kind="stable")[:_RETURNED]
        columns = np.column_stack([scores, found.parts])[best].tolist()
        passage = self._generation.passages.row
        return [
            Hit(passage(row), score, dense, lexical, interaction, row)
            for row, (score, dense, lexical, interaction) in zip(found.rows[best].tolist(), columns, strict=True)
        ]

    def propose(self, query: Query, vector: Vectors, language: str) -> Proposals:
        """The best of BM25 and FAISS by both together, at most ``candidates``, compared subword by subword."""
        generation = self._generation
        near_rows, _ = generation.nearest(vector, self._candidates)
        word_rows, word_scores = generation.lexicon.search(query.words, self._candidates)
        rows = np.array(list(dict.fromkeys(near_rows + word_rows)), np.int64)
        bm25 = dict(zip(word_rows, word_scores, strict=True))
        lexical = np.array([bm25.get(row, 0.0) for row in rows.tolist()], np.float32)
        lexical /= max(word_scores, default=1.0)
        dense = generation.vectors_of(rows) @ vector
        is_same = _is_same(language, generation.languages[rows].tolist())
        found = Proposals(rows, np.column_stack([dense, lexical, np.zeros_like(dense)]), is_same)
        # Comparing subword by subword is what takes time: those that neither ranker puts near the top are left out.
        kept = np.sort(np.argsort(-found.scores(*weights()), kind="stable")[: self._candidates])
        parts = found.parts[kept]
        parts[:, 2] = query.max_sim(generation.tokens.passages(rows[kept]))
        return Proposals(rows[kept], parts, is_same[kept])


@lru_cache(maxsize=1)
def weights() -> tuple[Vectors, Vectors]:
    """The weights of cosine, BM25 and MaxSim, adding up to 1: within a language, and across languages; (3,) each."""
    table = tomllib.loads(_FILE.read_text("utf-8"))
    same, other = ([table[pair][name] for name in ("dense", "lexical", "interaction")] for pair in ("same", "other"))
    return np.array(same, np.float32), np.array(other, np.float32)


def _is_same(language: str, languages: Sequence[str]) -> NDArray[np.bool_]:
    same = _KIN if language in _KIN else {language}
    return np.array([code in same for code in languages], bool)
