"""The index folder: what is damaged is named, what fails leaves the old generation, nothing is half there."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qa.assistant import Assistant
from qa.building import build
from qa.errors import IndexDamaged, IndexFault, IndexMissing
from qa.search import lexicon
from qa.search.commit import new_generation
from qa.search.embeddings import StaticModel
from qa.search.generations import current, load_current, newest_intact
from qa.search.lock import build_lock
from qa.search.store import Generation, load_generation
from qa.settings import PROJECT_DIR, Settings
from tests.conftest import SmallCorpus

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


def loaded(settings: Settings, model: StaticModel) -> tuple[Generation, str | None]:
    """What answers, and what is wrong with what should."""
    return newest_intact(
        settings.index_dir, lambda stored: load_generation(stored, model.fingerprint, model.fingerprint)
    )


def load(settings: Settings, model: StaticModel) -> Generation:
    return loaded(settings, model)[0]


def folder_of(settings: Settings) -> Path:
    return current(settings.index_dir).folder


def names_of_files(settings: Settings) -> list[str]:
    return sorted(current(settings.index_dir).manifest["files"])


def test_every_file_of_a_generation_is_in_the_manifest(pristine: Settings) -> None:
    folder = folder_of(pristine)
    on_disk = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert set(names_of_files(pristine)) | {"manifest.json", "manifest.sha256"} == on_disk
    assert {"documents.jsonl", "passages.jsonl", "vectors.npy", "tokens/ids.npy"} < on_disk


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
    found, damage = loaded(copy, model)
    assert found.name == "000001"
    assert re.search(r": CURRENT and the manifest of '.*' don't agree: run `qa build` again; until then", damage or "")
    build(copy)
    assert loaded(copy, model)[1] is None


def test_without_a_pointer_the_newest_generation_answers(copy: Settings, model: StaticModel) -> None:
    (copy.index_dir / "CURRENT").unlink()
    found, damage = loaded(copy, model)
    assert (found.name, damage and damage.split(":")[0]) == ("000001", f"{copy.index_dir}/CURRENT is missing")
    build(copy)
    assert loaded(copy, model)[1] is None


@pytest.mark.parametrize("name", ["nowhere", "x" * 300, "file"])
def test_where_there_is_no_index(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(IndexMissing, match="holds no index: run `qa build` first"):
        load_current(tmp_path / name, lambda stored: stored)


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


def write(index_dir: Path, text: str = "") -> str:
    """A generation that holds one file; its name."""
    with new_generation(index_dir) as draft:
        (draft.folder / "text").write_text(text, "utf-8")
    return draft.folder.name


def write_half(index_dir: Path, fault: BaseException) -> None:
    with new_generation(index_dir) as draft:
        (draft.folder / "text").write_text("half", "utf-8")
        raise fault


def test_the_last_two_generations_are_kept(tmp_path: Path) -> None:
    for n in range(1, 6):
        assert write(tmp_path, f"text {n}") == f"{n:06d}"
    kept = sorted(folder.name for folder in (tmp_path / "generations").iterdir())
    assert kept == ["000004", "000005"]
    assert current(tmp_path).name == "000005"
    assert (tmp_path / "generations" / "000005" / "text").read_text("utf-8") == "text 5"


def test_the_manifest_lists_every_file_with_what_the_writer_says(tmp_path: Path) -> None:
    with new_generation(tmp_path) as draft:
        (draft.folder / "inner" / "most").mkdir(parents=True)
        (draft.folder / "inner" / "most" / "file").write_bytes(b"abc")
        draft.about["answer"] = [42, "vänort"]
    manifest = current(tmp_path).manifest
    assert manifest["answer"] == [42, "vänort"]
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", from FIPS 180-2
    assert manifest["files"] == {"inner/most/file": {"bytes": 3, "sha256": digest}}


@pytest.mark.parametrize("fault", [OSError("no space"), ValueError("odd"), KeyError("defect"), KeyboardInterrupt()])
def test_a_fault_while_writing_leaves_nothing_behind(tmp_path: Path, fault: BaseException) -> None:
    write(tmp_path)
    known = isinstance(fault, (OSError, ValueError))
    told = r"can't be written \(.*\); the one before stays in use" if known else r"\A('defect')?\Z"
    with pytest.raises(IndexFault if known else type(fault), match=told):
        write_half(tmp_path, fault)
    assert [folder.name for folder in (tmp_path / "generations").iterdir()] == ["000001"]
    assert current(tmp_path).name == "000001"


def test_unfinished_generations_are_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "generations" / "000007").mkdir(parents=True)
    (tmp_path / "generations" / "000007" / "text").write_text("half", "utf-8")
    assert write(tmp_path) == "000008"
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
    files = current(tmp_path / "unhindered").manifest["files"]
    for name in ("documents.jsonl", "passages.jsonl", "vectors.npy", "tokens/ids.npy"):
        with (
            limit(resource.RLIMIT_FSIZE, files[name]["bytes"] - 1),
            pytest.raises(IndexFault, match=r"\A.*the index can't be written .*the one before stays in use\Z"),
        ):
            build(bigger)
    assert [folder.name for folder in (tmp_path / "index" / "generations").iterdir()] == ["000001"]
    assert answers_as_before(settings)
    assert build(bigger).documents > 80


def test_a_lexicon_that_cannot_be_copied_is_one_short_line(
    small_corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))

    monkeypatch.setattr(lexicon, "WRITTEN_ANEW_UP_TO", 0)
    monkeypatch.setattr(lexicon, "MOST_GONE", 1.0)
    settings = small_corpus(FILES)
    build(settings)
    small_corpus({"sv/new.txt": "Nya kommuner."})
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(
            IndexFault, match=r"can't be written \(\[Errno 28\] No space left on device: \S+\); the one"
        ):
            build(settings)
    assert build(settings).added == ("sv/new",)


def test_files_that_cannot_be_opened_leave_the_old_index(small_corpus: SmallCorpus) -> None:
    """tantivy holds several files open at once, and there are those of the index; they aren't given enough."""
    settings = small_corpus(FILES)
    build(settings)
    small_corpus({"sv/new.txt": "Nya kommuner."})
    with ExitStack() as limits:

        def no_more_files(stage: str, done: int, total: int) -> None:
            if (stage, done) == ("reading", total):
                lowest_free = os.dup(0)
                os.close(lowest_free)
                limits.enter_context(limit(resource.RLIMIT_NOFILE, lowest_free - 8))

        with pytest.raises(IndexFault, match=r"can't be written .*Too many"):
            build(settings, no_more_files)
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
from qa.building import build
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


def test_a_build_that_is_killed_leaves_the_old_index(copy: Settings, builder: subprocess.Popen[str]) -> None:
    """At some moments; ``test_killed`` tries many."""
    moments = ("documents.jsonl", "vectors.npy", "lexicon")
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
    assert killed_before_the_swap >= 2
    build(replace(copy, corpus_dir=Settings().corpus_dir))
    assert len(list((copy.index_dir / "generations").iterdir())) <= 2
    assert answers_as_before(copy)


def _newest(settings: Settings) -> int:
    return max(int(folder.name) for folder in (settings.index_dir / "generations").iterdir())


def test_of_two_builds_the_second_says_who_holds_the_index(copy: Settings) -> None:
    with (
        build_lock(copy.index_dir),
        pytest.raises(
            IndexFault, match=rf"is being built by process {os.getpid()} on \S+ since [-\d]+ [:\d]+ UTC: wait"
        ),
    ):
        build(copy)
    assert build(copy).generation == "000001"
    assert answers_as_before(copy)
