"""Hits → what might answer, with what speaks for each.

Every sentence of the best passages is a candidate. What speaks for it is a row of a table: how well the question's
subwords are found in it and in its title; how well its passage was found; whether it holds what the question asks for:
a year for *when*, a person for *who*, a number for *how many*.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.answer import words
from qa.answer.contacts import named_in_question
from qa.answer.evidence import evidence_in, evidence_spans, is_under_question, subject_of
from qa.answer.question import CONTACT_KINDS
from qa.answer.versions import one_version_each
from qa.records import Document, Hit, Subwords

Floats = NDArray[np.float32]

_PASSAGES_READ = 12
_CONTEXT_DISCOUNT = 0.7
_PASSAGE_DISCOUNT = 0.9
_COUNTED = 1.6  # a number whose words match by 1 / 1.6 counts in full
_WORDS_AFTER = 5  # what a number counts stands within so many words of it


class Query(words.Query, Protocol):
    """A question that is also compared with the passages."""

    def matches_of(self, texts: Subwords) -> Floats:
        """As ``matches``, for texts that are cut into subwords already."""
        ...


class PassageTokens(Protocol):
    """The subwords of the passages, by their row in the index (in the search room)."""

    def contexts(self, rows: Sequence[int]) -> Subwords:
        """Those of passages' titles and headings."""
        ...

    def sentences(self, rows: Sequence[int]) -> Subwords:
        """Those of each sentence of passages, one passage after the other."""
        ...


COLUMNS = (
    "passage",  # how well the passage was found
    "found",  # how well the question is found in the sentence or, discounted, in its title
    "own_language",
    "evidence",  # it holds what is asked for
    "contact_evidence",  # likewise, for an address or a contact: whoever asks for one wants nothing else
)
"""What speaks for a candidate; ``reader.toml`` has a weight for each."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence or a contact of a hit; ``place`` is the number of the hit, best first."""

    hit: Hit
    place: int
    start: int
    end: int

    @property
    def text(self) -> str:
        """Its words."""
        passage = self.hit.passage
        return passage.text[self.start - passage.start : self.end - passage.start]


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that might answer, with what speaks for each: ``table`` (n_candidates, n_columns) float32, see COLUMNS.

    ``found`` and ``covered`` are (n_question_tokens, n_candidates): how well each subword of the question is found
    in the candidate and its title, and in its whole passage as well.
    """

    spans: tuple[Candidate, ...]
    table: Floats
    found: Floats
    covered: Floats


class Gatherer:
    """Finds what might answer a question."""

    def __init__(
        self, documents: Mapping[str, Document], tokens: PassageTokens, contact_names: Collection[str]
    ) -> None:
        self._documents = documents
        self._tokens = tokens
        self._contact_names = frozenset(contact_names)

    def gather(
        self, question: str, query: Query, counted: Query, kind: str, language: str, hits: Sequence[Hit]
    ) -> Candidates:
        """Every sentence of the best hits, one language version of each page, with what speaks for it."""
        hits = one_version_each(hits, language)[:_PASSAGES_READ]
        spans = tuple(
            Candidate(hit, place, start, end) for place, hit in enumerate(hits) for start, end in hit.passage.sentences
        )
        if not spans:
            empty = np.zeros((len(query.weights), 0), np.float32)
            return Candidates((), np.zeros((0, len(COLUMNS)), np.float32), empty, empty)
        rows = [hit.row for hit in hits]
        matches = query.matches_of(self._tokens.sentences(rows) + self._tokens.contexts(rows))
        places = np.array([span.place for span in spans])
        opening = np.append(True, places[1:] != places[:-1])
        alone, titles = matches[:, : len(spans)], matches[:, len(spans) :]
        discounts = np.array([0 if is_under_question(hit.passage) else _CONTEXT_DISCOUNT for hit in hits], np.float32)
        context = (discounts * titles)[:, places]
        found = np.maximum(alone, context)
        whole = np.maximum.reduceat(alone, np.flatnonzero(opening), axis=1)[:, places]
        evidence = np.array(self._evidence(question, query, counted, kind, spans))
        columns = (
            np.array([hit.score for hit in hits])[places],
            query.weights @ found,
            np.array([hit.passage.language == language for hit in hits])[places],
            evidence * (kind not in CONTACT_KINDS),
            evidence * (kind in CONTACT_KINDS),
        )
        table = np.column_stack(columns).astype(np.float32)
        return Candidates(spans, table, found, np.maximum(found, _PASSAGE_DISCOUNT * np.maximum(whole, context)))

    def _evidence(
        self, question: str, query: Query, counted: Query, kind: str, spans: Sequence[Candidate]
    ) -> list[float]:
        """Whether each candidate holds what is asked for, in [-1, 1]."""
        asked_about = named_in_question(question, self._contact_names)
        texts = [span.text for span in spans]
        evidence = [
            evidence_in(
                text,
                kind,
                question,
                asked_about,
                is_contact=span.hit.passage.contact is not None,
                is_listed=kind == "list" and self._is_of_list(span),
            )
            for span, text in zip(spans, texts, strict=True)
        ]
        if kind == "definition":  # what is defined stands first
            subjects = query.weights @ query.matches([subject_of(text) for text in texts])
            return [found + float(near) for found, near in zip(evidence, subjects, strict=True)]
        if kind == "count":
            return self._counted(question, counted, texts, evidence)
        return evidence

    def _is_of_list(self, span: Candidate) -> bool:
        """Whether a candidate is an item or introduces a list."""
        return span.text.endswith(":") or is_item(span, self._documents[span.hit.passage.document])

    def _counted(self, question: str, counted: Query, texts: Sequence[str], evidence: list[float]) -> list[float]:
        """A number is evidence as far as what it counts is what the question asks for."""
        spans = [(n, span) for n, text in enumerate(texts) for span in evidence_spans(text, "count", question)]
        near = counted.weights @ counted.matches([words_after(texts[n], span) for n, span in spans])
        best = [0.0] * len(texts)
        for (n, _), similarity in zip(spans, near, strict=True):
            best[n] = max(best[n], float(similarity))
        return [min(1.0, _COUNTED * best[n]) if found > 0 else found for n, found in enumerate(evidence)]


def is_item(span: Candidate, document: Document) -> bool:
    """Whether a candidate is, or touches, an item of a list."""
    return any(block.kind == "item" and block.start < span.end and span.start < block.end for block in document.blocks)


def words_after(text: str, span: tuple[int, int]) -> str:
    """What a number counts, most likely."""
    return " ".join(text[span[1] :].split()[:_WORDS_AFTER])
