"""Metrics as pure functions of ids and strings."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence


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
