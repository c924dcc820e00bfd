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
MARKS = st.text("aZéŁİı0９²½!'’`´“„«-–…§¼ﬁ\u0301\u00ad\u00a0\u200b \n", max_size=40)  # where a word may be cut, or not
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
BAD_TEXTS = {
    "nothing": "",
    "spaces": " \t\n\u00a0\u3000",
    "emoji": "🙂👩\u200d👩\u200d👧🇫🇮",
    "Arabic": "بلدية",
    "Thai": "เทศบาลนครเชียงใหม่",
    "Chinese": "城市联合组织",
    "a lone surrogate": "kun\ud800ta \udfff",
    "NUL": "a\x00b \x00",
    "control characters": "\x01\x02\x7f\x1b[0m\x9f",
    "a very long word": "Donaudampfschiff" * 100,
    "a very long word of another script": "漢a" * 1_000,
    "marks without a letter": "\u0301" * 50,
    "no characters": "\ufffe\uffff\U0010ffff",
}


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


def plain_mean(model: StaticModel, tokenizer: Tokenizer, text: str) -> list[float]:
    """The unit vector of the mean of the vectors of the subwords that the tokenizer finds in the whole text."""
    readable = "".join(character for character in text if not "\ud800" <= character <= "\udfff")
    ids = tokenizer.encode(readable, add_special_tokens=False).ids
    if not ids:
        return [0.0] * model.dim
    mean = model.token_vectors[ids].astype(np.float64).mean(axis=0)
    length = float(np.sqrt((mean**2).sum()))
    return [float(value) / length if length else 0.0 for value in mean]


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


@given(READABLE | MARKS)
@example("a\x1cb\x85c\u2028d\u3000e\u00a0f\u200bg")
@example("don’t l’UE “CEMR’s” N°1 ½ ﬁ Å ẞ İ ǅ")
@example("\u0301 e\u0301 \u00ad a\u00adb")
def test_subwords_are_those_of_the_tokenizer_on_the_whole_text(
    model: StaticModel, tokenizer: Tokenizer, text: str
) -> None:
    assert model.tokens(text).tolist() == tokenizer.encode(text, add_special_tokens=False).ids


def test_every_character_is_cut_as_the_tokenizer_cuts_it(model: StaticModel, tokenizer: Tokenizer) -> None:
    """Up to the mathematical signs: alone, between letters, between digits, after a capital, twice."""
    for character in map(chr, range(0x2300)):
        text = f"{character} a{character}a 1{character}1 É{character}, {character}{character}"
        assert model.tokens(text).tolist() == tokenizer.encode(text, add_special_tokens=False).ids, hex(ord(character))


@given(st.text("abc,-1 É’漢", min_size=150, max_size=500))
def test_long_words_are_cut_anew_only_after_200_characters(model: StaticModel, tokenizer: Tokenizer, text: str) -> None:
    words = [word for word in text.split() if len(word) <= 200]
    expected = tokenizer.encode(" ".join(words), add_special_tokens=False).ids
    assert model.tokens(" ".join(words)).tolist() == expected


def test_an_address_of_more_than_200_characters_is_cut_where_the_tokenizer_does(
    model: StaticModel, tokenizer: Tokenizer
) -> None:
    address = "https://www.kuntaliitto.fi/" + "/ystävyyskunnat-2024" * 30
    assert model.tokens(address).tolist() == tokenizer.encode(address, add_special_tokens=False).ids


@given(st.lists(st.text("abcÉ,1 ", max_size=30), max_size=10), st.integers(1, 5))
def test_a_full_cache_changes_nothing(
    model: StaticModel, tokenizer: Tokenizer, texts: list[str], max_cached_words: int
) -> None:
    forgetful = StaticModel(model.token_vectors, tokenizer, model.fingerprint, max_cached_words)
    for text in texts:
        assert forgetful.tokens(text).tolist() == tokenizer.encode(text, add_special_tokens=False).ids
        assert len(forgetful._cache) <= max_cached_words


def test_subwords_of_real_texts_are_those_of_the_tokenizer(model: StaticModel, tokenizer: Tokenizer) -> None:
    for file in sorted(Settings().corpus_dir.rglob("*.md")):
        text = file.read_text("utf-8")
        assert model.tokens(text).tolist() == tokenizer.encode(text, add_special_tokens=False).ids


@given(st.lists(ANYTHING | MARKS, max_size=5))
@example(TEXTS)
@example(["kunta " * 2_000, "漢字 " * 513, ""])
def test_vectors_are_plain_means_over_the_whole_text(
    model: StaticModel, tokenizer: Tokenizer, texts: list[str]
) -> None:
    expected = [plain_mean(model, tokenizer, text) for text in texts]
    assert_allclose(model.encode(texts), np.reshape(expected, (len(texts), model.dim)), atol=1e-5)


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


@pytest.mark.parametrize("bad", BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_a_bad_text_has_a_vector_and_leaves_the_others_alone(model: StaticModel, bad: str) -> None:
    alone = model.encode(TEXTS)
    together = model.encode([bad, *TEXTS, bad])
    assert_array_equal(together[1:-1], alone)
    assert_array_equal(together[0], together[-1])
    assert np.linalg.norm(together[0]) == pytest.approx(1.0 if len(model.tokens(bad)) else 0.0, abs=1e-5)
    assert model.tokens(bad).dtype == np.int32


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("kunta " * 170_000, id="words"),
        pytest.param(" ".join(map(str, range(150_000))), id="different words", marks=pytest.mark.slow),
        pytest.param("a" * 1_000_000, id="one word", marks=pytest.mark.slow),
        pytest.param("漢字" * 170_000, id="no spaces"),
        pytest.param("🙂" * 250_000, id="emoji", marks=pytest.mark.slow),
        pytest.param("-" * 1_000_000, id="dashes", marks=pytest.mark.slow),
        pytest.param("1.000," * 170_000, id="numbers", marks=pytest.mark.slow),
        pytest.param("\x00" * 1_000_000, id="NUL", marks=pytest.mark.slow),
        pytest.param("\ud800" * 1_000_000, id="surrogates", marks=pytest.mark.slow),
        pytest.param("e\u0301" * 330_000, id="combining marks", marks=pytest.mark.slow),
    ],
)
def test_a_megabyte_is_read_soon(model: StaticModel, text: str) -> None:
    started = time.perf_counter()
    (vector,) = model.encode([text])
    assert time.perf_counter() - started < 8.0
    assert np.isfinite(vector).all()


@given(ANYTHING, ANYTHING)
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


def test_sentence_transformers_takes_bad_texts_too(copied_model: Path, offline_variable: None) -> None:
    encoder = SentenceTransformerEncoder(str(copied_model), allow_download=False)
    good = encoder.encode(TEXTS)
    together = encoder.encode([*BAD_TEXTS.values(), *TEXTS])
    assert np.isfinite(together).all()
    assert_allclose(together[-len(TEXTS) :], good, atol=4e-3)


def test_a_static_model_that_cuts_texts_otherwise_comes_through_sentence_transformers(
    model: StaticModel, copied_model: Path, offline_variable: None
) -> None:
    tokenizer = json.loads((copied_model / "tokenizer.json").read_text("utf-8"))
    tokenizer["normalizer"] = {"type": "NFC"}  # capitals stay
    rewrite(copied_model / "tokenizer.json", json.dumps(tokenizer).encode())
    encoder = load_encoder(replace(Settings(), model=str(copied_model)), model)
    assert isinstance(encoder, SentenceTransformerEncoder)
    capital, small = encoder.encode(["Helsinki", "helsinki"])
    assert not np.allclose(capital, small, atol=0.1)


def test_a_model_that_is_not_there_says_what_to_do(model: StaticModel, offline_variable: None) -> None:
    settings = replace(Settings(), model="nobody/no-such-model")
    with pytest.raises(ModelError, match=r"model='nobody/no-such-model' can't be loaded .*set allow_download=true$"):
        load_encoder(settings, model)


def test_a_hub_that_does_not_answer_is_not_asked_again(
    model: StaticModel, offline_variable: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")  # nothing listens there
    settings = replace(Settings(), model="nobody/no-such-model", allow_download=True)
    started = time.perf_counter()
    with pytest.raises(ModelError, match=r"model='nobody/no-such-model' .*the model hub doesn't answer: check the net"):
        load_encoder(settings, model)
    assert time.perf_counter() - started < 45.0  # most of it is the import of torch


@pytest.mark.parametrize("name", ["{}/not-there", "./not-there", "models/of/mine", "{}/file", "no such\x00name"])
def test_a_folder_that_does_not_exist_is_told_at_once(model: StaticModel, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    settings = replace(Settings(), model=name.format(tmp_path), allow_download=True)
    with pytest.raises(ModelError, match=r"^setting model='.*': there is no such folder, and no model .* like that$"):
        load_encoder(settings, model)


def test_an_empty_folder_is_told_at_once(model: StaticModel, tmp_path: Path) -> None:
    settings = replace(Settings(), model=str(tmp_path))
    with pytest.raises(ModelError, match=r"is a folder without a model: expected modules\.json or config\.json in it$"):
        load_encoder(settings, model)


def test_a_folder_of_another_kind_with_broken_weights_is_named(
    model: StaticModel, tmp_path: Path, offline_variable: None
) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"\x00" * 1_000)
    settings = replace(Settings(), model=str(tmp_path), allow_download=True)
    with pytest.raises(
        ModelError, match=r"^setting model='.*' can't be loaded \(.*\); restore the folder's files or nam"
    ):
        load_encoder(settings, model)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("model.safetensors", b"", ""),
        ("model.safetensors", b"\x00" * 1_000, ""),
        ("tokenizer.json", b"", r"tokenizer\.json: "),
        ("tokenizer.json", b"{}", r"tokenizer\.json: "),
    ],
)
def test_a_damaged_model_is_named(model: StaticModel, copied_model: Path, name: str, data: bytes, reason: str) -> None:
    rewrite(copied_model / name, data)
    message = rf"^\S+model: the embedding model can't be read \({reason}[^\n]+\); restore .* with the setting model$"
    with pytest.raises(ModelError, match=message):
        load_encoder(replace(Settings(), model=str(copied_model)), model)


def test_a_truncated_model_is_named(model: StaticModel, copied_model: Path) -> None:
    rewrite(copied_model / "model.safetensors", (EMBEDDED_MODEL_DIR / "model.safetensors").read_bytes()[:1_000_000])
    with pytest.raises(ModelError, match=r"the embedding model can't be read \(.*\); restore .* the setting model$"):
        load_encoder(replace(Settings(), model=str(copied_model)), model)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_missing_file_of_the_model_is_a_fault(copied_model: Path, name: str) -> None:
    (copied_model / name).unlink()
    with pytest.raises(ModelError, match="can't be read"):
        StaticModel.from_folder(copied_model)


@pytest.mark.parametrize(
    ("key", "shape", "message"),
    [
        ("other.weight", (2, 2), r"holds no table embedding\.weight: it is no StaticEmbedding model"),
        ("embedding.weight", (8,), r"holds no table embedding\.weight"),
        ("embedding.weight", (2, 2), r"2 vectors for \d+ subwords: its files don't belong together"),
    ],
)
def test_weights_of_another_kind_are_refused(
    copied_model: Path, key: str, shape: tuple[int, ...], message: str
) -> None:
    (copied_model / "model.safetensors").unlink()
    save_file({key: np.zeros(shape, dtype=np.float16)}, copied_model / "model.safetensors")
    with pytest.raises(ModelError, match=message):
        StaticModel.from_folder(copied_model)
