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


def readable(language: str) -> tuple[str, ...]:
    """Languages that a user of one can probably read, best first.

    >>> readable("nb"), readable("fi")
    (('nb', 'nn', 'da', 'sv', 'en'), ('fi', 'en'))
    """
    return tuple(dict.fromkeys((language, *_ALSO_READ.get(language, ()), _LINGUA_FRANCA)))


def one_version_each(hits: Sequence[Hit], language: str) -> list[Hit]:
    """Hits of one language version of each page: the user's language when that version was found at all well.

    Else a language that the user can probably read. Language versions of a page are one fact; hits keep their order.
    """
    known = readable(language)
    rank = {code: place for place, code in enumerate(known)}
    best: dict[str, Hit] = {}
    chosen: dict[str, str] = {}
    for hit in hits:  # best first
        page, code = hit.passage.version_of, hit.passage.language
        best.setdefault(page, hit)
        is_near = rank.get(code, len(known)) < rank.get(chosen.get(page, code), len(known))
        if page not in chosen or (is_near and hit.score >= _VERSION_TOLERANCE * best[page].score):
            chosen[page] = code
    return [hit for hit in hits if chosen[hit.passage.version_of] == hit.passage.language]
