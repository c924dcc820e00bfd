"""A question → Hits: what they are made of, and their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from qa.records import Hit
from qa.search.embeddings import StaticModel
from qa.search.generations import current
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import LateInteraction
from qa.search.retrieval import Retriever, weights
from qa.search.store import Generation, load_generation

QUESTIONS = [
    ("When was CEMR founded?", "en"),
    ("Kuinka monta ystävyyskuntaa Suomen kunnilla on?", "fi"),
    ("Hvem er kontaktperson for vennskapsbyer?", "nb"),
    ("Kor mange land?", "nn"),
    ("Wer leitet die Erneuerung?", "de"),
    ("🙂 漢字", "en"),
]


@pytest.fixture(scope="module")
def generation(built_index: Path, model: StaticModel) -> Generation:
    return load_generation(current(built_index), model.fingerprint, model.fingerprint)


def search(generation: Generation, model: StaticModel, question: str, language: str, candidates: int) -> list[Hit]:
    query = LateInteraction(model, Mentions(Glossary(), ())).query(question, language)
    return Retriever(generation, candidates).search(query, model.encode([question])[0], language)


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_the_parts_of_a_score_are_those_of_the_rankers(
    generation: Generation, model: StaticModel, question: str, language: str
) -> None:
    hits = search(generation, model, question, language, 400)
    found = [hit.row for hit in hits]
    assert [generation.passages[row] for row in found] == [hit.passage for hit in hits]
    vector = model.encode([question])[0]
    assert_allclose([hit.dense for hit in hits], generation.vectors_of(found) @ vector, atol=1e-5)
    bm25 = dict(zip(*generation.lexicon.search(question, 400), strict=True))
    strongest = max(bm25.values(), default=1.0)
    assert_allclose([hit.lexical for hit in hits], [bm25.get(row, 0.0) / strongest for row in found], rtol=1e-5)
    query = LateInteraction(model, Mentions(Glossary(), ())).query(question, language)
    expected = query.max_sim(generation.tokens.passages(found))
    assert_allclose([hit.interaction for hit in hits], expected, atol=1e-5)


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_a_score_is_the_weighted_sum_of_its_parts(
    generation: Generation, model: StaticModel, question: str, language: str
) -> None:
    hits = search(generation, model, question, language, 400)
    same, other = weights()
    kin = {language} | ({"nb", "nn", "da"} if language in ("nb", "nn", "da") else set())
    for hit in hits:
        mix = same if hit.passage.language in kin else other
        parts = (hit.dense, hit.lexical, hit.interaction)
        assert hit.score == pytest.approx(sum(w * p for w, p in zip(mix, parts, strict=True)), abs=1e-5)


def test_weights_are_convex_combinations() -> None:
    for mix in weights():
        assert sum(mix) == pytest.approx(1.0)
        assert min(mix) >= 0.0


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_what_is_compared_closely_has_the_highest_sums_of_both_rankers(
    generation: Generation, model: StaticModel, question: str, language: str
) -> None:
    query = LateInteraction(model, Mentions(Glossary(), ())).query(question, language)
    vector = model.encode([question])[0]
    n_passages = len(generation.passages)
    bm25 = dict(zip(*generation.lexicon.search(question, 20), strict=True))
    strongest = max(bm25.values(), default=1.0)
    dense = generation.vectors_of(range(n_passages)) @ vector
    kin = {"nb", "nn", "da"} if language in ("nb", "nn", "da") else {language}
    mixes = [weights()[passage.language not in kin] for passage in generation.passages]
    sums = np.array([mix[0] * dense[row] + mix[1] * bm25.get(row, 0.0) / strongest for row, mix in enumerate(mixes)])
    proposed = Retriever(generation, 20).propose(query, vector, language).rows
    assert len(proposed) == 20
    rest = np.setdiff1d([*np.argsort(-dense, kind="stable")[:20], *bm25], proposed)
    assert sums[proposed].min() >= sums[rest].max(initial=-1.0) - 1e-6


@pytest.mark.parametrize("candidates", [10, 50])
@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_hits_come_best_first_each_once_and_no_more_than_asked_for(
    generation: Generation, model: StaticModel, question: str, language: str, candidates: int
) -> None:
    hits = search(generation, model, question, language, candidates)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert len({hit.passage for hit in hits}) == len(hits) == min(candidates, 40)
    assert np.isfinite(scores).all()
    assert all(type(value) is float for hit in hits for value in (hit.score, hit.dense, hit.lexical, hit.interaction))


@pytest.mark.parametrize(
    ("question", "language", "document"),
    [
        ("When was CEMR founded?", "en", "cemr"),
        ("Milloin CEMR perustettiin?", "fi", "cemr"),
        ("Hur många medlemmar har UCLG?", "sv", "uclg"),
        ("Hvem bør jeg kontakte om vennskapsbyer?", "nb", "contacts"),
        ("Brussels office", "en", "brussels-office"),
    ],
)
def test_the_right_page_is_among_the_first(
    generation: Generation, model: StaticModel, question: str, language: str, document: str
) -> None:
    first = [hit.passage.document for hit in search(generation, model, question, language, 100)[:5]]
    assert any(path.split("/")[1].startswith(document) for path in first)
