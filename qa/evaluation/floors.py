"""Floors: the least that a metric must reach, so that a change that makes answers worse doesn't pass unseen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, nan

from qa.errors import QuestionSetError
from qa.evaluation.results import ALL, MIN_CELL, Evaluation, Interval
from qa.evaluation.run import METRICS


@dataclass(frozen=True, slots=True)
class Floor:
    """The least mean of a metric. ``group`` is ``all``, a language (``fi``) or a pair (``fi>sv``)."""

    metric: str
    group: str
    value: float
    text: str


def parse_floors(texts: Iterable[str]) -> tuple[Floor, ...]:
    """Floors written as ``METRIC=VALUE``, ``METRIC/LANGUAGE=VALUE`` or ``METRIC/LANGUAGE>LANGUAGE=VALUE``.

    Raises QuestionSetError for one that can't be read.

    >>> parse_floors(["answer/fi>sv=0.7"])
    (Floor(metric='answer', group='fi>sv', value=0.7, text='answer/fi>sv=0.7'),)
    """
    return tuple(map(_parsed, texts))


def check_floors(evaluation: Evaluation, floors: Iterable[Floor]) -> list[str]:
    """What is below its floor, one line each. Raises QuestionSetError for a figure that wasn't measured."""
    found = ((floor, _cell(evaluation, floor)) for floor in floors)
    return [_missed(floor, cell) for floor, cell in found if cell.value < floor.value]


def _parsed(text: str) -> Floor:
    name, _, raw = text.partition("=")
    metric, _, group = name.partition("/")
    try:
        value = float(raw)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise QuestionSetError(f"--min {text}: write it as METRIC=VALUE, such as answer=0.8")
    if metric not in METRICS:
        raise QuestionSetError(f"--min {text}: {metric} was not measured; measured are {', '.join(METRICS)}")
    return Floor(metric, group or ALL, value, text)


def _cell(evaluation: Evaluation, floor: Floor) -> Interval:
    cells = evaluation.groups.get(floor.group)
    if cells is None:
        raise QuestionSetError(
            f"--min {floor.text}: no question is of {floor.group}; there are {', '.join(evaluation.groups)}"
        )
    if floor.metric not in cells:
        raise QuestionSetError(
            f"--min {floor.text}: {floor.metric} was not measured in {_place(floor)}; measured are {', '.join(cells)}"
        )
    return cells[floor.metric]


def _missed(floor: Floor, cell: Interval) -> str:
    few = "" if cell.is_reliable else f", fewer than {MIN_CELL} say little"
    told = f"95 %: {cell.low:.2f} to {cell.high:.2f}, {cell.n} question{'s' * (cell.n > 1)}{few}"
    return f"{floor.metric} is {cell.value:.3f} in {_place(floor)} ({told}); the floor is {floor.value:g}"


def _place(floor: Floor) -> str:
    return "all languages" if floor.group == ALL else floor.group
