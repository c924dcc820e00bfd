"""A question set asked of the assistant → metrics overall and per language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import fmean, median

from qa.assistant import Assistant
from qa.errors import QuestionError, QuestionSetError
from qa.evaluation.metrics import contains_answer, recall_at, reciprocal_rank
from qa.evaluation.questions import Question
from qa.records import Answer

ALL = "all"
RETRIEVAL_CUTOFFS = (1, 3, 5, 10)
Table = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, the answer it got, and the metrics that apply to it."""

    question: Question
    answer: Answer
    metrics: Mapping[str, float]


def run(
    assistant: Assistant,
    questions: Sequence[Question],
    *,
    as_page_language: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Outcome, ...]:
    """Asks every question. Its labelled language is not told, unless as the language of the page it is asked on."""
    outcomes = []
    for number, question in enumerate(questions, 1):
        try:
            answer = assistant.ask(question.question, page_language=question.language if as_page_language else None)
        except QuestionError as error:
            raise QuestionSetError(f"question {question.id!r}: {error}") from None
        outcomes.append(Outcome(question, answer, measure(question, answer)))
        if progress:
            progress("asking", number, len(questions))
    return tuple(outcomes)


def measure(question: Question, answer: Answer) -> dict[str, float]:
    """The metrics of one answer, each in [0, 1].

    ``answer`` is containment: any gold string in the answer or its contacts. ``refusal`` is right refusing (of
    unanswerable questions), ``false_refusal`` is refusing what the documents tell.
    """
    refused = float(answer.status == "not_found")
    metrics = {"language": float(answer.language == question.language)}
    if not question.is_answerable:
        return metrics | {"refusal": refused}
    told = "\n".join([answer.answer, *(_contact_text(answer))]) if not refused else ""
    metrics |= {"answer": contains_answer(question.answers, told), "false_refusal": refused}
    if question.documents:
        ranked = list(dict.fromkeys(hit.passage.document for hit in answer.passages))
        metrics |= {f"recall@{k}": recall_at(k, question.documents, ranked) for k in RETRIEVAL_CUTOFFS}
        metrics |= {"mrr@10": reciprocal_rank(question.documents, ranked)}
    if answer.citations:
        right = any(citation.document in question.documents for citation in answer.citations)
        metrics |= {"citation": float(right)} if question.documents else {}
    return metrics


def summarise(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """{language or "all": {metric: mean}}, with ``questions`` and ``unanswerable`` as counts."""
    languages = sorted({outcome.question.language for outcome in outcomes})
    groups = {ALL: list(outcomes)} | {
        language: [outcome for outcome in outcomes if outcome.question.language == language] for language in languages
    }
    return {name: _means(group) for name, group in groups.items()}


def check_floors(table: Table, floors: Iterable[str]) -> list[str]:
    """What is below its floor, one line each; a floor is ``METRIC=VALUE`` or ``METRIC/LANGUAGE=VALUE``.

    Raises QuestionSetError for a floor that can't be read or a metric that wasn't measured.
    """
    missed = []
    for floor in floors:
        name, _, raw = floor.partition("=")
        metric, _, group = name.partition("/")
        value = _floor(floor, raw)
        found = table.get(group or ALL, {}).get(metric)
        if found is None:
            known = ", ".join(sorted(table[ALL]))
            raise QuestionSetError(f"--min {floor}: {name} was not measured; measured are {known}")
        if found < value:
            missed.append(f"{metric} is {found:.3f} in {group or 'all languages'}; the floor is {value:g}")
    return missed


def _floor(floor: str, raw: str) -> float:
    try:
        value = float(raw)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise QuestionSetError(f"--min {floor}: write it as METRIC=VALUE, such as answer=0.8")
    return value


def _means(outcomes: Sequence[Outcome]) -> dict[str, float]:
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.metrics)
    means = {name: fmean(o.metrics[name] for o in outcomes if name in o.metrics) for name in sorted(names)}
    unanswerable = sum(not outcome.question.is_answerable for outcome in outcomes)
    p50 = median(outcome.answer.timings_ms["total"] for outcome in outcomes)
    return {"questions": len(outcomes), "unanswerable": unanswerable, **means, "p50_ms": p50}


def _contact_text(answer: Answer) -> list[str]:
    return [
        " ".join(filter(None, (c.name, c.title, c.unit, *c.responsibilities, c.email, c.phone)))
        for c in answer.contacts
    ]
