"""Intervals, tests and curves against hand-computed values and brute force."""

from __future__ import annotations

from itertools import permutations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.results import Interval, Point
from qa.evaluation.statistics import interval, mcnemar, paired_randomisation, reliability, risk_coverage

UNIT = st.floats(0.0, 1.0)
ANSWERS = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | UNIT, st.booleans()), min_size=1)


# --- Intervals ----------------------------------------------------------------------------------------------


@given(st.lists(UNIT, min_size=1, max_size=50))
def test_an_interval_contains_the_mean_and_lies_within_the_values(values: list[float]) -> None:
    found = interval(values)
    assert found.value == pytest.approx(np.mean(values))
    assert min(values) - 1e-9 <= found.low <= found.value <= found.high <= max(values) + 1e-9
    assert (found.n, found.is_reliable) == (len(values), len(values) >= 10)


@given(st.lists(UNIT, min_size=1, max_size=30))
def test_the_same_values_in_any_order_give_the_same_interval(values: list[float]) -> None:
    assert interval(values) == interval(values[::-1])


def test_an_interval_is_that_of_resampling_itself() -> None:
    values = np.array([0.0] * 12 + [0.5] * 8 + [1.0] * 20)
    rng = np.random.default_rng(1)
    means = rng.choice(values, (20_000, len(values))).mean(axis=1)
    found = interval(list(values))
    assert (found.low, found.high) == pytest.approx(np.quantile(means, (0.025, 0.975)), abs=0.02)


def test_an_interval_of_zeros_and_ones_is_about_the_binomial_one() -> None:
    found = interval([1.0] * 80 + [0.0] * 20)  # 0.8 ± 1.96 · √(0.8 · 0.2 / 100)
    assert found.value == 0.8
    assert (found.low, found.high) == pytest.approx((0.722, 0.878), abs=0.015)


def test_an_interval_narrows_with_more_questions_and_has_no_width_where_all_agree() -> None:
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 1_000)
    assert many.high - many.low < (few.high - few.low) / 5
    assert interval([1.0] * 3) == Interval(1.0, 1.0, 1.0, 3)


# --- Tests of difference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse", "expected"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 32),
        (6, 0, 2 / 64),
        (8, 2, 2 * (1 + 10 + 45) / 1024),
        (5, 5, 1.0),
    ],
)
def test_mcnemar_by_hand(better: int, worse: int, expected: float) -> None:
    assert mcnemar(better, worse) == pytest.approx(expected)


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_is_symmetric_and_the_two_sided_binomial(better: int, worse: int) -> None:
    found = mcnemar(better, worse)
    assert found == mcnemar(worse, better)
    n, least = better + worse, max(better, worse)
    assert found == pytest.approx(min(1.0, 2 * sum(comb(n, k) * 0.5**n for k in range(least, n + 1))))


def test_mcnemar_of_many_questions() -> None:
    assert mcnemar(3_000, 2_000) < 1e-40
    assert mcnemar(2_500, 2_500) == 1.0


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), max_size=8))
def test_randomisation_of_few_is_every_pattern_of_signs(differences: list[float]) -> None:
    observed = abs(sum(differences))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in _signs(len(differences))]
    assert paired_randomisation(differences) == pytest.approx(np.mean([s >= observed - 1e-9 for s in sums]))


def _signs(n: int) -> list[tuple[int, ...]]:
    return list(product((-1, 1), repeat=n))


@given(st.lists(st.floats(-1.0, 1.0), max_size=40))
def test_randomisation_does_not_care_which_came_first(differences: list[float]) -> None:
    turned = paired_randomisation([-difference for difference in differences])
    assert paired_randomisation(differences) == pytest.approx(turned, abs=0.01)
    assert 0.0 < turned <= 1.0


def test_randomisation_of_many_is_near_the_exact_test() -> None:
    found = paired_randomisation([1.0] * 15 + [-1.0] * 5)  # of zeros and ones it is McNemar's test
    assert found == pytest.approx(mcnemar(15, 5), abs=0.01)
    assert paired_randomisation([0.5] * 400) == 1 / 10_001  # never below what so many draws can tell


# --- Curves -------------------------------------------------------------------------------------------------


def test_risk_and_coverage_by_hand() -> None:
    curve, area = risk_coverage([0.2, 0.9, 0.8, 0.2], [1, 1, 0, 0])
    assert curve == (Point(0.25, 0.0), Point(0.5, 0.5), Point(1.0, 0.5))
    assert area == pytest.approx((0 + 1 / 2 + 1.5 / 3 + 2 / 4) / 4)


@given(ANSWERS)
def test_coverage_rises_to_all_questions_and_ends_at_the_share_that_is_wrong(answers: list[tuple[float, bool]]) -> None:
    confidence, right = [sure for sure, _ in answers], [hit for _, hit in answers]
    curve, area = risk_coverage(confidence, right)
    coverages = [point.coverage for point in curve]
    assert coverages == sorted(set(coverages))
    assert (curve[-1].coverage, curve[-1].risk) == (1.0, pytest.approx(1 - np.mean(right)))
    assert 0.0 <= area <= 1.0
    assert len(curve) == len(set(confidence))


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5]), st.booleans()), min_size=1, max_size=5))
def test_the_area_is_the_mean_over_all_orders_of_equal_confidences(answers: list[tuple[float, bool]]) -> None:
    areas = []
    for order in permutations(answers):
        ranked = sorted(order, key=lambda answer: -answer[0])  # stable: equal ones stay as the order has them
        wrong = np.cumsum([not hit for _, hit in ranked])
        areas.append(np.mean(wrong / np.arange(1, len(ranked) + 1)))
    _, area = risk_coverage([sure for sure, _ in answers], [hit for _, hit in answers])
    assert area == pytest.approx(np.mean(areas))


def test_the_best_order_has_the_smallest_area() -> None:
    right = [1, 1, 1, 0, 0]
    areas = {order: risk_coverage(order, right)[1] for order in permutations((0.1, 0.2, 0.3, 0.4, 0.5))}
    best = min(areas, key=areas.__getitem__)
    assert {best[3], best[4]} == {0.1, 0.2}
    assert areas[best] == pytest.approx((1 / 4 + 2 / 5) / 5)


@given(ANSWERS)
def test_bins_hold_every_answer_once(answers: list[tuple[float, bool]]) -> None:
    found, error = reliability([sure for sure, _ in answers], [hit for _, hit in answers])
    assert sum(part.n for part in found) == len(answers)
    assert sum(part.n * part.accuracy for part in found) == pytest.approx(sum(hit for _, hit in answers))
    assert all(part.low - 1e-9 <= part.confidence <= part.high + 1e-9 for part in found)
    assert 0.0 <= error <= 1.0


@pytest.mark.parametrize(
    ("confidence", "right", "expected"),
    [
        ([0.75] * 4, [1, 1, 1, 0], 0.0),
        ([1.0, 1.0], [0, 0], 1.0),
        ([0.95, 0.15], [1, 0], 0.1),
        ([0.31, 0.39], [1, 0], 0.15),  # one bin: 0.35 sure, half right
        ([], [], 0.0),
    ],
)
def test_calibration_error_by_hand(confidence: list[float], right: list[int], expected: float) -> None:
    assert reliability(confidence, right)[1] == pytest.approx(expected)


@pytest.mark.parametrize("edge", [number / 10 for number in range(11)])
def test_an_edge_belongs_to_the_bin_above_it_and_1_to_the_last(edge: float) -> None:
    ((part,), _) = reliability([edge], [1])
    assert part.low == (edge if edge < 1 else 0.9)
