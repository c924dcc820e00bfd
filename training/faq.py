"""Fits the weights of ``qa/answer/faq.toml``: ``python -m training.faq --data ../shared/data``.

Two questions that ask the same are one question of SQuAD 2 in English and in Finnish; two that don't are a question
and the one most like it of the others, among them those about the same paragraph. What the same language needs
besides, ``qa.answer.faq`` says.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path

import numpy as np

from qa.answer.faq import Likeness
from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import LateInteraction
from qa.settings import PROJECT_DIR

from .confidence import Array, fit
from .data import read_rows

NAMES = tuple(field.name for field in fields(Likeness))
WEIGHTS_FILE = PROJECT_DIR / "qa" / "answer" / "faq.toml"
RUN = 3
"""Questions taken one after another: they are about one paragraph."""
STRIDE = 60
PAIRS = 3_000


def pairs(data: Path) -> list[tuple[str, str]]:
    """Return questions in English and in Finnish."""
    rows = enumerate(read_rows(data / "train" / "squad-questions-fi-en.jsonl.gz"))
    return [(row["en"], row["fi"]) for _, row in islice((r for r in rows if r[0] % STRIDE < RUN), PAIRS)]


def examples(
    model: StaticModel, asked: Sequence[str], told: Sequence[str], languages: tuple[str, str]
) -> Iterator[tuple[Likeness, bool]]:
    """Yield, for each question asked, its likeness with its own and with the nearest other of those told."""
    interaction = LateInteraction(model, Mentions(Glossary.from_concepts([]), []))
    near = model.encode(asked) @ model.encode(told).T
    np.fill_diagonal(near, -1.0)
    for number, other in enumerate(near.argmax(axis=1)):
        query = interaction.query(asked[number], languages[0])
        for place in (number, int(other)):
            theirs = interaction.query(told[place], languages[1])
            there, back = query.matches([told[place]])[:, 0], theirs.matches([asked[number]])[:, 0]
            yield Likeness.of(query, there, theirs, back), place == number


def trade_off(probability: Array, right: Array) -> str:
    """Return a Markdown table: what each threshold takes for the same."""
    lines = ["| threshold | the same | another |", "|---|---|---|"]
    for threshold in np.arange(0.3, 0.95, 0.1):
        taken = probability >= threshold
        lines.append(f"| {threshold:.1f} | {taken[right == 1].mean():.3f} | {taken[right == 0].mean():.3f} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Fits on one half, reports on the other, then fits on both and writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=PROJECT_DIR.parent / "shared" / "data")
    options = parser.parse_args(argv)
    english, finnish = zip(*pairs(options.data), strict=True)
    model = StaticModel.from_folder(EMBEDDED_MODEL_DIR)
    half = len(english) // 2
    halves = [
        [*examples(model, english[:half], finnish[:half], ("en", "fi"))],
        [*examples(model, finnish[half:], english[half:], ("fi", "en"))],
    ]
    (inputs, right), (held, held_right) = (
        (np.array([list(asdict(likeness).values()) for likeness, _ in part]), np.array([float(is_) for _, is_ in part]))
        for part in halves
    )
    weights = fit(inputs, right, np.ones(len(right)))
    print(trade_off(1 / (1 + np.exp(-(held @ weights[:-1] + weights[-1]))), held_right))
    weights = fit(np.concatenate([inputs, held]), np.concatenate([right, held_right]), np.ones(len(right) * 2))
    lines = [f"{name} = {weight:.3f}" for name, weight in zip(("bias", *NAMES), np.roll(weights, 1), strict=True)]
    WEIGHTS_FILE.write_text("# Written by `python -m training.faq`.\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
