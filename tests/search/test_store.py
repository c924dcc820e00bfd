"""What a generation holds: what is read is what was written, and FAISS finds what brute force finds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from qa.errors import IndexMismatch
from qa.ingest.files import find_files
from qa.records import Block, Contact, Document, Passage
from qa.search.commit import new_generation
from qa.search.embeddings import StaticModel, TokenIds, Vectors
from qa.search.generations import current
from qa.search.store import FORMAT, Generation, GenerationWriter, load_generation
from qa.search.tokens import TokenTable
from qa.settings import Settings

ABOUT = {"model": "m", "tokens": "t"}

RECORD_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MAYBE = st.none() | RECORD_TEXT
CONTACTS = st.builds(
    Contact, RECORD_TEXT, RECORD_TEXT, MAYBE, MAYBE, st.tuples() | st.tuples(RECORD_TEXT), MAYBE, MAYBE, MAYBE
)
BLOCKS = st.builds(Block, st.sampled_from(["heading", "item"]), st.integers(0, 9), st.integers(0, 9))
LANGUAGE = st.sampled_from(["en", "fi", "und", "is"])
DOCUMENT = st.builds(
    Document,
    *(RECORD_TEXT, RECORD_TEXT, RECORD_TEXT, LANGUAGE, RECORD_TEXT),
    st.lists(BLOCKS, max_size=2).map(tuple),
    st.lists(CONTACTS, max_size=2).map(tuple),
    *(MAYBE, MAYBE, MAYBE),
)
PASSAGES = st.lists(
    st.builds(
        Passage,
        *(RECORD_TEXT, st.integers(0, 9), st.integers(0, 9), RECORD_TEXT, RECORD_TEXT, LANGUAGE, RECORD_TEXT),
        st.lists(RECORD_TEXT, max_size=2).map(tuple),
        st.none() | st.integers(0, 3),
    ),
    max_size=3,
)


def unit_rows(n: int, seed: int = 0, dim: int = 24) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def passages_of(n: int) -> list[Passage]:
    return [Passage("d", 0, 4, f"text {row}", "title", "en", "d", sentences=((0, 4),)) for row in range(n)]


class CharacterCodes:
    """One subword a character."""

    def tokens(self, text: str) -> TokenIds:
        return np.array([ord(letter) for letter in text], np.int32)


class Given:
    """An encoder that gives one after another of the vectors that it was given."""

    fingerprint = "m"

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._at = 0

    @property
    def dim(self) -> int:
        return self._vectors.shape[1]

    def encode(self, texts: Sequence[str]) -> Vectors:
        self._at += len(texts)
        return self._vectors[self._at - len(texts) : self._at]


def write(
    folder: Path, told: Sequence[tuple[Document, list[Passage]]], vectors: Vectors, about: Mapping[str, object] = ABOUT
) -> Generation:
    """A generation as it is loaded after it was written."""
    with new_generation(folder) as draft:
        writer = GenerationWriter(draft.folder, Given(vectors), CharacterCodes())
        for document, passages in told:
            writer.add(document, passages)
        draft.about.update({**writer.finish(), **about})
    return load_generation(current(folder), "m", "t")


def written(folder: Path, vectors: Vectors) -> Generation:
    """A generation of which only the vectors matter."""
    return write(folder, [(Document("d", "d", "title", "en", "text"), passages_of(len(vectors)))], vectors)


@examples(max_examples=15)
@given(st.lists(st.tuples(DOCUMENT, PASSAGES), min_size=1, max_size=4))
def test_what_is_loaded_is_what_was_written(tmp_path: Path, told: list[tuple[Document, list[Passage]]]) -> None:
    every = [passage for _, passages in told for passage in passages]
    vectors = unit_rows(len(every))
    found = write(tmp_path, told, vectors, {**ABOUT, "made": "of this"})
    assert list(found.documents) == [document for document, _ in told]
    assert list(found.passages) == [found.passages[row] for row in range(len(every))] == every
    assert found.languages.tolist() == [passage.language for passage in every]
    assert_array_equal(found.vectors_of(range(len(every))), vectors)
    tokens = TokenTable.of(every, CharacterCodes())
    for name in ("ids", "starts", "first", "begins", "ends"):
        assert_array_equal(getattr(found.tokens, name), getattr(tokens, name))
    assert found.manifest["made"] == "of this"
    assert (found.manifest["documents"], found.manifest["passages"]) == (len(told), len(every))
    for page in {document.id for document, _ in told}:
        assert found.catalogue.versions(page) == [document for document, _ in told if document.id == page]
    for document, _ in told:
        assert found.catalogue[document.path].path == document.path
    assert list(found.catalogue.with_contacts()) == list(dict.fromkeys(d.path for d, _ in told if d.contacts))


def test_an_index_of_nothing_is_loaded_and_finds_nothing(tmp_path: Path) -> None:
    found = write(tmp_path, [], np.zeros((0, 24), np.float32))
    assert (len(found.documents), len(found.passages), len(found.catalogue)) == (0, 0, 0)
    assert found.nearest(unit_rows(1)[0], 10) == ([], [])
    assert found.lexicon.search("text", 10) == ([], [])


@given(st.integers(1, 200), st.integers(1, 250), st.integers(0, 1_000))
@examples(max_examples=10)
def test_faiss_finds_what_brute_force_finds(tmp_path: Path, n: int, limit: int, seed: int) -> None:
    vectors, question = unit_rows(n, seed), unit_rows(1, seed + 1)[0]
    rows, scores = written(tmp_path, vectors).nearest(question, limit)
    products = vectors.astype(np.float64) @ question
    expected = np.argsort(-products, kind="stable")[:limit]
    assert_allclose(scores, products[expected], atol=1e-6)
    assert_allclose(products[rows], products[expected], atol=1e-6)  # rows of equal products may change places
    assert len(set(rows)) == len(rows) == min(n, limit)


def test_faiss_finds_in_the_shipped_corpus_what_brute_force_finds(built_index: Path, model: StaticModel) -> None:
    generation = load_generation(current(built_index), model.fingerprint, model.fingerprint)
    texts = [f"{passage.context}. {passage.text}" for passage in generation.passages]
    vectors = model.encode(texts)
    assert_allclose(generation.vectors_of(range(len(texts))), vectors, atol=1e-6)
    for question in model.encode(["How many twin towns?", "Kuka on CEMRin presidentti?", "UCLG", "🙂"]):
        rows, scores = generation.nearest(question, 10)
        products = vectors @ question
        assert_allclose(scores, np.sort(products)[::-1][:10], atol=1e-5)
        assert_allclose(products[rows], scores, atol=1e-5)
    for row, (text, passage) in enumerate(zip(texts, generation.passages, strict=True)):
        assert generation.tokens.passages([row]).ids.tolist() == model.tokens(text).tolist()
        assert generation.tokens.contexts([row]).ids.tolist() == model.tokens(f"{passage.context}.").tolist()


def test_an_index_of_another_model_is_refused(built_index: Path, model: StaticModel) -> None:
    with pytest.raises(IndexMismatch, match=f"built with the model {model.fingerprint}, in use is other: run `qa bu"):
        load_generation(current(built_index), "other", model.fingerprint)
    with pytest.raises(IndexMismatch, match=f"built with the model {model.fingerprint}, in use is other: run `qa bu"):
        load_generation(current(built_index), model.fingerprint, "other")


def test_an_index_of_another_format_is_refused(tmp_path: Path) -> None:
    """A later version of Kysy writes another number; everything else about the index is in order."""
    with pytest.raises(IndexMismatch, match=f"has format 99, this version reads {FORMAT}: run `qa build` again"):
        write(tmp_path, [], unit_rows(1), {**ABOUT, "format": 99})


def test_a_generation_that_is_loaded_goes_on_answering_while_others_are_built(tmp_path: Path) -> None:
    vectors = unit_rows(5)
    loaded = written(tmp_path, vectors)
    for n in range(1, 5):
        written(tmp_path, unit_rows(n, seed=n))
    assert loaded.nearest(vectors[3], 1)[0] == [3]
    assert loaded.lexicon.search("text 3", 5)[0][0] == 3


def test_the_manifest_tells_what_the_index_was_built_from(built_index: Path, model: StaticModel) -> None:
    manifest = current(built_index).manifest
    assert manifest["format"] == FORMAT
    assert manifest["model"] == manifest["tokens"] == model.fingerprint
    assert manifest["languages"] == ["da", "en", "fi", "nb", "sv"]
    assert manifest["documents"] == len(find_files(Settings().corpus_dir)[0])
    assert json.loads(json.dumps(manifest)) == manifest
