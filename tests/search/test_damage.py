"""Whatever happens to the files of an index: the right answer from this or the generation before, or a clear error."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa.assistant import Assistant
from qa.building import build
from qa.errors import IndexDamaged, IndexFault
from qa.search.generations import current
from qa.settings import Settings
from tests.conftest import Files, RunQa

YEARS = {"000001": "1951", "000002": "1952"}


def corpus_of(year: str) -> Files:
    return {"en/cemr.md": f"# CEMR\n\nCEMR was founded in {year}.\n", "fi/uclg.txt": f"UCLG edustaa {year} kuntaa."}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index of two generations, each of which tells its year; tests take copies of it."""
    folder = tmp_path_factory.mktemp("whole")
    settings = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index")
    for year in YEARS.values():
        for name, content in corpus_of(year).items():
            (folder / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "corpus" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        build(settings)
    return settings


@dataclass(frozen=True)
class Harm:
    """What is done to one file: ``place`` is where in the list of all files, and where in the file, of 0 to 1."""

    file: float
    kind: str
    place: float
    bit: int

    def to(self, index_dir: Path) -> Path:
        files = sorted(path for path in index_dir.rglob("*") if path.is_file() and path.name != "LOCK")
        file = files[int(self.file * (len(files) - 1))]
        content = bytearray(file.read_bytes())
        at = int(self.place * max(0, len(content) - 1))
        if self.kind == "delete":
            file.unlink()
        elif self.kind == "append":
            file.write_bytes(content + bytes([self.bit]))
        elif self.kind == "truncate":
            file.write_bytes(content[:at])
        elif self.kind == "zero":
            file.write_bytes(bytes(len(content)))
        elif content:
            content[at] ^= 1 << self.bit
            file.write_bytes(content)
        return file


PLACES = st.floats(0, 1)
KINDS = st.sampled_from(["flip", "flip", "flip", "truncate", "zero", "append", "delete"])
HARMS = st.builds(Harm, PLACES, KINDS, PLACES, st.integers(0, 7))


def told_by(settings: Settings) -> tuple[str, str]:
    """The generation that answers, and the year that it tells."""
    assistant = Assistant.load(settings)
    return assistant.edition.generation, assistant.ask("When was CEMR founded?").answer[-5:-1]


@given(harm=HARMS)
@examples(max_examples=40)
@example(harm=Harm(0.0, "flip", 5 / 80, 0))  # CURRENT's 000002 becomes 000003
@example(harm=Harm(0.0, "flip", 5 / 80, 1))  # … and 000000
def test_one_harm_is_survived(whole: Settings, tmp_path: Path, harm: Harm) -> None:
    index_dir = tmp_path / "index"
    shutil.rmtree(index_dir, ignore_errors=True)
    shutil.copytree(whole.index_dir, index_dir)
    file = harm.to(index_dir)
    generation, year = told_by(Settings(index_dir=index_dir))
    assert YEARS[generation] == year
    if "generations/000001" in file.as_posix():
        assert generation == "000002"
    elif file.name not in ("CURRENT", "manifest.sha256"):
        is_harmed = (
            not file.exists() or file.read_bytes() != (whole.index_dir / file.relative_to(index_dir)).read_bytes()
        )
        assert generation == ("000001" if is_harmed else "000002")


@given(harms=st.lists(HARMS, min_size=2, max_size=4))
@examples(max_examples=25)
def test_more_harm_is_survived_or_named(whole: Settings, tmp_path: Path, harms: list[Harm]) -> None:
    check_harms(whole, tmp_path / "index", harms)


@pytest.mark.slow
@pytest.mark.timeout(400)
@given(harms=st.lists(HARMS, min_size=1, max_size=5))
@examples(max_examples=200)
def test_any_harm_is_survived_or_named(whole: Settings, tmp_path: Path, harms: list[Harm]) -> None:
    check_harms(whole, tmp_path / "index", harms)


def check_harms(whole: Settings, index_dir: Path, harms: list[Harm]) -> None:
    shutil.rmtree(index_dir, ignore_errors=True)
    shutil.copytree(whole.index_dir, index_dir)
    for harm in harms:
        harm.to(index_dir)
    settings = Settings(corpus_dir=whole.corpus_dir, index_dir=index_dir)
    try:
        generation, year = told_by(settings)
    except IndexFault as error:
        assert re.fullmatch(r"\S+/index\b.* run `qa build` (again|first)", str(error))  # noqa: PT017
    else:
        assert YEARS[generation] == year
    build(settings)
    assert told_by(settings)[1] == "1952"


def test_what_is_wrong_is_told(whole: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(index_dir=tmp_path / "index")
    shutil.copytree(whole.index_dir, settings.index_dir)
    (current(settings.index_dir).folder / "vectors.npy").write_bytes(b"no vectors")
    damage = Assistant.load(settings).edition.damage
    assert damage
    told = r".*/000002/vectors.npy was altered since .*; until then generation 000001 answers, built 20\S+"
    assert re.fullmatch(told, damage)
    assert [record.getMessage() for record in caplog.records] == [damage]


def test_the_command_answers_from_the_generation_before_and_says_so(
    whole: Settings, tmp_path: Path, run_qa: RunQa
) -> None:
    shutil.copytree(whole.index_dir, tmp_path / "index")
    file = current(tmp_path / "index").folder / "passages.jsonl"
    file.write_bytes(file.read_bytes()[:-1])
    asked = run_qa("ask", "When was CEMR founded?", "--index", tmp_path / "index")
    assert (asked.returncode, asked.stdout.splitlines()[0]) == (0, "CEMR was founded in 1951.")
    assert re.fullmatch(r".*passages.jsonl was altered .*; until then generation 000001 answers, .*\n", asked.stderr)


def test_a_generation_of_which_nothing_is_left_to_fall_back_to(whole: Settings, tmp_path: Path) -> None:
    settings = Settings(index_dir=tmp_path / "index")
    shutil.copytree(whole.index_dir, settings.index_dir)
    for file in settings.index_dir.rglob("documents.jsonl"):
        file.write_bytes(b"")
    with pytest.raises(IndexDamaged, match=r"000002/documents.jsonl was altered since it was built: run `qa build`"):
        Assistant.load(settings)


def test_a_build_after_damage_keeps_the_generation_that_is_intact(whole: Settings, tmp_path: Path) -> None:
    settings = Settings(corpus_dir=whole.corpus_dir, index_dir=tmp_path / "index")
    shutil.copytree(whole.index_dir, settings.index_dir)
    (current(settings.index_dir).folder / "tokens/ids.npy").write_bytes(b"")
    build(settings)
    assert sorted(folder.name for folder in (settings.index_dir / "generations").iterdir()) == ["000001", "000003"]
