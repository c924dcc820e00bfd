"""Metrics against values computed by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.metrics import contains_answer, normalised, recall_at, reciprocal_rank

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
