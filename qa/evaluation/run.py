"""A question set asked of the assistant → what each answer is worth → figures overall, by language and by pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from qa.assistant import Assistant
from qa.errors import QuestionError, QuestionSetError
from qa.evaluation.metrics import (
    contains_answer,
    exact_match,
    ndcg_at,
    normalised,
    recall_at,
    reciprocal_rank,
    token_f1,
)
from qa.evaluation.pages import Pages
from qa.evaluation.questions import Question
from qa.evaluation.results import Evaluation, Interval, Outcome, Pair
from qa.evaluation.statistics import interval, reliability, risk_coverage
from qa.records import Answer
from qa.text import ADDRESS

RETRIEVAL_CUTOFFS = (1, 3, 5, 10)
METRICS = (
    "answer",
    "exact_match",
    "f1",
    "citation",
    "citation_quote",
    "contact",
    "answer_language",
    "language",
    "refusal",
    "refusal_precision",
    "false_refusal",
    *(f"recall@{k}" for k in RETRIEVAL_CUTOFFS),
    "mrr@10",
    "ndcg@10",
)
"""All metrics of single answers, in the order in which they are shown."""

NO_PAGES = Pages()


def run(
    assistant: Assistant,
    questions: Sequence[Question],
    *,
    as_page_language: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Outcome, ...]:
    """Asks every question. Its labelled language is not told, unless as the language of the page it is asked on."""
    outcomes = []
    pages = Pages.of(assistant.documents)
    for number, question in enumerate(questions, 1):
        try:
            answer = assistant.ask(question.question, page_language=question.language if as_page_language else None)
        except QuestionError as error:
            raise QuestionSetError(f"question {question.id!r}: {error}") from None
        outcomes.append(Outcome(question, answer, measure(question, answer, pages)))
        if progress:
            progress("asking", number, len(questions))
    return tuple(outcomes)


def summarise(outcomes: Sequence[Outcome], pages: Pages = NO_PAGES) -> Evaluation:
    """All figures of at least one outcome."""
    by_language: dict[str, list[Outcome]] = defaultdict(list)
    by_pair: dict[Pair, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_language[outcome.question.language].append(outcome)
        if pair := pair_of(outcome.question, pages):
            by_pair[pair].append(outcome)
    curve, area = risk_coverage([o.answer.confidence for o in outcomes], [_is_right_to_answer(o) for o in outcomes])
    given = [outcome for outcome in outcomes if not outcome.is_refused]
    bins, error = reliability([o.answer.confidence for o in given], [o.is_right for o in given])
    p50, p95 = np.percentile([outcome.answer.timings_ms["total"] for outcome in outcomes], (50, 95))
    return Evaluation(
        outcomes=tuple(outcomes),
        overall=_cells(outcomes),
        by_language={language: _cells(by_language[language]) for language in sorted(by_language)},
        by_pair={pair: _cells(by_pair[pair]) for pair in sorted(by_pair)},
        risk_coverage=curve,
        aurc=area,
        reliability=bins,
        calibration_error=error,
        latency_ms={"p50": float(p50), "p95": float(p95)},
    )


def pair_of(question: Question, pages: Pages) -> Pair | None:
    """Languages of an answerable question and of its gold document; None when the index has no gold document.

    Of gold documents in several languages it is the one in the question's language, else the first that is named.
    """
    told = pages.languages(question.documents) if question.is_answerable else ()
    if not told:
        return None
    return question.language, question.language if question.language in told else told[0]


def measure(question: Question, answer: Answer, pages: Pages = NO_PAGES) -> dict[str, float]:
    """The metrics that apply to one answer, each in [0, 1] (``METRICS``; docs/evaluation.md says what each means)."""
    is_refused = answer.status == "not_found"
    metrics = {"language": float(answer.language == question.language)} if question.has_language else {}
    if is_refused:
        metrics["refusal_precision"] = float(not question.is_answerable)
    if not question.is_answerable:
        return metrics | {"refusal": float(is_refused)}
    metrics["false_refusal"] = float(is_refused)
    if question.answers:
        metrics |= _told(question, answer, pages)
    if question.documents:
        metrics |= _found(question, answer, pages)
    return metrics


def _told(question: Question, answer: Answer, pages: Pages) -> dict[str, float]:
    """What the gold strings tell of the answer, its quotes and its cards; a refusal holds none of them."""
    is_refused = answer.status == "not_found"
    cards = "" if is_refused else "\n".join(_contact_text(answer))
    said, span, language = ("", "", "") if is_refused else (answer.answer, _span(answer), answer.answer_language)
    metrics = {
        "answer": contains_answer(question.answers, f"{said}\n{cards}"),
        "exact_match": exact_match(question.answers, span, language),
        "f1": token_f1(question.answers, span, language),
    }
    if answer.citations:
        quotes = (contains_answer(question.answers, citation.quote) for citation in answer.citations)
        metrics["citation_quote"] = max(quotes)
    addressed = [gold for gold in question.answers if _names_a_contact(gold, pages)]
    return metrics | ({"contact": contains_answer(addressed, cards)} if addressed else {})


def _found(question: Question, answer: Answer, pages: Pages) -> dict[str, float]:
    """What the gold documents tell of the passages considered and of the citations."""
    gold = set(map(pages.page, question.documents))
    ranked = pages.ranked(hit.passage.document for hit in answer.passages)
    metrics = {f"recall@{k}": recall_at(k, gold, ranked) for k in RETRIEVAL_CUTOFFS}
    metrics |= {"mrr@10": reciprocal_rank(gold, ranked), "ndcg@10": ndcg_at(10, gold, ranked)}
    if answer.citations:
        metrics["citation"] = float(any(pages.page(citation.document) in gold for citation in answer.citations))
        if question.language in pages.languages(question.documents):
            metrics["answer_language"] = float(answer.answer_language == question.language)
    return metrics


def _is_right_to_answer(outcome: Outcome) -> bool:
    """Whether answering was right. What a refused question would have been answered isn't known: it counts as wrong."""
    return not outcome.is_refused and outcome.is_right


def _span(answer: Answer) -> str:
    """The words that answer, where they are told apart from the quote, else the whole answer."""
    for citation in answer.citations[:1]:
        if citation.answer_start < citation.answer_end:
            return citation.quote[citation.answer_start : citation.answer_end]
    return answer.answer


def _names_a_contact(gold: str, pages: Pages) -> bool:
    return ADDRESS.fullmatch(gold.strip()) is not None or normalised(gold) in pages.contact_names


def _cells(outcomes: Iterable[Outcome]) -> Mapping[str, Interval]:
    values: dict[str, list[float]] = defaultdict(list)
    for outcome in outcomes:
        for metric, value in outcome.metrics.items():
            values[metric].append(value)
    return {metric: interval(values[metric]) for metric in METRICS if metric in values}


def _contact_text(answer: Answer) -> list[str]:
    return [
        " ".join(filter(None, (c.name, c.title, c.unit, *c.responsibilities, c.email, c.phone)))
        for c in answer.contacts
    ]
