"""Kysy's own words in an answer, in the user's language."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from qa.settings import INTERFACE_LANGUAGES

_FILE = Path(__file__).with_name("replies.toml")
_NEAREST = {"nn": "nb"}


def interface_language(language: str) -> str:
    """The interface language nearest to a language: itself, a close relative, or English.

    >>> interface_language("fi"), interface_language("nn"), interface_language("und")
    ('fi', 'nb', 'en')
    """
    language = _NEAREST.get(language, language)
    return language if language in INTERFACE_LANGUAGES else "en"


def not_found(language: str) -> str:
    """The refusal."""
    return str(_replies()[interface_language(language)]["not_found"])


def nobody_named(language: str) -> str:
    """The refusal when somebody to contact is asked for."""
    return str(_replies()[interface_language(language)]["nobody_named"])


def source_notice(language: str, source_language: str) -> str | None:
    """That the source is in another language; None when it is in the user's, or in one that isn't known."""
    words = _replies()[interface_language(language)]
    name = words["languages"].get(source_language)
    return str(words["notice"]).format(language=name) if name and source_language != language else None


@lru_cache(maxsize=1)
def _replies() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))
