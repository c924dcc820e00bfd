"""Language versions of a page are one fact: which of them speaks to the user."""

from __future__ import annotations

from collections.abc import Sequence

from qa.records import Hit

_VERSION_TOLERANCE = 0.75  # of the best version's score; a version far below it doesn't hold the answer
_LINGUA_FRANCA = "en"
_ALSO_READ = {
    "nn": ("nb", "da", "sv"),
    "nb": ("nn", "da", "sv"),
    "da": ("nb", "nn", "sv"),
    "sv": ("nb", "da"),
    "is": ("da",),
}


def one_version_each(hits: Sequence[Hit], language: str) -> list[Hit]:
    """Hits of one language version of each page: the user's language when that version was found at all well.

    Else a language that the user can probably read. Language versions of a page are one fact; hits keep their order.
    """
    readable = (language, *_ALSO_READ.get(language, ()), _LINGUA_FRANCA)
    best: dict[str, Hit] = {}
    for hit in hits:
        page = hit.passage.version_of
        if page not in best or _prefers(hit, best[page], readable):
            best[page] = hit
    return [hit for hit in hits if best[hit.passage.version_of].passage.language == hit.passage.language]


def _prefers(hit: Hit, held: Hit, readable: Sequence[str]) -> bool:
    """Whether a hit's language is nearer to the user than that of a better hit on the same page."""
    rank = {code: place for place, code in reversed(list(enumerate(readable)))}
    here, there = rank.get(hit.passage.language, len(readable)), rank.get(held.passage.language, len(readable))
    return here < there and hit.score >= _VERSION_TOLERANCE * held.score
