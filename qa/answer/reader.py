"""Hits → the sentence, list or contact that answers, without an LLM.

Every sentence of the best passages is a candidate. What speaks for it is a row of a table: how well the question's
subwords are found in it and in its title; how well its passage was found; whether it holds
what the question asks for: a year for *when*, a person for *who*, a number for *how many*. The weights of the
columns stand in ``reader.toml``. What is chosen is a verbatim span of one document.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.answer.contacts import named_in_question
from qa.answer.evidence import evidence_in, evidence_spans, is_under_question, numbers_in, subject_of
from qa.answer.question import CONTACT_KINDS, NOTHING_ELSE_WILL_DO, OTHER
from qa.answer.versions import one_version_each
from qa.answer.words import matched_words, says_name
from qa.records import Document, Hit, Subwords

Floats = NDArray[np.float32]

_FILE = Path(__file__).with_name("reader.toml")
_PASSAGES_READ = 12
_CONTEXT_DISCOUNT = 0.7
_PASSAGE_DISCOUNT = 0.9
_COUNTED = 1.6  # a number whose words match by 1 / 1.6 counts in full
_WORDS_AFTER = 5  # what a number counts stands within so many words of it
_MATCHED = 0.5
_NEAR_DECIMALS = 4
_OPEN_KINDS = ("definition", "reason", OTHER)
_MAX_QUOTE_CHARS = 400


class Query(Protocol):
    """A question made ready to be compared with texts (late interaction, in the search room)."""

    @property
    def weights(self) -> Floats:
        """(n_question_tokens,) adding up to 1."""
        ...

    @property
    def written(self) -> tuple[str, ...]:
        """The question's words."""
        ...

    @property
    def word_starts(self) -> tuple[int, ...]:
        """Where each word begins among the tokens."""
        ...

    def matches(self, texts: Sequence[str]) -> Floats:
        """(n_question_tokens, n_texts): cosine of each subword of the question with its nearest in each text."""
        ...

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
class Features:
    """What speaks for an answer being right; the input of ``confidence``. All are in about [-1, 1].

    ``sentence`` is how well the question is found in the span, ``covered`` in the span or its passage, ``weakest``
    the share of the question found in neither. ``missing_word`` is the largest share that a single word leaves
    unfound, ``missing_name`` how far a name of the question is from being found, ``missing_number`` whether one of its
    numbers isn't there. ``margin`` is the lead over the best span of another passage. Those named ``other_…`` are
    what counts besides when the document is in another language.
    """

    dense: float
    interaction: float
    sentence: float
    covered: float
    weakest: float
    missing_word: float
    missing_name: float
    missing_number: float
    evidence: float
    margin: float
    same_language: float
    other_dense: float
    other_covered: float
    other_missing_word: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A span of a document that answers; ``answer`` are offsets in the document of the answering words.

    ``lacks`` says that the one thing asked for, a phone number say, isn't in it: then it is no answer.
    """

    hit: Hit
    start: int
    end: int
    answer: tuple[int, int]
    score: float
    features: Features
    lacks: bool


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


class Reader:
    """Chooses the span that answers a question."""

    def __init__(
        self, documents: Mapping[str, Document], tokens: PassageTokens, contact_names: Collection[str]
    ) -> None:
        self._documents = documents
        self._tokens = tokens
        self._contact_names = frozenset(contact_names)

    def read(
        self, question: str, query: Query, counted: Query, kind: str, language: str, hits: Sequence[Hit]
    ) -> Reading | None:
        """The best span of the best hits; None when there is nothing to read.

        ``query`` is what the question is about, ``counted`` what it asks the number of.
        """
        candidates = self.candidates(question, query, counted, kind, language, hits)
        if not candidates.spans:
            return None
        scores = (candidates.table * column_weights()).sum(axis=1)  # too little for BLAS
        best = int(np.argmax(scores))
        chosen = candidates.spans[best]
        evidence = float(candidates.table[best, COLUMNS.index("evidence") :].sum())
        features = self._features(question, query, language, candidates, best, evidence, scores)
        start, end = self._extended(chosen, kind, _neighbour(candidates.spans, scores, best))
        answer = self._answer_span(kind, question, counted if kind == "count" else query, chosen)
        is_one_of_two = kind in _OPEN_KINDS and (start, end) != (chosen.start, chosen.end)
        if is_one_of_two and not chosen.text.endswith(":"):
            answer = (chosen.start, chosen.end)
        lacks = kind in NOTHING_ELSE_WILL_DO and evidence < 0
        if is_under_question(chosen.hit.passage) and features.same_language:
            lacks = lacks or features.sentence < _MATCHED  # the answer to another question says too little by itself
        return Reading(chosen.hit, start, end, answer, float(scores[best]), features, lacks)

    def candidates(
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

    def _features(
        self,
        question: str,
        query: Query,
        language: str,
        candidates: Candidates,
        best: int,
        evidence: float,
        scores: Floats,
    ) -> Features:
        chosen = candidates.spans[best]
        passage = chosen.hit.passage
        covered = candidates.covered[:, best]
        words = list(matched_words(query, covered))
        names = (1 - match for word, _, match in words if says_name(word, question, language))
        dense, interaction = chosen.hit.dense, chosen.hit.interaction
        is_covered = float(query.weights @ covered)
        missing_word = max((weight * (1 - match) for _, weight, match in words), default=1.0)
        is_other = float(passage.language != language)
        return Features(
            dense=dense,
            interaction=interaction,
            sentence=float(query.weights @ candidates.found[:, best]),
            covered=is_covered,
            weakest=float(query.weights @ (covered < _MATCHED)),
            missing_word=missing_word,
            missing_name=max(names, default=0.0),
            missing_number=float(not numbers_in(query.written) <= numbers_in((passage.context, passage.text))),
            evidence=evidence,
            margin=_margin(scores, np.array([span.place for span in candidates.spans]), best),
            same_language=1 - is_other,
            other_dense=is_other * dense,
            other_covered=is_other * is_covered,
            other_missing_word=is_other * missing_word,
        )

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
                is_listed=kind == "list" and (text.endswith(":") or self._is_item(span)),
            )
            for span, text in zip(spans, texts, strict=True)
        ]
        if kind == "definition":  # what is defined stands first
            subjects = query.weights @ query.matches([subject_of(text) for text in texts])
            return [found + float(near) for found, near in zip(evidence, subjects, strict=True)]
        if kind == "count":
            return self._counted(question, counted, texts, evidence)
        return evidence

    def _counted(self, question: str, counted: Query, texts: Sequence[str], evidence: list[float]) -> list[float]:
        """A number is evidence as far as what it counts is what the question asks for."""
        spans = [(n, span) for n, text in enumerate(texts) for span in evidence_spans(text, "count", question)]
        near = counted.weights @ counted.matches([_words_after(texts[n], span) for n, span in spans])
        best = [0.0] * len(texts)
        for (n, _), similarity in zip(spans, near, strict=True):
            best[n] = max(best[n], float(similarity))
        return [min(1.0, _COUNTED * best[n]) if found > 0 else found for n, found in enumerate(evidence)]

    def _is_item(self, span: Candidate) -> bool:
        blocks = self._documents[span.hit.passage.document].blocks
        return any(block.kind == "item" and block.start < span.end and span.start < block.end for block in blocks)

    def _extended(self, chosen: Candidate, kind: str, neighbour: Candidate | None) -> tuple[int, int]:
        """What is quoted: the span chosen, or more where one sentence is seldom enough.

        The whole list when a list is asked for, or when the sentence only introduces one. For open questions (why,
        what is meant), two sentences: the chosen one and the better of its ``neighbour``s.
        """
        document = self._documents[chosen.hit.passage.document]
        introduces = chosen.text.endswith(":")
        is_item = self._is_item(chosen)
        if introduces or (kind == "list" and is_item):
            return _list_around(document, chosen.start) or (chosen.start, chosen.end)
        start, end = chosen.start, chosen.end
        if neighbour and kind in _OPEN_KINDS and not is_item and not self._is_item(neighbour):
            start, end = min(start, neighbour.start), max(end, neighbour.end)
        is_one_paragraph = "\n" not in document.text[start:end]  # what stands in two may be two rows of a table
        return (start, end) if is_one_paragraph and end - start <= _MAX_QUOTE_CHARS else (chosen.start, chosen.end)

    def _answer_span(self, kind: str, question: str, query: Query, chosen: Candidate) -> tuple[int, int]:
        """The words of the sentence that are the evidence; an empty span when none can be told apart.

        Of several numbers or years the one is taken whose next words the question asks about; of two as near a figure,
        since a word for a number may be another word in the text's language ("to" is two in Danish).
        """
        text = chosen.text
        spans = evidence_spans(text, kind, question)
        if not spans or chosen.hit.passage.contact is not None:
            return chosen.start, chosen.start
        near = (query.weights @ query.matches([_neighbourhood(text, span) for span in spans])).round(_NEAR_DECIMALS)
        start, end = max(zip(near.tolist(), spans, strict=True), key=lambda s: (s[0], text[s[1][0]].isdigit()))[1]
        return chosen.start + start, chosen.start + end


def _margin(scores: Floats, hits: NDArray[np.int64], best: int) -> float:
    """How far the best is ahead of the best span of another passage; 0 when there is no other."""
    others = scores[hits != hits[best]]
    return float(scores[best] - others.max()) if len(others) else 0.0


def _neighbour(spans: Sequence[Candidate], scores: Floats, best: int) -> Candidate | None:
    """The better of the sentences before and after one, in the same passage."""
    beside = [n for n in (best - 1, best + 1) if 0 <= n < len(spans) and spans[n].place == spans[best].place]
    return spans[max(beside, key=lambda n: float(scores[n]))] if beside else None


def _words_after(text: str, span: tuple[int, int]) -> str:
    return " ".join(text[span[1] :].split()[:_WORDS_AFTER])


def _neighbourhood(text: str, span: tuple[int, int]) -> str:
    """The words before a span in its clause, and a few after it."""
    before = " ".join(text[: span[0]].split()[-2:])
    return f"{before} {_words_after(text, span)}"


def _list_around(document: Document, position: int) -> tuple[int, int] | None:
    """Offsets of the list that holds or follows a position, with the line that introduces it."""
    blocks = document.blocks
    at = next((n for n, block in enumerate(blocks) if block.start <= position < block.end), None)
    if at is None:
        return None
    is_item: Callable[[int], Any] = lambda n: 0 <= n < len(blocks) and blocks[n].kind == "item"  # noqa: E731
    first = at if is_item(at) else at + 1
    if not is_item(first):
        return None
    last = first
    while is_item(first - 1):
        first -= 1
    while is_item(last + 1):
        last += 1
    introduced = first > 0 and document.text[: blocks[first - 1].end].endswith(":")
    start = blocks[first - 1].start if introduced else document.text.rfind("\n", 0, blocks[first].start) + 1
    return start, blocks[last].end


@lru_cache(maxsize=1)
def column_weights() -> Floats:
    """(n_columns,) float32: the weight of each column."""
    weights = tomllib.loads(_FILE.read_text("utf-8"))
    return np.array([weights[name] for name in COLUMNS], np.float32)
