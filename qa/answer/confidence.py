"""Is the answer right? One probability from the reader's features; below a threshold Kysy refuses.

A logistic regression whose few weights stand in ``confidence.toml``; ``python -m training.confidence`` fits
them on the development question sets, unanswerable questions among them.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

from qa.answer.reader import Features

_FILE = Path(__file__).with_name("confidence.toml")


def confidence(features: Features) -> float:
    """Probability in [0, 1] that a reading with these features answers its question."""
    return logistic(_weights(), {field.name: getattr(features, field.name) for field in fields(features)})


def logistic(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    """1 / (1 + exp(-(bias + Σ weight · feature))).

    >>> logistic({"bias": 0.0, "dense": 2.0}, {"dense": 0.0})
    0.5
    """
    total = weights["bias"] + sum(weights[name] * value for name, value in features.items() if name in weights)
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    return {name: float(value) for name, value in tomllib.loads(_FILE.read_text("utf-8")).items()}
