"""What counts as a change of a folder, and when it has come to rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qa.watch import Watch


class Moments:
    """In place of sleeping: what happens next to the folder."""

    def __init__(self, *happenings: Callable[[], object]) -> None:
        self._left: Iterator[Callable[[], object]] = iter(happenings)
        self.slept = 0

    def __call__(self, _: float) -> None:
        self.slept += 1
        next(self._left)()


def nothing() -> None:
    pass


def write(file: Path, text: str = "x") -> Callable[[], object]:
    def act() -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    return act


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "corpus" / "en" / "a.md")()
    return tmp_path / "corpus"


def watch(corpus: Path, moments: Moments) -> Watch:
    return Watch(corpus, corpus / "index", (corpus.parent / "glossary.csv",), moments)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: write(c / "en" / "b.md"),
        lambda c: write(c / "en" / "a.md", "longer"),
        lambda c: write(c / "deep" / "er" / "page.html"),
        lambda c: write(c.parent / "glossary.csv"),
        lambda c: (c / "en" / "a.md").unlink,
        lambda c: lambda: (c / "en" / "a.md").rename(c / "en" / "z.md"),
        lambda c: lambda: shutil.rmtree(c),
        lambda c: lambda: (write(c / "new")(), (c / "new").replace(c / "en" / "a.md")),  # as many editors save
    ],
)
def test_a_change_is_seen(corpus: Path, change: Callable[[Path], Callable[[], object]]) -> None:
    moments = Moments(nothing, nothing, change(corpus))
    watched = watch(corpus, moments)
    watched.settle()
    watched.wait()
    assert moments.slept == 3


@pytest.mark.parametrize(
    "name",
    ["en/.a.md.swp", "en/a.md~", "en/#a.md#", "en/.#a.md", "en/~$a.docx", "en/4913", "en/b.part", ".git/x", "index/x"],
)
def test_hidden_temporary_and_own_files_are_no_change(corpus: Path, name: str) -> None:
    moments = Moments(nothing, write(corpus / name), nothing, write(corpus / "en" / "b.md"))
    watched = watch(corpus, moments)
    watched.settle()
    watched.wait()
    assert moments.slept == 4


def test_it_waits_until_changes_end(corpus: Path) -> None:
    pages = [write(corpus / "en" / f"{n}.md") for n in range(5)]
    moments = Moments(*pages, nothing)
    watch(corpus, moments).settle()
    assert moments.slept == 6


def test_changes_without_end_are_not_waited_for(corpus: Path) -> None:
    moments = Moments(*(write(corpus / f"{n}.md") for n in range(1_000)))
    watch(corpus, moments).settle()
    assert moments.slept < 100


def test_what_changed_while_it_was_built_is_a_change(corpus: Path) -> None:
    moments = Moments(nothing)
    watched = watch(corpus, moments)
    watched.settle()
    write(corpus / "en" / "meanwhile.md")()
    watched.wait()
    assert moments.slept == 1


def test_a_folder_that_comes_back_is_a_change(corpus: Path) -> None:
    shutil.rmtree(corpus)
    moments = Moments(nothing, nothing, write(corpus / "en" / "a.md"))
    watched = watch(corpus, moments)
    watched.settle()
    watched.wait()
    assert moments.slept == 3


def test_waiting_ends_after_a_time(corpus: Path) -> None:
    watched = watch(corpus, Moments(nothing))
    watched.settle()
    watched.wait(0.0)
