"""``qa index``: what it tells, what it finds, where it goes back to, what it writes out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from qa.assistant import Assistant
from qa.building import build
from qa.cli import main
from qa.errors import IndexFault
from qa.search.exchange import read_export
from qa.search.generations import current
from qa.settings import Settings
from tests.conftest import RunQa, SmallCorpus

CEMR = "# CEMR\n\nCEMR was founded in 1951.\n"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def twice(small_corpus: SmallCorpus, capsys: Captured) -> Settings:
    """An index of which there are two generations: the year is 1951 in the first, 1952 in the second."""
    build(small_corpus({"en/cemr.md": CEMR, "fi/uclg.txt": "UCLG edustaa kaupunkeja."}))
    settings = small_corpus({"en/cemr.md": CEMR.replace("1951", "1952")})
    build(settings)
    return settings


def qa(settings: Settings, *arguments: str) -> int:
    return main(["index", *arguments, "--index", str(settings.index_dir)])


def year(settings: Settings) -> str:
    return Assistant.load(settings).ask("When was CEMR founded?").answer[-5:-1]


def test_info_tells_what_is_in_the_index(twice: Settings, capsys: Captured) -> None:
    assert qa(twice, "info") == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert re.fullmatch(r"000002, built \d{4}-\d\d-\d\d \d\d:\d\d UTC \(\d+ seconds? ago\)", told["generation"])
    assert (told["documents"], told["passages"], told["languages"]) == ("2", "2", "en, fi")
    assert told["before"].startswith("000001, built")


def test_info_as_json(twice: Settings, capsys: Captured) -> None:
    assert qa(twice, "info", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    folder = current(twice.index_dir).folder
    on_disk = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and f.name[:9] != "manifest.")
    assert (told["serving"]["generation"], told["serving"]["bytes"]) == ("000002", on_disk)
    assert (told["before"]["generation"], told["kept"]) == ("000001", ["000002", "000001"])
    assert 0 <= told["serving"]["age_s"] < 60


def test_verify_reads_every_file_of_one_or_all_generations(twice: Settings, capsys: Captured) -> None:
    assert qa(twice, "verify", "--all") == 0
    assert [line[:16] for line in capsys.readouterr().out.splitlines()] == ["000002 is intact", "000001 is intact"]
    for name in ("documents.jsonl", "vectors.npy"):
        file = twice.index_dir / "generations" / "000001" / name
        file.write_bytes(b"x" + file.read_bytes()[1:])
    assert qa(twice, "verify") == 0
    assert qa(twice, "verify", "--all") == 1
    shown = capsys.readouterr()
    assert sorted(re.findall(r"qa: .*/000001/(\S+) was altered", shown.err)) == ["documents.jsonl", "vectors.npy"]
    assert qa(twice, "verify", "--all", "--json") == 1
    assert [len(told["damages"]) for told in json.loads(capsys.readouterr().out)] == [0, 2]


def test_verify_goes_on_to_the_others_when_the_manifest_is_damaged(twice: Settings, capsys: Captured) -> None:
    (current(twice.index_dir).folder / "manifest.json").write_text("{}", "utf-8")
    capsys.readouterr()
    assert qa(twice, "verify") == 1
    shown = capsys.readouterr()
    assert (shown.out, "CURRENT and the manifest of '000002' don't agree: run" in shown.err) == ("", True)
    assert qa(twice, "verify", "--all") == 1
    assert capsys.readouterr().out.startswith("000001 is intact: ")
    assert qa(twice, "verify", "--all", "--json") == 1
    told = {each["generation"]: len(each["damages"]) for each in json.loads(capsys.readouterr().out)}
    assert told == {"000002": 1, "000001": 0}


def test_rollback_goes_back_and_the_next_build_makes_a_newer_one(twice: Settings, capsys: Captured) -> None:
    assert year(twice) == "1952"
    assert qa(twice, "rollback") == 0
    assert capsys.readouterr().out.startswith("generation 000001 answers again, built ")
    assert year(twice) == "1951"
    assert qa(twice, "rollback") == 2
    assert "holds no intact generation before 000001: there is nothing to go back to" in capsys.readouterr().err
    assert build(twice).generation == "000003"
    assert year(twice) == "1952"
    assert qa(twice, "rollback", "--json") == 0
    assert json.loads(capsys.readouterr().out)["generation"] == "000001"
    assert year(twice) == "1951"


def test_rollback_leaves_a_damaged_generation_behind(twice: Settings) -> None:
    (current(twice.index_dir).folder / "documents.jsonl").write_bytes(b"")
    assert qa(twice, "rollback") == 0
    assert Assistant.load(twice).edition.damage is None
    assert year(twice) == "1951"


def test_rollback_to_one_that_is_named(twice: Settings, capsys: Captured) -> None:
    qa(twice, "rollback")
    assert qa(twice, "rollback", "--to", "2") == 0
    assert year(twice) == "1952"
    assert qa(twice, "rollback", "--to", "000009") == 2
    assert "generation 000009 is not there: " in capsys.readouterr().err


def test_rollback_to_a_damaged_generation_is_refused(twice: Settings, capsys: Captured) -> None:
    file = twice.index_dir / "generations" / "000001" / "passages.jsonl"
    file.write_bytes(file.read_bytes()[:-1])
    assert qa(twice, "rollback") == 2
    assert "holds no intact generation before 000002" in capsys.readouterr().err
    assert qa(twice, "rollback", "--to", "000001") == 2
    assert "passages.jsonl was altered since it was built" in capsys.readouterr().err
    assert year(twice) == "1952"


def test_an_export_read_back_is_what_the_index_holds(built_index: Path, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "index.jsonl"
    assert main(["index", "export", "--index", str(built_index), "--out", str(out)]) == 0
    assert re.fullmatch(r"90 documents and \d+ passages of 000001 in .*\n", capsys.readouterr().out)
    assistant = Assistant.load(Settings(index_dir=built_index))
    with out.open(encoding="utf-8") as lines:
        records = list(read_export(lines))
    n = len(assistant.documents)
    assert records[:n] == list(assistant.documents)
    texts = {document.path: document.text for document in assistant.documents}
    assert len(records[n:]) == assistant.edition.passages
    assert all(texts[p.document][p.start : p.end] == p.text for p in records[n:])  # type: ignore[union-attr]
    assert main(["index", "export", "--index", str(built_index)]) == 0
    assert capsys.readouterr().out == out.read_text("utf-8")


FIRST = '{"kysy": 1, "documents": 1, "passages": 0}\n'


@pytest.mark.parametrize("line", ["{", "[]", '{"kysy": 2}', '{"kysy": 1}', FIRST + "{}", FIRST + '{"document": {}}'])
def test_what_is_no_export_is_refused(line: str) -> None:
    with pytest.raises(IndexFault, match=r"line \d is not of an export of this version"):
        list(read_export(line.split("\n")))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["info"], "holds no index: run `qa build` first"),
        (["verify"], "holds no index: run `qa build` first"),
        (["rollback"], "holds no index: run `qa build` first"),
        (["export"], "holds no index: run `qa build` first"),
    ],
)
def test_where_there_is_no_index(arguments: list[str], message: str, tmp_path: Path, capsys: Captured) -> None:
    assert main(["index", *arguments, "--index", str(tmp_path / "nowhere")]) == 2
    assert re.fullmatch(rf"qa: .*nowhere {message}\n", capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_cannot_be_written_is_one_line(built_index: Path, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "no folder" / "out"
    assert main(["index", "export", "--index", str(built_index), "--out", str(out)]) == 2
    assert "can't be written (No such file or directory): choose another --out" in capsys.readouterr().err


def test_an_export_that_was_cut_is_refused(twice: Settings, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "index.jsonl"
    assert qa(twice, "export", "--out", str(out)) == 0
    lines = out.read_text("utf-8").splitlines()
    assert len(list(read_export(lines))) == 4
    for cut in (lines[:0], lines[:1], lines[:-1]):
        with pytest.raises(IndexFault, match=rf"the export has {len(cut)} lines, \d are expected: export again"):
            list(read_export(cut))


def test_an_export_tells_what_it_wrote_as_json(twice: Settings, tmp_path: Path, capsys: Captured) -> None:
    capsys.readouterr()
    out = tmp_path / "index.jsonl"
    assert qa(twice, "export", "--json", "--out", str(out)) == 0
    told = {"generation": "000002", "documents": 2, "passages": 2, "out": str(out), "bytes": out.stat().st_size}
    assert json.loads(capsys.readouterr().out) == told


def test_an_export_is_the_same_whatever_the_terminal_can_show(small_corpus: SmallCorpus, run_qa: RunQa) -> None:
    settings = small_corpus({"fi/kunta.txt": "Äänekoski on kunta, Владимир и 日本 eivät ole."})
    build(settings)
    exported = run_qa("index", "export", "--index", settings.index_dir, environ={"PYTHONIOENCODING": "ascii"})
    assert [record.text for record in read_export(exported.stdout.splitlines())] == [
        "Äänekoski on kunta, Владимир и 日本 eivät ole."
    ] * 2
