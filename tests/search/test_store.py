"""The index on disk: what is read is what was written, what is damaged is named, what fails leaves the old one."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from qa.assistant import Assistant, build
from qa.errors import IndexDamaged, IndexFault, IndexMismatch, IndexMissing
from qa.records import Block, Contact, Document, Passage
from qa.search.embeddings import StaticModel, TokenIds, Vectors
from qa.search.store import FORMAT, Generation, build_lock, load_generation, read_manifest, write_generation
from qa.search.tokens import TokenTable
from qa.settings import PROJECT_DIR, Settings
from tests.conftest import SmallCorpus

RECORD_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MAYBE = st.none() | RECORD_TEXT
CONTACTS = st.builds(
    Contact, RECORD_TEXT, RECORD_TEXT, MAYBE, MAYBE, st.tuples() | st.tuples(RECORD_TEXT), MAYBE, MAYBE, MAYBE
)
BLOCKS = st.builds(Block, st.sampled_from(["heading", "item"]), st.integers(0, 9), st.integers(0, 9))
LANGUAGE = st.sampled_from(["en", "fi", "und", "is"])
DOCUMENTS = st.lists(
    st.builds(
        Document,
        *(RECORD_TEXT, RECORD_TEXT, RECORD_TEXT, LANGUAGE, RECORD_TEXT),
        st.lists(BLOCKS, max_size=2).map(tuple),
        st.lists(CONTACTS, max_size=2).map(tuple),
        *(MAYBE, MAYBE, MAYBE),
    ),
    min_size=1,
    max_size=4,
)
PASSAGES = st.lists(
    st.builds(
        Passage,
        *(RECORD_TEXT, st.integers(0, 9), st.integers(0, 9), RECORD_TEXT, RECORD_TEXT, LANGUAGE, RECORD_TEXT),
        st.lists(RECORD_TEXT, max_size=2).map(tuple),
        st.none() | st.integers(0, 3),
    ),
    min_size=1,
    max_size=6,
)


def unit_rows(n: int, seed: int = 0, dim: int = 24) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def passages_of(n: int) -> list[Passage]:
    return [Passage("d", 0, 4, f"text {row}", "title", "en", "d", sentences=((0, 4),)) for row in range(n)]


def tokens_of(passages: list[Passage]) -> TokenTable:
    """A table in which each passage has other subwords, some none."""
    return TokenTable.of(passages, CharacterCodes())


class CharacterCodes:
    """One subword a character."""

    def tokens(self, text: str) -> TokenIds:
        return np.array([ord(letter) for letter in text], np.int32)


def written(folder: Path, vectors: Vectors) -> Generation:
    """A generation of which only the vectors matter."""
    passages = passages_of(len(vectors))
    write_generation(folder, [], passages, vectors, tokens_of(passages), {"model": "m", "tokens": "t"})
    return load_generation(folder, "m", "t")


@examples(max_examples=10)
@given(DOCUMENTS, PASSAGES)
def test_what_is_loaded_is_what_was_written(tmp_path: Path, documents: list[Document], passages: list[Passage]) -> None:
    vectors = unit_rows(len(passages))
    tokens = tokens_of(passages)
    about = {"model": "m", "tokens": "t", "hashes": {"a": "b"}}
    name = write_generation(tmp_path, documents, passages, vectors, tokens, about)
    found = load_generation(tmp_path, "m", "t")
    assert found.name == name
    assert found.documents == tuple(documents)
    assert found.passages == tuple(passages)
    assert_array_equal(found.vectors_of(range(len(passages))), vectors)
    assert len(found.tokens) == len(passages)
    for name_of in ("ids", "starts", "first", "begins", "ends"):
        assert_array_equal(getattr(found.tokens, name_of), getattr(tokens, name_of))
    assert about.items() <= dict(found.manifest).items()


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
    generation = load_generation(built_index, model.fingerprint, model.fingerprint)
    texts = [f"{passage.context}. {passage.text}" for passage in generation.passages]
    vectors = model.encode(texts)
    assert_allclose(generation.vectors_of(range(len(texts))), vectors, atol=1e-6)
    for question in model.encode(["How many twin towns?", "Kuka on CEMRin presidentti?", "UCLG", "🙂"]):
        rows, scores = generation.nearest(question, 10)
        products = vectors @ question
        assert_allclose(scores, np.sort(products)[::-1][:10], atol=1e-5)
        assert_allclose(products[rows], scores, atol=1e-5)
    for row, (text, passage) in enumerate(zip(texts, generation.passages, strict=True)):
        assert generation.tokens.passage(row).tolist() == model.tokens(text).tolist()
        assert generation.tokens.context(row).tolist() == model.tokens(f"{passage.context}.").tolist()


# --- Damage -------------------------------------------------------------------------------------------------

FILES = {"en/cemr.md": "# CEMR\n\nCEMR was founded in 1951.\n", "fi/uclg.txt": "UCLG edustaa kaupunkeja."}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small index; tests take copies of it."""
    folder = tmp_path_factory.mktemp("pristine")
    for name, content in FILES.items():
        (folder / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "corpus" / name).write_text(content, "utf-8")
    settings = replace(Settings(), corpus_dir=folder / "corpus", index_dir=folder / "index")
    build(settings)
    return settings


@pytest.fixture
def copy(pristine: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(pristine.index_dir, tmp_path / "index")
    return replace(pristine, index_dir=tmp_path / "index")


def load(settings: Settings, model: StaticModel) -> Generation:
    return load_generation(settings.index_dir, model.fingerprint, model.fingerprint)


def folder_of(settings: Settings) -> Path:
    return settings.index_dir / "generations" / read_manifest(settings.index_dir)[0]


def names_of_files(settings: Settings) -> list[str]:
    return sorted(read_manifest(settings.index_dir)[1]["files"])


def test_every_file_of_a_generation_is_in_the_manifest(pristine: Settings) -> None:
    folder = folder_of(pristine)
    on_disk = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert set(names_of_files(pristine)) | {"manifest.json"} == on_disk
    assert {"documents.jsonl", "passages.jsonl", "vectors.faiss", "tokens.npz"} < on_disk


def test_a_flipped_byte_in_any_file_is_found(copy: Settings, model: StaticModel) -> None:
    for name in names_of_files(copy):
        file = folder_of(copy) / name
        intact = file.read_bytes()
        for position in {0, len(intact) // 2, len(intact) - 1} if intact else ():
            flipped = bytearray(intact)
            flipped[position] ^= 1
            file.write_bytes(flipped)
            with pytest.raises(IndexDamaged, match=rf"{file.name} was altered since it was built: run `qa build`"):
                load(copy, model)
        file.write_bytes(intact)
    assert len(load(copy, model).passages) == 2


def test_a_truncated_file_is_found(copy: Settings, model: StaticModel) -> None:
    for name in names_of_files(copy):
        file = folder_of(copy) / name
        intact = file.read_bytes()
        if intact:
            file.write_bytes(intact[:-1])
            with pytest.raises(IndexDamaged, match=rf"{file.name} was altered since it was built: run `qa build`"):
                load(copy, model)
            file.write_bytes(intact)


def test_a_missing_file_is_found(copy: Settings, model: StaticModel) -> None:
    for name in names_of_files(copy):
        file = folder_of(copy) / name
        intact = file.read_bytes()
        file.unlink()
        with pytest.raises(IndexDamaged, match=rf"{file.name} is missing: run `qa build` again"):
            load(copy, model)
        file.write_bytes(intact)


@pytest.mark.parametrize("manifest", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "files": []}', "null"])
def test_a_damaged_manifest_is_found_and_can_be_mended(copy: Settings, model: StaticModel, manifest: str) -> None:
    (folder_of(copy) / "manifest.json").write_text(manifest, "utf-8")
    with pytest.raises(IndexDamaged, match=r"manifest .*run `qa build` again"):
        load(copy, model)
    assert build(copy).generation == "000002"
    assert len(load(copy, model).passages) == 2


def test_a_flipped_byte_in_the_manifest_is_found(copy: Settings, model: StaticModel) -> None:
    file = folder_of(copy) / "manifest.json"
    intact = file.read_bytes()
    for position in range(0, len(intact), 37):
        flipped = bytearray(intact)
        flipped[position] ^= 1
        file.write_bytes(flipped)
        with pytest.raises(IndexDamaged, match="run `qa build` again"):
            load(copy, model)


@pytest.mark.parametrize("pointer", ["", "000009", "../..", "x" * 300, "\x00", "000001 0123"])
def test_a_pointer_that_leads_nowhere_is_found_and_can_be_mended(
    copy: Settings, model: StaticModel, pointer: str
) -> None:
    (copy.index_dir / "CURRENT").write_text(pointer, "utf-8")
    with pytest.raises(IndexDamaged, match="run `qa build` again"):
        load(copy, model)
    build(copy)
    assert len(load(copy, model).passages) == 2


def test_a_missing_pointer_means_that_there_is_no_index(copy: Settings, model: StaticModel) -> None:
    (copy.index_dir / "CURRENT").unlink()
    with pytest.raises(IndexMissing, match="holds no index: run `qa build` first"):
        load(copy, model)


@pytest.mark.parametrize("name", ["nowhere", "x" * 300, "file"])
def test_where_there_is_no_index(tmp_path: Path, model: StaticModel, name: str) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(IndexMissing, match="holds no index: run `qa build` first"):
        load_generation(tmp_path / name, model.fingerprint, model.fingerprint)


def test_an_index_of_another_model_is_refused(copy: Settings, model: StaticModel) -> None:
    with pytest.raises(IndexMismatch, match=f"built with the model {model.fingerprint}, in use is other: run `qa bu"):
        load_generation(copy.index_dir, "other", model.fingerprint)
    with pytest.raises(IndexMismatch, match=f"built with the model {model.fingerprint}, in use is other: run `qa bu"):
        load_generation(copy.index_dir, model.fingerprint, "other")


def test_an_index_of_another_format_is_refused(tmp_path: Path) -> None:
    """A later version of Kysy writes another number; everything else about the index is in order."""
    vectors = unit_rows(1)
    about = {"format": 99, "model": "m", "tokens": "t"}
    write_generation(tmp_path, [], passages_of(1), vectors, tokens_of(passages_of(1)), about)
    with pytest.raises(IndexMismatch, match=f"has format 99, this version reads {FORMAT}: run `qa build` again"):
        load_generation(tmp_path, "m", "t")


def test_damage_is_mended_by_building_again(copy: Settings, model: StaticModel) -> None:
    for position in (0, -1):
        (folder_of(copy) / names_of_files(copy)[position]).unlink()
        report = build(copy)
        assert (report.added, report.changed, report.removed) == ((), (), ())
        assert len(load(copy, model).passages) == 2


def test_another_user_may_read_the_index(pristine: Settings) -> None:
    umask = os.umask(0)
    os.umask(umask)
    readable = 0o444 & ~umask
    files = [file for file in pristine.index_dir.rglob("*") if file.is_file()]
    assert [file.name for file in files if file.stat().st_mode & readable != readable] == []


# --- Generations --------------------------------------------------------------------------------------------


def test_the_last_two_generations_are_kept(tmp_path: Path) -> None:
    for n in range(1, 6):
        written(tmp_path, unit_rows(n))
    kept = sorted(folder.name for folder in (tmp_path / "generations").iterdir())
    assert kept == ["000004", "000005"]
    assert read_manifest(tmp_path)[0] == "000005"


def test_a_generation_that_is_loaded_goes_on_answering_while_others_are_built(tmp_path: Path) -> None:
    vectors = unit_rows(5)
    loaded = written(tmp_path, vectors)
    for n in range(1, 5):
        written(tmp_path, unit_rows(n, seed=n))
    assert loaded.nearest(vectors[3], 1)[0] == [3]
    assert loaded.lexicon.search("text 3", 5)[0][0] == 3


def test_unfinished_generations_are_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "generations" / "000007").mkdir(parents=True)
    (tmp_path / "generations" / "000007" / "documents.jsonl").write_text("{}", "utf-8")
    assert written(tmp_path, unit_rows(1)).name == "000008"
    assert [folder.name for folder in (tmp_path / "generations").iterdir()] == ["000008"]


# --- Builds that fail ---------------------------------------------------------------------------------------


def answers_as_before(settings: Settings) -> bool:
    return "1951" in Assistant.load(settings).ask("When was CEMR founded?").answer


@contextmanager
def limit(kind: int, most: int) -> Iterator[None]:
    """The operating system refuses what goes beyond, as a full disk does."""
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def test_a_disk_error_at_any_file_leaves_the_old_index(tmp_path: Path, pristine: Settings) -> None:
    """The shipped corpus doesn't fit: each big file of its index in turn is one byte too long for the disk."""
    shutil.copytree(pristine.index_dir, tmp_path / "index")
    settings = replace(pristine, index_dir=tmp_path / "index")
    bigger = replace(settings, corpus_dir=Settings().corpus_dir)
    build(replace(bigger, index_dir=tmp_path / "unhindered"))
    files = read_manifest(tmp_path / "unhindered")[1]["files"]
    for name in ("documents.jsonl", "passages.jsonl", "vectors.faiss", "tokens.npz"):
        with (
            limit(resource.RLIMIT_FSIZE, files[name]["bytes"] - 1),
            pytest.raises(IndexFault, match=r"\A.*the index can't be written .*the one before stays in use\Z"),
        ):
            build(bigger)
    assert [folder.name for folder in (tmp_path / "index" / "generations").iterdir()] == ["000001"]
    assert answers_as_before(settings)
    assert build(bigger).documents > 80


def test_a_lexicon_that_cannot_be_written_leaves_the_old_index(small_corpus: SmallCorpus) -> None:
    """tantivy holds several files open at once; it isn't given enough."""
    settings = small_corpus(FILES)
    build(settings)
    small_corpus({"sv/new.txt": "Nya kommuner."})
    lowest_free = os.dup(0)
    os.close(lowest_free)
    with (
        limit(resource.RLIMIT_NOFILE, lowest_free + 2),
        pytest.raises(IndexFault, match=r"can't be written .*Too many"),
    ):
        build(settings)
    assert answers_as_before(settings)
    assert build(settings).added == ("sv/new",)
    assert answers_as_before(settings)


def test_an_index_folder_that_cannot_be_made(tmp_path: Path, pristine: Settings) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for index_dir in (tmp_path / "file", tmp_path / "file" / "index", tmp_path / ("x" * 300)):
        with pytest.raises(IndexFault, match=r"can't be written \(.*\): choose another folder \(--index\)"):
            build(replace(pristine, index_dir=index_dir))


BUILDER = """
import os, sys
from dataclasses import replace
from pathlib import Path
from qa.assistant import build
from qa.settings import Settings

for line in sys.stdin:
    child = os.fork()
    if not child:
        build(replace(Settings(), index_dir=Path(sys.argv[1])))
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.fixture
def builder(copy: Settings) -> Iterator[subprocess.Popen[str]]:
    """A process that forks one that builds the shipped corpus over the small index, for each line that it reads."""
    with subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(copy.index_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_DIR,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param(["documents.jsonl", "vectors.faiss", "lexicon"], id="some"),
        pytest.param(["passages.jsonl", "tokens.npz", "manifest.json"] * 5, id="many", marks=pytest.mark.slow),
    ],
)
def test_a_build_that_is_killed_leaves_the_old_index(
    copy: Settings, builder: subprocess.Popen[str], moments: list[str]
) -> None:
    assert builder.stdin
    assert builder.stdout
    killed_before_the_swap = 0
    for moment in moments:
        before = (copy.index_dir / "CURRENT").read_bytes()
        folder = copy.index_dir / "generations" / f"{_newest(copy) + 1:06d}"
        builder.stdin.write("build\n")
        builder.stdin.flush()
        child = int(builder.stdout.readline())
        deadline = time.monotonic() + 20
        while not (folder / moment).exists() and time.monotonic() < deadline:
            time.sleep(0.0002)
        os.kill(child, signal.SIGKILL)
        assert builder.stdout.readline() == "ended\n"
        killed_before_the_swap += (copy.index_dir / "CURRENT").read_bytes() == before
        assert answers_as_before(copy)
    assert killed_before_the_swap >= len(moments) / 2
    build(replace(copy, corpus_dir=Settings().corpus_dir))
    assert len(list((copy.index_dir / "generations").iterdir())) <= 2
    assert answers_as_before(copy)


def _newest(settings: Settings) -> int:
    return max(int(folder.name) for folder in (settings.index_dir / "generations").iterdir())


def test_of_two_builds_the_second_says_who_holds_the_index(copy: Settings) -> None:
    with (
        build_lock(copy.index_dir),
        pytest.raises(IndexFault, match=f"is being built by process {os.getpid()}: wait for it, then try again"),
    ):
        build(copy)
    assert build(copy).generation == "000001"
    assert answers_as_before(copy)


def test_the_manifest_tells_what_the_index_was_built_from(built_index: Path, model: StaticModel) -> None:
    manifest = read_manifest(built_index)[1]
    assert manifest["format"] == FORMAT
    assert manifest["model"] == manifest["tokens"] == model.fingerprint
    assert manifest["languages"] == ["da", "en", "fi", "nb", "sv"]
    assert manifest["documents"] == len(manifest["hashes"])
    assert json.loads(json.dumps(manifest)) == manifest
