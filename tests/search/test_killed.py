"""A real ``qa build`` is killed at any moment: the index answers as before or as after, and the next build goes on."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from qa.assistant import Assistant
from qa.building import build
from qa.search.generations import current, folders
from qa.settings import PROJECT_DIR, Settings

N_KILLS = 56
QUESTION = "When was the Quillwort Hall opened?"


def write(corpus_dir: Path, year: int) -> None:
    """The page that changes."""
    (corpus_dir / "en" / "hall.md").write_text(
        f"# Quillwort Hall\n\nThe Quillwort Hall was opened in {year}.\n", "utf-8"
    )


def year_told(settings: Settings) -> int:
    assistant = Assistant.load(settings)
    assert assistant.edition.damage is None
    return int(assistant.ask(QUESTION).answer[-5:-1])


def phase(settings: Settings, before: str) -> str:
    """How far a build that was killed had come, as the disk shows it."""
    if current(settings.index_dir).name != before:
        return "swapped"
    newer = [folder for folder in folders(settings.index_dir) if int(folder.name) > int(before)]
    if any((folder / "manifest.json").exists() for folder in newer):
        return "sealed"
    return "written in part" if newer else "read in part"


def killed(settings: Settings, moment: str, after_s: float) -> None:
    """Starts ``qa build`` and kills it ``after_s`` after a moment has come (or when it has ended)."""
    before = (settings.index_dir / "CURRENT").read_bytes()
    known = {folder.name for folder in folders(settings.index_dir)}
    where = ["--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir)]
    with subprocess.Popen(
        [sys.executable, "-m", "qa", "build", *where], cwd=PROJECT_DIR, stdout=subprocess.DEVNULL
    ) as process:

        def has_come() -> bool:
            new = [folder for folder in folders(settings.index_dir) if folder.name not in known]
            return {
                "start": True,
                "writing": bool(new),
                "sealing": any((folder / "manifest.json").exists() for folder in new),
                "renaming": (settings.index_dir / "CURRENT.new").exists(),
                "swapped": (settings.index_dir / "CURRENT").read_bytes() != before,
            }[moment]

        while process.poll() is None and not has_come():
            time.sleep(0.0001)
        time.sleep(after_s)
        process.kill()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_build_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    shutil.copytree(Settings().corpus_dir / "en", settings.corpus_dir / "en")
    write(settings.corpus_dir, 1000)
    build(settings)
    chance = random.Random(8)
    serving, ends = 1000, Counter[str]()
    for year in range(1001, 1001 + N_KILLS):
        write(settings.corpus_dir, year)
        moment = chance.choice(["start", "start", "writing", "writing", "sealing", "renaming", "swapped"])
        before = current(settings.index_dir).name
        killed(settings, moment, chance.uniform(0, 1.0 if moment == "start" else 0.05))
        ends[phase(settings, before)] += 1
        told = year_told(settings)
        assert told == (serving if current(settings.index_dir).name == before else year)
        serving = told
    assert min(ends[how_far] for how_far in ("read in part", "written in part", "swapped")) >= 2, ends
    write(settings.corpus_dir, 1999)
    build(settings)
    assert year_told(settings) == 1999
    assert len(folders(settings.index_dir)) == 2
