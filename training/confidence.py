"""Fits the weights of ``qa/answer/confidence.toml``: ``python -m training.confidence --data ../shared/data``.

Each question of a set is considered by the assistant; a reading is right when it holds a gold string. The features of
right readings are told from those of wrong ones and of unanswerable questions by a logistic regression (Newton's
method, L2 penalty). The development sets in ``tests/data`` say what an association's visitors ask; the far larger
measuring data say what matters anywhere. Questions of sets named ``*-test`` are never read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from qa.answer.reader import Features
from qa.assistant import Assistant
from qa.building import build
from qa.evaluation.questions import Question, read_questions
from qa.evaluation.run import measure
from qa.settings import PROJECT_DIR, Settings

from .question_sets import question_sets

Array = NDArray[np.float64]

NAMES = tuple(field.name for field in fields(Features))
PENALTY = 1.0
OWN_SHARE = 0.3
WEIGHTS_FILE = PROJECT_DIR / "qa" / "answer" / "confidence.toml"


@dataclass(frozen=True)
class Example:
    """A reading: its features, whether it is right, and whether its question has an answer at all."""

    features: Features
    is_right: bool
    is_answerable: bool
    lacks: bool


def examples(corpus: Path, questions: Sequence[Question], name: str) -> Iterator[Example]:
    """Yield the reading of each question."""
    with TemporaryDirectory() as index:
        settings = Settings(corpus_dir=corpus, index_dir=Path(index), min_confidence=0.0)
        build(settings)
        assistant = Assistant.load(settings)
        for question in tqdm(questions, desc=name, disable=None):
            reading = assistant.consider(question.question, language=question.language).reading
            if reading:
                answer = assistant.ask(question.question, language=question.language)
                is_right = measure(question, answer).get("answer", 0.0) == 1.0
                yield Example(reading.features, is_right, question.is_answerable, reading.lacks)


def fit(inputs: Array, right: Array, importance: Array, penalty: float = PENALTY, rounds: int = 50) -> Array:
    """Weights (n_features + 1,), the bias last, that minimise log loss plus ``penalty``/2 · |weights|² (bias free).

    ``inputs`` is (n, n_features), ``right`` (n,) of 0 and 1, ``importance`` (n,) how much each counts.
    """
    design = np.hstack([inputs, np.ones((len(inputs), 1))])
    ridge = np.diag([penalty] * inputs.shape[1] + [1e-6])
    weights = np.zeros(design.shape[1])
    for _ in range(rounds):
        probability = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (importance * (probability - right)) + ridge @ weights
        curvature = (design * (importance * probability * (1 - probability))[:, None]).T @ design + ridge
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


def cross_validated(own: Array, right: Array, other: Array, other_right: Array, folds: int = 5) -> Array:
    """Return the probability of each of our own examples by weights that were fitted without it, (n,)."""
    fold = np.random.default_rng(0).permutation(len(own)) % folds
    probability = np.empty(len(own))
    for number in range(folds):
        held = fold == number
        weights = fit_both(own[~held], right[~held], other, other_right)
        probability[held] = 1 / (1 + np.exp(-(own[held] @ weights[:-1] + weights[-1])))
    return probability


def fit_both(own: Array, right: Array, other: Array, other_right: Array) -> Array:
    """Return weights learned from both, where all of our own examples count ``OWN_SHARE`` times as much as the others.

    The others are harder, so that their odds would be too low for ours: scale and bias are fitted to ours alone
    (Platt 1999).
    """
    if not len(other):
        return fit(own, right, np.ones(len(own)))
    importance = np.concatenate([np.full(len(own), OWN_SHARE * len(other) / len(own)), np.ones(len(other))])
    weights = fit(np.concatenate([own, other]), np.concatenate([right, other_right]), importance)
    scale, bias = fit((own @ weights[:-1])[:, None], right, np.ones(len(own)), penalty=1e-6)
    return np.append(scale * weights[:-1], bias)


def trade_off(probability: Array, right: Array, answerable: NDArray[np.bool_]) -> str:
    """Return a Markdown table: what each threshold refuses and answers."""
    lines = ["| threshold | answered right | answerable refused | unanswerable refused |", "|---|---|---|---|"]
    for threshold in np.arange(0.25, 0.65, 0.05):
        refused = probability < threshold
        answered = (right[answerable] * ~refused[answerable]).mean()
        shares = (answered, refused[answerable].mean(), refused[~answerable].mean())
        lines.append(f"| {threshold:.2f} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    return "\n".join(lines)


def arrays(examples: Sequence[Example]) -> tuple[Array, Array]:
    """Return the features (n, n_features) and whether each is right (n,), of 0 and 1; those that lack are left out."""
    kept = [example for example in examples if not example.lacks]
    inputs = np.array([list(asdict(example.features).values()) for example in kept])
    return inputs.reshape(len(kept), len(NAMES)), np.array([float(example.is_right) for example in kept])


def main(argv: Sequence[str] | None = None) -> None:
    """Fits, reports on held-out folds, writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=PROJECT_DIR / "tests" / "data")
    parser.add_argument("--seeds", type=Path, default=PROJECT_DIR.parent / "shared" / "seeds")
    parser.add_argument("--data", type=Path, help="the folder that holds dev/ (default: our own sets alone)")
    options = parser.parse_args(argv)
    corpora = {"corpus-dev": PROJECT_DIR / "corpus", "seeds-dev": options.seeds}
    own = [
        example
        for name, corpus in corpora.items()
        if corpus.is_dir()
        for example in examples(corpus, read_questions(options.questions / f"{name}.jsonl"), name)
    ]
    other: list[Example] = []
    for question_set in question_sets(options.data / "dev") if options.data else ():
        with TemporaryDirectory() as folder:
            question_set.write_corpus(Path(folder) / "corpus")
            other += examples(Path(folder) / "corpus", question_set.questions, question_set.name)
    sets = (*arrays(own), *arrays(other))
    judged = np.array([not example.lacks for example in own])
    probability = np.zeros(len(own))
    probability[judged] = cross_validated(*sets)
    right = np.array([float(example.is_right) for example in own])
    answerable = np.array([example.is_answerable for example in own])
    print(reliability(probability[judged], right[judged]), trade_off(probability, right, answerable), sep="\n\n")
    weights = fit_both(*sets)
    lines = [f"{name} = {weight:.3f}" for name, weight in zip(("bias", *NAMES), np.roll(weights, 1), strict=True)]
    WEIGHTS_FILE.write_text("# Written by `python -m training.confidence`.\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
