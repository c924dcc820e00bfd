"""Texts → vectors: the embedded model against sentence-transformers, and on texts that are no texts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from qa.errors import ModelError
from qa.search.embeddings import EMBEDDED_MODEL_DIR, SentenceTransformerEncoder, StaticModel, load_encoder
from qa.settings import Settings

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)  # lone surrogates too
READABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
TEXTS = [
    "How many twin towns do Finnish municipalities have?",
    "Kuinka monta ystävyyskuntaa Suomen kunnilla on?",
    "CEMR ble stiftet i 1951 og representerer 150.000 kommuner – «hele Europa»!",
    "laura.parsama(at)kuntaliitto.fi, +358 9 771 2011",
    "Städtepartnerschaften\nund  Öffnungszeiten\t(§ 3)",
    "Где находится офис? 漢字 العربية 🙂👩\u200d👩\u200d👧",
    "x",
    "",
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(EMBEDDED_MODEL_DIR / "tokenizer.json"))


@pytest.fixture(scope="module")
def sentence_transformer() -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(EMBEDDED_MODEL_DIR), device="cpu", local_files_only=True)


@pytest.fixture
def offline_variable() -> Iterator[None]:
    """Choosing another model sets HF_HUB_OFFLINE; the tests after this one shall not see it."""
    before = os.environ.get("HF_HUB_OFFLINE")
    yield
    os.environ.pop("HF_HUB_OFFLINE", None)
    if before is not None:
        os.environ["HF_HUB_OFFLINE"] = before


@pytest.fixture
def copied_model(tmp_path: Path) -> Path:
    """A folder with the files of the embedded model, by links: replace a file before you change it."""
    folder = tmp_path / "model"
    for file in EMBEDDED_MODEL_DIR.rglob("*"):
        if file.is_file():
            link = folder / file.relative_to(EMBEDDED_MODEL_DIR)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)
    return folder


def rewrite(file: Path, data: bytes) -> None:
    file.unlink()
    file.write_bytes(data)


@given(st.lists(READABLE, min_size=1, max_size=5))
@example(TEXTS)
def test_vectors_are_those_of_sentence_transformers(
    model: StaticModel, sentence_transformer: Any, texts: list[str]
) -> None:
    expected = np.asarray(sentence_transformer.encode(texts, convert_to_numpy=True), dtype=np.float32)
    # It computes in float16, as the weights are stored; there the vector of a text without subwords is 0/0.
    assert_allclose(model.encode(texts), np.nan_to_num(expected), atol=4e-3)


@given(READABLE)
@example("a\x1cb\x85c\u2028d\u3000e\u00a0f\u200bg")
@example("don’t l’UE “CEMR’s” N°1 ½ ﬁ Å ẞ İ ǅ")
@example("\u0301 e\u0301 \u00ad a\u00adb")
def test_subwords_are_those_of_the_tokenizer_on_the_whole_text(
    model: StaticModel, tokenizer: Tokenizer, text: str
) -> None:
    assert model.tokens(text).tolist() == tokenizer.encode(text, add_special_tokens=False).ids


def test_subwords_of_real_texts_are_those_of_the_tokenizer(model: StaticModel, tokenizer: Tokenizer) -> None:
    for file in sorted(Settings().corpus_dir.rglob("*.md")):
        text = file.read_text("utf-8")
        assert model.tokens(text).tolist() == tokenizer.encode(text, add_special_tokens=False).ids


@given(st.lists(ANYTHING, max_size=5))
@example(["", " ", "\ud800", "\x00", "🙂", "漢字", "\u200b"])
def test_vectors_are_finite_and_of_length_one_or_zero(model: StaticModel, texts: list[str]) -> None:
    vectors = model.encode(texts)
    assert vectors.shape == (len(texts), model.dim)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert (np.isclose(lengths, 1.0, atol=1e-5) | (lengths == 0.0)).all()


@pytest.mark.parametrize("text", ["", "  \n ", "\ud800", "\u200b"])
def test_a_text_that_says_nothing_is_the_zero_vector(model: StaticModel, text: str) -> None:
    assert_array_equal(model.encode([text]), np.zeros((1, model.dim), dtype=np.float32))
    assert model.tokens(text).shape == (0,)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("kunta " * 170_000, id="words"),
        pytest.param("a" * 1_000_000, id="one word", marks=pytest.mark.slow),
        pytest.param("漢字" * 170_000, id="no spaces"),
        pytest.param("🙂" * 250_000, id="emoji", marks=pytest.mark.slow),
        pytest.param("-" * 1_000_000, id="dashes", marks=pytest.mark.slow),
        pytest.param("1.000," * 170_000, id="numbers", marks=pytest.mark.slow),
    ],
)
def test_a_megabyte_is_read_soon(model: StaticModel, text: str) -> None:
    started = time.perf_counter()
    (vector,) = model.encode([text])
    assert time.perf_counter() - started < 8.0
    assert np.isfinite(vector).all()


@given(READABLE, READABLE)
def test_a_text_has_one_vector_in_any_company(model: StaticModel, text: str, other: str) -> None:
    assert_array_equal(model.encode([other, text])[1], model.encode([text])[0])


def test_no_texts_give_no_vectors(model: StaticModel) -> None:
    assert model.encode([]).shape == (0, model.dim)


def test_norms_and_unit_vectors_of_subwords(model: StaticModel) -> None:
    assert_allclose(model.unit_token_vectors * model.token_norms[:, None], model.token_vectors, atol=1e-5)
    lengths = np.linalg.norm(model.unit_token_vectors, axis=1)
    assert (np.isclose(lengths, 1.0, atol=1e-4) | (model.token_norms == 0.0)).all()


def test_the_model_is_small_and_half_precision() -> None:
    file = EMBEDDED_MODEL_DIR / "model.safetensors"
    assert file.stat().st_size < 60_000_000
    assert load_file(file)["embedding.weight"].dtype == np.float16


def test_the_setting_names_the_embedded_model(model: StaticModel) -> None:
    assert load_encoder(Settings(), model) is model


def test_a_copy_of_the_model_has_the_same_fingerprint_and_a_changed_one_has_not(
    model: StaticModel, copied_model: Path
) -> None:
    settings = replace(Settings(), model=str(copied_model))
    copy = load_encoder(settings, model)
    assert copy is not model
    assert copy.fingerprint == model.fingerprint
    assert_array_equal(copy.encode(TEXTS), model.encode(TEXTS))
    weights = load_file(copied_model / "model.safetensors")["embedding.weight"].copy()
    weights[100] += 1
    (copied_model / "model.safetensors").unlink()
    save_file({"embedding.weight": weights}, copied_model / "model.safetensors")
    assert load_encoder(settings, model).fingerprint != model.fingerprint


def test_another_model_comes_through_sentence_transformers(
    model: StaticModel, copied_model: Path, offline_variable: None
) -> None:
    """Not a static model by its modules.json, so it is loaded as any model would be."""
    modules = json.loads((copied_model / "modules.json").read_text("utf-8"))
    modules[0]["type"] = "sentence_transformers.models.StaticEmbedding"
    encoder = SentenceTransformerEncoder(str(copied_model), allow_download=False)
    assert encoder.dim == model.dim
    assert encoder.fingerprint != model.fingerprint
    assert_allclose(encoder.encode(TEXTS), model.encode(TEXTS), atol=4e-3)
    assert encoder.encode([]).shape == (0, model.dim)


def test_a_model_that_is_not_there_says_what_to_do(model: StaticModel, offline_variable: None) -> None:
    settings = replace(Settings(), model="nobody/no-such-model")
    with pytest.raises(ModelError, match=r"model='nobody/no-such-model' can't be loaded .*set allow_download=true"):
        load_encoder(settings, model)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("model.safetensors", b"", "the embedding model can't be read"),
        ("model.safetensors", b"\x00" * 1_000, "the embedding model can't be read"),
        ("tokenizer.json", b"", r"tokenizer\.json can't be read"),
        ("tokenizer.json", b"{}", r"tokenizer\.json can't be read"),
    ],
)
def test_a_damaged_model_is_named(copied_model: Path, name: str, data: bytes, message: str) -> None:
    rewrite(copied_model / name, data)
    with pytest.raises(ModelError, match=rf"model: {message} .*reinstall Kysy"):
        StaticModel.from_folder(copied_model)


def test_a_truncated_model_is_named(copied_model: Path) -> None:
    rewrite(copied_model / "model.safetensors", (EMBEDDED_MODEL_DIR / "model.safetensors").read_bytes()[:1_000_000])
    with pytest.raises(ModelError, match="the embedding model can't be read"):
        StaticModel.from_folder(copied_model)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_missing_file_of_the_model_is_a_fault(copied_model: Path, name: str) -> None:
    (copied_model / name).unlink()
    with pytest.raises(ModelError, match="can't be read"):
        StaticModel.from_folder(copied_model)


def test_weights_of_another_kind_are_refused(copied_model: Path) -> None:
    (copied_model / "model.safetensors").unlink()
    save_file({"other.weight": np.zeros((2, 2), dtype=np.float16)}, copied_model / "model.safetensors")
    with pytest.raises(ModelError, match=r"holds no embedding\.weight: it is no StaticEmbedding model"):
        StaticModel.from_folder(copied_model)
