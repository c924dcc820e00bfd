"""What can be said of figures: how far they reach, whether they differ by more than chance, whether to trust them.

Pure functions of numbers. Everything drawn at random is drawn from one seed: the same figures give the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qa.evaluation.results import Bin, Interval, Point

RESAMPLES = 1_000
PERMUTATIONS = 10_000
BINS = 10

_SEED = 0
_MAX_EXACT = 13  # 2¹³ sign patterns are fewer than PERMUTATIONS
_BLOCK = 1_000_000
_ROUNDING = 1e-12

Array = NDArray[np.float64]


def interval(values: Sequence[float]) -> Interval:
    """Mean and 95 % percentile bootstrap interval of at least one value.

    Resampling n values is drawing how often each distinct one comes up, so one multinomial draw makes all resamples.
    Where all values are alike the interval has no width, however few they are.

    >>> interval([1.0, 1.0])
    Interval(value=1.0, low=1.0, high=1.0, n=2)
    """
    distinct, counts = np.unique(np.asarray(values, np.float64), return_counts=True)
    n = len(values)
    mean = float(distinct @ counts) / n
    if len(distinct) == 1:
        return Interval(float(distinct[0]), float(distinct[0]), float(distinct[0]), n)
    drawn = np.random.default_rng(_SEED).multinomial(n, counts / n, size=RESAMPLES)
    low, high = np.quantile(drawn @ distinct / n, (0.025, 0.975))
    return Interval(mean, min(float(low), mean), max(float(high), mean), n)


def mcnemar(n_better: int, n_worse: int) -> float:
    """Two-sided p-value of McNemar's exact test: are as many changed for the better as for the worse?

    >>> mcnemar(5, 0), mcnemar(1, 1)
    (0.0625, 1.0)
    """
    n = n_better + n_worse
    ways = accumulate(range(min(n_better, n_worse)), lambda chosen, k: chosen * (n - k) // (k + 1), initial=1)
    tail = sum(ways)  # of n choose 0, 1, 2, …
    return min(1.0, 2 * tail / (1 << n))


def paired_randomisation(differences: Sequence[float]) -> float:
    """Two-sided p-value of Fisher's paired randomisation test: may each difference as well have the other sign?

    All sign patterns are tried when there are few, else ``PERMUTATIONS`` of them at random.

    >>> paired_randomisation([0.5, 0.25, 0.25])  # of eight patterns, two are as extreme
    0.25
    """
    changed = np.array([difference for difference in differences if difference], np.float64)
    observed = abs(changed.sum()) - _ROUNDING * np.abs(changed).sum()
    if len(changed) <= _MAX_EXACT:
        patterns = np.arange(2 ** len(changed))[:, None] >> np.arange(len(changed)) & 1
        return float(np.mean(np.abs((2 * patterns - 1) @ changed) >= observed))
    rng = np.random.default_rng(_SEED)
    rows = max(1, _BLOCK // len(changed))
    sizes = [min(rows, PERMUTATIONS - done) for done in range(0, PERMUTATIONS, rows)]
    sums = (np.abs(rng.choice((-1.0, 1.0), (size, len(changed))) @ changed) for size in sizes)
    extreme = sum(int((block >= observed).sum()) for block in sums)
    return (extreme + 1) / (PERMUTATIONS + 1)


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> tuple[tuple[Point, ...], float]:
    """The risk–coverage curve of all questions, and the area under it (mean risk over all coverages, in [0, 1]).

    A point a distinct confidence, from the highest down. Within equal confidences every order is as likely, so the
    area takes the mean of them. Both arguments are (n,), n at least 1.

    >>> risk_coverage([0.9, 0.4], [1, 0])
    ((Point(coverage=0.5, risk=0.0), Point(coverage=1.0, risk=0.5)), 0.25)
    """
    levels, inverse, counts = np.unique(np.asarray(confidence, np.float64), return_inverse=True, return_counts=True)
    wrong = np.bincount(inverse, 1.0 - np.asarray(right, np.float64), len(levels))
    taken, errors = np.cumsum(counts[::-1]), np.cumsum(wrong[::-1])
    n = int(taken[-1])
    curve = tuple(Point(float(k) / n, float(e) / float(k)) for k, e in zip(taken, errors, strict=True))
    answered = np.arange(1, n + 1)
    expected = np.interp(answered, np.concatenate([[0], taken]), np.concatenate([[0.0], errors]))
    return curve, float((expected / answered).mean())


def reliability(confidence: ArrayLike, right: ArrayLike, bins: int = BINS) -> tuple[tuple[Bin, ...], float]:
    """Bins of equal width that hold answers, and the expected calibration error; confidences (n,) in [0, 1].

    The error is the mean distance between a bin's confidence and its accuracy, each weighed by its answers; 0 when
    nothing was answered.

    >>> round(reliability([0.95, 0.85, 0.85], [1, 1, 0])[1], 6)  # (1 · 0.05 + 2 · 0.35) / 3
    0.25
    """
    sure, hits = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    edges = [number / bins for number in range(bins + 1)]
    place = np.minimum(np.searchsorted(edges, sure, side="right") - 1, bins - 1)
    filled = [(number, place == number) for number in range(bins) if (place == number).any()]
    spans = list(pairwise(edges))
    found = tuple(
        Bin(*spans[number], int(inside.sum()), float(sure[inside].mean()), float(hits[inside].mean()))
        for number, inside in filled
    )
    error = sum(part.n * abs(part.confidence - part.accuracy) for part in found) / max(1, len(sure))
    return found, error
