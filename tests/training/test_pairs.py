"""Which pairs are drawn: two slots of one row, by weight, never the same text twice, the same for a seed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import LANGUAGE_WEIGHTS, LANGUAGES, SHARES, Group, language_balance, localisation_group, paraphrase
from training.pairs import Sampler, Subwords, collisions

SQUAD_RUN = 4


def subwords(texts: list[list[int]]) -> Subwords:
    flat = np.array([token for text in texts for token in text], np.int32)
    offsets = np.cumsum([0] + [len(text) for text in texts])
    fingerprint = np.array([hash(tuple(text)) & 0xFFFFFFFF for text in texts], np.uint64)
    return Subwords(flat, offsets, fingerprint)


def group(n_rows: int, run: int = 1) -> Group:
    """Return rows of three cells; cell c of row r is text 3 r + c, the first two in one slot."""
    n_cells = 3 * n_rows
    return Group(
        "sentences",
        1.0,
        run,
        np.arange(0, n_cells + 1, 3),
        np.arange(n_cells, dtype=np.int32),
        np.tile(np.array([0, 0, 1], np.uint8), n_rows),
        np.tile(np.array([0, 0, 1], np.uint8), n_rows),
        np.ones(n_cells, np.float32),
        np.ones(n_rows, np.float32),
    )


def test_pairs_join_two_slots_of_a_row() -> None:
    sampler = Sampler([group(50)], subwords([[text] for text in range(150)]))
    left, right, key = sampler.pairs(sampler.shares * 400, 400, np.random.default_rng(0))
    assert len(left) == 400
    assert (left // 3 == key).all()
    assert (right // 3 == key).all()
    assert ((left % 3 == 2) != (right % 3 == 2)).all()
    assert len(np.unique(key)) == 50


def test_neighbours_are_drawn_together() -> None:
    sampler = Sampler([group(50, SQUAD_RUN)], subwords([[text] for text in range(150)]))
    _, _, key = sampler._draw(0, SQUAD_RUN, np.random.default_rng(0))
    assert (np.diff(key) % 50 == 1).all()


def test_one_text_twice_is_left_out() -> None:
    sampler = Sampler([group(5)], subwords([[0], [0], [0]] * 5))
    assert len(sampler.pairs(sampler.shares * 20, 20, np.random.default_rng(0))[0]) == 0


def test_late_batch_asks_with_the_shorter_side() -> None:
    sampler = Sampler([group(50)], subwords([[text] * (1 + 2 * (text % 3)) for text in range(150)]))
    batch = sampler.batch(40, 16, np.random.default_rng(0))
    assert batch.late
    sizes = [np.diff([*starts, len(flat)]) for flat, starts in (batch.late.left, batch.late.right)]
    assert (sizes[0] <= sizes[1]).all()


def test_long_texts_give_a_window() -> None:
    flat, starts = subwords([list(range(100)), [7]]).bags(np.array([0, 1]), 10, np.random.default_rng(0))
    assert starts.tolist() == [0, 10]
    assert (np.diff(flat[:10]) == 1).all()
    assert flat[10] == 7


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=12))
def test_collisions_against_comparing_all(pairs: list[tuple[int, int, int]]) -> None:
    left, right, key = (np.array(column) for column in zip(*pairs, strict=True))
    rows, columns = collisions(left.astype(np.uint64), right.astype(np.uint64), key)
    expected = {
        (i, j)
        for (i, a), (j, b) in product(enumerate(pairs), repeat=2)
        if i != j and (a[0] == b[0] or a[1] == b[1] or a[0] == b[1] or a[2] == b[2])
    }
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
    assert len(rows) == len(expected)


def test_shares_add_up() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)


def test_small_languages_are_drawn_more_often() -> None:
    balance = language_balance(np.repeat(np.array([0, 6], np.uint8), [900, 300]))
    assert balance[LANGUAGES.index("en")] == 3
    assert balance[LANGUAGES.index("is")] == 3 * LANGUAGE_WEIGHTS["is"]


def test_rows_find_their_group() -> None:
    assert localisation_group({"en": "Save", "fi": "Tallenna", "src": "KDE/kate"}) == "short"
    assert localisation_group({"en": "Application for a grant", "src": "City-of-Helsinki/yjdh"}) == "civic"
    assert localisation_group({"en": "The file could not be opened", "src": "KDE/kate"}) == "localisation"


@pytest.mark.parametrize(("label", "n_cells"), [("1", 0), ("2", 0), ("3", 2), ("4>i", 2)])
def test_only_paraphrases_are_pairs(label: str, n_cells: int) -> None:
    assert len(paraphrase({"lang": "fi", "text": "a", "text2": "b", "label": label})) == n_cells
