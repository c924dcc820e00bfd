"""Who is asked for: the people named in a question, or those whose duties fit its topic.

"What is Sulin's title?" names somebody, and the documents tell the title or they don't. "Who do I contact about twin
towns?" is compared with the duties, title and unit of everybody who is a contact, across languages. A thing that no
page tells of a person is never answered by what is told of them.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.answer.contacts import People, Person
from qa.answer.question import ATTRIBUTE_KINDS, CONTACT_KINDS, asks_only, topic_of
from qa.records import Subwords

Floats = NDArray[np.float32]
Tokens = NDArray[np.int32]

_FILE = Path(__file__).with_name("routing.toml")
_MARKS = ".,;:!?¿¡()[]{}\"'“”„«»…–-"
_MOST_CARDS = 3
_NEXT_BEST = 0.12  # who fits nearly as well as the best is shown too
_LEFT = 0.5  # what the worst word of a topic leaves unfound counts half
_FITS = 0.29  # at which a person fits as likely as not
_FITS_A_NAME_ASKED = 0.38  # the same for "who leads …": a president of something is no contact for it
_STEEPNESS = 12.0
_NAMED = 0.99
_WAYS = ("email", "phone")
_ATTRIBUTES = ("title", "unit", "responsibilities")
ROUTED_KINDS = (*CONTACT_KINDS, "person")


class Query(Protocol):
    """A topic made ready to be compared with texts (late interaction, in the search room)."""

    @property
    def weights(self) -> Floats:
        """(n_topic_tokens,) adding up to 1."""
        ...

    @property
    def word_starts(self) -> tuple[int, ...]:
        """Where each word begins among the tokens."""
        ...

    def matches_of(self, texts: Subwords) -> Floats:
        """(n_topic_tokens, n_texts): cosine of each subword of the topic with its nearest in each text."""
        ...


@dataclass(frozen=True, slots=True)
class Routed:
    """People for a question, best first, at most three; ``probability`` that they are the right ones.

    ``fields`` are those of which one is asked for, empty when it is all that is known. ``named`` tells that the
    question names them; ``lacks`` that no page tells of any of them what is asked: then they are no answer.
    """

    people: tuple[Person, ...]
    probability: float
    fields: tuple[str, ...] = ()
    named: bool = False
    lacks: bool = False


class Router:
    """Finds the people for a question. ``cut`` makes subwords of a text, ``query`` a query of a topic and language."""

    def __init__(self, people: People, cut: Callable[[str], Tokens], query: Callable[[str, str], Query]) -> None:
        self._people = people
        self._query = query
        described = {
            (number, text): cut(text)
            for number, person in enumerate(people.everybody)
            for text in _descriptions(person)
        }
        filled = {key: tokens for key, tokens in described.items() if len(tokens)}
        self._owners = np.array([number for number, _ in filled], np.int64)
        self._texts = Subwords.of(list(filled.values()))

    def route(self, question: str, kind: str, language: str) -> Routed | None:
        """Those whom a question is about; None when it isn't about people, or about nobody in particular."""
        named, words = self._people.asked_about(question)
        if named and kind not in ATTRIBUTE_KINDS:
            routed = _of_named(question, kind, language, named, words)
            if routed:
                return routed
        return self._for_topic(question, kind, language) if kind in ROUTED_KINDS else None

    def _for_topic(self, question: str, kind: str, language: str) -> Routed | None:
        topic = " ".join(beside_topic_removed(topic_of(question, kind, language), language))
        if not topic or not len(self._texts):
            return None
        fit = self._fit(self._query(topic, language))
        best = np.argsort(-fit, kind="stable")[:_MOST_CARDS]
        needed = _FITS_A_NAME_ASKED if kind == "person" else _FITS
        near = [n for n in best if fit[n] >= max(needed, fit[best[0]] - _NEXT_BEST)] or best[:1]
        people = tuple(self._people.everybody[n] for n in near)
        fields = (kind,) if kind in _WAYS else ()
        telling = tuple(person for person in people if not fields or person.tells(kind))
        return Routed(telling or people, _probability(float(fit[best[0]]) - needed), fields, lacks=not telling)

    def _fit(self, query: Query) -> Floats:
        """(n_people,): how well each one's best description holds the topic, less half of the worst word's rest."""
        matches = query.matches_of(self._texts)
        fit = query.weights @ matches - _LEFT * _worst_word(query, matches)
        best = np.full(len(self._people.everybody), -1.0, np.float32)
        np.maximum.at(best, self._owners, fit)
        return best


def beside_topic_removed(topic: str, language: str) -> list[str]:
    """The words of a topic without those that only ask for somebody.

    >>> beside_topic_removed("who ask about twin towns", "en")
    ['twin', 'towns']
    """
    pattern = _patterns()["beside"].get(language)
    words = [word.strip(_MARKS) for word in topic.split()]
    return [word for word in words if word and not (pattern and pattern.fullmatch(_plain(word)))]


def _of_named(
    question: str, kind: str, language: str, named: tuple[Person, ...], words: frozenset[str]
) -> Routed | None:
    """What is asked of the people whom a question names; None when it is about something else beside them."""
    rest = " ".join(word for word in question.split() if word not in words)
    fields = (kind,) if kind in _WAYS else _attribute(rest, language)
    is_whole_name = len(words) > 1
    if not (kind in _WAYS and is_whole_name) and _says_more(rest, kind, language):
        return None
    if kind == "contact" and not fields:  # whoever asks how to reach somebody is not helped by a title
        fields = _WAYS
    telling = tuple(person for person in named if not fields or any(map(person.tells, fields)))
    return Routed((telling or named)[:_MOST_CARDS], _NAMED, fields, named=True, lacks=not telling)


def _attribute(rest: str, language: str) -> tuple[str, ...]:
    """The field that a question asks for by name; none when it names none."""
    found = (name for name in _ATTRIBUTES if (p := _patterns()[name].get(language)) and p.search(_plain(rest)))
    return tuple(found)[:1]


def _says_more(rest: str, kind: str, language: str) -> bool:
    """Whether a question has words of its own beside names, what is asked, and words that only ask."""
    kept = _plain(rest)
    for pattern in (_patterns()[name].get(language) for name in _ATTRIBUTES):
        kept = pattern.sub(" ", kept) if pattern else kept
    topic = topic_of(kept, kind, language)
    return any(not asks_only(word, language) for word in beside_topic_removed(topic, language))


def _descriptions(person: Person) -> list[str]:
    """Each duty, and each title with its unit."""
    post = (" ".join(filter(None, (contact.title, contact.unit))) for contact in person.told)
    duties = (duty for contact in person.told for duty in contact.responsibilities)
    return list(dict.fromkeys(text for text in (*duties, *post) if text))


def _worst_word(query: Query, matches: Floats) -> Floats:
    """(n_texts,): the largest weight that a single word of the topic leaves unfound in each text."""
    ends = (*query.word_starts[1:], len(matches))
    starts = [start for start, end in zip(query.word_starts, ends, strict=True) if end > start]
    left = query.weights[:, None] * (1 - matches)
    return np.asarray(np.add.reduceat(left, starts, axis=0).max(axis=0), np.float32) if starts else left.sum(axis=0)


def _probability(lead: float) -> float:
    return 1 / (1 + math.exp(-_STEEPNESS * lead))


def _plain(text: str) -> str:
    return re.sub(r"[’`´]", "'", text.lower())


@lru_cache(maxsize=1)
def _patterns() -> dict[str, dict[str, re.Pattern[str]]]:
    tables = tomllib.loads(_FILE.read_text("utf-8"))
    return {name: {code: _pattern(words) for code, words in table.items()} for name, table in tables.items()}


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    alternatives = (re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in longest_first)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(alternatives)})(?!\w)")
