"""A question → Hits: what they are made of, and their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from qa.records import Hit
from qa.search.embeddings import StaticModel
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import LateInteraction
from qa.search.retrieval import OTHER_LANGUAGE, SAME_LANGUAGE, Retriever
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
    return load_generation(built_index, model.fingerprint, model.fingerprint)


def search(generation: Generation, model: StaticModel, question: str, language: str, candidates: int) -> list[Hit]:
    query = LateInteraction(model, Mentions(Glossary(), ())).query(question, language)
    return Retriever(generation, candidates).search(query, model.encode([question])[0], language)


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_the_parts_of_a_score_are_those_of_the_rankers(
    generation: Generation, model: StaticModel, question: str, language: str
) -> None:
    hits = search(generation, model, question, language, 400)
    rows = {passage: row for row, passage in enumerate(generation.passages)}
    found = [rows[hit.passage] for hit in hits]
    assert sorted(found) == list(range(len(generation.passages)))
    vector = model.encode([question])[0]
    assert_allclose([hit.dense for hit in hits], generation.vectors_of(found) @ vector, atol=1e-5)
    bm25 = dict(zip(*generation.lexicon.search(question, 400), strict=True))
    assert_allclose([hit.lexical for hit in hits], [bm25.get(row, 0.0) for row in found], rtol=1e-5)
    query = LateInteraction(model, Mentions(Glossary(), ())).query(question, language)
    expected = query.max_sim([generation.tokens[row] for row in found])
    assert_allclose([hit.interaction for hit in hits], expected, atol=1e-5)


@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_a_score_is_the_weighted_sum_of_its_parts(
    generation: Generation, model: StaticModel, question: str, language: str
) -> None:
    hits = search(generation, model, question, language, 400)
    strongest = max((hit.lexical for hit in hits), default=0.0) or 1.0
    kin = {language} | ({"nb", "nn", "da"} if language in ("nb", "nn", "da") else set())
    for hit in hits:
        weights = SAME_LANGUAGE if hit.passage.language in kin else OTHER_LANGUAGE
        parts = (hit.dense, hit.lexical / strongest, hit.interaction)
        assert hit.score == pytest.approx(sum(w * p for w, p in zip(weights, parts, strict=True)), abs=1e-5)


@pytest.mark.parametrize("weights", [SAME_LANGUAGE, OTHER_LANGUAGE])
def test_weights_are_a_convex_combination(weights: tuple[float, ...]) -> None:
    assert sum(weights) == pytest.approx(1.0)
    assert min(weights) >= 0.0


@pytest.mark.parametrize("candidates", [10, 50])
@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_hits_come_best_first_each_once_and_no_more_than_asked_for(
    generation: Generation, model: StaticModel, question: str, language: str, candidates: int
) -> None:
    hits = search(generation, model, question, language, candidates)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert len({hit.passage for hit in hits}) == len(hits) == candidates
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
