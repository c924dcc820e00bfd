"""Curves as inline SVG that needs neither script nor network.

Colours are classes of the report's style sheet, so that light, dark and paper each have their own. A drawing shows
nothing that isn't said in words or in a table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from qa.evaluation.markup import percent
from qa.evaluation.results import Bin, Interval, Point

_WIDTH, _HEIGHT = 400, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 26, 32, 48
_STEPS = {0.1: 5, 0.2: 4, 0.4: 4, 0.6: 3, 0.8: 4, 1.0: 4}
"""Heights that a plot can have, and into how many round steps each is divided."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Where data in [0, 1] × [0, top] stand on the canvas, in its units from the upper left corner."""

    top: float = 1.0

    def x(self, value: float) -> float:
        return _LEFT + value * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self.top * (_HEIGHT - _TOP - _BOTTOM)

    def line(self, points: Iterable[tuple[float, float]]) -> str:
        """The ``points`` attribute of a line through data points.

        >>> Axes().line([(0, 0), (1, 1)])
        '56.0,252.0 374.0,32.0'
        """
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)


def risk_coverage_plot(points: Sequence[Point], now: Point | None) -> str:
    """Share of wrong answers over share of questions answered; ``now`` is where the present threshold stands."""
    axes = Axes(next(top for top in _STEPS if top >= max(point.risk for point in points)))
    curve = [(point.coverage, point.risk) for point in points]
    body = (
        f'<polygon class="area" points="{axes.line([(curve[0][0], 0.0), *curve, (curve[-1][0], 0.0)])}"/>'
        f'<polyline class="curve" points="{axes.line(curve)}"/>{_now(axes, now) if now else ""}'
    )
    described = f"When every question is answered, {percent(points[-1].risk)} of the answers are wrong."
    if now:
        described = f"At present {percent(now.coverage)} are answered, {percent(now.risk)} of them wrongly. {described}"
    labels = ("questions answered", "of the answers, wrong")
    return _figure("risk", "Wrong answers as more questions are answered", described, axes, labels, body)


def reliability_plot(bins: Sequence[Bin]) -> str:
    """Share of right answers by confidence, against the confidence itself: the dash on each bar."""
    axes = Axes()
    body = f'<polyline class="ideal" points="{axes.line([(0, 0), (1, 1)])}"/>'
    body += "".join(_bar(axes, part) for part in bins)
    worst = max(bins, key=lambda part: abs(part.confidence - part.accuracy))
    described = (
        f"{len(bins)} bars. The widest gap: answers with a confidence of {percent(worst.confidence)} on average "
        f"are right in {percent(worst.accuracy)} of cases."
    )
    labels = ("confidence", "of the answers, right")
    return _figure("reliability", "Right answers by confidence", described, axes, labels, body)


def interval_bar(cell: Interval) -> str:
    """A figure and its interval on a line from 0 to 100 %; the words beside it say the same."""
    width = max(1.0, (cell.high - cell.low) * 100)
    return (
        '<svg class="interval" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" y="3" width="100" height="2"/>'
        f'<rect class="band" x="{min(cell.low * 100, 100 - width):.1f}" y="1.5" width="{width:.1f}" height="5"/>'
        f'<rect class="value" x="{min(cell.value * 100, 99):.1f}" width="1" height="8"/></svg>'
    )


def share_bar(parts: Sequence[tuple[str, int]]) -> str:
    """Counts as one divided bar: (class, count) from left to right; the legend beside it names them."""
    total = sum(count for _, count in parts)
    starts = accumulate((count for _, count in parts), initial=0)
    pieces = (
        f'<rect class="{name}" x="{start / total * 1000:.1f}" '
        f'width="{max(0.0, count / total * 1000 - 3):.1f}" height="20"/>'
        for (name, count), start in zip(parts, starts, strict=False)
        if count
    )
    return (
        '<svg class="shares" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{''.join(pieces)}</svg>"
    )


def _now(axes: Axes, now: Point) -> str:
    x, y = axes.x(now.coverage), axes.y(now.risk)
    side, shift = ("end", -6) if now.coverage > 0.5 else ("start", 6)
    return (
        f'<line class="threshold" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        f'<text class="note" x="{x + shift:.1f}" y="{_TOP + 12}" text-anchor="{side}">now</text>'
    )


def _bar(axes: Axes, part: Bin) -> str:
    left, right, top = axes.x(part.low) + 1.5, axes.x(part.high) - 1.5, axes.y(part.accuracy)
    return (
        f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{axes.y(0) - top:.1f}"/>'
        f'<line class="claim" x1="{left:.1f}" x2="{right:.1f}" '
        f'y1="{axes.y(part.confidence):.1f}" y2="{axes.y(part.confidence):.1f}"/>'
        f'<text class="count" x="{(left + right) / 2:.1f}" y="{min(top, axes.y(part.confidence)) - 6:.1f}" '
        f'text-anchor="middle">{part.n}</text>'
    )


def _figure(id: str, title: str, description: str, axes: Axes, labels: tuple[str, str], body: str) -> str:
    """An SVG with grid, labels of both axes, title and description."""
    steps = _STEPS[axes.top]
    rows = "".join(_row(axes, axes.top * step / steps) for step in range(steps + 1))
    columns = "".join(
        f'<text class="tick" x="{axes.x(step / 4):.1f}" y="{_HEIGHT - _BOTTOM + 18}" '
        f'text-anchor="middle">{step * 25} %</text>'
        for step in range(5)
    )
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{id}-title {id}-text">'
        f'<title id="{id}-title">{title}</title><desc id="{id}-text">{description}</desc>{rows}{columns}{body}'
        f'<text class="axis" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8}" text-anchor="end">{labels[0]} →</text>'
        f'<text class="axis" x="6" y="14">↑ {labels[1]}</text></svg>'
    )


def _row(axes: Axes, value: float) -> str:
    y = axes.y(value)
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value * 100:.0f} %</text>'
    )
