"""The table that tells the language of a short question: naive Bayes over the model's own subwords.

Detectors trained on long text fail on a question of five words, most of all between Danish and Norwegian. The
subwords of the question are there anyhow, and a sum of their logarithms costs nothing. Software strings make up
most of the Norwegian and Danish rows and hardly ever ask anything, so questions and sentences count for more.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .data import LANGUAGES, Group
from .pairs import Subwords, ranges
from .tokenizer import UNKNOWN

GROUP_WEIGHTS = {
    "localisation": 0.2,
    "civic": 0.5,
    "short": 0.05,
    "sentences": 1.0,
    "questions": 1.0,
    "passages": 0.3,
    "dictionaries": 1.0,
    "yso": 0.05,
    "question-passage": 0.3,
}
"""What one occurrence in a text of the group counts; the groups not named say nothing new."""
QUESTION_WEIGHT = 20.0
SMOOTHING = 1.0
"""Times 10,000: occurrences added to every language, spread over the subwords as all languages together use them."""


def weighted_counts(
    groups: list[Group], subwords: Subwords, vocabulary: int, asks: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how often each subword occurs in each language, (14, vocabulary) float64, weighted by kind of text.

    `asks` (n_texts,) says which texts are questions.
    """
    counts = np.zeros((len(LANGUAGES), vocabulary))
    for group in groups:
        weight = GROUP_WEIGHTS.get(group.name, 0.0)
        for number in range(len(LANGUAGES) if weight else 0):
            texts = np.unique(group.text[group.language == number])
            size = subwords.offsets[texts + 1] - subwords.offsets[texts]
            flat = subwords.flat[ranges(subwords.offsets[texts], size)]
            each = np.repeat(np.where(asks[texts], QUESTION_WEIGHT, 1.0), size)
            counts[number] += weight * np.bincount(flat, each, minlength=vocabulary)
    return counts


def language_table(counts: NDArray[np.float64], smoothing: float = SMOOTHING) -> NDArray[np.float16]:
    """Return log p(subword | language), (14, vocabulary) float16.

    A language with little text lends from all languages together: each gets the same number of added occurrences,
    spread as the subwords are spread overall, so that rare subwords do not speak for the language with most text.
    """
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    overall = share.mean(0) + 1e-7
    added = smoothing * 1e4 * overall / overall.sum()
    table = (counts + added) / (counts.sum(1, keepdims=True) + added.sum())
    return np.asarray(np.log(table), np.float16)


def save_table(path: Path, table: NDArray[np.float16]) -> None:
    """Write `languages` (14,) unicode and `log_probability` (14, vocabulary) float16; nothing pickled."""
    np.savez_compressed(path, languages=np.array(LANGUAGES), log_probability=table)


def identify(texts: list[str], tokenizer: Tokenizer, table: NDArray[np.float16]) -> NDArray[np.float64]:
    """Return the log-likelihood of each language for each text, (n_texts, 14) float64; unknown subwords are silent."""
    silent = tokenizer.token_to_id(UNKNOWN)
    scores = np.zeros((len(texts), len(table)))
    for row, encoding in enumerate(tokenizer.encode_batch_fast(texts, add_special_tokens=False)):
        known = [token for token in encoding.ids if token != silent]
        scores[row] = table[:, known].astype(np.float64).sum(1)
    return scores
