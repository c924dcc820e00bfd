"""Groups of rows → batches of pairs, as flat subword ids: every text is tokenised once, before training.

Drawing is vectorised numpy on flat arrays, a few dozen milliseconds for a batch of thousands, and depends on the
seed alone. Pairs that are one text twice teach nothing and are left out; pairs that could be taken for false
negatives of each other (same row, same text on any side) are listed, so that the loss can pass over them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm import tqdm

from .data import Group
from .tokenizer import tokenise_words

OVERDRAW = 1.1
"""More pairs are drawn than a batch holds, to make up for those left out."""
REDRAWS = 12
LATE_SHARES = {"squad": 0.4, "question-passage": 0.25, "sentences": 0.2, "civic": 0.15}
"""What late interaction is trained on: long texts in which words of a short one have to be found."""
CHUNK = 200_000

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Subwords:
    """Texts as subword ids: text t is flat[offsets[t]:offsets[t + 1]].

    `flat` (n_subwords,) int32, `offsets` (n_texts + 1,) int64; `fingerprint` (n_texts,) uint64 is equal for texts
    that have the same subwords in the same order ("Save" and "save").
    """

    flat: NDArray[np.int32]
    offsets: Ids
    fingerprint: NDArray[np.uint64]

    def save(self, path: Path) -> None:
        """Write the three arrays to a .npz file."""
        np.savez(path, flat=self.flat, offsets=self.offsets, fingerprint=self.fingerprint)

    @classmethod
    def load(cls, path: Path) -> Subwords:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(arrays["flat"], arrays["offsets"], arrays["fingerprint"])

    def bags(self, texts: Ids, longest: int, rng: np.random.Generator) -> tuple[Ids, Ids]:
        """Return the subwords of `texts`, joined, and where each begins, (n_texts,) int64.

        A text of more than `longest` subwords gives a window of that length, anywhere in it.
        """
        whole = self.offsets[texts + 1] - self.offsets[texts]
        size = np.minimum(whole, longest)
        start = self.offsets[texts] + (rng.random(len(texts)) * (whole - size + 1)).astype(np.int64)
        return self.flat[ranges(start, size)].astype(np.int64), np.cumsum(size) - size


def ranges(start: Ids, size: Ids) -> Ids:
    """Return start[0], start[0] + 1, … (size[0] of them), start[1], …

    >>> ranges(np.array([5, 0]), np.array([3, 2])).tolist()
    [5, 6, 7, 0, 1]
    """
    return np.repeat(start - (np.cumsum(size) - size), size) + np.arange(size.sum())


def tokenise(texts: list[str], tokenizer: Tokenizer) -> Subwords:
    """Return all texts as subwords; each distinct word is tokenised once."""
    number: defaultdict[str, int] = defaultdict(count().__next__)
    words = [np.fromiter(map(number.__getitem__, text.split()), np.int32) for text in tqdm(texts, "words")]
    size, flat = _subwords_of_words(tokenizer, list(number))
    begin = np.cumsum(size) - size
    parts, lengths = [], []
    for at in tqdm(range(0, len(words), CHUNK), "texts"):
        chunk = words[at : at + CHUNK]
        joined = np.concatenate(chunk)
        parts.append(flat[ranges(begin[joined], size[joined])])
        ends = np.concatenate([[0], np.cumsum(size[joined])])
        lengths.append(np.diff(ends[np.cumsum([0] + [len(text) for text in chunk])]))
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    joined_flat = np.concatenate(parts)
    return Subwords(joined_flat, offsets, _fingerprints(joined_flat, offsets))


def _subwords_of_words(tokenizer: Tokenizer, words: list[str]) -> tuple[Ids, NDArray[np.int32]]:
    """Return the number of subwords of each word, and all of them joined."""
    sizes: list[int] = []
    flat: list[NDArray[np.int32]] = []
    for at in tqdm(range(0, len(words), CHUNK), "subwords"):
        tokens = tokenise_words(tokenizer, words[at : at + CHUNK])
        sizes += map(len, tokens)
        flat.append(np.fromiter((token for word in tokens for token in word), np.int32))
    return np.asarray(sizes, np.int64), np.concatenate(flat)


def _fingerprints(flat: NDArray[np.int32], offsets: Ids) -> NDArray[np.uint64]:
    """Return a hash per text: the sum of its subwords' hashes, each turned by its position; overflow is wanted."""
    fingerprint = np.zeros(len(offsets) - 1, np.uint64)
    for at in range(0, len(fingerprint), CHUNK):
        bounds = offsets[at : at + CHUNK + 1]
        size = np.diff(bounds)
        position = ranges(np.ones(len(size), np.int64), size).astype(np.uint64)
        mixed = (flat[bounds[0] : bounds[-1]].astype(np.uint64) + 1) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * (position * np.uint64(0xBF58476D1CE4E5B9) | np.uint64(1))
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed ^ (mixed >> np.uint64(32)), dtype=np.uint64)])
        ends = bounds - bounds[0]
        fingerprint[at : at + CHUNK] = sums[ends[1:]] - sums[ends[:-1]]
    return fingerprint


@dataclass(frozen=True)
class Batch:
    """Pairs of texts, the bags of subwords of both sides, and the places of the loss to pass over.

    `left` and `right` are (subwords, starts); `passed_over` is (rows, columns) of the (n, n) similarities, both
    (n_masked,) int64. `late` is a small batch for late interaction, its left sides the shorter ones, or None.
    """

    left: tuple[Ids, Ids]
    right: tuple[Ids, Ids]
    passed_over: tuple[Ids, Ids]
    late: Batch | None = None


def _normal(shares: list[float]) -> Floats:
    """Return the shares adding up to one."""
    return np.asarray(np.array(shares) / sum(shares), np.float64)


class Sampler:
    """Draws batches from the groups according to their shares."""

    def __init__(self, groups: list[Group], subwords: Subwords, longest: int = 160) -> None:
        self.groups = groups
        self.subwords = subwords
        self.longest = longest
        self.rows = [np.cumsum(group.row_weight, dtype=np.float64) for group in groups]
        self.cells = [np.concatenate([[0.0], np.cumsum(group.weight, dtype=np.float64)]) for group in groups]
        self.shares = _normal([group.share for group in groups])
        self.late_shares = _normal([LATE_SHARES.get(group.name, 0.0) for group in groups])
        self.first_key = np.cumsum([0] + [len(group) for group in groups])

    def batch(self, size: int, late: int, rng: np.random.Generator) -> Batch:
        """Return about `size` pairs, fewer only if the data hold too few different ones, and `late` for MaxSim."""
        batch = self._bags(*self.pairs(self.shares * size, size, rng), rng)
        if not late:
            return batch
        left, right, key = self.pairs(self.late_shares * late, late, rng)
        length = np.diff(self.subwords.offsets)
        swap = length[left] > length[right]
        left, right = np.where(swap, right, left), np.where(swap, left, right)
        return replace(batch, late=self._bags(left, right, key, rng))

    def _bags(self, left: Ids, right: Ids, key: Ids, rng: np.random.Generator) -> Batch:
        """Return pairs of text numbers as a batch."""
        sides = self.subwords.bags(left, self.longest, rng), self.subwords.bags(right, self.longest, rng)
        fingerprint = self.subwords.fingerprint
        return Batch(*sides, collisions(fingerprint[left], fingerprint[right], key))

    def pairs(self, wanted: Floats, size: int, rng: np.random.Generator) -> tuple[Ids, Ids, Ids]:
        """Return text numbers of both sides and the number of the row they come from, each (≤ size,) int64.

        `wanted` (n_groups,) is the number of pairs from each group.
        """
        numbers = np.ceil(wanted * OVERDRAW).astype(int)
        drawn = [self._draw(number, n_pairs, rng) for number, n_pairs in enumerate(numbers) if n_pairs]
        left, right, key = (np.concatenate(column) for column in zip(*drawn, strict=True))
        fingerprint, offsets = self.subwords.fingerprint, self.subwords.offsets
        filled = (offsets[left + 1] > offsets[left]) & (offsets[right + 1] > offsets[right])
        useful = np.flatnonzero(filled & (fingerprint[left] != fingerprint[right]))
        kept = rng.permutation(useful)[:size]
        return left[kept], right[kept], key[kept]

    def _draw(self, number: int, n_pairs: int, rng: np.random.Generator) -> tuple[Ids, Ids, Ids]:
        """Draw rows of one group, and two cells in different slots of each."""
        group, cumulated = self.groups[number], self.rows[number]
        n_runs = -(-n_pairs // group.run)
        start = np.searchsorted(cumulated, rng.random(n_runs) * cumulated[-1], "right")
        rows = (start[:, None] + np.arange(group.run)).ravel()[:n_pairs] % len(group)
        first = self._cell(number, rows, rng)
        second = self._cell(number, rows, rng)
        for _ in range(REDRAWS):
            same = np.flatnonzero(group.slot[first] == group.slot[second])
            second[same] = self._cell(number, rows[same], rng)
        differ = group.slot[first] != group.slot[second]
        left, right = group.text[first[differ]], group.text[second[differ]]
        return left.astype(np.int64), right.astype(np.int64), rows[differ] + self.first_key[number]

    def _cell(self, number: int, rows: Ids, rng: np.random.Generator) -> Ids:
        """Return one cell of each row, drawn by weight."""
        offsets, cumulated = self.groups[number].offsets, self.cells[number]
        low, high = cumulated[offsets[rows]], cumulated[offsets[rows + 1]]
        cell = np.searchsorted(cumulated, low + rng.random(len(rows)) * (high - low), "right") - 1
        return np.asarray(np.clip(cell, offsets[rows], offsets[rows + 1] - 1), np.int64)


def collisions(left: NDArray[np.uint64], right: NDArray[np.uint64], key: Ids) -> tuple[Ids, Ids]:
    """Return (i, j), i ≠ j, where pair j's right side is no fair negative for pair i's left side, or the reverse.

    >>> i, j = collisions(np.array([7, 7, 8], np.uint64), np.array([1, 2, 3], np.uint64), np.array([0, 1, 2]))
    >>> i.tolist(), j.tolist()
    ([0, 1], [1, 0])
    """
    found = [_equal(left, left), _equal(right, right), _equal(left, right), _equal(key, key)]
    rows, columns = (np.concatenate(side) for side in zip(*found, strict=True))
    cells = np.unique(rows * len(left) + columns)
    rows, columns = cells // len(left), cells % len(left)
    off_diagonal = rows != columns
    return rows[off_diagonal], columns[off_diagonal]


def _equal(a: NDArray[np.generic], b: NDArray[np.generic]) -> tuple[Ids, Ids]:
    """Return all (i, j) with a[i] == b[j]."""
    order = np.argsort(b, kind="stable")
    low, high = np.searchsorted(b[order], a, "left"), np.searchsorted(b[order], a, "right")
    return np.repeat(np.arange(len(a)), high - low), order[ranges(low, high - low)]
