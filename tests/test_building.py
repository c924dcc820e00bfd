"""Building by changes: whatever was done to a corpus, its index is the one that a single build makes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa import building
from qa.assistant import Assistant
from qa.building import BuildReport, build
from qa.cli import main
from qa.errors import CorpusError
from qa.ingest.corpus import read_files
from qa.ingest.files import Remark, Skipped
from qa.ingest.fingerprints import fingerprint
from qa.ingest.source import Limits
from qa.records import Document
from qa.search import lexicon, vectors
from qa.search.generations import current
from qa.settings import PROJECT_DIR, Settings
from tests.conftest import SmallCorpus
from tests.ingest.office import docx_of, with_member

TEXTS = {
    "en": "CEMR was founded in {n}. It has {n} members in Europe. Its congress meets in Nicosia.",
    "fi": "Kuntaliitto perustettiin {n}. Kuntia on {n}.",
    "sv": "Kommunerna är {n}. De samarbetar i Norden.",
}
CONTACT = "---\ncontacts:\n  - name: Ada Berg\n    email: ada{n}@example.org\n---\n"
QUESTIONS = ("When was CEMR founded?", "Montako kuntaa on?", "Hur många kommuner?", "Who is Ada Berg?", "members 3")

# What a person may do: write a page (its language, number, suffix, and what it says), remove one, or only touch it.
PAGES = st.tuples(
    st.sampled_from(list(TEXTS)), st.integers(0, 5), st.sampled_from([".md", ".txt"]), st.integers(0, 4), st.booleans()
)
EDITS = st.lists(
    st.tuples(st.sampled_from(["write", "write", "remove", "touch", "break"]), PAGES), min_size=1, max_size=5
)


def edit(corpus: Path, what: str, page: tuple[str, int, str, int, bool]) -> None:
    language, number, suffix, content, has_contact = page
    file = corpus / language / f"page{number}{suffix}"
    if what == "remove":
        file.unlink(missing_ok=True)
    elif what == "touch" and file.exists():
        os.utime(file, ns=(1, 1))
    elif what == "break":
        file.write_text("---\nunknown: name\n---\n", "utf-8")
    elif what == "write":
        text = "\n\n".join(f"## Part {part}\n\n{TEXTS[language].format(n=content)}" for part in range(content + 1))
        file.write_text((CONTACT.format(n=content) if has_contact and suffix == ".md" else "") + text, "utf-8")


def told(settings: Settings) -> list[Any]:
    """All that is answered to some questions, but for how long it took."""
    assistant = Assistant.load(replace(settings, min_confidence=0.0))
    answers = [assistant.ask(question).to_json() for question in QUESTIONS]
    return [{key: value for key, value in answer.items() if key != "timings_ms"} for answer in answers]


def contents(settings: Settings) -> dict[str, bytes]:
    """The files of a generation that hold what it was made of, all but tantivy's own."""
    folder = current(settings.index_dir).folder
    names = [*folder.glob("*.jsonl"), *folder.glob("*.npy"), *folder.glob("tokens/*")]
    return {file.name: file.read_bytes() for file in names if file.stem not in ("files", "lexicon")}


@pytest.mark.parametrize("is_large", [False, True], ids=["small", "large"])
@given(st.lists(EDITS, min_size=1, max_size=4))
@examples(max_examples=6)
def test_an_index_that_was_changed_is_that_of_a_single_build(
    tmp_path: Path, is_large: bool, edits: list[list[tuple[str, tuple[str, int, str, int, bool]]]]
) -> None:
    """The same bytes, and the same answers with the same scores; large ones are built as if small were large."""
    folder = tmp_path / "work"
    shutil.rmtree(folder, ignore_errors=True)
    settings = replace(Settings(), corpus_dir=folder / "corpus", index_dir=folder / "index")
    for language in TEXTS:
        (settings.corpus_dir / language).mkdir(parents=True)
    edit(settings.corpus_dir, "write", ("en", 9, ".md", 3, True))
    fresh = replace(settings, index_dir=folder / "fresh")
    with pytest.MonkeyPatch.context() as patch:
        if is_large:  # codes of so few vectors can't be learned; those have tests of their own
            patch.setattr(lexicon, "WRITTEN_ANEW_UP_TO", 0)
            patch.setattr(lexicon, "MOST_GONE", 1.0)
        build(settings)
        for some in edits:
            for what, page in some:
                edit(settings.corpus_dir, what, page)
            build(settings)
    build(fresh)
    assert contents(settings) == contents(fresh)
    if not is_large:  # BM25's statistics lag behind in a large one
        assert told(settings) == told(fresh)


def test_many_vectors_are_found_by_their_codes_after_changes(tmp_path: Path) -> None:
    """Rows are taken out, moved and put in; what is found is nearly what comparing all finds, as the facts say."""
    chance = np.random.default_rng(3)
    n, dim = vectors.EXACT_UP_TO + 2_000, 32

    def unit_rows(count: int) -> Any:
        rows = chance.standard_normal((count, dim)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def write(name: str, rows: Any, origin: Any, *before: Any) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        np.save(folder / "vectors.npy", rows)
        facts = vectors.write_codes(folder, origin, *(before or (None, None)), unit_rows)
        return vectors.VectorIndex.read(folder, facts), facts

    rows = unit_rows(n)
    first, facts = write("1", rows, np.full(n, -1))
    assert facts.recall >= vectors.SAME_AS_EXACT
    origin = np.concatenate([np.arange(500, n), np.full(400, -1), np.arange(100)])
    changed = np.where(origin[:, None] >= 0, rows[origin], unit_rows(len(origin)))
    second, after = write("2", changed, origin, first, facts)
    assert (after.made_of, after.changed) == (n, 800)
    kept = origin >= 0
    np.testing.assert_array_equal(second.codes[kept], first.codes[origin[kept]])
    found, expected = 0, 0
    for question in unit_rows(50):
        best = np.argsort(-(changed @ question), kind="stable")[:100]
        got, scores = second.nearest(question, 100)
        assert scores == sorted(scores, reverse=True)
        np.testing.assert_allclose(scores, changed[got] @ question, atol=1e-6)
        found, expected = found + len(set(got) & set(best.tolist())), expected + 100
    assert found / expected >= vectors.SAME_AS_EXACT - 0.01
    assert facts.after(vectors.EXACT_UP_TO) is None


# --- What is done again -------------------------------------------------------------------------------------

FILES = {"en/cemr.md": "# CEMR\n\nCEMR was founded in 1951.\n", "fi/uclg.txt": "UCLG edustaa kaupunkeja."}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read as documents since it was cleared."""
    names: list[str] = []
    read_files: Callable[..., Iterator[Any]] = building.read_files

    def noted(files: Iterator[Path], *others: Any) -> Iterator[Any]:
        def each() -> Iterator[Path]:
            for file in files:
                names.append(file.name)
                yield file

        yield from read_files(each(), *others)

    monkeypatch.setattr(building, "read_files", noted)
    return names


def changes(report: BuildReport) -> tuple[tuple[str, ...], ...]:
    return report.added, report.changed, report.removed


def test_only_what_has_changed_is_read_again(small_corpus: SmallCorpus, read: list[str]) -> None:
    settings = small_corpus(FILES)
    assert changes(build(settings)) == (("en/cemr", "fi/uclg"), (), ())
    read.clear()
    assert (build(settings).generation, read) == ("000001", [])
    small_corpus({"en/cemr.md": "# CEMR\n\nCEMR was founded in 1952.\n", "sv/ny.txt": "Kommuner."})
    report = build(settings)
    assert (report.generation, changes(report)) == ("000002", (("sv/ny",), ("en/cemr",), ()))
    assert (read, report.renewed) == (["cemr.md", "ny.txt"], ())
    assert "1952" in Assistant.load(settings).ask("When was CEMR founded?").answer


def test_a_removed_document_is_gone(small_corpus: SmallCorpus, read: list[str]) -> None:
    settings = small_corpus(FILES)
    build(settings)
    read.clear()
    (settings.corpus_dir / "en" / "cemr.md").unlink()
    assert (changes(build(settings)), read) == (((), (), ("en/cemr",)), [])
    assistant = Assistant.load(settings)
    assert [document.path for document in assistant.documents] == ["fi/uclg"]
    assert assistant.ask("When was CEMR founded?").status == "not_found"


def test_a_file_that_only_looks_new_is_not_read(small_corpus: SmallCorpus, read: list[str]) -> None:
    settings = small_corpus(FILES)
    build(settings)
    read.clear()
    for file in settings.corpus_dir.rglob("*.*"):
        os.utime(file, ns=(0, 0))
    assert (build(settings).generation, read) == ("000001", [])


def test_what_is_fetched_with_a_file_counts_as_its_content(small_corpus: SmallCorpus, read: list[str]) -> None:
    settings = small_corpus(FILES)
    build(settings)
    read.clear()
    small_corpus({"en/cemr.md.meta.json": json.dumps({"url": "https://example.org/cemr"})})
    assert (changes(build(settings)), read) == (((), ("en/cemr",), ()), ["cemr.md"])


def test_a_file_that_reads_as_before_is_copied(small_corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment in the front matter is no change of the document: nothing is cut or embedded."""
    settings = small_corpus({"en/cemr.md": "---\ntitle: CEMR\n---\nFounded in 1951.\n"})
    build(settings)
    small_corpus({"en/cemr.md": "---\n# checked\ntitle: CEMR\n---\nFounded in 1951.\n"})
    monkeypatch.setattr(building, "split_passages", None)
    assert changes(build(settings)) == ((), (), ())
    assert Assistant.load(settings).documents[0].title == "CEMR"


def test_a_refused_file_is_told_each_time_but_tried_once(small_corpus: SmallCorpus, read: list[str]) -> None:
    settings = small_corpus({**FILES, "en/bad.md": "---\nunknown: name\n---\n"})
    first = build(settings).skipped
    read.clear()
    assert (build(settings).skipped, read) == (first, [])
    assert [file.path for file in first] == ["en/bad.md"]
    assert build(replace(settings, max_read_s=9.0)).skipped == first
    assert read == ["bad.md"]


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"max_passage_chars": 200}, "the setting max_passage_chars has changed"),
        ({"model": ""}, "the model has changed"),
        ({}, "this version of Kysy reads documents in another way"),
    ],
    ids=["max_passage_chars", "model", "readers"],
)
def test_what_makes_all_anew_is_told(
    small_corpus: SmallCorpus,
    read: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    setting: dict[str, Any],
    why: str,
) -> None:
    settings = small_corpus(FILES)
    build(settings)
    read.clear()
    if "model" in setting:
        shutil.copytree(PROJECT_DIR / "qa" / "model", tmp_path / "model")
        tokenizer = tmp_path / "model" / "tokenizer.json"
        tokenizer.write_text(tokenizer.read_text("utf-8") + "\n", "utf-8")
        setting = {"model": str(tmp_path / "model")}
    if not setting:
        monkeypatch.setattr(building, "readers_digest", lambda: "another")
    report = build(replace(settings, **setting))
    assert (report.renewed, changes(report)) == ((why,), ((), (), ()))
    assert read == ["cemr.md", "uclg.txt"]
    assert build(replace(settings, **setting)).renewed == ()


def test_another_glossary_is_taken_over_and_nothing_read(small_corpus: SmallCorpus, read: list[str]) -> None:
    settings = small_corpus(FILES)
    build(settings)
    read.clear()
    small_corpus({"glossary.csv": "concept,en,fi\ncemr,CEMR,Euroopan kuntien liitto\n"})
    report = build(settings)
    assert (report.generation, report.renewed, read) == ("000002", (), [])
    assert "Euroopan kuntien liitto" in str(current(settings.index_dir).manifest["glossary"])


def test_an_index_of_another_version_is_made_anew(small_corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = small_corpus(FILES)
    monkeypatch.setattr(building, "FORMAT", 2)
    build(settings)
    monkeypatch.undo()
    assert "the index was made by another version of Kysy" in build(settings).renewed
    assert "1951" in Assistant.load(settings).ask("When was CEMR founded?").answer


def test_a_damaged_index_is_not_copied_from(small_corpus: SmallCorpus) -> None:
    settings = small_corpus(FILES)
    build(settings)
    file = current(settings.index_dir).folder / "passages.jsonl"
    file.write_bytes(file.read_bytes().replace(b"1951", b"1999"))
    small_corpus({"sv/ny.txt": "Kommuner."})
    report = build(settings)
    assert (report.renewed, changes(report)) == (("the index was damaged",), (("sv/ny",), (), ()))
    assert "1951" in Assistant.load(settings).ask("When was CEMR founded?").answer


# --- What can't be read -------------------------------------------------------------------------------------


def test_what_is_still_refused_makes_no_new_generation(small_corpus: SmallCorpus) -> None:
    settings = replace(small_corpus({**FILES, "en/big.txt": "x" * 1_000_001}), max_file_mb=1)
    os.mkfifo(settings.corpus_dir / "en" / "pipe.txt")
    first = build(settings)
    assert [file.path for file in first.skipped] == ["en/big.txt", "en/pipe.txt"]
    assert replace(build(settings), seconds=0.0, added=()) == replace(first, seconds=0.0, added=())
    assert build(replace(settings, max_file_mb=2)).skipped[0].path == "en/pipe.txt"


@contextmanager
def away_while_read(corpus_dir: Path) -> Iterator[None]:
    """The corpus vanishes, as an unmounted disk does, between the finding of its files and their reading."""
    away = corpus_dir.with_name("away")

    def read(*arguments: Any) -> Iterator[Document | Skipped]:
        corpus_dir.rename(away)
        corpus_dir.mkdir()
        yield from read_files(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "read_files", read)
        yield
    corpus_dir.rmdir()
    away.rename(corpus_dir)


def test_a_file_that_was_away_while_it_was_read_is_tried_again(small_corpus: SmallCorpus) -> None:
    settings = small_corpus(FILES)
    with away_while_read(settings.corpus_dir):
        report = build(settings, allow_empty=True)
    assert (report.documents, [file.path for file in report.skipped]) == (0, ["en/cemr.md", "fi/uclg.txt"])
    report = build(settings)
    assert (report.added, report.skipped) == (("en/cemr", "fi/uclg"), ())


def test_documents_stay_that_are_away_while_they_are_read_again(small_corpus: SmallCorpus) -> None:
    settings = small_corpus(FILES)
    build(settings)
    small_corpus({name: content.replace("1951", "1952") for name, content in FILES.items()})
    with away_while_read(settings.corpus_dir):
        report = build(settings)
    assert (report.documents, report.skipped, changes(report)) == (2, (), ((), (), ()))
    assert "1951" in Assistant.load(settings).ask("When was CEMR founded?").answer
    assert changes(build(settings)) == ((), ("en/cemr",), ())
    assert "1952" in Assistant.load(settings).ask("When was CEMR founded?").answer


# --- Nothing is left ----------------------------------------------------------------------------------------


def test_an_empty_result_replaces_nothing_unless_that_is_allowed(small_corpus: SmallCorpus) -> None:
    settings = small_corpus(FILES)
    build(settings)
    for file in settings.corpus_dir.rglob("*.*"):
        file.write_text("", "utf-8")
    with pytest.raises(CorpusError, match=r"none of 2 files can be read; en/cemr\.md: holds no text"):
        build(settings)
    assert "1951" in Assistant.load(settings).ask("When was CEMR founded?").answer
    report = build(settings, allow_empty=True)
    assert (report.documents, report.passages, report.removed) == (0, 0, ("en/cemr", "fi/uclg"))
    assert Assistant.load(settings).ask("When was CEMR founded?").status == "not_found"
    small_corpus(FILES)
    assert build(settings).added == ("en/cemr", "fi/uclg")


# --- Fingerprints -------------------------------------------------------------------------------------------


def test_a_file_is_not_read_while_its_stamp_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, limits = tmp_path / "a.txt", Limits.of(Settings())
    file.write_text("one", "utf-8")
    new = fingerprint(tmp_path, "a.txt", None, limits)
    assert new.stamp == ""  # it may be written to again within the clock's tick
    monkeypatch.setattr("qa.ingest.fingerprints._TOO_NEW_NS", 0)
    first = fingerprint(tmp_path, "a.txt", new, limits)
    assert (first.is_same(new), bool(first.stamp)) == (True, True)
    monkeypatch.setattr("qa.ingest.fingerprints._digest", None)
    assert fingerprint(tmp_path, "a.txt", first, limits) is first


def test_another_text_of_the_same_size_and_time_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.ingest.fingerprints._TOO_NEW_NS", 0)
    file, limits = tmp_path / "a.txt", Limits.of(Settings())
    file.write_text("one", "utf-8")
    os.utime(file, ns=(5, 5))
    first = fingerprint(tmp_path, "a.txt", None, limits)
    file.write_text("two", "utf-8")
    os.utime(file, ns=(5, 5))
    assert not fingerprint(tmp_path, "a.txt", first, limits).is_same(first)


def test_what_is_refused_unread_is_told_by_why(tmp_path: Path) -> None:
    limits = replace(Limits.of(Settings()), max_file_mb=1)
    (tmp_path / "big.txt").write_bytes(b"x" * 1_000_001)
    os.mkfifo(tmp_path / "pipe.txt")
    digests = [fingerprint(tmp_path, name, None, limits).digest for name in ("big.txt", "pipe.txt", "absent.txt")]
    assert digests == ["1000001 bytes, more than 1 MB", "no ordinary file", "No such file or directory"]


@pytest.mark.timeout(20)
def test_a_sidecar_that_is_no_ordinary_file_is_none(tmp_path: Path) -> None:
    limits = Limits.of(Settings())
    (tmp_path / "a.txt").write_text("one", "utf-8")
    alone = fingerprint(tmp_path, "a.txt", None, limits)
    os.mkfifo(tmp_path / "a.txt.meta.json")
    assert fingerprint(tmp_path, "a.txt", None, limits).is_same(alone)


def test_a_document_by_path_is_the_one_in_order(assistant: Assistant) -> None:
    documents: list[Document] = list(assistant.documents)
    assert [assistant.by_path[document.path] for document in documents] == documents
    assert sum(assistant.languages.values()) == len(documents)
    assert assistant.documents[-1] == documents[-1]
    assert list(assistant.documents[:3]) == documents[:3]
    with pytest.raises(IndexError, match="row 1000 of"):
        assistant.documents[1000]


def test_what_was_left_out_of_a_file_is_said_by_each_build(
    small_corpus: SmallCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = with_member(docx_of([("paragraph", "CEMR was founded in 1951.")]), "word/vbaProject.bin", b"x")
    settings = small_corpus({"letter.docm": letter})
    remark = (Remark("letter.docm", "holds macros: they were left out"),)
    assert build(settings).remarks == remark
    small_corpus({"other.md": "More text."})
    assert build(settings).remarks == remark
    assert build(settings).remarks == remark
    arguments = ["build", "--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir)]
    assert main(arguments) == 0
    assert "letter.docm holds macros: they were left out\n" in capsys.readouterr().err
