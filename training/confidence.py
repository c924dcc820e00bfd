"""Fits the weights of ``qa/answer/confidence.toml``: ``python -m training.confidence``.

Each development question is considered by the assistant; a reading is right when it holds a gold string. The
features of right readings are told from those of wrong ones and of unanswerable questions by a logistic regression
(Newton's method, L2 penalty). Questions of sets named ``*-test`` are never read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from qa.answer.reader import Features
from qa.assistant import Assistant, build
from qa.evaluation.questions import read_questions
from qa.evaluation.run import measure
from qa.settings import PROJECT_DIR, Settings

Array = NDArray[np.float64]

NAMES = tuple(field.name for field in fields(Features))
PENALTY = 1.0
WEIGHTS_FILE = PROJECT_DIR / "qa" / "answer" / "confidence.toml"


def examples(corpus: Path, questions: Path) -> Iterator[tuple[Features, bool]]:
    """Features of the reading of each question, and whether the reading is right."""
    with TemporaryDirectory() as index:
        settings = Settings(corpus_dir=corpus, index_dir=Path(index), min_confidence=0.0)
        build(settings)
        assistant = Assistant.load(settings)
        for question in tqdm(read_questions(questions), desc=questions.stem, disable=None):
            reading = assistant.consider(question.question).reading
            if reading:
                metrics = measure(question, assistant.ask(question.question))
                yield reading.features, metrics.get("answer", 0.0) == 1.0


def fit(inputs: Array, right: Array, penalty: float = PENALTY, rounds: int = 50) -> Array:
    """Weights (n_features + 1,), the bias last, that minimise log loss plus ``penalty``/2 · |weights|² (bias free).

    ``inputs`` is (n, n_features), ``right`` (n,) of 0 and 1.
    """
    design = np.hstack([inputs, np.ones((len(inputs), 1))])
    ridge = np.diag([penalty] * inputs.shape[1] + [1e-6])
    weights = np.zeros(design.shape[1])
    for _ in range(rounds):
        probability = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (probability - right) + ridge @ weights
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design + ridge
        weights -= np.linalg.solve(curvature, gradient)
    return weights


def reliability(probability: Array, right: Array, bins: int = 5) -> str:
    """A Markdown table: of the answers given with about this probability, how many were right."""
    lines = ["| probability | answers | right |", "|---|---|---|"]
    for low in np.arange(bins) / bins:
        inside = (probability >= low) & (probability < low + 1 / bins)
        if inside.any():
            lines.append(f"| {low:.1f}–{low + 1 / bins:.1f} | {inside.sum()} | {right[inside].mean():.2f} |")
    return "\n".join(lines)


def cross_validated(inputs: Array, right: Array, folds: int = 5) -> Array:
    """Each example's probability by weights that were fitted without it, (n,)."""
    fold = np.random.default_rng(0).permutation(len(inputs)) % folds
    probability = np.empty(len(inputs))
    for number in range(folds):
        held = fold == number
        weights = fit(inputs[~held], right[~held])
        probability[held] = 1 / (1 + np.exp(-(inputs[held] @ weights[:-1] + weights[-1])))
    return probability


def main(argv: Sequence[str] | None = None) -> None:
    """Fits, reports on held-out folds, writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=PROJECT_DIR / "tests" / "data")
    parser.add_argument("--seeds", type=Path, default=PROJECT_DIR.parent / "shared" / "seeds")
    options = parser.parse_args(argv)
    sets = [(PROJECT_DIR / "corpus", options.questions / "corpus-dev.jsonl")]
    if options.seeds.is_dir():
        sets.append((options.seeds, options.questions / "seeds-dev.jsonl"))
    found = [example for corpus, questions in sets for example in examples(corpus, questions)]
    inputs = np.array([list(asdict(features).values()) for features, _ in found])
    right = np.array([float(is_right) for _, is_right in found])
    print(reliability(cross_validated(inputs, right), right))
    weights = fit(inputs, right)
    lines = [f"{name} = {weight:.3f}" for name, weight in zip(("bias", *NAMES), np.roll(weights, 1), strict=True)]
    WEIGHTS_FILE.write_text("# Written by `python -m training.confidence`.\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
