"""The nearest subword of every text against comparing each with each."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from qa.records import Subwords
from qa.search.cosines import Cosines
from qa.search.embeddings import StaticModel, TokenIds, Vectors

VOCABULARY = 40
LENGTHS = st.lists(st.integers(0, 70), max_size=6)  # below, at and above the blocks that are reduced at once
SEEDS = st.integers(0, 1_000)


def cut(lengths: list[int], seed: int, vocabulary: int = VOCABULARY) -> Subwords:
    chance = np.random.default_rng(seed)
    return Subwords.of([chance.integers(1_000, 1_000 + vocabulary, length).astype(np.int32) for length in lengths])


def naive(model: StaticModel, tokens: TokenIds, texts: Subwords) -> Vectors:
    found = np.zeros((len(texts), len(tokens)), np.float32)
    for n, (start, end) in enumerate(pairwise([0, *texts.ends.tolist()])):
        if end > start:
            found[n] = (model.unit_token_vectors[texts.ids[start:end]] @ model.unit_token_vectors[tokens].T).max(axis=0)
    return found


@given(LENGTHS, SEEDS)
def test_the_nearest_are_those_of_comparing_all(model: StaticModel, lengths: list[int], seed: int) -> None:
    tokens = np.unique(cut([7], seed + 1).ids)
    texts = cut(lengths, seed)
    found = Cosines(model, tokens).nearest(texts)
    assert found.dtype == np.float32
    assert_allclose(found, naive(model, tokens, texts), atol=1e-5)


@given(LENGTHS, LENGTHS, SEEDS)
def test_what_was_compared_before_changes_nothing(
    model: StaticModel, before: list[int], lengths: list[int], seed: int
) -> None:
    tokens = np.unique(cut([7], seed + 1).ids)
    cosines = Cosines(model, tokens)
    cosines.nearest(cut(before, seed + 2))
    texts = cut(lengths, seed)
    found = cosines.nearest(texts)
    assert_allclose(found, naive(model, tokens, texts), atol=1e-5)
    assert_array_equal(found, cosines.nearest(texts))


def test_many_different_subwords_are_compared_in_stretches(model: StaticModel) -> None:
    texts = cut([300, 0, 257, 1, 600], 0, vocabulary=20_000)
    tokens = np.arange(1_000, 1_010, dtype=np.int32)
    assert_allclose(Cosines(model, tokens).nearest(texts), naive(model, tokens, texts), atol=1e-5)


@pytest.mark.parametrize(("n_tokens", "lengths"), [(0, [3]), (3, []), (0, []), (3, [0, 0])])
def test_where_there_is_nothing_to_compare_nothing_is_near(
    model: StaticModel, n_tokens: int, lengths: list[int]
) -> None:
    found = Cosines(model, np.arange(n_tokens, dtype=np.int32)).nearest(cut(lengths, 0))
    assert_array_equal(found, np.zeros((len(lengths), n_tokens)))
