"""The trained vectors → a folder that `SentenceTransformer(folder)` loads, with the language table beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer

from .languages import save_table
from .tokenizer import UNKNOWN

KEPT = ("README.md",)
"""Files of the folder that are written by hand and survive an export."""


SHARPNESS = 1.2
"""Each vector's length is raised to this power: an hour of training leaves rare words weighing too little."""


def export(
    folder: Path,
    tokenizer: Tokenizer,
    vectors: NDArray[np.float32],
    table: NDArray[np.float16],
    start: NDArray[np.float32] | None = None,
) -> None:
    """Write the model to `folder`, replacing what is there in one rename.

    `vectors` are averaged with those that the training went on from, where it did not begin at random. The unknown
    subword gets a zero row: what the model cannot read adds nothing, and a text of nothing else is zero.
    """
    vectors = sharpened(vectors)
    if start is not None:
        vectors = averaged(start, vectors)
    vectors[tokenizer.token_to_id(UNKNOWN)] = 0
    static = StaticEmbedding(tokenizer, torch.from_numpy(vectors.astype(np.float16)))
    fresh, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    for left_over in (fresh, old):
        shutil.rmtree(left_over, ignore_errors=True)
    SentenceTransformer(modules=[static, Normalize()], device="cpu").save(str(fresh), create_model_card=False)
    save_table(fresh / "languages.npz", table)
    (fresh / "model.safetensors").chmod(0o644)
    for name in KEPT:
        if (folder / name).exists():
            shutil.copy2(folder / name, fresh / name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def averaged(earlier: NDArray[np.float32], later: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of two states of a training, each first scaled to a mean length of one, (vocabulary, dim).

    Two models that lie near each other make a better one half-way (Wortsman et al. 2022, arXiv:2203.05482).

    >>> averaged(np.array([[2.0, 0.0]], np.float32), np.array([[0.0, 4.0]], np.float32)).tolist()
    [[0.5, 0.5]]
    """
    scaled = [vectors / np.linalg.norm(vectors, axis=1).mean() for vectors in (earlier, later)]
    return np.asarray(sum(scaled) / 2, np.float32)


def sharpened(vectors: NDArray[np.float32], power: float = SHARPNESS) -> NDArray[np.float32]:
    """Return the rows with their lengths raised to `power`, directions kept.

    >>> sharpened(np.array([[3.0, 4.0]], np.float32), 2.0).tolist()
    [[15.0, 20.0]]
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors * np.maximum(lengths, 1e-9) ** (power - 1), np.float32)
