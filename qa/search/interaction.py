"""Late interaction over static subword vectors: MaxSim, without a transformer.

Each subword of the question looks for its nearest subword in a text; what it finds counts by the subword's
weight, which is the norm that training gave it. MaxSim is ColBERT's (Khattab and Zaharia, 2020,
arXiv:2004.12832); that norms of static vectors are good weights was measured for this project. Where the
question's words name a concept of the glossary, they are also found by the concept's other names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from qa.search.embeddings import StaticModel, TokenIds, Vectors
from qa.search.glossary import Mentions

OTHER_NAME = 0.9  # the question's own word is a little better than another name of the same


@dataclass(frozen=True, slots=True)
class OtherName:
    """Subwords ``[start:end)`` of a question may be found as these subwords instead; ``weights`` add up to 1."""

    start: int
    end: int
    tokens: TokenIds
    weights: Vectors


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready to be compared with texts; ``weights`` (n_tokens,) float32 add up to 1."""

    model: StaticModel
    tokens: TokenIds
    weights: Vectors
    other_names: tuple[OtherName, ...] = ()
    words: str = ""
    """The question and the other names of what it mentions, for a search by words."""
    written: tuple[str, ...] = ()
    """The question's own words."""
    word_starts: tuple[int, ...] = ()
    """Where each of them begins among ``tokens``; a word without subwords has an empty stretch."""

    def matches(self, texts: Sequence[str]) -> Vectors:
        """(n_tokens, n_texts) float32: each subword's cosine with its nearest subword of each text.

        0 where a text has no subwords. Subwords that name a concept get what the best of its names got as a whole.
        """
        return self.matches_of([self.model.tokens(text) for text in texts])

    def matches_of(self, texts: Sequence[TokenIds]) -> Vectors:
        """As ``matches``, for texts that are cut into subwords already."""
        every = np.concatenate([self.tokens, *(name.tokens for name in self.other_names)])
        distinct, place = np.unique(every, return_inverse=True)  # names of one concept share many subwords
        found = _nearest(self.model, distinct, texts)[place]
        matches = found[: len(self.tokens)]
        position = len(self.tokens)
        for name in self.other_names:
            got = found[position : position + len(name.tokens)]
            as_a_whole = OTHER_NAME * (name.weights @ got)
            np.maximum(matches[name.start : name.end], as_a_whole, out=matches[name.start : name.end])
            position += len(name.tokens)
        return matches

    def max_sim(self, texts: Sequence[TokenIds]) -> Vectors:
        """(n_texts,) float32 in [-1, 1]: the weighted mean of the question's best cosines with each text."""
        return np.asarray(self.weights @ self.matches_of(texts), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class LateInteraction:
    """Makes questions ready. ``names`` keeps the glossary's names as subwords, with weights, once they were needed."""

    model: StaticModel
    mentions: Mentions
    names: dict[str, tuple[TokenIds, Vectors]] = field(default_factory=dict)

    def query(self, question: str, language: str) -> Query:
        """The question's subwords with their weights, and the other names of what it mentions."""
        words = [self.model.tokens(word) for word in question.split()]
        ends = np.cumsum([len(word) for word in words], dtype=np.int64)
        tokens = np.concatenate(words) if words else self.model.tokens("")
        mentioned = self.mentions.find(question, language)
        names = [
            OtherName(int(ends[mention.start]) - len(words[mention.start]), int(ends[mention.end - 1]), ids, weights)
            for mention in mentioned
            for ids, weights in map(self._name, mention.names)
            if len(ids)
        ]
        # One name a language: a search by words adds up what it finds, and synonyms would be counted twice.
        others = dict.fromkeys(name for mention in mentioned for name in mention.leading)
        weights = _weights(self.model, tokens)
        starts = tuple(int(end) - len(word) for end, word in zip(ends, words, strict=True))
        written = tuple(question.split())
        return Query(self.model, tokens, weights, tuple(names), " ".join([question, *others]), written, starts)

    def _name(self, name: str) -> tuple[TokenIds, Vectors]:
        if name not in self.names:
            ids = self.model.tokens(name)
            self.names[name] = ids, _weights(self.model, ids)
        return self.names[name]


def _weights(model: StaticModel, tokens: TokenIds) -> Vectors:
    """(n_tokens,) float32 adding up to 1; all 0 when no subword has a weight."""
    norms = model.token_norms[tokens]
    total = float(norms.sum())
    return np.asarray(norms / total if total > 0 else norms, dtype=np.float32)


def _nearest(model: StaticModel, tokens: TokenIds, texts: Sequence[TokenIds]) -> Vectors:
    """(n_tokens, n_texts) float32: the highest cosine of each subword with any of a text's; 0 for an empty text."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    found = np.zeros((len(texts), len(tokens)), dtype=np.float32)  # a text a row: rows are what is fast to compare
    filled = lengths > 0
    if not filled.any() or not len(tokens):
        return found.T
    flat = np.concatenate(texts)
    distinct, column = _distinct(flat, len(model.token_vectors))
    cosines = model.unit_token_vectors[distinct] @ model.unit_token_vectors[tokens].T
    starts = (np.cumsum(lengths) - lengths)[filled]
    found[filled] = np.maximum.reduceat(cosines[column[flat]], starts, axis=0)
    return found.T


def _distinct(flat: TokenIds, vocabulary_size: int) -> tuple[TokenIds, TokenIds]:
    """Distinct ids, and for each id of the vocabulary its place among them: texts repeat their words.

    Marking them in the vocabulary is some ten times faster than sorting, as ``numpy.unique`` would.
    """
    present = np.zeros(vocabulary_size, dtype=bool)
    present[flat] = True
    distinct = np.flatnonzero(present).astype(np.int32)
    column = np.empty(vocabulary_size, dtype=np.int32)
    column[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct, column
