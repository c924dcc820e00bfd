"""Late interaction over static subword vectors: MaxSim, without a transformer.

Each subword of the question looks for its nearest subword in a text; what it finds counts by the subword's
weight, which is the norm that training gave it. MaxSim is ColBERT's (Khattab and Zaharia, 2020,
arXiv:2004.12832); that norms of static vectors are good weights was measured for this project. Where the
question's words name a concept of the glossary, they are also found by the concept's other names.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qa.records import Subwords
from qa.search.cosines import Cosines
from qa.search.embeddings import StaticModel, TokenIds, Vectors
from qa.search.glossary import Mentions

OTHER_NAME = 0.9  # the question's own word is a little better than another name of the same


@dataclass(frozen=True, slots=True)
class OtherNames:
    """Subwords ``[start:end)`` of a question may be found as another name of the same instead.

    ``weights`` (n_names, n_compared) has a row a name, which adds up to 1 over the name's subwords.
    """

    start: int
    end: int
    weights: Vectors


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready to be compared with texts; ``weights`` (n_tokens,) float32 add up to 1.

    ``places`` (n_tokens,) are those of its subwords among the ones that ``cosines`` compares, which are distinct.
    It remembers what it was compared with: threads must not share it.
    """

    model: StaticModel
    tokens: TokenIds
    weights: Vectors
    cosines: Cosines
    places: NDArray[np.int64]
    other_names: tuple[OtherNames, ...] = ()
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
        return self.matches_of(Subwords.of([self.model.tokens(text) for text in texts]))

    def matches_of(self, texts: Subwords) -> Vectors:
        """As ``matches``, for texts that are cut into subwords already."""
        found = self.cosines.nearest(texts)
        matches = found.T[self.places]
        for names in self.other_names:
            as_a_whole = OTHER_NAME * (names.weights @ found.T).max(axis=0)
            np.maximum(matches[names.start : names.end], as_a_whole, out=matches[names.start : names.end])
        return matches

    def max_sim(self, texts: Subwords) -> Vectors:
        """(n_texts,) float32 in [-1, 1]: the weighted mean of the question's best cosines with each text."""
        return np.asarray(self.weights @ self.matches_of(texts), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of a concept as subwords: ``ids``, each with the number of its name and its weight in that."""

    ids: TokenIds
    numbers: NDArray[np.int64]
    weights: Vectors


@dataclass(frozen=True, slots=True)
class LateInteraction:
    """Makes questions ready. ``known`` keeps the glossary's names as subwords, with weights, once they were needed."""

    model: StaticModel
    mentions: Mentions
    known: dict[tuple[str, ...], _Names] = field(default_factory=dict)

    def query(self, question: str, language: str) -> Query:
        """The question's subwords with their weights, and the other names of what it mentions."""
        written = tuple(question.split())
        words = [self.model.tokens(word) for word in written]
        ends = [0, *itertools.accumulate(map(len, words))]
        tokens = np.concatenate(words) if words else self.model.tokens("")
        mentioned = self.mentions.find(question, language)
        names = [self._names(mention.names) for mention in mentioned]
        # Names of one concept share many subwords.
        distinct, places = np.unique(np.concatenate([tokens, *(of.ids for of in names)]), return_inverse=True)
        others, at = [], len(tokens)
        for mention, of in zip(mentioned, names, strict=True):
            if len(of.ids):
                weights = np.zeros((of.numbers[-1] + 1, len(distinct)), np.float32)
                np.add.at(weights, (of.numbers, places[at : at + len(of.ids)]), of.weights)
                others.append(OtherNames(ends[mention.start], ends[mention.end], weights))
                at += len(of.ids)
        return Query(
            self.model,
            tokens,
            _weights(self.model, tokens),
            Cosines(self.model, distinct),
            places[: len(tokens)],
            tuple(others),
            # One name a language: a search by words adds up what it finds, and synonyms would be counted twice.
            " ".join([question, *dict.fromkeys(name for mention in mentioned for name in mention.leading)]),
            written,
            tuple(ends[:-1]),
        )

    def _names(self, names: tuple[str, ...]) -> _Names:
        if names not in self.known:
            cut = [ids for ids in map(self.model.tokens, names) if len(ids)]
            numbers = np.repeat(np.arange(len(cut)), [len(ids) for ids in cut])
            weights = [_weights(self.model, ids) for ids in cut] or [np.zeros(0, np.float32)]
            self.known[names] = _Names(Subwords.of(cut).ids, numbers, np.concatenate(weights))
        return self.known[names]


def _weights(model: StaticModel, tokens: TokenIds) -> Vectors:
    """(n_tokens,) float32 adding up to 1; all 0 when no subword has a weight."""
    norms = model.token_norms[tokens]
    total = float(norms.sum())
    return np.asarray(norms / total if total > 0 else norms, dtype=np.float32)
