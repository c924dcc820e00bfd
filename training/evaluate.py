"""A model folder → the figures of its card: `python -m training.evaluate --model qa/model --data ../shared/data`.

Three questions, on data that training never sees: do translations find each other (FLORES-200, accuracy of the
nearest neighbour by cosine), do questions find their passage (SQuAD 2 in Finnish and Swedish, nDCG@10; by the mean
vector, by late interaction, by both), and is the language of a short question known (MultiQ)?
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from .data import LANGUAGES, Row, read_rows
from .languages import identify

Floats = NDArray[np.float32]
Figures = dict[str, dict[str, float] | dict[str, dict[str, float]] | float]
BITEXT_PAIRS = [*((code, "en") for code in LANGUAGES if code != "en"), ("fi", "sv"), ("da", "sv")]
RETRIEVAL_PAIRS = (("fi", "fi"), ("sv", "sv"), ("fi", "sv"), ("sv", "fi"))
ASKED = ("en", "fi", "sv", "nb", "da", "de", "fr", "et")
CHOICE = ("en", "fi", "sv", "nb", "nn", "da", "de", "fr", "et")
CUTOFF = 10


@dataclass(frozen=True)
class StaticModel:
    """The shipped files, read without sentence-transformers; `vectors` (vocabulary, dim) float32."""

    tokenizer: Tokenizer
    vectors: Floats
    languages: tuple[str, ...]
    log_probability: NDArray[np.float16]

    @classmethod
    def load(cls, folder: Path) -> StaticModel:
        """Read a folder written by `export`."""
        weights = next(folder.rglob("model.safetensors"))
        with np.load(folder / "languages.npz") as table:
            languages, log_probability = tuple(table["languages"].tolist()), table["log_probability"]
        vectors = load_file(weights)["embedding.weight"].astype(np.float32)
        return cls(Tokenizer.from_file(str(weights.with_name("tokenizer.json"))), vectors, languages, log_probability)

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Return the subword ids of each text."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def encode(self, texts: list[str]) -> Floats:
        """Return the mean of each text's vectors at unit length, (n_texts, dim) float32."""
        return unit(np.stack([self.vectors[ids].sum(0) for ids in self.tokens(texts)]))


def unit(rows: Floats) -> Floats:
    """Return the rows at length one; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def bitext_accuracy(source: Floats, target: Floats) -> float:
    """Return the share of source rows whose nearest target row has the same number.

    >>> bitext_accuracy(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[[0, 2, 1]])
    0.3333333333333333
    """
    return float(np.mean((source @ target.T).argmax(1) == np.arange(len(source))))


def ndcg(scores: Floats, relevant: NDArray[np.int64], cutoff: int = CUTOFF) -> float:
    """Return nDCG at `cutoff` where each question has one relevant passage; scores (n_questions, n_passages).

    >>> round(ndcg(np.array([[.1, .9], [.8, .2]], np.float32), np.array([0, 0])), 4)   # rank 2, rank 1
    0.8155
    """
    own = scores[np.arange(len(scores)), relevant][:, None]
    rank = 1 + (scores > own).sum(1)
    return float(np.mean(np.where(rank <= cutoff, 1 / np.log2(rank + 1), 0.0)))


def max_sim(model: StaticModel, questions: list[str], passages: list[str]) -> Floats:
    """Return Σ |v_q| max_p cos(v_q, v_p) / Σ |v_q| over subwords, (n_questions, n_passages) float32 in [-1, 1].

    Late interaction (ColBERT, arXiv:2004.12832) over vectors that know no context, each question subword weighted by
    its length, which is what training made of its importance.
    """
    asked = model.tokens(questions)
    used, flat = np.unique(np.concatenate(asked), return_inverse=True)
    rows, length = unit(model.vectors[used]), np.linalg.norm(model.vectors[used], axis=1)
    best = np.stack([(rows @ unit(model.vectors[np.unique(ids)]).T).max(1) for ids in model.tokens(passages)], 1)
    ends = np.cumsum([len(ids) for ids in asked])
    parts = np.split(flat, ends[:-1])
    scores = [length[part] @ best[part] / max(float(length[part].sum()), 1e-12) for part in parts]
    return np.asarray(scores, np.float32)


def bitext(model: StaticModel, rows: list[Row]) -> dict[str, float]:
    """Return the bitext accuracy of each pair of languages."""
    vectors = {code: model.encode([row[code] for row in rows]) for code in LANGUAGES}
    return {f"{a}→{b}": bitext_accuracy(vectors[a], vectors[b]) for a, b in BITEXT_PAIRS}


def retrieval(model: StaticModel, passages: list[Row], questions: list[Row]) -> dict[str, dict[str, float]]:
    """Return nDCG@10 by pair of languages (question→passage) for the mean, late interaction and the sum of both."""
    number = {row["id"]: at for at, row in enumerate(passages)}
    relevant = np.array([number[row["para"]] for row in questions])
    figures = {}
    for asked, told in RETRIEVAL_PAIRS:
        question_texts, passage_texts = [row[asked] for row in questions], [row[told] for row in passages]
        mean = model.encode(question_texts) @ model.encode(passage_texts).T
        late = max_sim(model, question_texts, passage_texts)
        scores = {"mean": mean, "late": late, "mean + late": mean + late}
        figures[f"{asked}→{told}"] = {name: ndcg(score, relevant) for name, score in scores.items()}
    return figures


def language_accuracy(model: StaticModel, rows: list[Row]) -> dict[str, float]:
    """Return the share of questions whose language is named, of nine; Bokmål and Nynorsk count as one."""
    columns = [model.languages.index(code) for code in CHOICE]
    figures = {}
    for code in ASKED:
        texts = [row[code] for row in rows]
        best = identify(texts, model.tokenizer, model.log_probability)[:, columns].argmax(1)
        named = [CHOICE[column].replace("nn", "nb") for column in best]
        figures[code] = float(np.mean([name == code for name in named]))
    return figures | {"macro": float(np.mean(list(figures.values())))}


def evaluate(folder: Path, data: Path) -> Figures:
    """Return all figures of a model."""
    model, dev = StaticModel.load(folder), data / "dev"
    answerable = [row for row in read_rows(dev / "squad2-questions-fi-sv.jsonl.gz") if not row["is_impossible"]]
    passages = list(read_rows(dev / "squad2-passages-fi-sv.jsonl.gz"))
    return {
        "bitext accuracy, FLORES-200": bitext(model, list(read_rows(dev / "flores200-devtest.jsonl.gz"))),
        "nDCG@10, SQuAD 2": retrieval(model, passages, answerable),
        "language of a question, MultiQ": language_accuracy(
            model, list(read_rows(dev / "questions-parallel-multiq.jsonl.gz"))
        ),
        "megabytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6,
    }


def table(columns: Iterable[str], rows: dict[str, Iterable[float]]) -> str:
    """Return a Markdown table with one line per entry of `rows`, three digits after the point."""
    columns = list(columns)
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |" for name, values in rows.items()]
    return "\n".join(lines)


def markdown(figures: Figures) -> str:
    """Return the figures as Markdown, one table each."""
    parts = []
    for title, values in figures.items():
        if not isinstance(values, dict):
            parts.append(f"{title}: {values:.1f}")
            continue
        nested = {name: value for name, value in values.items() if isinstance(value, dict)}
        flat = {name: value for name, value in values.items() if not isinstance(value, dict)}
        if nested:
            columns = next(iter(nested.values()))
            parts.append(f"**{title}**\n\n" + table(columns, {name: row.values() for name, row in nested.items()}))
        if flat:
            parts.append(f"**{title}**\n\n" + table(flat, {"": flat.values()}))
    return "\n\n".join(parts)


def main(arguments: list[str] | None = None) -> None:
    """Print the figures as Markdown and, where asked, write them as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate",
        description="Measure a model folder.",
        epilog="Example: python -m training.evaluate --model qa/model --data ../shared/data --json figures.json",
    )
    parser.add_argument("--model", type=Path, default=Path("qa/model"), help="the model folder (default: qa/model)")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds dev/")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args(arguments)
    figures = evaluate(options.model, options.data)
    print(markdown(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
