"""Floors: which are read, which are missed, and what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.errors import QuestionSetError
from qa.evaluation.floors import check_floors, parse_floors
from qa.evaluation.run import summarise
from tests.evaluation.samples import FOUNDED, PAGES, UNTOLD, answer, outcome

DE = replace(FOUNDED, language="de")
EVALUATION = summarise(
    [
        *[outcome(FOUNDED, answer())] * 8,
        *[outcome(FOUNDED, answer("In 1949."))] * 2,
        *[outcome(DE, answer("Im Jahr 1949."))] * 2,
        outcome(UNTOLD, answer(None)),
    ],
    PAGES,
)


def missed(*floors: str) -> list[str]:
    return check_floors(EVALUATION, parse_floors(floors))


@pytest.mark.parametrize(
    "floor", ["answer=0.66", "answer=0", "answer/en=0.8", "refusal=1", "recall@3/en>en=1", "answer/de>en=0"]
)
def test_a_floor_that_is_reached(floor: str) -> None:
    assert missed(floor) == []


def test_floors_that_are_missed_are_named_with_language_and_interval() -> None:
    en, overall = EVALUATION.by_language["en"]["answer"], EVALUATION.overall["answer"]
    assert missed("answer=0.67", "refusal=0.4", "answer/en=0.81", "answer/de>en=0.5") == [
        f"answer is 0.667 in all languages (95 %: {overall.low:.2f} to {overall.high:.2f}, 12 questions);"
        " the floor is 0.67",
        f"answer is 0.800 in en (95 %: {en.low:.2f} to {en.high:.2f}, 10 questions); the floor is 0.81",
        "answer is 0.000 in de>en (95 %: 0.00 to 0.00, 2 questions, fewer than 10 say little); the floor is 0.5",
    ]


@pytest.mark.parametrize(
    ("floor", "message"),
    [
        ("answer", "--min answer: write it as METRIC=VALUE, such as answer=0.8"),
        ("answer=high", "--min answer=high: write it as METRIC=VALUE"),
        ("answer=nan", "--min answer=nan: write it as METRIC=VALUE"),
        ("answer=", "--min answer=: write it as METRIC=VALUE"),
        ("beauty=0.5", "--min beauty=0.5: beauty was not measured; measured are answer, exact_match, f1"),
        ("=0.5", "--min =0.5:  was not measured"),
        ("answer/sv=0.5", "--min answer/sv=0.5: no question is of sv; there are all, de, en, de>en, en>en"),
        ("answer/en>sv=0.5", "--min answer/en>sv=0.5: no question is of en>sv; there are all"),
        ("refusal/de=0.5", "--min refusal/de=0.5: refusal was not measured in de; measured are answer, exact"),
        ("contact=0.5", "--min contact=0.5: contact was not measured in all languages; measured are answer"),
    ],
)
def test_a_floor_that_cannot_be_checked(floor: str, message: str) -> None:
    with pytest.raises(QuestionSetError, match=message):
        missed(floor)
