"""Metrics as pure functions of ids and strings."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from math import log2

_NORDIC = "en ett et ei den det de"
_ARTICLES = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a an the",
        "sv": _NORDIC,
        "nb": _NORDIC,
        "nn": "ein ei eit den det dei",
        "da": _NORDIC,
        "de": "der die das den dem des ein eine einen einem einer eines",
        "fr": "le la les l un une des",
        "nl": "de het een",
        "es": "el la los las un una unos unas",
        "it": "il lo la i gli le l un uno una",
    }.items()
}
"""Articles that stand as words of their own; Finnish, Estonian, Icelandic and Polish have none."""


def recall_at(k: int, relevant: Collection[str], ranked: Sequence[str]) -> float:
    """1 when one of the first k is relevant, else 0. (One relevant document suffices: language versions are one fact.)

    >>> recall_at(2, {"b"}, ["a", "b", "c"]), recall_at(1, {"b"}, ["a", "b", "c"])
    (1.0, 0.0)
    """
    return float(any(document in relevant for document in ranked[:k]))


def reciprocal_rank(relevant: Collection[str], ranked: Sequence[str], k: int = 10) -> float:
    """1 / rank of the first relevant among the first k, else 0.

    >>> reciprocal_rank({"b"}, ["a", "b"])
    0.5
    """
    return next((1 / rank for rank, document in enumerate(ranked[:k], 1) if document in relevant), 0.0)


def ndcg_at(k: int, relevant: Collection[str], ranked: Sequence[str]) -> float:
    """Normalised discounted cumulative gain of the first k, every relevant document worth the same.

    ``ranked`` names each document once.

    >>> ndcg_at(10, {"a", "b"}, ["b", "a"]), round(ndcg_at(10, {"b"}, ["a", "b"]), 3)
    (1.0, 0.631)
    """
    gain = sum(1 / log2(rank + 1) for rank, document in enumerate(ranked[:k], 1) if document in relevant)
    best = sum(1 / log2(rank + 1) for rank in range(1, min(k, len(set(relevant))) + 1))
    return gain / best if best else 0.0


def exact_match(answers: Collection[str], text: str, language: str) -> float:
    """1 when the text is one of the answers but for case, punctuation and the language's articles (as in SQuAD).

    >>> exact_match(["The Executive Bureau"], "executive bureau.", "en")
    1.0
    """
    return float(any(_words(answer, language) == _words(text, language) for answer in answers if normalised(answer)))


def token_f1(answers: Collection[str], text: str, language: str) -> float:
    """How well the text's words agree with those of the best answer: harmonic mean of precision and recall.

    >>> token_f1(["in 1951", "1951"], "The year 1951", "en")  # precision 1/2, recall 1/1
    0.6666666666666666
    """
    said = Counter(_words(text, language))
    return max((_f1(Counter(_words(answer, language)), said) for answer in answers), default=0.0)


def _f1(gold: Counter[str], said: Counter[str]) -> float:
    common = (gold & said).total()
    return 2 * common / (gold.total() + said.total()) if common else 0.0


def _words(text: str, language: str) -> list[str]:
    """Normalised words without articles, unless there are no others."""
    words = normalised(text).split()
    return [word for word in words if word not in _ARTICLES.get(language, ())] or words


def contains_answer(answers: Collection[str], text: str) -> float:
    """1 when any answer stands in the text, whatever its case, spaces and thousands separators.

    >>> contains_answer(["1,300"], "Noin 1 300 ystävyyskuntaa"), contains_answer(["13"], "1300")
    (1.0, 0.0)
    """
    padded = f" {normalised(text)} "
    wanted = filter(None, map(normalised, answers))
    return float(any(f" {answer} " in padded for answer in wanted))


def normalised(text: str) -> str:
    """Lower-case words and numbers with one space between; digits grouped in thousands are joined.

    >>> normalised("Yli 1.000 kuntaa; “noin 90 %”")
    'yli 1000 kuntaa noin 90'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = [
        letter if letter.isalnum() else "" if _groups_thousands(folded, n) else " " for n, letter in enumerate(folded)
    ]
    return " ".join("".join(letters).split())


def _groups_thousands(text: str, n: int) -> bool:
    """Whether the separator at n stands between digits and exactly three more."""
    group = text[n + 1 : n + 4]
    return (
        text[n] in " .,'’"
        and n > 0
        and text[n - 1].isdigit()
        and len(group) == 3
        and group.isdigit()
        and not text[n + 4 : n + 5].isalnum()
    )
