"""The words of the interface in every language it speaks; ``messages/<lang>.json`` holds them.

A page is in one language at a time: ``catalogue(code)`` gives that language's words, and a key that is
missing is a defect (a test finds it), never a silent fall-back to English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from qa.settings import INTERFACE_LANGUAGES

FOLDER = Path(__file__).parent / "messages"
DEFAULT_LANGUAGE = "en"
_SPOKEN_AS = {"no": "nb", "nn": "nb"}  # browsers say "no"; a Nynorsk reader is best served in Bokmål


@dataclass(frozen=True)
class Catalogue:
    """The words of one language."""

    language: str
    words: Mapping[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """The text under ``key`` with its ``{placeholders}`` filled in; KeyError for an unknown key."""
        return str(self.words[key]).format_map(values)

    def language_name(self, code: str) -> str:
        """The name of a language in this one; the code itself when it has no name here."""
        return str(self.words["languages"].get(code, code))

    def date(self, iso: str) -> str:
        """An ISO date as people write it; anything else is shown as it stands."""
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return iso
        number = self("first_day") if day.day == 1 else day.day
        return self("date", day=number, month=self.words["months"][day.month - 1], year=day.year)

    def examples(self) -> dict[str, list[str]]:
        """Topic → example questions that the shipped documents answer."""
        return dict(self.words["examples"])


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of an interface language."""
    return Catalogue(language, json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8")))


def spoken(code: str | None) -> str | None:
    """The interface language for a language tag, or None.

    >>> spoken("nn-NO"), spoken("FI"), spoken("xx")
    ('nb', 'fi', None)
    """
    primary = re.split("[-_]", (code or "").strip().lower())[0]
    primary = _SPOKEN_AS.get(primary, primary)
    return primary if primary in INTERFACE_LANGUAGES else None


def choose_language(asked: str | None, accept_language: str | None) -> str:
    """The page's language: what the address asks for, else what the browser prefers, else English.

    >>> choose_language(None, "is, nn;q=0.8, en;q=0.9, fi;q=0.1")
    'en'
    """
    for code in (asked, *_preferred(accept_language or "")):
        if language := spoken(code):
            return language
    return DEFAULT_LANGUAGE


def _preferred(header: str) -> list[str]:
    """The tags of an Accept-Language header, most wanted first; those refused with q=0 are left out."""
    ranked = []
    for position, part in enumerate(header[:500].split(",")):
        tag, _, quality = part.partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", quality)
        rank = float(weight[1]) if weight else 1.0
        if tag.strip() and rank > 0:
            ranked.append((-rank, position, tag))
    return [tag for _, _, tag in sorted(ranked)]
