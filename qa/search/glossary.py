"""The field's terms in every language, as data: what rare words and acronyms keep apart, a glossary joins.

``glossary.csv`` has a concept a row and a language a column; alternatives in a cell are separated by ``|``.
A question's words that name a concept may then be found in a text by any other name of it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.errors import CorpusError
from qa.settings import LANGUAGES
from qa.text import is_form_of

Concept = Mapping[str, tuple[str, ...]]
"""Terms by language code."""

FILE_NAME = "glossary.csv"
_KIN = {"nn": ("nn", "nb"), "nb": ("nb", "nn"), "da": ("da", "nb")}


@dataclass(frozen=True, slots=True)
class Mention:
    """Words ``[start:end)`` of a question name a concept; ``others`` are its names apart from the one found."""

    start: int
    end: int
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glossary:
    """Concepts with their names."""

    concepts: tuple[Concept, ...] = ()

    @classmethod
    def from_file(cls, file: Path) -> Glossary:
        """An empty glossary when there is no file. Raises CorpusError naming the line that can't be used."""
        if not file.is_file():
            return cls()
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                rows = csv.DictReader(lines)
                codes = [name for name in rows.fieldnames or () if name != "concept"]
                unknown = [code for code in codes if code not in LANGUAGES]
                if unknown or not codes:
                    raise CorpusError(
                        f"{file}:1: column {(unknown or [''])[0]!r} is no language: use {', '.join(LANGUAGES)}"
                    )
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

    def other_names(self, question: str, language: str) -> list[str]:
        """All other names of what a question mentions, each once."""
        mentions = self.mentions(question, language)
        return list(dict.fromkeys(name for mention in mentions for name in mention.others))

    def mentions(self, question: str, language: str) -> tuple[Mention, ...]:
        """Concepts that a question names in its language, or by an acronym of any; the longest names first."""
        words = question.split()
        bare = [word.strip(".,;:!?()[]\"'”“’»«").lower() for word in words]
        found: list[Mention] = []
        for concept in self.concepts:
            best = max(_places(concept, bare, language), key=lambda place: place[1] - place[0], default=None)
            if best:
                start, end, name = best
                others = {term for terms in concept.values() for term in terms} - {name}
                found.append(Mention(start, end, tuple(sorted(others))))
        return tuple(sorted(found, key=lambda mention: mention.start - mention.end))


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


def _places(concept: Concept, words: Sequence[str], language: str) -> Iterator[tuple[int, int, str]]:
    """Where a concept's names stand among a question's words, with the name."""
    own = _KIN.get(language, (language,))
    for code, terms in concept.items():
        for term in terms:
            if code not in own and not _is_acronym(term):
                continue
            parts = [part.lower() for part in term.split()]
            for start in range(len(words) - len(parts) + 1):
                if all(is_form_of(word, part) for word, part in zip(words[start:], parts, strict=False)):
                    yield start, start + len(parts), term


def _is_acronym(term: str) -> bool:
    return re.fullmatch(r"[A-ZÅÄÖ]{2,}[A-Za-z]*", term) is not None
