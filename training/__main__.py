"""The whole recipe as one command: tokenizer → pairs → train → export → evaluate.

Each step leaves a file in the work folder and is passed over where that file is there already, so that a run that
was broken off goes on where it stopped; `--fresh` begins anew. Steps can also be named one by one.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from . import evaluate
from .data import Group, read_groups
from .export import export
from .languages import language_table, weighted_counts
from .pairs import Sampler, Subwords, tokenise
from .start import vectors_of
from .tokenizer import train_tokenizer
from .train import Recipe, Trainer

DRAWS = 1_000_000
"""Pairs of texts shown to the tokenizer."""
SHOWN_CHARS = 300
"""So much of each: beyond, passages would crowd out the other kinds of text."""


class Workshop:
    """The steps, each reading what the ones before it left in `work`."""

    def __init__(self, data: Path, work: Path, out: Path, recipe: Recipe, vocabulary: int) -> None:
        self.data, self.work, self.out = data, work, out
        self.recipe, self.vocabulary = recipe, vocabulary
        work.mkdir(parents=True, exist_ok=True)

    @cached_property
    def rows(self) -> tuple[list[str], list[Group]]:
        """Return the texts of the training files and the groups of rows that point into them."""
        print("reading rows", flush=True)
        return read_groups(self.data / "train")

    @cached_property
    def tokenizer_made(self) -> Tokenizer:
        """Return the tokenizer of the first step."""
        return Tokenizer.from_file(str(self.work / "tokenizer.json"))

    @cached_property
    def subwords(self) -> Subwords:
        """Return the tokenised texts of the second step."""
        return Subwords.load(self.work / "subwords.npz")

    @cached_property
    def start(self) -> NDArray[np.float32] | None:
        """Return the vectors that the training goes on from; None where it begins at random."""
        return vectors_of(Path(self.recipe.start), self.tokenizer_made) if self.recipe.start else None

    def tokenizer(self) -> None:
        """Learn the vocabulary from texts drawn as training draws them."""
        if (self.work / "tokenizer.json").exists():
            return
        texts, groups = self.rows
        numbers = np.arange(len(texts) + 1)
        sampler = Sampler(groups, Subwords(np.zeros(0, np.int32), numbers, numbers[:-1].astype(np.uint64)))
        draws = min(DRAWS, 20 * len(texts))
        left, right, _ = sampler.pairs(sampler.shares * draws, draws, np.random.default_rng(self.recipe.seed))
        shown = (texts[number][:SHOWN_CHARS] for number in np.concatenate([left, right]))
        train_tokenizer(shown, self.vocabulary).save(str(self.work / "tokenizer.json"))

    def pairs(self) -> None:
        """Tokenise every text once."""
        if not (self.work / "subwords.npz").exists():
            tokenise(self.rows[0], self.tokenizer_made).save(self.work / "subwords.npz")

    def train(self) -> None:
        """Train the vectors, or go on with a training that was broken off."""
        sampler = Sampler(self.rows[1], self.subwords)
        trainer = Trainer(sampler, self.recipe, self.tokenizer_made.get_vocab_size(), self.work, self.start)
        trainer.run()

    def export(self) -> None:
        """Write the model folder from the last checkpoint and the counts per language."""
        state = torch.load(self.work / "checkpoint.pt", map_location="cpu", weights_only=True)
        vectors = state["vectors"].numpy()
        texts, groups = self.rows
        asks = np.array([text.rstrip().endswith("?") for text in texts])
        counts = weighted_counts(groups, self.subwords, len(vectors), asks)
        export(self.out, self.tokenizer_made, vectors, language_table(counts), self.start)
        made = {
            "steps": state["step"],
            "minutes": round(state["elapsed_s"] / 60, 1),
            "recipe": state["recipe"],
        }
        (self.out / "training.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")

    def evaluate(self) -> None:
        """Measure the model folder."""
        evaluate.main(["--model", str(self.out), "--data", str(self.data), "--json", str(self.work / "figures.json")])

    @property
    def steps(self) -> dict[str, Callable[[], None]]:
        """Return the steps by name, in their order."""
        return {step.__name__: step for step in (self.tokenizer, self.pairs, self.train, self.export, self.evaluate)}


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(
        prog="python -m training",
        description="Make the embedded model: tokenizer, pairs, train, export, evaluate.",
        epilog="Example: python -m training --data ../shared/data --minutes 60",
    )
    line.add_argument("step", nargs="*", help="tokenizer, pairs, train, export, evaluate (default: all of them)")
    line.add_argument("--data", type=Path, required=True, help="the folder that holds train/ and dev/")
    line.add_argument("--work", type=Path, default=Path("training/work"), help="for caches and checkpoints")
    line.add_argument("--out", type=Path, default=Path("qa/model"), help="the model folder (default: qa/model)")
    line.add_argument("--minutes", type=float, default=Recipe.minutes, help="time of the training step")
    line.add_argument("--steps", type=int, help="number of training steps instead: the same vectors every time")
    line.add_argument("--batch", type=int, default=Recipe.batch, help="pairs per training step")
    line.add_argument("--dim", type=int, default=Recipe.dim, help="dimensions of a vector")
    line.add_argument("--tokenizer", type=Path, help="start from this tokenizer.json instead of learning one")
    line.add_argument("--start", help="go on from the vectors of this model folder")
    line.add_argument("--learning-rate", type=float, default=Recipe.learning_rate, help="at the first step")
    line.add_argument("--vocabulary", type=int, default=64_000, help="subwords")
    line.add_argument("--seed", type=int, default=Recipe.seed, help="seed of every draw")
    line.add_argument("--threads", type=int, help="processor threads (default: as many as torch sees fit)")
    line.add_argument("--fresh", action="store_true", help="forget what earlier runs left in the work folder")
    return line


def main(arguments: list[str] | None = None) -> None:
    """Run the steps asked for, in their order."""
    options = parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.fresh:
        for name in ("tokenizer.json", "subwords.npz", "checkpoint.pt", "losses.jsonl"):
            (options.work / name).unlink(missing_ok=True)
    if options.tokenizer and not (options.work / "tokenizer.json").exists():
        options.work.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(options.tokenizer, options.work / "tokenizer.json")
    recipe = Recipe(
        minutes=options.minutes,
        steps=options.steps,
        batch=options.batch,
        dim=options.dim,
        learning_rate=options.learning_rate,
        seed=options.seed,
        start=options.start,
    )
    steps = Workshop(options.data, options.work, options.out, recipe, options.vocabulary).steps
    unknown = set(options.step) - set(steps)
    if unknown:
        parser().error(f"no step is called {', '.join(sorted(unknown))}; there are {', '.join(steps)}")
    for name, step in steps.items():
        if not options.step or name in options.step:
            print(f"== {name}", flush=True)
            step()


if __name__ == "__main__":
    main()
