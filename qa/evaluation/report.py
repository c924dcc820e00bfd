"""An evaluation as one HTML file that a web editor reads: how good the replies are, where they fail, what changed.

The file is complete (no network, nothing stored), works without its script, and runs under a content security policy
that allows nothing but the style sheet and script it was made with. Nothing is measured here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from string import Template

from qa.evaluation.differences import comparison_section, verdict
from qa.evaluation.heatmap import few, languages_section
from qa.evaluation.listing import KINDS, Kind, kinds_of, questions_section
from qa.evaluation.markup import (
    LOWER_IS_BETTER,
    counted,
    folded,
    likely,
    metric_meaning,
    metric_name,
    percent,
    points,
    table,
)
from qa.evaluation.plots import interval_bar, reliability_plot, risk_coverage_plot, share_bar
from qa.evaluation.results import Comparison, Difference, Evaluation, Interval, Point
from qa.markup import safe

_STATIC = Path(__file__).with_name("static")
_CONTENTS = {
    "changes": "Changes",
    "languages": "Languages",
    "confidence": "Confidence",
    "measures": "Figures",
    "questions": "Questions",
}
_HEAD = ("answer", "refusal", "false_refusal", "recall@3", "language")


def report_html(evaluation: Evaluation, comparison: Comparison | None = None) -> str:
    """The report as one self-contained HTML document; ``comparison`` tells what changed since an earlier evaluation.

    Every text of a question or a document in it is escaped.
    """
    sections = [
        ("languages", "Language by language", languages_section(evaluation)),
        ("confidence", "Confidence", _confidence(evaluation)),
        ("measures", "All figures", _measures(evaluation.overall)),
        ("questions", "Every question", questions_section(evaluation)),
    ]
    if comparison:
        sections.insert(0, ("changes", "What changed", comparison_section(comparison)))
    body = _summary(evaluation, comparison) + "".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}">{heading}</h2>{html}</section>'
        for name, heading, html in sections
    )
    style, script = _file("report.css"), _file("report.js")
    return Template(_file("report.html")).substitute(
        policy=_policy(style, script),
        title=f"Kysy evaluation – {counted(len(evaluation.outcomes), 'question')}",
        style=style,
        script=script,
        contents="".join(f'<li><a href="#{name}">{_CONTENTS[name]}</a></li>' for name, _, _ in sections),
        body=body,
    )


def _policy(style: str, script: str) -> str:
    """Only this style and this script, and the icon in the head; nothing is fetched, sent or framed."""
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=8)
def _file(name: str) -> str:
    return (_STATIC / name).read_text("utf-8")


# the summary


def _summary(evaluation: Evaluation, comparison: Comparison | None) -> str:
    changed = comparison.metrics if comparison else {}
    cards = [
        _figure(metric, evaluation.overall[metric], changed.get(metric))
        for metric in _HEAD
        if metric in evaluation.overall
    ]
    kinds = kinds_of(evaluation.outcomes)
    order = [kind for kind in reversed(KINDS) if kinds[kind]]
    legend = "".join(_share(kind, kinds[kind], len(evaluation.outcomes)) for kind in order)
    return (
        f'<section aria-labelledby="summary"><h1 id="summary">How well does Kysy answer?</h1>'
        f'<p class="lead">{_in_words(evaluation)}</p>{share_bar([(kind.name, kinds[kind]) for kind in order])}'
        f'<ul class="legend">{legend}</ul>'
        f'<ul class="figures">{"".join(cards)}{_speed(evaluation.latency_ms)}</ul></section>'
    )


def _share(kind: Kind, count: int, total: int) -> str:
    return (
        f'<li><span class="swatch {kind.name}" aria-hidden="true"></span>'
        f"<strong>{count}</strong> {kind.label.lower()} <span>{percent(count / total)}</span></li>"
    )


def _in_words(evaluation: Evaluation) -> str:
    outcomes = evaluation.outcomes
    languages = counted(len({outcome.question.language for outcome in outcomes}), "language")
    untold = sum(not outcome.question.is_answerable for outcome in outcomes)
    right = sum(outcome.is_right for outcome in outcomes)
    told = f"; the documents answer {len(outcomes) - untold:,} of them" if untold else ""
    return (
        f"{counted(len(outcomes), 'question')} in {languages} {'was' if len(outcomes) == 1 else 'were'} asked{told}. "
        f"<strong>{right:,}</strong> got the right reply: the answer, or an honest refusal."
    )


def _figure(metric: str, cell: Interval, difference: Difference | None) -> str:
    lower = ' <span class="quiet">(lower is better)</span>' if metric in LOWER_IS_BETTER else ""
    since = f'<p class="since">{_since(metric, difference)}</p>' if difference else ""
    return (
        f'<li class="figure"><h2>{metric_name(metric)}{lower}</h2><p class="value">{percent(cell.value)}</p>'
        f'{interval_bar(cell)}<p class="likely">{likely(cell)}</p>'
        f'<p class="quiet">{counted(cell.n, "question")}{few(cell)}</p>{since}</li>'
    )


def _since(metric: str, difference: Difference) -> str:
    moved = f"{points(difference.difference)} points: {verdict(metric, difference)}"
    return moved if difference.difference else "as before"


def _speed(latency_ms: Mapping[str, float]) -> str:
    return (
        f'<li class="figure"><h2>Time for a reply</h2><p class="value">{latency_ms["p50"]:.1f}\u00a0ms</p>'
        f'<p class="likely">half of the replies are faster (p50)</p>'
        f'<p class="quiet">95 of 100 take less than {latency_ms["p95"]:.1f}\u00a0ms (p95)</p></li>'
    )


# confidence


def _confidence(evaluation: Evaluation) -> str:
    return f'<div class="plots">{_risk(evaluation)}{_reliability(evaluation)}</div>'


def _risk(evaluation: Evaluation) -> str:
    given = [outcome for outcome in evaluation.outcomes if not outcome.is_refused]
    now = None
    if given:
        risk = sum(not outcome.is_right for outcome in given) / len(given)
        now = Point(len(given) / len(evaluation.outcomes), risk)
    rows = [[percent(point.coverage), percent(point.risk)] for point in _thinned(evaluation.risk_coverage)]
    columns = ("Questions answered", "Of the answers, wrong")
    return (
        f'<figure class="plot-card"><h3>Answer more, or be right more often?</h3>'
        f"{risk_coverage_plot(evaluation.risk_coverage, now)}"
        "<figcaption>The surest answers come first. Further right more is answered, and more of it wrongly; the line "
        "“now” is where Kysy refuses today. What it refused counts as wrong beyond it. Area under the curve: "
        f"{evaluation.aurc:.3f}, lower is better.</figcaption>"
        f"{folded('As a table', table('risk-table', 'Wrong answers by share answered', columns, rows))}</figure>"
    )


def _thinned(curve: Sequence[Point], parts: int = 10) -> list[Point]:
    """The last point up to each tenth, where there is one: enough for a table."""
    upto = [[point for point in curve if point.coverage <= part / parts + 1e-9] for part in range(1, parts + 1)]
    return list(dict.fromkeys(found[-1] for found in upto if found))


def _reliability(evaluation: Evaluation) -> str:
    heading = "<h3>Is it as sure as it should be?</h3>"
    if not evaluation.reliability:
        return f'<figure class="plot-card">{heading}<p>Nothing was answered: there is nothing to compare.</p></figure>'
    rows = (
        [
            f"{percent(part.low)} to {percent(part.high)}",
            f"{part.n:,}",
            percent(part.confidence),
            percent(part.accuracy),
        ]
        for part in evaluation.reliability
    )
    columns = ("Confidence", "Answers", "Mean confidence", "Right")
    return (
        f'<figure class="plot-card">{heading}{reliability_plot(evaluation.reliability)}'
        "<figcaption>A bar shows how many answers of that confidence are right, the dash on it how many the confidence "
        "promised, the number how many answers there are. Mean gap (expected calibration error): "
        f"{evaluation.calibration_error:.3f}, lower is better.</figcaption>"
        f"{folded('As a table', table('reliability-table', 'Right answers by confidence', columns, rows))}</figure>"
    )


# all figures


def _measures(cells: Mapping[str, Interval]) -> str:
    rows = (
        [
            f"{metric_name(metric)} <code>{safe(metric)}</code>",
            percent(cell.value),
            f"{likely(cell)}{few(cell)}",
            f"{cell.n:,}",
            metric_meaning(metric),
        ]
        for metric, cell in cells.items()
    )
    columns = ("Figure", "Mean", "95\u00a0% interval", "Questions", "What it means")
    return folded(
        f"{counted(len(cells), 'figure')} over all questions",
        table("measures-table", "All figures over all questions", columns, rows),
    )
