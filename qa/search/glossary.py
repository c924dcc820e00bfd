"""The field's terms in every language, as data: what rare words and acronyms keep apart, a glossary joins.

``glossary.csv`` has a concept a row and a language a column; alternatives in a cell are separated by ``|``.
A question's words that name a concept may then be found in a text by any other name of it.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.errors import CorpusError
from qa.settings import LANGUAGES
from qa.text import SHORTEST_STEM, is_form_of

Concept = Mapping[str, tuple[str, ...]]
"""Terms by language code."""

FILE_NAME = "glossary.csv"
_KIN = {"nn": ("nn", "nb"), "nb": ("nb", "nn"), "da": ("da", "nb")}


@dataclass(frozen=True, slots=True)
class Mention:
    """Words ``[start:end)`` of a question name a concept; ``names`` are all its names: the words may be inflected.

    ``leading`` is the first name in each language.
    """

    start: int
    end: int
    names: tuple[str, ...]
    leading: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Term:
    words: tuple[str, ...]
    text: str
    language: str
    concept: int
    is_acronym: bool


@dataclass(frozen=True, slots=True)
class Glossary:
    """Concepts with their names."""

    concepts: tuple[Concept, ...] = ()

    @classmethod
    def from_file(cls, file: Path) -> Glossary:
        """An empty glossary when there is no file. Raises CorpusError naming the line that can't be used."""
        try:
            if not file.is_file():
                return cls()
            with file.open(encoding="utf-8-sig", newline="") as lines:
                rows = csv.DictReader(lines)
                codes = [name for name in rows.fieldnames or () if name != "concept"]
                unknown = [code for code in codes if code not in LANGUAGES]
                if unknown or not codes:
                    column = (unknown or [""])[0]
                    raise CorpusError(f"{file}:1: column {column!r} is no language: use {', '.join(LANGUAGES)}")
                return cls(tuple(_concept(file, rows.line_num, row, codes) for row in rows))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CorpusError(f"{file} can't be read ({error}): save it as CSV in UTF-8") from None

    @classmethod
    def from_concepts(cls, concepts: Sequence[Mapping[str, Sequence[str]]]) -> Glossary:
        """The inverse of ``as_lists``."""
        return cls(tuple({code: tuple(terms) for code, terms in concept.items()} for concept in concepts))

    def as_lists(self) -> list[dict[str, list[str]]]:
        """The concepts as plain JSON types."""
        return [{code: list(terms) for code, terms in concept.items()} for concept in self.concepts]


class Mentions:
    """Finds what a question mentions of a glossary; names are given in the languages of the documents."""

    def __init__(self, glossary: Glossary, document_languages: Collection[str]) -> None:
        self._names = [_distinct_names(concept, document_languages) for concept in glossary.concepts]
        self._leading = [
            tuple(concept[code][0] for code in document_languages if code in concept) for concept in glossary.concepts
        ]
        self._by_opening: dict[str, list[_Term]] = defaultdict(list)
        for number, concept in enumerate(glossary.concepts):
            for code, terms in concept.items():
                for text in terms:
                    words = tuple(text.lower().split())
                    self._by_opening[words[0][:SHORTEST_STEM]].append(
                        _Term(words, text, code, number, _is_acronym(text))
                    )

    def find(self, question: str, language: str) -> tuple[Mention, ...]:
        """Concepts named in the question's language, or by an acronym of any; the longest name of each."""
        written = [word.strip(".,;:!?()[]\"'”“’»«") for word in question.split()]
        words = [word.lower() for word in written]
        own = _KIN.get(language, (language,))
        found: dict[int, tuple[int, int]] = {}
        for start, word in enumerate(words):
            for term in self._by_opening.get(word[:SHORTEST_STEM], ()):
                end = start + len(term.words)
                held = found.get(term.concept, (0, 0))
                # "UN" in another language than the question's must be written so: "un" is an article in French.
                is_asked = term.language in own or (
                    term.is_acronym and (len(term.text) >= SHORTEST_STEM or written[start] == term.text)
                )
                if end - start > held[1] - held[0] and is_asked and _stands_at(term.words, words[start:end]):
                    found[term.concept] = (start, end)
        return tuple(
            Mention(start, end, self._names[concept], self._leading[concept]) for concept, (start, end) in found.items()
        )


def load_glossary(corpus_dir: Path, default: Path) -> Glossary:
    """The corpus's own ``glossary.csv``, else the default one. Raises CorpusError as ``from_file`` does."""
    own = corpus_dir / FILE_NAME
    return Glossary.from_file(own if own.is_file() else default)


def _concept(file: Path, line: int, row: Mapping[str | None, str | None], codes: Sequence[str]) -> Concept:
    if None in row or None in row.values():
        raise CorpusError(f"{file}:{line}: has another number of cells than the header: quote cells that hold a comma")
    cells = {code: tuple(term.strip() for term in (row[code] or "").split("|") if term.strip()) for code in codes}
    if not any(cells.values()):
        raise CorpusError(f"{file}:{line}: names nothing: fill in a term or remove the line")
    return {code: terms for code, terms in cells.items() if terms}


def _distinct_names(concept: Concept, languages: Collection[str]) -> tuple[str, ...]:
    """A concept's names in some languages, without plurals and the like of one that is there already."""
    names: list[str] = []
    for name in (name for code in languages for name in concept.get(code, ())):
        if not any(_stands_at(kept.lower().split(), name.lower().split()) for kept in names):
            names.append(name)
    return tuple(names)


def _stands_at(term: Sequence[str], words: Sequence[str]) -> bool:
    return len(term) == len(words) and all(map(is_form_of, words, term))


def _is_acronym(term: str) -> bool:
    return re.fullmatch(r"[A-ZÅÄÖ]{2,}[A-Za-z]*", term) is not None
