"""The records of an evaluation: what was asked and answered, what it comes to, and how it differs from an earlier one.

``run`` and ``compare`` make them; the table in the terminal, ``metrics.json`` and the report read them. Nothing here
measures anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from qa.evaluation.questions import Question
from qa.records import Answer

ALL = "all"
MIN_CELL = 10
"""Fewer questions than this say little: the figure is shown, and marked."""
SIGNIFICANCE = 0.05

Pair = tuple[str, str]
"""Language of the question, language of the gold document."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over ``n`` questions and the 95 % bootstrap interval around it: ``low <= value <= high``."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_reliable(self) -> bool:
        """Whether there are enough questions to take the figure seriously."""
        return self.n >= MIN_CELL

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, with ``reliable``."""
        return {**asdict(self), "reliable": self.is_reliable}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, the answer it got, and the metrics that apply to it, each in [0, 1]."""

    question: Question
    answer: Answer
    metrics: Mapping[str, float]

    @property
    def is_refused(self) -> bool:
        return self.answer.status == "not_found"

    @property
    def is_right(self) -> bool:
        """Whether the reply is the right one: a gold string, or a refusal of what the documents don't tell.

        Where the set names documents and no gold strings, it is the right document's being cited.
        """
        if not self.question.is_answerable:
            return self.is_refused
        return self.metrics.get("answer", self.metrics.get("citation", 0.0)) == 1.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers given with a confidence in [low, high): how many, their mean confidence, and the share that is right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Point:
    """When this share of all questions is answered (``coverage``), this share of the answers is wrong (``risk``)."""

    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A question set asked and measured. ``by_language`` is by the question's language.

    ``risk_coverage`` runs from the most confident answer alone to all questions; ``aurc`` is the area under it (mean
    risk, lower is better). ``reliability`` holds the bins that have answers; ``calibration_error`` is the expected
    one. ``latency_ms`` has ``p50`` and ``p95``.
    """

    outcomes: tuple[Outcome, ...]
    overall: Mapping[str, Interval]
    by_language: Mapping[str, Mapping[str, Interval]]
    by_pair: Mapping[Pair, Mapping[str, Interval]]
    risk_coverage: tuple[Point, ...]
    aurc: float
    reliability: tuple[Bin, ...]
    calibration_error: float
    latency_ms: Mapping[str, float]

    @property
    def groups(self) -> dict[str, Mapping[str, Interval]]:
        """All cells by name: ``all``, each language (``fi``), each pair (``fi>sv``)."""
        pairs = {f"{asked}>{told}": cells for (asked, told), cells in self.by_pair.items()}
        return {ALL: self.overall, **self.by_language, **pairs}

    def of_language(self, language: str) -> tuple[Outcome, ...]:
        """The outcomes of the questions in a language, or of all of them (``all``)."""
        return tuple(o for o in self.outcomes if language in (ALL, o.question.language))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types: a row of means for all questions and for each language, then everything else."""
        rows = {name: self._row(name, cells) for name, cells in self.groups.items() if ">" not in name}
        intervals = {
            name: {metric: cell.to_json() for metric, cell in cells.items()} for name, cells in self.groups.items()
        }
        return {
            **rows,
            "intervals": intervals,
            "risk_coverage": [asdict(point) for point in self.risk_coverage],
            "aurc": self.aurc,
            "reliability": [asdict(part) for part in self.reliability],
            "calibration_error": self.calibration_error,
            "latency_ms": dict(self.latency_ms),
        }

    def _row(self, language: str, cells: Mapping[str, Interval]) -> dict[str, float]:
        outcomes = self.of_language(language)
        counts = {
            "questions": len(outcomes),
            "unanswerable": sum(not outcome.question.is_answerable for outcome in outcomes),
        }
        return {**counts, **{metric: cell.value for metric, cell in cells.items()}}


@dataclass(frozen=True, slots=True)
class Change:
    """A question that is answered rightly in only one of two evaluations."""

    id: str
    question: str
    language: str
    before: Outcome
    after: Outcome
    kind: Literal["better", "worse"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric in two evaluations, over the questions that it applies to in both.

    ``p_value`` is two-sided: how often chance alone makes a difference as large; ``n_better`` and ``n_worse`` count
    the questions whose figure got better and worse.
    """

    before: float
    after: float
    difference: float
    p_value: float
    n_better: int
    n_worse: int

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than noise."""
        return self.p_value < SIGNIFICANCE


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two evaluations of the ``n_questions`` that both have (by id).

    ``n_only_before`` and ``n_only_after`` count the questions that only one has.
    """

    metrics: Mapping[str, Difference]
    changes: tuple[Change, ...]
    n_questions: int
    n_only_before: int = 0
    n_only_after: int = 0

    def of_kind(self, kind: Literal["better", "worse"]) -> Sequence[Change]:
        """The questions that got better, or worse."""
        return [change for change in self.changes if change.kind == kind]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the changed questions by id."""
        return {
            "questions": self.n_questions,
            "only_before": self.n_only_before,
            "only_after": self.n_only_after,
            "metrics": {
                metric: {**asdict(found), "significant": found.is_significant} for metric, found in self.metrics.items()
            },
            "better": [change.id for change in self.of_kind("better")],
            "worse": [change.id for change in self.of_kind("worse")],
        }
