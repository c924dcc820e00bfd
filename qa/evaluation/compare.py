"""Two evaluations of the same questions: which got better, which worse, and whether that is more than noise.

The earlier one is read from its predictions and measured anew, so both are measured by the same gold answers and the
same metrics, whatever has changed in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from statistics import fmean
from typing import Any, Literal, TypeVar

from qa.errors import QuestionSetError
from qa.evaluation.pages import Pages
from qa.evaluation.questions import read_rows
from qa.evaluation.results import Change, Comparison, Difference, Outcome
from qa.evaluation.run import METRICS, measure
from qa.evaluation.statistics import mcnemar, paired_randomisation
from qa.records import Answer, Citation, Contact, Hit, Passage

Record = TypeVar("Record", Citation, Contact)
_FILE = "predictions.jsonl"
_LESS_IS_BETTER = frozenset(("false_refusal",))
_COMPARED = tuple(metric for metric in METRICS if metric != "refusal_precision")
"""What is refused both times is refused as precisely both times: there is nothing to pair."""


def read_predictions(path: Path) -> dict[str, Answer]:
    """Earlier answers by question id, from an ``--out`` folder or its predictions.jsonl.

    Raises QuestionSetError when there are none, or naming the line that can't be read.
    """
    file = path / _FILE if path.is_dir() else path
    if not file.is_file():
        raise QuestionSetError(f"{path} holds no {_FILE}: give the --out folder of an earlier evaluation")
    rows, faults = read_rows(file, lambda _, row: (str(row.get("id")), answer_of(row)))
    if faults:
        raise QuestionSetError(faults[0])
    return dict(rows)


def compare(before: Mapping[str, Answer], after: Sequence[Outcome], pages: Pages) -> Comparison:
    """The difference between earlier answers and the outcomes of today, question by question.

    Raises QuestionSetError when they have no question in common.
    """
    pairs = [
        (Outcome(now.question, then, measure(now.question, then, pages)), now)
        for now in after
        if (then := before.get(now.question.id))
    ]
    if not pairs:
        raise QuestionSetError("--compare: the earlier evaluation has none of these questions (they are matched by id)")
    differences = {
        metric: difference(values, less_is_better=metric in _LESS_IS_BETTER)
        for metric in _COMPARED
        if (values := _values(metric, pairs))
    }
    changes = tuple(_change(*pair) for pair in pairs if pair[0].is_right != pair[1].is_right)
    return Comparison(differences, changes, len(pairs), len(before) - len(pairs), len(after) - len(pairs))


def difference(pairs: Sequence[tuple[float, float]], *, less_is_better: bool = False) -> Difference:
    """What has become of one metric, given its values before and after: McNemar's test for 0 and 1, else randomisation.

    >>> difference([(0.0, 1.0), (1.0, 1.0)])
    Difference(before=0.5, after=1.0, difference=0.5, p_value=1.0, n_better=1, n_worse=0)
    """
    before, after = fmean(then for then, _ in pairs), fmean(now for _, now in pairs)
    risen, fallen = sum(now > then for then, now in pairs), sum(now < then for then, now in pairs)
    n_better, n_worse = (fallen, risen) if less_is_better else (risen, fallen)
    is_binary = {value for pair in pairs for value in pair} <= {0.0, 1.0}
    p_value = mcnemar(n_better, n_worse) if is_binary else paired_randomisation([now - then for then, now in pairs])
    return Difference(before, after, after - before, p_value, n_better, n_worse)


def answer_of(row: Mapping[str, Any]) -> Answer:
    """The answer whose public form a line of predictions is, as far as it is told there.

    Raises QuestionSetError for a row that is no answer.
    """
    try:
        return Answer(
            question=str(row["question"]),
            language=str(row["language"]),
            status=_status(row["status"]),
            answer=str(row["answer"]),
            answer_language=str(row["answer_language"]),
            notice=row.get("notice"),
            citations=tuple(_record(Citation, citation) for citation in row["citations"]),
            contacts=tuple(_record(Contact, contact) for contact in row["contacts"]),
            confidence=float(row["confidence"]),
            passages=tuple(_hit(passage) for passage in row["passages"]),
            timings_ms={stage: float(ms) for stage, ms in row["timings_ms"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise QuestionSetError(f"is no prediction of `qa evaluate --out` ({error!r})") from None


def _status(status: Any) -> Literal["answered", "not_found"]:
    return "not_found" if status == "not_found" else "answered"


def _record(kind: type[Record], row: Mapping[str, Any]) -> Record:
    """A record of its public form; fields that other versions wrote are left out."""
    names = {field.name for field in fields(kind)}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name in names
    }
    return kind(**given)


def _hit(row: Mapping[str, Any]) -> Hit:
    text, document = str(row["text"]), str(row["document"])
    return Hit(Passage(document, 0, len(text), text, "", "", document), float(row["score"]))


def _values(metric: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> list[tuple[float, float]]:
    """A metric before and after, of the questions that it applies to both times."""
    both = ((then.metrics, now.metrics) for then, now in pairs)
    return [(then[metric], now[metric]) for then, now in both if metric in then and metric in now]


def _change(before: Outcome, after: Outcome) -> Change:
    question = after.question
    kind: Literal["better", "worse"] = "better" if after.is_right else "worse"
    return Change(question.id, question.question, question.language, before, after, kind)
