"""Metrics against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.metrics import (
    contains_answer,
    exact_match,
    ndcg_at,
    normalised,
    recall_at,
    reciprocal_rank,
    token_f1,
)

RANKED = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("relevant", "by_k"),
    [
        ({"a"}, {1: 1.0, 3: 1.0, 10: 1.0}),
        ({"c"}, {1: 0.0, 2: 0.0, 3: 1.0, 10: 1.0}),
        ({"c", "e"}, {2: 0.0, 3: 1.0, 5: 1.0}),
        ({"x"}, {1: 0.0, 10: 0.0}),
        (set(), {10: 0.0}),
    ],
)
def test_recall(relevant: set[str], by_k: dict[int, float]) -> None:
    assert {k: recall_at(k, relevant, RANKED) for k in by_k} == by_k


@pytest.mark.parametrize(
    ("relevant", "k", "expected"),
    [
        ({"a"}, 10, 1.0),
        ({"b"}, 10, 1 / 2),
        ({"e"}, 10, 1 / 5),
        ({"d", "b"}, 10, 1 / 2),
        ({"e"}, 4, 0.0),
        ({"x"}, 10, 0.0),
        (set(), 10, 0.0),
    ],
)
def test_reciprocal_rank(relevant: set[str], k: int, expected: float) -> None:
    assert reciprocal_rank(relevant, RANKED, k) == expected


@given(st.sets(st.sampled_from("abcdefg")), st.lists(st.sampled_from("abcdefg"), unique=True), st.integers(1, 8))
def test_there_is_a_rank_exactly_where_there_is_recall(relevant: set[str], ranked: list[str], k: int) -> None:
    assert (reciprocal_rank(relevant, ranked, k) > 0) == (recall_at(k, relevant, ranked) == 1.0)
    assert recall_at(k, relevant, ranked) <= recall_at(k + 1, relevant, ranked)
    assert reciprocal_rank(relevant, ranked, k) <= reciprocal_rank(relevant, ranked, k + 1)


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (["1,300"], "about 1 300 twin towns"),
        (["1,300"], "noin 1\u00a0300 ystävyyskuntaa"),
        (["1,300"], "1.300 venskabsbyer"),
        (["150 000"], "150.000 kommuner"),
        (["1951"], "CEMR was founded in 1951."),
        (["laura parsama"], "Laura Parsama"),
        (["Laura Parsama"], "LAURA PARSAMA,"),
        (["laura.parsama(at)kuntaliitto.fi"], "write to laura.parsama(at)kuntaliitto.fi."),
        (["90%"], "almost 90 % of them"),
        (["no", "or this"], "this or\nthis"),
        (["straße"], "STRASSE"),
        (["2017–2019"], "(2017–2019)"),
    ],
)
def test_an_answer_that_is_contained(answers: list[str], text: str) -> None:
    assert contains_answer(answers, text) == 1.0


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (["13"], "1300"),
        (["1300"], "13 00"),
        (["195"], "1951"),
        (["Ii"], "Iisalmi"),
        (["41 countries"], "countries 41"),
        (["answer"], ""),
        ([], "anything"),
        ([""], "anything"),
        ([""], ""),
        (["%"], ""),
        (["…"], "!"),
    ],
)
def test_an_answer_that_is_not_contained(answers: list[str], text: str) -> None:
    assert contains_answer(answers, text) == 0.0


WORDS = st.lists(st.text("abcå1234567890", min_size=1, max_size=5), min_size=1, max_size=6)


@given(WORDS, WORDS, WORDS)
def test_words_in_a_row_are_contained_wherever_they_stand(
    before: list[str], words: list[str], after: list[str]
) -> None:
    text = "; ".join([" ".join(before), " ".join(words), " ".join(after)])
    assert contains_answer([" ".join(words)], text) == 1.0


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    ("relevant", "k", "expected"),
    [
        ({"a"}, 10, 1.0),
        ({"c"}, 10, 1 / 2),  # 1 / log₂ 4
        ({"a", "c"}, 10, (1 + 1 / 2) / (1 + 0.6309297535714575)),
        ({"b", "x"}, 10, 0.6309297535714575 / (1 + 0.6309297535714575)),
        ({"a", "b", "x"}, 2, 1.0),  # no more than k can be found
        ({"c"}, 2, 0.0),
        (set(), 10, 0.0),
    ],
)
def test_ndcg(relevant: set[str], k: int, expected: float) -> None:
    assert ndcg_at(k, relevant, RANKED) == pytest.approx(expected)


@given(st.sets(st.sampled_from("abcdefg"), min_size=1), st.permutations("abcdefg"), st.integers(1, 8))
def test_ndcg_is_the_gain_as_a_share_of_the_best_order(relevant: set[str], ranked: list[str], k: int) -> None:
    def gain(order: list[str]) -> float:
        return sum((document in relevant) / math.log2(rank + 2) for rank, document in enumerate(order[:k]))

    best = max(gain(sorted(ranked, key=lambda document: document not in relevant)), gain(ranked))
    assert ndcg_at(k, relevant, ranked) == pytest.approx(gain(ranked) / best)


def test_ranking_metrics_as_ranx_gives_them() -> None:
    """The figures are those of ranx 0.3.21: hit_rate@3, mrr@10, ndcg@10."""
    ranked = {"q1": ["d2", "d9", "d1"], "q2": ["d3"], "q3": ["d7", "d8", "d6", "d5"]}
    gold = {"q1": {"d1", "d4"}, "q2": {"d3"}, "q3": {"d5"}}
    found = [
        (recall_at(3, gold[q], ranked[q]), reciprocal_rank(gold[q], ranked[q]), ndcg_at(10, gold[q], ranked[q]))
        for q in ranked
    ]
    assert np.mean(found, axis=0) == pytest.approx([0.6666666666666666, 0.5277777777777778, 0.5790833848187075])


@pytest.mark.parametrize(
    ("answers", "text", "language", "match", "f1"),
    [
        (["1951"], "1951.", "en", 1.0, 1.0),
        (["The Policy Committee"], "policy committee", "en", 1.0, 1.0),
        (["en kommun"], "kommun", "sv", 1.0, 1.0),
        (["der Kongress"], "Kongress", "de", 1.0, 1.0),
        (["l’Assemblée"], "assemblée", "fr", 1.0, 1.0),
        (["et"], "et", "da", 1.0, 1.0),  # nothing but an article: it counts
        (["an apple"], "apple", "fi", 0.0, 2 / 3),  # Finnish has no articles
        (["1,300"], "1 300", "en", 1.0, 1.0),
        (["the cat sat"], "cat sat here", "en", 0.0, 0.8),  # 2 common of 2 and 3
        (["a b c d", "x y"], "x", "fi", 0.0, 2 / 3),  # the best of them
        (["b b"], "b", "en", 0.0, 2 / 3),  # words count as often as they stand there
        (["1951"], "", "en", 0.0, 0.0),
        (["…"], "", "en", 0.0, 0.0),
        ([], "1951", "en", 0.0, 0.0),
    ],
)
def test_exact_match_and_f1(answers: list[str], text: str, language: str, match: float, f1: float) -> None:
    assert exact_match(answers, text, language) == match
    assert token_f1(answers, text, language) == pytest.approx(f1)


@given(st.lists(st.text(max_size=20), max_size=3), st.text(max_size=20), st.sampled_from(["en", "sv", "fi"]))
def test_what_matches_exactly_agrees_in_every_word(answers: list[str], text: str, language: str) -> None:
    f1 = token_f1(answers, text, language)
    assert 0.0 <= f1 <= 1.0
    assert exact_match(answers, text, language) <= f1
