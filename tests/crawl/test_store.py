"""Names that every file system takes, and files that are whole or not there."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.crawl.addresses import normalise
from qa.crawl.store import META, Store, file_name
from qa.errors import AddressRefused, CrawlError

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/", "example.org/index"),
        ("https://example.org/fi", "example.org/fi"),
        ("https://example.org/fi/", "example.org/fi/index"),
        ("https://example.org/fi/sivu.html", "example.org/fi/sivu"),
        ("https://example.org/yst%C3%A4v%C3%A4", "example.org/ystävä"),
        ("http://127.0.0.1:8080/a", "127.0.0.1_8080/a"),
    ],
)
def test_a_plain_address_gives_a_plain_name(url: str, name: str) -> None:
    assert file_name(url, ".html") == f"{name}.html"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/FI", "https://example.org/a?b=1", "https://example.org/a%2F..%2F..%2Fetc",
        "https://example.org/con", "https://example.org/NUL.txt", "https://example.org/.hidden",
        "https://example.org/a//b", "https://example.org/a.html/b", "https://example.org/README",
        "https://example.org/" + "x" * 500, "https://example.org/" + "y/" * 200, "https://example.org/a%00b",
        "https://example.org/%2e%2e/%5c..%5cx",
    ],
)  # fmt: skip
def test_any_other_address_gives_a_name_with_a_digest(url: str) -> None:
    name = file_name(url, ".html")
    assert re.search(rf"-{hashlib.sha256(url.encode()).hexdigest()[:10]}\.html$", name)
    assert_safe(name)


@given(st.text(max_size=80))
def test_every_name_is_safe(path: str) -> None:
    try:
        url = normalise(f"https://example.org/{path}")
    except AddressRefused:
        return
    assert_safe(file_name(url, ".pdf"))


def assert_safe(name: str) -> None:
    parts = name.split("/")
    assert parts[0] == "example.org"
    for part in parts:
        assert part == part.casefold()
        assert not part.startswith((".", "-"))
        assert not part.endswith((".", " "))
        assert len((part + META).encode()) <= 255
        assert part.split(".")[0] not in RESERVED | {"readme"}
        assert re.fullmatch(r"[\w.\-]+", part)
    assert len(name.encode()) < 3_000


def test_addresses_that_differ_in_case_have_different_files() -> None:
    names = {
        file_name(f"https://example.org/{path}", ".html").casefold() for path in ("fi", "FI", "Fi", "fi?a", "fi?A")
    }
    assert len(names) == 5


def test_a_folder_never_has_the_name_of_a_file() -> None:
    assert file_name("https://example.org/a.html/b", ".html").split("/")[1] == "a-html"


def test_a_name_that_is_taken_gets_a_digest() -> None:
    name = file_name("https://example.org/a.pdf", ".pdf", is_taken=lambda stem: stem == "example.org/a")
    assert re.fullmatch(r"example\.org/a-[0-9a-f]{10}\.pdf", name)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "crawled")


def test_a_saved_page_is_read_back_unless_it_was_altered(store: Store) -> None:
    digest = hashlib.sha256(b"text").hexdigest()
    with store.opened():
        store.save("example.org/a.txt", b"text", {"url": "https://example.org/a", "sha256": digest})
        assert store.read("example.org/a.txt", digest) == b"text"
        assert store.meta("example.org/a.txt")["sha256"] == digest
        (store.folder / "example.org/a.txt").write_bytes(b"tex")
        assert store.read("example.org/a.txt", digest) is None
        assert store.read("example.org/b.txt", digest) is None
        assert [file.name for file in (store.inside / "unfinished").iterdir()] == []


def test_a_note_is_written_anew_only_when_it_says_something_new(store: Store) -> None:
    with store.opened():
        store.note("a.txt", {"url": "u", "fetched": "2024-01-01T00:00:00Z"})
        store.note("a.txt", {"url": "u", "fetched": "2025-01-01T00:00:00Z"})
        assert store.meta("a.txt")["fetched"].startswith("2024")
        store.note("a.txt", {"url": "v", "fetched": "2025-01-01T00:00:00Z"})
        assert store.meta("a.txt")["fetched"].startswith("2025")


def test_what_is_removed_leaves_no_empty_folder(store: Store) -> None:
    with store.opened():
        store.save("h/a/b/c.txt", b"1", {"url": "u"})
        store.save("h/d.txt", b"2", {"url": "v"})
        store.remove("h/a/b/c.txt")
        assert sorted(file.name for file in (store.folder / "h").iterdir()) == ["d.txt", "d.txt.meta.json"]
        store.remove("h/d.txt")
        assert not (store.folder / "h").exists()


def test_sweeping_spares_what_the_crawl_did_not_save(store: Store) -> None:
    with store.opened():
        store.save("h/kept.txt", b"1", {"url": "u"})
        store.save("h/left.txt", b"2", {"url": "v"})
        store.write("h/own.md", b"written by a person")
        store.sweep(frozenset(["h/kept.txt"]))
        assert sorted(file.name for file in (store.folder / "h").iterdir()) == [
            "kept.txt",
            "kept.txt.meta.json",
            "own.md",
        ]


def test_one_crawl_at_a_time(store: Store) -> None:
    with (
        store.opened(),
        pytest.raises(CrawlError, match=rf"crawled is being crawled by process {os.getpid()}: wait for it"),
        Store(store.folder).opened(),
    ):
        pass
    with store.opened():
        pass


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(CrawlError, match=r"can't be written .*: choose another --out"),
        Store(tmp_path / "file" / "x").opened(),
    ):
        pass


def test_a_folder_that_cannot_be_synced_takes_pages_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network file systems."""

    def refuse_folders(descriptor: int, fsync: Callable[[int], None] = os.fsync) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    with Store(tmp_path).opened() as store:
        store.write("example.org/a.html", b"A")
    assert (tmp_path / "example.org" / "a.html").read_bytes() == b"A"
