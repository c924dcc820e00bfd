"""The probability that an answer is right."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer import confidence as module
from qa.answer.confidence import confidence, logistic
from qa.answer.reader import Features

WEIGHTS = tomllib.loads(module._FILE.read_text("utf-8"))
NOTHING = Features(**dict.fromkeys((field.name for field in fields(Features)), 0.0))
CERTAIN = replace(
    NOTHING, dense=0.9, interaction=1.0, sentence=1.0, covered=1.0, evidence=1.0, same_language=1.0, margin=0.5
)
HOPELESS = replace(
    NOTHING, interaction=0.1, sentence=0.1, covered=0.1, weakest=1.0, missing_word=0.9, missing_name=1.0, evidence=-1.0
)
VALUES = st.floats(-1e6, 1e6)


def test_every_weight_belongs_to_a_feature() -> None:
    assert set(WEIGHTS) == {"bias", *(field.name for field in fields(Features))}


def test_the_probability_is_that_of_a_logistic_regression() -> None:
    total = WEIGHTS["bias"] + sum(WEIGHTS[name] * value for name, value in asdict(CERTAIN).items())
    assert confidence(CERTAIN) == pytest.approx(1 / (1 + math.exp(-total)))


@given(st.builds(Features, *[VALUES] * len(fields(Features))))
def test_any_features_give_a_probability(features: Features) -> None:
    assert 0.0 <= confidence(features) <= 1.0


def test_a_certain_answer_is_given_and_a_hopeless_one_is_not() -> None:
    assert confidence(CERTAIN) > 0.8
    assert confidence(HOPELESS) < 0.2


@pytest.mark.parametrize(
    ("name", "sign"),
    [("sentence", 1), ("dense", 1), ("margin", 1), ("evidence", 1), ("missing_word", -1), ("missing_number", -1)],
)
def test_more_evidence_makes_surer(name: str, sign: int) -> None:
    more = replace(HOPELESS, **{name: getattr(HOPELESS, name) + sign * 0.5})
    assert confidence(more) > confidence(HOPELESS)


@pytest.mark.parametrize(("total", "expected"), [(0.0, 0.5), (math.log(3), 0.75), (-math.log(9), 0.1), (1e9, 1.0)])
def test_logistic(total: float, expected: float) -> None:
    assert logistic({"bias": total}, {}) == pytest.approx(expected)
    assert logistic({"bias": 0.0, "x": total}, {"x": 1.0, "unknown": 5.0}) == pytest.approx(expected)
