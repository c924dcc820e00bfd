"""The command line: what it prints, its exit codes, and one clear line for every fault."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from qa import __version__
from qa.cli import build_parser, main
from qa.search.generations import current
from qa.search.lock import build_lock
from qa.settings import PROJECT_DIR
from tests.conftest import RunQa, SmallCorpus

CEMR = "# CEMR\n\nCEMR was founded in 1951.\n"
FOUNDED: dict[str, object] = {"id": "1", "language": "en", "question": "When was CEMR founded?"}
FOUNDED |= {"answers": ["1951"], "documents": ["en/cemr"]}
UNTOLD = {"id": "2", "language": "en", "question": "What does a hamburger cost?"}
QUESTIONS = f"{json.dumps(FOUNDED)}\n{json.dumps(UNTOLD)}\n"
Captured = pytest.CaptureFixture[str]


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.fixture
def small_index(small_corpus: SmallCorpus) -> Path:
    """The folder of an index of one document."""
    settings = small_corpus({"en/cemr.md": CEMR})
    assert main(["build", "--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir)]) == 0
    return settings.index_dir


def assert_one_line(stderr: str, message: str) -> None:
    """One clear line, no traceback."""
    assert re.fullmatch(rf"qa: .*{message}.*\n", stderr), stderr


# --- Help ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_with_an_example_that_works(name: str) -> None:
    parser = commands()[name]
    text = parser.format_help()
    assert parser.description
    example = re.search(r"Example: (.*)", text)
    assert example, f"qa {name} --help shows no example"
    words = shlex.split(example[1])
    assert words[:2] == ["qa", name]
    assert build_parser().parse_args(words[1:]).run


@pytest.mark.parametrize("name", commands())
def test_every_option_is_explained(name: str) -> None:
    for action in commands()[name]._actions:
        assert action.help or not action.option_strings, f"qa {name} {action.option_strings}"


def test_the_commands_of_the_contract_are_there() -> None:
    assert {"build", "ask", "evaluate", "serve"} <= set(commands())


def test_version_and_help_are_quick_and_end_well(run_qa: RunQa) -> None:
    assert run_qa("--version").stdout == f"Kysy {__version__}\n"
    helped = run_qa("--help")
    assert helped.returncode == 0
    assert all(name in helped.stdout for name in commands())


@pytest.mark.parametrize(
    "arguments", [[], ["sing"], ["ask"], ["build", "--colour", "red"], ["serve", "--port", "many"]]
)
def test_a_command_line_that_cannot_be_parsed(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error:" in shown.err.splitlines()[-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [["build"], ["index", "info"], ["index", "export"]], ids=" ".join)
def test_output_into_a_full_device_is_one_line(small_index: Path, arguments: list[str]) -> None:
    places = ["--index", str(small_index)]
    places += ["--corpus", str(small_index.parent / "corpus")] if arguments == ["build"] else []
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "qa", *arguments, *places],
            cwd=PROJECT_DIR,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (2, "qa: the output can't be written (No space left on device)\n")


# --- Build --------------------------------------------------------------------------------------------------


def test_build_prints_what_was_added_changed_removed_and_skipped(small_corpus: SmallCorpus, capsys: Captured) -> None:
    settings = small_corpus(
        {"en/cemr.md": CEMR, "en/old.txt": "Old text.", "en/broken.md": "---\nlanguage: xx\n---\nText"}
    )
    arguments = ["build", "--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir)]
    assert main(arguments) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[:2] == ["added en/cemr", "added en/old"]
    assert re.fullmatch(r"2 documents, 2 passages in en: 2 added, 0 changed, 0 removed, 1 skipped; \d+\.\d s", lines[2])
    assert re.fullmatch(r"skipped en/broken\.md: language 'xx' is not known.*\n", shown.err)
    (settings.corpus_dir / "en" / "old.txt").unlink()
    small_corpus({"en/cemr.md": CEMR + "More.\n"})
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["changed en/cemr", "removed en/old"]


def test_build_as_json(small_corpus: SmallCorpus, capsys: Captured) -> None:
    settings = small_corpus({"en/cemr.md": CEMR, "en/empty.txt": ""})
    assert main(["build", "--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir), "--json"]) == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert (report["generation"], report["documents"], report["added"]) == ("000001", 1, ["en/cemr"])
    assert report["skipped"] == [{"path": "en/empty.txt", "reason": "holds no text"}]
    assert shown.err == ""


def test_settings_come_from_the_environment_and_options_win(
    small_corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    settings = small_corpus({"en/cemr.md": CEMR})
    monkeypatch.setenv("KYSY_CORPUS_DIR", str(settings.corpus_dir))
    monkeypatch.setenv("KYSY_INDEX_DIR", str(tmp_path / "from-environ"))
    assert main(["build"]) == 0
    assert main(["build", "--index", str(tmp_path / "from-option")]) == 0
    assert (tmp_path / "from-environ" / "CURRENT").is_file()
    assert (tmp_path / "from-option" / "CURRENT").is_file()
    capsys.readouterr()


# --- Ask ----------------------------------------------------------------------------------------------------


def test_ask_prints_the_answer_and_its_source(built_index: Path, capsys: Captured) -> None:
    assert main(["ask", "When was CEMR founded?", "--index", str(built_index)]) == 0
    shown = capsys.readouterr()
    assert "1951" in shown.out.splitlines()[0]
    assert "CEMR" in shown.out.splitlines()[2]
    assert shown.err == ""


def test_ask_prints_contacts(built_index: Path, capsys: Captured) -> None:
    assert main(["ask", "What is Laura Parsama's e-mail address?", "--index", str(built_index)]) == 0
    assert "laura.parsama(at)kuntaliitto.fi" in capsys.readouterr().out


def test_ask_as_json(built_index: Path, capsys: Captured) -> None:
    assert main(["ask", "Milloin CEMR perustettiin?", "--index", str(built_index), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["language"], answer["status"]) == ("fi", "answered")
    assert "1951" in answer["answer"]


def test_ask_in_a_language_that_is_told(built_index: Path, capsys: Captured) -> None:
    assert main(["ask", "UCLG?", "--language", "sv", "--index", str(built_index), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["language"] == "sv"


# --- Evaluate -----------------------------------------------------------------------------------------------


def test_evaluate_prints_a_table_and_writes_predictions(small_index: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "questions.jsonl").write_text(QUESTIONS, "utf-8")
    arguments = ["evaluate", str(tmp_path / "questions.jsonl"), "--index", str(small_index)]
    capsys.readouterr()
    assert main([*arguments, "--out", str(tmp_path / "deep" / "out"), "--min", "answer=1", "--min", "mrr@10/en=1"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["all", "95", "%", "en"]
    assert ["questions", "2", "2"] in [line.split() for line in table]
    lines = (tmp_path / "deep" / "out" / "predictions.jsonl").read_text("utf-8").split("\n")
    predictions = [json.loads(line) for line in lines if line]
    assert [prediction["id"] for prediction in predictions] == ["1", "2"]
    assert predictions[0]["answer"] == "CEMR was founded in 1951."
    metrics = json.loads((tmp_path / "deep" / "out" / "metrics.json").read_text("utf-8"))
    assert metrics["all"]["answer"] == 1.0
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["en"]["recall@1"] == 1.0


def test_a_missed_floor_is_exit_code_1_and_a_line(small_index: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "questions.jsonl").write_text(QUESTIONS.replace("1951", "1949"), "utf-8")
    capsys.readouterr()
    arguments = ["evaluate", str(tmp_path / "questions.jsonl"), "--index", str(small_index), "--min", "answer=0.5"]
    assert main(arguments) == 1
    shown = capsys.readouterr()
    cell = "95 %: 0.00 to 0.00, 1 question, fewer than 10 say little"
    assert shown.err == f"qa: answer is 0.000 in all languages ({cell}); the floor is 0.5\n"
    assert "answer" in shown.out


# --- Bad input: exit code 2, one line -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "--corpus", "nowhere"], "nowhere is no folder: give the folder with your documents"),
        (["build", "--corpus", "{tmp}/empty"], "empty holds no document: add files ending in"),
        (["build", "--corpus", "{tmp}/unreadable"], r"none of 2 files can be read; a\.md: holds no text"),
        (["build", "--corpus", "x" * 300], "can't be read: File name too long"),
        (["build", "--index", "{tmp}/file"], r"file can't be written .*: choose another folder \(--index\)"),
        (["ask", "When?", "--index", "{tmp}/empty"], "empty holds no index: run `qa build` first"),
        (["ask", "When?", "--index", "x" * 300], "holds no index: run `qa build` first"),
        (["ask", "", "--index", "{index}"], "the question is empty: write what you would like to know"),
        (["ask", "\x01\x02\x1b", "--index", "{index}"], "the question is empty"),
        (["ask", "x" * 100_000, "--index", "{index}"], "has 100,000 characters; at most 2,000 are read: shorten it"),
        (["ask", "When?", "--language", "xx", "--index", "{index}"], "language 'xx' is not known: use one of en, fi"),
        (["evaluate", "{tmp}/none.jsonl", "--index", "{index}"], r"none\.jsonl can't be read"),
        (["evaluate", "{tmp}/file", "--index", "{index}"], "file:1: is no JSON object"),
        (["evaluate", "{tmp}/questions.jsonl", "--index", "{index}", "--min", "beauty=1"], "beauty was not measured"),
        (["evaluate", "{tmp}/questions.jsonl", "--index", "{index}", "--min", "answer"], "write it as METRIC=VALUE"),
        (
            ["evaluate", "{tmp}/questions.jsonl", "--index", "{index}", "--out", "{tmp}/file/out"],
            "can't be written .*: choose another --out",
        ),
        (["serve", "--port", "99999", "--index", "{index}"], "port=99999: expected 1 to 65535"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path, built_index: Path, capsys: Captured
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "unreadable").mkdir()
    (tmp_path / "unreadable" / "a.md").write_text("", "utf-8")
    (tmp_path / "unreadable" / "b.txt").write_bytes(b"\0")
    (tmp_path / "file").write_text("no json\n", "utf-8")
    (tmp_path / "questions.jsonl").write_text(QUESTIONS, "utf-8")
    filled = [argument.replace("{tmp}", str(tmp_path)).replace("{index}", str(built_index)) for argument in arguments]
    if filled[0] == "build" and "--index" not in filled:
        filled += ["--index", str(tmp_path / "index")]
    assert main(filled) == 2
    shown = capsys.readouterr()
    assert_one_line(shown.err, message)
    assert shown.out == "" or filled[0] == "evaluate"


def test_a_setting_that_is_wrong_or_unknown(
    monkeypatch: pytest.MonkeyPatch, built_index: Path, capsys: Captured
) -> None:
    monkeypatch.setenv("KYSY_MIN_CONFIDENCE", "much")
    assert main(["ask", "When?", "--index", str(built_index)]) == 2
    assert_one_line(capsys.readouterr().err, "KYSY_MIN_CONFIDENCE='much': expected a number")
    monkeypatch.setenv("KYSY_MIN_CONFIDENCE", "0.5")
    monkeypatch.setenv("KYSY_COLOUR", "red")
    assert main(["ask", "When?", "--index", str(built_index)]) == 2
    assert_one_line(capsys.readouterr().err, "KYSY_COLOUR is no setting of Kysy")


def test_a_damaged_index_says_what_to_run(small_index: Path, capsys: Captured) -> None:
    capsys.readouterr()
    file = current(small_index).folder / "vectors.npy"
    file.write_bytes(file.read_bytes()[:-1])
    assert main(["ask", "When was CEMR founded?", "--index", str(small_index)]) == 2
    assert_one_line(capsys.readouterr().err, r"vectors\.npy was altered since it was built: run `qa build` again")


def test_a_build_beside_another_names_its_process(small_index: Path, small_corpus: SmallCorpus, run_qa: RunQa) -> None:
    settings = small_corpus({})
    with build_lock(small_index):
        second = run_qa("build", "--corpus", settings.corpus_dir, "--index", small_index)
    assert second.returncode == 2
    assert second.stdout == ""
    assert_one_line(
        second.stderr, rf"is being built by process {os.getpid()} on \S+ since \S+ \S+ UTC: wait for it, then try again"
    )


# --- As a process -------------------------------------------------------------------------------------------


def test_a_fault_of_the_real_process_is_one_line_and_exit_code_2(run_qa: RunQa, tmp_path: Path) -> None:
    failed = run_qa("build", "--corpus", tmp_path, "--index", tmp_path / "index")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert_one_line(failed.stderr, "holds no document: add files ending in")
    refused = run_qa("ask", b"\xff\xfe?".decode("utf-8", "surrogateescape"), "--index", tmp_path / "index")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert_one_line(refused.stderr, "(the question is empty|holds no index)")


def test_a_terminal_of_few_letters_shows_what_it_can(built_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = BytesIO()
    with TextIOWrapper(shown, encoding="ascii") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert main(["ask", "Kuinka monta ystävyyskuntaa?", "--index", str(built_index)]) == 0
        terminal.flush()
        assert b"yst?vyys" in shown.getvalue()


def test_a_reader_that_goes_away_is_no_fault(built_index: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    arguments = [sys.executable, "-m", "qa", "ask", "When was CEMR founded?", "--index", str(built_index), "--json"]
    ended = subprocess.run(arguments, stdout=writing, stderr=subprocess.PIPE, cwd=PROJECT_DIR, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


NO_NETWORK = """
import socket

def refuse(*arguments, **options):
    raise AssertionError(f"the network was tried: {arguments}")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
"""


def test_the_network_is_never_tried(run_qa: RunQa, tmp_path: Path, small_corpus: SmallCorpus) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
    environ = {"PYTHONPATH": str(tmp_path / "site"), "HF_HUB_OFFLINE": "0"}
    probe = "import socket; socket.create_connection(('127.0.0.1', 9))"
    probed = subprocess.run(
        [sys.executable, "-c", probe], env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    assert "the network was tried" in probed.stderr
    settings = small_corpus({"en/cemr.md": CEMR})
    built = run_qa("build", "--corpus", settings.corpus_dir, "--index", settings.index_dir, environ=environ)
    assert (built.returncode, built.stderr) == (0, "")
    asked = run_qa("ask", "When was CEMR founded?", "--index", settings.index_dir, environ=environ)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "1951" in asked.stdout


def test_the_installed_command_is_the_same(tmp_path: Path) -> None:
    command = shutil.which("qa", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the package is not installed in this environment (pip install -e .)")
    ran = subprocess.run([command, "--version"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (ran.returncode, ran.stdout) == (0, f"Kysy {__version__}\n")
