"""Rows of the training files → weighted groups of cells, from which pairs of texts with one meaning are drawn.

A *cell* is one text in one slot of a row. Two cells of a row in different slots mean the same (or are a question
and the passage that answers it), so any two slots make a pair: a row in fourteen languages gives pairs in every
combination, not only with English. This module decides what is drawn how often, and nothing else. It reads only
`train/`: the files under `dev/` are never opened here.
"""

from __future__ import annotations

import gzip
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LANGUAGES = ("en", "fi", "sv", "nb", "nn", "da", "is", "et", "de", "fr", "nl", "es", "it", "pl")
LANGUAGE_WEIGHTS = {"en": 3.0, "fi": 2.5, "sv": 2.5, "nb": 2.5, "da": 2.5, "nn": 1.5, "is": 1.5, "et": 2.0}
"""How often a language is drawn, relative to 1.0 for those not named."""

MAX_RARITY = 10.0

SHARES = {
    "localisation": 0.13,
    "civic": 0.11,
    "short": 0.02,
    "sentences": 0.21,
    "questions": 0.05,
    "passages": 0.04,
    "dictionaries": 0.14,
    "yso": 0.04,
    "squad": 0.16,
    "question-passage": 0.10,
}
"""Share of a batch that each group fills."""

CIVIC = ("City-of-Helsinki/", "espoon-voltti/evaka", "Opetushallitus/", "vrk-kpa/", "OP-TED/eForms-SDK",
         "mysociety/", "mainio/decidim", "navikt/")  # fmt: skip
BOILERPLATE = {"l/debian-webwml": 0.3}
SHORT_CHARS = 15
PARAPHRASE_LABELS = ("3", "4")
"""Turku Paraphrase Corpus: 4 is a paraphrase, 3 one in the given context; 1 and 2 are not."""
ARTICLE_RUN = 16
"""Neighbouring paragraphs drawn together: those of the same article are the hard negatives of one another."""

QUESTION, PASSAGE, FIRST, SECOND = 100, 101, 102, 103
"""Slots of cells that are not told apart by their language; languages take the slots 0 to 13."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One text of a row; `weight` is relative to the other cells of the row."""

    text: str
    slot: int
    language: int
    weight: float


@dataclass(frozen=True)
class Group:
    """Rows of one kind, as flat arrays; row r owns the cells offsets[r]:offsets[r + 1].

    `text` (n_cells,) int32 indexes the list of texts, `slot` and `language` (n_cells,) uint8, `weight` (n_cells,)
    float32, `row_weight` (n_rows,) float32. `run` rows that stand side by side are drawn together.
    """

    name: str
    share: float
    run: int
    offsets: NDArray[np.int64]
    text: NDArray[np.int32]
    slot: NDArray[np.uint8]
    language: NDArray[np.uint8]
    weight: NDArray[np.float32]
    row_weight: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.offsets) - 1


@dataclass
class _Builder:
    """Collects the rows of one group; texts are numbered across groups by the shared table `texts`."""

    texts: dict[str, int]
    run: int = 1
    sizes: array[int] = field(default_factory=lambda: array("i"))
    text: array[int] = field(default_factory=lambda: array("i"))
    slot: array[int] = field(default_factory=lambda: array("B"))
    language: array[int] = field(default_factory=lambda: array("B"))
    weight: array[float] = field(default_factory=lambda: array("f"))
    usefulness: array[float] = field(default_factory=lambda: array("f"))

    def add(self, cells: list[Cell], usefulness: float = 1.0) -> None:
        """Add a row; one whose cells all stand in one slot makes no pair and is left out."""
        cells = [cell for cell in cells if cell.text.strip()]
        if len({cell.slot for cell in cells}) < 2:
            return
        for cell in cells:
            self.text.append(self.texts.setdefault(cell.text, len(self.texts)))
            self.slot.append(cell.slot)
            self.language.append(cell.language)
            self.weight.append(cell.weight)
        self.sizes.append(len(cells))
        self.usefulness.append(usefulness)

    def build(self, name: str) -> Group:
        """Return the group, its weights balanced between languages."""
        language = np.asarray(self.language, np.uint8)
        offsets = np.concatenate([[0], np.cumsum(np.asarray(self.sizes, np.int64))])
        weight = np.asarray(self.weight, np.float32) * language_balance(language)[language]
        row_weight = np.add.reduceat(weight, offsets[:-1]) if len(self.sizes) else np.zeros(0)
        return Group(
            name, SHARES[name], self.run, offsets, np.asarray(self.text, np.int32),
            np.asarray(self.slot, np.uint8), language, weight,
            (row_weight * np.asarray(self.usefulness)).astype(np.float32),
        )  # fmt: skip


def language_balance(language: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the weight of each of the 14 languages, (14,) float32, given the languages of all cells of a group.

    It is the language's weight times largest count / count, the latter at most 10: languages are drawn by their
    weights, but those with few rows not so often that these are learned by heart.
    """
    counts = np.bincount(language, minlength=len(LANGUAGES)).astype(np.float64)
    rarity = (counts.max(initial=1) / np.maximum(counts, 1)).clip(1, MAX_RARITY)
    wanted = np.array([LANGUAGE_WEIGHTS.get(code, 1.0) for code in LANGUAGES])
    return np.asarray(wanted * rarity, np.float32)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def by_language(row: Row) -> list[Cell]:
    """Return one cell per language and variant; the variants of a language share its weight.

    >>> [(cell.text, cell.weight) for cell in by_language({"en": ["Go."], "fi": ["Mene.", "Menkää."]})]
    [('Go.', 1.0), ('Mene.', 0.5), ('Menkää.', 0.5)]
    """
    cells = []
    for number, code in enumerate(LANGUAGES):
        variants = row.get(code) or []
        variants = [variants] if isinstance(variants, str) else variants
        cells += [Cell(variant, number, number, 1 / len(variants)) for variant in variants]
    return cells


def paraphrase(row: Row) -> list[Cell]:
    """Return the two cells of a paraphrase; none where the corpus says that the meanings differ."""
    if not row.get("label", PARAPHRASE_LABELS[0]).startswith(PARAPHRASE_LABELS):
        return []
    number = LANGUAGES.index(row["lang"])
    return [Cell(row["text"], FIRST, number, 1.0), Cell(row["text2"], SECOND, number, 1.0)]


def localisation_group(row: Row) -> str:
    """Return the name of the group that a localisation row belongs to."""
    longest = max(len(value) for key, value in row.items() if key != "src")
    if longest < SHORT_CHARS:
        return "short"
    return "civic" if row["src"].startswith(CIVIC) else "localisation"


def read_groups(train: Path) -> tuple[list[str], list[Group]]:
    """Return the distinct texts of `train/` and the groups whose cells point into them."""
    texts: dict[str, int] = {}
    builders = {name: _Builder(texts) for name in SHARES}
    builders["squad"].run = ARTICLE_RUN
    for row in read_rows(train / "localisation.jsonl.gz"):
        builders[localisation_group(row)].add(by_language(row), BOILERPLATE.get(row["src"], 1.0))
    for row in read_rows(train / "dictionaries.jsonl.gz"):
        builders["yso" if row["src"].startswith("yso-") else "dictionaries"].add(by_language(row))
    for row in read_rows(train / "sentences.jsonl.gz"):
        builders["sentences"].add(paraphrase(row) if "lang" in row else by_language(row))
    _add_squad(train, builders)
    for row_cells in _questions_of_passages(read_rows(train / "questions-passages.jsonl.gz")):
        builders["question-passage"].add(row_cells)
    return list(texts), [builder.build(name) for name, builder in builders.items() if builder.sizes]


def _add_squad(train: Path, builders: dict[str, _Builder]) -> None:
    """Add translated questions, translated passages, and paragraphs with all of their questions."""
    paragraphs: dict[str, list[Cell]] = {}
    for row in read_rows(train / "squad-passages-fi-en.jsonl.gz"):
        builders["passages"].add(by_language(row))
        paragraphs[row["id"]] = [Cell(row[code], PASSAGE, LANGUAGES.index(code), 1.0) for code in ("fi", "en")]
    for row in read_rows(train / "squad-questions-fi-en.jsonl.gz"):
        builders["questions"].add(by_language(row))
        cells = paragraphs[row["id"].rpartition("-")[0]]
        cells += [Cell(row[code], QUESTION, LANGUAGES.index(code), 1.0) for code in ("fi", "en")]
    for cells in paragraphs.values():
        builders["squad"].add(_halves(cells))


def _questions_of_passages(rows: Iterable[Row]) -> Iterator[list[Cell]]:
    """Yield one row of cells per passage with all of its questions."""
    passages: dict[str, list[Cell]] = {}
    for row in rows:
        number = LANGUAGES.index(row["lang"])
        cells = passages.setdefault(row["passage"], [Cell(row["passage"], PASSAGE, number, 1.0)])
        cells.append(Cell(row["question"], QUESTION, number, 1.0))
    yield from map(_halves, passages.values())


def _halves(cells: list[Cell]) -> list[Cell]:
    """Return the cells with questions and passages weighing the same, so that half of the draws are either."""
    counts = Counter(cell.slot for cell in cells)
    return [replace(cell, weight=1 / counts[cell.slot]) for cell in cells]
