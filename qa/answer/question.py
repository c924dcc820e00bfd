"""What a question asks for: a person, a year, a number, a list…"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from qa.errors import QuestionError
from qa.text import clean

_FILE = Path(__file__).with_name("kinds.toml")
OTHER = "other"
_LONGEST_DEFINED = 3  # words of what a definition is asked of
_WORDS_TO_NOUN = 4
_SHORTEST_NOUN = 4  # "af", "de", "of" and the like come before it
_NAMED_BY_TOPIC = ("list", OTHER)
_MARKS = ".,;:!?¿¡()[]{}\"'“”„«»…–-"
_ASKING = "asking"
CONTACT_KINDS = ("email", "phone", "contact")
ATTRIBUTE_KINDS = ("money", "street", "birth", "hours")
NOTHING_ELSE_WILL_DO = ("email", "phone", *ATTRIBUTE_KINDS)
"""What a text either tells or doesn't: whoever asks for a number is not helped by a name."""


def read_question(raw: str, max_chars: int) -> str:
    """The question on one line, without control characters. Raises QuestionError when nothing can be asked with it."""
    if len(raw) > max_chars:
        raise QuestionError(f"the question has {len(raw):,} characters; at most {max_chars:,} are read: shorten it")
    question = clean(raw).replace("\n", " ")
    if not any(letter.isalnum() for letter in question):
        raise QuestionError("the question is empty: write what you would like to know")
    return question


def kind_of(question: str, language: str) -> str:
    """The kind of ``kinds.toml`` whose words stand first in the question, else "other".

    Words for an address, a contact, a price or a share win wherever they stand: they say what is wanted, not what it
    is about.

    >>> kind_of("How many twin towns are there?", "en"), kind_of("Keneen otan yhteyttä?", "fi")
    ('count', 'contact')
    """
    plain = _plain(question)
    found = {
        kind: match.start()
        for kind, patterns in _patterns().items()
        if kind != _ASKING and language in patterns and (match := patterns[language].search(plain))
    }
    wanted = next((kind for kind in (*CONTACT_KINDS, *ATTRIBUTE_KINDS, "share") if kind in found), None)
    kind = wanted or min(found, key=found.__getitem__, default=OTHER)
    # "What is UCLG?" wants a definition; "What is UCLG's mission in the world?" wants one fact about it.
    is_long = kind == "definition" and len(topic_of(question, kind, language).split()) > _LONGEST_DEFINED
    return OTHER if is_long else kind


def topic_of(question: str, kind: str, language: str) -> str:
    """What the question is about: its words without those that say its kind or only ask, and without marks.

    Whether a text answers *when* is told by a year in it, not by another "when". The words of a list's name stay
    ("themes"), and so does a question that is nothing but such words.

    >>> topic_of("When was CEMR founded?", "time", "en"), topic_of("Who?", "person", "en")
    ('CEMR founded', 'Who?')
    """
    pattern = _patterns().get(kind, {}).get(language) if kind not in _NAMED_BY_TOPIC else None
    kept = question
    for match in reversed(list(pattern.finditer(_plain(question))) if pattern else []):
        kept = f"{kept[: match.start()]} {kept[match.end() :]}"
    words = [word.strip(_MARKS) for word in kept.split()]
    topic = " ".join(word for word in words if word and not asks_only(word, language))
    return topic if any(letter.isalnum() for letter in topic) else question


def opened_in(question: str) -> frozenset[str]:
    """Languages in which the question's first words ask for something: they tell languages apart like no others.

    >>> sorted(opened_in("Mis on CEMR?")), sorted(opened_in("CEMR?"))
    (['et'], [])
    """
    plain = _plain(question).lstrip(" ¿¡\"'(")
    return frozenset(code for code, pattern in _openings().items() if pattern.match(plain))


def counted_in(question: str, language: str) -> str:
    """What a question of number counts: the first word of some length after "how many"; else the whole question.

    >>> counted_in("In how many countries has UCLG members?", "en"), counted_in("Combien d'habitants ?", "fr")
    ('countries', 'habitants')
    """
    pattern = _patterns()["count"].get(language)
    cue = pattern.search(_plain(question)) if pattern else None
    after = question[cue.end() :].split()[:_WORDS_TO_NOUN] if cue else []
    nouns = (max(re.split("['’]", word.strip(_MARKS)), key=len) for word in after)
    return next((noun for noun in nouns if len(noun) >= _SHORTEST_NOUN), question)


def asks_only(word: str, language: str) -> bool:
    """Whether a word only asks, helps or joins: "which", "is", "the"."""
    pattern = _patterns()[_ASKING].get(language)
    return bool(pattern and pattern.fullmatch(_plain(word)))


def _plain(question: str) -> str:
    """The question with straight apostrophes, letter by letter."""
    return re.sub(r"[’`´]", "'", question)


@lru_cache(maxsize=1)
def _patterns() -> dict[str, dict[str, re.Pattern[str]]]:
    kinds = tomllib.loads(_FILE.read_text("utf-8"))
    return {kind: {code: _pattern(words) for code, words in table.items()} for kind, table in kinds.items()}


@lru_cache(maxsize=1)
def _openings() -> dict[str, re.Pattern[str]]:
    """Each language's words of all kinds."""
    words: dict[str, list[str]] = {}
    for kind, table in tomllib.loads(_FILE.read_text("utf-8")).items():
        if kind != _ASKING:
            for code, of_kind in table.items():
                words.setdefault(code, []).extend(of_kind)
    return {code: _pattern(every) for code, every in words.items()}


def _pattern(words: list[str]) -> re.Pattern[str]:
    alternatives = (re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)
