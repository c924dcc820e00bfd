"""What the tests share: the shipped corpus built once, small corpora of their own, the command line as a process.

Everything is real: the embedded model, FAISS, tantivy, files on disk.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from qa.assistant import Assistant
from qa.building import build
from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel
from qa.settings import PREFIX, PROJECT_DIR, Settings

# One seed, so that a run is repeatable; `pytest --hypothesis-profile=explore` looks for new examples.
_COMMON: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
}
hypothesis.settings.register_profile("repeatable", derandomize=True, max_examples=60, **_COMMON)
hypothesis.settings.register_profile("explore", max_examples=1_000, **_COMMON)
hypothesis.settings.load_profile("repeatable")

# A shell that starts the tests in the background has them ignore Ctrl-C, and with them every process they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Files = Mapping[str, str | bytes]
SmallCorpus = Callable[[Files], Settings]
RunQa = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _the_model_is_loaded_once() -> Iterator[None]:
    """Reading the embedded model takes most of the time of a small build, and it is always the same."""
    read = StaticModel.from_folder
    read_once = lru_cache(read)

    def from_folder(folder: Path) -> StaticModel:
        return read_once(folder) if folder == EMBEDDED_MODEL_DIR else read(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticModel, "from_folder", from_folder)
        yield


@pytest.fixture(scope="session")
def model() -> StaticModel:
    """The embedded model."""
    return StaticModel.from_folder(EMBEDDED_MODEL_DIR)


@pytest.fixture(scope="session")
def built_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the shipped corpus; tests must not write into it."""
    index_dir = tmp_path_factory.mktemp("shipped") / "index"
    build(Settings(index_dir=index_dir))
    return index_dir


@pytest.fixture(scope="session")
def settings(built_index: Path) -> Settings:
    """Default settings over the index of the shipped corpus."""
    return Settings(index_dir=built_index)


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    """The assistant over the shipped corpus."""
    return Assistant.load(settings)


@pytest.fixture
def small_corpus(tmp_path: Path) -> SmallCorpus:
    """A function that writes files into a corpus folder; settings for it and for an index beside it."""

    def write(files: Files) -> Settings:
        for name, content in files.items():
            file = tmp_path / "corpus" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return replace(Settings(), corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")

    return write


@pytest.fixture
def run_qa() -> RunQa:
    """A function that runs ``python -m qa`` with the arguments given, and ``environ`` on top of the environment."""

    def run(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qa", *map(str, arguments)],
            cwd=PROJECT_DIR,
            env={**os.environ, **(environ or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
