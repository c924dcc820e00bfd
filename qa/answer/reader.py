"""Hits → the sentence, list or contact that answers, without an LLM.

Of the candidates (``candidates``) the one is chosen for which most speaks: the weights of the columns stand in
``reader.toml``. What is chosen is a verbatim span of one document, with what tells whether it is right.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.answer.candidates import (
    COLUMNS,
    Candidate,
    Candidates,
    Floats,
    Gatherer,
    PassageTokens,
    Query,
    is_item,
    words_after,
)
from qa.answer.evidence import evidence_spans, is_under_question, numbers_in
from qa.answer.question import NOTHING_ELSE_WILL_DO, OTHER
from qa.answer.words import MATCHED, matched_words, says_name
from qa.records import Document, Hit

_FILE = Path(__file__).with_name("reader.toml")
_NEAR_DECIMALS = 4
_OPEN_KINDS = ("definition", "reason", OTHER)
_MAX_QUOTE_CHARS = 400


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


class Reader:
    """Chooses the span that answers a question."""

    def __init__(
        self, documents: Mapping[str, Document], tokens: PassageTokens, contact_names: Collection[str]
    ) -> None:
        self._documents = documents
        self._gatherer = Gatherer(documents, tokens, contact_names)

    def read(
        self, question: str, query: Query, counted: Query, kind: str, language: str, hits: Sequence[Hit]
    ) -> Reading | None:
        """The best span of the best hits; None when there is nothing to read.

        ``query`` is what the question is about, ``counted`` what it asks the number of.
        """
        candidates = self._gatherer.gather(question, query, counted, kind, language, hits)
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
            lacks = lacks or features.sentence < MATCHED  # the answer to another question says too little by itself
        return Reading(chosen.hit, start, end, answer, float(scores[best]), features, lacks)

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
            weakest=float(query.weights @ (covered < MATCHED)),
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

    def _extended(self, chosen: Candidate, kind: str, neighbour: Candidate | None) -> tuple[int, int]:
        """What is quoted: the span chosen, or more where one sentence is seldom enough.

        The whole list when a list is asked for, or when the sentence only introduces one. For open questions (why,
        what is meant), two sentences: the chosen one and the better of its ``neighbour``s.
        """
        document = self._documents[chosen.hit.passage.document]
        introduces = chosen.text.endswith(":")
        stands_in_list = is_item(chosen, document)
        if introduces or (kind == "list" and stands_in_list):
            return _list_around(document, chosen.start) or (chosen.start, chosen.end)
        start, end = chosen.start, chosen.end
        if neighbour and kind in _OPEN_KINDS and not stands_in_list and not is_item(neighbour, document):
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


def _neighbourhood(text: str, span: tuple[int, int]) -> str:
    """The words before a span in its clause, and a few after it."""
    before = " ".join(text[: span[0]].split()[-2:])
    return f"{before} {words_after(text, span)}"


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
