"""Two evaluations compared, in words that don't claim more than the numbers carry."""

from __future__ import annotations

from collections.abc import Sequence

from qa.evaluation.listing import badge, kind_of
from qa.evaluation.markup import (
    LOWER_IS_BETTER,
    counted,
    folded,
    in_language,
    language_name,
    metric_name,
    percent,
    points,
    table,
)
from qa.evaluation.results import SIGNIFICANCE, Change, Comparison, Difference, Outcome
from qa.markup import safe


def comparison_section(comparison: Comparison) -> str:
    """What changed since an earlier evaluation: the figures, then the questions."""
    moved = {metric: found for metric, found in comparison.metrics.items() if found.n_better or found.n_worse}
    still = [metric_name(metric).lower() for metric in comparison.metrics if metric not in moved]
    columns = ("Figure", "Before", "After", "Difference, points", "p-value", "In words", "Questions")
    rows = ([metric_name(metric), *_cells(metric, found)] for metric, found in moved.items())
    same = f"<p>The same in every question: {', '.join(still)}.</p>" if still else ""
    better, worse = comparison.of_kind("better"), comparison.of_kind("worse")
    return (
        f"<p>{_in_words(comparison)}</p>"
        f"{table('changes-table', 'Figures before and after', columns, rows) if moved else ''}"
        f"{same}"
        f'<div class="changes">{_changes("Got worse", worse)}{_changes("Got better", better)}</div>'
    )


def verdict(metric: str, found: Difference) -> str:
    """A difference in words: its direction, and whether chance alone may have made it.

    >>> verdict("answer", Difference(0.7, 0.8, 0.1, 0.01, 12, 2))
    'better, more than noise'
    >>> verdict("false_refusal", Difference(0.1, 0.12, 0.02, 0.5, 3, 1))
    'worse, but it may be noise'
    """
    if not found.difference:
        return "no difference"
    is_better = (found.difference > 0) != (metric in LOWER_IS_BETTER)
    direction = "better" if is_better else "worse"
    return f"{direction}, more than noise" if found.is_significant else f"{direction}, but it may be noise"


def _in_words(comparison: Comparison) -> str:
    certain = [metric for metric, found in comparison.metrics.items() if found.is_significant and found.difference]
    told = f"{_asked(comparison.n_questions)} both times. "
    if others := comparison.n_only_before + comparison.n_only_after:
        told += f"{_asked(others)} only once ({comparison.n_only_before} before, {comparison.n_only_after} after) and "
        told += "left out. "
    if certain:
        return f"{told}More than noise: {', '.join(metric_name(metric).lower() for metric in certain)}."
    return f"{told}No figure changed by more than noise (p under {SIGNIFICANCE:g})."


def _asked(n: int) -> str:
    return f"{counted(n, 'question')} {'was' if n == 1 else 'were'} asked"


def _cells(metric: str, found: Difference) -> list[str]:
    words = verdict(metric, found)
    tone = words.split(",")[0] if found.is_significant and found.difference else "same"
    return [
        percent(found.before),
        percent(found.after),
        points(found.difference),
        f"{found.p_value:.3f}" if found.p_value >= 0.001 else "under 0.001",
        f'<td class="{tone} nowrap">{words}</td>',
        f"{found.n_better} better, {found.n_worse} worse",
    ]


def _changes(heading: str, changes: Sequence[Change]) -> str:
    items = "".join(map(_change, changes))
    shown = f'<ul class="changed">{items}</ul>' if items else '<p class="quiet">No question.</p>'
    return f"<div><h3>{heading}</h3>{folded(counted(len(changes), 'question'), shown) if items else shown}</div>"


def _change(change: Change) -> str:
    return (
        f"<li><p {in_language(change.language)}><strong>{safe(change.question)}</strong></p>"
        f'<p class="facts"><span>{language_name(change.language)}</span><span class="id">{safe(change.id)}</span></p>'
        f"<dl>{_reply('Before', change.before)}{_reply('After', change.after)}</dl></li>"
    )


def _reply(label: str, outcome: Outcome) -> str:
    answer = outcome.answer
    said = f"<dd {in_language(answer.answer_language)}>{safe(answer.answer)}</dd>"
    return f"<dt>{label} {badge(kind_of(outcome))}</dt>{said}"
