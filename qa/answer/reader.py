"""Hits → the sentence, list or contact that answers, without an LLM.

Every sentence of the best passages is a candidate. It is judged by how well the question's subwords are found
in it, by its passage, and by whether it holds what the question asks for: a year for *when*, a person for
*who*, a number for *how many*. What is chosen is a verbatim span of one document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.answer.contacts import named_in_question
from qa.answer.evidence import evidence_in, evidence_spans, subject_of
from qa.answer.question import CONTACT_KINDS
from qa.answer.versions import one_version_each
from qa.records import Block, Document, Hit
from qa.text import sentences

Floats = NDArray[np.float32]

_PASSAGES_READ = 20
_CONTEXT_DISCOUNT = 0.7
_PASSAGE_DISCOUNT = 0.9
_NOTHING_ELSE_WILL_DO = ("email", "phone")  # whoever asks for a number is not helped by a name
_COUNTED = 1.6  # a number whose words match by 1 / 1.6 counts in full
_WORDS_AFTER = 5  # what a number counts stands within so many words of it
_MATCHED = 0.5
_PASSAGE_WEIGHT = 1.0
_SENTENCE_WEIGHT = 1.0
_EVIDENCE_WEIGHT = 0.12
_WANTED_WEIGHT = 0.3  # for an address or a contact: whoever asks for one wants nothing else
_OWN_LANGUAGE_WEIGHT = 0.08


class Query(Protocol):
    """A question made ready to be compared with texts (late interaction, in the search room)."""

    @property
    def weights(self) -> Floats:
        """(n_question_tokens,) adding up to 1."""
        ...

    def matches(self, texts: Sequence[str]) -> Floats:
        """(n_question_tokens, n_texts): cosine of each subword of the question with its nearest in each text."""
        ...


@dataclass(frozen=True, slots=True)
class Features:
    """What speaks for an answer being right; the input of ``confidence``. All are in about [-1, 1].

    ``sentence`` is how well the question is found in the span, ``covered`` in the span or its passage, ``weakest``
    the share of the question found in neither; ``margin`` is the lead over the best span of another passage.
    """

    dense: float
    sentence: float
    covered: float
    weakest: float
    evidence: float
    same_language: float
    margin: float


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
class _Candidate:
    hit: Hit
    start: int
    end: int
    is_item: bool


class Reader:
    """Chooses the span that answers a question."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._contact_names = frozenset(c.name for document in documents.values() for c in document.contacts)

    def read(
        self, question: str, query: Query, counted: Query, kind: str, language: str, hits: Sequence[Hit]
    ) -> Reading | None:
        """The best span of the best hits; None when there is nothing to read.

        ``query`` is what the question is about, ``counted`` what it asks the number of.
        """
        hits = one_version_each(hits, language)[:_PASSAGES_READ]
        candidates = [candidate for hit in hits for candidate in self._candidates(hit)]
        if not candidates:
            return None
        in_sentence = self._matches(query, candidates)
        evidence = self._evidence(question, query, counted, kind, candidates)
        strength = _WANTED_WEIGHT if kind in CONTACT_KINDS else _EVIDENCE_WEIGHT
        scores = [
            _PASSAGE_WEIGHT * candidate.hit.score
            + _SENTENCE_WEIGHT * float(query.weights @ in_sentence[:, n])
            + strength * evidence[n]
            + _OWN_LANGUAGE_WEIGHT * (candidate.hit.passage.language == language)
            for n, candidate in enumerate(candidates)
        ]
        best = int(np.argmax(scores))
        chosen = candidates[best]
        margin = _margin(scores, candidates, best)
        features = self._features(query, language, chosen, in_sentence[:, best], evidence[best], margin)
        start, end = self._extended(chosen, kind)
        answer = self._answer_span(kind, question, counted if kind == "count" else query, chosen)
        lacks = kind in _NOTHING_ELSE_WILL_DO and evidence[best] < 0
        return Reading(chosen.hit, start, end, answer, scores[best], features, lacks)

    def _matches(self, query: Query, candidates: Sequence[_Candidate]) -> Floats:
        """(n_question_tokens, n_candidates); what title and heading say needn't be said again in the sentence."""
        in_sentence = query.matches([self._text(candidate) for candidate in candidates])
        contexts = list(dict.fromkeys(candidate.hit.passage.context for candidate in candidates))
        in_context = query.matches(contexts)[:, [contexts.index(c.hit.passage.context) for c in candidates]]
        return np.asarray(np.maximum(in_sentence, _CONTEXT_DISCOUNT * in_context))

    def _features(
        self, query: Query, language: str, chosen: _Candidate, in_sentence: Floats, evidence: float, margin: float
    ) -> Features:
        """``in_sentence`` (n_question_tokens,) are the matches of the chosen span."""
        passage = chosen.hit.passage
        in_passage = query.matches([f"{passage.context} {passage.text}"])[:, 0]
        found = np.maximum(in_sentence, _PASSAGE_DISCOUNT * in_passage)
        return Features(
            dense=chosen.hit.dense,
            sentence=float(query.weights @ in_sentence),
            covered=float(query.weights @ found),
            weakest=float(query.weights @ (found < _MATCHED)),
            evidence=evidence,
            same_language=float(passage.language == language),
            margin=margin,
        )

    def _evidence(
        self, question: str, query: Query, counted: Query, kind: str, candidates: Sequence[_Candidate]
    ) -> list[float]:
        """Whether each candidate holds what is asked for, in [-1, 1]."""
        asked_about = named_in_question(question, self._contact_names)
        texts = [self._text(candidate) for candidate in candidates]
        evidence = [
            evidence_in(
                text,
                kind,
                question,
                asked_about,
                is_contact=candidate.hit.passage.contact is not None,
                is_listed=candidate.is_item or text.endswith(":"),
            )
            for candidate, text in zip(candidates, texts, strict=True)
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

    def _candidates(self, hit: Hit) -> Iterator[_Candidate]:
        passage = hit.passage
        if passage.contact is not None:
            yield _Candidate(hit, passage.start, passage.end, is_item=False)
            return
        document = self._documents[passage.document]
        items = [block for block in document.blocks if block.kind == "item"]
        for start, end in sentences(document.text, passage.start, passage.end):
            block = _block_at(items, start, end)
            yield _Candidate(hit, block.start if block else start, end, is_item=block is not None)

    def _text(self, candidate: _Candidate) -> str:
        return self._documents[candidate.hit.passage.document].text[candidate.start : candidate.end]

    def _extended(self, chosen: _Candidate, kind: str) -> tuple[int, int]:
        """The whole list when a list is asked for, or when the sentence only introduces one."""
        document = self._documents[chosen.hit.passage.document]
        introduces = document.text[chosen.start : chosen.end].endswith(":")
        if not (introduces or (kind == "list" and chosen.is_item)):
            return chosen.start, chosen.end
        return _list_around(document, chosen.start) or (chosen.start, chosen.end)

    def _answer_span(self, kind: str, question: str, query: Query, chosen: _Candidate) -> tuple[int, int]:
        """The words of the sentence that are the evidence; an empty span when none can be told apart.

        Of several numbers or years the one is taken whose next words the question asks about.
        """
        text = self._text(chosen)
        spans = evidence_spans(text, kind, question)
        if not spans or chosen.hit.passage.contact is not None:
            return chosen.start, chosen.start
        nearest = int(np.argmax(query.weights @ query.matches([_neighbourhood(text, span) for span in spans])))
        start, end = spans[nearest]
        return chosen.start + start, chosen.start + end


def _margin(scores: Sequence[float], candidates: Sequence[_Candidate], best: int) -> float:
    """How far the best is ahead of the best span of another passage; 0 when there is no other."""
    page = candidates[best].hit.passage
    others = [score for score, c in zip(scores, candidates, strict=True) if c.hit.passage is not page]
    return scores[best] - max(others) if others else 0.0


def _words_after(text: str, span: tuple[int, int]) -> str:
    return " ".join(text[span[1] :].split()[:_WORDS_AFTER])


def _neighbourhood(text: str, span: tuple[int, int]) -> str:
    """The words before a span in its clause, and a few after it."""
    before = " ".join(text[: span[0]].split()[-2:])
    return f"{before} {_words_after(text, span)}"


def _block_at(blocks: Sequence[Block], start: int, end: int) -> Block | None:
    return next((block for block in blocks if block.start < end and start < block.end), None)


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
