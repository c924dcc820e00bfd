"""An evaluation for a terminal: metrics as rows, languages as columns, intervals, pairs, and what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qa.evaluation.results import ALL, MIN_CELL, Change, Comparison, Evaluation, Interval
from qa.evaluation.run import METRICS

_SHOWN = 20
_PAIR_METRICS = ("answer", "citation", "recall@3")
_NAME_WIDTH = 18
_CELL_WIDTH = 8
_FEW = "~"


def evaluation_table(evaluation: Evaluation) -> str:
    """All figures; a ``~`` marks those of too few questions."""
    return "\n".join([*_languages(evaluation), *_pairs(evaluation), *_summary(evaluation)])


def comparison_table(comparison: Comparison) -> str:
    """What has changed against an earlier evaluation; a ``*`` marks what is more than noise."""
    one_sided = f"{comparison.n_only_before} only in the earlier one, {comparison.n_only_after} only in this one"
    lines = [f"compared on {comparison.n_questions} questions ({one_sided})"]
    lines.append(f"{'':{_NAME_WIDTH}}" + _row("before", "after", "change", "p", "better", "worse"))
    for metric, found in comparison.metrics.items():
        figures = (f"{found.before:.3f} ", f"{found.after:.3f} ", f"{found.difference:+.3f} ")
        chance = f"{found.p_value:.3f}{'*' if found.is_significant else ' '}"
        lines.append(f"{metric:{_NAME_WIDTH}}" + _row(*figures, chance, found.n_better, found.n_worse))
    if any(found.is_significant for found in comparison.metrics.values()):
        lines.append("* chance alone would seldom make such a difference (p < 0.05)")
    return "\n".join([*lines, *_changed(comparison, "better"), *_changed(comparison, "worse")])


def _languages(evaluation: Evaluation) -> Iterator[str]:
    languages = (ALL, *evaluation.by_language)
    asked = {language: evaluation.of_language(language) for language in languages}
    yield f"{'':{_NAME_WIDTH}}{ALL:>{_CELL_WIDTH}}{'95 %':>13}" + _row(*languages[1:])
    counts = {
        "questions": {language: len(found) for language, found in asked.items()},
        "unanswerable": {
            language: sum(not outcome.question.is_answerable for outcome in found) for language, found in asked.items()
        },
    }
    for name, row in counts.items():
        yield f"{name:{_NAME_WIDTH}}{row[ALL]:>{_CELL_WIDTH}}{'':13}" + _row(*(row[code] for code in languages[1:]))
    for metric in METRICS:
        if metric in evaluation.overall:
            cells = [_cell(evaluation.by_language[language], metric) for language in languages[1:]]
            overall = evaluation.overall[metric]
            yield (
                f"{metric:{_NAME_WIDTH}}{_cell(evaluation.overall, metric):>{_CELL_WIDTH}}{_span(overall):>13}"
                + _row(*cells)
            )
    if any(not cell.is_reliable for cells in evaluation.groups.values() for cell in cells.values()):
        yield f"{_FEW} fewer than {MIN_CELL} questions say little"


def _pairs(evaluation: Evaluation) -> Iterator[str]:
    """Question in one language, answer in another: only where there is such a pair."""
    if not any(asked != told for asked, told in evaluation.by_pair):
        return
    width = _CELL_WIDTH + 13
    yield ""
    yield f"{'question > source':{_NAME_WIDTH}}{'n':>{_CELL_WIDTH}}" + "".join(f"{m:>{width}}" for m in _PAIR_METRICS)
    for (asked, told), cells in evaluation.by_pair.items():
        n = cells["false_refusal"].n
        figures = (f"{_cell(cells, metric):>{_CELL_WIDTH}}{_span(cells.get(metric)):>13}" for metric in _PAIR_METRICS)
        yield f"{asked + ' > ' + told:{_NAME_WIDTH}}{n:>{_CELL_WIDTH}}" + "".join(figures)


def _summary(evaluation: Evaluation) -> Iterator[str]:
    latency = evaluation.latency_ms
    yield ""
    yield f"risk–coverage area {evaluation.aurc:.3f}, calibration error {evaluation.calibration_error:.3f}"
    yield f"{latency['p50']:.1f} ms a question, {latency['p95']:.1f} ms for all but one in twenty"


def _changed(comparison: Comparison, kind: str) -> Iterator[str]:
    changes: list[Change] = [change for change in comparison.changes if change.kind == kind]
    if changes:
        more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
        yield f"{kind} ({len(changes)}): {', '.join(change.id for change in changes[:_SHOWN])}{more}"


def _cell(cells: Mapping[str, Interval], metric: str) -> str:
    found = cells.get(metric)
    return f"{found.value:.3f}{' ' if found.is_reliable else _FEW}" if found else ""


def _span(found: Interval | None) -> str:
    return f"{found.low:.2f}–{found.high:.2f}" if found else ""


def _row(*cells: str | int) -> str:
    return "".join(f"{cell:>{_CELL_WIDTH}}" for cell in cells)
