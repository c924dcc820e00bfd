"""The vectors of an earlier model → first vectors for a training that goes on from it, whatever its vocabulary."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from tokenizers.models import Unigram


def vectors_of(folder: Path, tokenizer: Tokenizer) -> NDArray[np.float32]:
    """Return a vector for each subword of `tokenizer`, (vocabulary, dim) float32, from the model in `folder`.

    A subword that the earlier model does not have begins as the *sum* of the pieces it was there: a text is the mean
    of its subwords at unit length, so that the new vocabulary starts out saying exactly what the old one said.
    """
    weights = next(folder.rglob("model.safetensors"))
    vectors = load_file(weights)["embedding.weight"].astype(np.float32)
    model = json.loads(weights.with_name("tokenizer.json").read_text(encoding="utf-8"))["model"]
    pieces = [(piece, score) for piece, score in model["vocab"]]
    earlier = Tokenizer(Unigram(pieces, unk_id=model["unk_id"]))
    known = {piece: number for number, (piece, _) in enumerate(pieces)}
    wanted = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    encoded = earlier.encode_batch_fast([piece for piece, _ in wanted], add_special_tokens=False)
    parts = ([known[piece]] if piece in known else e.ids for (piece, _), e in zip(wanted, encoded, strict=True))
    return np.stack([vectors[ids].sum(0) for ids in parts])
