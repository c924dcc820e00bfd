"""The words of a question, and how well each is found in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


MATCHED = 0.5
"""The cosine at which a subword counts as found."""


class Query(Protocol):
    """A question made ready to be compared with texts (late interaction, in the search room)."""

    @property
    def weights(self) -> Floats:
        """(n_question_tokens,) adding up to 1."""
        ...

    @property
    def written(self) -> tuple[str, ...]:
        """The question's words."""
        ...

    @property
    def word_starts(self) -> tuple[int, ...]:
        """Where each word begins among the tokens."""
        ...

    def matches(self, texts: Sequence[str]) -> Floats:
        """(n_question_tokens, n_texts): cosine of each subword of the question with its nearest in each text."""
        ...


def matched_words(query: Query, found: Floats) -> Iterator[tuple[str, float, float]]:
    """Each word of the question, its weight, and how well it is found; ``found`` (n_question_tokens,)."""
    bounds = pairwise((*query.word_starts, len(found)))
    for word, (start, end) in zip(query.written, bounds, strict=True):
        weights = query.weights[start:end]
        total = float(weights.sum())
        if total > 0:
            yield word, total, float(weights @ found[start:end]) / total


def says_name(word: str, question: str, language: str) -> bool:
    """Whether a word of a question is a name or an acronym: what a right answer can't do without."""
    opens = question.lstrip("\"'“”„«»(¿¡").startswith(word)
    is_always_written_so = language == "de" or re.match(r"I\b", word) is not None  # German nouns, "I", "I'm"
    is_name = word[:1].isupper() and not opens and not is_always_written_so
    return is_name or sum(letter.isupper() for letter in word) > 1
