"""How good the replies are in each language, and across languages: the heat map and the table under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median

from qa.evaluation.markup import language_name, metric_meaning, metric_name, percent, table
from qa.evaluation.results import ALL, MIN_CELL, Evaluation, Interval, Outcome

_BY_LANGUAGE = ("answer", "false_refusal", "refusal", "citation", "recall@3", "language")
_HEAT = {"answer": "answer", "recall@3": "found"}
_STEPS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Where one colour of the heat map ends and the next begins."""


def languages_section(evaluation: Evaluation) -> str:
    """The heat map, when the index has any of the expected documents, and the table by language."""
    metrics = [metric for metric in _HEAT if any(metric in cells for cells in evaluation.by_pair.values())]
    return (_heat_maps(evaluation, metrics) if metrics else "") + _language_table(evaluation)


def _heat_maps(evaluation: Evaluation, metrics: Sequence[str]) -> str:
    choices = "".join(
        f'<label><input type="radio" name="measure" value="{_HEAT[metric]}"{"" if number else " checked"}>'
        f"<span>{metric_name(metric)}</span></label>"
        for number, metric in enumerate(metrics)
    )
    legend = "".join(f'<li class="h{step}">{words}</li>' for step, words in enumerate(_step_words()))
    return (
        "<p>A question may be asked in one language and be answered from a document in another. Dashed cells have "
        f"fewer than {MIN_CELL} questions: they tell little.</p>"
        f'<fieldset class="controls choice" hidden><legend>Show</legend>{choices}</fieldset>'
        + "".join(_heat_map(evaluation, metric) for metric in metrics)
        + f'<ul class="scale" aria-label="Colours">{legend}</ul>'
    )


def _step_words() -> Iterator[str]:
    yield f"under {_STEPS[0] * 100:.0f}"
    yield from (f"{low * 100:.0f}–{high * 100:.0f}" for low, high in pairwise(_STEPS))
    yield f"{_STEPS[-1] * 100:.0f}\u00a0% and more"


def _heat_map(evaluation: Evaluation, metric: str) -> str:
    asked = sorted({pair[0] for pair in evaluation.by_pair}, key=language_name)
    told = sorted({pair[1] for pair in evaluation.by_pair}, key=language_name)
    rows = (
        [language_name(row), *(_heat_cell(evaluation.by_pair.get((row, column), {}).get(metric)) for column in told)]
        for row in asked
    )
    above = f'<tr><td></td><th scope="colgroup" colspan="{len(told)}">Language of the document</th></tr>'
    caption = f"{metric_name(metric)}, by languages"
    columns = ("Question in", *map(language_name, told))
    name = _HEAT[metric]
    meaning = f'<p class="quiet">{metric_name(metric)}: {metric_meaning(metric)}.</p>'
    shown = table(f"heat-{name}-caption", caption, columns, rows, above)
    return f'<div class="heat" id="heat-{name}">{meaning}{shown}</div>'


def _heat_cell(cell: Interval | None) -> str:
    if cell is None:
        return '<td class="none"><span aria-hidden="true">·</span><span class="unseen">no questions</span></td>'
    step = sum(cell.value >= edge for edge in _STEPS)
    dashed = "" if cell.is_reliable else " few"
    note = "" if cell.is_reliable else ", few"
    return f'<td class="h{step}{dashed}"><strong>{percent(cell.value)}</strong> <small>of {cell.n}{note}</small></td>'


def _language_table(evaluation: Evaluation) -> str:
    metrics = [metric for metric in _BY_LANGUAGE if metric in evaluation.overall]
    groups = {ALL: evaluation.overall, **evaluation.by_language}
    order = [ALL, *sorted(evaluation.by_language, key=language_name)]
    rows = (_language_row(name, groups[name], metrics, evaluation.of_language(name)) for name in order)
    columns = ("Question in", "Questions", *map(metric_name, metrics), "Time (p50)")
    caption = "Figures by language; the small ones are the likely range"
    return f"<h3>By the question’s language</h3>{table('by-language', caption, columns, rows)}"


def _language_row(
    name: str, cells: Mapping[str, Interval], metrics: Sequence[str], outcomes: Sequence[Outcome]
) -> list[str]:
    p50 = median(outcome.answer.timings_ms["total"] for outcome in outcomes)
    heading = "All languages" if name == ALL else language_name(name)
    figures = [_language_cell(cells.get(metric)) for metric in metrics]
    return [heading, f"{len(outcomes):,}", *figures, f"{p50:.1f}\u00a0ms"]


def _language_cell(cell: Interval | None) -> str:
    if cell is None:
        return '<td class="none"><span aria-hidden="true">·</span><span class="unseen">no questions</span></td>'
    span = f" <small>{cell.low * 100:.0f}–{cell.high * 100:.0f}</small>" if cell.low < cell.high else ""
    note = "" if cell.is_reliable else f" <small><span>of {cell.n}, few</span></small>"
    name = "" if cell.is_reliable else ' class="few"'
    return f"<td{name}>{percent(cell.value)}{span}{note}</td>"


def few(cell: Interval) -> str:
    """What is said beside a figure of too few questions."""
    return "" if cell.is_reliable else ' <span class="few">too few to tell</span>'
