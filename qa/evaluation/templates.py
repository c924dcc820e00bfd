"""What ``drafts.toml`` holds: sentence patterns and the questions that they answer, ready for one corpus."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from qa.records import Document
from qa.text import ADDRESS, PERSON

_FILE = Path(__file__).with_name("drafts.toml")
_YEAR = r"(?<![\d–-])(?:1[5-9]|20)\d\d(?![\d–-])"
_NUMBER = r"(?!(?:1[5-9]|20)\d\d\b)(?:\d{1,3}(?:[ \u00a0.,’']\d{3})+|\d+)(?![\d.,%–-])"
_WORD = re.compile(r"[^\W\d_]\w*")
_WITHIN = re.compile(r"(?<=[\w,] )[^\W\d_]\w*")  # words that aren't a sentence's first


def template_languages() -> tuple[str, ...]:
    """Languages that questions can be drafted in."""
    return tuple(_tables())


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of a whole sentence and the question that it answers."""

    pattern: re.Pattern[str]
    question: str


@dataclass(frozen=True, slots=True)
class Templates:
    """What ``drafts.toml`` holds of one language, made ready for one corpus.

    ``names`` are the corpus's contacts, ``lower`` the words that its documents in the language write with a small
    letter within a sentence, ``common`` those that any document writes so at all: they are no names.
    """

    contact: Mapping[str, str]
    heading: Mapping[str, str]
    unnamed: re.Pattern[str]
    sentences: tuple[Rule, ...]
    lists: tuple[Rule, ...]
    mend: Mapping[str, str]
    names: frozenset[str]
    lower: frozenset[str]
    common: frozenset[str]

    @classmethod
    def of(cls, language: str, documents: Sequence[Document]) -> Templates:
        """Templates of a language that has some, for all documents of a corpus."""
        table = _tables()[language]
        names = frozenset(contact.name for document in documents for contact in document.contacts)
        texts = [ADDRESS.sub(" ", document.text) for document in documents]
        own = [text for text, document in zip(texts, documents, strict=True) if document.language == language]
        tokens = _tokens(table, names)
        return cls(
            contact=table["contact"],
            heading=table["heading"],
            unnamed=re.compile(table["unnamed"], re.IGNORECASE),
            sentences=_rules(table["sentences"], tokens),
            lists=_rules(table["lists"], tokens),
            mend=table.get("mend", {}),
            names=names,
            lower=frozenset(_common_words(own)),
            common=frozenset(word for text in texts for word in _WORD.findall(text) if word[0].islower()),
        )

    def fill(self, template: str, **values: str) -> str:
        """The question, with a capital first and no space left over; what the language joins is joined."""
        question = re.sub(" +", " ", template.format(**values))
        if not template.endswith(" ?"):
            question = question.replace(" ?", "?")
        for pattern, joined in self.mend.items():
            question = re.sub(pattern, joined, question)
        return question[:1].upper() + question[1:]

    def inside(self, opening: str) -> str:
        """Words from the start of a sentence as they are written inside one."""
        first = re.match(r"\w+", opening)
        is_common = first is not None and first[0].lower() in self.lower
        return opening[:1].lower() + opening[1:] if is_common else opening

    def question_of(self, rule: Rule, match: re.Match[str]) -> str | None:
        """The question that a sentence answers; None when the sentence doesn't name what it is about."""
        named = match.groupdict(default="")
        subjects = (named.get("subject"), named.get("thing"), named.get("unit"))
        if any(subject and self.unnamed.fullmatch(subject) for subject in subjects):
            return None
        if self._opens_with_name(named.get("thing", "")):
            return None
        if "people" in named and not self._opens_with_name(named["people"]):
            return None
        values = {key: self.inside(text) if match.start(key) == 0 else text for key, text in named.items()}
        return self.fill(rule.question, **values)

    def _opens_with_name(self, text: str) -> bool:
        """Whether a person's name comes first: a contact's, or capitalised words that are never written small."""
        name = PERSON.match(text)
        is_known = any(text.startswith(name) for name in self.names)
        return is_known or (name is not None and not self.common.intersection(name[0].lower().split()))


def _common_words(texts: Iterable[str]) -> Iterator[str]:
    """Words that within a sentence stand with a small letter more often than with a capital."""
    small, capital = Counter[str](), Counter[str]()
    for text in texts:
        small.update(word for word in _WORD.findall(text) if word[0].islower())
        capital.update(word.lower() for word in _WITHIN.findall(text) if word[0].isupper())
    return (word for word, times in small.items() if times > capital[word])


def _tokens(table: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """What the words in capitals in a pattern stand for; longer ones first, as one may begin another."""
    person, joined = PERSON.pattern, table["and"]
    named = f"(?:{'|'.join(map(re.escape, sorted(names, reverse=True))) or '(?!)'})"
    about = f"(?i:{table['about']} )"
    return {
        "OPENING": f"(?:{table['opening']},? )",
        "PERSON": f"(?:{person})",
        "PEOPLE": rf"(?:{person}(?:, {person})*(?: {joined} {person})?)",
        "NUMBER": _NUMBER,
        "NAMED": named,
        "NAMES": f"(?:{named}(?:, {named})* {joined} {named})",
        "ABOUT": about,
        "ASIDE": r"(?:, [^;:]+?,)",
        "LATER": rf"(?:(?:[,;:(]| \(| {joined}\b).*)",
        "REST": rf"(?:(?: (?:(?:{joined}|in|i|dans) )?{about}?{_NUMBER}|[,;:(]| \().*)",
        "YEAR": _YEAR,
    }


def _rules(table: Mapping[str, str], tokens: Mapping[str, str]) -> tuple[Rule, ...]:
    words = re.compile("|".join(tokens))
    return tuple(Rule(re.compile(words.sub(lambda m: tokens[m[0]], key)), value) for key, value in table.items())


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))
