"""Greetings, thanks and the like get a fitting reply instead of a search.

``smalltalk.toml`` holds what people say and what is said back. Only a remark that is small talk through and
through counts; a question after a greeting is a question. Nothing here pretends to be a person.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from qa.answer.replies import interface_language
from qa.records import Contact, Document
from qa.text import folded

_FILE = Path(__file__).with_name("smalltalk.toml")
_LONGEST_REMARK = 12  # words
_LONGEST_COURTESY = 6  # words
_SHORTEST_MISSPELT = 5  # letters: "hei" and "hej" are two words
_LONGEST_MISSPELT = 40  # trying each letter costs the square of the length
_COURTESIES = ("greeting", "thanks")  # what may stand before a question
HUMAN = "human"

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_LENGTHENED = re.compile(r"(\w)\1{2,}")  # "heiii"


@dataclass(frozen=True, slots=True)
class Remark:
    """Small talk: a table of ``smalltalk.toml``, and the languages in which it is said so."""

    about: str
    languages: tuple[str, ...]


def remark_in(question: str) -> Remark | None:
    """The small talk that a question is; None when any of it is more than that.

    >>> remark_in("Moikka!")
    Remark(about='greeting', languages=('fi',))
    >>> remark_in("Thanks to whom was CEMR founded?")
    """
    spoken = _spoken(question)
    said = _phrases_in([word for word, _ in spoken]) if 0 < len(spoken) <= _LONGEST_REMARK else None
    if not said:
        return None
    order = tuple(_read()["phrases"])
    chosen = max(said, key=lambda phrase: order.index(phrase.about))
    shared = [code for code in chosen.languages if all(code in phrase.languages for phrase in said)]
    return Remark(chosen.about, tuple(shared) or chosen.languages)


def without_courtesy(question: str) -> str:
    """A question without the greeting or thanks before it.

    >>> without_courtesy("Hello, who leads the renewal?"), without_courtesy("Thanks to whom does it exist?")
    ('who leads the renewal?', 'Thanks to whom does it exist?')
    """
    spoken = _spoken(question)
    words = [word for word, _ in spoken]
    if not words or _right_spelling(words[0]) not in _spellings()[0]:
        return question
    for size in range(min(len(words) - 1, _LONGEST_COURTESY), 0, -1):
        rest = question[spoken[size - 1][1] :]
        said = _phrases_in(words[:size])
        if not said or any(phrase.about not in _COURTESIES for phrase in said):
            continue
        if rest.lstrip()[:1] in ",.!;:–-" or all(phrase.about == "greeting" for phrase in said):
            return rest.lstrip(" ,.!;:–-…)") or question
    return question


def spoken_reply(about: str, language: str, contact: Contact | None = None) -> str:
    """What is said back, in the interface language nearest to a language."""
    words = _read()["replies"][interface_language(language)]
    if about == HUMAN and contact:
        return str(words["human_contact"]).format(name=contact.name, address=contact.email or contact.phone)
    return str(words[about])


def general_contact(documents: Iterable[Document]) -> str | None:
    """The name of whoever is the documents' contact for things in general and can be reached; None without one.

    A title, unit or task that says so counts more than a page about feedback, say, which gives the contact.
    """
    points: dict[str, float] = defaultdict(float)
    reachable = set()
    for document in documents:
        about_page = _is_general(document.title)
        for contact in document.contacts:
            own = " ".join(filter(None, (contact.title, contact.unit, *contact.responsibilities)))
            points[contact.name] += 2 * _is_general(own) + about_page
            if contact.email or contact.phone:
                reachable.add(contact.name)
    best = max(sorted(reachable), key=lambda name: points[name], default=None)
    return best if best and points[best] else None


def _is_general(text: str) -> bool:
    plain = folded(text)
    return any(stem in plain for stem in _read()["general"])


def _spoken(question: str) -> list[tuple[str, int]]:
    """The words as they are compared, and where each ends in the question."""
    plain = question.replace("’", "'")
    return [(_LENGTHENED.sub(r"\1", folded(word[0])), word.end()) for word in _WORD.finditer(plain)]


def _phrases_in(words: Sequence[str]) -> list[Remark] | None:
    """Phrases that make up all the words, with fillers around or within them; None when they don't."""
    known, _ = _spellings()
    spelt = list(takewhile(known.__contains__, map(_right_spelling, words)))
    if len(spelt) < len(words):
        return None
    whole, fillers, bare = _known()
    return _covered(spelt, whole) or _covered([word for word in spelt if word not in fillers], bare)


def _covered(words: Sequence[str], phrases: Mapping[tuple[str, ...], Remark]) -> list[Remark] | None:
    _, fillers, _ = _known()
    found: list[Remark] = []
    position = 0
    while position < len(words):
        for size in range(min(_LONGEST_REMARK, len(words) - position), 0, -1):
            phrase = phrases.get(tuple(words[position : position + size]))
            if phrase:
                found.append(phrase)
                position += size
                break
        else:
            if words[position] not in fillers:
                return None
            position += 1
    return found or None


def _right_spelling(word: str) -> str:
    """The word of a phrase that a word is, or is but for one letter."""
    known, near = _spellings()
    if word in known or not _SHORTEST_MISSPELT <= len(word) <= _LONGEST_MISSPELT:
        return word
    return next((near[short] for short in (word, *_one_less(word)) if short in near), word)


def _one_less(word: str) -> list[str]:
    return [word[:n] + word[n + 1 :] for n in range(len(word))]


@lru_cache(maxsize=1)
def _known() -> tuple[Mapping[tuple[str, ...], Remark], frozenset[str], Mapping[tuple[str, ...], Remark]]:
    """Phrases by their words, the fillers, and phrases by their words without fillers (if two are left)."""
    read = _read()
    fillers = frozenset(word for said in read["fillers"].values() for filler in said for word, _ in _spoken(filler))
    whole: dict[tuple[str, ...], Remark] = {}
    bare: dict[tuple[str, ...], Remark] = {}
    for about, table in read["phrases"].items():
        for code, phrase in ((code, phrase) for code, said in table.items() for phrase in said):
            words = tuple(word for word, _ in _spoken(phrase))
            _add(whole, words, about, code)
            kept = tuple(word for word in words if word not in fillers)
            if len(kept) > 1:
                _add(bare, kept, about, code)
    return whole, fillers, bare


def _add(phrases: dict[tuple[str, ...], Remark], words: tuple[str, ...], about: str, code: str) -> None:
    before = phrases.get(words)
    same = before.languages if before and before.about == about else ()
    phrases[words] = Remark(about, tuple(dict.fromkeys((*same, code))))


@lru_cache(maxsize=1)
def _spellings() -> tuple[frozenset[str], Mapping[str, str]]:
    """The words of all phrases, and those of some length by what is left of them without one letter."""
    phrases, fillers, _ = _known()
    known = frozenset(word for phrase in phrases for word in phrase) | fillers
    near: dict[str, str] = {}
    for word in sorted(known):
        if len(word) >= _SHORTEST_MISSPELT:
            for short in (word, *_one_less(word)):
                near.setdefault(short, word)
    return known, near


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))
