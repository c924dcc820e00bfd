"""A question → Hits: BM25 and FAISS propose, late interaction joins them, one weighted sum ranks.

The weights differ by whether question and passage share a language: BM25 is the best single ranker within a
language and nearly blind across languages, the embedding the other way round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qa.records import Hit
from qa.search.embeddings import Vectors
from qa.search.interaction import Query
from qa.search.store import Generation


class Weights(NamedTuple):
    """A convex combination: the three add up to 1."""

    dense: float
    lexical: float
    interaction: float


SAME_LANGUAGE = Weights(dense=0.30, lexical=0.15, interaction=0.55)
OTHER_LANGUAGE = Weights(dense=0.35, lexical=0.05, interaction=0.60)

_KIN = frozenset(("nb", "nn", "da"))
"""Languages close enough that each other's words are mostly found by BM25."""


class Retriever:
    """Searches one generation of the index."""

    def __init__(self, generation: Generation, candidates: int) -> None:
        self._generation = generation
        self._candidates = candidates

    def search(self, query: Query, vector: Vectors, language: str) -> list[Hit]:
        """Hits best first, at most as many as the setting ``candidates``.

        ``vector`` is the question's, (dim,) float32 of length 1.
        """
        generation = self._generation
        near_rows, _ = generation.nearest(vector, self._candidates)
        word_rows, word_scores = generation.lexicon.search(query.words, self._candidates)
        rows = list(dict.fromkeys(near_rows + word_rows))
        tokens = [generation.tokens.passage(row) for row in rows]
        dense = generation.vectors_of(rows) @ vector
        interaction = query.max_sim(tokens)
        bm25 = dict(zip(word_rows, word_scores, strict=True))
        lexical = np.array([bm25.get(row, 0.0) for row in rows], dtype=np.float32)
        weights = np.array([_weights(language, generation.passages[row].language) for row in rows], dtype=np.float32)
        parts = np.stack([dense, lexical / max(word_scores, default=1.0), interaction], axis=1)
        scores = (weights * parts).sum(axis=1)
        best = np.argsort(-scores, kind="stable")[: self._candidates]
        return [
            Hit(
                generation.passages[rows[n]],
                float(scores[n]),
                float(dense[n]),
                bm25.get(rows[n], 0.0),
                float(interaction[n]),
                rows[n],
            )
            for n in best.tolist()
        ]


def _weights(question_language: str, passage_language: str) -> Weights:
    same = question_language == passage_language or {question_language, passage_language} <= _KIN
    return SAME_LANGUAGE if same else OTHER_LANGUAGE
