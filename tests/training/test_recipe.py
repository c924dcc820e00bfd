"""The whole recipe on made-up rows: it runs, it learns, it can be loaded, and a seed gives one result."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("sentence_transformers")

from sentence_transformers import SentenceTransformer

from training.__main__ import main
from training.data import LANGUAGES
from training.evaluate import StaticModel

Row = dict[str, Any]
N_CONCEPTS = 40


def word(language: str, concept: int) -> str:
    """Return a made-up word: each language spells the same concept its own way."""
    syllables = random.Random(f"{language} {concept}").choices(["ka", "lo", "mi", "ne", "su", "ty", "ve", "ra"], k=4)
    return "".join(syllables) + language


def sentence(language: str, concepts: list[int], end: str = ".") -> str:
    return " ".join(word(language, concept) for concept in concepts) + end


def concepts(seed: str, n: int = 4) -> list[int]:
    return random.Random(seed).sample(range(N_CONCEPTS), n)


def write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def parallel(seed: str, languages: tuple[str, ...] = LANGUAGES, end: str = ".") -> Row:
    return {code: sentence(code, concepts(seed), end) for code in languages}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all files that the recipe reads, a few dozen rows each."""
    folder = tmp_path_factory.mktemp("data")
    train, dev = folder / "train", folder / "dev"
    write(train / "localisation.jsonl.gz", [
        parallel(f"l{i}") | {"src": "OP-TED/eForms-SDK" if i % 2 else "KDE/kate"} for i in range(80)
    ] + [{"en": word("en", i), "fi": word("fi", i), "src": "KDE/kate"} for i in range(N_CONCEPTS)])  # fmt: skip
    write(train / "dictionaries.jsonl.gz", [
        {code: [word(code, i)] for code in LANGUAGES} | {"src": "yso-concepts" if i % 2 else "omw-concepts"}
        for i in range(N_CONCEPTS)
    ])  # fmt: skip
    write(train / "sentences.jsonl.gz", [parallel(f"s{i}") | {"src": "udhr"} for i in range(80)] + [
        {"lang": "fi", "text": sentence("fi", concepts(f"p{i}")), "text2": sentence("fi", concepts(f"p{i}")[::-1]),
         "label": "4>", "src": "turku-paraphrase"} for i in range(10)
    ])  # fmt: skip
    passages = [{"id": f"squad2-0-{i}", **parallel(f"c{i}", ("fi", "en"))} for i in range(20)]
    write(train / "squad-passages-fi-en.jsonl.gz", passages)
    write(train / "squad-questions-fi-en.jsonl.gz", [
        {"id": f"{row['id']}-0", **parallel(f"c{i}", ("fi", "en"), "?")} for i, row in enumerate(passages)
    ])  # fmt: skip
    write(train / "questions-passages.jsonl.gz", [
        {"lang": "sv", "question": sentence("sv", concepts(f"q{i}")[:2], "?"),
         "passage": sentence("sv", concepts(f"q{i}")), "src": "swequad-mc"}
        for i in range(20)
    ])  # fmt: skip
    write(dev / "flores200-devtest.jsonl.gz", [parallel(f"d{i}") for i in range(20)])
    write(dev / "questions-parallel-multiq.jsonl.gz", [parallel(f"m{i}", end="?") for i in range(10)])
    write(dev / "squad2-passages-fi-sv.jsonl.gz", [
        {"id": str(i), **parallel(f"e{i}", ("fi", "sv"))} for i in range(20)
    ])  # fmt: skip
    write(dev / "squad2-questions-fi-sv.jsonl.gz", [
        {"id": f"q{i}", "para": str(i), "is_impossible": False, **parallel(f"e{i}", ("fi", "sv"), "?")}
        for i in range(20)
    ])  # fmt: skip
    return folder


def run(data: Path, folder: Path, *more: str) -> Path:
    """Run the recipe and return the model folder."""
    options = ["--steps", "200", "--batch", "256", "--dim", "32", "--vocabulary", "700", "--threads", "1"]
    main(["--data", str(data), "--work", str(folder / "work"), "--out", str(folder / "model"), *options, *more])
    return folder / "model"


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(data, tmp_path_factory.mktemp("first"))


def test_translations_find_each_other(model: Path) -> None:
    figures = json.loads((model.parent / "work" / "figures.json").read_text(encoding="utf-8"))
    assert figures["bitext accuracy, FLORES-200"]["fi→en"] > 0.8
    assert figures["nDCG@10, SQuAD 2"]["fi→sv"]["mean + late"] > 0.8
    assert figures["language of a question, MultiQ"]["macro"] > 0.9


def test_loads_with_sentence_transformers(model: Path) -> None:
    texts = [sentence("fi", concepts("x")), sentence("sv", concepts("x")), "", "\N{GRINNING FACE}"]
    theirs = SentenceTransformer(str(model), device="cpu").float().encode(texts)
    ours = StaticModel.load(model).encode(texts)
    np.testing.assert_allclose(theirs, ours, atol=1e-3)
    assert not theirs[2].any(), "an empty text is the zero vector"


def test_language_table_is_plain(model: Path) -> None:
    with np.load(model / "languages.npz", allow_pickle=False) as table:
        assert tuple(table["languages"]) == LANGUAGES
        assert table["log_probability"].dtype == np.float16
        assert np.isfinite(table["log_probability"]).all()


def test_seed_decides(data: Path, model: Path, tmp_path: Path) -> None:
    """The library that learns the vocabulary adds up in random order, so a repetition starts from the vocabulary."""
    again = run(data, tmp_path, "--tokenizer", str(model / "tokenizer.json"))
    assert_array_equal(StaticModel.load(again).vectors, StaticModel.load(model).vectors)


def test_finished_steps_are_passed_over(data: Path, model: Path) -> None:
    before = (model.parent / "work" / "subwords.npz").stat().st_mtime_ns
    run(data, model.parent)
    assert (model.parent / "work" / "subwords.npz").stat().st_mtime_ns == before


def test_unknown_step_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["trian", "--data", str(data)])
    assert "no step is called trian" in capsys.readouterr().err
