"""``qa build --watch`` as a process, and what an empty corpus does."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.assistant import Assistant
from qa.building import build
from qa.cli import main
from qa.search.generations import folders
from qa.settings import PROJECT_DIR, Settings
from tests.conftest import SmallCorpus

CEMR = "# CEMR\n\nCEMR was founded in 1951.\n"


def year(settings: Settings) -> str:
    return Assistant.load(settings).ask("When was CEMR founded?").answer[-5:-1]


@pytest.fixture
def watching(small_corpus: SmallCorpus) -> Iterator[subprocess.Popen[str]]:
    """A running ``qa build --watch`` over a corpus of one document; standard output and error in one."""
    settings = small_corpus({"en/cemr.md": CEMR})
    folders = ["--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir)]
    with subprocess.Popen(
        [sys.executable, "-m", "qa", "build", "--watch", *folders],
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().rstrip("\n")


@pytest.mark.slow
def test_a_corpus_that_is_watched_is_built_after_each_change(
    watching: subprocess.Popen[str], small_corpus: SmallCorpus, tmp_path: Path
) -> None:
    assert line(watching) == f"watching {tmp_path / 'corpus'}: Ctrl-C stops"
    assert line(watching) == "added en/cemr"
    assert line(watching).startswith("1 documents, 1 passages in en: 1 added,")
    settings = small_corpus({"en/cemr.md": CEMR.replace("1951", "1952"), "en/.cemr.md.swp": "half"})
    assert line(watching) == "changed en/cemr"
    assert "0 added, 1 changed, 0 removed, 0 skipped" in line(watching)
    assert year(settings) == "1952"
    small_corpus({"en/broken.md": "---\nlanguage: xx\n---\nText", "en/uclg.txt": "UCLG."})
    assert line(watching).startswith("skipped en/broken.md: language 'xx' is not known")
    assert line(watching) == "added en/uclg"
    line(watching)
    shutil.move(settings.corpus_dir, tmp_path / "away")
    assert "corpus is no folder: give the folder with your documents" in line(watching)
    assert year(settings) == "1952"
    (tmp_path / "away" / "en" / "broken.md").unlink()
    (tmp_path / "away" / "en" / "uclg.txt").unlink()
    shutil.move(tmp_path / "away", settings.corpus_dir)
    assert line(watching) == "removed en/uclg"
    line(watching)
    watching.send_signal(signal.SIGINT)
    assert line(watching) == "qa: stopped"
    assert watching.wait(timeout=5) == 130


def test_an_empty_corpus_empties_the_index_only_when_that_is_allowed(
    small_corpus: SmallCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = small_corpus({"en/cemr.md": CEMR})
    build(settings)
    (settings.corpus_dir / "en" / "cemr.md").unlink()
    arguments = ["build", "--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir)]
    assert main(arguments) == 2
    assert "holds no document: add files ending in" in capsys.readouterr().err
    assert year(settings) == "1951"
    assert main([*arguments, "--allow-empty"]) == 0
    assert "0 documents, 0 passages in no language: 0 added, 0 changed, 1 removed" in capsys.readouterr().out
    assert Assistant.load(settings).ask("When was CEMR founded?").status == "not_found"
    assert Assistant.load(settings).ask("Hello!").smalltalk == "greeting"
    assert main(["index", "rollback", "--index", str(settings.index_dir)]) == 0
    assert year(settings) == "1951"


def test_a_corpus_that_is_gone_is_never_taken_for_an_empty_one(
    small_corpus: SmallCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = small_corpus({"en/cemr.md": CEMR})
    build(settings)
    shutil.rmtree(settings.corpus_dir)
    folders = ["--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir)]
    assert main(["build", "--allow-empty", *folders]) == 2
    assert "corpus is no folder" in capsys.readouterr().err
    assert year(settings) == "1951"


STOPPED_HALF_WAY = """
import sys, time
from qa import building, cli

def write_half(*_: object) -> None:
    print("half is written", flush=True)
    time.sleep(60)

building._write_sources = write_half
sys.exit(cli.main(["build", "--corpus", sys.argv[1], "--index", sys.argv[2]]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_build_that_is_stopped_leaves_nothing_behind(
    small_corpus: SmallCorpus, number: signal.Signals, code: int
) -> None:
    settings = small_corpus({"en/cemr.md": CEMR})
    build(settings)
    small_corpus({"en/uclg.txt": "UCLG."})
    command = [sys.executable, "-c", STOPPED_HALF_WAY, str(settings.corpus_dir), str(settings.index_dir)]
    with subprocess.Popen(command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True) as process:
        assert line(process) == "half is written"
        assert len(folders(settings.index_dir)) == 2
        process.send_signal(number)
        assert process.wait() == code
    assert [folder.name for folder in folders(settings.index_dir)] == ["000001"]
    assert year(settings) == "1951"
