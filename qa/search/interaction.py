"""Late interaction over static subword vectors: MaxSim, without a transformer.

Each subword of the question looks for its nearest subword in a text; what it finds counts by the subword's
weight, which is the norm that training gave it. MaxSim is ColBERT's (Khattab and Zaharia, 2020,
arXiv:2004.12832); that norms of static vectors are good weights was measured for this project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.search.embeddings import StaticModel, TokenIds, Vectors


@dataclass(frozen=True, slots=True)
class LateInteraction:
    """Compares the subwords of a question with those of texts."""

    model: StaticModel

    def tokens(self, text: str) -> TokenIds:
        """Ids of the text's subwords, (n_tokens,) int32."""
        return self.model.tokens(text)

    def weights(self, question: TokenIds) -> Vectors:
        """(n_question_tokens,) float32, adding up to 1 (all 0 when no subword has a weight)."""
        norms = self.model.token_norms[question]
        total = float(norms.sum())
        return np.asarray(norms / total if total > 0 else norms, dtype=np.float32)

    def matches(self, question: TokenIds, texts: Sequence[TokenIds]) -> Vectors:
        """(n_question_tokens, n_texts) float32: each subword's cosine with its nearest subword of each text.

        0 where a text has no subwords.
        """
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        found = np.zeros((len(question), len(texts)), dtype=np.float32)
        filled = lengths > 0
        if not filled.any() or not len(question):
            return found
        flat = np.concatenate(texts)
        distinct, column = self._distinct(flat)
        vectors = self.model.unit_token_vectors
        cosines = vectors[question] @ vectors[distinct].T
        starts = (np.cumsum(lengths) - lengths)[filled]
        found[:, filled] = np.maximum.reduceat(cosines[:, column[flat]], starts, axis=1)
        return found

    def max_sim(self, question: TokenIds, texts: Sequence[TokenIds]) -> Vectors:
        """(n_texts,) float32 in [-1, 1]: the weighted mean of the question's best cosines with each text."""
        return np.asarray(self.weights(question) @ self.matches(question, texts), dtype=np.float32)

    def _distinct(self, flat: TokenIds) -> tuple[TokenIds, TokenIds]:
        """Distinct ids, and for each id of the vocabulary its place among them: texts repeat their words.

        Marking them in the vocabulary is some ten times faster than sorting, as ``numpy.unique`` would.
        """
        present = np.zeros(len(self.model.token_vectors), dtype=bool)
        present[flat] = True
        distinct = np.flatnonzero(present).astype(np.int32)
        column = np.empty(len(present), dtype=np.int32)
        column[distinct] = np.arange(len(distinct), dtype=np.int32)
        return distinct, column
