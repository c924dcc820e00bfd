"""Late interaction against a naive double loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from qa.records import Subwords
from qa.search.embeddings import StaticModel
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import OTHER_NAME, LateInteraction

TWINS = {"en": ["town twinning"], "fi": ["ystävyyskunta", "ystävyyskuntatoiminta"], "sv": ["vänort"]}
UCLG = {"en": ["UCLG", "United Cities and Local Governments"], "fi": ["Kaupunkien ja kuntien maailmanjärjestö"]}
MENTIONS = Mentions(Glossary.from_concepts([TWINS, UCLG]), ("en", "fi", "sv"))
NO_MENTIONS = Mentions(Glossary(), ())
QUESTION = "How did town twinning begin, and what has UCLG to do with it?"
TEXTS = [
    "Town twinning began in the 1930s.",
    "Ystävyyskuntatoiminta alkoi Pohjoismaissa 1930-luvulla.",
    "Vänorter finns i över 40 länder.",
    "UCLG is the world organisation.",
    "",
    "🙂",
    "town town town",
]
WORDS = st.lists(
    st.sampled_from("kunta vänort town twinning CEMR 1951 ystävyyskunnista and the 🙂 漢字 UCLG".split()), max_size=8
).map(" ".join)


def cut(model: StaticModel, texts: list[str]) -> Subwords:
    return Subwords.of([model.tokens(text) for text in texts])


def cosine(model: StaticModel, one: int, other: int) -> float:
    """Of two subwords, from the vectors as trained."""
    a, b = model.token_vectors[one].astype(np.float64), model.token_vectors[other].astype(np.float64)
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / lengths) if lengths else 0.0


def naive_weights(model: StaticModel, text: str) -> list[float]:
    norms = [float(np.linalg.norm(model.token_vectors[token])) for token in model.tokens(text)]
    return [norm / sum(norms) if sum(norms) else 0.0 for norm in norms]


def naive_matches(model: StaticModel, asked: str, text: str) -> list[float]:
    """The best cosine of each subword asked for, by a double loop."""
    return [
        max((cosine(model, one, other) for other in model.tokens(text)), default=0.0) for one in model.tokens(asked)
    ]


def naive_max_sim(model: StaticModel, asked: str, text: str) -> float:
    return sum(w * m for w, m in zip(naive_weights(model, asked), naive_matches(model, asked, text), strict=True))


@given(WORDS, st.lists(WORDS, max_size=4))
def test_max_sim_is_that_of_a_double_loop(model: StaticModel, asked: str, texts: list[str]) -> None:
    query = LateInteraction(model, NO_MENTIONS).query(asked, "en")
    expected = [naive_max_sim(model, asked, text) for text in texts]
    assert_allclose(query.max_sim(cut(model, texts)), expected, atol=1e-5)


def test_the_parts_of_max_sim(model: StaticModel) -> None:
    query = LateInteraction(model, NO_MENTIONS).query(QUESTION, "en")
    assert query.tokens.tolist() == model.tokens(QUESTION).tolist()
    assert_allclose(query.weights, naive_weights(model, QUESTION), atol=1e-6)
    expected = np.array([naive_matches(model, QUESTION, text) for text in TEXTS]).T
    assert_allclose(query.matches(TEXTS), expected, atol=1e-5)


def test_a_text_holds_itself_whole(model: StaticModel) -> None:
    text = "Town twinning is the oldest form of international work."
    (score,) = LateInteraction(model, NO_MENTIONS).query(text, "en").max_sim(cut(model, [text]))
    assert score == pytest.approx(1.0, abs=1e-5)


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_scores_are_finite_and_at_most_one(model: StaticModel, asked: str, texts: list[str]) -> None:
    scores = LateInteraction(model, MENTIONS).query(asked, "en").max_sim(cut(model, texts))
    assert scores.shape == (len(texts),)
    assert scores.dtype == np.float32
    assert (np.abs(scores) <= 1.0 + 1e-5).all()


def test_a_concept_is_found_by_any_of_its_names(model: StaticModel) -> None:
    """Each subword of a name that the glossary knows scores as the best of the names does, a little discounted."""
    query = LateInteraction(model, MENTIONS).query(QUESTION, "en")
    bare = LateInteraction(model, NO_MENTIONS).query(QUESTION, "en")
    found, plain = query.matches(TEXTS), bare.matches(TEXTS)
    before = "How did "
    first, last = len(model.tokens(before)), len(model.tokens(before + "town twinning"))
    for column, text in enumerate(TEXTS):
        named = [OTHER_NAME * naive_max_sim(model, name, text) for names in TWINS.values() for name in names]
        for row in range(first, last):
            assert found[row, column] == pytest.approx(max(plain[row, column], *named), abs=1e-5)
    assert (found >= plain - 1e-6).all()
    assert found[first:last, 1].min() == pytest.approx(OTHER_NAME, abs=1e-4)


def test_words_outside_a_concept_score_as_without_a_glossary(model: StaticModel) -> None:
    asked = "Where is the office?"
    with_glossary, without = LateInteraction(model, MENTIONS), LateInteraction(model, NO_MENTIONS)
    assert_allclose(with_glossary.query(asked, "en").matches(TEXTS), without.query(asked, "en").matches(TEXTS))


def test_nothing_asked_and_nothing_to_search(model: StaticModel) -> None:
    empty = LateInteraction(model, NO_MENTIONS).query("", "en")
    assert empty.max_sim(cut(model, ["text"])).tolist() == [0.0]
    assert LateInteraction(model, NO_MENTIONS).query("text", "en").max_sim(cut(model, [])).shape == (0,)
