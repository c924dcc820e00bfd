"""Vectors of an earlier model for another vocabulary."""

from __future__ import annotations

import json

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel
from training.start import vectors_of
from training.tokenizer import normaliser, pre_tokeniser


def test_the_same_vocabulary_has_the_same_vectors(model: StaticModel) -> None:
    tokenizer = Tokenizer.from_file(str(next(EMBEDDED_MODEL_DIR.rglob("tokenizer.json"))))
    np.testing.assert_array_equal(vectors_of(EMBEDDED_MODEL_DIR, tokenizer)[1:], model.token_vectors[1:])


def test_a_new_word_begins_as_the_sum_of_its_pieces(model: StaticModel) -> None:
    vocabulary = json.loads(next(EMBEDDED_MODEL_DIR.rglob("tokenizer.json")).read_text("utf-8"))["model"]["vocab"]
    word = "▁zwischenmenschlichkeitsfragen"
    tokenizer = Tokenizer(Unigram([*map(tuple, vocabulary), (word, -1.0)], unk_id=0))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normaliser(), pre_tokeniser()
    vectors = vectors_of(EMBEDDED_MODEL_DIR, tokenizer)
    ids = model.tokens("zwischenmenschlichkeitsfragen")
    assert len(ids) > 1
    assert tokenizer.encode(word[1:]).ids == [len(vocabulary)]
    np.testing.assert_allclose(vectors[-1], model.token_vectors[ids].sum(0), rtol=1e-5, atol=1e-5)
